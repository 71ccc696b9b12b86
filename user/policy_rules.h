/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy_rules.h - the sets and rules of a policy.
 */
#ifndef BPFSEAL_POLICY_RULES_H
#define BPFSEAL_POLICY_RULES_H

#include "policy_merge.h"

/**
 * policy_fill_sets - take over the sets
 * @items: the sets of the policy and its presets
 * @doc: gets them; freed by policy_free(), also on failure
 *
 * Return: 0, -EINVAL or -ENOMEM
 */
int policy_fill_sets(const struct policy_items *items, struct policy_doc *doc);

/**
 * policy_fill_rules - take over the rules
 * @items: the rules of the policy and its presets, in their order
 * @doc: gets them; has to have its signers and sets already
 *
 * Return: 0, -EINVAL or -ENOMEM
 */
int policy_fill_rules(const struct policy_items *items, struct policy_doc *doc);

/**
 * policy_free_rules - free sets and rules, finished or not
 * @doc: the policy
 */
void policy_free_rules(struct policy_doc *doc);

#endif
