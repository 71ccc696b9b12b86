/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy_show.h - the canonical form of a policy, and its digest.
 *
 * It is a policy itself: presets are written out, defaults spelled out, and what
 * has no order is sorted. "include: []" closes it: a later bpfseal with other
 * presets reads the same in it.
 */
#ifndef BPFSEAL_POLICY_SHOW_H
#define BPFSEAL_POLICY_SHOW_H

#include <stdint.h>
#include <stdio.h>

#include "policy.h"

/** struct policy_fingerprint - the SHA-256 of a signer's certificate */
struct policy_fingerprint {
	uint8_t bytes[32];
};

/**
 * policy_fingerprints - those of the certificates that a policy names
 * @doc: the policy
 * @path: its file, for messages
 * @out: set on success: one for each signer, zero for a keyring's; free()
 *
 * Reads the certificates and holds them against the fingerprints of the policy.
 * One that isn't there is taken from the policy. Prints what is wrong.
 *
 * Return: 0, -EINVAL (another certificate), -ENOENT (neither certificate nor
 * fingerprint) or another negative errno
 */
int policy_fingerprints(const struct policy_doc *doc, const char *path,
			struct policy_fingerprint **out);

/**
 * policy_show_write - write the canonical form
 * @f: where to; the caller looks for errors of it
 * @doc: the policy
 * @fingerprints: one for each signer
 *
 * Begins with a comment that tells the digest.
 *
 * Return: 0, -ENOMEM or -EIO (OpenSSL)
 */
int policy_show_write(FILE *f, const struct policy_doc *doc,
		      const struct policy_fingerprint *fingerprints);

/**
 * policy_show_digest - the policy's identity
 * @doc: the policy
 * @fingerprints: one for each signer
 * @digest: set to the SHA-256
 *
 * Over the lines of the canonical form, without those that decide nothing: its
 * comments, and mode, certificate, comment and ticket.
 *
 * Return: 0, -ENOMEM or -EIO (OpenSSL)
 */
int policy_show_digest(const struct policy_doc *doc,
		       const struct policy_fingerprint *fingerprints, uint8_t digest[32]);

/** policy_show_text - write a text as in a policy: in quotes, so that "no" stays text */
void policy_show_text(FILE *f, const char *text);

#endif
