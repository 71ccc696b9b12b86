// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * manifest.c - what the policy authority signs of a policy for the kernel.
 *
 * The counterpart of bpf/signed.h: both have to come to the same bytes.
 */
#include "manifest.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/evp.h>

#include "cert.h"
#include "cms.h"
#include "compile.h"
#include "diag.h"
#include "file.h"

static int add(EVP_MD_CTX *ctx, const void *from, size_t size)
{
	return EVP_DigestUpdate(ctx, from, size) == 1 ? 0 : -EIO;
}

/* A cgroup's id is the host's. */
static int add_key(EVP_MD_CTX *ctx, const struct rules_key *key)
{
	struct rules_key anywhere = *key;

	anywhere.host = 0;
	return add(ctx, &anywhere, sizeof(anywhere));
}

static int digest(EVP_MD_CTX *ctx, const struct bpfseal_table *table,
		  const struct rules_keys *keys, __u8 out[BPFSEAL_DIGEST_LEN])
{
	const struct bpfseal_policy *p = &table->policy;
	const struct bpfseal_rules *r = &table->rules;
	int err;

	err = EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 ? 0 : -EIO;
	if (!err)
		err = add(ctx, &p->require, sizeof(*p) - offsetof(struct bpfseal_policy, require));
	if (!err)
		err = add(ctx, &r->n, sizeof(*r) - offsetof(struct bpfseal_rules, n));
	for (size_t i = 0; i < keys->n && !err; i++)
		err = add_key(ctx, &keys->list[i]);
	if (!err && EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		err = -EIO;
	return err;
}

int manifest_of(const struct bpfseal_table *table, const struct rules_keys *keys,
		struct bpfseal_manifest *out)
{
	struct bpfseal_manifest m = {
		.purpose = BPFSEAL_PURPOSE, .abi = BPFSEAL_ABI, .n_keys = (__u32)keys->n,
	};
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int err = ctx ? digest(ctx, table, keys, m.digest) : -ENOMEM;

	EVP_MD_CTX_free(ctx);
	if (!err)
		*out = m;
	return err;
}

static int lay_out(const struct policy_doc *doc, struct bpfseal_table *table,
		   struct rules_keys *keys)
{
	struct policy_fingerprint fingerprints[POLICY_SIGNERS_MAX] = {};
	const struct rules_host nowhere = {};
	int err;

	for (unsigned int i = 0; i < doc->n_signers; i++)
		memcpy(fingerprints[i].bytes, doc->signers[i].fingerprint,
		       sizeof(fingerprints[i].bytes));
	err = compile_anywhere(doc, fingerprints, &table->policy);
	if (err || !doc->n_rules)
		return err;
	return rules_compile(doc, &nowhere, &table->rules, keys);
}

int manifest_make(const struct policy_doc *doc, struct bpfseal_manifest *out)
{
	struct bpfseal_table *table = calloc(1, sizeof(*table));
	struct rules_keys keys = {};
	int err = table ? lay_out(doc, table, &keys) : -ENOMEM;

	if (!err)
		err = manifest_of(table, &keys, out);
	rules_keys_free(&keys);
	free(table);
	return err;
}

static int write_signature(EVP_PKEY *key, const struct cert *cert, const struct policy_doc *doc,
			   const char *output)
{
	struct bpfseal_manifest manifest;
	uint8_t *sig = NULL;
	size_t len;
	int err;

	err = manifest_make(doc, &manifest);
	if (!err)
		err = cms_sign(key, cert, &manifest, sizeof(manifest), &sig, &len);
	if (err)
		diag_error("cannot sign the policy for the kernel: %s", strerror(-err));
	if (!err) {
		err = file_store(output, sig, len, 0644);
		if (err)
			diag_error("cannot write %s: %s", diag_quote(output).s, strerror(-err));
	}
	if (!err)
		printf("%s: the same for the kernel\n", diag_quote(output).s);
	free(sig);
	return err;
}

static int go_without(const struct cert *cert, const char *output)
{
	diag_warn("no %s is made: certificate %s has no subject key identifier, by which the kernel finds its key",
		  diag_quote(output).s, diag_quote(cert->path).s);
	diag_hint("hosts whose policy is sealed won't take this one");
	return unlink(output) < 0 && errno != ENOENT ? -errno : 0;
}

int manifest_sign(const char *key_path, const char *cert_path, const struct policy_doc *doc,
		  const char *output)
{
	struct cert *cert = NULL;
	EVP_PKEY *key = NULL;
	int err;

	err = cert_load(cert_path, &cert);
	if (!err)
		err = cert_key_load(key_path, &key);
	if (!err && !X509_get0_subject_key_id(cert->x509))
		err = go_without(cert, output);
	else if (!err)
		err = write_signature(key, cert, doc, output);
	EVP_PKEY_free(key);
	cert_free(cert);
	return err;
}
