/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * learn_group.h - what was loaded, grouped the way a person would: by executable,
 * program type and user.
 *
 * All text in here was chosen by whoever loads, and may be hostile. What is kept
 * of it is bounded, and finding a group takes logarithmic time whatever the text.
 */
#ifndef BPFSEAL_LEARN_GROUP_H
#define BPFSEAL_LEARN_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy.h"

#define LEARN_GROUPS_MAX	8192
#define LEARN_DIGESTS_MAX	100000	/* of all groups; a policy has room for some more */
#define LEARN_GROUP_DIGESTS_MAX	POLICY_LIST_MAX
#define LEARN_NAMES_MAX		4	/* programs' names, for comments */
#define LEARN_NAME_LEN		64
#define LEARN_EXE_LEN		512	/* with escapes */
#define LEARN_TIME_LEN		sizeof("2026-01-31T23:59:59Z")

enum learn_class {
	LEARN_WANTED,	/* a rule may let it in */
	LEARN_PROBE,	/* a feature probe of libbpf */
	LEARN_REFUSED,	/* never allowed by learning, see learn_group.refusal */
};

/**
 * struct learn_load - one load, as an event or the inventory tells it
 * @exe: path of the loading executable, NULL if not known
 * @name: the program's, or ""
 * @time: "YYYY-MM-DDTHH:MM:SS" and more, or NULL
 * @refusal: why learning doesn't allow it; a constant; NULL if it may
 * @digest: of the program, NULL if not known
 * @loaded: it is in the inventory, not in an event
 */
struct learn_load {
	enum learn_class class;
	const char *exe, *name, *time, *refusal;
	unsigned int type, attach_type;
	uint32_t uid;
	bool nested, host_mount_ns, host_net_ns, first_process, loaded;
	const uint8_t *digest;
};

/**
 * struct learn_group - loads that have class, refusal, executable, type, user, being
 *	nested and mount namespace in common
 * @number: counts groups from 0, in the order they were first seen
 * @attach_types: bit N of 128: was seen with this attach type
 * @loads: how many events
 * @loaded: how many programs of the inventory
 * @no_digest: loads whose digest isn't known, or for which there was no room
 * @host_net_ns, @first_process: all were in the host's network namespace, by PID 1
 * @first, @last: when it was seen, "" if no load told
 * @names: the first few different names of programs
 */
struct learn_group {
	enum learn_class class;
	const char *refusal;
	char *exe;
	unsigned int type;
	uint32_t uid;
	bool nested, host_mount_ns;
	size_t number;
	uint64_t attach_types[2];
	uint64_t loads, loaded, no_digest;
	bool host_net_ns, first_process;
	char first[LEARN_TIME_LEN], last[LEARN_TIME_LEN];
	char names[LEARN_NAMES_MAX][LEARN_NAME_LEN];
	unsigned int n_names;
	bool more_names;
	struct policy_sha256 *digests;
	size_t n_digests, room;
};

/**
 * struct learn_groups - all of them
 * @list: in the order they were first seen, after learn_sort() by their keys
 * @left_out: loads for whose group there was no room
 */
struct learn_groups {
	struct learn_group **list;
	size_t n, room, n_digests;
	uint64_t left_out;
	void *by_key, *by_digest;	/* of tsearch(3) */
};

/**
 * learn_add - put a load in its group
 * @groups: all zero at first; learn_groups_free()
 * @load: the load
 *
 * Return: 0 or -ENOMEM
 */
int learn_add(struct learn_groups *groups, const struct learn_load *load);

/**
 * learn_add_digest - what learn_add() does about the digest only
 * @groups: the groups
 * @load: says which group, and the digest
 *
 * For a loader, whose digest the programs tell that it makes.
 *
 * Return: 0 or -ENOMEM
 */
int learn_add_digest(struct learn_groups *groups, const struct learn_load *load);

/**
 * learn_knows_digest - has a program of this type and digest been added?
 * @groups: the groups
 * @type: its type
 * @digest: its digest
 */
bool learn_knows_digest(const struct learn_groups *groups, unsigned int type,
			const uint8_t digest[32]);

/** learn_sort - sort groups by class, refusal, executable, being nested, type and user */
void learn_sort(struct learn_groups *groups);

/** learn_groups_free - free what learn_add() made */
void learn_groups_free(struct learn_groups *groups);

#endif
