// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_show.c - the canonical form of a policy, and its digest.
 *
 * Each line belongs to one key or one entry of a list, so that those the digest
 * leaves out can be left out line by line, by grep as well.
 */
#include "policy_show.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <openssl/evp.h>

#include "cert.h"
#include "diag.h"
#include "hex.h"
#include "prog_types.h"
#include "reason.h"
#include "utf8.h"

#include <linux/types.h>
#include <bpf/libbpf.h>

/* A form on its way: @covered leaves out what the digest does not cover. */
struct form {
	FILE *f;
	const struct policy_doc *doc;
	const struct policy_fingerprint *fingerprints;
	bool covered;
};

/* --- values ------------------------------------------------------------------------- */

/* Would libyaml take it as it is, and a terminal show it as it is? */
static bool is_plain(uint32_t code)
{
	if (code < 0x80)
		return code >= 0x20 && code < 0x7f && code != '"' && code != '\\';
	return code >= 0xa0 && code < 0xd800 && code != 0x61c &&
	       !(code >= 0x200b && code <= 0x200f) && !(code >= 0x2028 && code <= 0x202e) &&
	       !(code >= 0x2060 && code <= 0x206f);
}

void policy_show_text(FILE *f, const char *text)
{
	const uint8_t *p = (const uint8_t *)text, *end = p + strlen(text);

	putc('"', f);
	while (p < end) {
		uint32_t code = 0;
		size_t n = utf8_char(p, (size_t)(end - p), &code);

		if (n && is_plain(code))
			fwrite(p, 1, n, f);
		else if (code == '"' || code == '\\')
			fprintf(f, "\\%c", (int)code);
		else
			fprintf(f, code < 0x10000 ? "\\u%04x" : "\\U%08x", code);
		p += n ? n : 1;
	}
	putc('"', f);
}

static void put_hex(FILE *f, const uint8_t bytes[32])
{
	static const char digits[] = "0123456789abcdef";
	char text[64];

	for (size_t i = 0; i < 32; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	fwrite(text, 1, sizeof(text), f);
}

static void put_time(FILE *f, const char *key, int64_t time)
{
	time_t t = time;
	char text[32];
	struct tm tm;

	if (!time)
		return;
	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	fprintf(f, "    %s: %s\n", key, text);
}

static void put_text_key(FILE *f, const char *key, const char *text)
{
	fprintf(f, "    %s: ", key);
	policy_show_text(f, text);
	putc('\n', f);
}

static void put_name(FILE *f, const char **separator, const char *name, unsigned int number)
{
	fputs(*separator, f);
	if (name)
		fputs(name, f);
	else
		fprintf(f, "%u", number);
	*separator = ", ";
}

static void put_types(FILE *f, uint64_t types)
{
	const char *separator = "    types: [";

	for (unsigned int i = 0; i < 64; i++)
		if (types >> i & 1)
			put_name(f, &separator, prog_type_name(i), i);
	fputs("]\n", f);
}

static void put_attach_types(FILE *f, const uint64_t types[2])
{
	const char *separator = "    attach_types: [";

	for (unsigned int i = 0; i < 128; i++)
		if (types[i / 64] >> (i % 64) & 1)
			put_name(f, &separator, libbpf_bpf_attach_type_str(i), i);
	fputs("]\n", f);
}

/* --- sorted lists ------------------------------------------------------------------- */

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int compare_digests(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct policy_sha256));
}

static int compare_uids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* A sorted copy; one entry more, so that none isn't NULL. */
static void *sorted(const void *list, size_t n, size_t size,
		    int (*compare)(const void *, const void *))
{
	void *copy = calloc(n + 1, size);

	if (!copy || !n)
		return copy;
	memcpy(copy, list, n * size);
	qsort(copy, n, size, compare);
	return copy;
}

static int put_texts(FILE *f, const char *key, char *const *list, size_t n)
{
	char **copy = sorted(list, n, sizeof(*list), compare_texts);

	if (!copy)
		return -ENOMEM;
	fprintf(f, "    %s:\n", key);
	for (size_t i = 0; i < n; i++) {
		fputs("      - ", f);
		policy_show_text(f, copy[i]);
		putc('\n', f);
	}
	free(copy);
	return 0;
}

static int put_digest_lines(FILE *f, const struct policy_sha256 *list, size_t n)
{
	struct policy_sha256 *copy = sorted(list, n, sizeof(*list), compare_digests);

	if (!copy)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		fputs("      - \"", f);
		put_hex(f, copy[i].bytes);
		fputs("\"\n", f);
	}
	free(copy);
	return 0;
}

static int put_digests(const struct form *form, const char *key,
		       const struct policy_digests *digests)
{
	char **names = calloc(digests->n_sets + 1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < digests->n_sets; i++)
		names[i] = form->doc->sets[digests->sets[i]].name;
	qsort(names, digests->n_sets, sizeof(*names), compare_texts);
	fprintf(form->f, "    %s:\n", key);
	for (size_t i = 0; i < digests->n_sets; i++)
		fprintf(form->f, "      - \"set:%s\"\n", names[i]);
	free(names);
	return put_digest_lines(form->f, digests->list, digests->n);
}

static int put_uids(FILE *f, const uint32_t *uids, size_t n)
{
	uint32_t *copy = sorted(uids, n, sizeof(*uids), compare_uids);

	if (!copy)
		return -ENOMEM;
	fputs("    uids: [", f);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%s%u", i ? ", " : "", copy[i]);
	fputs("]\n", f);
	free(copy);
	return 0;
}

/* --- signers, sets, rules ----------------------------------------------------------- */

/* The form may be kept elsewhere than the policy. */
static void put_certificate(const struct form *form, const char *path)
{
	char cwd[PATH_MAX], *full = NULL;

	if (form->covered || !path)
		return;
	while (!strncmp(path, "./", 2))
		path += strspn(path + 1, "/") + 1;
	if (path[0] != '/' && getcwd(cwd, sizeof(cwd)) &&
	    asprintf(&full, "%s/%s", strcmp(cwd, "/") ? cwd : "", path) < 0)
		full = NULL;
	put_text_key(form->f, "certificate", full ? full : path);
	free(full);
}

/* In the order of the policy: events tell their numbers. */
static void put_signer(const struct form *form, unsigned int i)
{
	const struct policy_signer *s = &form->doc->signers[i];
	FILE *f = form->f;

	fprintf(f, "  - name: \"%s\"\n", s->name);
	if (s->keyring == POLICY_KEYRING_OWN) {
		put_certificate(form, s->certificate);
		fputs("    fingerprint: \"", f);
		put_hex(f, form->fingerprints[i].bytes);
		fputs("\"\n", f);
	} else {
		fprintf(f, "    keyring: %s\n", policy_keyring_name(s->keyring));
	}
	put_types(f, s->types);
	if (s->attach_types[0] | s->attach_types[1])
		put_attach_types(f, s->attach_types);
	put_time(f, "from", s->from);
	put_time(f, "until", s->until);
}

static int compare_sets(const void *a, const void *b)
{
	const struct policy_set *x = *(const struct policy_set *const *)a;
	const struct policy_set *y = *(const struct policy_set *const *)b;

	return strcmp(x->name, y->name);
}

static int put_sets(const struct form *form)
{
	const struct policy_doc *doc = form->doc;
	const struct policy_set **order;
	int err = 0;

	if (!doc->n_sets)
		return 0;
	order = calloc(doc->n_sets, sizeof(*order));
	if (!order)
		return -ENOMEM;
	for (unsigned int i = 0; i < doc->n_sets; i++)
		order[i] = &doc->sets[i];
	qsort(order, doc->n_sets, sizeof(*order), compare_sets);
	fputs("sets:\n", form->f);
	for (unsigned int i = 0; i < doc->n_sets && !err; i++) {
		fprintf(form->f, "  - name: \"%s\"\n    digests:\n", order[i]->name);
		err = put_digest_lines(form->f, order[i]->digests, order[i]->n_digests);
	}
	free(order);
	return err;
}

static void put_rule_signers(const struct form *form, const struct policy_rule *rule)
{
	const char *separator = "    signers: [";

	if (rule->unsigned_too)
		put_name(form->f, &separator, POLICY_SIGNER_NONE, 0);
	for (unsigned int i = 0; i < form->doc->n_signers; i++) {
		if (!(rule->signers >> i & 1))
			continue;
		fprintf(form->f, "%s\"%s\"", separator, form->doc->signers[i].name);
		separator = ", ";
	}
	fputs("]\n", form->f);
}

static void put_levels(FILE *f, uint8_t levels)
{
	const char *separator = "    levels: [";

	for (unsigned int i = 0; i < 8; i++)
		if (levels >> i & 1)
			put_name(f, &separator, reason_level(i), i);
	fputs("]\n", f);
}

/* What the loads are. */
static int put_object(const struct form *form, const struct policy_rule *rule)
{
	if (rule->conditions & POLICY_IF_SIGNER)
		put_rule_signers(form, rule);
	if (rule->conditions & POLICY_IF_LEVEL)
		put_levels(form->f, rule->levels);
	if (rule->conditions & POLICY_IF_TYPE)
		put_types(form->f, rule->types);
	if (rule->conditions & POLICY_IF_ATTACH_TYPE)
		put_attach_types(form->f, rule->attach_types);
	if (rule->conditions & POLICY_IF_DIGEST)
		return put_digests(form, "digests", &rule->digests);
	return 0;
}

/* Who makes them. */
static int put_subject(const struct form *form, const struct policy_rule *rule)
{
	int err = 0;

	if (rule->conditions & POLICY_IF_EXE_DIGEST)
		err = put_digests(form, "executable_digests", &rule->exe_digests);
	if (!err && rule->conditions & POLICY_IF_EXE_PATH)
		err = put_texts(form->f, "executables", rule->exe_paths, rule->n_exe_paths);
	if (!err && rule->conditions & POLICY_IF_UID)
		err = put_uids(form->f, rule->uids, rule->n_uids);
	if (!err && rule->conditions & POLICY_IF_CGROUP)
		err = put_texts(form->f, "cgroups", rule->cgroups, rule->n_cgroups);
	return err;
}

static void put_flags(FILE *f, const struct policy_rule *rule)
{
	if (rule->conditions & POLICY_IF_USER_NS)
		fprintf(f, "    user_namespace: %s\n", rule->host_user_ns ? "host" : "other");
	if (rule->conditions & POLICY_IF_MOUNT_NS)
		fprintf(f, "    mount_namespace: %s\n", rule->host_mount_ns ? "host" : "other");
	if (rule->conditions & POLICY_IF_NET_NS)
		fprintf(f, "    network_namespace: %s\n", rule->host_net_ns ? "host" : "other");
	if (rule->conditions & POLICY_IF_TOKEN)
		fprintf(f, "    token: %s\n", rule->token ? "true" : "false");
	if (rule->conditions & POLICY_IF_NESTED)
		fprintf(f, "    nested: %s\n", rule->nested ? "true" : "false");
}

static int put_rule(const struct form *form, const struct policy_rule *rule)
{
	FILE *f = form->f;
	int err;

	fprintf(f, "  - id: \"%s\"\n    action: %s\n", rule->id, rule->allow ? "allow" : "deny");
	if (rule->comment && !form->covered)
		put_text_key(f, "comment", rule->comment);
	if (rule->ticket && !form->covered)
		put_text_key(f, "ticket", rule->ticket);
	put_time(f, "expires", rule->expires);
	err = put_object(form, rule);
	if (!err)
		err = put_subject(form, rule);
	if (!err)
		put_flags(f, rule);
	return err;
}

static int put_form(const struct form *form)
{
	const struct policy_doc *doc = form->doc;
	FILE *f = form->f;
	int err;

	if (!form->covered)
		fprintf(f, "mode: %s\n", policy_mode_name(doc->mode));
	if (doc->name)
		fprintf(f, "name: \"%s\"\n", doc->name);
	fprintf(f, "version: %u\nrequire: %s\ndefault: %s\ninclude: []\nsigners:\n", doc->version,
		policy_require_name(doc->require), doc->default_allow ? "allow" : "deny");
	for (unsigned int i = 0; i < doc->n_signers; i++)
		put_signer(form, i);
	err = put_sets(form);
	if (!err && doc->n_rules)
		fputs("rules:\n", f);
	for (unsigned int i = 0; i < doc->n_rules && !err; i++)
		err = put_rule(form, &doc->rules[i]);
	return err;
}

/* --- the whole ---------------------------------------------------------------------- */

int policy_show_digest(const struct policy_doc *doc,
		       const struct policy_fingerprint *fingerprints, uint8_t digest[32])
{
	struct form form = { .doc = doc, .fingerprints = fingerprints, .covered = true };
	char *text = NULL;
	size_t len = 0;
	int err;

	form.f = open_memstream(&text, &len);
	if (!form.f)
		return -ENOMEM;
	err = put_form(&form);
	if (fclose(form.f) && !err)
		err = -ENOMEM;
	if (!err && EVP_Digest(text, len, digest, NULL, EVP_sha256(), NULL) != 1)
		err = -EIO;
	free(text);
	return err;
}

int policy_show_write(FILE *f, const struct policy_doc *doc,
		      const struct policy_fingerprint *fingerprints)
{
	const struct form form = { .f = f, .doc = doc, .fingerprints = fingerprints };
	uint8_t digest[32];
	int err;

	err = policy_show_digest(doc, fingerprints, digest);
	if (err)
		return err;
	fputs("# digest: ", f);
	put_hex(f, digest);
	putc('\n', f);
	return put_form(&form);
}

static int take_fingerprint(const struct policy_signer *s, const char *path,
			    struct policy_fingerprint *out)
{
	struct cert *cert;
	int err;

	if (s->has_fingerprint)
		memcpy(out->bytes, s->fingerprint, sizeof(out->bytes));
	if (s->has_fingerprint && access(s->certificate, F_OK) < 0 && errno == ENOENT)
		return 0;
	err = cert_load(s->certificate, &cert);
	if (err)
		return err;
	if (s->has_fingerprint && memcmp(cert->fingerprint, out->bytes, sizeof(out->bytes))) {
		diag_at(path, s->line, s->column,
			"signer %s has another fingerprint than its certificate %s", s->name,
			diag_quote(s->certificate).s);
		diag_hint("the certificate's: fingerprint: \"%s\"", hex_of(cert->fingerprint).s);
		err = -EINVAL;
	}
	memcpy(out->bytes, cert->fingerprint, sizeof(out->bytes));
	cert_free(cert);
	return err;
}

int policy_fingerprints(const struct policy_doc *doc, const char *path,
			struct policy_fingerprint **out)
{
	struct policy_fingerprint *list = calloc(doc->n_signers, sizeof(*list));
	int err = 0;

	if (!list)
		return -ENOMEM;
	for (unsigned int i = 0; i < doc->n_signers && !err; i++)
		if (doc->signers[i].keyring == POLICY_KEYRING_OWN)
			err = take_fingerprint(&doc->signers[i], path, &list[i]);
	if (err)
		free(list);
	else
		*out = list;
	return err;
}
