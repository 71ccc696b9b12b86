// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_seal.c - bpfseal seal: put the policy in force out of root's reach.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd.h"
#include "diag.h"
#include "seal.h"

static const char usage[] =
	"usage: bpfseal seal [--force]\n"
	"\n"
	"From then until reboot nobody, root included, can weaken or remove the policy in\n"
	"force. First it lists what stands in the way, and seals only if that is nothing.\n"
	"\n"
	"  -f, --force  seal all the same\n";

static int check(bool force)
{
	unsigned int n;
	int err = seal_check(&n);

	if (err)
		return EXIT_FAILED;
	if (!n || force)
		return EXIT_DONE;
	diag_error("not sealed: %u thing%s in the way", n, n == 1 ? " stands" : "s stand");
	diag_hint("mend that first, or use --force");
	return EXIT_POLICY_NO;
}

int cmd_seal_policy(bool force)
{
	int lock, code, err;

	err = seal_begin(&lock);
	if (err)
		return diag_exit(err);
	code = check(force);
	if (code == EXIT_DONE) {
		err = seal();
		if (!err)
			puts("sealed: until reboot nobody can weaken or remove the policy");
		code = diag_exit(err);
	}
	close(lock);
	return code;
}

int cmd_seal(int argc, char **argv)
{
	bool force;
	int c;

	c = cmd_flag(argc, argv, usage, "force", &force);
	if (c != CMD_GO_ON)
		return c;
	if (seal_is_closed()) {
		puts("sealed already");
		return EXIT_DONE;
	}
	return cmd_seal_policy(force);
}
