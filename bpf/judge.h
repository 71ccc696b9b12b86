/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The judgement: what a program's signature is worth under a policy. Shared by
 * the hooks that decide and by the inventory that tells what they would decide.
 */
#ifndef BPFSEAL_JUDGE_H
#define BPFSEAL_JUDGE_H

#include "maps.h"

/* What a decision consists of, before it is recorded. */
struct judgement {
	__u8 reason;	/* enum bpfseal_reason */
	__u8 attribute;
	__u8 level;
	__u8 keyring;
	__u8 covered;	/* 1: a trusted signer's, and nothing outside its signature is set */
	__u8 pad[3];
	__s32 serial;
	__u32 signer;
	__u32 rule;	/* that let the loader in, with BPFSEAL_R_LOADER_BY_RULE */
};

#define ALLOWING (1ULL << BPFSEAL_R_SIGNER | 1ULL << BPFSEAL_R_NESTED | \
		  1ULL << BPFSEAL_R_RULE_ALLOWS | 1ULL << BPFSEAL_R_DEFAULT_ALLOWS)

_Static_assert(BPFSEAL_R_MAX <= 64, "a bit for each reason");

/* One comparison, as the verifier follows each way out of it. */
static __always_inline bool reason_allows(__u8 reason)
{
	return ALLOWING >> reason % 64 & 1;
}

/*
 * The wall clock, and what it would be if nobody had set it since the policy was
 * compiled. Root can set the first only. The later of the two says what has ended
 * and the earlier what has begun, so that setting the clock helps with neither.
 */
struct clocks {
	__u64 earlier, later;	/* UTC, in ns */
};

static __always_inline struct clocks clocks_of(const struct bpfseal_policy *p)
{
	__u64 set = bpf_ktime_get_tai_ns() - p->tai_utc;
	__u64 unset = bpf_ktime_get_boot_ns() + p->utc_offset;
	struct clocks c = { .earlier = set, .later = unset };

	if (set > unset) {
		c.earlier = unset;
		c.later = set;
	}
	return c;
}

static __always_inline bool in_time(const struct bpfseal_policy *p, const struct bpfseal_signer *s)
{
	struct clocks c;

	if (!s->from && !s->until)
		return true;
	c = clocks_of(p);
	return c.earlier >= s->from && (!s->until || c.later < s->until);
}

/* One multiplication and one comparison, however many signers there are. */
static __always_inline struct bpfseal_signer *
find_signer(struct bpfseal_policy *p, const struct signature *sig)
{
	struct bpfseal_signer *s;
	__u32 i;

	if (sig->keyring == BPFSEAL_KEYRING_USER) {
		s = &p->slots[bpfseal_slot(p->multiplier, sig->serial) & (BPFSEAL_SLOTS - 1)];
		return s->id && s->serial == sig->serial ? s : NULL;
	}
	i = sig->keyring - BPFSEAL_KEYRING_BUILTIN;
	if (i >= BPFSEAL_SYSTEM_KEYRINGS)
		return NULL;
	s = &p->system[i];
	return s->id ? s : NULL;
}

static __always_inline struct bpfseal_signer *
trusted_signer(struct bpfseal_policy *p, const struct signature *sig)
{
	struct bpfseal_signer *s = find_signer(p, sig);

	return s && in_time(p, s) ? s : NULL;
}

/* What a promotion is worth, only a kernel that was seen to make one tells. */
static __always_inline __u8 level_of(const struct bpfseal_policy *p, const struct signature *sig)
{
	if (!sig->verified)
		return BPFSEAL_LEVEL_UNSIGNED;
	if (sig->promoted && p->promotes)
		return BPFSEAL_LEVEL_METADATA;
	return p->verified_level;
}

static __always_inline __u32 required_level(const struct bpfseal_policy *p, __u32 type)
{
	return type == BPF_PROG_TYPE_SYSCALL ? p->require_loader : p->require;
}

/**
 * judge_signature - level and signer of a program, whatever it was loaded with
 * @p: the policy
 * @sig: what its signature proved
 * @require: the level it has to have
 * @j: set: reason BPFSEAL_R_SIGNER if it would do
 *
 * Return: the signer, also if the level is too low; NULL if none is trusted
 */
static __always_inline struct bpfseal_signer *
judge_signature(struct bpfseal_policy *p, const struct signature *sig, __u32 require,
		struct judgement *j)
{
	struct bpfseal_signer *s;

	j->attribute = BPFSEAL_A_NONE;
	j->covered = 0;
	j->keyring = sig->keyring;
	j->serial = sig->serial;
	j->signer = 0;
	j->level = level_of(p, sig);
	j->reason = BPFSEAL_R_UNSIGNED;
	if (!sig->verified)
		return NULL;
	j->reason = BPFSEAL_R_UNTRUSTED_KEYRING;
	s = trusted_signer(p, sig);
	if (!s)
		return NULL;
	j->signer = s->id;
	j->reason = BPFSEAL_R_SIGNER;
	if (j->level < require || j->level == BPFSEAL_LEVEL_UNSIGNED)
		j->reason = BPFSEAL_R_LEVEL;
	return s;
}

#endif /* BPFSEAL_JUDGE_H */
