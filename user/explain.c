// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * explain.c - why a recorded load is decided as it is, and what would allow it.
 */
#include "explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "hex.h"
#include "load_facts.h"
#include "policy_show.h"
#include "prog_types.h"
#include "reason.h"
#include "source.h"
#include "store.h"

#include <bpf/libbpf.h>

static const char *type_name(const struct event_facts *f)
{
	const char *name = prog_type_name(f->l.type);

	return name ? name : "program of unknown type";
}

static void put_head(FILE *out, const struct event_facts *f)
{
	fprintf(out, "event %llu: %s%s by %s, uid %u: %s (%s)\n", (unsigned long long)f->seq,
		f->l.nested ? "nested " : "", type_name(f),
		f->exe_path[0] ? diag_quote(f->exe_path).s : "an unknown executable", f->l.uid,
		f->allowed ? "allowed" : "denied", reason_id(f->reason, f->attribute));
}

/* Returns the index of the first rule that matches plus one, 0 if none does. */
static int put_rules(FILE *out, const struct judge_policy *p, const struct event_facts *f,
		     __u32 *first)
{
	const struct policy_doc *doc = p->doc;
	char *why = NULL;
	int err;

	*first = 0;
	for (unsigned int i = 0; i < doc->n_rules && !*first; i++) {
		err = explain_mismatch(p, &doc->rules[i], f, &why);
		if (err)
			return err;
		if (!why)
			*first = i + 1;
		fprintf(out, "  rule %s: %s\n", doc->rules[i].id, why ? why :
			doc->rules[i].allow ? "matches, and allows" : "matches, and denies");
		free(why);
	}
	if (!*first)
		fputs(doc->n_rules ? "  no rule matches\n" : "  the policy has no rules\n", out);
	return 0;
}

/* --- what would allow it --------------------------------------------------------------- */

/* A path with other bytes can't be written in a policy. */
static bool is_writable(const char *path)
{
	return path[0] && !strcmp(diag_quote(path).s, path);
}

static void put_attach_type(FILE *out, const struct event_facts *f)
{
	const char *name = libbpf_bpf_attach_type_str(f->l.attach_type);

	if (name && f->l.attach_type != load_facts_attach_type(f->l.type))
		fprintf(out, "        attach_types: [%s]\n", name);
}

/* As narrow as the event allows; who loads is asked only if it isn't known what. */
static void put_rule(FILE *out, const struct event_facts *f)
{
	fprintf(out, "      - id: event-%llu\n        action: allow\n        types: [%s]\n",
		(unsigned long long)f->seq, type_name(f));
	put_attach_type(out, f);
	if (f->l.has_digest)
		fprintf(out, "        digests: [\"%s\"]\n", hex_of(f->l.digest).s);
	if (!f->l.has_digest && f->l.host_mount_ns && is_writable(f->exe_path)) {
		fputs("        executables: [", out);
		policy_show_text(out, f->exe_path);
		fputs("]\n", out);
	}
	if (!f->l.has_digest)
		fprintf(out, "        uids: [%u]\n", f->l.uid);
	fprintf(out, "        user_namespace: %s\n        token: %s\n        nested: %s\n",
		f->l.host_user_ns ? "host" : "other", f->l.token ? "true" : "false",
		f->l.nested ? "true" : "false");
}

static void put_advice(FILE *out, const struct judge_policy *p, const struct event_facts *f,
		       const struct judge_decision *base, const struct judge_decision *d)
{
	if (!base->allow)
		fprintf(out, "by its signature: %s\n", reason_advice(base->reason, base->attribute));
	if (d->rule && base->allow)
		fprintf(out, "its signature would do: narrow rule %s, or ",
			p->doc->rules[d->rule - 1].id);
	else
		fputs("by a rule: ", out);
	if (!prog_type_name(f->l.type)) {
		fputs("none can name its type; a newer bpfseal may\n", out);
		return;
	}
	if (d->rule)
		fprintf(out, "add this before rule %s\n", p->doc->rules[d->rule - 1].id);
	else
		fputs("add this\n", out);
	put_rule(out, f);
	if (!f->l.has_digest)
		fputs("    the event doesn't tell the digest: this rule goes by who loads, and root can pass for that\n",
		      out);
}

/* --- the whole -------------------------------------------------------------------------- */

int explain_load(FILE *out, const struct judge_policy *p, struct event_facts *f)
{
	struct judge_decision base, d;
	__u32 first;
	int err;

	put_head(out, f);
	event_facts_base(p, f, &base);
	fprintf(out, "  signature: %s\n", reason_why(base.reason, base.attribute));
	err = put_rules(out, p, f, &first);
	if (err)
		return err;
	d = base;
	judge_rules(p, &f->l, &d);
	if (d.rule != first)
		return -EIO;
	if (!d.rule)
		fprintf(out, "  %s\n", base.allow ? "so the signature decides" :
			d.allow ? "so the default decides, which is allow" :
			"so the default decides, which is deny");
	fprintf(out, "this policy: %s\n", judge_in_words(p, &d).s);
	if (d.allow != f->allowed)
		fputs("this is not what was decided then: it was another policy, or the event doesn't tell enough\n",
		      out);
	if (!d.allow)
		put_advice(out, p, f, &base, &d);
	return 0;
}

/* Looking for one event among others. */
struct search {
	uint64_t seq;
	const struct policy_doc *doc;
	struct event_facts facts;
	bool found, other;
};

static int on_event(void *ctx, const json_t *event)
{
	struct search *s = ctx;
	const json_t *seq = json_object_get(event, "seq");
	int err;

	if (!json_is_integer(seq) || (uint64_t)json_integer_value(seq) != s->seq)
		return 0;
	err = event_facts_read(event, s->doc, &s->facts);
	s->other = err == -ENOENT;
	s->found = !err;
	return s->other ? 0 : err;
}

static int read_policy(const char *path, struct policy_doc **doc)
{
	struct policy_source src;
	int err;

	if (path)
		return policy_load(path, doc);
	err = store_open("", &src);
	if (err == -ENOENT) {
		diag_error("no policy is stored in " STORE_DIR);
		diag_hint("name one: --policy POLICY.yaml");
	}
	if (err)
		return err;
	err = policy_source_parse(&src, doc);
	policy_source_free(&src);
	return err;
}

static int find_event(struct search *s, const char *events)
{
	int err = event_lines_read(events, on_event, s);

	if (err || s->found)
		return err;
	if (s->other)
		diag_error("event %llu isn't a load that a policy decides: it is a map, or the kernel refused it, or state decided it",
			   (unsigned long long)s->seq);
	else
		diag_error("there is no event %llu in %s", (unsigned long long)s->seq,
			   strcmp(events, "-") ? diag_quote(events).s : "standard input");
	return -ENOENT;
}

int explain_event(uint64_t seq, const char *events, const char *policy)
{
	struct search s = { .seq = seq };
	struct policy_doc *doc = NULL;
	struct judge_policy p = {};
	int err;

	err = read_policy(policy, &doc);
	if (err)
		return err;
	s.doc = doc;
	err = find_event(&s, events);
	if (!err)
		err = judge_policy_make(doc, &p);
	if (!err) {
		err = explain_load(stdout, &p, &s.facts);
		if (err)
			diag_error("cannot explain event %llu: %s", (unsigned long long)seq,
				   err == -EIO ? "rules and their layout disagree; report this as a bug" :
				   strerror(-err));
	}
	judge_policy_free(&p);
	policy_free(doc);
	return err;
}
