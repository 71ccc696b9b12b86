/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * switch.h - puts one policy in the place of another, in one step.
 *
 * A policy is a map of its own, frozen before the hooks can see it, and beside it
 * a map of the keys its rules look up. Slot 0 of the map "policy" holds the one in
 * force, slot 1 the one before it, by which loads go on to be judged that began
 * under it. A policy says which slot of the map "keys" is its own; the two in the
 * slots never have the same one, unless they have the same rules.
 */
#ifndef BPFSEAL_SWITCH_H
#define BPFSEAL_SWITCH_H

#include "rules.h"

/** struct switch_maps - fds of the maps "policy" and "keys" */
struct switch_maps {
	int policy;
	int keys;
};

/**
 * switch_open - open the pinned maps
 * @maps: set on success; switch_close()
 *
 * Return: 0 or a negative errno
 */
int switch_open(struct switch_maps *maps);
void switch_close(struct switch_maps *maps);

/**
 * switch_to - put a policy into force, whole, in one step
 * @maps: the maps
 * @table: the policy; which keys are its own is filled in
 * @keys: what its rules look up
 *
 * Before that step nothing that judges is changed; loads that began two policies
 * ago are denied from then on.
 *
 * Return: 0 or a negative errno; the old policy stays on error
 */
int switch_to(const struct switch_maps *maps, struct bpfseal_table *table,
	      const struct rules_keys *keys);

/**
 * pins_table_read - copy the policy in force with its rules
 * @out: set on success; free with free()
 *
 * Return: 0, -ENOENT (the slot is empty) or a negative errno
 */
int pins_table_read(struct bpfseal_table **out);

/**
 * pins_keys_open - open a map of keys
 * @bank: which; the policy in force has it in its rules
 *
 * Return: the fd, -ENOENT (the slot is empty) or another negative errno
 */
int pins_keys_open(__u32 bank);

/**
 * pins_policy_read - copy the policy in force, without its rules
 * @out: set on success
 *
 * Return: as pins_table_read()
 */
int pins_policy_read(struct bpfseal_policy *out);

/**
 * pins_policy_switch - put a policy into force with the rules of the present one
 * @slot_map: fd of the map "policy"
 * @policy: the new policy
 *
 * Return: 0 or a negative errno; the old policy stays on error
 */
int pins_policy_switch(int slot_map, const struct bpfseal_policy *policy);

#endif
