/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sealed.h - the policy that the tests of a VM seal, once: with an authority, "authority".
 */
#ifndef SEALED_H
#define SEALED_H

#define SEALED_POLICY "/tmp/gate/sealed.yaml"

/** struct sealed_policy - a policy that can follow the sealed one */
struct sealed_policy {
	unsigned int version;
	const char *mode;	/* "enforcing" unless given */
	const char *signer;	/* trusts this certificate of the tests; "signer" unless given */
	const char *also;	/* and this one, if given */
	const char *more;	/* goes into the file as it is: "rules:\n..." */
};

/**
 * sealed_sign - write a policy to SEALED_POLICY, and sign it
 * @p: the policy
 * @who: "authority", or a stranger
 * @programs: for an upgrade: a file of programs that is signed, too; else NULL
 *
 * Return: 0, the exit code, or a negative errno
 */
int sealed_sign(const struct sealed_policy *p, const char *who, const char *programs);

/**
 * sealed_install - install such a policy, of version 1 and to be sealed, which isn't yet
 *
 * Return: 0, the exit code, or a negative errno
 */
int sealed_install(void);

/**
 * sealed_ready - have such a policy sealed, unless one is already
 * @next: set to the version that can follow it
 *
 * Return: 0, the exit code, or a negative errno
 */
int sealed_ready(unsigned int *next);

/** sealed_version - of the policy in force; 0 if that can't be read */
unsigned int sealed_version(void);

#endif
