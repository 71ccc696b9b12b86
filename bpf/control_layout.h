/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What the policy's own programs are asked for by the controller: to put policies into
 * force, and to make room for other programs.
 *
 * What an upgrade needs stands at the same places in all versions, as it is between a
 * controller and the programs of an older one: BPFSEAL_UPGRADE_* with their struct, the
 * adoption and the handover.
 */
#ifndef BPFSEAL_CONTROL_LAYOUT_H
#define BPFSEAL_CONTROL_LAYOUT_H

#include "bpfseal.h"

enum bpfseal_control_op {
	BPFSEAL_SWITCH = 1,	/* put a policy into force */
	BPFSEAL_SET_MODE = 2,	/* change that of the policy in force */
	BPFSEAL_CLOSE = 3,	/* begin to seal */
	BPFSEAL_SEAL = 4,	/* seal for good, if the audit allows it */
	BPFSEAL_REOPEN = 5,	/* don't */
	BPFSEAL_RECOVERY = 6,	/* record why the policy in force is permissive */
};

/**
 * struct bpfseal_control - what the program "control" is asked for
 * @op: enum bpfseal_control_op
 * @mode: enum bpfseal_mode, for BPFSEAL_SET_MODE
 * @table: address of the struct bpfseal_table in the memory of the caller
 * @keys: address of its struct rules_key
 * @n_keys: how many those are
 * @dev: the file system of the pins, for BPFSEAL_CLOSE
 * @signature: address of the authority's signature over the policy's struct
 *	bpfseal_manifest, for BPFSEAL_SWITCH of a sealed policy
 * @signature_len: its length
 * @authority: for BPFSEAL_CLOSE: as in struct bpfseal_state
 */
struct bpfseal_control {
	__u32 op;
	__u32 mode;
	__u64 table;
	__u64 keys;
	__u32 n_keys;
	__u32 dev;
	__u64 signature;
	__u32 signature_len;
	__u32 pad;
	struct bpfseal_signer authority;
};

#define BPFSEAL_PURPOSE		"bpfseal policy in kernel form\n"
#define BPFSEAL_SIGNATURE_MAX	8192

/**
 * struct bpfseal_manifest - what the authority signs of a policy for the kernel
 * @purpose: BPFSEAL_PURPOSE, so that nothing else it signs can be taken for this
 * @abi: BPFSEAL_ABI
 * @n_keys: how many struct rules_key there are
 * @digest: SHA-256 over what the policy says on every host alike: the second half of
 *	struct bpfseal_policy, that of struct bpfseal_rules, and the keys without @host
 */
struct bpfseal_manifest {
	char purpose[32];
	__u32 abi;
	__u32 n_keys;
	__u8 digest[BPFSEAL_DIGEST_LEN];
};

/** enum bpfseal_upgrade_op - what the program "upgrade" is asked for; never renumbered */
enum bpfseal_upgrade_op {
	/* of the programs that decide */
	BPFSEAL_UPGRADE_ADOPT = 1,	/* expect the loader of others, which the authority names */
	BPFSEAL_UPGRADE_ISOLATE = 2,	/* let nobody get at what it has made, for an audit */
	BPFSEAL_UPGRADE_DISOWN = 3,	/* forget that */
	BPFSEAL_UPGRADE_RETIRE = 4,	/* make room for them */
	/* of those that are to */
	BPFSEAL_UPGRADE_INHERIT = 5,	/* begin anew, under the seal */
	/* of any */
	BPFSEAL_UPGRADE_TELL = 6,	/* what there is to hand on */
};

/** enum bpfseal_handover_stage - how far programs are with taking over; never renumbered */
enum bpfseal_handover_stage {
	BPFSEAL_HANDOVER_NONE = 0,
	BPFSEAL_HANDOVER_BEGUN = 1,	/* what was before is gone */
	BPFSEAL_HANDOVER_DONE = 2,	/* they have a policy, which the authority has signed */
};

/**
 * struct bpfseal_handover - what a policy hands on besides what is signed
 * @stage: enum bpfseal_handover_stage
 * @sealed: 1: it is sealed
 * @version: the policy's
 * @verified_level, @promotes, @signs_btf, @tai_utc, @utc_offset: as in struct bpfseal_policy
 * @user_ns, @mount_ns, @net_ns: as in struct bpfseal_rules
 * @authority: as in struct bpfseal_state
 * @certificate: the authority's, as in struct bpfseal_policy
 * @serials: keyrings of the policy's signers, 0 for none
 * @fingerprints: SHA-256 of these signers' certificates
 *
 * The older programs read it where the newer ones have it, in a map of this size.
 */
struct bpfseal_handover {
	__u32 stage;
	__u32 sealed;
	__u32 version;
	__u32 verified_level;
	__u16 promotes;
	__u16 signs_btf;
	__u32 user_ns;
	__u32 mount_ns;
	__u32 net_ns;
	__s64 tai_utc;
	__s64 utc_offset;
	struct bpfseal_signer authority;
	__u8 certificate[BPFSEAL_DIGEST_LEN];
	__s32 serials[BPFSEAL_SIGNERS_MAX];
	__u8 fingerprints[BPFSEAL_SIGNERS_MAX][BPFSEAL_DIGEST_LEN];
};

/**
 * struct bpfseal_upgrade - its context
 * @op: enum bpfseal_upgrade_op
 * @dev: for BPFSEAL_UPGRADE_INHERIT: the file system of the pins
 * @adoption: for BPFSEAL_UPGRADE_ADOPT: address of the struct bpfseal_adoption
 * @signature: address of the authority's signature over it
 * @signature_len: its length
 * @handover: for BPFSEAL_UPGRADE_INHERIT, which takes the authority from it; set by
 *	BPFSEAL_UPGRADE_TELL
 */
struct bpfseal_upgrade {
	__u32 op;
	__u32 dev;
	__u64 adoption;
	__u64 signature;
	__u32 signature_len;
	__u32 pad;
	struct bpfseal_handover handover;
};

#define BPFSEAL_ADOPTION_PURPOSE	"bpfseal programs of a policy\n"
#define BPFSEAL_LOADERS		3	/* one for each kind of signature */

/**
 * struct bpfseal_adoption - what the authority signs of programs that are to decide
 * @purpose: BPFSEAL_ADOPTION_PURPOSE
 * @version: of the policy that they come with; later ones will do
 * @deciding: how many of them have to be attached to the root cgroup
 * @loaders: SHA-256 of the instructions of the loader that makes them, as in prog->digest;
 *	zero where there is none of a kind
 * @metadata: SHA-256 of its metadata, which is the same for all kinds
 */
struct bpfseal_adoption {
	char purpose[32];
	__u32 version;
	__u32 deciding;
	__u8 loaders[BPFSEAL_LOADERS][BPFSEAL_DIGEST_LEN];
	__u8 metadata[BPFSEAL_DIGEST_LEN];
};

BPFSEAL_ASSERT_SIZE(struct bpfseal_control, 32 + 16 + 48);
BPFSEAL_ASSERT_SIZE(struct bpfseal_manifest, 72);
BPFSEAL_ASSERT_SIZE(struct bpfseal_upgrade, 32 + sizeof(struct bpfseal_handover));
BPFSEAL_ASSERT_SIZE(struct bpfseal_adoption, 40 + 96 + 32);
BPFSEAL_ASSERT_SIZE(struct bpfseal_handover, 32 + 16 + 48 + 32 + 64 * (4 + 32));

#endif /* BPFSEAL_CONTROL_LAYOUT_H */
