/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd.h - the subcommands of bpfseal.
 *
 * Each gets its own name as argv[0] and returns an exit code of diag.h.
 */
#ifndef BPFSEAL_CMD_H
#define BPFSEAL_CMD_H

#include <stdbool.h>

struct cmd {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
};

#define CMD_GO_ON (-1)

/**
 * cmd_arguments - parse the command line of a command without options
 * @argc: as main()'s
 * @argv: likewise
 * @usage: shown for --help, and if the command line is wrong
 * @n: how many arguments there have to be
 * @arguments: set to the first of them if the command is to go on
 *
 * Return: CMD_GO_ON, or the exit code to end with
 */
int cmd_arguments(int argc, char **argv, const char *usage, int n, char ***arguments);

/**
 * cmd_seal_policy - seal the policy in force, and say so
 * @force: whatever stands in the way
 *
 * Return: the exit code to end with
 */
int cmd_seal_policy(bool force);

/**
 * cmd_flag - parse the command line of a command with one option, and no arguments
 * @argc: as main()'s
 * @argv: likewise
 * @usage: shown for --help, and if the command line is wrong
 * @name: the option's; its first letter stands for it, too
 * @given: set to whether the option is there, if the command is to go on
 *
 * Return: CMD_GO_ON, or the exit code to end with
 */
int cmd_flag(int argc, char **argv, const char *usage, const char *name, bool *given);

int cmd_probe(int argc, char **argv);
int cmd_keys(int argc, char **argv);
int cmd_sign(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_install(int argc, char **argv);
int cmd_reload(int argc, char **argv);
int cmd_policy(int argc, char **argv);
int cmd_restore(int argc, char **argv);
int cmd_mode(int argc, char **argv);
int cmd_seal(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_events(int argc, char **argv);
int cmd_inventory(int argc, char **argv);
int cmd_upgrade(int argc, char **argv);
int cmd_uninstall(int argc, char **argv);

/* Those of "bpfseal policy". */
int cmd_policy_compile(int argc, char **argv);
int cmd_policy_show(int argc, char **argv);
int cmd_policy_lint(int argc, char **argv);
int cmd_policy_replay(int argc, char **argv);
int cmd_policy_diff(int argc, char **argv);
int cmd_policy_test(int argc, char **argv);
int cmd_policy_sign(int argc, char **argv);
int cmd_policy_learn(int argc, char **argv);
int cmd_policy_authority(int argc, char **argv);

#endif
