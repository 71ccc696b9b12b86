/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts and records a decision. Nothing here changes one: a full buffer only
 * raises the reason's loss counter.
 */
#ifndef BPFSEAL_EVENT_H
#define BPFSEAL_EVENT_H

#include "judge.h"

extern struct file *bpf_get_task_exe_file(struct task_struct *task) __ksym __weak;
extern void bpf_put_file(struct file *file) __ksym __weak;
extern int bpf_path_d_path(const struct path *path, char *buf, size_t buf__sz) __ksym __weak;

static __always_inline void event_task(struct bpfseal_event *e)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct nsproxy *ns = task->nsproxy;

	e->pid = (__u32)pid_tgid;
	e->tgid = pid_tgid >> 32;
	e->ppid = task->real_parent->tgid;
	e->uid = task->cred->uid.val;
	e->cgroup_id = task->cgroups->dfl_cgrp->kn->id;
	e->user_ns = task->cred->user_ns->ns.inum;
	if (ns) {
		e->mnt_ns = ns->mnt_ns->ns.inum;
		e->pid_ns = ns->pid_ns_for_children->ns.inum;
		e->net_ns = ns->net_ns->ns.inum;
	}
	bpf_get_current_comm(e->comm, sizeof(e->comm));
}

static __always_inline void event_exe(struct bpfseal_event *e)
{
	struct file *exe;

	exe = bpf_get_task_exe_file(bpf_get_current_task_btf());
	if (!exe)
		return;
	e->exe_ino = exe->f_inode->i_ino;
	e->exe_dev = exe->f_inode->i_sb->s_dev;
	if (bpf_path_d_path(&exe->f_path, e->exe_path, sizeof(e->exe_path)) < 0)
		e->exe_path[0] = '\0';
	bpf_put_file(exe);
}

/* Where those kfuncs aren't allowed (tracing programs): the last name only. */
static __always_inline void event_exe_name(struct bpfseal_event *e)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file *exe;

	exe = BPF_CORE_READ(task, mm, exe_file);
	if (!exe)
		return;
	e->exe_ino = BPF_CORE_READ(exe, f_inode, i_ino);
	e->exe_dev = BPF_CORE_READ(exe, f_inode, i_sb, s_dev);
	bpf_probe_read_kernel_str(e->exe_path, sizeof(e->exe_path),
				  BPF_CORE_READ(exe, f_path.dentry, d_name.name));
}

static __always_inline void event_program(struct bpfseal_event *e, struct bpf_prog *prog)
{
	struct bpf_prog___digest *d = (void *)prog;

	e->object_type = prog->type;
	e->attach_type = prog->expected_attach_type;
	e->insn_cnt = prog->len;
	e->prog_id = prog->aux->id;
	__builtin_memcpy(e->name, prog->aux->name, sizeof(e->name));
	if (bpf_core_field_exists(d->digest))
		__builtin_memcpy(e->digest, d->digest, sizeof(e->digest));
}

static __always_inline void event_map(struct bpfseal_event *e, struct bpf_map *map)
{
	e->object_type = map->map_type;
	__builtin_memcpy(e->name, map->name, sizeof(e->name));
}

static __always_inline void event_loader(struct bpfseal_event *e, struct run *run)
{
	e->loader_id = run->loader_id;
	__builtin_memcpy(e->loader_digest, run->digest, sizeof(e->loader_digest));
}

/**
 * struct decision - one decision on its way to the counters and the buffer
 * @j: the judgement
 * @hook: enum bpfseal_hook
 * @decision: enum bpfseal_decision
 * @error: errno that the caller of bpf() gets
 * @nested: the command came from a loader or another part of the kernel
 */
struct decision {
	struct judgement j;
	__u8 hook;
	__u8 decision;
	__u8 nested;
	__s32 error;
};

static __always_inline bool count(const struct decision *d, bool lost)
{
	struct bpfseal_counters *c;
	__u32 reason = d->j.reason;

	c = bpf_map_lookup_elem(&counters, &reason);
	if (!c)
		return false;
	if (lost)
		__sync_fetch_and_add(&c->lost, 1);
	else if (d->decision == BPFSEAL_ALLOW)
		__sync_fetch_and_add(&c->allowed, 1);
	else if (d->decision == BPFSEAL_DENY)
		__sync_fetch_and_add(&c->denied, 1);
	else if (d->decision == BPFSEAL_WOULD_DENY)
		__sync_fetch_and_add(&c->would_deny, 1);
	else
		__sync_fetch_and_add(&c->rejected, 1);
	return true;
}

/**
 * event_open - count a decision and start its record
 * @p: the policy, NULL if it is missing
 * @d: the decision
 *
 * Return: the record, to be submitted by the caller, or NULL if the buffer
 * is full; the loss is counted then.
 */
static __always_inline struct bpfseal_event *
event_open(const struct bpfseal_policy *p, const struct decision *d)
{
	struct seal_state *s = the_state();
	struct bpfseal_event *e;
	__u64 seq = 0;

	count(d, false);
	if (s)
		seq = __sync_fetch_and_add(&s->seq, 1) + 1;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		count(d, true);
		return NULL;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->time_ns = bpf_ktime_get_boot_ns();
	e->seq = seq;
	e->decision = d->decision;
	e->hook = d->hook;
	e->nested = d->nested;
	e->error = d->error;
	e->reason = d->j.reason;
	e->attribute = d->j.attribute;
	e->level = d->j.level;
	e->keyring_type = d->j.keyring;
	e->keyring_serial = d->j.serial;
	e->signer = d->j.signer;
	if (p) {
		e->policy_generation = p->generation;
		e->mode = p->mode;
	}
	event_task(e);
	return e;
}

/**
 * decide - turn a judgement into a decision under the policy's mode
 * @p: the policy, NULL if it is missing
 * @d: the decision, with judgement and hook set; the rest is filled in
 *
 * Return: 0 or -EPERM, what the hook returns.
 */
static __always_inline int decide(const struct bpfseal_policy *p, struct decision *d)
{
	d->decision = BPFSEAL_ALLOW;
	d->error = 0;
	if (d->j.reason == BPFSEAL_R_SIGNER || d->j.reason == BPFSEAL_R_NESTED)
		return 0;
	if (p && p->mode == BPFSEAL_PERMISSIVE) {
		d->decision = BPFSEAL_WOULD_DENY;
		return 0;
	}
	d->decision = BPFSEAL_DENY;
	d->error = -EPERM;
	return -EPERM;
}

#endif /* BPFSEAL_EVENT_H */
