/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lskel.h - read the loader, metadata and signature out of a light skeleton
 * header as `bpftool gen skeleton -L [-S]` writes it, and check the signature.
 *
 * What a signature covers differs: see enum lskel_coverage.
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
	uint8_t *btf;		/* the loader's, NULL if it has none */
	size_t btf_len;
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

/*
 * What a signature covers. Kernels differ in what they take it to be, so each
 * kind is good on some kernels only. The weakest comes first.
 */
enum lskel_coverage {
	LSKEL_COVERS_NOTHING,		/* there is no matching signature */
	LSKEL_COVERS_INSNS,		/* instructions: Linux 6.18 to 7.2 */
	LSKEL_COVERS_INSNS_BTF,		/* and BTF: Linux 7.2 with kernel/patches/7.2 */
	LSKEL_COVERS_INSNS_MAPS,	/* and metadata: Linux 7.3 and later */
};

/**
 * lskel_payload - build what a signature covers
 * @skel: the skeleton
 * @covers: the kind, not LSKEL_COVERS_NOTHING
 * @payload: set on success to the instructions, then the BTF or metadata; free()
 * @len: set on success
 *
 * The order is the kernel's, see bpf_prog_verify_signature() in Linux 7.3 and
 * in kernel/patches/7.2.
 *
 * Return: 0, -EINVAL (BTF is asked for and there is none), -E2BIG (more than
 * the kernel takes) or -ENOMEM
 */
int lskel_payload(const struct lskel *skel, enum lskel_coverage covers, uint8_t **payload,
		  size_t *len);

enum lskel_verdict {
	LSKEL_GOOD,
	LSKEL_UNSIGNED,		/* there is no signature */
	LSKEL_BAD_SIGNATURE,	/* the signer's, but not over these bytes */
	LSKEL_WRONG_KEY,	/* another key's */
	LSKEL_MALFORMED,	/* the signature isn't of the expected form */
	LSKEL_BAD_EXCL,		/* exclusivity hash isn't that of the loader */
	LSKEL_BAD_METADATA,	/* not covered, and not what the loader checks for */
};

/**
 * lskel_verify - is a skeleton signed by a certificate's key, and what is?
 * @skel: the skeleton
 * @cert: the certificate
 * @verdict: set on success
 * @covers: set on success; LSKEL_COVERS_NOTHING unless the signature matches
 *
 * What is covered is found by trying. With a BTF that is instructions and BTF
 * or nothing, as the kernel adds the BTF of a program to what it verifies.
 *
 * A loader whose signature doesn't cover the metadata has to compare its hash
 * itself. If that of this metadata isn't among the loader's constants the
 * verdict is LSKEL_BAD_METADATA. What the loader does with it isn't followed.
 *
 * Return: 0, -E2BIG or -ENOMEM
 */
int lskel_verify(const struct lskel *skel, const struct cert *cert,
		 enum lskel_verdict *verdict, enum lskel_coverage *covers);

/**
 * lskel_verdict_name - short fixed name of a verdict, as in --json
 * @verdict: the verdict
 */
const char *lskel_verdict_name(enum lskel_verdict verdict);

/* A kind of signature in words. */
struct lskel_kind {
	const char *name;	/* for --covers and --json */
	const char *covers;	/* "instructions and metadata" */
	const char *lacks;	/* how what isn't covered is looked after; NULL: all is */
	const char *kernels;	/* where it can be loaded */
	const char *level;	/* the highest a policy there can require */
	const char *bpftool;	/* that makes it */
};

/**
 * lskel_kind - words for what a signature covers
 * @covers: not LSKEL_COVERS_NOTHING
 */
const struct lskel_kind *lskel_kind(enum lskel_coverage covers);

/**
 * lskel_kind_parse - find a kind by its name
 * @name: e.g. "metadata"
 * @covers: set on success
 *
 * Prints what names there are if this is none.
 *
 * Return: 0 or -EINVAL
 */
int lskel_kind_parse(const char *name, enum lskel_coverage *covers);

/**
 * lskel_kind_print - say on standard output what is covered, and where that is good
 * @covers: not LSKEL_COVERS_NOTHING
 */
void lskel_kind_print(enum lskel_coverage covers);

#endif
