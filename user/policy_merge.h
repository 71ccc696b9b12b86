/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy_merge.h - one list of the sets or rules of a policy and its presets.
 */
#ifndef BPFSEAL_POLICY_MERGE_H
#define BPFSEAL_POLICY_MERGE_H

#include "policy_preset.h"

/**
 * struct policy_item - a set or rule
 * @source: where it is written
 * @node: it
 * @number: its index in the source's sets or rules
 * @place: what to show when it is spoken of: its name, or where its preset is
 *	included
 */
struct policy_item {
	const struct policy_tree *source;
	const struct yaml_node *node;
	unsigned int number;
	const struct yaml_node *place;
};

struct policy_items {
	struct policy_item *list;
	unsigned int n;
};

/** struct policy_kind - what to merge: sets or rules */
struct policy_kind {
	const char *list;	/* key of the policy */
	const char *id;		/* key of an entry */
	const char *what;	/* an entry, in messages */
	unsigned int max;
};

extern const struct policy_kind policy_kind_sets, policy_kind_rules;

/**
 * policy_merge - put a policy's sets or rules and those of its presets in order
 * @kind: which
 * @policy: the policy
 * @presets: the presets it includes, in the order of "include"
 * @n: their number
 * @out: set on success; free its list
 *
 * The policy's own come first. One that has the id of a preset's replaces that,
 * and stands where that would.
 *
 * Return: 0, -EINVAL or -ENOMEM
 */
int policy_merge(const struct policy_kind *kind, const struct policy_tree *policy,
		 const struct policy_preset *presets, size_t n, struct policy_items *out);

#endif
