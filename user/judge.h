/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge.h - judges a load by a policy's rules in userspace, on the same layout and
 * by the same code as the hooks.
 */
#ifndef BPFSEAL_JUDGE_USER_H
#define BPFSEAL_JUDGE_USER_H

#include <stdbool.h>

#include "rules.h"

/**
 * struct judge_load - a load, as rules see it
 * @signer: index into the policy's signers plus one; 0: none is trusted
 * @level: enum bpfseal_level
 * @has_digest: the program's digest is known; if not, no rule that asks for it matches
 * @has_exe_digest: likewise the executable's; if not, rules that deny by it match
 * @cgroups: ids of its cgroup's ancestors and its own; [0] is the root
 * @now: UTC, in ns
 * @exe_path: path of the executable, zeroes after it
 */
struct judge_load {
	__u32 type;
	__u32 attach_type;
	__u32 signer;
	__u32 uid;
	__u8 level;
	__u8 nested;
	__u8 token;
	__u8 host_user_ns;
	__u8 host_mount_ns;
	__u8 host_net_ns;
	__u8 has_digest;
	__u8 has_exe_digest;
	__u64 now;
	__u64 cgroups[BPFSEAL_CGROUP_LEVELS];
	__u64 exe_path[BPFSEAL_PATH_WORDS];
	__u8 digest[BPFSEAL_DIGEST_LEN];
	__u8 exe_digest[BPFSEAL_DIGEST_LEN];
};

/**
 * judge_vectors - which rules accept each field of a load
 * @r: the rules
 * @keys: what they look up by hash
 * @l: the load
 * @vectors: set
 */
void judge_vectors(const struct bpfseal_rules *r, const struct rules_keys *keys,
		   const struct judge_load *l, __u16 vectors[BPFSEAL_FIELDS]);

/**
 * judge_first_rule - the first rule that matches a load
 *
 * Return: its number, counted from 1, or 0 if none matches
 */
__u32 judge_first_rule(const struct bpfseal_rules *r, const struct rules_keys *keys,
		       const struct judge_load *l);

#endif
