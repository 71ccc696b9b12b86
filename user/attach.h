/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attach.h - the programs that decide are attached to the root of all cgroups.
 *
 * A link goes with its last file descriptor and its last pin. A program that is
 * attached to a cgroup without a link stays until it is detached, which takes a file
 * descriptor of the program, or the cgroup is removed, which the root never is
 * (kernel/bpf/cgroup.c, with BPF_F_ALLOW_MULTI). So the policy goes on deciding
 * whatever happens to bpffs and to the controller.
 */
#ifndef BPFSEAL_ATTACH_H
#define BPFSEAL_ATTACH_H

#include <stdbool.h>

#include "pins.h"

/**
 * attach_kind - attach the pinned programs of a kind
 * @kind: PIN_HOOK or PIN_GUARD
 *
 * Prints what is wrong. What was attached before an error stays: attach_remove().
 *
 * Return: 0 or a negative errno: -EXDEV (this is a cgroup namespace)
 */
int attach_kind(enum pin_kind kind);

/**
 * attach_remove - detach bpfseal's programs, pinned or not
 * @keep: but not those pinned in this directory; NULL: all
 *
 * Return: 0, also if there are none, or a negative errno
 */
int attach_remove(const char *keep);

/**
 * attach_pin_again - pin bpfseal's attached programs that aren't pinned
 *
 * Return: 0 or a negative errno
 */
int attach_pin_again(void);

/**
 * attach_count - how many of bpfseal's programs are attached
 * @pinned: of those that are pinned as well; set on success
 * @all: set on success
 *
 * Return: 0 or a negative errno: -EPERM (no root)
 */
int attach_count(unsigned int *pinned, unsigned int *all);

#endif
