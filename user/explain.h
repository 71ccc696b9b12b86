/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain.h - why a recorded load is decided as it is, rule by rule.
 */
#ifndef BPFSEAL_EXPLAIN_H
#define BPFSEAL_EXPLAIN_H

#include <stdio.h>

#include "event_facts.h"

/**
 * explain_mismatch - the first condition of a rule that a load doesn't meet
 * @p: the policy
 * @rule: the rule
 * @f: the load, after event_facts_base()
 * @why: set to NULL if the rule matches, else to what it has and what is wanted; free()
 *
 * Return: 0 or -ENOMEM
 */
int explain_mismatch(const struct judge_policy *p, const struct policy_rule *rule,
		     const struct event_facts *f, char **why);

/**
 * explain_load - tell how a recorded load is decided, and how it would be allowed
 * @out: where to
 * @p: the policy
 * @f: the load
 *
 * Return: 0, -ENOMEM or -EIO (the rules tell another result than their layout: a bug)
 */
int explain_load(FILE *out, const struct judge_policy *p, struct event_facts *f);

/**
 * explain_event - explain_load() on standard output, for an event of a file
 * @seq: the event's number
 * @events: the file, "-" for standard input
 * @policy: the policy's file; NULL: the one that is stored
 *
 * Prints what is wrong.
 *
 * Return: 0, -ENOENT (there is no such event) or another negative errno
 */
int explain_event(uint64_t seq, const char *events, const char *policy);

#endif
