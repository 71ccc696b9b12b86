/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seal.h - puts a policy out of root's reach until reboot: see bpf/seal.bpf.c.
 */
#ifndef BPFSEAL_SEAL_USER_H
#define BPFSEAL_SEAL_USER_H

#include <stdbool.h>

#include "bpfseal.h"

/**
 * seal_begin - let no other bpfseal change the installation meanwhile, and take back what
 * a seal that was cut short has left behind
 * @lock: set on success; closing it ends the lock
 *
 * Prints what is wrong. Return: 0, -EBUSY (another has the lock), -EPERM (it is sealed, or the
 * caller isn't root) or another negative errno
 */
int seal_begin(int *lock);

/**
 * seal_check - print what stands in the way of sealing the policy in force
 * @n: set on success to how many things that are
 *
 * Return: 0 or a negative errno
 */
int seal_check(unsigned int *n);

/**
 * seal - seal the policy in force, after seal_begin()
 *
 * Prints what is wrong. On error the policy is in force as before, and not sealed.
 *
 * Return: 0, -EALREADY (it is sealed), -EBUSY (somebody has one of its objects) or another
 * negative errno
 */
int seal(void);

/**
 * seal_authority - make a sealed keyring of the authority of the policy in force
 * @out: set on success: its keyring and when it is trusted, all zero if there is none
 *
 * Prints what is wrong.
 *
 * Return: 0, -EKEYREJECTED (another certificate is in the trust store) or another
 * negative errno
 */
int seal_authority(struct bpfseal_signer *out);

/**
 * seal_undo - take back what a seal that was cut short has left behind
 *
 * Return: 0, also if there is nothing, -EPERM (the policy is sealed) or another errno
 */
int seal_undo(void);

/** seal_is_closed - is the policy in force sealed? */
bool seal_is_closed(void);

/**
 * seal_has_authority - is the policy in force sealed, so that its authority can have another follow?
 */
bool seal_has_authority(void);

/** seal_refuse - -EPERM, with a message, if the policy in force is sealed, else 0 */
int seal_refuse(void);

#endif
