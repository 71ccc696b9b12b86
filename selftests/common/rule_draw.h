/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rule_draw.h - policies and loads drawn at random, for the tests that compare who
 * judges them.
 *
 * The values of both are drawn from the same small stock, so that rules and loads
 * meet. What is drawn depends only on the seed and on the policy's number.
 */
#ifndef RULE_DRAW_H
#define RULE_DRAW_H

#include "rule_reference.h"

#define DRAW_TYPES	12
#define DRAW_CGROUPS	40

/** struct draw_stock - what values there are for a policy and its loads */
struct draw_stock {
	unsigned int n;			/* of each of: uids, executables, digests, times */
	unsigned int first;		/* the first of these; see draw_uid() etc. */
	unsigned int n_types, n_attach_types, n_cgroups;
	unsigned int types[DRAW_TYPES], attach_types[DRAW_TYPES];
	struct draw_cgroup {
		char path[POLICY_CGROUP_MAX + 1];
		unsigned int parent, level;
		__u64 id;
		bool exists;		/* when the policy is compiled */
	} cgroups[DRAW_CGROUPS];	/* [0] is the root */
};

/**
 * struct drawn - a policy, drawn
 * @yaml: it can be spelled in YAML
 * @host: what the conditions mean; good for the policy drawn last
 * @expected: how many of its conditions a rule has, in percent
 */
struct drawn {
	__u64 state;
	struct draw_stock stock;
	bool yaml;
	unsigned int expected;
	struct policy_doc *doc;
	struct rules_host host;
};

/**
 * draw_policy - draw a policy
 * @d: draw_end()
 * @seed: and
 * @number: what to draw
 * @most: the most rules it may have
 */
void draw_policy(struct drawn *d, __u64 seed, unsigned int number, unsigned int most);
void draw_end(struct drawn *d);

/** draw_load - draw a load; most of them fulfil some rule's conditions but for one or two */
void draw_load(struct drawn *d, struct rule_load *l);

/** draw_seed - that of the variable SEED, or else one that nobody knows before */
__u64 draw_seed(void);

/** draw_yaml - spell a policy in YAML; free() */
char *draw_yaml(const struct policy_doc *doc);

/**
 * draw_compile - rules_compile() of what was drawn; by way of YAML if it can be
 *	spelled so
 */
int draw_compile(const struct drawn *d, struct bpfseal_rules *out, struct rules_keys *keys);

/** draw_show - print a policy and a load that are judged in different ways */
void draw_show(const struct drawn *d, const struct rule_load *l);

/* Values by number; different numbers give different values. */
__u32 draw_uid(unsigned int i);
void draw_digest(unsigned int i, __u8 digest[32]);
void draw_path(unsigned int i, char path[POLICY_PATH_MAX + 1]);
__s64 draw_time(unsigned int i);

/**
 * draw_same_hash - make a path that is looked for where another one stands
 * @path: the other one; replaced
 * @seed: of the hash
 * @word: the last one, from 1, in which they differ
 *
 * Whoever may name files can do the same.
 */
void draw_same_hash(__u64 path[BPFSEAL_PATH_WORDS], __u64 seed, unsigned int word);

/* Random numbers: below @n; true in @percent of all cases. */
__u64 draw_any(struct drawn *d);
unsigned int draw_below(struct drawn *d, unsigned int n);
bool draw_chance(struct drawn *d, unsigned int percent);

#endif
