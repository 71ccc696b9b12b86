/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clears all maps of the policy's, for programs that begin anew: see upgrade.bpf.c.
 */
#ifndef BPFSEAL_WIPE_H
#define BPFSEAL_WIPE_H

#include "exe.h"
#include "measured.h"

extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task,
			     unsigned int flags) __ksym;
extern struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it) __ksym;
extern void bpf_iter_task_destroy(struct bpf_iter_task *it) __ksym;

/* Global, as what is wiped is of any size. */
static __always_inline void wipe_words(__u64 *words, __u32 n)
{
	__u32 i;

	bpf_for(i, 0, n)
		if (i < n)
			words[i] = 0;
}

#define WIPE_ARRAY(map, entries, type) do { \
	__u32 index; \
	\
	bpf_for(index, 0, entries) { \
		__u32 key = index; \
		__u64 *value = bpf_map_lookup_elem(&map, &key); \
		\
		if (value) \
			wipe_words(value, sizeof(type) / 8); \
	} \
} while (0)

static __noinline int wipe_arrays(void)
{
	WIPE_ARRAY(policies, BPFSEAL_BANKS, struct bpfseal_table);
	WIPE_ARRAY(events, BPFSEAL_EVENTS, struct bpfseal_event);
	WIPE_ARRAY(loaders, LOADER_SLOTS, struct loader);
	WIPE_ARRAY(handover, 1, struct bpfseal_handover);
	return 0;
}

static __noinline int wipe_per_cpu(__u32 cpu)
{
	struct bpfseal_counters *c;
	__u32 i, key = 0;
	struct exe *exe;

	exe = bpf_map_lookup_percpu_elem(&exes, &key, cpu);
	if (!exe)
		return 1;
	wipe_words((__u64 *)exe, sizeof(*exe) / 8);
	bpf_for(i, 0, BPFSEAL_R_MAX) {
		key = i;
		c = bpf_map_lookup_percpu_elem(&counters, &key, cpu);
		if (c)
			wipe_words((__u64 *)c, sizeof(*c) / 8);
	}
	return 0;
}

static long forget_key(struct bpf_map *map, struct bpfseal_key *key)
{
	bpf_map_delete_elem(map, key);
	return 0;
}

static long forget_nested(struct bpf_map *map, __u64 *key)
{
	bpf_map_delete_elem(map, key);
	return 0;
}

static __noinline int wipe_tasks(void)
{
	struct task_struct *task;

	bpf_rcu_read_lock();
	bpf_for_each(task, task, NULL, BPF_TASK_ITER_ALL_THREADS) {
		bpf_task_storage_delete(&runs, task);
		bpf_task_storage_delete(&passed, task);
		bpf_task_storage_delete(&measured, task);
	}
	bpf_rcu_read_unlock();
	return 0;
}

/*
 * All but who has begun this, and the seal. No number that a load from before could have
 * noted means anything from now on.
 */
static __always_inline void wipe_state(void)
{
	const __u32 head = offsetof(struct bpfseal_state, banks) / 8;
	const __u32 rest = offsetof(struct bpfseal_state, anchor) / 8;
	__u64 now = bpf_ktime_get_boot_ns();

	wipe_words((__u64 *)&state, head);
	wipe_words((__u64 *)&state + rest, sizeof(state) / 8 - rest);
	state.banks = 0;
	state.generation = now;
	state.run = now;
	state.unchecked = now << 32;
}

/** wipe_all - forget everything but the seal, and who has begun this */
static __always_inline void wipe_all(void)
{
	__u32 cpu;

	wipe_state();
	wipe_arrays();
	bpf_for(cpu, 0, CPUS_MAX)
		if (wipe_per_cpu(cpu))
			break;
	bpf_for_each_map_elem(&keys, forget_key, NULL, 0);
	bpf_for_each_map_elem(&nested, forget_nested, NULL, 0);
	wipe_tasks();
}

#endif /* BPFSEAL_WIPE_H */
