/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The executable of the task that asks: device, inode and path.
 *
 * Device and inode are read each time. The path is resolved once for each
 * thread and CPU and kept, since resolving takes as long as all the rest of a
 * decision; what is recorded is the path at the thread's first decision there.
 * No decision depends on it.
 */
#ifndef BPFSEAL_EXE_H
#define BPFSEAL_EXE_H

#include "maps.h"

extern struct file *bpf_get_task_exe_file(struct task_struct *task) __ksym __weak;
extern void bpf_put_file(struct file *file) __ksym __weak;
extern int bpf_path_d_path(const struct path *path, char *buf, size_t buf__sz) __ksym __weak;

/* Which executable of which thread: the same values mean the same path. */
struct exe_key {
	__u64 started;	/* boot time at which the thread began */
	__u64 execs;	/* how often it has called execve() */
	__u64 ino;
	__u32 dev;
	__u32 pid;
};

/**
 * struct exe - the executable last seen on a CPU
 * @key: whose path it is; pid 0 while it is being written
 * @writing: taken by compare-and-swap, as a task can be preempted here
 */
struct exe {
	struct exe_key key;
	__u64 writing;
	char path[BPFSEAL_EXE_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct exe);
} exes __weak SEC(".maps");

static __always_inline bool same_exe(const struct exe *exe, const struct exe_key *key)
{
	return exe->key.pid == key->pid && exe->key.started == key->started &&
	       exe->key.execs == key->execs && exe->key.ino == key->ino &&
	       exe->key.dev == key->dev;
}

static __always_inline void exe_keep(struct exe *exe, const struct exe_key *key,
				     const char *path)
{
	if (__sync_val_compare_and_swap(&exe->writing, 0, 1))
		return;
	exe->key.pid = 0;
	barrier();
	__builtin_memcpy(exe->path, path, sizeof(exe->path));
	barrier();
	exe->key.started = key->started;
	exe->key.execs = key->execs;
	exe->key.ino = key->ino;
	exe->key.dev = key->dev;
	barrier();
	exe->key.pid = key->pid;
	barrier();
	exe->writing = 0;
}

/* The last name alone; names longer than the record are cut. */
static __always_inline void exe_name(const struct file *file, char *path)
{
	const char *name = bpf_rdonly_cast(file->f_path.dentry->d_name.name, 0);
	__u32 i;

	__builtin_memset(path, 0, BPFSEAL_EXE_LEN);
	bpf_for(i, 0, BPFSEAL_EXE_LEN - 1) {
		path[i] = name[i];
		if (!name[i])
			break;
	}
}

static __always_inline void exe_resolve(char *path)
{
	struct file *file;

	__builtin_memset(path, 0, BPFSEAL_EXE_LEN);
	file = bpf_get_task_exe_file(bpf_get_current_task_btf());
	if (!file)
		return;
	if (bpf_path_d_path(&file->f_path, path, BPFSEAL_EXE_LEN) < 0)
		exe_name(file, path);
	bpf_put_file(file);
}

/** event_exe - fill in the executable, from a program that may resolve paths */
static __always_inline void event_exe(struct bpfseal_event *e)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct exe_key key = {};
	struct file *file;
	struct exe *exe;
	__u32 zero = 0;

	e->exe_ino = 0;
	e->exe_dev = 0;
	file = task->mm ? task->mm->exe_file : NULL;
	if (!file) {
		__builtin_memset(e->exe_path, 0, sizeof(e->exe_path));
		return;
	}
	key.ino = e->exe_ino = file->f_inode->i_ino;
	key.dev = e->exe_dev = file->f_inode->i_sb->s_dev;
	key.started = task->start_boottime;
	key.execs = task->self_exec_id;
	key.pid = task->pid;
	exe = bpf_map_lookup_elem(&exes, &zero);
	if (exe && same_exe(exe, &key)) {
		__builtin_memcpy(e->exe_path, exe->path, sizeof(e->exe_path));
		barrier();
		if (same_exe(exe, &key))	/* nobody else wrote meanwhile */
			return;
	}
	exe_resolve(e->exe_path);
	if (exe)
		exe_keep(exe, &key, e->exe_path);
}

/** event_exe_name - the same where paths can't be resolved: the last name only */
static __always_inline void event_exe_name(struct bpfseal_event *e)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file *exe;

	e->exe_ino = 0;
	e->exe_dev = 0;
	exe = task->mm ? task->mm->exe_file : NULL;
	if (!exe) {
		__builtin_memset(e->exe_path, 0, sizeof(e->exe_path));
		return;
	}
	e->exe_ino = exe->f_inode->i_ino;
	e->exe_dev = exe->f_inode->i_sb->s_dev;
	exe_name(exe, e->exe_path);
}

#endif /* BPFSEAL_EXE_H */
