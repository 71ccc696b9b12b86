/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load_space_set.h - sets of rules by number, and what has been seen already.
 */
#ifndef BPFSEAL_LOAD_SPACE_SET_H
#define BPFSEAL_LOAD_SPACE_SET_H

#include "rules_build.h"

/**
 * struct space_state - what is left to decide
 * @sets: numbers of the sets of rules that may still match, for each policy
 * @rest: everything else
 */
struct space_state {
	__u32 sets[2];
	__u64 rest;
};

struct space_seen;

/** space_seen_new - nothing has been seen; NULL: no memory. free() is space_seen_free() */
struct space_seen *space_seen_new(void);
void space_seen_free(struct space_seen *seen);

/**
 * space_seen_set - the number of a set
 * @number: set on success; equal sets have the same
 *
 * Return: 0, -E2BIG (too many) or -ENOMEM
 */
int space_seen_set(struct space_seen *seen, const struct rule_set *set, __u32 *number);

/** space_seen_add - 1 if a state is new, 0 if it isn't, -E2BIG or -ENOMEM */
int space_seen_add(struct space_seen *seen, const struct space_state *state);

#endif
