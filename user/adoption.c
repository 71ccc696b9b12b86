// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * adoption.c - makes and reads what the authority signs of programs.
 */
#include "adoption.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/evp.h>

#include "cert.h"
#include "cms.h"
#include "diag.h"
#include "file.h"
#include "lskel.h"

static int sha256(const void *data, size_t len, __u8 out[BPFSEAL_DIGEST_LEN])
{
	return EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) == 1 ? 0 : -EIO;
}

/* The metadata is that of the first one. */
static int add_loader(const char *path, unsigned int i, struct bpfseal_adoption *a)
{
	__u8 metadata[BPFSEAL_DIGEST_LEN];
	struct lskel skel;
	int err;

	err = lskel_read(path, &skel);
	if (err)
		return err;
	err = sha256(skel.insns, skel.insns_len, a->loaders[i]);
	if (!err)
		err = sha256(skel.data, skel.data_len, metadata);
	lskel_free(&skel);
	if (err)
		return err;
	if (!i)
		memcpy(a->metadata, metadata, sizeof(metadata));
	if (!memcmp(a->metadata, metadata, sizeof(metadata)))
		return 0;
	diag_error("%s is of other programs than the file before it", diag_quote(path).s);
	diag_hint("name those of one build of bpfseal only");
	return -EINVAL;
}

int adoption_make(const char *const *paths, unsigned int n, unsigned int version,
		  struct bpfseal_adoption *out)
{
	struct bpfseal_adoption a = {
		.purpose = BPFSEAL_ADOPTION_PURPOSE,
		.version = version,
		.deciding = BPFSEAL_DECIDING,
	};
	int err = 0;

	for (unsigned int i = 0; i < n && i < BPFSEAL_LOADERS && !err; i++)
		err = add_loader(paths[i], i, &a);
	if (!err)
		*out = a;
	return err;
}

static int write_file(const char *output, const struct bpfseal_adoption *what,
		      const uint8_t *sig, size_t len)
{
	uint8_t buf[sizeof(*what) + BPFSEAL_SIGNATURE_MAX];
	int err;

	if (len > BPFSEAL_SIGNATURE_MAX)
		return -E2BIG;
	memcpy(buf, what, sizeof(*what));
	memcpy(buf + sizeof(*what), sig, len);
	err = file_store(output, buf, sizeof(*what) + len, 0644);
	if (err)
		diag_error("cannot write %s: %s", diag_quote(output).s, strerror(-err));
	return err;
}

int adoption_sign(const char *key_path, const char *cert_path,
		  const struct bpfseal_adoption *what, const char *output)
{
	struct cert *cert = NULL;
	EVP_PKEY *key = NULL;
	uint8_t *sig = NULL;
	size_t len;
	int err;

	err = cert_load(cert_path, &cert);
	if (!err)
		err = cert_key_load(key_path, &key);
	if (!err) {
		err = cms_sign(key, cert, what, sizeof(*what), &sig, &len);
		if (err)
			diag_error("cannot sign the programs: %s", strerror(-err));
	}
	if (!err)
		err = write_file(output, what, sig, len);
	if (!err)
		printf("%s: the programs of this bpfseal, for hosts whose policy is sealed\n",
		       diag_quote(output).s);
	free(sig);
	EVP_PKEY_free(key);
	cert_free(cert);
	return err;
}

static int refuse_missing(const char *path)
{
	diag_error("the policy in force is sealed, and there is no %s", diag_quote(path).s);
	diag_hint("its authority makes it: bpfseal policy sign --programs");
	return -ENOKEY;
}

static int read_file(const char *path, struct adoption *out)
{
	uint8_t *buf;
	size_t len;
	int err;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return refuse_missing(path);
	err = source_read_file("signature", path, sizeof(out->what) + sizeof(out->sig), &buf, &len);
	if (err)
		return err;
	if (len > sizeof(out->what) &&
	    !memcmp(buf, BPFSEAL_ADOPTION_PURPOSE, sizeof(BPFSEAL_ADOPTION_PURPOSE))) {
		memcpy(&out->what, buf, sizeof(out->what));
		out->sig_len = len - sizeof(out->what);
		memcpy(out->sig, buf + sizeof(out->what), out->sig_len);
	} else {
		diag_error("%s is not what 'bpfseal policy sign --programs' makes",
			   diag_quote(path).s);
		err = -EBADMSG;
	}
	free(buf);
	return err;
}

int adoption_read(const struct policy_source *src, struct adoption *out)
{
	char *path;
	int err;

	if (asprintf(&path, "%s" ADOPTION_SUFFIX, src->sig_path) < 0)
		return -ENOMEM;
	err = read_file(path, out);
	free(path);
	return err;
}
