/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a sealed policy asks of the one that is to follow it: that the authority has
 * signed it, and that it is newer. What isn't signed, because it differs from host to
 * host, is handed on.
 *
 * All of it is looked at where it stands in its bank, after it was copied there.
 */
#ifndef BPFSEAL_SIGNED_H
#define BPFSEAL_SIGNED_H

#include "verify.h"

#define POLICY_SAYS	offsetof(struct bpfseal_policy, require)
#define RULES_SAY	offsetof(struct bpfseal_table, rules.n)

_Static_assert((sizeof(struct bpfseal_policy) - POLICY_SAYS) % SHA256_BLOCK == 0, "whole blocks");
_Static_assert((sizeof(struct bpfseal_table) - RULES_SAY) % SHA256_BLOCK == 0, "whole blocks");

/* Global, so that the kernel verifies it once. */
__weak __noinline int verify_block(void)
{
	return sha256_block(&verification.sha, (const __u32 *)verification.block);
}

static __always_inline void verify_words(const void *words)
{
	copy_words(verification.block, words, sizeof(verification.block));
	verify_block();
}

/** signed_key - add a key to what is verified; its @host is zero */
static __always_inline void signed_key(const struct rules_key *key)
{
	verify_words(key);
}

/** signed_table - begin to verify, with the policy and its rules */
static __always_inline int signed_table(const struct bpfseal_table *table)
{
	const __u32 policy_blocks = (sizeof(table->policy) - POLICY_SAYS) / SHA256_BLOCK;
	const __u32 rules_blocks = (sizeof(*table) - RULES_SAY) / SHA256_BLOCK;
	__u32 i;

	sha256_begin(&verification.sha);
	bpf_for(i, 0, policy_blocks)
		verify_words((void *)table + POLICY_SAYS + i * SHA256_BLOCK);
	bpf_for(i, 0, rules_blocks)
		verify_words((void *)table + RULES_SAY + i * SHA256_BLOCK);
	return 0;
}

static __always_inline void make_manifest(__u32 n_keys)
{
	static const char purpose[sizeof(verification.manifest.purpose)] = BPFSEAL_PURPOSE;
	struct bpfseal_manifest *m = &verification.manifest;

	__builtin_memcpy(m->purpose, purpose, sizeof(m->purpose));
	m->abi = BPFSEAL_ABI;
	m->n_keys = n_keys;
	sha256_last(&verification.sha, (__u32 *)verification.block);
	verify_block();
	sha256_end(&verification.sha, (__u32 *)m->digest);
}

/**
 * signed_verify - has the authority signed what was looked at?
 * @p: the policy in force, or the one that is to be if there is none; its clocks count
 *
 * Return: 0 or a negative errno
 */
static __always_inline int signed_verify(const struct bpfseal_policy *p)
{
	__u32 len = verification.asked.signature_len;
	int err = take_signature(p, verification.asked.signature, len);

	if (err)
		return err;
	make_manifest(verification.asked.n_keys);
	return verify(&verification.manifest, sizeof(verification.manifest), len);
}

/* The very policy in force may take its own place: its cgroups are looked up again. */
static __always_inline bool is_newer(const struct bpfseal_policy *was,
				     const struct bpfseal_policy *is)
{
	const __u64 *a = (const __u64 *)was->digest, *b = (const __u64 *)is->digest;

	if (is->version != was->version)
		return is->version > was->version;
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

static __always_inline int place_signer(struct bpfseal_policy *is, __u32 i, __s32 serial)
{
	struct bpfseal_signer *slot;

	slot = &is->slots[bpfseal_slot(is->multiplier, serial) & (BPFSEAL_SLOTS - 1)];
	if (slot->id)
		return -EEXIST;
	*slot = is->signers[i];
	slot->serial = serial;
	return 0;
}

/* A keyring that is new could change, or be gone and another in its place. */
static __noinline int hand_serials_on(const struct bpfseal_policy *was, struct bpfseal_policy *is)
{
	__u32 i;

	bpf_for(i, 0, BPFSEAL_SIGNERS_MAX)
		is->serials[i] = serial_of(was, (const __u64 *)is->fingerprints[i]);
	return 0;
}

/** signed_signers - find the signers of a policy by their keyrings, and by nothing else; 0 or -EEXIST */
static __noinline int signed_signers(struct bpfseal_policy *p)
{
	__u32 i;

	bpf_for(i, 0, BPFSEAL_SLOTS)
		__builtin_memset(&p->slots[i], 0, sizeof(p->slots[i]));
	bpf_for(i, 0, BPFSEAL_SIGNERS_MAX) {
		if (!p->signers[i].id)
			p->serials[i] = 0;
		if (p->serials[i] && place_signer(p, i, p->serials[i]))
			return -EEXIST;
	}
	return 0;
}

static __always_inline void hand_host_on(struct bpfseal_table *was, struct bpfseal_table *is)
{
	struct bpfseal_policy *p = &is->policy;

	p->verified_level = was->policy.verified_level;
	p->promotes = was->policy.promotes;
	p->signs_btf = was->policy.signs_btf;
	p->tai_utc = was->policy.tai_utc;
	p->utc_offset = was->policy.utc_offset;
	copy_words(p->authority, was->policy.authority, sizeof(p->authority));
	is->rules.user_ns = was->rules.user_ns;
	is->rules.mount_ns = was->rules.mount_ns;
	is->rules.net_ns = was->rules.net_ns;
}

/**
 * signed_settle - what is the host's in a sealed policy, but follows from the rest
 *
 * Return: 0, -EINVAL (it allows by default) or -EEXIST (two signers at one place)
 */
static __always_inline int signed_settle(struct bpfseal_table *table)
{
	struct bpfseal_policy *p = &table->policy;

	if (p->default_allow)
		return -EINVAL;
	p->mode = BPFSEAL_SEALED;
	p->require_loader = p->promotes ? BPFSEAL_LEVEL_SIGNED : p->require;
	table->rules.cgroup_levels = ~0ULL;
	return signed_signers(p);
}

/**
 * signed_follow - make of a policy that the authority has signed what can follow
 * @was: the policy in force
 * @is: the other, in its bank
 *
 * Return: 0, -ESTALE (it isn't newer) or as signed_settle()
 */
static __always_inline int signed_follow(struct bpfseal_table *was, struct bpfseal_table *is)
{
	if (!is_newer(&was->policy, &is->policy))
		return -ESTALE;
	hand_host_on(was, is);
	hand_serials_on(&was->policy, &is->policy);
	return signed_settle(is);
}

#endif /* BPFSEAL_SIGNED_H */
