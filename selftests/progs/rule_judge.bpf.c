// SPDX-License-Identifier: GPL-2.0-only
/*
 * Judges loads that userspace makes up by the rules of a policy, with the product's
 * own matching. Only what bpf/facts.h would ask the kernel is asked of userspace.
 */
#include <vmlinux.h>

#define BPFSEAL_FACTS_H
#include "judge.h"
#include "measured.h"
#include "rule_judge.h"

struct rule_judge that SEC(".bss.that");
struct measured note SEC(".bss.that.note");

static __always_inline __u32 fact_uid(void)
{
	return that.uid;
}

static __always_inline __u32 fact_namespaces(const struct bpfseal_rules *r)
{
	__u32 context = 0;

	if (that.user_ns == r->user_ns)
		context |= BPFSEAL_C_HOST_USER_NS;
	if (that.mount_ns == r->mount_ns)
		context |= BPFSEAL_C_HOST_MOUNT_NS;
	if (that.net_ns == r->net_ns)
		context |= BPFSEAL_C_HOST_NET_NS;
	return context;
}

static __always_inline __u64 fact_cgroup(int level)
{
	return that.cgroups[level % BPFSEAL_CGROUP_LEVELS];
}

static __always_inline void fact_path(__u64 path[BPFSEAL_PATH_WORDS])
{
	__builtin_memcpy(path, that.exe_path, sizeof(that.exe_path));
}

static __always_inline struct measured *fact_measured(const struct load_id *id)
{
	__u32 measured = that.measured;

	note.has_verity = !!(measured & RULE_JUDGE_VERITY);
	note.has_ima = !!(measured & RULE_JUDGE_IMA);
	note.complete = !!(measured & RULE_JUDGE_COMPLETE);
	__builtin_memcpy(note.verity, that.exe_verity, sizeof(note.verity));
	__builtin_memcpy(note.ima, that.exe_ima, sizeof(note.ima));
	return measured & RULE_JUDGE_NOTE && !(measured & RULE_JUDGE_OTHER) ? &note : NULL;
}

static __always_inline __u64 fact_time(const struct bpfseal_policy *p)
{
	return that.now;
}

#include "match.h"
#include "control.bpf.c"	/* puts the policies into force, and has the license */

/* As judge_by_rules() in load.bpf.c. */
static __noinline int at_load(struct bpfseal_policy *p, struct vectors *vectors)
{
	const struct load l = {
		.type = that.type,
		.attach_type = that.attach_type,
		.signer = that.signer,
		.level = that.level,
		.nested = that.nested,
		.token = that.token,
	};

	match_load(p, &l, vectors);
	that.at_load = match_first(rules_of(p), vectors);
	that.later = rule_asks_for_digest(p, that.at_load);
	if (that.later)
		vectors->start = (that.at_load - 1) / 64 * 64;
	return 0;
}

/* As apply_rules() in first_fd.bpf.c. */
static __noinline int at_fd(struct bpfseal_policy *p, struct vectors *vectors)
{
	const struct bpfseal_rules *r = rules_of(p);

	if (ASKED(r, DIGEST))
		match_digest(r, that.has_digest ? that.digest : NULL, vectors);
	that.at_fd = match_first(r, vectors);
	return 0;
}

SEC("syscall")
int rule_judge(void *ctx)
{
	struct bpfseal_policy *p = the_policy();
	struct vectors vectors = {};
	struct load_id id = {};

	if (!p)
		return 1;
	vectors.of[BPFSEAL_F_EXE_PATH] = ASKED(rules_of(p), EXE_PATH) ?
		match_path(rules_of(p)) : BPFSEAL_V_ALL;
	vectors.of[BPFSEAL_F_EXE_DIGEST] = ASKED(rules_of(p), EXE_DIGEST) ?
		match_executable(rules_of(p), &id) : BPFSEAL_V_ALL;
	at_load(p, &vectors);
	at_fd(p, &vectors);
	return 0;
}
