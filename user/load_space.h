/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load_space.h - all loads there can be, as far as one or two policies tell them apart.
 *
 * Of each field there are as many classes as the policies' vectors make; two loads of
 * the same classes are decided alike. The product of the fields is walked, but what
 * is left to decide after some fields is often the same, and is looked at once.
 */
#ifndef BPFSEAL_LOAD_SPACE_H
#define BPFSEAL_LOAD_SPACE_H

#include "judge_decide.h"

/** struct space_signer - one signer: its index in each policy plus one, 0: not trusted */
struct space_signer {
	unsigned int in[2];
};

/**
 * struct space_load - a load of some class
 * @l: the load; its signer is @signer.in[0]
 * @cgroup: the path of its cgroup
 */
struct space_load {
	struct judge_load l;
	struct space_signer signer;
	const char *cgroup;
};

/**
 * typedef space_fn - called for each kind of load
 * @ctx: space.ctx
 * @load: one of them
 * @decisions: what each policy makes of it
 */
typedef void (*space_fn)(void *ctx, const struct space_load *load,
			 const struct judge_decision *decisions);

/**
 * struct space - what to walk
 * @p: the policies
 * @n: 1 or 2
 * @signers: all of both; that nobody trusted has signed is looked at as well
 */
struct space {
	const struct judge_policy *p[2];
	unsigned int n;
	const struct space_signer *signers;
	unsigned int n_signers;
	space_fn fn;
	void *ctx;
};

/**
 * space_walk - look at all loads
 * @s: the space
 * @time: when they are made, seconds since 1970
 *
 * Each outcome, or pair of outcomes, that there is comes up at least once.
 *
 * Return: 0, -E2BIG (too many to look at; some have been) or -ENOMEM
 */
int space_walk(const struct space *s, int64_t time);

/**
 * space_times - when what policies decide may change by itself
 * @s: the space
 * @now: seconds since 1970
 * @times: set on success to @now and all later ends and beginnings, ascending; free()
 * @n: set on success to their number
 *
 * Return: 0 or -ENOMEM
 */
int space_times(const struct space *s, int64_t now, int64_t **times, size_t *n);

#endif
