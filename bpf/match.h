/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rules see of a load, and which of them decides it.
 *
 * All of it but the digest is found out once, at lsm/bpf_prog_load, and kept for
 * the first fd if a rule asks for the digest: no kernel knows that of an unsigned
 * program before it has verified it.
 */
#ifndef BPFSEAL_MATCH_H
#define BPFSEAL_MATCH_H

#include "facts.h"
#include "judge.h"

/**
 * struct load - what rules may ask for, beside the task that loads
 * @signer: index into bpfseal_policy.names, plus one; 0 if none is trusted
 * @level: enum bpfseal_level
 * @nested: made by a loader, or by the kernel
 * @token: with a BPF token
 */
struct load {
	__u32 type;
	__u32 attach_type;
	__u32 signer;
	__u8 level;
	__u8 nested;
	__u8 token;
};

static __always_inline __u16 vector_of(const struct bpfseal_key *key, __u16 other)
{
	struct bpfseal_key_value *found = bpf_map_lookup_elem(&keys, key);

	return found ? found->number : other;
}

/**
 * match_context - vector for what is true or false of a load
 * @r: the rules
 * @l: the load
 *
 * Global, so that it is verified once: each condition doubles the ways through what follows.
 */
__weak __noinline __u16 match_context(const struct bpfseal_rules *r __arg_nonnull,
				      const struct load *l __arg_nonnull)
{
	__u32 context = fact_namespaces(r) | (l->level & BPFSEAL_C_LEVEL);

	if (l->nested)
		context |= BPFSEAL_C_NESTED;
	if (l->token)
		context |= BPFSEAL_C_TOKEN;
	return r->contexts[context % BPFSEAL_CONTEXTS];
}

static __always_inline __u16 uid_vector(const struct bpfseal_rules *r)
{
	struct bpfseal_key key = { .field = BPFSEAL_F_UID, .bank = r->bank };

	key.value[0] = fact_uid();
	return vector_of(&key, r->other[BPFSEAL_F_UID]);
}

/**
 * match_cgroup - vector for the nearest of the cgroup and its ancestors that a rule names
 * @r: the rules
 *
 * Global, so that it is verified once, and what follows too.
 */
__weak __noinline __u16 match_cgroup(const struct bpfseal_rules *r __arg_nonnull)
{
	struct bpfseal_key key = { .field = BPFSEAL_F_CGROUP, .bank = r->bank };
	struct bpfseal_key_value *found;
	int level;

	for (level = BPFSEAL_CGROUP_LEVELS - 1; level >= 0; level--) {
		if (!(r->cgroup_levels >> level & 1))
			continue;
		key.value[0] = fact_cgroup(level);
		if (!key.value[0])
			continue;
		found = bpf_map_lookup_elem(&keys, &key);
		if (found)
			return found->number;
	}
	return r->other[BPFSEAL_F_CGROUP];
}

static __always_inline bool same_path(const __u64 *a, const __u64 *b)
{
	__u64 differs = 0;
	__u32 i;

	for (i = 0; i < BPFSEAL_PATH_WORDS; i++)
		differs |= a[i] ^ b[i];
	return !differs;
}

/**
 * match_path - vector for the executable's path
 * @r: the rules
 *
 * A path means something in the host's mount namespace only. A function by itself,
 * as it takes much of the stack: to be called before match_load().
 */
__weak __noinline __u16 match_path(const struct bpfseal_rules *r __arg_nonnull)
{
	struct bpfseal_key key = { .field = BPFSEAL_F_EXE_PATH, .bank = r->bank };
	__u64 path[BPFSEAL_PATH_WORDS];
	struct bpfseal_key_value *found;
	__u32 i;

	if (!(fact_namespaces(r) & BPFSEAL_C_HOST_MOUNT_NS))
		return r->other[BPFSEAL_F_EXE_PATH];
	fact_path(path);
	key.value[0] = rules_path_hash(r->path_seed, path);
	found = bpf_map_lookup_elem(&keys, &key);
	if (!found)
		return r->other[BPFSEAL_F_EXE_PATH];
	i = found->number % BPFSEAL_PATHS_MAX;
	return same_path(r->paths[i], path) ? r->path_vectors[i] : r->other[BPFSEAL_F_EXE_PATH];
}

static __always_inline __u16 executable_unknown(const struct bpfseal_rules *r, struct measured *m)
{
	m->shown = BPFSEAL_MEASURED_NONE;
	return r->unmeasured;
}

/**
 * match_executable - vector for the executable's digest
 * @r: the rules
 * @id: the load
 *
 * A file may have two digests. Where rules deny by one of them, its SHA-256 has to be
 * known, which files without fs-verity have as well; and a file of which rules think
 * differently under its two names is taken for unknown. Digests that weren't asked for,
 * as another policy was in force then, might be ones that rules name.
 * A function by itself, like match_path().
 */
__weak __noinline __u16 match_executable(const struct bpfseal_rules *r __arg_nonnull,
					 const struct load_id *id __arg_nonnull)
{
	struct measured *m = fact_measured(id);
	struct bpfseal_key_value *verity = NULL, *ima = NULL;

	if (!m)
		return r->unmeasured;
	if (r->denies_by_exe && !m->has_ima)
		return executable_unknown(r, m);
	if (m->has_verity)
		verity = measured_named(r, m->verity);
	if (m->has_ima)
		ima = measured_named(r, m->ima);
	if (r->denies_by_exe && verity && ima && verity->number != ima->number)
		return executable_unknown(r, m);
	if (verity) {
		m->shown = BPFSEAL_MEASURED_VERITY;
		return verity->number;
	}
	if (ima) {
		m->shown = BPFSEAL_MEASURED_IMA;
		return ima->number;
	}
	if (!m->complete || (!m->has_verity && !m->has_ima))
		return executable_unknown(r, m);
	return r->other[BPFSEAL_F_EXE_DIGEST];
}

/**
 * match_digest - add a program's digest to what the rules see
 * @r: the rules
 * @digest: of the program, NULL if the kernel has none
 * @vectors: the digest's is set
 */
static __always_inline void match_digest(const struct bpfseal_rules *r, const __u64 *digest,
					 struct vectors *vectors)
{
	struct bpfseal_key key = { .field = BPFSEAL_F_DIGEST, .bank = r->bank };
	__u32 i;

	for (i = 0; digest && i < BPFSEAL_DIGEST_LEN / 8; i++)
		key.value[i] = digest[i];
	vectors->of[BPFSEAL_F_DIGEST] = r->other[BPFSEAL_F_DIGEST];
	if (digest)
		vectors->of[BPFSEAL_F_DIGEST] = vector_of(&key, r->other[BPFSEAL_F_DIGEST]);
}

/**
 * match_load - what the rules see of a load that is under way in this task
 * @p: the policy
 * @l: what isn't the task's
 * @vectors: those of the executable are set already; the others are, of the digest to "any"
 */
static __always_inline void match_load(struct bpfseal_policy *p, const struct load *l,
				       struct vectors *vectors)
{
	const struct bpfseal_rules *r = rules_of(p);

	vectors->of[BPFSEAL_F_CONTEXT] = match_context(r, l);
	vectors->of[BPFSEAL_F_SIGNER] = r->signers[l->signer % BPFSEAL_SIGNER_VALUES];
	vectors->of[BPFSEAL_F_TYPE] = rules_type(r, l->type, l->attach_type);
	vectors->of[BPFSEAL_F_ALIVE] = r->n_deadlines ? rules_alive(r, fact_time(p)) : r->alive[0];
	vectors->of[BPFSEAL_F_UID] = ASKED(r, UID) ? uid_vector(r) : r->other[BPFSEAL_F_UID];
	vectors->of[BPFSEAL_F_CGROUP] = ASKED(r, CGROUP) ? match_cgroup(r) :
							   r->other[BPFSEAL_F_CGROUP];
	vectors->of[BPFSEAL_F_DIGEST] = BPFSEAL_V_ALL;
	vectors->start = 0;
}

/**
 * match_first - the first rule that matches
 * @r: the rules
 * @vectors: the number of each field's vector
 *
 * Global, like match_path(), so that the kernel verifies it once, and not again
 * with each number it can return.
 *
 * Return: the rule's number, counted from 1, or 0 if none matches
 */
__weak __noinline __u32 match_first(const struct bpfseal_rules *r __arg_nonnull,
				    const struct vectors *vectors __arg_nonnull)
{
	return rules_first(r, vectors->of, vectors->start);
}

/** rule_asks_for_digest - does it take the digest to know whether a rule matches? */
static __always_inline bool rule_asks_for_digest(struct bpfseal_policy *p, __u32 rule)
{
	return rule && rule_at(p, rule)->fields & 1U << BPFSEAL_F_DIGEST;
}

/**
 * judge_by_rule - what a rule, or the policy's default, makes of a judgement
 * @p: the policy
 * @rule: the first rule that matches, 0 if none does
 * @reason: what the signature alone says
 *
 * Return: the reason that counts
 */
static __always_inline __u8 judge_by_rule(struct bpfseal_policy *p, __u32 rule, __u8 reason)
{
	if (rule)
		return rule_at(p, rule)->allow ? BPFSEAL_R_RULE_ALLOWS : BPFSEAL_R_RULE_DENIES;
	if (p->default_allow && !reason_allows(reason))
		return BPFSEAL_R_DEFAULT_ALLOWS;
	return reason;
}

#endif /* BPFSEAL_MATCH_H */
