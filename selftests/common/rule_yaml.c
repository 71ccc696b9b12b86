// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rule_yaml.c - drawn policies as people write them, for the parser and for people.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <bpf/libbpf.h>

#include "diag.h"
#include "hex.h"
#include "prog_types.h"
#include "rule_draw.h"

/* Prints "KEY: [" before the first entry of a list, a comma before the others. */
struct list {
	FILE *f;
	const char *key;
	unsigned int n;
};

static FILE *next(struct list *l)
{
	if (l->n++)
		fputs(", ", l->f);
	else
		fprintf(l->f, "  %s: [", l->key);
	return l->f;
}

static void end(struct list *l)
{
	if (l->n)
		fputs("]\n", l->f);
}

static void put_digests(FILE *f, const char *key, const struct policy_doc *doc,
			const struct policy_digests *digests)
{
	struct list l = { f, key, 0 };

	for (size_t i = 0; i < digests->n; i++)
		fprintf(next(&l), "\"%s\"", hex_of(digests->list[i].bytes).s);
	for (size_t i = 0; i < digests->n_sets; i++)
		fprintf(next(&l), "\"set:%s\"", doc->sets[digests->sets[i]].name);
	end(&l);
}

static void put_texts(FILE *f, const char *key, char *const *texts, size_t n)
{
	struct list l = { f, key, 0 };

	for (size_t i = 0; i < n; i++)
		fprintf(next(&l), "\"%s\"", texts[i]);
	end(&l);
}

static void put_signers(FILE *f, const struct policy_rule *rule)
{
	struct list l = { f, "signers", 0 };

	for (unsigned int i = 0; i < POLICY_SIGNERS_MAX; i++)
		if (rule->signers >> i & 1)
			fprintf(next(&l), "s%u", i);
	if (rule->unsigned_too)
		fputs(POLICY_SIGNER_NONE, next(&l));
	end(&l);
}

static void put_what(FILE *f, const struct policy_rule *rule)
{
	static const char *const levels[] = { "unsigned", "signed", "metadata" };
	struct list l = { f, "levels", 0 }, t = { f, "types", 0 }, a = { f, "attach_types", 0 };

	for (unsigned int i = 0; i < 3; i++)
		if (rule->levels >> i & 1)
			fputs(levels[i], next(&l));
	end(&l);
	for (unsigned int i = 1; i <= PROG_TYPE_LAST; i++)
		if (rule->types >> i & 1)
			fputs(prog_type_name(i), next(&t));
	end(&t);
	for (unsigned int i = 0; i < ATTACH_TYPES_MAX; i++)
		if (rule->attach_types[i / 64] >> i % 64 & 1)
			fputs(libbpf_bpf_attach_type_str((enum bpf_attach_type)i), next(&a));
	end(&a);
}

static void put_flags(FILE *f, const struct policy_rule *rule)
{
	if (rule->conditions & POLICY_IF_USER_NS)
		fprintf(f, "  user_namespace: %s\n", rule->host_user_ns ? "host" : "other");
	if (rule->conditions & POLICY_IF_MOUNT_NS)
		fprintf(f, "  mount_namespace: %s\n", rule->host_mount_ns ? "host" : "other");
	if (rule->conditions & POLICY_IF_NET_NS)
		fprintf(f, "  network_namespace: %s\n", rule->host_net_ns ? "host" : "other");
	if (rule->conditions & POLICY_IF_TOKEN)
		fprintf(f, "  token: %s\n", rule->token ? "true" : "false");
	if (rule->conditions & POLICY_IF_NESTED)
		fprintf(f, "  nested: %s\n", rule->nested ? "true" : "false");
}

static void put_rule(FILE *f, const struct policy_doc *doc, const struct policy_rule *rule)
{
	struct list uids = { f, "uids", 0 };
	char time[32];
	struct tm tm;

	fprintf(f, "- id: %s\n  action: %s\n", rule->id, rule->allow ? "allow" : "deny");
	if (rule->expires) {
		gmtime_r(&rule->expires, &tm);
		strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%SZ", &tm);
		fprintf(f, "  expires: %s\n", time);
	}
	put_signers(f, rule);
	put_what(f, rule);
	put_digests(f, "digests", doc, &rule->digests);
	put_digests(f, "executable_digests", doc, &rule->exe_digests);
	put_texts(f, "executables", rule->exe_paths, rule->n_exe_paths);
	for (size_t i = 0; i < rule->n_uids; i++)
		fprintf(next(&uids), "%u", rule->uids[i]);
	end(&uids);
	put_texts(f, "cgroups", rule->cgroups, rule->n_cgroups);
	put_flags(f, rule);
}

char *draw_yaml(const struct policy_doc *doc)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		abort();
	fputs("mode: enforcing\nrequire: metadata\nsigners:\n", f);
	for (unsigned int i = 0; i < doc->n_signers; i++)
		fprintf(f, "- {name: s%u, certificate: s%u.crt}\n", i, i);
	if (doc->n_sets)
		fputs("sets:\n", f);
	for (unsigned int i = 0; i < doc->n_sets; i++) {
		struct list l = { f, "digests", 0 };

		fprintf(f, "- name: %s\n", doc->sets[i].name);
		for (size_t j = 0; j < doc->sets[i].n_digests; j++)
			fprintf(next(&l), "\"%s\"", hex_of(doc->sets[i].digests[j].bytes).s);
		end(&l);
	}
	if (doc->n_rules)
		fputs("rules:\n", f);
	for (unsigned int i = 0; i < doc->n_rules; i++)
		put_rule(f, doc, &doc->rules[i]);
	if (ferror(f) || fclose(f))
		abort();
	return text;
}

int draw_compile(const struct drawn *d, struct bpfseal_rules *out, struct rules_keys *keys)
{
	struct policy_doc *parsed = NULL;
	char *text;
	int err;

	if (!d->yaml)
		return rules_compile(d->doc, &d->host, out, keys);
	text = draw_yaml(d->doc);
	err = policy_parse(text, strlen(text), "drawn.yaml", &parsed);
	if (!err)
		err = rules_compile(parsed, &d->host, out, keys);
	policy_free(parsed);
	free(text);
	return err;
}

__u64 draw_seed(void)
{
	const char *given = getenv("SEED");
	__u64 seed = 0;

	if (given)
		return strtoull(given, NULL, 0);
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		abort();
	return seed;
}

void draw_show(const struct drawn *d, const struct rule_load *l)
{
	const struct judge_load *f = &l->facts;
	char *text = draw_yaml(d->doc);

	fprintf(stderr, "# a load of type %u, attach type %u, signer %u, level %u, nested %u, "
		"token %u, uid %u, host's namespaces %u %u %u, at %llu\n",
		f->type, f->attach_type, f->signer, f->level, f->nested, f->token, f->uid,
		f->host_user_ns, f->host_mount_ns, f->host_net_ns, f->now);
	fprintf(stderr, "# executable \"%s\", cgroup \"%s\"\n",
		diag_quote_n(f->exe_path, strnlen((const char *)f->exe_path, BPFSEAL_EXE_LEN)).s,
		l->cgroup);
	fprintf(stderr, "# digest %s, executable's %s\n",
		f->has_digest ? hex_of(f->digest).s : "unknown",
		f->has_exe_digest ? hex_of(f->exe_digest).s : "unknown");
	fprintf(stderr, "%.20000s", text);
	free(text);
}
