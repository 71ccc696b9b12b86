/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The rules of a policy as they stand in its map, and how the first that matches
 * is found. Shared by the hooks and the controller, so that both judge alike.
 *
 * Each field of a load (its signer, its type, ...) selects a vector: bit N is set
 * if rule N accepts that value, or doesn't ask for it. The lowest bit that is set
 * in the vectors of all fields is the first rule that matches, however many rules
 * there are (Lakshman and Stiliadis, SIGCOMM 1998). Expiry is a field like the
 * others: which rules are still alive at a time.
 *
 * Fields with few values index an array. The others are looked up by their value
 * in a hash map of keys; what isn't there selects the field's vector
 * for values that no rule names.
 */
#ifndef BPFSEAL_RULES_LAYOUT_H
#define BPFSEAL_RULES_LAYOUT_H

#include "bpfseal.h"

#define BPFSEAL_RULES_MAX	1024
#define BPFSEAL_RULE_WORDS	(BPFSEAL_RULES_MAX / 64)
#define BPFSEAL_VECTORS_MAX	4096	/* a power of two */
#define BPFSEAL_CONTEXTS	128
#define BPFSEAL_TYPES		64
#define BPFSEAL_ATTACH_TYPES	128
#define BPFSEAL_SIGNER_VALUES	128	/* 0: none */
#define BPFSEAL_PATHS_MAX	1024
#define BPFSEAL_CGROUP_LEVELS	16
#define BPFSEAL_NEVER		(~0ULL >> 1)
#define BPFSEAL_PATH_WORDS	(BPFSEAL_EXE_LEN / 8)

/** enum bpfseal_field - what rules look at; each selects one vector */
enum bpfseal_field {
	BPFSEAL_F_CONTEXT = 0,	/* level, nested, token, namespaces */
	BPFSEAL_F_SIGNER = 1,
	BPFSEAL_F_TYPE = 2,	/* program type and expected attach type */
	BPFSEAL_F_ALIVE = 3,	/* the time, against the rules' expiry */
	/* by hash */
	BPFSEAL_F_UID = 4,
	BPFSEAL_F_CGROUP = 5,
	BPFSEAL_F_EXE_PATH = 6,
	BPFSEAL_F_EXE_DIGEST = 7,
	BPFSEAL_F_DIGEST = 8,	/* of the program */
	BPFSEAL_FIELDS = 9,
};

/** enum bpfseal_context - bits of the index into bpfseal_rules.contexts */
enum bpfseal_context {
	BPFSEAL_C_LEVEL = 3,	/* two bits: enum bpfseal_level */
	BPFSEAL_C_NESTED = 1 << 2,
	BPFSEAL_C_TOKEN = 1 << 3,
	BPFSEAL_C_HOST_USER_NS = 1 << 4,
	BPFSEAL_C_HOST_MOUNT_NS = 1 << 5,
	BPFSEAL_C_HOST_NET_NS = 1 << 6,
};

/** enum bpfseal_vector_number - vectors that every policy has */
enum bpfseal_vector_number {
	BPFSEAL_V_NONE = 0,	/* no rule */
	BPFSEAL_V_ALL = 1,	/* all rules: a field that no rule looks at */
};

/**
 * struct bpfseal_vector - which rules accept a value
 * @filled: bit N: words[N] isn't 0
 */
struct bpfseal_vector {
	__u64 filled;
	__u64 words[BPFSEAL_RULE_WORDS];
};

/**
 * struct bpfseal_rule - one rule
 * @allow: 1 or 0
 * @fields: bit per enum bpfseal_field it looks at
 */
struct bpfseal_rule {
	__u32 allow;
	__u32 fields;
	char id[BPFSEAL_RULE_ID_LEN];
};

/**
 * struct bpfseal_rules - the rules of a policy, laid out for matching
 *
 * First what is this host's:
 *
 * @bank: the bank this policy is in, which its keys name as well; filled in there
 * @user_ns: inode numbers of the host's namespaces; likewise the other two
 * @cgroup_levels: bit N: a rule names a cgroup N levels below the root; filled in there
 *
 * Then what the policy says:
 *
 * @n: how many; 0: nothing of this is looked at
 * @fields: bit per enum bpfseal_field that some rule looks at
 * @n_deadlines: how many of @deadlines are in use
 * @other: vector of the values that no rule names, for fields looked up by hash
 * @unmeasured: vector of an executable whose digest isn't known: rules that allow by
 *	it don't match, rules that deny by it do
 * @denies_by_exe: 1: a rule denies by the executable's digest, so that it takes both of
 *	a file's digests to know that it doesn't match
 * @path_seed: what rules_path_hash() begins with; keeps @paths apart
 * @deadlines: when rules expire, UTC in ns, ascending; BPFSEAL_NEVER after
 *	the last
 * @alive: vector of the rules left when N deadlines have passed
 * @path_vectors: the vector of each of @paths
 * @paths: the executables that rules name, zeroes after them
 */
struct bpfseal_rules {
	__u32 bank;
	__u32 user_ns;
	__u32 mount_ns;
	__u32 net_ns;
	__u64 cgroup_levels;

	__u32 n;
	__u32 fields;
	__u32 n_deadlines;
	__u32 pad;
	__u64 path_seed;
	__u16 other[BPFSEAL_FIELDS];
	__u16 unmeasured;
	__u16 denies_by_exe;
	__u16 pad2[9];	/* to a multiple of a block of SHA-256 */
	__u16 contexts[BPFSEAL_CONTEXTS];
	__u16 signers[BPFSEAL_SIGNER_VALUES];
	__u16 types[BPFSEAL_TYPES][BPFSEAL_ATTACH_TYPES];
	__u16 alive[2 * BPFSEAL_RULES_MAX];
	__u16 path_vectors[BPFSEAL_PATHS_MAX];
	__u64 deadlines[BPFSEAL_RULES_MAX];
	__u64 paths[BPFSEAL_PATHS_MAX][BPFSEAL_PATH_WORDS];
	struct bpfseal_rule rules[BPFSEAL_RULES_MAX];
	struct bpfseal_vector vectors[BPFSEAL_VECTORS_MAX];
};

/** struct bpfseal_table - a policy: all that is switched at once, but for its keys */
struct bpfseal_table {
	struct bpfseal_policy policy;
	struct bpfseal_rules rules;
};

/**
 * struct bpfseal_key - what a value is looked up by
 * @field: enum bpfseal_field
 * @bank: of the policy whose rules name it; filled in there
 * @value: the value, and zeroes after it; of a path, what rules_path_hash() gives
 */
struct bpfseal_key {
	__u32 field;
	__u32 bank;
	__u64 value[BPFSEAL_DIGEST_LEN / 8];
};

/**
 * struct bpfseal_key_value - what a key leads to
 * @number: of a vector, or of one of the rules' paths
 * @next: another key of the same bank, so that all of them can be found
 */
struct bpfseal_key_value {
	__u32 number;
	__u32 pad;
	struct bpfseal_key next;
};

/**
 * struct rules_key - a value that rules name
 * @key: the value; of a cgroup, the SHA-256 of its path
 * @number: of its vector, or of one of the rules' paths
 * @host: of a cgroup, its id on this host, which is what it is looked up by there;
 *	0 if there is no such cgroup
 *
 * As long as a block of SHA-256.
 */
struct rules_key {
	struct bpfseal_key key;
	__u32 number;
	__u32 pad;
	__u64 host;
	__u64 pad2;
};

enum bpfseal_report_what {
	BPFSEAL_REPORT_STATE = 1,
	BPFSEAL_REPORT_POLICY = 2,	/* a part of the struct bpfseal_table in force */
	BPFSEAL_REPORT_COUNTERS = 3,	/* of a reason, all CPUs summed */
	BPFSEAL_REPORT_KEY = 4,		/* do the rules of the policy in force name a value? */
	BPFSEAL_REPORT_EVENT = 5,	/* one by its number, in @part */
};

#define BPFSEAL_REPORT_WORDS 128

/**
 * struct bpfseal_report - what the program "report" is asked for, and says
 * @abi: BPFSEAL_ABI of the program; set
 * @what: enum bpfseal_report_what
 * @reason: enum bpfseal_reason, for the counters
 * @offset: where @part begins, in bytes, a multiple of 8
 * @generation: of the policy; set for offset 0, to be kept for the others
 * @seq: number of the event; @newest is set to that of the newest
 * @key: the value; @found is set to 1 or 0
 * @state, @counters, @part: what was asked for; one of them is set
 */
struct bpfseal_report {
	__u32 abi;
	__u32 what;
	__u32 reason;
	__u32 offset;
	__u64 generation;
	__u64 found;
	__u64 seq;
	__u64 newest;
	struct bpfseal_key key;
	struct bpfseal_state state;
	struct bpfseal_counters counters;
	__u64 part[BPFSEAL_REPORT_WORDS];
};

/** rules_path_hash - where to look for a path; the path itself is compared then */
static inline __u64 rules_path_hash(__u64 seed, const __u64 path[BPFSEAL_PATH_WORDS])
{
	__u64 hash = seed;
	__u32 i;

	for (i = 0; i < BPFSEAL_PATH_WORDS; i++) {
		hash = (hash ^ path[i]) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 32;
	}
	return hash;
}

/** rules_type - vector for a program type and an attach type */
static inline __u16 rules_type(const struct bpfseal_rules *r, __u32 type, __u32 attach)
{
	/* The last of each has no name, so that no rule can name what is beyond. */
	if (type >= BPFSEAL_TYPES)
		type = BPFSEAL_TYPES - 1;
	if (attach >= BPFSEAL_ATTACH_TYPES)
		attach = BPFSEAL_ATTACH_TYPES - 1;
	return r->types[type][attach];
}

/* 1 if a deadline has passed, else 0; times are below 2^63 */
static inline __u32 rules_is_over(const struct bpfseal_rules *r, __u32 i, __u64 now)
{
	return ~(now - r->deadlines[i % BPFSEAL_RULES_MAX]) >> 63;
}

/**
 * rules_alive - vector of the rules that haven't expired
 * @r: the rules
 * @now: the time, UTC in ns
 */
static inline __u16 rules_alive(const struct bpfseal_rules *r, __u64 now)
{
	__u32 passed = 0, step;

	/* No branches: the kernel's verifier would follow each of 2^10 ways. */
	for (step = BPFSEAL_RULES_MAX / 2; step; step /= 2)
		passed += step * rules_is_over(r, passed + step - 1, now);
	passed += rules_is_over(r, passed, now);
	return r->alive[passed % (2 * BPFSEAL_RULES_MAX)];
}

/** rules_lowest_bit - number of the lowest bit that is set; 64 if none is */
static inline __u32 rules_lowest_bit(__u64 word)
{
	/*
	 * The bits below it, counted by halves; likewise without branches. Were the
	 * compiler to see what this comes to, it would take a table, in a map.
	 */
	word = (word & -word) - 1;
	__asm__ volatile("" : "+r"(word));
	word -= word >> 1 & 0x5555555555555555ULL;
	word = (word & 0x3333333333333333ULL) + (word >> 2 & 0x3333333333333333ULL);
	word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
	return (word * 0x0101010101010101ULL) >> 56;
}

/**
 * rules_first - the first rule that matches
 * @r: the rules
 * @vectors: the number of each field's vector
 * @start: no rule before this one matches, whatever the digest; a multiple of 64
 *
 * Return: the rule's number, counted from 1, or 0 if none matches
 */
static inline __u32 rules_first(const struct bpfseal_rules *r,
				const __u16 vectors[BPFSEAL_FIELDS], __u32 start)
{
#define RULES_VECTOR(field) (&r->vectors[vectors[field] % BPFSEAL_VECTORS_MAX])
	const struct bpfseal_vector *context = RULES_VECTOR(BPFSEAL_F_CONTEXT);
	const struct bpfseal_vector *signer = RULES_VECTOR(BPFSEAL_F_SIGNER);
	const struct bpfseal_vector *type = RULES_VECTOR(BPFSEAL_F_TYPE);
	const struct bpfseal_vector *alive = RULES_VECTOR(BPFSEAL_F_ALIVE);
	const struct bpfseal_vector *uid = RULES_VECTOR(BPFSEAL_F_UID);
	const struct bpfseal_vector *cgroup = RULES_VECTOR(BPFSEAL_F_CGROUP);
	const struct bpfseal_vector *path = RULES_VECTOR(BPFSEAL_F_EXE_PATH);
	const struct bpfseal_vector *exe = RULES_VECTOR(BPFSEAL_F_EXE_DIGEST);
	const struct bpfseal_vector *digest = RULES_VECTOR(BPFSEAL_F_DIGEST);
#undef RULES_VECTOR
	__u64 filled = context->filled & signer->filled & type->filled & alive->filled &
		       uid->filled & cgroup->filled & path->filled & exe->filled & digest->filled;
	__u64 word = 0;
	__u32 i;

	filled = filled >> start / 64 % BPFSEAL_RULE_WORDS << start / 64 % BPFSEAL_RULE_WORDS;
	/* Unrolled, a word takes no more than its loads. */
#pragma GCC unroll 16
	for (i = 0; i < BPFSEAL_RULE_WORDS; i++) {
		if (!(filled >> i & 1))
			continue;
		word = context->words[i] & signer->words[i] & type->words[i] & alive->words[i] &
		       uid->words[i] & cgroup->words[i] & path->words[i] & exe->words[i] &
		       digest->words[i];
		if (word)
			break;
	}
	return word ? 64 * i + rules_lowest_bit(word) + 1 : 0;
}

BPFSEAL_ASSERT_SIZE(struct bpfseal_vector, 136);
BPFSEAL_ASSERT_SIZE(struct bpfseal_rule, 40);
BPFSEAL_ASSERT_SIZE(struct bpfseal_key, 40);
BPFSEAL_ASSERT_SIZE(struct bpfseal_key_value, 48);
BPFSEAL_ASSERT_SIZE(struct rules_key, 64);
BPFSEAL_ASSERT_SIZE(struct bpfseal_report, 48 + 40 + sizeof(struct bpfseal_state) + 40 + 8 * BPFSEAL_REPORT_WORDS);
BPFSEAL_ASSERT_SIZE(struct bpfseal_rules, 24 + 24 + 40 + 256 + 256 + 2 * 64 * 128 + 4096 + 2048 +
		    8 * 1024 + 128 * 1024 + 40 * 1024 + 136 * 4096);

#endif /* BPFSEAL_RULES_LAYOUT_H */
