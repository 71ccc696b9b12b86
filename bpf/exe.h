/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The executable of the task that asks: device, inode and path; and the task's
 * pid namespace, which never changes.
 *
 * They are found out once for each thread and CPU and kept until the thread
 * calls execve(), since resolving a path takes as long as all the rest of a
 * decision. So what is recorded is what held at the thread's first decision
 * there; prctl(PR_SET_MM_EXE_FILE) afterwards doesn't change it. Rules may ask
 * for the path: a weak condition, as what a process does isn't what is in its
 * executable.
 */
#ifndef BPFSEAL_EXE_H
#define BPFSEAL_EXE_H

#include "maps.h"

extern struct file *bpf_get_task_exe_file(struct task_struct *task) __ksym __weak;
extern void bpf_put_file(struct file *file) __ksym __weak;
extern int bpf_path_d_path(const struct path *path, char *buf, size_t buf__sz) __ksym __weak;

/**
 * struct exe - the executable last seen on a CPU
 * @started: boot time at which the thread that runs it began; 0 while it is written
 * @execs: how often that thread has called execve()
 * @pid: the thread
 * @pid_ns: inode number of its pid namespace
 * @ino: the executable's inode
 * @dev: the file system that inode is in
 * @writes: how often this was written
 * @writing: taken by compare-and-swap, as a task can be preempted here
 * @host: 1: the path is the one that the host sees
 * @path: the executable's path
 */
struct exe {
	__u64 started;
	__u64 execs;
	__u32 pid;
	__u32 pid_ns;
	__u64 ino;
	__u32 dev;
	__u32 writes;
	__u64 writing;
	__u64 host;
	char path[BPFSEAL_EXE_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct exe);
} exes __weak SEC(".maps");

static __always_inline bool exe_of(const struct exe *exe, const struct task_struct *task)
{
	return exe->pid == task->pid && exe->started == task->start_boottime &&
	       exe->execs == task->self_exec_id;
}

/* The high bit of the first byte of a word that is zero; 0 if there is none. */
static __always_inline __u64 first_zero(__u64 word)
{
	__u64 zero = (word - 0x0101010101010101) & ~word & 0x8080808080808080;

	return zero & -zero;
}

/*
 * The last name alone; names longer than the record are cut. A dentry's name
 * begins at a multiple of 8 (struct external_name, fs/dcache.c), so that no word
 * of it reaches into another page.
 */
static __always_inline void exe_name(const struct file *file, char *path)
{
	const __u64 *name = (const __u64 *)file->f_path.dentry->d_name.name;
	__u64 word, end, *to = (__u64 *)path;
	__u32 i;

	clear_words(path, BPFSEAL_EXE_LEN);
	bpf_for(i, 0, BPFSEAL_EXE_LEN / sizeof(word)) {
		word = kernel_u64(name + i);
		end = first_zero(word);
		to[i] = end ? word & (end - 1) : word;
		if (end)
			break;
	}
	path[BPFSEAL_EXE_LEN - 1] = 0;
}

/* bpf_path_d_path() leaves what it worked with after the path. */
static __always_inline void exe_trim(__u64 path[BPFSEAL_PATH_WORDS])
{
	__u64 keep = -1, end;
	__u32 i;

	bpf_for(i, 0, BPFSEAL_PATH_WORDS) {
		end = first_zero(path[i]);
		path[i] &= keep & (end ? end - 1 : -1ULL);
		if (end)
			keep = 0;
	}
}

/* The first of all processes, whose root is the host's; NULL if it can't be told. */
static __always_inline const struct task_struct *first_process(const struct task_struct *task)
{
	struct pid *pid = task->thread_pid;

	return pid ? pid->numbers[0].ns->child_reaper : NULL;
}

/*
 * The kernel tells a path as it is seen from the root of who asks. In chroot("/jail")
 * /jail/usr/bin/loader is /usr/bin/loader, and so it is in a container.
 */
static __always_inline bool sees_host(const struct task_struct *task)
{
	const struct task_struct *first = first_process(task);
	const struct fs_struct *fs = task->fs;

	return first && fs && fs->root.mnt == first->fs->root.mnt &&
	       fs->root.dentry == first->fs->root.dentry;
}

static __always_inline bool is_chrooted(const struct task_struct *task)
{
	const struct task_struct *first = first_process(task);

	return !sees_host(task) && first && task->nsproxy &&
	       task->nsproxy->mnt_ns == first->nsproxy->mnt_ns;
}

/*
 * In the host's mount namespace a path is the host's, or it is only a name.
 *
 * Global, so that it is verified once, and not at each place that asks.
 */
__weak __noinline int exe_resolve(char (*to)[BPFSEAL_EXE_LEN] __arg_nonnull)
{
	struct task_struct *task = bpf_get_current_task_btf();
	char *path = *to;
	struct file *file;

	clear_words(path, BPFSEAL_EXE_LEN);
	file = bpf_get_task_exe_file(task);
	if (!file)
		return 0;
	if (is_chrooted(task) || bpf_path_d_path(&file->f_path, path, BPFSEAL_EXE_LEN) < 0)
		exe_name(file, path);
	else
		exe_trim((__u64 *)path);
	bpf_put_file(file);
	return 0;
}

/* The namespace the task lives in; nsproxy has that of its future children. */
static __always_inline __u32 pid_ns(struct task_struct *task)
{
	struct pid *pid = task->thread_pid;
	__u64 upid;

	if (!pid)
		return 0;
	if (!pid->level)
		return pid->numbers[0].ns->ns.inum;
	upid = kernel_u64(&task->thread_pid) + bpf_core_field_offset(struct pid, numbers) +
	       pid->level * bpf_core_type_size(struct upid) +
	       bpf_core_field_offset(struct upid, ns);
	return bpf_core_cast((void *)kernel_u64((void *)upid), struct pid_namespace)->ns.inum;
}

/* Device and inode; NULL, and zeroes, if a task has no executable. */
static __always_inline struct file *exe_file(const struct task_struct *task, __u64 *ino,
					     __u32 *dev)
{
	struct file *file = task->mm ? task->mm->exe_file : NULL;
	struct inode *inode;

	*ino = 0;
	*dev = 0;
	if (!file)
		return NULL;
	inode = file->f_inode;
	*ino = inode->i_ino;
	*dev = inode->i_sb->s_dev;
	return file;
}

/* Global, as what follows, so that each is verified once, and what comes after it from one state. */

/* Finds it out for this task, unless another task is at that on this CPU. */
__weak __noinline int exe_fill(struct exe *exe __arg_nonnull)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (__sync_val_compare_and_swap(&exe->writing, 0, 1))
		return 0;
	exe->started = 0;
	barrier();
	exe->writes++;
	barrier();
	exe->pid = task->pid;
	exe->execs = task->self_exec_id;
	exe->pid_ns = pid_ns(task);
	exe->host = sees_host(task);
	if (exe_file(task, &exe->ino, &exe->dev))
		exe_resolve(&exe->path);
	else
		clear_words(exe->path, sizeof(exe->path));
	barrier();
	exe->started = task->start_boottime;
	barrier();
	exe->writing = 0;
	return 0;
}

/* False if it is another task's, or was written meanwhile. */
__weak __noinline bool exe_take(const struct exe *exe __arg_nonnull,
				struct bpfseal_event *e __arg_nonnull)
{
	__u32 writes = exe->writes;

	barrier();
	if (!exe_of(exe, bpf_get_current_task_btf()))
		return false;
	e->pid_ns = exe->pid_ns;
	e->exe_ino = exe->ino;
	e->exe_dev = exe->dev;
	copy_words(e->exe_path, exe->path, sizeof(e->exe_path));
	barrier();
	return exe->writes == writes && exe->started;
}

/* All but the executable and the pid namespace, which come with it. */
static __always_inline void event_ids(struct bpfseal_event *e, const struct task_struct *task)
{
	struct nsproxy *ns = task->nsproxy;

	e->pid = task->pid;
	e->tgid = task->tgid;
	e->ppid = task->real_parent->tgid;
	e->uid = task->cred->uid.val;
	e->cgroup_id = task->cgroups->dfl_cgrp->kn->id;
	e->user_ns = task->cred->user_ns->ns.inum;
	e->mnt_ns = e->net_ns = 0;
	if (ns) {
		e->mnt_ns = ns->mnt_ns->ns.inum;
		e->net_ns = ns->net_ns->ns.inum;
	}
	copy_words(e->comm, task->comm, sizeof(e->comm));
}

/** event_task - fill in the task and its executable, from a program that may resolve paths */
static __always_inline void event_task(struct bpfseal_event *e)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct exe *exe;
	__u32 zero = 0;

	event_ids(e, task);
	exe = bpf_map_lookup_elem(&exes, &zero);
	if (exe && exe_take(exe, e))
		return;
	if (exe) {
		exe_fill(exe);
		if (exe_take(exe, e))
			return;
	}
	e->pid_ns = pid_ns(task);
	if (exe_file(task, &e->exe_ino, &e->exe_dev))
		exe_resolve(&e->exe_path);
	else
		clear_words(e->exe_path, sizeof(e->exe_path));
}

__weak __noinline bool exe_take_path(const struct exe *exe __arg_nonnull,
				     __u64 (*to)[BPFSEAL_PATH_WORDS] __arg_nonnull)
{
	__u32 writes = exe->writes;
	__u64 *path = *to;

	barrier();
	if (!exe_of(exe, bpf_get_current_task_btf()))
		return false;
	if (exe->host)
		copy_words(path, exe->path, BPFSEAL_EXE_LEN);
	else
		clear_words(path, BPFSEAL_EXE_LEN);
	barrier();
	return exe->writes == writes && exe->started;
}

/** exe_path - the executable's path as the host sees it, zeroes after it; else zeroes only */
static __always_inline void exe_path(__u64 (*path)[BPFSEAL_PATH_WORDS])
{
	struct exe *exe;
	__u32 zero = 0;

	exe = bpf_map_lookup_elem(&exes, &zero);
	if (exe && exe_take_path(exe, path))
		return;
	if (exe) {
		exe_fill(exe);
		if (exe_take_path(exe, path))
			return;
	}
	if (sees_host(bpf_get_current_task_btf()))
		exe_resolve((char (*)[BPFSEAL_EXE_LEN])path);
	else
		clear_words(path, BPFSEAL_EXE_LEN);
}

/** event_task_name - the same where paths can't be resolved: the executable's last name only */
static __always_inline void event_task_name(struct bpfseal_event *e)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file *exe;

	event_ids(e, task);
	e->pid_ns = pid_ns(task);
	exe = exe_file(task, &e->exe_ino, &e->exe_dev);
	if (exe)
		exe_name(exe, e->exe_path);
	else
		clear_words(e->exe_path, sizeof(e->exe_path));
}

#endif /* BPFSEAL_EXE_H */
