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
 * control_mode - change the mode of the policy in force
 * @control: fd of the program
 * @mode: the mode
 *
 * Return: 0, -ENOENT (there is no policy) or another negative errno
 */
int control_mode(int control, enum bpfseal_mode mode);

/**
 * control_seal - one of the steps of sealing
 * @control: fd of the program
 * @op: BPFSEAL_CLOSE, BPFSEAL_SEAL or BPFSEAL_REOPEN
 * @dev: for BPFSEAL_CLOSE: minor number of the file system of the pins
 *
 * Return: 0, -EBUSY (somebody has what is to be sealed), -EINVAL (not the time for that
 * step), -EPERM (sealed already) or another negative errno
 */
int control_seal(int control, enum bpfseal_control_op op, __u32 dev);

#endif
