// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * switch.c - puts one policy in the place of another, in one step.
 */
#include "switch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "pins.h"

#define IN_FORCE 0
#define BEFORE 1

int switch_open(struct switch_maps *maps)
{
	int policy, keys;

	policy = pins_open("policy");
	if (policy < 0)
		return policy;
	keys = pins_open("keys");
	if (keys < 0) {
		close(policy);
		return keys;
	}
	*maps = (struct switch_maps){ policy, keys };
	return 0;
}

void switch_close(struct switch_maps *maps)
{
	close(maps->policy);
	close(maps->keys);
}

/* The fd of the map in a slot, -ENOENT if there is none. */
static int open_slot(int slot_map, __u32 slot)
{
	__u32 id;
	int fd;

	if (bpf_map_lookup_elem(slot_map, &slot, &id) < 0)
		return -errno;
	fd = bpf_map_get_fd_by_id(id);
	return fd < 0 ? -errno : fd;
}

/* Another version of bpfseal may have made it, with a layout of its own. */
static bool has_our_size(int map)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	return !bpf_map_get_info_by_fd(map, &info, &len) &&
	       info.value_size == sizeof(struct bpfseal_table);
}

static int read_table(int slot_map, struct bpfseal_table **out)
{
	struct bpfseal_table *table = NULL;
	int inner, err = 0;
	__u32 zero = 0;

	inner = open_slot(slot_map, IN_FORCE);
	if (inner < 0)
		return inner;
	if (has_our_size(inner))
		table = calloc(1, sizeof(*table));
	else
		err = -EPROTONOSUPPORT;
	if (!table)
		err = err ? err : -ENOMEM;
	else if (bpf_map_lookup_elem(inner, &zero, table) < 0)
		err = -errno;
	close(inner);
	if (err) {
		free(table);
		return err;
	}
	*out = table;
	return 0;
}

/* A map with the table in it that nobody can change any more. */
static int make_policy_map(const struct bpfseal_table *table)
{
	__u32 zero = 0;
	int fd, err;

	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "bpfseal_policy", sizeof(zero), sizeof(*table), 1,
			    NULL);
	if (fd < 0)
		return -errno;
	if (!bpf_map_update_elem(fd, &zero, table, BPF_ANY) && !bpf_map_freeze(fd))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int fill_key_map(int fd, const struct rules_keys *keys)
{
	struct bpfseal_key *names;
	__u32 *numbers, count = (__u32)keys->n;
	int err = 0;

	if (!count)
		return 0;
	names = calloc(count, sizeof(*names));
	numbers = calloc(count, sizeof(*numbers));
	if (!names || !numbers) {
		err = -ENOMEM;
		goto out;
	}
	for (size_t i = 0; i < keys->n; i++) {
		names[i] = keys->list[i].key;
		numbers[i] = keys->list[i].number;
	}
	if (bpf_map_update_batch(fd, names, numbers, &count, NULL) < 0)
		err = -errno;
	else if (count != keys->n)
		err = -EIO;
out:
	free(numbers);
	free(names);
	return err;
}

static int make_key_map(const struct rules_keys *keys)
{
	int fd, err;

	fd = bpf_map_create(BPF_MAP_TYPE_HASH, "bpfseal_keys", sizeof(struct bpfseal_key),
			    sizeof(__u32), keys->n ? (__u32)keys->n : 1, NULL);
	if (fd < 0)
		return -errno;
	err = fill_key_map(fd, keys);
	if (!err && bpf_map_freeze(fd) < 0)
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int put_slot(int slot_map, __u32 slot, int fd)
{
	return bpf_map_update_elem(slot_map, &slot, &fd, BPF_ANY) < 0 ? -errno : 0;
}

static int empty_slot(int slot_map, __u32 slot)
{
	return bpf_map_delete_elem(slot_map, &slot) < 0 && errno != ENOENT ? -errno : 0;
}

/* Keeps the policy in force for loads that began under it; then the new one counts. */
static int replace(int slot_map, int policy)
{
	int old, err = 0;

	old = open_slot(slot_map, IN_FORCE);
	if (old == -ENOENT)
		return put_slot(slot_map, IN_FORCE, policy);
	if (old < 0)
		return old;
	err = put_slot(slot_map, BEFORE, old);
	if (!err)
		err = put_slot(slot_map, IN_FORCE, policy);
	close(old);
	return err;
}

/* Which slot of the map "keys" the policy in force doesn't use. */
static int idle_bank(int slot_map, __u32 *bank)
{
	struct bpfseal_table *table = NULL;
	int err = read_table(slot_map, &table);

	if (err && err != -ENOENT)
		return err;
	*bank = table ? !table->rules.bank : 0;
	free(table);
	return 0;
}

int switch_to(const struct switch_maps *maps, struct bpfseal_table *table,
	      const struct rules_keys *keys)
{
	int policy = -1, key_map = -1;
	__u32 bank;
	int err;

	err = idle_bank(maps->policy, &bank);
	if (err)
		return err;
	table->rules.bank = bank;
	key_map = make_key_map(keys);
	policy = make_policy_map(table);
	err = key_map < 0 ? key_map : policy < 0 ? policy : 0;
	if (err)
		goto out;
	/* The policy before this one may use the same keys: nothing goes by it any more. */
	err = empty_slot(maps->policy, BEFORE);
	if (!err)
		err = put_slot(maps->keys, bank, key_map);
	if (!err)
		err = replace(maps->policy, policy);
out:
	if (policy >= 0)
		close(policy);
	if (key_map >= 0)
		close(key_map);
	return err;
}

int pins_table_read(struct bpfseal_table **out)
{
	int slot_map, err;

	slot_map = pins_open("policy");
	if (slot_map < 0)
		return slot_map;
	err = read_table(slot_map, out);
	close(slot_map);
	return err;
}

int pins_keys_open(__u32 bank)
{
	int slot_map, fd;

	slot_map = pins_open("keys");
	if (slot_map < 0)
		return slot_map;
	fd = open_slot(slot_map, bank);
	close(slot_map);
	return fd;
}

int pins_policy_read(struct bpfseal_policy *out)
{
	struct bpfseal_table *table;
	int err = pins_table_read(&table);

	if (err)
		return err;
	*out = table->policy;
	free(table);
	return 0;
}

int pins_policy_switch(int slot_map, const struct bpfseal_policy *policy)
{
	struct bpfseal_table *table = NULL;
	int fd, err;

	err = read_table(slot_map, &table);
	if (err == -ENOENT) {
		table = calloc(1, sizeof(*table));
		err = table ? 0 : -ENOMEM;
	}
	if (err)
		return err;
	table->policy = *policy;
	fd = make_policy_map(table);
	free(table);
	if (fd < 0)
		return fd;
	err = replace(slot_map, fd);
	close(fd);
	return err;
}
