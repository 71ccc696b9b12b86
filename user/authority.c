// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * authority.c - admits policies by the authority's signature and their version.
 */
#include "authority.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "file.h"
#include "hex.h"
#include "pins.h"
#include "policy_show.h"
#include "statement.h"
#include "store.h"

_Static_assert(CERT_DIGEST_LEN == 32 && BPFSEAL_DIGEST_LEN == 32, "SHA-256 everywhere");

#define CERTIFICATE_MAX CERT_FILE_MAX

static bool is_zero(const uint8_t digest[32])
{
	static const uint8_t none[32];

	return !memcmp(digest, none, sizeof(none));
}

static bool is_cert(const uint8_t digest[32], const struct cert *cert)
{
	return cert && !memcmp(digest, cert->fingerprint, 32);
}

/* --- the trust store -------------------------------------------------------- */

int authority_load(const char *root, struct cert **out)
{
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s" AUTHORITY_FILE, root);
	err = file_check_owner(path);
	if (err == -ENOENT) {
		*out = NULL;
		return 0;
	}
	if (err == -EPERM) {
		diag_error("others than root can change %s: it isn't trusted",
			   diag_quote(path).s);
		diag_hint("file and directory have to be root's, and writable by nobody else");
	} else if (err) {
		diag_error("cannot look at %s: %s", diag_quote(path).s, strerror(-err));
	}
	return err ? err : cert_load(path, out);
}

uint8_t *authority_statement(const uint8_t present[32], const struct cert *next, size_t *len)
{
	char *text = NULL;
	int n;

	if (!next) {
		n = asprintf(&text, "bpfseal: remove the policy authority %s\n",
			     hex_of(present).s);
		*len = n < 0 ? 0 : (size_t)n;
		return n < 0 ? NULL : (uint8_t *)text;
	}
	text = malloc(next->der_len);
	if (text)
		memcpy(text, next->der, next->der_len);
	*len = next->der_len;
	return (uint8_t *)text;
}

/*
 * Has the holder of this certificate signed that @next follows it? The certificate
 * is taken from the statement, because the trust store has the next one by then.
 */
static int check_statement(const uint8_t present[32], const struct cert *next,
			   const uint8_t *sig, size_t sig_len, struct cert **by,
			   const char **why)
{
	struct cert *signer = NULL;
	uint8_t *data = NULL;
	size_t len;
	int err;

	*why = "holds no certificate of its signer";
	err = statement_signer(sig, sig_len, &signer);
	if (err)
		return err;
	*why = "is not the present authority's";
	err = is_cert(present, signer) ? 0 : -ENOKEY;
	if (err)
		goto out;
	data = authority_statement(present, next, &len);
	err = data ? statement_verify(signer, data, len, sig, sig_len, why) : -ENOMEM;
	if (!err && by) {
		*by = signer;
		signer = NULL;
	}
out:
	free(data);
	cert_free(signer);
	return err;
}

/* Does the trust store prove that this one has handed over to what is in it? */
static bool handed_over(const char *root, const uint8_t present[32], const struct cert *store)
{
	char path[PATH_MAX];
	const char *why;
	uint8_t *sig;
	size_t len;
	int err;

	snprintf(path, sizeof(path), "%s" AUTHORITY_CHANGE, root);
	if (file_read(path, STATEMENT_MAX, &sig, &len, NULL))
		return false;
	err = check_statement(present, store, sig, len, NULL, &why);
	free(sig);
	return !err;
}

/* --- admission -------------------------------------------------------------- */

/* In another layout the authority stands elsewhere. */
static int check_layout(const struct bpfseal_policy *running)
{
	if (!running || running->abi == BPFSEAL_ABI)
		return 0;
	return pins_refuse_foreign();
}

/* The policy in force remembers its authority, whatever became of the file. */
static int check_tampering(const char *root, const struct bpfseal_policy *running,
			   const struct cert *store)
{
	if (!running || is_zero(running->authority) || is_cert(running->authority, store) ||
	    handed_over(root, running->authority, store))
		return 0;
	diag_error("%s%s was %s without a statement of the authority in force", root,
		   AUTHORITY_FILE, store ? "changed" : "removed");
	diag_hint("the policy in force is under the certificate with SHA-256 %s",
		  hex_of(running->authority).s);
	diag_hint("put that back: bpfseal policy authority set CERT");
	return -EKEYREJECTED;
}

static int refuse_signature(const struct policy_source *src, const struct cert *authority,
			    const char *why, int err)
{
	struct cert *signer;

	diag_error("policy %s is refused: its signature %s %s", diag_quote(src->path).s,
		   diag_quote(src->sig_path).s, why);
	diag_hint("the authority is %s, SHA-256 %s", authority->subject,
		  hex_of(authority->fingerprint).s);
	if (err == -ENOKEY && !statement_signer(src->sig, src->sig_len, &signer)) {
		diag_hint("the signer is    %s, SHA-256 %s", signer->subject,
			  hex_of(signer->fingerprint).s);
		cert_free(signer);
	}
	return err;
}

/* A stored policy may be of the predecessor, until the next one is installed. */
static int verify_predecessor(const char *root, const struct policy_source *src,
			      const struct cert *authority, const char **why)
{
	struct cert *signer;
	int err;

	err = statement_signer(src->sig, src->sig_len, &signer);
	if (err)
		return -ENOKEY;
	err = handed_over(root, signer->fingerprint, authority) ?
		statement_verify(signer, src->text, src->len, src->sig, src->sig_len, why) :
		-ENOKEY;
	cert_free(signer);
	return err;
}

static int check_signature(const char *root, const struct policy_source *src,
			   const struct cert *authority, time_t now)
{
	const char *why;
	int err;

	err = cert_check_authority(authority);
	if (!err && !src->stored)
		err = cert_check_dates(authority, now);
	if (err) {
		diag_hint("policy %s is refused: its authority's certificate has to be good",
			  diag_quote(src->path).s);
		return err;
	}
	if (!src->sig) {
		diag_error("policy %s is refused: it isn't signed, there is no %s",
			   diag_quote(src->path).s, diag_quote(src->sig_path).s);
		diag_hint("only policies signed by %s are installed", authority->subject);
		diag_hint("sign it: bpfseal policy sign --key KEY --certificate CERT %s",
			  diag_quote(src->path).s);
		return -ENOKEY;
	}
	err = statement_verify(authority, src->text, src->len, src->sig, src->sig_len, &why);
	if (err == -ENOKEY && src->stored)
		err = verify_predecessor(root, src, authority, &why);
	return err ? refuse_signature(src, authority, why, err) : 0;
}

/* The signature covers the text, so the text has to say which certificates it means. */
static int check_bound(const struct policy_doc *doc, const char *path)
{
	for (unsigned int i = 0; i < doc->n_signers; i++) {
		const struct policy_signer *s = &doc->signers[i];

		if (s->keyring != POLICY_KEYRING_OWN || s->has_fingerprint)
			continue;
		diag_at(path, s->line, s->column,
			"signer %s lacks \"fingerprint\", without which the signature doesn't cover its certificate",
			s->name);
		return -EKEYREJECTED;
	}
	return 0;
}

static int refuse_version(const struct policy_source *src, uint32_t version, uint32_t than,
			  const char *whose)
{
	diag_error("policy %s is refused: its version %u is not higher than %u, %s",
		   diag_quote(src->path).s, version, than, whose);
	diag_hint("give it a higher \"version\" and sign it again");
	return -ESTALE;
}

/*
 * Is it the very policy in force? Putting that in its own place rolls nothing back, and
 * is how its cgroups are looked up again. The text has the fingerprints: check_bound().
 */
static int check_same(const struct bpfseal_policy *running, const struct policy_doc *doc,
		      bool *same)
{
	struct policy_fingerprint fingerprints[POLICY_SIGNERS_MAX] = {};
	uint8_t digest[32];
	int err;

	*same = false;
	if (!running || doc->version != running->version)
		return 0;
	for (unsigned int i = 0; i < doc->n_signers; i++)
		memcpy(fingerprints[i].bytes, doc->signers[i].fingerprint, 32);
	err = policy_show_digest(doc, fingerprints, digest);
	if (!err)
		*same = !memcmp(digest, running->digest, sizeof(digest));
	return err;
}

static int check_version(const char *root, const struct policy_source *src,
			 const struct bpfseal_policy *running, const struct policy_doc *doc)
{
	struct store_record last;
	bool same;
	int err;

	if (!doc->version) {
		diag_error("policy %s is refused: it has no \"version\" of 1 or more",
			   diag_quote(src->path).s);
		return -ESTALE;
	}
	err = check_same(running, doc, &same);
	if (err)
		return err;
	if (running && doc->version <= running->version && !same)
		return refuse_version(src, doc->version, running->version,
				      "that of the policy in force");
	err = store_read_record(root, &last);
	if (err)
		return err;
	/* What was installed without an authority could be of any version. */
	if (!last.known || is_zero(last.authority) || doc->version > last.version ||
	    (same && doc->version == last.version) ||
	    !memcmp(last.sha256, src->sha256, sizeof(last.sha256)))
		return 0;
	return refuse_version(src, doc->version, last.version, "that of the last one installed");
}

int authority_admit(const char *root, const struct policy_source *src,
		    const struct bpfseal_policy *running, time_t now,
		    struct policy_doc **doc)
{
	struct cert *authority = NULL;
	struct policy_doc *made = NULL;
	int err;

	err = check_layout(running);
	if (!err)
		err = authority_load(root, &authority);
	if (!err)
		err = check_tampering(root, running, authority);
	if (!err && authority)
		err = check_signature(root, src, authority, now);
	if (!err)
		err = policy_source_parse(src, &made);
	if (!err && authority)
		err = check_bound(made, src->path);
	if (!err && authority)
		err = check_version(root, src, running, made);
	if (err) {
		policy_free(made);
	} else {
		if (authority)
			memcpy(made->authority, authority->fingerprint, 32);
		*doc = made;
	}
	cert_free(authority);
	return err;
}

/* --- changing the authority ------------------------------------------------- */

static int refuse_change(const uint8_t present[32], const struct authority_change *change)
{
	diag_error("the authority can be %s only with a statement of the present one",
		   change->cert ? "replaced" : "removed");
	diag_hint("its certificate has SHA-256 %s", hex_of(present).s);
	diag_hint("let it be made with 'bpfseal policy authority sign', and give it with --signature");
	return -EKEYREJECTED;
}

/* The statement has to be good, and its signer still valid. */
static int check_change(const uint8_t present[32], const struct authority_change *change,
			time_t now)
{
	struct cert *signer = NULL;
	const char *why;
	int err;

	if (!change->sig)
		return refuse_change(present, change);
	err = check_statement(present, change->cert, change->sig, change->sig_len, &signer,
			      &why);
	if (err) {
		diag_error("the statement %s", why);
		refuse_change(present, change);
		return err;
	}
	err = cert_check_authority(signer);
	if (!err)
		err = cert_check_dates(signer, now);
	cert_free(signer);
	return err;
}

/*
 * The statement goes first: cut short, it stands beside the authority that has
 * signed it, and means nothing.
 */
static int write_change(const char *root, const struct authority_change *change)
{
	char path[PATH_MAX], statement[PATH_MAX], dir[PATH_MAX];
	int err;

	snprintf(dir, sizeof(dir), "%s/etc/bpfseal", root);
	snprintf(path, sizeof(path), "%s" AUTHORITY_FILE, root);
	snprintf(statement, sizeof(statement), "%s" AUTHORITY_CHANGE, root);
	err = file_make_dirs(dir);
	if (!err && change->sig)
		err = file_store(statement, change->sig, change->sig_len, 0644);
	if (!err && change->cert)
		err = file_store(path, change->cert->der, change->cert->der_len, 0644);
	else if (!err)
		err = unlink(path) < 0 && errno != ENOENT ? -errno : file_sync_dir(path);
	if (err)
		diag_error("cannot change %s: %s", diag_quote(path).s, strerror(-err));
	return err;
}

/* The one the policy in force is under, or else the one in the trust store. */
static int find_present(const char *root, const struct bpfseal_policy *running,
			uint8_t present[32])
{
	struct cert *store;
	int err;

	if (running && !is_zero(running->authority)) {
		memcpy(present, running->authority, 32);
		return 0;
	}
	err = authority_load(root, &store);
	if (!err && store)
		memcpy(present, store->fingerprint, 32);
	else if (!err)
		memset(present, 0, 32);
	if (!err)
		cert_free(store);
	return err;
}

int authority_change(const char *root, const struct bpfseal_policy *running,
		     const struct authority_change *change, time_t now)
{
	uint8_t present[32];
	int err;

	err = check_layout(running);
	if (!err && change->cert)
		err = cert_check_authority(change->cert);
	if (!err && change->cert)
		err = cert_check_dates(change->cert, now);
	if (!err)
		err = find_present(root, running, present);
	if (err)
		return err;
	if (!change->cert && is_zero(present)) {
		diag_error("there is no policy authority");
		return -ENOENT;
	}
	if (!is_zero(present) && !is_cert(present, change->cert))
		err = check_change(present, change, now);
	return err ? err : write_change(root, change);
}
