// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_uninstall.c - bpfseal uninstall
 */
#include <getopt.h>
#include <stdio.h>

#include "cmd.h"
#include "diag.h"
#include "install.h"

static const char usage[] =
	"usage: bpfseal uninstall [--keep]\n"
	"\n"
	"Removes the policy, or what an interrupted installation left behind. From\n"
	"then on any BPF program may be loaded. The signers' keyrings stay until\n"
	"reboot; without a policy they mean nothing.\n"
	"\n"
	"  --keep   leave the copy that 'bpfseal restore' installs at boot\n";

int cmd_uninstall(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "keep", no_argument, NULL, 'k' },
		{},
	};
	bool keep = false;
	int c, err;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'k') {
			keep = true;
			continue;
		}
		if (c != 'h')
			return EXIT_USAGE;
		fputs(usage, stdout);
		return EXIT_DONE;
	}
	if (argc != optind) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	err = install_remove(keep);
	if (!err)
		puts("removed: any BPF program may be loaded now");
	return diag_exit(err);
}
