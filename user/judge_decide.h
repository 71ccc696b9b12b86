/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge_decide.h - the whole decision on a load, in userspace: by its signature, by
 * the first rule that matches, by the policy's default.
 */
#ifndef BPFSEAL_JUDGE_DECIDE_H
#define BPFSEAL_JUDGE_DECIDE_H

#include "judge.h"

/** struct judge_policy - a policy to judge by; all zero: none */
struct judge_policy {
	const struct policy_doc *doc;
	struct bpfseal_rules *rules;
	struct rules_keys keys;
};

/**
 * struct judge_decision - what becomes of a load
 * @allow: whatever the mode
 * @reason: enum bpfseal_reason
 * @attribute: enum bpfseal_attribute, with BPFSEAL_R_UNCOVERED
 * @rule: index of the rule that decided plus one, or 0
 */
struct judge_decision {
	bool allow;
	__u8 reason;
	__u8 attribute;
	__u32 rule;
};

/** struct judge_words - a decision in words, by value */
struct judge_words {
	char s[128];
};

/**
 * judge_policy_make - lay a policy out
 * @doc: the policy; has to outlive @out
 * @out: set on success; judge_policy_free()
 *
 * For the host of load_facts_host().
 *
 * Return: 0 or a negative errno (printed, but for -ENOMEM)
 */
int judge_policy_make(const struct policy_doc *doc, struct judge_policy *out);

/** judge_policy_free - free what judge_policy_make() made */
void judge_policy_free(struct judge_policy *p);

/**
 * judge_uncovered - what of a direct load doesn't its signer's signature cover?
 * @s: the signer
 * @type: program type
 * @attach: attach type
 *
 * Return: enum bpfseal_attribute
 */
__u8 judge_uncovered(const struct policy_signer *s, __u32 type, __u32 attach);

/**
 * judge_base - the judgement by the signature
 * @p: the policy
 * @l: the load; a signature that doesn't count is taken away, as rules don't see it
 * @out: set
 *
 * Of what a signature doesn't cover only type and attach type are known here. A
 * nested load with no signer is taken to be made by a loader that a rule let in.
 */
void judge_base(const struct judge_policy *p, struct judge_load *l, struct judge_decision *out);

/**
 * judge_rules - what rules and default make of it
 * @p: the policy
 * @l: the load, after judge_base()
 * @out: the judgement by the signature; changed if a rule or the default decides
 */
void judge_rules(const struct judge_policy *p, const struct judge_load *l,
		 struct judge_decision *out);

/** judge_conclude - the same, if the first rule that matches is in @out already */
void judge_conclude(const struct judge_policy *p, struct judge_decision *out);

/** judge_decide - both, one after the other, on a copy of the load */
void judge_decide(const struct judge_policy *p, const struct judge_load *l,
		  struct judge_decision *out);

/**
 * judge_in_words - "allowed by rule X", "denied: unsigned"
 * @p: the policy
 * @decision: the decision
 */
struct judge_words judge_in_words(const struct judge_policy *p,
				  const struct judge_decision *decision);

#endif
