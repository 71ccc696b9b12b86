// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load_space_set.c - two hash tables with open addressing: sets, and states.
 */
#include "load_space_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SETS_MAX	(1u << 18)	/* 32 MiB */
#define STATES_MAX	(1u << 22)	/* 64 MiB */

struct space_seen {
	struct rule_set *sets;
	__u32 n_sets, sets_room;
	__u32 *buckets;			/* number plus one */
	struct space_state *states;	/* sets[0] is plus one, 0 marks an empty place */
	__u32 n_states, states_room;	/* a power of two */
};

static __u64 hash_bytes(const void *data, size_t len)
{
	__u64 hash = len, word;

	for (size_t i = 0; i < len; i += sizeof(word)) {
		memcpy(&word, (const char *)data + i, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 29;
	}
	return hash;
}

struct space_seen *space_seen_new(void)
{
	struct space_seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return NULL;
	seen->states_room = 1024;
	seen->buckets = calloc(2 * SETS_MAX, sizeof(*seen->buckets));
	seen->states = calloc(seen->states_room, sizeof(*seen->states));
	if (seen->buckets && seen->states)
		return seen;
	space_seen_free(seen);
	return NULL;
}

void space_seen_free(struct space_seen *seen)
{
	if (!seen)
		return;
	free(seen->sets);
	free(seen->buckets);
	free(seen->states);
	free(seen);
}

static int add_set(struct space_seen *seen, const struct rule_set *set)
{
	struct rule_set *sets = seen->sets;

	if (seen->n_sets == SETS_MAX)
		return -E2BIG;
	if (seen->n_sets == seen->sets_room) {
		seen->sets_room = seen->sets_room ? 2 * seen->sets_room : 64;
		sets = realloc(sets, seen->sets_room * sizeof(*sets));
		if (!sets)
			return -ENOMEM;
		seen->sets = sets;
	}
	sets[seen->n_sets++] = *set;
	return 0;
}

int space_seen_set(struct space_seen *seen, const struct rule_set *set, __u32 *number)
{
	__u32 i = (__u32)(hash_bytes(set, sizeof(*set)) % (2 * SETS_MAX));
	int err;

	for (; seen->buckets[i]; i = (i + 1) % (2 * SETS_MAX)) {
		if (memcmp(&seen->sets[seen->buckets[i] - 1], set, sizeof(*set)))
			continue;
		*number = seen->buckets[i] - 1;
		return 0;
	}
	err = add_set(seen, set);
	if (err)
		return err;
	seen->buckets[i] = seen->n_sets;
	*number = seen->n_sets - 1;
	return 0;
}

/* Where a state is, or would be. */
static struct space_state *place(struct space_state *states, __u32 room,
				 const struct space_state *state)
{
	__u32 i = (__u32)hash_bytes(state, sizeof(*state)) & (room - 1);

	while (states[i].sets[0] && memcmp(&states[i], state, sizeof(*state)))
		i = (i + 1) & (room - 1);
	return &states[i];
}

static int grow(struct space_seen *seen)
{
	struct space_state *states;

	if (seen->states_room == 2 * STATES_MAX)
		return -E2BIG;
	states = calloc(2 * seen->states_room, sizeof(*states));
	if (!states)
		return -ENOMEM;
	for (__u32 i = 0; i < seen->states_room; i++)
		if (seen->states[i].sets[0])
			*place(states, 2 * seen->states_room, &seen->states[i]) = seen->states[i];
	free(seen->states);
	seen->states = states;
	seen->states_room *= 2;
	return 0;
}

int space_seen_add(struct space_seen *seen, const struct space_state *state)
{
	struct space_state key = *state, *at;
	int err;

	key.sets[0]++;
	at = place(seen->states, seen->states_room, &key);
	if (at->sets[0])
		return 0;
	*at = key;
	if (++seen->n_states <= seen->states_room / 2)
		return 1;
	err = grow(seen);
	return err ? err : 1;
}
