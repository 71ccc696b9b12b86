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
	__s32 serial;
	__u32 signer;
};

/* One multiplication and one comparison, however many signers there are. */
static __always_inline struct bpfseal_signer *
trusted_signer(struct bpfseal_policy *p, const struct signature *sig)
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
 * Return: the signer, or NULL if the reason isn't BPFSEAL_R_SIGNER.
 */
static __always_inline struct bpfseal_signer *
judge_signature(struct bpfseal_policy *p, const struct signature *sig, __u32 require,
		struct judgement *j)
{
	struct bpfseal_signer *s;

	j->attribute = BPFSEAL_A_NONE;
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
	j->reason = BPFSEAL_R_LEVEL;
	if (j->level < require || j->level == BPFSEAL_LEVEL_UNSIGNED)
		return NULL;
	j->reason = BPFSEAL_R_SIGNER;
	return s;
}

#endif /* BPFSEAL_JUDGE_H */
