/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What rules may ask about the task that loads. By itself, so that tests can put
 * loads of their own in its place.
 */
#ifndef BPFSEAL_FACTS_H
#define BPFSEAL_FACTS_H

#include "exe.h"
#include "judge.h"
#include "measured.h"

static __always_inline __u32 fact_uid(void)
{
	return bpf_get_current_task_btf()->cred->uid.val;
}

/** fact_namespaces - which of its namespaces are the host's: enum bpfseal_context */
static __always_inline __u32 fact_namespaces(const struct bpfseal_rules *r)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const struct nsproxy *ns = task->nsproxy;
	__u32 context = 0;

	if (task->cred->user_ns->ns.inum == r->user_ns)
		context |= BPFSEAL_C_HOST_USER_NS;
	if (ns && ns->mnt_ns->ns.inum == r->mount_ns)
		context |= BPFSEAL_C_HOST_MOUNT_NS;
	if (ns && ns->net_ns->ns.inum == r->net_ns)
		context |= BPFSEAL_C_HOST_NET_NS;
	return context;
}

/** fact_cgroup - id of its cgroup's ancestor at a level, 0 if there is none */
static __always_inline __u64 fact_cgroup(int level)
{
	return bpf_get_current_ancestor_cgroup_id(level);
}

static __always_inline void fact_path(__u64 path[BPFSEAL_PATH_WORDS])
{
	exe_path((__u64 (*)[BPFSEAL_PATH_WORDS])path);
}

/** fact_measured - what was measured of its executable for this load, or NULL */
static __always_inline struct measured *fact_measured(const struct load_id *id)
{
	struct measured *m = bpf_task_storage_get(&measured, bpf_get_current_task_btf(), NULL, 0);

	return m && m->of.aux == id->aux && m->of.loaded == id->loaded ? m : NULL;
}

/** fact_time - the time that rules expire by, UTC in ns */
static __always_inline __u64 fact_time(const struct bpfseal_policy *p)
{
	return clocks_of(p).later;
}

#endif /* BPFSEAL_FACTS_H */
