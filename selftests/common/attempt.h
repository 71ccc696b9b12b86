/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attempt.h - an upgrade of a sealed policy, step by step, for what can be done between them.
 */
#ifndef ATTEMPT_H
#define ATTEMPT_H

#include "sealed.h"
#include "takeover.h"

/**
 * struct attempt - one
 * @t: what it takes; its steps are in takeover.h
 * @told: what the programs in force hand on
 * @src, @prepared: the policy
 */
struct attempt {
	struct takeover t;
	struct bpfseal_handover told;
	struct policy_source src;
	struct prepared prepared;
};

/**
 * attempt_begin - announce and bring new programs
 * @a: set; attempt_end(), or takeover_end() and attempt_free()
 * @version: of the policy that comes with them
 *
 * Return: 0 or a negative errno
 */
int attempt_begin(struct attempt *a, unsigned int version);

/** attempt_end - take them back, and free */
void attempt_end(struct attempt *a);

/** attempt_free - free what is in the caller's memory only */
void attempt_free(struct attempt *a);

/** attempt_map - descriptor of one of their maps, the newest of that name; -1: nobody gets it */
int attempt_map(const char *name);

/** attempt_prog - likewise, of one of their programs */
int attempt_prog(const char *name);

#endif
