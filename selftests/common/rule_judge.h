/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * rule_judge.h - a load that progs/rule_judge.bpf.c judges, and what it says of it.
 */
#ifndef RULE_JUDGE_H
#define RULE_JUDGE_H

#include "rules_layout.h"

/** enum rule_judge_measured - what was measured of the executable; 0: there is no note of it */
enum rule_judge_measured {
	RULE_JUDGE_NOTE = 1,	/* there is one, of this load or of another */
	RULE_JUDGE_OTHER = 2,	/* of another */
	RULE_JUDGE_VERITY = 4,	/* exe_verity is set */
	RULE_JUDGE_IMA = 8,	/* exe_ima is set */
	RULE_JUDGE_COMPLETE = 16,	/* IMA was asked */
};

/**
 * struct rule_judge - the question and the answer
 * @user_ns: inode numbers of the task's namespaces; likewise the other two
 * @measured: bits of enum rule_judge_measured
 * @at_load: the rule that decides at lsm/bpf_prog_load
 * @later: it asks for the digest, so that it isn't decided yet
 * @at_fd: the rule that decides at the first fd
 */
struct rule_judge {
	__u64 now;
	__u64 cgroups[BPFSEAL_CGROUP_LEVELS];
	__u64 exe_path[BPFSEAL_PATH_WORDS];
	__u64 digest[BPFSEAL_DIGEST_LEN / 8];
	__u64 exe_verity[BPFSEAL_DIGEST_LEN / 8];
	__u64 exe_ima[BPFSEAL_DIGEST_LEN / 8];
	__u32 type;
	__u32 attach_type;
	__u32 signer;
	__u32 uid;
	__u32 user_ns;
	__u32 mount_ns;
	__u32 net_ns;
	__u8 level;
	__u8 nested;
	__u8 token;
	__u8 has_digest;
	__u32 at_load;
	__u32 later;
	__u32 at_fd;
	__u32 measured;
};

#endif /* RULE_JUDGE_H */
