// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * source.c - reads a policy file and its signature.
 */
#include "source.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/evp.h>

#include "control_layout.h"
#include "diag.h"
#include "file.h"
#include "statement.h"

int source_read_file(const char *what, const char *path, size_t max, uint8_t **buf,
		     size_t *len)
{
	int err = file_read(path, max, buf, len, NULL);

	if (err == -EFBIG)
		diag_error("%s %s is larger than %zu bytes", what, diag_quote(path).s, max);
	else if (err == -EINVAL)
		diag_error("%s %s is not a regular file", what, diag_quote(path).s);
	else if (err)
		diag_error("cannot read %s %s: %s", what, diag_quote(path).s, strerror(-err));
	return err;
}

static int read_signature(struct policy_source *src)
{
	if (access(src->sig_path, F_OK) < 0 && errno == ENOENT)
		return 0;
	return source_read_file("signature", src->sig_path, STATEMENT_MAX, &src->sig,
				&src->sig_len);
}

int policy_source_read(const char *path, struct policy_source *out)
{
	struct policy_source src = { .path = strdup(path) };
	int err = -ENOMEM;

	if (!src.path || asprintf(&src.sig_path, "%s" SOURCE_SIGNATURE, path) < 0)
		goto out;
	err = source_read_file("policy", path, POLICY_FILE_MAX, &src.text, &src.len);
	if (!err)
		err = read_signature(&src);
	if (!err && EVP_Digest(src.text, src.len, src.sha256, NULL, EVP_sha256(), NULL) != 1)
		err = -EIO;
	if (err)
		goto out;
	*out = src;
	return 0;
out:
	policy_source_free(&src);
	return err;
}

static int refuse_unsigned(const char *path)
{
	diag_error("the policy in force is sealed, and there is no %s", diag_quote(path).s);
	diag_hint("it is made beside the other signature: bpfseal policy sign");
	return -ENOKEY;
}

int policy_source_read_kernel(const struct policy_source *src, uint8_t **sig, size_t *len)
{
	char *path;
	int err;

	if (asprintf(&path, "%s" SOURCE_FOR_KERNEL, src->sig_path) < 0)
		return -ENOMEM;
	if (access(path, F_OK) < 0 && errno == ENOENT)
		err = refuse_unsigned(path);
	else
		err = source_read_file("signature", path, BPFSEAL_SIGNATURE_MAX, sig, len);
	free(path);
	return err;
}

void policy_source_free(struct policy_source *src)
{
	free(src->path);
	free(src->sig_path);
	free(src->text);
	free(src->sig);
	memset(src, 0, sizeof(*src));
}

char *source_certificate(const char *path, const char *name)
{
	char *copy = strdup(path), *full = NULL;

	if (copy && asprintf(&full, "%s/signer-%s.der", dirname(copy), name) < 0)
		full = NULL;
	free(copy);
	return full;
}

static int take_copies(const struct policy_source *src, struct policy_doc *doc)
{
	for (unsigned int i = 0; i < doc->n_signers; i++) {
		struct policy_signer *signer = &doc->signers[i];
		char *copy;

		if (!signer->certificate)
			continue;
		copy = source_certificate(src->path, signer->name);
		if (!copy)
			return -ENOMEM;
		free(signer->certificate);
		signer->certificate = copy;
	}
	return 0;
}

int policy_source_parse(const struct policy_source *src, struct policy_doc **out)
{
	struct policy_doc *doc;
	int err;

	err = policy_parse((const char *)src->text, src->len, src->path, &doc);
	if (err)
		return err;
	if (src->recover)
		doc->mode = POLICY_PERMISSIVE;
	if (src->stored)
		err = take_copies(src, doc);
	if (err)
		policy_free(doc);
	else
		*out = doc;
	return err;
}
