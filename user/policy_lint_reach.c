// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_lint_reach.c - rules that never decide, and signers that never load: found
 * by walking all loads.
 */
#include "policy_lint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "load_space.h"

#define TIMES_MAX 64	/* walks, one for each time at which something ends */

struct reach {
	bool rules[POLICY_RULES_MAX];
	bool signers[POLICY_SIGNERS_MAX];
};

static void on_load(void *ctx, const struct space_load *load, const struct judge_decision *d)
{
	struct reach *reach = ctx;

	if (d->rule)
		reach->rules[d->rule - 1] = true;
	if (load->signer.in[0] && d->allow)
		reach->signers[load->signer.in[0] - 1] = true;
}

static bool all_reached(const struct policy_doc *doc, const struct reach *reach)
{
	for (unsigned int i = 0; i < doc->n_rules; i++)
		if (!reach->rules[i])
			return false;
	for (unsigned int i = 0; i < doc->n_signers; i++)
		if (!reach->signers[i])
			return false;
	return true;
}

static void all_signers(const struct policy_doc *doc, struct space_signer *signers)
{
	for (unsigned int i = 0; i < doc->n_signers; i++)
		signers[i] = (struct space_signer){ { i + 1 } };
}

/*
 * Of loads that are left alike by two signers a walk looks at one only. So those of
 * signers it didn't find are looked at by themselves.
 */
static int walk_at(const struct judge_policy *p, struct reach *reach, int64_t time)
{
	struct space_signer signers[POLICY_SIGNERS_MAX];
	struct space s = { .p = { p }, .n = 1, .signers = signers,
			   .n_signers = p->doc->n_signers, .fn = on_load, .ctx = reach };
	int err;

	all_signers(p->doc, signers);
	err = space_walk(&s, time);
	s.n_signers = 1;
	for (unsigned int i = 0; i < p->doc->n_signers && !err; i++) {
		s.signers = &signers[i];
		if (!reach->signers[i])
			err = space_walk(&s, time);
	}
	return err;
}

static int walk(const struct policy_doc *doc, int64_t now, struct reach *reach)
{
	struct judge_policy p;
	int64_t *times = NULL;
	size_t n = 0;
	int err;

	err = judge_policy_make(doc, &p);
	if (err)
		return err;
	err = space_times(&(struct space){ .p = { &p }, .n = 1 }, now, &times, &n);
	for (size_t i = 0; i < n && !err && !all_reached(doc, reach); i++)
		err = i == TIMES_MAX ? -E2BIG : walk_at(&p, reach, times[i]);
	free(times);
	judge_policy_free(&p);
	return err;
}

/* --- which earlier rule is to blame? ---------------------------------------------------- */

static bool text_in(const char *text, char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i], text))
			return true;
	return false;
}

static bool is_below(const char *path, char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(list[i]);

		if (len == 1 || (!strncmp(list[i], path, len) && (!path[len] || path[len] == '/')))
			return true;
	}
	return false;
}

static bool paths_within(char *const *a, size_t n_a, char *const *b, size_t n_b,
			 bool (*within)(const char *, char *const *, size_t))
{
	for (size_t i = 0; i < n_a; i++)
		if (!within(a[i], b, n_b))
			return false;
	return true;
}

static bool uids_within(const struct policy_rule *a, const struct policy_rule *b)
{
	for (size_t i = 0; i < a->n_uids; i++) {
		size_t k = 0;

		while (k < b->n_uids && b->uids[k] != a->uids[i])
			k++;
		if (k == b->n_uids)
			return false;
	}
	return true;
}

/* Digests by themselves count only if they are named alike. */
static bool digests_within(const struct policy_digests *a, const struct policy_digests *b)
{
	for (size_t i = 0; i < a->n_sets; i++) {
		size_t k = 0;

		while (k < b->n_sets && b->sets[k] != a->sets[i])
			k++;
		if (k == b->n_sets)
			return false;
	}
	for (size_t i = 0; i < a->n; i++) {
		size_t k = 0;

		while (k < b->n && memcmp(&b->list[k], &a->list[i], sizeof(a->list[i])))
			k++;
		if (k == b->n)
			return false;
	}
	return true;
}

static bool object_within(const struct policy_rule *a, const struct policy_rule *b, uint32_t in)
{
	if (in & POLICY_IF_SIGNER &&
	    (a->signers & ~b->signers || (a->unsigned_too && !b->unsigned_too)))
		return false;
	if (in & POLICY_IF_LEVEL && a->levels & ~b->levels)
		return false;
	if (in & POLICY_IF_TYPE && a->types & ~b->types)
		return false;
	if (in & POLICY_IF_ATTACH_TYPE && (a->attach_types[0] & ~b->attach_types[0] ||
					   a->attach_types[1] & ~b->attach_types[1]))
		return false;
	return !(in & POLICY_IF_DIGEST) || digests_within(&a->digests, &b->digests);
}

static bool subject_within(const struct policy_rule *a, const struct policy_rule *b, uint32_t in)
{
	if (in & POLICY_IF_EXE_DIGEST && (!digests_within(&a->exe_digests, &b->exe_digests) ||
					  (!a->allow && b->allow)))
		return false;	/* only a rule that denies matches what isn't measured */
	if (in & POLICY_IF_EXE_PATH &&
	    !paths_within(a->exe_paths, a->n_exe_paths, b->exe_paths, b->n_exe_paths, text_in))
		return false;
	if (in & POLICY_IF_UID && !uids_within(a, b))
		return false;
	if (in & POLICY_IF_CGROUP &&
	    !paths_within(a->cgroups, a->n_cgroups, b->cgroups, b->n_cgroups, is_below))
		return false;
	if ((in & POLICY_IF_USER_NS && a->host_user_ns != b->host_user_ns) ||
	    (in & POLICY_IF_MOUNT_NS && a->host_mount_ns != b->host_mount_ns) ||
	    (in & POLICY_IF_NET_NS && a->host_net_ns != b->host_net_ns))
		return false;
	return !(in & POLICY_IF_TOKEN && a->token != b->token) &&
	       !(in & POLICY_IF_NESTED && a->nested != b->nested);
}

/* Does @b match whatever @a does? Condition by condition. */
static bool is_within(const struct policy_rule *a, const struct policy_rule *b)
{
	if (b->conditions & ~a->conditions)
		return false;
	if (b->expires && (!a->expires || a->expires > b->expires))
		return false;
	return object_within(a, b, b->conditions) && subject_within(a, b, b->conditions);
}

/* Would it ever match if it were alone? */
static int never_matches(struct policy_lint *lint, unsigned int i, bool *never)
{
	struct space_signer signers[POLICY_SIGNERS_MAX];
	struct policy_doc alone = *lint->doc;
	struct judge_policy p;
	struct reach *reach = calloc(1, sizeof(*reach));
	struct space s = { .p = { &p }, .n = 1, .signers = signers,
			   .n_signers = alone.n_signers, .fn = on_load, .ctx = reach };
	int err;

	if (!reach)
		return -ENOMEM;
	alone.rules = &lint->doc->rules[i];
	alone.n_rules = 1;
	all_signers(&alone, signers);
	err = judge_policy_make(&alone, &p);
	if (!err) {
		err = space_walk(&s, lint->now);
		*never = !reach->rules[0];
		judge_policy_free(&p);
	}
	free(reach);
	return err;
}

static int blame(struct policy_lint *lint, unsigned int i)
{
	const struct policy_rule *rules = lint->doc->rules, *r = &rules[i];
	const struct lint_place at = { r->line, r->column };
	bool never = false;
	int err;

	for (unsigned int k = 0; k < i; k++)
		if (is_within(r, &rules[k]))
			return lint_warn(lint, "shadowed", at,
					 "rule \"%s\" never decides: rule \"%s\" before it, which %s, matches all that it does",
					 r->id, rules[k].id, rules[k].allow ? "allows" : "denies");
	err = never_matches(lint, i, &never);
	if (err)
		return err;
	if (never)
		return lint_warn(lint, "never-matches", at,
				 "no load can meet all conditions of rule \"%s\"; see signers and levels, types and attach_types, and what its signers may load directly",
				 r->id);
	return lint_warn(lint, "unreachable", at,
			 "rule \"%s\" never decides: the rules before it together match all that it does",
			 r->id);
}

static int report(struct policy_lint *lint, const struct reach *reach)
{
	const struct policy_doc *doc = lint->doc;
	int err = 0;

	for (unsigned int i = 0; i < doc->n_rules && !err; i++)
		if (!reach->rules[i] && !(doc->rules[i].expires &&
					  doc->rules[i].expires <= lint->now))
			err = blame(lint, i);
	for (unsigned int i = 0; i < doc->n_signers && !err; i++) {
		const struct policy_signer *s = &doc->signers[i];

		if (!reach->signers[i] && !(s->until && s->until <= lint->now))
			err = lint_warn(lint, "signer-loads-nothing",
					(struct lint_place){ s->line, s->column },
					"nothing that signer \"%s\" signed is ever allowed", s->name);
	}
	return err;
}

int lint_reach(struct policy_lint *lint)
{
	struct reach *reach = calloc(1, sizeof(*reach));
	int err;

	if (!reach)
		return -ENOMEM;
	err = walk(lint->doc, lint->now, reach);
	if (!err)
		err = report(lint, reach);
	if (err == -E2BIG)
		err = lint_note(lint, "too-many", (struct lint_place){},
				"rules that never decide were not looked for: there are too many combinations");
	free(reach);
	return err;
}
