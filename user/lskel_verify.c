// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lskel_verify.c - is a light skeleton signed, and by whom?
 */
#include "lskel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#include "cms.h"

int lskel_payload(const struct lskel *skel, uint8_t **payload, size_t *len)
{
	size_t sum = skel->insns_len + skel->data_len;
	uint8_t *all;

	if (sum < skel->data_len || sum > LSKEL_PAYLOAD_MAX)
		return -E2BIG;
	all = malloc(sum ? sum : 1);
	if (!all)
		return -ENOMEM;
	memcpy(all, skel->insns, skel->insns_len);
	memcpy(all + skel->insns_len, skel->data, skel->data_len);
	*payload = all;
	*len = sum;
	return 0;
}

static bool excl_is_right(const struct lskel *skel)
{
	uint8_t digest[LSKEL_HASH_LEN];
	unsigned int len = sizeof(digest);

	return skel->has_excl &&
	       EVP_Digest(skel->insns, skel->insns_len, digest, &len, EVP_sha256(), NULL) &&
	       !memcmp(digest, skel->excl, sizeof(digest));
}

int lskel_verify(const struct lskel *skel, const struct cert *cert,
		 enum lskel_verdict *verdict)
{
	uint8_t *payload;
	size_t len;
	int err;

	if (!skel->sig) {
		*verdict = LSKEL_UNSIGNED;
		return 0;
	}
	err = lskel_payload(skel, &payload, &len);
	if (err)
		return err;
	err = cms_verify(cert, payload, len, skel->sig, skel->sig_len);
	free(payload);
	if (err == -ENOMEM)
		return err;
	*verdict = err == -ENOKEY ? LSKEL_WRONG_KEY :
		   err == -EKEYREJECTED ? LSKEL_BAD_SIGNATURE :
		   err ? LSKEL_MALFORMED :
		   excl_is_right(skel) ? LSKEL_GOOD : LSKEL_BAD_EXCL;
	return 0;
}

const char *lskel_verdict_name(enum lskel_verdict verdict)
{
	static const char *const names[] = {
		[LSKEL_GOOD] = "good",
		[LSKEL_UNSIGNED] = "unsigned",
		[LSKEL_BAD_SIGNATURE] = "bad-signature",
		[LSKEL_WRONG_KEY] = "wrong-key",
		[LSKEL_MALFORMED] = "malformed",
		[LSKEL_BAD_EXCL] = "bad-exclusive-hash",
	};

	return names[verdict];
}
