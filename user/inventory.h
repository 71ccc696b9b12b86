/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inventory.h - every BPF program in the kernel and what the policy says of it.
 */
#ifndef BPFSEAL_INVENTORY_H
#define BPFSEAL_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#include "bpfseal.h"

/**
 * struct inventory_entry - one program
 * @prog: the kernel's record; without a policy, reason and admitted mean nothing
 */
struct inventory_entry {
	struct bpfseal_program prog;
};

/**
 * struct inventory - all programs
 * @has_policy: a policy is in force and has judged them
 * @policy: that policy
 */
struct inventory {
	struct inventory_entry *entries;
	size_t n;
	bool has_policy;
	struct bpfseal_policy policy;
};

/**
 * inventory_read - list the programs in the kernel
 * @out: set on success; free with inventory_free()
 *
 * Asks the pinned iterator if a policy is installed. Otherwise it loads only
 * the iterator for as long as this takes; that shows signatures but no verdict.
 * Prints what is wrong.
 *
 * Return: 0, -EBADMSG (records of another version), -ENOMEM or a negative errno
 */
int inventory_read(struct inventory **out);

/**
 * inventory_free - free what inventory_read() made
 * @inv: the inventory or NULL
 */
void inventory_free(struct inventory *inv);

/**
 * inventory_not_admitted - how many programs the policy would not admit
 * @inv: the inventory, with a policy
 *
 * bpfseal's own don't count.
 */
size_t inventory_not_admitted(const struct inventory *inv);

#endif
