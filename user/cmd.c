// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd.c - the command line of commands that have no option but --help.
 */
#include "cmd.h"

#include <getopt.h>
#include <stdio.h>

#include "diag.h"

int cmd_arguments(int argc, char **argv, const char *usage, int n, char ***arguments)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int c;

	optind = 0;	/* another command line may have been parsed before */
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c != 'h')
			return EXIT_USAGE;
		fputs(usage, stdout);
		return EXIT_DONE;
	}
	if (argc - optind != n) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	*arguments = argv + optind;
	return CMD_GO_ON;
}
