// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_policy_diff.c - bpfseal policy diff: which loads does another policy decide
 * otherwise?
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "diag.h"
#include "policy_diff.h"

static const char usage[] =
	"usage: bpfseal policy diff OLD.yaml NEW.yaml\n"
	"\n"
	"Tells which loads the new policy allows that the old one denies, and the other way\n"
	"round: an example for each pair of rules, signature or default that decide. All loads\n"
	"that the policies tell apart are compared; if there are too many, it says so.\n"
	"The mode doesn't matter.\n";

static int diff(char *const paths[2])
{
	struct policy_doc *docs[2] = {};
	struct policy_diff d;
	int err;

	err = policy_load(paths[0], &docs[0]);
	if (!err)
		err = policy_load(paths[1], &docs[1]);
	if (!err)
		err = policy_diff((const struct policy_doc *const *)docs, time(NULL), &d);
	if (err == -ENOMEM)
		diag_error("cannot compare the policies: %s", strerror(-err));
	if (!err) {
		policy_diff_print(stdout, &d);
		policy_diff_free(&d);
	}
	policy_free(docs[0]);
	policy_free(docs[1]);
	return err;
}

int cmd_policy_diff(int argc, char **argv)
{
	char **arguments;
	int code;

	code = cmd_arguments(argc, argv, usage, 2, &arguments);
	if (code != CMD_GO_ON)
		return code;
	return diag_exit(diff(arguments));
}
