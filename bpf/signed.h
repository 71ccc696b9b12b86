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

#include "seal.h"
#include "sha256.h"

extern struct bpf_key *bpf_lookup_user_key(__s32 serial, __u64 flags) __ksym;
extern void bpf_key_put(struct bpf_key *key) __ksym;
extern int bpf_verify_pkcs7_signature(const struct bpf_dynptr *data,
				      const struct bpf_dynptr *signature,
				      struct bpf_key *keyring) __ksym;

/**
 * struct verification - room for what is verified, one at a time (state.switching)
 * @sha: over what has been looked at so far
 * @block: what is looked at next
 * @key: likewise
 * @manifest: what the authority has to have signed
 * @signature: its signature
 */
struct verification {
	struct sha256 sha;
	__u64 block[SHA256_BLOCK / 8];
	struct rules_key key;
	struct bpfseal_manifest manifest;
	__u8 signature[BPFSEAL_SIGNATURE_MAX];
};

/* In a map of its own: that of the state has nothing but that. */
static struct verification verification SEC(".bss.verification");

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
static __noinline int signed_table(const struct bpfseal_table *table)
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
	sha256_end(&verification.sha, (__u32 *)m->digest);
}

#define DER_INTEGER	0x02
#define DER_OID		0x06
#define DER_SEQUENCE	0x30
#define DER_SET		0x31
#define DER_EXPLICIT	0xa0

static __always_inline __u8 signature_byte(__u32 at)
{
	return verification.signature[at % BPFSEAL_SIGNATURE_MAX];
}

/* Past the header of an element, and past what is in it unless that is to be looked at. */
static __always_inline bool der_next(__u32 *at, __u8 tag, bool enter)
{
	__u32 len = signature_byte(*at + 1), header = 2;

	if (signature_byte(*at) != tag)
		return false;
	if (len == 0x81) {
		len = signature_byte(*at + 2);
		header = 3;
	} else if (len == 0x82) {
		len = signature_byte(*at + 2) << 8 | signature_byte(*at + 3);
		header = 4;
	} else if (len & 0x80) {
		return false;
	}
	*at += enter ? header : header + len;
	return true;
}

/*
 * Has it no certificates in it (RFC 5652, section 5.1)? The kernel accepts one that the
 * authority's key has signed, whatever for, and then what that one's key has signed
 * (crypto/asymmetric_keys/pkcs7_trust.c).
 */
static __noinline bool signature_is_bare(void)
{
	__u32 at = 0;

	return der_next(&at, DER_SEQUENCE, true) &&	/* ContentInfo */
	       der_next(&at, DER_OID, false) &&
	       der_next(&at, DER_EXPLICIT, true) &&
	       der_next(&at, DER_SEQUENCE, true) &&	/* SignedData */
	       der_next(&at, DER_INTEGER, false) &&	/* version */
	       der_next(&at, DER_SET, false) &&		/* digestAlgorithms */
	       der_next(&at, DER_SEQUENCE, false) &&	/* encapContentInfo */
	       signature_byte(at) == DER_SET;		/* signerInfos, no certificates */
}

static __always_inline int verify_manifest(__u32 signature_len)
{
	struct bpf_dynptr data, signature;
	struct bpf_key *keyring;
	int err;

	if (!TAKES_SIGNATURES)
		return -EOPNOTSUPP;
	if (!signature_len || signature_len > sizeof(verification.signature))
		return -EBADMSG;
	bpf_dynptr_from_mem(&verification.manifest, sizeof(verification.manifest), 0, &data);
	bpf_dynptr_from_mem(verification.signature, signature_len, 0, &signature);
	keyring = bpf_lookup_user_key(state.authority.serial, 0);
	if (!keyring)
		return -ENOKEY;
	err = bpf_verify_pkcs7_signature(&data, &signature, keyring);
	bpf_key_put(keyring);
	return err;
}

/**
 * signed_verify - has the authority signed what was looked at?
 * @p: the policy in force, whose clocks count
 * @c: where the signature stands
 *
 * Return: 0 or a negative errno
 */
static __noinline int signed_verify(const struct bpfseal_policy *p, const struct bpfseal_control *c)
{
	__u32 len = c->signature_len;

	if (!in_time(p, &state.authority))
		return -EKEYEXPIRED;
	if (len > sizeof(verification.signature))
		return -EBADMSG;
	if (bpf_copy_from_user(verification.signature, len, (const void *)c->signature))
		return -EFAULT;
	if (!signature_is_bare())
		return -EBADMSG;
	make_manifest(c->n_keys);
	return verify_manifest(len);
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

/* The keyring that a certificate has in the policy in force; 0: it has none. */
static __noinline __s32 serial_of(const struct bpfseal_policy *was, const __u64 *fingerprint)
{
	const __u64 *f;
	__u32 i;

	bpf_for(i, 0, BPFSEAL_SIGNERS_MAX) {
		f = (const __u64 *)was->fingerprints[i];
		if (f[0] == fingerprint[0] && f[1] == fingerprint[1] && f[2] == fingerprint[2] &&
		    f[3] == fingerprint[3])
			return was->serials[i];
	}
	return 0;
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
static __noinline int hand_signers_on(const struct bpfseal_policy *was, struct bpfseal_policy *is)
{
	__u32 i;

	bpf_for(i, 0, BPFSEAL_SLOTS)
		__builtin_memset(&is->slots[i], 0, sizeof(is->slots[i]));
	bpf_for(i, 0, BPFSEAL_SIGNERS_MAX) {
		is->serials[i] = is->signers[i].id ?
			serial_of(was, (const __u64 *)is->fingerprints[i]) : 0;
		if (is->serials[i] && place_signer(is, i, is->serials[i]))
			return -EEXIST;
	}
	return 0;
}

static __always_inline void hand_host_on(struct bpfseal_table *was, struct bpfseal_table *is)
{
	struct bpfseal_policy *p = &is->policy;

	p->mode = BPFSEAL_SEALED;
	p->verified_level = was->policy.verified_level;
	p->promotes = was->policy.promotes;
	p->signs_btf = was->policy.signs_btf;
	p->require_loader = p->promotes ? BPFSEAL_LEVEL_SIGNED : p->require;
	p->tai_utc = was->policy.tai_utc;
	p->utc_offset = was->policy.utc_offset;
	copy_words(p->authority, was->policy.authority, sizeof(p->authority));
	is->rules.user_ns = was->rules.user_ns;
	is->rules.mount_ns = was->rules.mount_ns;
	is->rules.net_ns = was->rules.net_ns;
	is->rules.cgroup_levels = ~0ULL;
}

/**
 * signed_follow - make of a policy that the authority has signed what can follow
 * @was: the policy in force
 * @is: the other, in its bank
 *
 * Return: 0, -ESTALE (it isn't newer), -EINVAL (it allows by default) or -EEXIST (two
 * signers at one place)
 */
static __always_inline int signed_follow(struct bpfseal_table *was, struct bpfseal_table *is)
{
	if (!is_newer(&was->policy, &is->policy))
		return -ESTALE;
	if (is->policy.default_allow)
		return -EINVAL;
	hand_host_on(was, is);
	return hand_signers_on(&was->policy, &is->policy);
}

#endif /* BPFSEAL_SIGNED_H */
