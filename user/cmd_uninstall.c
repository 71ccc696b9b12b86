// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_uninstall.c - bpfseal uninstall
 */
#include <stdbool.h>
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
	"  -k, --keep  leave the copy that 'bpfseal restore' installs at boot\n";

int cmd_uninstall(int argc, char **argv)
{
	bool keep;
	int c, err;

	c = cmd_flag(argc, argv, usage, "keep", &keep);
	if (c != CMD_GO_ON)
		return c;
	err = install_remove(keep);
	if (!err)
		puts("removed: any BPF program may be loaded now");
	return diag_exit(err);
}
