// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lskel_verify.c - is a light skeleton signed, by whom, and which parts of it?
 */
#include "lskel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#include "cms.h"

#define LD_IMM64 0x18	/* BPF_LD | BPF_IMM | BPF_DW */

int lskel_payload(const struct lskel *skel, enum lskel_coverage covers, uint8_t **payload,
		  size_t *len)
{
	bool btf = covers == LSKEL_COVERS_INSNS_BTF, maps = covers == LSKEL_COVERS_INSNS_MAPS;
	const uint8_t *rest = btf ? skel->btf : maps ? skel->data : NULL;
	size_t rest_len = btf ? skel->btf_len : maps ? skel->data_len : 0;
	size_t sum = skel->insns_len + rest_len;
	uint8_t *all;

	if (btf && !rest)
		return -EINVAL;
	if (sum < rest_len || sum > LSKEL_PAYLOAD_MAX)
		return -E2BIG;
	all = malloc(sum ? sum : 1);
	if (!all)
		return -ENOMEM;
	memcpy(all, skel->insns, skel->insns_len);
	if (rest_len)
		memcpy(all + skel->insns_len, rest, rest_len);
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

/* The end of the first ld_imm64 of these 8 bytes at or after @at; 0: none. */
static size_t after_constant(const struct lskel *skel, size_t at, const uint8_t *bytes)
{
	for (; at + 16 <= skel->insns_len; at += 8) {
		const uint8_t *insn = skel->insns + at;

		if (insn[0] == LD_IMM64 && !(insn[1] >> 4) && !memcmp(insn + 4, bytes, 4) &&
		    !memcmp(insn + 12, bytes + 4, 4))
			return at + 16;
	}
	return 0;
}

/* Does the loader hold the hash of this metadata, in four constants? */
static bool loader_knows_metadata(const struct lskel *skel)
{
	uint8_t digest[LSKEL_HASH_LEN];
	unsigned int len = sizeof(digest);
	size_t at = 0;

	if (!EVP_Digest(skel->data, skel->data_len, digest, &len, EVP_sha256(), NULL))
		return false;
	for (size_t i = 0; i < sizeof(digest); i += 8) {
		at = after_constant(skel, at, digest + i);
		if (!at)
			return false;
	}
	return true;
}

static int try_coverage(const struct lskel *skel, const struct cert *cert,
			enum lskel_coverage covers)
{
	uint8_t *payload;
	size_t len;
	int err;

	err = lskel_payload(skel, covers, &payload, &len);
	if (err)
		return err;
	err = cms_verify(cert, payload, len, skel->sig, skel->sig_len);
	free(payload);
	return err;
}

/* The errno of cms_verify(); the coverage is set if that is 0. */
static int find_coverage(const struct lskel *skel, const struct cert *cert,
			 enum lskel_coverage *covers)
{
	enum lskel_coverage first = skel->btf ? LSKEL_COVERS_INSNS_BTF : LSKEL_COVERS_INSNS;
	int err;

	err = try_coverage(skel, cert, first);
	if (!err)
		*covers = first;
	if (err != -EKEYREJECTED || skel->btf)
		return err;
	err = try_coverage(skel, cert, LSKEL_COVERS_INSNS_MAPS);
	if (!err)
		*covers = LSKEL_COVERS_INSNS_MAPS;
	return err;
}

/* The signature matches; is the rest as the kernel and the loader need it? */
static enum lskel_verdict judge_rest(const struct lskel *skel, enum lskel_coverage covers)
{
	if (!excl_is_right(skel))
		return LSKEL_BAD_EXCL;
	if (covers != LSKEL_COVERS_INSNS_MAPS && !loader_knows_metadata(skel))
		return LSKEL_BAD_METADATA;
	return LSKEL_GOOD;
}

int lskel_verify(const struct lskel *skel, const struct cert *cert,
		 enum lskel_verdict *verdict, enum lskel_coverage *covers)
{
	enum lskel_coverage found = LSKEL_COVERS_NOTHING;
	int err = 0;

	if (skel->sig)
		err = find_coverage(skel, cert, &found);
	if (err == -ENOMEM || err == -E2BIG)
		return err;
	*verdict = !skel->sig ? LSKEL_UNSIGNED :
		   err == -ENOKEY ? LSKEL_WRONG_KEY :
		   err == -EKEYREJECTED ? LSKEL_BAD_SIGNATURE :
		   err ? LSKEL_MALFORMED : judge_rest(skel, found);
	*covers = found;
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
		[LSKEL_BAD_METADATA] = "bad-metadata",
	};

	return names[verdict];
}
