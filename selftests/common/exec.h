/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec.h - loads by executables that rules name, for the tests of bpf/measure.bpf.c.
 *
 * Functions return 0 or a negative errno.
 */
#ifndef EXEC_H
#define EXEC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "gate.h"

#define EXEC_SELF "/proc/self/exe"

/* Called with this, a test that uses exec_load_by() only returns -exec_load(). */
#define EXEC_LOAD "load"

/* Instead of GATE_MAIN, of such a test. */
#define EXEC_MAIN \
	int main(int argc, char **argv) \
	{ \
		if (argc == 2 && !strcmp(argv[1], EXEC_LOAD)) \
			return -exec_load(); \
		return gate_main(argc, argv); \
	}

/* Rules for exec_put(). */
#define ALLOW(conditions) "- {id: good, action: allow, " conditions "}\n"
#define DENY(conditions) "- {id: bad, action: deny, " conditions "}\n"
#define OTHERS "- {id: others, action: allow, levels: [unsigned]}\n"
#define OWN "executable_digests: ['@']"
#define OTHER "executable_digests: ['#']"

/** exec_measuring - a policy with which executables are measured, and all is denied */
extern const struct gate_policy exec_measuring;

/** exec_load - load a program "measured" that nobody signed */
int exec_load(void);

/**
 * exec_load_by - the same by another executable
 * @path: it; a copy of this one
 * @pid: set to the process that it ran in
 */
int exec_load_by(const char *path, pid_t *pid);

/** exec_hash - SHA-256 of a file, as sha256sum has it */
int exec_hash(const char *path, uint8_t hash[32]);

/**
 * exec_put - put rules into force
 * @rules: "@" becomes the digest of this executable, "#" another, "!" that of the program
 *	which exec_load() loads; NULL: none
 * @how: gate_install_policy, gate_reload or gate_rules
 */
int exec_put(const char *rules, int (*how)(const struct gate_policy *policy));

/** exec_has_ima - can this kernel tell the digest of a file that has no fs-verity? */
int exec_has_ima(bool *has);

#endif
