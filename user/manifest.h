/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * manifest.h - what the policy authority signs of a policy for the kernel.
 *
 * The kernel doesn't read policy files. A sealed policy is followed only by one of which
 * the authority has signed the form that the hooks judge by. These functions print what is
 * wrong.
 */
#ifndef BPFSEAL_MANIFEST_H
#define BPFSEAL_MANIFEST_H

#include "control_layout.h"
#include "rules.h"

/**
 * manifest_of - of a policy that was laid out for this host
 * @table: the policy
 * @keys: what its rules look up
 * @out: set on success
 *
 * Return: 0, -ENOMEM or -EIO (OpenSSL)
 */
int manifest_of(const struct bpfseal_table *table, const struct rules_keys *keys,
		struct bpfseal_manifest *out);

/**
 * manifest_make - the same for a policy on any host
 * @doc: the policy, with the fingerprint of each certificate it names
 * @out: set on success
 *
 * Return: 0 or a negative errno; what is wrong with the policy is printed
 */
int manifest_make(const struct policy_doc *doc, struct bpfseal_manifest *out);

/**
 * manifest_sign - sign a policy for the kernel, and write the signature
 * @key: file of the authority's private key
 * @cert: file of its certificate
 * @doc: the policy, with the fingerprint of each certificate it names
 * @output: file to write; what was there is replaced
 *
 * The signature is of the form that the kernel takes on programs (cms.h), without
 * certificates in it. The kernel finds the key by its subject key identifier: without
 * one nothing can be signed, which is no error but a warning, and the file goes.
 *
 * Return: 0 or a negative errno
 */
int manifest_sign(const char *key, const char *cert, const struct policy_doc *doc,
		  const char *output);

#endif
