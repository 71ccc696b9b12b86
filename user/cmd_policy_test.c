// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_policy_test.c - bpfseal policy test: does a policy decide as expected?
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd.h"
#include "diag.h"
#include "policy_test.h"
#include "source.h"

static const char usage[] =
	"usage: bpfseal policy test POLICY.yaml CASES.yaml\n"
	"\n"
	"Decides loads that nobody makes, by the policy's rules as the kernel would, and\n"
	"compares. CASES.yaml is a list:\n"
	"\n"
	"  - name: runc may load device filters\n"
	"    type: cgroup_device\n"
	"    executable: /usr/sbin/runc\n"
	"    expect: allow\n"
	"    rule: containers.runc-device-filter    # optional\n"
	"\n"
	"Exit code 1 if a case fails. Documentation/policy.rst tells all that a load can have.\n";

static bool show(const struct judge_policy *p, const struct policy_case *c, const char *path)
{
	struct judge_decision decision;

	if (policy_case_holds(p, c, &decision)) {
		printf("ok    %s: %s\n", diag_quote(c->name).s, judge_in_words(p, &decision).s);
		return true;
	}
	printf("FAIL  %s: %s; expected %s", diag_quote(c->name).s, judge_in_words(p, &decision).s,
	       c->allow ? "allow" : "deny");
	if (c->rule)
		printf(" by rule %s", p->doc->rules[c->rule - 1].id);
	printf(" (%s:%zu:%zu)\n", diag_quote(path).s, c->line, c->column);
	return false;
}

static int show_all(const struct policy_doc *doc, const struct policy_cases *cases,
		    const char *path)
{
	struct judge_policy p;
	size_t failed = 0;
	int err;

	err = judge_policy_make(doc, &p);
	if (err)
		return err;
	for (size_t i = 0; i < cases->n; i++)
		failed += !show(&p, &cases->list[i], path);
	printf("%zu case%s, %zu failed\n", cases->n, cases->n == 1 ? "" : "s", failed);
	judge_policy_free(&p);
	return failed ? -EINVAL : 0;
}

static int test(const char *policy, const char *path)
{
	struct policy_doc *doc = NULL;
	struct policy_cases cases;
	uint8_t *text = NULL;
	size_t len;
	int err;

	err = policy_load(policy, &doc);
	if (!err)
		err = source_read_file("list of cases", path, POLICY_FILE_MAX, &text, &len);
	if (!err)
		err = policy_cases_parse((const char *)text, len, path, doc, &cases);
	if (!err) {
		err = show_all(doc, &cases, path);
		policy_cases_free(&cases);
	}
	free(text);
	policy_free(doc);
	return err;
}

int cmd_policy_test(int argc, char **argv)
{
	char **arguments;
	int code;

	code = cmd_arguments(argc, argv, usage, 2, &arguments);
	if (code != CMD_GO_ON)
		return code;
	return diag_exit(test(arguments[0], arguments[1]));
}
