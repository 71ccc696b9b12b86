/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * adoption.h - what the policy authority signs so that other programs can take the place
 * of a sealed policy's: struct bpfseal_adoption.
 *
 * It stands in a file beside the policy that comes with them: the struct, and then the
 * signature over it, in the kernel's form (cms.h). The functions print what is wrong.
 */
#ifndef BPFSEAL_ADOPTION_H
#define BPFSEAL_ADOPTION_H

#include "control_layout.h"
#include "policy.h"
#include "source.h"

/* Follows the name of the policy's signature. */
#define ADOPTION_SUFFIX ".programs"

/**
 * struct adoption - such a file
 * @what: what is signed
 * @sig: the signature
 * @sig_len: its length
 */
struct adoption {
	struct bpfseal_adoption what;
	uint8_t sig[BPFSEAL_SIGNATURE_MAX];
	size_t sig_len;
};

/**
 * adoption_make - name the loaders of this bpfseal's programs
 * @paths: their signed skeletons (objects.h), each of another kind
 * @n: how many, at most BPFSEAL_LOADERS
 * @version: of the policy that comes with them
 * @out: set on success
 *
 * Return: 0, -EINVAL (they aren't of the same programs) or another negative errno
 */
int adoption_make(const char *const *paths, unsigned int n, unsigned int version,
		  struct bpfseal_adoption *out);

/**
 * adoption_sign - write such a file
 * @key: file of the authority's private key
 * @cert: file of its certificate
 * @what: from adoption_make()
 * @output: file to write; what was there is replaced
 *
 * Return: 0 or a negative errno
 */
int adoption_sign(const char *key, const char *cert, const struct bpfseal_adoption *what,
		  const char *output);

/**
 * adoption_read - read the file that belongs to a policy
 * @src: the policy
 * @out: set on success
 *
 * Return: 0, -ENOKEY (there is none), -EBADMSG (it isn't one) or another negative errno
 */
int adoption_read(const struct policy_source *src, struct adoption *out);

#endif
