/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd.h - the subcommands of bpfseal.
 *
 * Each gets its own name as argv[0] and returns an exit code of diag.h.
 */
#ifndef BPFSEAL_CMD_H
#define BPFSEAL_CMD_H

struct cmd {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
};

int cmd_probe(int argc, char **argv);
int cmd_keys(int argc, char **argv);
int cmd_sign(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_install(int argc, char **argv);
int cmd_reload(int argc, char **argv);
int cmd_policy(int argc, char **argv);
int cmd_restore(int argc, char **argv);
int cmd_mode(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_events(int argc, char **argv);
int cmd_inventory(int argc, char **argv);
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
