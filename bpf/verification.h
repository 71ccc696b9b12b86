/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the programs that change what is in force put what they look at. Userspace only
 * meets it in the skeleton of tests.
 */
#ifndef BPFSEAL_VERIFICATION_H
#define BPFSEAL_VERIFICATION_H

#include "control_layout.h"
#include "rules_layout.h"
#include "sha256.h"

/**
 * struct verification - room for what is verified, one at a time (state.switching)
 * @asked: what "control" was asked for
 * @sha: over what has been looked at so far
 * @block: what is looked at next
 * @key: likewise
 * @manifest: what the authority has to have signed
 * @adoption: likewise
 * @handover: what other programs say that they have taken over
 * @signature: the authority's signature
 */
struct verification {
	struct bpfseal_control asked;
	struct sha256 sha;
	__u64 block[SHA256_BLOCK / 8];
	struct rules_key key;
	struct bpfseal_manifest manifest;
	struct bpfseal_adoption adoption;
	struct bpfseal_handover handover;
	__u8 signature[BPFSEAL_SIGNATURE_MAX];
};

#endif /* BPFSEAL_VERIFICATION_H */
