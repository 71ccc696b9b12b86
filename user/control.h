/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control.h - puts one policy in the place of another, in one step.
 *
 * The policy's maps are written by its program "control" alone, which is run for that:
 * see bpf/control.bpf.c. One policy is in force; loads that began under the one before
 * it go on to be judged by that. Those that began two policies ago are denied.
 */
#ifndef BPFSEAL_CONTROL_H
#define BPFSEAL_CONTROL_H

#include "control_layout.h"
#include "rules.h"

/**
 * control_open - open the pinned program
 *
 * Return: its fd, which the caller closes, or a negative errno
 */
int control_open(void);

/**
 * control_switch - put a policy into force, whole, in one step
 * @control: fd of the program
 * @table: the policy; its generation is drawn in the kernel
 * @keys: what its rules look up
 *
 * Return: 0 or a negative errno, after which the old policy is in force: -EBUSY (another
 * process does the same), -E2BIG (no room for so many keys), -EPROTONOSUPPORT (the
 * programs are another version's)
 */
int control_switch(int control, const struct bpfseal_table *table, const struct rules_keys *keys);

/**
 * control_follow - put a policy in the place of a sealed one
 * @control: fd of the program
 * @table: the policy; what is the host's is taken from the one in force
 * @keys: what its rules look up
 * @sig: the authority's signature over its manifest
 * @sig_len: its length in bytes
 *
 * Return: as control_switch(); -ESTALE (its version isn't higher), -EPERM (nobody's policy
 * can follow), -EKEYREJECTED, -ENOKEY, -EKEYEXPIRED, -EBADMSG (signature)
 */
int control_follow(int control, const struct bpfseal_table *table, const struct rules_keys *keys,
		   const void *sig, size_t sig_len);

/**
 * control_mode - change the mode of the policy in force
 * @control: fd of the program
 * @mode: the mode
 *
 * Return: 0, -ENOENT (there is no policy) or another negative errno
 */
int control_mode(int control, enum bpfseal_mode mode);

/**
 * control_recovery - record that the policy in force is permissive since the boot asked for it
 * @control: fd of the program
 *
 * Return: 0, -EINVAL (it isn't permissive, or not the first policy) or another negative errno
 */
int control_recovery(int control);

/**
 * control_close - begin to seal
 * @control: fd of the program
 * @dev: minor number of the file system of the pins
 * @authority: whose policies can follow the sealed one, all zero: nobody's
 *
 * Return: 0, -EBUSY (it isn't known what is to be sealed), -EINVAL (not the time for that
 * step), -EPERM (sealed already) or another negative errno
 */
int control_close(int control, __u32 dev, const struct bpfseal_signer *authority);

/**
 * control_seal - seal for good, or don't
 * @control: fd of the program
 * @op: BPFSEAL_SEAL or BPFSEAL_REOPEN
 *
 * Return: 0, -EBUSY (somebody has what is to be sealed), -EINVAL (not the time for that
 * step), -EPERM (sealed already) or another negative errno
 */
int control_seal(int control, enum bpfseal_control_op op);

#endif
