// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_replay.c - what a policy would have decided about recorded loads.
 */
#include "policy_replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "prog_types.h"
#include "reason.h"

#define NO_RULE "no rule that asks for it matches"

/* In the order of enum event_unknown; @field is the one that rules ask for it by. */
static const struct {
	const char *what, *key;
	unsigned int field;
	const char *follows;
} unknowns[] = {
	{ "the program's digest", "digest", BPFSEAL_F_DIGEST, NO_RULE },
	{ "the executable's whole path", "executable", BPFSEAL_F_EXE_PATH, NO_RULE },
	{ "the cgroup", "cgroup", BPFSEAL_F_CGROUP, NO_RULE },
	{ "the signer's name", "signer", BPFSEAL_F_SIGNER, NO_RULE },
	{ "the executable's digest", "executable_digest", BPFSEAL_F_EXE_DIGEST,
	  "of the rules that ask for it those that deny match" },
};

#define N_UNKNOWNS (sizeof(unknowns) / sizeof(unknowns[0]))

static struct replay_group *find_group(struct policy_replay *r, const struct event_facts *f,
				       const struct judge_decision *d)
{
	const char *was = reason_id(f->reason, f->attribute);
	struct judge_words is = judge_in_words(&r->p, d);
	struct replay_group *groups = r->groups;

	for (size_t i = 0; i < r->n_groups; i++)
		if (groups[i].allowed == f->allowed && !strcmp(groups[i].was, was) &&
		    !strcmp(groups[i].is.s, is.s))
			return &groups[i];
	groups = realloc(groups, (r->n_groups + 1) * sizeof(*groups));
	if (!groups)
		return NULL;
	r->groups = groups;
	groups[r->n_groups] = (struct replay_group){
		.allowed = f->allowed, .now = *d, .was = was, .is = is, .first = *f,
	};
	return &groups[r->n_groups++];
}

static int on_event(void *ctx, const json_t *event)
{
	struct policy_replay *r = ctx;
	struct replay_group *group;
	struct judge_decision d;
	struct event_facts f;
	int err;

	err = event_facts_read(event, r->p.doc, &f);
	if (err == -ENOENT) {
		r->others += !json_object_get(event, "summary");
		return 0;
	}
	if (err)
		return err;
	event_facts_decide(&r->p, &f, &d);
	group = find_group(r, &f, &d);
	if (!group)
		return -ENOMEM;
	group->n++;
	r->loads++;
	for (size_t i = 0; i < N_UNKNOWNS; i++)
		if (f.unknown >> i & 1 && (r->p.rules->fields >> unknowns[i].field & 1 ||
					   1u << i == EVENT_NO_SIGNER))
			r->unknown[i]++;
	return 0;
}

/* What changes first; then the most. */
static int compare_groups(const void *left, const void *right)
{
	const struct replay_group *a = left, *b = right;
	bool changed_a = a->allowed != a->now.allow, changed_b = b->allowed != b->now.allow;

	if (changed_a != changed_b)
		return changed_b - changed_a;
	if (a->n != b->n)
		return a->n < b->n ? 1 : -1;
	return a->first.seq < b->first.seq ? -1 : 1;
}

int policy_replay(const struct policy_doc *doc, const char *path, struct policy_replay *out)
{
	struct policy_replay r = {};
	int err;

	err = judge_policy_make(doc, &r.p);
	if (err)
		return err;
	err = event_lines_read(path, on_event, &r);
	if (err) {
		policy_replay_free(&r);
		return err;
	}
	if (r.n_groups)
		qsort(r.groups, r.n_groups, sizeof(*r.groups), compare_groups);
	*out = r;
	return 0;
}

void policy_replay_free(struct policy_replay *r)
{
	judge_policy_free(&r->p);
	free(r->groups);
	*r = (struct policy_replay){};
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void print_group(FILE *f, const struct replay_group *g)
{
	const char *type = prog_type_name(g->first.l.type);

	fprintf(f, "%zu load%s: %s before (%s), %s %s", g->n, plural(g->n),
		g->allowed ? "allowed" : "denied", g->was,
		g->allowed == g->now.allow ? "still" : "now", g->is.s);
	fprintf(f, "; such as %s by %s, uid %u [%llu]\n", type ? type : "one of unknown type",
		g->first.exe_path[0] ? diag_quote(g->first.exe_path).s : "an unknown executable",
		g->first.l.uid, (unsigned long long)g->first.seq);
}

static size_t count(const struct policy_replay *r, bool allowed, bool allows)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_groups; i++)
		if (r->groups[i].allowed == allowed && r->groups[i].now.allow == allows)
			n += r->groups[i].n;
	return n;
}

void policy_replay_print(FILE *f, const struct policy_replay *r)
{
	for (size_t i = 0; i < r->n_groups; i++)
		print_group(f, &r->groups[i]);
	for (size_t i = 0; i < N_UNKNOWNS; i++)
		if (r->unknown[i])
			fprintf(f, "note: %zu event%s tell%s nothing of %s: %s\n", r->unknown[i],
				plural(r->unknown[i]), r->unknown[i] == 1 ? "s" : "",
				unknowns[i].what, unknowns[i].follows);
	fprintf(f, "%zu load%s: %zu now allowed, %zu now denied, %zu as before; %zu other event%s\n",
		r->loads, plural(r->loads), count(r, false, true), count(r, true, false),
		count(r, true, true) + count(r, false, false), r->others, plural(r->others));
}

static json_t *group_json(const struct policy_replay *r, const struct replay_group *g)
{
	const char *type = prog_type_name(g->first.l.type);
	const struct judge_decision *d = &g->now;

	return json_pack("{s:I,s:s,s:s,s:s,s:s?,s:s,s:{s:I,s:s?,s:s?,s:I}}",
			 "loads", (json_int_t)g->n,
			 "before", g->allowed ? "allowed" : "denied", "before_reason", g->was,
			 "now", g->now.allow ? "allowed" : "denied",
			 "rule", d->rule ? r->p.rules->rules[d->rule - 1].id : NULL,
			 "now_reason", reason_id(d->reason, d->attribute),
			 "example", "seq", (json_int_t)g->first.seq, "type", type,
			 "exe_path", g->first.exe_path[0] ? diag_quote(g->first.exe_path).s : NULL,
			 "uid", (json_int_t)g->first.l.uid);
}

json_t *policy_replay_json(const struct policy_replay *r)
{
	json_t *groups = json_array(), *unknown = json_object();
	int bad = !groups || !unknown;

	for (size_t i = 0; i < r->n_groups && !bad; i++)
		bad = json_array_append_new(groups, group_json(r, &r->groups[i]));
	for (size_t i = 0; i < N_UNKNOWNS && !bad; i++)
		bad = json_object_set_new(unknown, unknowns[i].key,
					  json_integer((json_int_t)r->unknown[i]));
	if (bad) {
		json_decref(groups);
		json_decref(unknown);
		return NULL;
	}
	return json_pack("{s:o,s:I,s:I,s:I,s:I,s:o}", "groups", groups,
			 "loads", (json_int_t)r->loads,
			 "now_allowed", (json_int_t)count(r, false, true),
			 "now_denied", (json_int_t)count(r, true, false),
			 "other_events", (json_int_t)r->others, "unknown", unknown);
}
