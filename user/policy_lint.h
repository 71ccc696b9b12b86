/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy_lint.h - what is allowed in a policy, but hardly meant.
 */
#ifndef BPFSEAL_POLICY_LINT_H
#define BPFSEAL_POLICY_LINT_H

#include "policy.h"

#define LINT_SOON (30 * 86400)	/* an end to be told of, in seconds */

/**
 * struct lint_finding - one remark
 * @note: nothing is wrong yet
 * @check: the check's name, see Documentation/policy.rst
 * @line: where it is, 0 if nowhere
 * @text: what is wrong, safe to print; free with the rest
 */
struct lint_finding {
	bool note;
	const char *check;
	size_t line, column;
	char *text;
};

/**
 * struct policy_lint - all remarks on a policy
 * @doc: the policy
 * @now: seconds since 1970
 * @list: in the order of the file
 */
struct policy_lint {
	const struct policy_doc *doc;
	int64_t now;
	struct lint_finding *list;
	size_t n;
};

/**
 * policy_lint - look a policy through
 * @doc: the policy; has to outlive @out
 * @now: seconds since 1970
 * @out: set on success; policy_lint_free()
 *
 * Reads the certificates that are there, to tell when they end.
 *
 * Return: 0 or a negative errno
 */
int policy_lint(const struct policy_doc *doc, int64_t now, struct policy_lint *out);

/** policy_lint_free - free the remarks */
void policy_lint_free(struct policy_lint *lint);

/* The rest is for the parts of policy_lint(). */

/** struct lint_place - where something stands */
struct lint_place {
	size_t line, column;
};

/**
 * lint_warn, lint_note - add a remark
 * @lint: gets it
 * @check: the check's name
 * @at: where
 * @fmt: as for printf()
 *
 * Return: 0 or -ENOMEM
 */
int lint_warn(struct policy_lint *lint, const char *check, struct lint_place at,
	      const char *fmt, ...) __attribute__((format(printf, 4, 5)));
int lint_note(struct policy_lint *lint, const char *check, struct lint_place at,
	      const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/** lint_end - remark that something has ended, or will soon; @what: 'rule "x"' */
int lint_end(struct policy_lint *lint, const char *check, struct lint_place at,
	     const char *what, int64_t end);

/** lint_rule - what a rule says by itself */
int lint_rule(struct policy_lint *lint, const struct policy_rule *rule);

/** lint_reach - rules that never decide, and signers that never load */
int lint_reach(struct policy_lint *lint);

#endif
