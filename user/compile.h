/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compile.h - from a policy file's content to the form the kernel judges by.
 */
#ifndef BPFSEAL_COMPILE_H
#define BPFSEAL_COMPILE_H

#include "bpfseal.h"
#include "cert.h"
#include "policy.h"
#include "policy_show.h"
#include "probe.h"

/** struct compile_signer - what compile_policy() needs beside the file */
struct compile_signer {
	const struct cert *cert;	/* NULL for a system keyring */
	bool expired;			/* it has no keyring, and is trusted for nothing */
	__s32 serial;			/* of its keyring, if it has its own */
};

/**
 * compile_policy - lay a policy out for the kernel
 * @doc: the policy
 * @signers: one for each of @doc's signers, in order
 * @proof: what the kernel's verdict proves (probe_kernel())
 * @out: set on success
 *
 * All searching is done here: the hooks find a signer by one multiplication.
 *
 * Return: 0, -EEXIST (a system keyring named twice; printed) or -ENOSPC (no
 * multiplier keeps the serials apart)
 */
int compile_policy(const struct policy_doc *doc, const struct compile_signer *signers,
		   const struct proof *proof, struct bpfseal_policy *out);

/**
 * compile_anywhere - lay out what a policy says on every host alike
 * @doc: the policy
 * @fingerprints: one for each of @doc's signers
 * @out: all zero; that half of it is set on success
 *
 * Return: 0, -EEXIST (a system keyring named twice; printed), -ENOMEM or -EIO (OpenSSL)
 */
int compile_anywhere(const struct policy_doc *doc, const struct policy_fingerprint *fingerprints,
		     struct bpfseal_policy *out);

/**
 * compile_digest - the policy's identity
 * @doc: the policy
 * @signers: one for each of @doc's signers
 * @digest: set to the SHA-256
 *
 * policy_show_digest(), with the certificates' fingerprints. The mode and the
 * keyrings' serials are left out: they stand beside it in events and status.
 *
 * Return: 0, -ENOMEM or -EIO (OpenSSL)
 */
int compile_digest(const struct policy_doc *doc, const struct compile_signer *signers,
		   __u8 digest[BPFSEAL_DIGEST_LEN]);

#endif
