/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lskel.h - read the loader, metadata and signature out of a light skeleton
 * header as `bpftool gen skeleton -L [-S]` writes it.
 */
#ifndef BPFSEAL_LSKEL_H
#define BPFSEAL_LSKEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "cert.h"

#define LSKEL_FILE_MAX	(64u * 1024 * 1024)
/* The kernel signs through a dynptr, whose size is limited to 24 bits. */
#define LSKEL_PAYLOAD_MAX ((1u << 24) - 1)
#define LSKEL_HASH_LEN	32

struct lskel {
	char *name;		/* C identifier, e.g. "demo_bpf" */
	uint8_t *insns;		/* the loader program */
	size_t insns_len;	/* a multiple of 8 */
	uint8_t *data;		/* content of the metadata map */
	size_t data_len;
	uint8_t *sig;		/* NULL if the skeleton is not signed */
	size_t sig_len;
	bool has_excl;		/* does it bind the map to the loader? */
	uint8_t excl[LSKEL_HASH_LEN];
};

/**
 * lskel_read - parse a light skeleton header
 * @path: the file, at most LSKEL_FILE_MAX bytes
 * @out: filled on success; release with lskel_free()
 *
 * Strict: only the forms bpftool emits are accepted, each array at most once,
 * and the loader function must use exactly these arrays. Prints
 * FILE:LINE:COLUMN and what is wrong.
 *
 * Return: 0, -EBADMSG (not such a file), -EFBIG, -ENOMEM or the errno of reading
 */
int lskel_read(const char *path, struct lskel *out);

/**
 * lskel_parse - like lskel_read(), for text in memory
 * @text: the text, need not end in NUL
 * @len: its length
 * @file: what to call it in messages
 * @out: filled on success
 */
int lskel_parse(const char *text, size_t len, const char *file, struct lskel *out);

/**
 * lskel_free - release what lskel_read() filled in
 * @skel: the skeleton; all fields are zero afterwards
 */
void lskel_free(struct lskel *skel);

/**
 * lskel_payload - build what the signature covers
 * @skel: the skeleton
 * @payload: set on success to instructions || metadata; free()
 * @len: set on success
 *
 * The order is the kernel's, see bpf_prog_verify_signature() in Linux 7.3.
 *
 * Return: 0, -E2BIG (more than the kernel takes) or -ENOMEM
 */
int lskel_payload(const struct lskel *skel, uint8_t **payload, size_t *len);

enum lskel_verdict {
	LSKEL_GOOD,
	LSKEL_UNSIGNED,		/* there is no signature */
	LSKEL_BAD_SIGNATURE,	/* the signer's, but not over these bytes */
	LSKEL_WRONG_KEY,	/* another key's */
	LSKEL_MALFORMED,	/* the signature isn't of the expected form */
	LSKEL_BAD_EXCL,		/* exclusivity hash isn't that of the loader */
};

/**
 * lskel_verify - is a skeleton signed by a certificate's key?
 * @skel: the skeleton
 * @cert: the certificate
 * @verdict: set on success
 *
 * Return: 0, -E2BIG or -ENOMEM
 */
int lskel_verify(const struct lskel *skel, const struct cert *cert,
		 enum lskel_verdict *verdict);

/**
 * lskel_verdict_name - short fixed name of a verdict, as in --json
 * @verdict: the verdict
 */
const char *lskel_verdict_name(enum lskel_verdict verdict);

#endif
