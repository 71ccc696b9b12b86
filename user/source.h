/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source.h - a policy file and its signature, read once.
 *
 * What was checked is what is used: a file that changes after it was read
 * changes nothing. These functions print what is wrong.
 */
#ifndef BPFSEAL_SOURCE_H
#define BPFSEAL_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "policy.h"

#define SOURCE_SIGNATURE ".p7s"	/* follows the policy file's name */
#define SOURCE_FOR_KERNEL ".kernel"	/* follows that of its signature */

/**
 * struct policy_source - a policy before anything is known of it
 * @path: the file, as given
 * @sig_path: its signature's
 * @text: content of the file
 * @len: its length
 * @sha256: over @text
 * @sig: the signature, NULL if there is none
 * @sig_len: its length
 * @stored: it is the copy that boot restores (store.h); so are its certificates
 * @recover: it is to be permissive, whatever it says
 */
struct policy_source {
	char *path, *sig_path;
	uint8_t *text;
	size_t len;
	uint8_t sha256[32];
	uint8_t *sig;
	size_t sig_len;
	bool stored;
	bool recover;
};

/**
 * policy_source_read - read a policy file, and its signature beside it if there is one
 * @path: the file
 * @out: set on success; policy_source_free()
 *
 * Return: 0 or a negative errno
 */
int policy_source_read(const char *path, struct policy_source *out);

/**
 * policy_source_read_kernel - read the authority's signature over a policy's manifest
 * @src: the policy
 * @sig: set on success; free()
 * @len: set on success
 *
 * Return: 0, -ENOKEY (there is none) or another negative errno
 */
int policy_source_read_kernel(const struct policy_source *src, uint8_t **sig, size_t *len);

/**
 * policy_source_parse - policy_parse() of what was read
 * @src: the source
 * @out: set on success; policy_free()
 *
 * Return: as policy_parse()
 */
int policy_source_parse(const struct policy_source *src, struct policy_doc **out);

/**
 * policy_source_free - free what is in a source, or in one that is all zero
 * @src: the source
 */
void policy_source_free(struct policy_source *src);

/**
 * source_certificate - name of the stored copy of a signer's certificate
 * @src: path of the stored policy
 * @name: the signer's name
 *
 * Return: the path, free(); or NULL
 */
char *source_certificate(const char *path, const char *name);

/**
 * source_read_file - file_read() that prints what is wrong
 * @what: what it should be, for the message
 *
 * Return: as file_read()
 */
int source_read_file(const char *what, const char *path, size_t max, uint8_t **buf,
		     size_t *len);

#endif
