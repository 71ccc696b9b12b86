// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * learn_rule.c - which rule each group of loads gets.
 */
#include "learn_rule.h"

#include <ctype.h>
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "learn_read.h"
#include "learn_risk.h"
#include "policy_preset.h"
#include "prog_types.h"

#define SLUG_LEAST	6	/* of an executable's name, whatever follows */
#define SETS_MAX	(POLICY_SETS_MAX - 8)	/* presets and feature probes need some */

static const char *const presets[] = { "containers", "systemd" };

#define N_PRESETS (sizeof(presets) / sizeof(presets[0]))

const char *learn_preset_name(size_t i)
{
	return i < N_PRESETS ? presets[i] : NULL;
}

/* --- presets ---------------------------------------------------------------------- */

static int read_presets(struct policy_doc **out)
{
	static const char text[] =
		"mode: permissive\nrequire: signed\nsigners: [{name: a, keyring: builtin}]\n"
		"include: [containers, systemd]\n";

	return policy_parse(text, strlen(text), "presets", out);
}

static bool lists_path(const struct policy_rule *rule, const char *path)
{
	for (size_t i = 0; i < rule->n_exe_paths; i++)
		if (!strcmp(rule->exe_paths[i], path))
			return true;
	return !(rule->conditions & POLICY_IF_EXE_PATH);
}

static bool lists_uid(const struct policy_rule *rule, uint32_t uid)
{
	for (size_t i = 0; i < rule->n_uids; i++)
		if (rule->uids[i] == uid)
			return true;
	return !(rule->conditions & POLICY_IF_UID);
}

/* An event has a cgroup's number only; PID 1 is in the one that is known. */
static bool lists_cgroup(const struct policy_rule *rule, const struct learn_group *group)
{
	for (size_t i = 0; i < rule->n_cgroups; i++)
		if (group->first_process && !strcmp(rule->cgroups[i], "/init.scope"))
			return true;
	return !(rule->conditions & POLICY_IF_CGROUP);
}

/* All loads of the group, as all are by root, on the host and without a token. */
static bool covers(const struct policy_rule *rule, const struct learn_group *group)
{
	const uint32_t understood = POLICY_IF_TYPE | POLICY_IF_EXE_PATH | POLICY_IF_UID |
		POLICY_IF_CGROUP | POLICY_IF_USER_NS | POLICY_IF_MOUNT_NS | POLICY_IF_NET_NS |
		POLICY_IF_TOKEN | POLICY_IF_NESTED;
	char path[POLICY_PATH_MAX + 1];

	if (!rule->allow || rule->expires || rule->conditions & ~understood ||
	    learn_plain_path(group->exe, path))
		return false;
	if (rule->conditions & POLICY_IF_NET_NS && !(rule->host_net_ns && group->host_net_ns))
		return false;
	return rule->types >> group->type & 1 && lists_path(rule, path) &&
	       lists_uid(rule, group->uid) && lists_cgroup(rule, group) &&
	       rule->host_user_ns && rule->host_mount_ns && !rule->token && !rule->nested;
}

static bool find_preset(struct learn_plan *plan, struct learn_rule *rule)
{
	const struct learn_group *group = rule->group;

	if (!group->exe || !group->host_mount_ns || group->nested)
		return false;
	for (unsigned int i = 0; i < plan->known->n_rules; i++) {
		const struct policy_rule *known = &plan->known->rules[i];

		if (!covers(known, group))
			continue;
		rule->preset = policy_preset_owner(known->id);
		rule->preset_rule = known->id;
		return true;
	}
	return false;
}

static void include_preset(struct learn_plan *plan, const char *name)
{
	for (unsigned int i = 0; i < N_PRESETS; i++)
		if (!strcmp(presets[i], name))
			plan->presets |= 1u << i;
}

/* --- ids -------------------------------------------------------------------------- */

/* What is left of a file's name in an id; no dot, which ends a preset's name. */
static void make_slug(const char *exe, char *out, size_t size)
{
	const char *slash = exe ? strrchr(exe, '/') : NULL;
	const char *from = slash ? slash + 1 : exe ? exe : "loaded";
	size_t n = 0;

	for (; *from && n + 1 < size; from++) {
		unsigned char c = (unsigned char)*from;

		if (isascii(c) && isalnum(c))
			out[n++] = (char)tolower(c);
		else if (n && out[n - 1] != '-')
			out[n++] = '-';
	}
	while (n && out[n - 1] == '-')
		n--;
	out[n] = '\0';
	if (!n)
		snprintf(out, size, "exe");
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Cut so that the type has room, and a number, which makes it unique. */
static void make_id(struct learn_rule *rule, unsigned int attempt)
{
	const struct learn_group *g = rule->group;
	char slug[POLICY_NAME_MAX + 1], end[64], number[12] = "", id[128];
	char path[POLICY_PATH_MAX + 1];
	int room = POLICY_NAME_MAX;

	if (attempt)
		room -= snprintf(number, sizeof(number), "-%u", attempt + 1);
	snprintf(end, sizeof(end), "-%s%s", g->nested ? "nested-" : "", prog_type_name(g->type));
	end[room - SLUG_LEAST] = '\0';
	make_slug(g->exe && !learn_plain_path(g->exe, path) ? path : g->exe, slug,
		  (size_t)room - strlen(end) + 1);
	snprintf(id, sizeof(id), "%s%s%s", slug, end, number);
	memcpy(rule->id, id, sizeof(rule->id) - 1);	/* the rest is zero */
}

static int make_unique_id(struct learn_rule *rule, void **ids, unsigned int *next)
{
	char **found;

	for (unsigned int attempt = 0; ; attempt = ++*next) {
		make_id(rule, attempt);
		found = tsearch(rule->id, ids, compare_ids);
		if (!found)
			return -ENOMEM;
		if (*found == rule->id)
			return 0;
	}
}

static void keep(void *node)
{
	(void)node;	/* it is part of a rule */
}

/* Equal ones are numbered through the whole policy, so that none is tried twice. */
static int make_ids(struct learn_plan *plan)
{
	unsigned int next = 0;
	void *ids = NULL;
	int err = 0;

	for (size_t i = 0; i < plan->n && !err; i++)
		err = make_unique_id(&plan->rules[i], &ids, &next);
	tdestroy(ids, keep);
	return err;
}

/* --- rules ------------------------------------------------------------------------ */

static enum learn_form form_of(const struct learn_group *group)
{
	if (learn_is_generated(group))
		return LEARN_GENERATED;
	return group->n_digests && !learn_is_unstable(group) ? LEARN_BY_DIGEST : LEARN_BY_PATH;
}

static void decide(struct learn_plan *plan, const struct learn_group *group,
		   struct learn_rule *rule)
{
	rule->group = group;
	if (find_preset(plan, rule)) {
		rule->form = LEARN_BY_PRESET;
		include_preset(plan, rule->preset);
		plan->n_preset++;
		return;
	}
	rule->form = form_of(group);
	rule->risks = learn_risks(group, rule->form);
	rule->off = learn_too_risky(rule->form, rule->risks);
}

static int compare_use(const void *left, const void *right)
{
	const struct learn_rule *a = *(struct learn_rule *const *)left;
	const struct learn_rule *b = *(struct learn_rule *const *)right;
	uint64_t x = a->group->loads + a->group->loaded, y = b->group->loads + b->group->loaded;

	if (x != y)
		return x > y ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* If there are too many, those that are used least are left out. */
static int limit(struct learn_plan *plan, size_t most)
{
	struct learn_rule **active = calloc(plan->n + 1, sizeof(*active));
	size_t n = 0;

	if (!active)
		return -ENOMEM;
	for (size_t i = 0; i < plan->n; i++)
		if (!plan->rules[i].off && plan->rules[i].form != LEARN_BY_PRESET)
			active[n++] = &plan->rules[i];
	qsort(active, n, sizeof(*active), compare_use);
	for (size_t i = most; i < n; i++) {
		active[i]->off = true;
		active[i]->risks |= LEARN_NO_ROOM;
	}
	free(active);
	return 0;
}

static void name_sets(struct learn_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct learn_rule *rule = &plan->rules[i];

		plan->n_off += rule->off;
		if (rule->form != LEARN_BY_DIGEST || rule->off || plan->n_sets >= SETS_MAX)
			continue;
		strcpy(rule->set, rule->id);
		plan->n_sets++;
	}
}

int learn_plan_make(const struct learn_groups *groups, size_t most, struct learn_plan *out)
{
	struct learn_plan plan = {};
	int err;

	err = read_presets(&plan.known);
	if (err)
		return err;
	plan.rules = calloc(groups->n + 1, sizeof(*plan.rules));
	if (!plan.rules) {
		err = -ENOMEM;
		goto out;
	}
	for (size_t i = 0; i < groups->n; i++)
		if (groups->list[i]->class == LEARN_WANTED)
			decide(&plan, groups->list[i], &plan.rules[plan.n++]);
	err = make_ids(&plan);
	if (!err)
		err = limit(&plan, most);
	if (err)
		goto out;
	name_sets(&plan);
	*out = plan;
	return 0;
out:
	learn_plan_free(&plan);
	return err;
}

void learn_plan_free(struct learn_plan *plan)
{
	policy_free(plan->known);
	free(plan->rules);
	*plan = (struct learn_plan){};
}
