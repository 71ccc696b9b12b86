/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rule_reference.h - which rule decides a load, by Documentation/policy.rst and
 * nothing else: for comparison with what the product makes of its vectors.
 */
#ifndef RULE_REFERENCE_H
#define RULE_REFERENCE_H

#include "judge.h"
#include "policy.h"

/**
 * struct rule_load - a load
 * @facts: what the product is told of it
 * @cgroup: path of its cgroup, by which the reference goes
 */
struct rule_load {
	struct judge_load facts;
	char cgroup[POLICY_CGROUP_MAX + 1];
};

/**
 * rule_reference - the first rule whose conditions all hold
 * @doc: the policy
 * @host: what its conditions mean
 * @l: the load
 *
 * Return: the rule's number, counted from 1, or 0 if none matches
 */
__u32 rule_reference(const struct policy_doc *doc, const struct rules_host *host,
		     const struct rule_load *l);

#endif
