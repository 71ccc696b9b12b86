// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * objects_signed.c - finds the signed form of the policy's own programs.
 */
#include "objects.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"

enum lskel_coverage objects_kind(const struct proof *proof)
{
	if (proof->level == BPFSEAL_LEVEL_METADATA)
		return LSKEL_COVERS_INSNS_MAPS;
	if (proof->level == BPFSEAL_LEVEL_UNSIGNED)
		return LSKEL_COVERS_NOTHING;
	return proof->signs_btf ? LSKEL_COVERS_INSNS_BTF : LSKEL_COVERS_INSNS;
}

static bool is_by(const struct lskel *skel, const struct compile_signer *signer,
		  enum lskel_coverage kind)
{
	enum lskel_coverage covers;
	enum lskel_verdict verdict;

	return signer->cert && signer->serial &&
	       !lskel_verify(skel, signer->cert, &verdict, &covers) &&
	       verdict == LSKEL_GOOD && covers == kind;
}

static const char *judge(const struct lskel *skel, const struct lskel *own,
			 const struct compile_signer *signers, unsigned int n,
			 struct lskel_signed *by)
{
	if (skel->data_len != own->data_len || memcmp(skel->data, own->data, own->data_len))
		return "it is of another build of bpfseal";
	for (unsigned int i = 0; i < n; i++) {
		if (!is_by(skel, &signers[i], by->covers))
			continue;
		by->keyring = signers[i].serial;
		return NULL;
	}
	return "none of the policy's signers has signed it";
}

int objects_find_signed(const struct lskel *own, const struct proof *proof,
			const struct compile_signer *signers, unsigned int n, struct lskel *skel,
			struct lskel_signed *by)
{
	const char *why = "it can't be read";
	char path[128];

	by->covers = objects_kind(proof);
	if (by->covers == LSKEL_COVERS_NOTHING)
		return -ENOENT;
	snprintf(path, sizeof(path), OBJECTS_DIR "/policy.%s.lskel.h",
		 lskel_kind(by->covers)->name);
	if (access(path, F_OK) < 0)
		return -ENOENT;
	if (!lskel_read(path, skel)) {
		why = judge(skel, own, signers, n, by);
		if (!why)
			return 0;
		lskel_free(skel);
	}
	diag_warn("the policy's own programs are loaded without the signature in %s: %s", path, why);
	return -ENOENT;
}
