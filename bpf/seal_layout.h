/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What a sealed policy remembers of itself, and of the programs that are to take its
 * place. A part of bpfseal.h, which includes it.
 */
#ifndef BPFSEAL_SEAL_LAYOUT_H
#define BPFSEAL_SEAL_LAYOUT_H

#define BPFSEAL_IDS 256

/**
 * struct bpfseal_ids - ids of objects that were made one after the other
 * @base: the lowest there is room for, 0 while there are none
 * @bits: bit N: @base plus N is one of them
 */
struct bpfseal_ids {
	__u32 base;
	__u32 pad;
	__u64 bits[BPFSEAL_IDS / 64];
};

/** enum bpfseal_seal - how far the seal is */
enum bpfseal_seal {
	BPFSEAL_OPEN = 0,
	BPFSEAL_CLOSING = 1,	/* nobody gets at the policy, until the audit is done */
	BPFSEAL_CLOSED = 2,	/* likewise, until reboot */
	BPFSEAL_INHERITS = 3,	/* likewise, but still without a policy: see upgrade.bpf.c */
};

enum bpfseal_held_kind {
	BPFSEAL_HELD_PROG = 1,	/* one of the policy's programs that somebody has */
	BPFSEAL_HELD_MAP = 2,	/* one of its maps */
	BPFSEAL_OVERRULES = 3,	/* somebody's program that could change what it says */
	BPFSEAL_ADDED = 4,	/* as many programs as @id use its maps, which are too many */
	BPFSEAL_REFERRED = 5,	/* its maps have so many references that none of its has */
	/* of what is to take its place */
	BPFSEAL_STRANGER = 6,	/* somebody's program that uses its maps */
	BPFSEAL_DETACHED = 7,	/* of its programs that decide only @id are attached */
	BPFSEAL_WRITTEN = 8,	/* somebody has written to what tells that it has taken over */
};

/* How many programs the policy consists of: each of them uses maps of it. */
#define BPFSEAL_PROGRAMS 26

/* And so many of them are attached to the root cgroup. */
#define BPFSEAL_DECIDING 9

#define BPFSEAL_AUDIT_CLEAN (~0ULL)

#define BPFSEAL_CGROUP_HOOKS 16

/** struct bpfseal_held - what the audit found */
struct bpfseal_held {
	__u32 kind;
	__u32 id;
	char name[BPFSEAL_NAME_LEN];
};

enum bpfseal_heir_stage {
	BPFSEAL_HEIR_NONE = 0,
	BPFSEAL_HEIR_ADOPTED = 1,	/* its loader is awaited, or makes it */
	BPFSEAL_HEIR_ISOLATED = 2,	/* nobody gets at it any more */
	BPFSEAL_HEIR_AUDITED = 3,	/* and nobody has it from before */
	BPFSEAL_HEIR_RULES = 4,		/* it decides, and these programs may go */
};

/**
 * struct bpfseal_heir - the programs that are to take the place of these
 * @stage: enum bpfseal_heir_stage, plus 8 for each time they were isolated
 * @run: of the loader that makes them, 0 before it runs
 * @handover: address of their map for that
 * @progs, @maps: what that loader has made
 * @wanted: how many of these programs have to be attached to the root cgroup
 * @deciding: how many were made
 * @attached: how many the audit has found there
 * @loaders, @metadata: as in struct bpfseal_adoption
 */
struct bpfseal_heir {
	__u64 stage;
	__u64 run;
	__u64 handover;
	struct bpfseal_ids progs;
	struct bpfseal_ids maps;
	__u32 wanted;
	__u32 deciding;
	__u32 attached;
	__u32 pad;
	__u8 loaders[3][BPFSEAL_DIGEST_LEN];
	__u8 metadata[BPFSEAL_DIGEST_LEN];
};

BPFSEAL_ASSERT_SIZE(struct bpfseal_ids, 40);
BPFSEAL_ASSERT_SIZE(struct bpfseal_held, 24);
BPFSEAL_ASSERT_SIZE(struct bpfseal_heir, 24 + 2 * 40 + 16 + 4 * 32);

#endif /* BPFSEAL_SEAL_LAYOUT_H */
