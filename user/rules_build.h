/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules_build.h - the parts of rules_compile(): vectors, and values looked up by hash.
 */
#ifndef BPFSEAL_RULES_BUILD_H
#define BPFSEAL_RULES_BUILD_H

#include "rules.h"

#define RULES_BUCKETS (4 * BPFSEAL_VECTORS_MAX)

/** struct rule_set - a set of rules, by their index */
struct rule_set {
	__u64 words[BPFSEAL_RULE_WORDS];
};

static inline void rule_set_add(struct rule_set *set, unsigned int rule)
{
	set->words[rule / 64] |= 1ULL << (rule % 64);
}

/** rule_set_keep - the rules of @set that are in @other too */
static inline void rule_set_keep(struct rule_set *set, const struct rule_set *other)
{
	for (unsigned int i = 0; i < BPFSEAL_RULE_WORDS; i++)
		set->words[i] &= other->words[i];
}

/** rule_set_join - adds the rules of @other to @set */
static inline void rule_set_join(struct rule_set *set, const struct rule_set *other)
{
	for (unsigned int i = 0; i < BPFSEAL_RULE_WORDS; i++)
		set->words[i] |= other->words[i];
}

/**
 * struct rules_build - a compilation under way
 * @n_vectors: how many of @out's vectors are in use
 * @buckets: the number of each vector plus one, by its hash
 * @room: for how many keys @keys has memory
 */
struct rules_build {
	const struct policy_doc *doc;
	const struct rules_host *host;
	struct bpfseal_rules *out;
	struct rules_keys keys;
	size_t room;
	unsigned int n_vectors;
	__u32 *buckets;
};

/** rules_build_begin - make the vectors that every policy has; 0 or -ENOMEM */
int rules_build_begin(struct rules_build *b);
void rules_build_end(struct rules_build *b);

/**
 * rules_build_vector - the number of a set's vector
 * @b: the compilation
 * @set: the set; only its first @b->doc->n_rules bits may be set
 * @number: set on success
 *
 * Return: 0, or -ENOSPC if there is no room for one more
 */
int rules_build_vector(struct rules_build *b, const struct rule_set *set, __u16 *number);

/** rules_build_keys - make the keys of all fields that are looked up by hash */
int rules_build_keys(struct rules_build *b);

#endif
