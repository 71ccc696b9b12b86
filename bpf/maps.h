/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy's state in the kernel. Each BPF file includes this one; the
 * definitions are weak, so the linker keeps one of each.
 *
 * policies one policy in each bank; the state says which is in force, and which was
 *          before it, for loads that were begun under it. control.bpf.c writes them
 * keys     what the rules of these look up by hash
 * state    what the programs remember between hooks
 * events   the last decisions, each in the slot of its number; no decision reads it
 * counters decisions and losses per reason
 * loaders  admitted loaders, from their load until they are freed
 * runs     the loader that runs in a task, and the maps it has made
 * passed   whether the load under way in a task has reached lsm/bpf_prog_load
 * exes     the path of the executable last seen on a CPU
 * measured what is known of the executable that makes a task's last load (measured.h)
 * handover what a sealed policy hands on to the programs that take its place
 * nested   programs made by loaders, tolerated ones, and those that rules decide
 *          at their first fd, until they are freed
 */
#ifndef BPFSEAL_MAPS_H
#define BPFSEAL_MAPS_H

#include "compat.h"
#include "control_layout.h"
#include "rules_layout.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* For arrays of bytes, whose length is a multiple of 8: memcpy() would take each byte by itself. */
static __always_inline void copy_words(void *to, const void *from, __u32 size)
{
	const __u64 *source = from;
	__u64 *target = to;
	__u32 i;

	for (i = 0; i < size / sizeof(*target); i++)
		target[i] = source[i];
}

static __always_inline void clear_words(void *to, __u32 size)
{
	__u64 *target = to;
	__u32 i;

	for (i = 0; i < size / sizeof(*target); i++)
		target[i] = 0;
}

/*
 * What a program on a hook of a cgroup returns for 0 or -EPERM: the kernel takes 0 for
 * -EPERM (kernel/bpf/cgroup.c).
 */
static __always_inline int hook_returns(int err)
{
	return !err;
}

#define LOADER_SLOT_BITS	12
#define LOADER_SLOTS	(1U << LOADER_SLOT_BITS)
#define LOADER_PROBES	8
#define OBJECTS_MAX	65536
#define CPUS_MAX	8192	/* CONFIG_NR_CPUS of any kernel */
#define KEYS_MAX	(1U << 18)	/* the most a policy can have, twice */
#define STACK_DEPTH	32
#define RUN_BTFS	4	/* a generated loader loads one */
#define RUN_MAPS	72	/* and makes 64 maps at most, with an inner one at a time */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BPFSEAL_BANKS);
	__type(key, __u32);
	__type(value, struct bpfseal_table);
} policies __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KEYS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct bpfseal_key);
	__type(value, struct bpfseal_key_value);
} keys __weak SEC(".maps");

/*
 * A global variable: the controller pins its map under the name "state". Not weak: the
 * map would have room for one of each file.
 */
extern struct bpfseal_state state;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BPFSEAL_EVENTS);
	__type(key, __u32);
	__type(value, struct bpfseal_event);
} events __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, BPFSEAL_R_MAX);
	__type(key, __u32);
	__type(value, struct bpfseal_counters);
} counters __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpfseal_handover);
} handover __weak SEC(".maps");

enum loader_state {
	LOADER_ADMITTED = 0,	/* loaded, never run */
	LOADER_RUNNING = 1,	/* in its first run, or done with it */
	LOADER_SPENT = 2,	/* run again: nothing more is believed */
};

/**
 * struct loader - one slot of the table of admitted loaders
 * @aux: address of prog->aux, which the verifier never moves; 0 if free
 * @loaded: when it was loaded, should another program get its address
 * @state: enum loader_state, changed by compare-and-swap
 * @serial: keyring its signature was verified by
 * @keyring: enum bpfseal_keyring
 * @by_rule: the rule that admitted it whatever its signature, 0 if none did
 * @generation: of that rule's policy
 *
 * A loader stands in one of the LOADER_PROBES slots that its time hashes to.
 * That takes a tenth of what an update of a hash map takes, at every load.
 */
struct loader {
	__u64 aux;
	__u64 loaded;
	__u64 state;
	__s32 serial;
	__u16 keyring;
	__u16 by_rule;
	__u64 generation;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LOADER_SLOTS);
	__type(key, __u32);
	__type(value, struct loader);
} loaders __weak SEC(".maps");

enum run_map_state {
	RUN_MAP_MADE = 0,
	RUN_MAP_SEALED = 1,	/* frozen by the loader, and then it held what that wrote */
	RUN_MAP_CHANGED = 2,	/* frozen by the loader, as that was told, and it didn't */
};

/**
 * struct run_map - a map that a loader has made, until it closes its fd
 * @map: its address; 0: the slot is free
 * @cookie: should another map get its address
 * @value: where in the kernel's memory what the loader wrote into it stands; 0: nothing
 * @fd: the number by which the loader knows it, -1 if that was missed
 * @state: enum run_map_state
 */
struct run_map {
	__u64 map;
	__u64 cookie;
	__u64 value;
	__s32 fd;
	__u32 state;
};

/**
 * struct run_load - the program that a loader loads now; kept only if its fds are shared
 * @aux: the program's, 0 if it can't be told what it is meant to be bound to
 * @insns: its instructions as the loader has them, with numbers of fds
 * @fd_array: more such numbers
 * @bound: 1: the verifier has bound it to the maps that the loader means
 */
struct run_load {
	__u64 aux;
	__u64 insns;
	__u64 fd_array;
	__u64 bound;
};

/**
 * struct run - the loader program that runs in a task
 * @number: identifies the run; 0 when none is under way
 * @aux: the loader's prog->aux, key of the loaders map
 * @loaded: and its time of loading, as in the loaders map
 * @code: where its machine code begins
 * @code_len: and how long it is
 * @reason: why its nested commands are denied, BPFSEAL_R_NESTED if they aren't
 * @shared: others could replace its fds
 * @fds_lost: 1: which fd is which map isn't known for certain any more
 * @making: index of the map under way in @maps, plus one; 0 if there is none
 * @n_maps: slots of @maps that have been used
 * @btfs: ids of the BTF objects the loader has loaded
 * @stack: room for a stack trace
 */
struct run {
	__u64 number;
	__u64 aux;
	__u64 code;
	__u32 code_len;
	__u32 reason;
	__u64 loaded;
	__u32 loader_id;
	__u32 signer;
	__u8 level;
	__u8 keyring;
	__u8 shared;
	__u8 fds_lost;
	__s32 serial;
	__u32 n_btfs;
	__u32 btfs[RUN_BTFS];
	__u8 digest[BPFSEAL_DIGEST_LEN];
	__u16 making;
	__u16 n_maps;
	struct run_load load;
	struct run_map maps[RUN_MAPS];
	__u64 stack[STACK_DEPTH];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct run);
} runs __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} passed __weak SEC(".maps");

static __always_inline void begin_passed(void)
{
	__u64 *mark = bpf_task_storage_get(&passed, bpf_get_current_task_btf(), NULL,
					   BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (mark)
		*mark = 1;
}

static __always_inline bool end_passed(void)
{
	__u64 *mark = bpf_task_storage_get(&passed, bpf_get_current_task_btf(), NULL, 0);
	bool was = mark && *mark;

	if (was)
		*mark = 0;
	return was;
}

enum nested_state {
	NESTED_LOADING = 0,	/* not checked yet: nobody but its loader gets an fd */
	NESTED_CONFIRMED = 1,	/* has passed the check at its first fd */
	NESTED_TOLERATED = 2,	/* permissive mode let it through */
};

/**
 * struct vectors - what rules see of a load
 * @of: the number of each field's vector
 * @start: no rule before this one matches, whatever the digest; a multiple of 64
 */
struct vectors {
	__u16 of[BPFSEAL_FIELDS];
	__u16 start;
	__u16 pad[2];
};

/**
 * struct nested - a program that a loader made, one that rules decide at its first
 *	fd, or one whose signature doesn't tell how it was decided; keyed by the
 *	address of its aux
 * @loaded: when it was loaded, should another program get its address
 * @run: number of the run that made it, 0 for a direct load
 * @state: enum nested_state
 * @reason: enum bpfseal_reason; before the first fd what the signature alone says
 * @attribute: enum bpfseal_attribute
 * @nested: made by a loader, or by the kernel
 * @epoch: the upper half of state.unchecked
 * @generation: of the policy that judges it
 * @task: who loads it, if rules decide it at its first fd
 * @vectors: what the rules have seen of it so far; all but its digest
 */
struct nested {
	__u64 loaded;
	__u64 run;
	__u32 state;
	__u32 loader_id;
	__u32 signer;
	__s32 serial;
	__u8 level;
	__u8 keyring;
	__u8 reason;
	__u8 attribute;
	__u8 nested;
	__u8 pad[3];
	__u32 epoch;
	__u32 pad2;
	__u64 generation;
	__u64 task;
	struct vectors vectors;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, OBJECTS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct nested);
} nested __weak SEC(".maps");

#define EPOCH(unchecked) ((unchecked) >> 32)
#define UNCHECKED_TRIES	8

/*
 * Not if it was counted before an upgrade began anew: then another one would go
 * unchecked. One that stays counted only costs time.
 *
 * Global, so that it is verified once, and what follows from one state.
 */
__weak __noinline int count_checked(__u32 epoch)
{
	__u64 old;
	__u32 i;

	for (i = 0; i < UNCHECKED_TRIES; i++) {
		old = *(volatile __u64 *)&state.unchecked;
		if (EPOCH(old) != epoch || !(__u32)old)
			return 0;
		if (__sync_val_compare_and_swap(&state.unchecked, old, old - 1) == old)
			return 0;
	}
	return 0;
}

/** nested_checked - a program's first fd has been decided, or it has ended without one */
static __always_inline void nested_checked(struct nested *n, __u32 state_now)
{
	if (__sync_val_compare_and_swap(&n->state, NESTED_LOADING, state_now) == NESTED_LOADING)
		count_checked(n->epoch);
}

/** table_of - the table that a policy from policy_in() is the head of; NULL for none */
static __always_inline struct bpfseal_table *table_of(struct bpfseal_policy *p)
{
	return (struct bpfseal_table *)p;
}

static __always_inline struct bpfseal_policy *policy_in(__u32 bank)
{
	struct bpfseal_table *table = bpf_map_lookup_elem(&policies, &bank);

	if (!table || table->policy.abi != BPFSEAL_ABI)
		return NULL;
	return &table->policy;
}

/**
 * the_policy - the policy to judge by, looked up once per decision
 *
 * Return: the policy, or NULL if there is none or it isn't one this program
 * understands.
 */
static __always_inline struct bpfseal_policy *the_policy(void)
{
	return policy_in(bpfseal_bank(state.banks, BPFSEAL_IN_FORCE));
}

/**
 * policy_still - is the policy of a generation as it was?
 *
 * A hook that is held up while two other policies come into force may have read part
 * of the second one.
 */
static __always_inline bool policy_still(__u64 generation)
{
	volatile __u64 *g = state.generations;

	return g[0] == generation || g[1] == generation || g[2] == generation;
}

/** policy_since - the policy of a generation, or NULL if it was replaced twice since */
static __always_inline struct bpfseal_policy *policy_since(__u64 generation)
{
	__u32 banks = state.banks;
	struct bpfseal_policy *p = policy_in(bpfseal_bank(banks, BPFSEAL_IN_FORCE));

	if (p && p->generation == generation)
		return p;
	p = policy_in(bpfseal_bank(banks, BPFSEAL_BEFORE));
	return p && p->generation == generation ? p : NULL;
}

/** rules_of - the rules that go with a policy */
static __always_inline struct bpfseal_rules *rules_of(struct bpfseal_policy *p)
{
	return &table_of(p)->rules;
}

/** ASKED - does a rule ask for a field? ASKED(r, UID) */
#define ASKED(r, name) ((r)->fields & 1U << BPFSEAL_F_##name)

/** rules_decide - does anything but a load's signature count? */
static __always_inline bool rules_decide(struct bpfseal_policy *p)
{
	return rules_of(p)->n || p->default_allow;
}

/** rule_at - a rule by its number, which counts from 1 */
static __always_inline struct bpfseal_rule *rule_at(struct bpfseal_policy *p, __u32 rule)
{
	return &rules_of(p)->rules[(rule - 1) % BPFSEAL_RULES_MAX];
}

/*
 * Have these programs taken the place of others? So the map of what they have taken over
 * is there as long as any that decides: those others read it by its address.
 */
static __noinline bool has_taken_over(void)
{
	struct bpfseal_handover *h;
	__u32 zero = 0;

	h = bpf_map_lookup_elem(&handover, &zero);
	return h && h->stage == BPFSEAL_HANDOVER_DONE;
}

/**
 * armed - has a policy ever been in force since the programs were loaded?
 * @has_policy: one is in force now
 *
 * Before the first policy, a half-finished installation, nothing is denied.
 * After it a missing policy can only be tampering, so everything is.
 */
static __always_inline bool armed(bool has_policy)
{
	if (has_policy && !state.armed)
		state.armed = bpf_ktime_get_boot_ns();
	return state.armed || has_taken_over();
}

static __always_inline struct loader *loader_slot(__u64 loaded, __u32 probe)
{
	__u32 slot = (__u32)((loaded * 0x9e3779b97f4a7c15ULL) >> (64 - LOADER_SLOT_BITS));

	slot = (slot + probe) % LOADER_SLOTS;
	return bpf_map_lookup_elem(&loaders, &slot);
}

/** loader_find - the slot of the admitted loader at @aux, or NULL */
static __always_inline struct loader *loader_find(__u64 aux, __u64 loaded)
{
	struct loader *loader;
	__u32 i;

	if (!aux)
		return NULL;
	for (i = 0; i < LOADER_PROBES; i++) {
		loader = loader_slot(loaded, i);
		if (loader && loader->aux == aux && loader->loaded == loaded)
			return loader;
	}
	return NULL;
}

#endif /* BPFSEAL_MAPS_H */
