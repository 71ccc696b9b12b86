// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_policy.c - bpfseal policy: finds the command that works on policy files.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "diag.h"

static const struct cmd cmds[] = {
	{ "show", cmd_policy_show, "print a policy in its canonical form" },
	{ "compile", cmd_policy_compile, "lay a policy out without installing it" },
	{ "lint", cmd_policy_lint, "tell what is hardly meant in a policy" },
	{ "test", cmd_policy_test, "try a policy with loads that nobody makes" },
	{ "diff", cmd_policy_diff, "tell which loads another policy decides otherwise" },
	{ "replay", cmd_policy_replay, "try a policy with recorded loads" },
	{ "sign", cmd_policy_sign, "sign a policy" },
	{ "learn", cmd_policy_learn, "make a policy from events and what is loaded now" },
	{ "authority", cmd_policy_authority, "show or change whose policies may be installed" },
};

#define N_CMDS (sizeof(cmds) / sizeof(cmds[0]))

static void usage(FILE *f)
{
	fputs("usage: bpfseal policy COMMAND [ARGUMENT]...\n\n", f);
	for (size_t i = 0; i < N_CMDS; i++)
		fprintf(f, "  %-10s %s\n", cmds[i].name, cmds[i].summary);
	fputs("\n'bpfseal policy COMMAND --help' tells more.\n", f);
}

int cmd_policy(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		usage(stdout);
		return EXIT_DONE;
	}
	for (size_t i = 0; i < N_CMDS; i++)
		if (!strcmp(argv[1], cmds[i].name))
			return cmds[i].run(argc - 1, argv + 1);
	diag_error("unknown command 'policy %s'", diag_quote(argv[1]).s);
	diag_hint("'bpfseal policy --help' lists the commands");
	return EXIT_USAGE;
}
