// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * main.c - finds the subcommand.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "diag.h"

static const struct cmd cmds[] = {
	{ "probe", cmd_probe, "tell what this kernel can promise" },
	{ "keys", cmd_keys, "make and list signers and their keyrings" },
	{ "sign", cmd_sign, "make a signed light skeleton from a BPF object" },
	{ "verify", cmd_verify, "check a signed light skeleton" },
	{ "policy", cmd_policy, "show, check, try and sign policies, and set who may" },
	{ "install", cmd_install, "put a policy into force" },
	{ "reload", cmd_reload, "put another policy in its place" },
	{ "restore", cmd_restore, "install the last good policy again, at boot" },
	{ "mode", cmd_mode, "show or change the mode: permissive, enforcing" },
	{ "seal", cmd_seal, "put the policy out of root's reach until reboot" },
	{ "status", cmd_status, "is it enforcing? tries a load that must be denied" },
	{ "events", cmd_events, "show what was decided" },
	{ "inventory", cmd_inventory, "list every program in the kernel and its signer" },
	{ "upgrade", cmd_upgrade, "put the programs of this bpfseal in the place of others" },
	{ "uninstall", cmd_uninstall, "remove the policy" },
};

#define N_CMDS (sizeof(cmds) / sizeof(cmds[0]))

static void usage(FILE *f)
{
	size_t i;

	fputs("usage: bpfseal COMMAND [ARGUMENT]...\n"
	      "\n"
	      "Lets only BPF programs into the kernel that a trusted signer made.\n"
	      "\n", f);
	for (i = 0; i < N_CMDS; i++)
		fprintf(f, "  %-10s %s\n", cmds[i].name, cmds[i].summary);
	fputs("\n'bpfseal COMMAND --help' tells more. Exit codes: 0 done, 1 failed,\n"
	      "2 usage, 3 the policy says no.\n", f);
}

/* An answer that could not be written was not given; who hangs up has seen enough. */
static int finish(int code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	if (errno == EPIPE)
		return code;
	diag_error("cannot write the output: %s", strerror(errno));
	return EXIT_FAILED;
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return EXIT_DONE;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("bpfseal " BPFSEAL_VERSION);
		return EXIT_DONE;
	}
	for (i = 0; i < N_CMDS; i++)
		if (!strcmp(argv[1], cmds[i].name))
			return finish(cmds[i].run(argc - 1, argv + 1));
	diag_error("unknown command '%s'", diag_quote(argv[1]).s);
	diag_hint("'bpfseal --help' lists the commands");
	return EXIT_USAGE;
}
