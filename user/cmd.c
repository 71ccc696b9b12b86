// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd.c - the command line of commands that have one option beside --help, or none.
 */
#include "cmd.h"

#include <getopt.h>
#include <stdio.h>

#include "diag.h"

/* @flag: the option, or NULL for none */
static int parse(int argc, char **argv, const char *usage, const struct option *flag, bool *given)
{
	const struct option help = { "help", no_argument, NULL, 'h' };
	const struct option options[] = { help, flag ? *flag : (struct option){}, {} };
	const char letters[] = { 'h', flag ? (char)flag->val : '\0', '\0' };
	int c;

	optind = 0;	/* another command line may have been parsed before */
	while ((c = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		if (flag && c == flag->val) {
			*given = true;
			continue;
		}
		if (c != 'h')
			return EXIT_USAGE;
		fputs(usage, stdout);
		return EXIT_DONE;
	}
	return CMD_GO_ON;
}

static int check_count(int argc, const char *usage, int n)
{
	if (argc - optind == n)
		return CMD_GO_ON;
	fputs(usage, stderr);
	return EXIT_USAGE;
}

int cmd_arguments(int argc, char **argv, const char *usage, int n, char ***arguments)
{
	int ret = parse(argc, argv, usage, NULL, NULL);

	if (ret == CMD_GO_ON)
		ret = check_count(argc, usage, n);
	if (ret == CMD_GO_ON)
		*arguments = argv + optind;
	return ret;
}

int cmd_flag(int argc, char **argv, const char *usage, const char *name, bool *given)
{
	const struct option flag = { name, no_argument, NULL, name[0] };
	int ret;

	*given = false;
	ret = parse(argc, argv, usage, &flag, given);
	return ret == CMD_GO_ON ? check_count(argc, usage, 0) : ret;
}
