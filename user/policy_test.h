/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy_test.h - loads that somebody thought of, and what should become of them.
 */
#ifndef BPFSEAL_POLICY_TEST_H
#define BPFSEAL_POLICY_TEST_H

#include "judge_decide.h"

#define POLICY_CASES_MAX 16384

/**
 * struct policy_case - one load
 * @allow: what should become of it
 * @rule: index of the rule that should decide plus one; 0: it doesn't matter
 * @line: where its name stands
 */
struct policy_case {
	char *name;
	bool allow;
	unsigned int rule;
	struct judge_load load;
	size_t line, column;
};

struct policy_cases {
	struct policy_case *list;
	size_t n;
};

/**
 * policy_cases_parse - read cases
 * @text: the text, need not end in NUL
 * @len: its length
 * @file: what to call it in messages
 * @doc: the policy they are for, whose signers and rules they name
 * @out: set on success; policy_cases_free()
 *
 * Prints one line, FILE:LINE:COLUMN: what is wrong.
 *
 * Return: 0, -EINVAL or -ENOMEM
 */
int policy_cases_parse(const char *text, size_t len, const char *file,
		       const struct policy_doc *doc, struct policy_cases *out);

/** policy_cases_free - free what policy_cases_parse() made */
void policy_cases_free(struct policy_cases *cases);

/**
 * policy_case_holds - does the policy do what a case expects?
 * @p: the policy
 * @c: the case
 * @decision: set to what it does
 */
bool policy_case_holds(const struct judge_policy *p, const struct policy_case *c,
		       struct judge_decision *decision);

#endif
