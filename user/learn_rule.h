/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * learn_rule.h - which rule each group of loads gets, and what is risky about it.
 */
#ifndef BPFSEAL_LEARN_RULE_H
#define BPFSEAL_LEARN_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include "learn_group.h"

#define LEARN_RULES_MAX	1000	/* in force; presets need some, too */

enum learn_form {
	LEARN_BY_DIGEST,	/* lets in exactly what was seen */
	LEARN_GENERATED,	/* made anew each time, harmless enough for its executable */
	LEARN_BY_PATH,		/* lets in whatever the executable loads */
	LEARN_BY_PRESET,	/* a preset's rule covers it */
};

/** enum learn_risk - bits; what a person should look at */
enum learn_risk {
	LEARN_SHELL = 1 << 0,
	LEARN_INTERPRETER = 1 << 1,
	LEARN_TOOL = 1 << 2,		/* loads what it is told to */
	LEARN_PATH_ONLY = 1 << 3,
	LEARN_WRITABLE = 1 << 4,	/* the executable is where not only root writes */
	LEARN_GONE = 1 << 5,		/* the executable has no file any more, or never had */
	LEARN_POWERFUL = 1 << 6,	/* the type can do nearly everything */
	LEARN_UNSTABLE = 1 << 7,	/* hardly a digest was seen twice */
	LEARN_CONTAINER = 1 << 8,	/* in another mount namespace, where paths mean nothing */
	LEARN_LOADER_UNKNOWN = 1 << 9,	/* from the inventory only */
	LEARN_UNSIGNED_LOADER = 1 << 10, /* a loader program, or what one makes */
	LEARN_NOT_ROOT = 1 << 11,
	LEARN_NO_ROOM = 1 << 12,
	LEARN_RISKS = 13,
};

/**
 * struct learn_rule - a rule to write
 * @set: name of its set of digests; "" if they stand in the rule
 * @risks: enum learn_risk
 * @off: to be commented out
 * @preset, @preset_rule: LEARN_BY_PRESET: constants and texts of the plan
 */
struct learn_rule {
	const struct learn_group *group;
	char id[POLICY_NAME_MAX + 1];
	char set[POLICY_NAME_MAX + 1];
	enum learn_form form;
	unsigned int risks;
	bool off;
	const char *preset, *preset_rule;
};

/**
 * struct learn_plan - the rules of a policy
 * @rules: in order; groups of the class LEARN_WANTED only
 * @n_off: commented out; @n_preset: LEARN_BY_PRESET; the others are in force
 * @presets: bit N: include learn_preset_name(N)
 */
struct learn_plan {
	struct learn_rule *rules;
	size_t n, n_off, n_preset, n_sets;
	unsigned int presets;
	struct policy_doc *known;	/* the presets' rules */
};

/**
 * learn_plan_make - decide on the rules
 * @groups: sorted by learn_sort(); has to outlive the plan
 * @most: rules in force, at most; those that are used least are commented out
 * @out: set on success; learn_plan_free()
 *
 * Return: 0, -ENOMEM or -EINVAL (a preset is wrong; printed)
 */
int learn_plan_make(const struct learn_groups *groups, size_t most, struct learn_plan *out);

/** learn_plan_free - free what learn_plan_make() made */
void learn_plan_free(struct learn_plan *plan);

/** learn_preset_name - a preset that learning may include; NULL if there are no more */
const char *learn_preset_name(size_t i);

#endif
