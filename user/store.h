/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store.h - the policy that boot restores, and which version was installed last.
 *
 * STORE_DIR/current holds the policy file, its signature, its signers'
 * certificates and a record of its version. The whole directory is switched in
 * one step, so that a crash leaves the old or the new. A removed policy leaves the
 * record, so that nothing older can follow it.
 *
 * @root stands before every path: "" but in tests. The caller holds pins_lock().
 * These functions print what is wrong.
 */
#ifndef BPFSEAL_STORE_H
#define BPFSEAL_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "compile.h"
#include "source.h"

#define STORE_DIR "/var/lib/bpfseal"

/**
 * struct store_record - what was installed last
 * @known: false: nothing yet, and the rest is zero
 * @version: its version
 * @sha256: over its file
 * @authority: SHA-256 of the certificate it was admitted by; zero: none
 */
struct store_record {
	bool known;
	uint32_t version;
	uint8_t sha256[32];
	uint8_t authority[32];
};

/**
 * store_read_record - what was installed last?
 * @root: before every path
 * @out: set on success
 *
 * Return: 0, -EBADMSG (damaged) or another negative errno
 */
int store_read_record(const char *root, struct store_record *out);

/**
 * store_open - read the stored policy
 * @root: before every path
 * @out: set on success; policy_source_free()
 *
 * Return: 0, -ENOENT (there is none; not printed) or a negative errno
 */
int store_open(const char *root, struct policy_source *out);

struct store_change;

/**
 * store_begin - write the policy beside the one that is stored
 * @root: before every path
 * @src: the policy
 * @doc: the same, parsed
 * @signers: its signers' certificates, as they were read
 * @out: set on success; store_end()
 *
 * All that needs room on the disk is done here. Nothing has changed yet.
 *
 * Return: 0 or a negative errno
 */
int store_begin(const char *root, const struct policy_source *src,
		const struct policy_doc *doc, const struct compile_signer *signers,
		struct store_change **out);

/**
 * store_begin_removal - the same for no policy; the record stays
 *
 * Return: 0, -ENOENT (none is stored; not printed) or a negative errno
 */
int store_begin_removal(const char *root, struct store_change **out);

/**
 * store_commit - put what was begun in its place, in one step
 * @change: the change
 *
 * Return: 0 or a negative errno; then nothing has changed
 */
int store_commit(struct store_change *change);

/**
 * store_revert - undo store_commit(), because something later failed
 * @change: the change
 */
void store_revert(struct store_change *change);

/**
 * store_end - remove what is not in its place, and free
 * @change: the change, or NULL
 */
void store_end(struct store_change *change);

#endif
