// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * statement.c - any bytes as a policy and its signature. Nothing but the text that the
 * authority did sign may be admitted.
 *
 * Two bytes, the length of the signature; the signature; the text. Below $FUZZ_ROOT
 * are the trust store and, in policy.yaml, the text that is signed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority.h"
#include "file.h"
#include "statement.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *root;
static struct cert *authority;
static uint8_t *text;
static size_t text_len;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char path[4096];

	(void)argc;
	(void)argv;
	root = getenv("FUZZ_ROOT");
	if (!root)
		abort();
	snprintf(path, sizeof(path), "%s/policy.yaml", root);
	if (authority_load(root, &authority) || !authority ||
	    file_read(path, POLICY_FILE_MAX, &text, &text_len, NULL))
		abort();
	return 0;
}

static void need(bool holds)
{
	if (!holds)
		abort();
}

/* Whose it says it is proves nothing, but has to be read. */
static void look_at_signer(const struct policy_source *src)
{
	struct cert *signer = NULL;

	if (!statement_signer(src->sig, src->sig_len, &signer))
		need(signer != NULL);
	cert_free(signer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy_source src = { .path = (char[]){ "p.yaml" },
				     .sig_path = (char[]){ "p.yaml.p7s" } };
	struct policy_doc *doc = NULL;
	const char *why = NULL;
	bool signed_text;
	int err;

	if (size < 2)
		return 0;
	src.sig_len = (size_t)data[0] << 8 | data[1];
	if (src.sig_len > size - 2)
		src.sig_len = size - 2;
	src.sig = (uint8_t *)data + 2;
	src.text = (uint8_t *)data + 2 + src.sig_len;
	src.len = size - 2 - src.sig_len;
	signed_text = src.len == text_len && !memcmp(src.text, text, text_len);

	err = statement_verify(authority, src.text, src.len, src.sig, src.sig_len, &why);
	need(err ? why != NULL : signed_text);
	look_at_signer(&src);
	/* With good dates, a version and fingerprints, the signature decides. */
	need(authority_admit(root, &src, NULL, authority->not_after, &doc) == err);
	need(err || !memcmp(doc->authority, authority->fingerprint, 32));
	policy_free(doc);
	return 0;
}
