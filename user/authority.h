/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * authority.h - the policy authority: whose policies may be installed.
 *
 * Its certificate stands in the trust store, AUTHORITY_FILE. The policy in force
 * remembers the one it was installed under, and that counts as long as it is in
 * force: the file can follow it only with a statement it has signed,
 * AUTHORITY_CHANGE. One certificate counts, by its SHA-256; those it has issued
 * don't.
 *
 * @root stands before every path: "" but in tests. The caller holds pins_lock().
 * These functions print what is wrong.
 */
#ifndef BPFSEAL_AUTHORITY_H
#define BPFSEAL_AUTHORITY_H

#include <time.h>

#include "bpfseal.h"
#include "cert.h"
#include "policy.h"
#include "source.h"

#define AUTHORITY_FILE		"/etc/bpfseal/authority.der"
#define AUTHORITY_CHANGE	"/etc/bpfseal/authority.p7s"

/**
 * authority_load - read the trust store
 * @root: before every path
 * @out: set on success, NULL if there is no authority; cert_free()
 *
 * Return: 0 or a negative errno: -EPERM (others than root can change it)
 */
int authority_load(const char *root, struct cert **out);

/**
 * authority_admit - may this policy be installed?
 * @root: before every path
 * @src: the policy; if stored, the authority's certificate may have expired since it
 *	was installed: without it boot would let everything in
 * @running: the policy in force, NULL if there is none
 * @now: the time, normally time(NULL)
 * @doc: set on success to the policy, with the authority it is admitted by;
 *	policy_free()
 *
 * Under an authority: signed by it, every certificate named with its fingerprint,
 * and of a higher version than the policy in force and the one installed last. The
 * policy in force itself, by version and digest, may take its own place; when none is
 * in force, the same file may be installed again. The text is not parsed before its
 * signature is found good. Changes nothing.
 *
 * Return: 0; -EKEYREJECTED, -EKEYEXPIRED, -ENOKEY, -EBADMSG (signature); -ESTALE
 * (version); or another negative errno
 */
int authority_admit(const char *root, const struct policy_source *src,
		    const struct bpfseal_policy *running, time_t now,
		    struct policy_doc **doc);

/**
 * struct authority_change - who is to be the authority
 * @cert: its certificate; NULL: nobody
 * @sig: statement of the present one, NULL if there is none
 * @sig_len: its length
 */
struct authority_change {
	const struct cert *cert;
	const uint8_t *sig;
	size_t sig_len;
};

/**
 * authority_change - set, replace or remove the authority
 * @root: before every path
 * @running: the policy in force, NULL if there is none
 * @change: what to change; without a present authority it needs no statement
 * @now: the time, normally time(NULL)
 *
 * Return: 0, -ENOENT (none to remove), -EKEYREJECTED and others (statement), or
 * another negative errno; on error all is as before
 */
int authority_change(const char *root, const struct bpfseal_policy *running,
		     const struct authority_change *change, time_t now);

/**
 * authority_statement - what has to be signed for a change
 * @present: SHA-256 of the present authority's certificate
 * @next: the next one's certificate, or NULL
 * @len: set to its length
 *
 * The next certificate's DER, or, for none, a line of text.
 *
 * Return: the bytes, free(); or NULL
 */
uint8_t *authority_statement(const uint8_t present[32], const struct cert *next, size_t *len);

#endif
