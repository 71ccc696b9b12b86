/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Verifies the policy authority's signatures, as whose keyring it was when the policy was
 * sealed.
 */
#ifndef BPFSEAL_VERIFY_H
#define BPFSEAL_VERIFY_H

#include "seal.h"
#include "verification.h"

extern struct bpf_key *bpf_lookup_user_key(__s32 serial, __u64 flags) __ksym;
extern void bpf_key_put(struct bpf_key *key) __ksym;
extern int bpf_verify_pkcs7_signature(const struct bpf_dynptr *data,
				      const struct bpf_dynptr *signature,
				      struct bpf_key *keyring) __ksym;

/* In a map of its own: that of the state has nothing but that. See control.bpf.c. */
extern struct verification verification;

#define DER_INTEGER	0x02
#define DER_OID		0x06
#define DER_SEQUENCE	0x30
#define DER_SET		0x31
#define DER_EXPLICIT	0xa0

static __always_inline __u8 signature_byte(__u32 at)
{
	return verification.signature[at % BPFSEAL_SIGNATURE_MAX];
}

#define DER_NONE	(~0U)

/*
 * Past the header of an element, and past what is in it unless that is to be looked at;
 * DER_NONE if another stands there. Global, so that the kernel verifies it once.
 */
__weak __noinline __u32 der_next(__u32 at, __u32 tag, __u32 enter)
{
	__u32 len = signature_byte(at + 1), header = 2;

	if (at == DER_NONE || signature_byte(at) != tag)
		return DER_NONE;
	if (len == 0x81) {
		len = signature_byte(at + 2);
		header = 3;
	} else if (len == 0x82) {
		len = signature_byte(at + 2) << 8 | signature_byte(at + 3);
		header = 4;
	} else if (len & 0x80) {
		return DER_NONE;
	}
	return at + (enter ? header : header + len);
}

/*
 * Has it no certificates in it (RFC 5652, section 5.1)? The kernel accepts one that the
 * authority's key has signed, whatever for, and then what that one's key has signed
 * (crypto/asymmetric_keys/pkcs7_trust.c).
 */
static __noinline bool signature_is_bare(void)
{
	__u32 at = 0;

	at = der_next(at, DER_SEQUENCE, true);	/* ContentInfo */
	at = der_next(at, DER_OID, false);
	at = der_next(at, DER_EXPLICIT, true);
	at = der_next(at, DER_SEQUENCE, true);	/* SignedData */
	at = der_next(at, DER_INTEGER, false);	/* version */
	at = der_next(at, DER_SET, false);	/* digestAlgorithms */
	at = der_next(at, DER_SEQUENCE, false);	/* encapContentInfo */
	/* signerInfos, and no certificates before them */
	return at != DER_NONE && signature_byte(at) == DER_SET;
}

/** verify - has the authority signed this? 0 or a negative errno */
static __always_inline int verify(void *from, __u32 size, __u32 signature_len)
{
	struct bpf_dynptr data, signature;
	struct bpf_key *keyring;
	int err;

	if (!TAKES_SIGNATURES)
		return -EOPNOTSUPP;
	if (!signature_len || signature_len > sizeof(verification.signature))
		return -EBADMSG;
	bpf_dynptr_from_mem(from, size, 0, &data);
	bpf_dynptr_from_mem(verification.signature, signature_len, 0, &signature);
	keyring = bpf_lookup_user_key(state.authority.serial, 0);
	if (!keyring)
		return -ENOKEY;
	err = bpf_verify_pkcs7_signature(&data, &signature, keyring);
	bpf_key_put(keyring);
	return err;
}

/** take_signature - copy a signature that is to be verified; by the clocks of a policy */
static __noinline int take_signature(const struct bpfseal_policy *p, __u64 from, __u32 len)
{
	if (!in_time(p, &state.authority))
		return -EKEYEXPIRED;
	if (!len)
		return -EBADMSG;
	barrier_var(len);	/* one comparison for both is more than 6.12's verifier understands */
	if (len > sizeof(verification.signature))
		return -EBADMSG;
	if (bpf_copy_from_user(verification.signature, len, (const void *)from))
		return -EFAULT;
	return signature_is_bare() ? 0 : -EBADMSG;
}

/** serial_of - the keyring that a certificate has in the policy in force; 0: it has none */
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

#endif /* BPFSEAL_VERIFY_H */
