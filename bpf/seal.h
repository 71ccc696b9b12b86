/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a sealed policy calls its own.
 */
#ifndef BPFSEAL_SEAL_H
#define BPFSEAL_SEAL_H

#include "event.h"

/** ids_have - is an id in the set? */
static __always_inline bool ids_have(const struct bpfseal_ids *ids, __u32 id)
{
	__u32 n = id - ids->base;

	return n < BPFSEAL_IDS && ids->bits[n / 64 % (BPFSEAL_IDS / 64)] >> (n % 64) & 1;
}

/** add_id - add an id to the set; false if it is too far from the first one */
static __always_inline bool add_id(struct bpfseal_ids *ids, __u32 id)
{
	__u32 n;

	if (!ids->base)
		ids->base = id > BPFSEAL_IDS / 2 ? id - BPFSEAL_IDS / 2 : 1;
	n = id - ids->base;
	if (n >= BPFSEAL_IDS)
		return false;
	ids->bits[n / 64 % (BPFSEAL_IDS / 64)] |= 1ULL << (n % 64);
	return true;
}

/** begin_switch - let nobody else change what is in force meanwhile; false if somebody does */
static __always_inline bool begin_switch(void)
{
	__u32 self = bpf_get_current_pid_tgid() >> 32;

	return !__sync_val_compare_and_swap(&state.switching, 0, self);
}

static __always_inline void end_switch(void)
{
	*(volatile __u32 *)&state.switching = 0;
}

/** is_sealed - are the policy's own objects out of reach? */
static __always_inline bool is_sealed(void)
{
	return state.seal != BPFSEAL_OPEN;
}

/** heir_stage - enum bpfseal_heir_stage */
static __always_inline __u32 heir_stage(void)
{
	return state.heir.stage % 8;
}

/** is_isolated - are the programs that are to take the place of these out of reach? */
static __always_inline bool is_isolated(void)
{
	return heir_stage() >= BPFSEAL_HEIR_ISOLATED;
}

/** seals_prog - is this one of a sealed policy's programs, or of those that are to follow? */
static __always_inline bool seals_prog(__u32 id)
{
	return is_sealed() && (ids_have(&state.progs, id) ||
			       (is_isolated() && ids_have(&state.heir.progs, id)));
}

/** seals_map - likewise, one of their maps? */
static __always_inline bool seals_map(__u32 id)
{
	return is_sealed() && (ids_have(&state.maps, id) ||
			       (is_isolated() && ids_have(&state.heir.maps, id)));
}

/**
 * fits_public - is this the type of a program that anybody may have?
 *
 * A program that attaches to others can be attached to one it wasn't loaded for, if that is
 * of the same type; no hook is asked then (bpf_tracing_prog_attach() in kernel/bpf/syscall.c).
 */
static __always_inline bool fits_public(__u32 type)
{
	return type == BPF_PROG_TYPE_SYSCALL || type == BPF_PROG_TYPE_TRACING;
}

/** is_public - one of the policy's programs that is there to be run, or read through */
static __always_inline bool is_public(const struct bpf_prog *prog)
{
	return prog->type == BPF_PROG_TYPE_SYSCALL ||
	       prog->expected_attach_type == BPF_TRACE_ITER;
}

/** is_for_cgroup - does it decide, attached to the root cgroup? */
static __always_inline bool is_for_cgroup(const struct bpf_prog *prog)
{
	return prog->expected_attach_type == BPF_LSM_CGROUP ||
	       prog->type == BPF_PROG_TYPE_CGROUP_SYSCTL;
}

/** attaches_to_own - could this program be attached to one of a sealed policy's? */
static __always_inline bool attaches_to_own(const struct bpf_prog *prog)
{
	const struct bpf_prog *target = prog->aux->dst_prog;

	return target && is_sealed() &&
	       (seals_prog(target->aux->id) || fits_public(target->type));
}

/** open_other - begin the record of what isn't about a load, for the caller to add the object to */
static __always_inline struct bpfseal_event *open_other(struct bpfseal_policy *p,
							const struct decision *d)
{
	struct bpfseal_event *e = event_open(p, d, NULL);

	if (!e)
		return NULL;
	e->time_ns = bpf_ktime_get_boot_ns();
	event_task_name(e);
	e->object_type = e->attach_type = e->insn_cnt = e->prog_id = 0;
	clear_words(e->digest, sizeof(e->digest));
	return e;
}

/**
 * open_sealed - begin the record of a denial, for the caller to add the object to
 * @hook: enum bpfseal_hook
 * @ret: set to what the hook returns
 */
static __always_inline struct bpfseal_event *open_sealed(__u8 hook, int *ret)
{
	struct decision d = { .hook = hook };
	struct bpfseal_policy *p = the_policy();

	d.j.reason = BPFSEAL_R_SEALED;
	*ret = hook_returns(decide(p, &d));
	return open_other(p, &d);
}

static __always_inline void close_nameless(struct bpfseal_event *e)
{
	if (!e)
		return;
	clear_words(e->name, sizeof(e->name));
	event_close(e);
}

/** record_other - record what is about neither a program nor a map */
static __always_inline void record_other(struct bpfseal_policy *p, const struct decision *d)
{
	close_nameless(open_other(p, d));
}

/** deny_other - deny what isn't about a program or a map */
static __always_inline int deny_other(__u8 hook)
{
	int ret;

	close_nameless(open_sealed(hook, &ret));
	return ret;
}

static __always_inline struct bpf_map *used_map(const struct bpf_prog_aux *aux, __u32 i)
{
	return bpf_core_cast((void *)kernel_u64(aux->used_maps + i), struct bpf_map);
}

/* One reference is that of what attaches a program; a reader of programs holds the one it shows. */
#define OWN_REFS	2

/** record_control - record what was asked of the policy, and what came of it */
static __always_inline void record_control(struct bpfseal_policy *p, __u8 reason, int err)
{
	struct decision d = { .hook = BPFSEAL_HOOK_CONTROL, .error = err };

	d.decision = err ? BPFSEAL_DENY : BPFSEAL_ALLOW;
	d.j.reason = reason;
	record_other(p, &d);
}

/** is_held - has somebody a descriptor of this program? Of those that are there for all it doesn't matter. */
static __always_inline bool is_held(const struct bpf_prog *prog)
{
	return !is_public(prog) && prog->aux->refcnt.counter > OWN_REFS;
}

/** report_held - tell of something that stands in the way of the seal, to whoever reads the audit */
static __always_inline void report_held(struct seq_file *seq, __u32 kind, __u32 id,
					const char *name)
{
	struct bpfseal_held held = { .kind = kind, .id = id };

	if (name)
		copy_words(held.name, name, sizeof(held.name));
	bpf_seq_write(seq, &held, sizeof(held));
	state.held++;
}

/**
 * count_references - count those to a map, each map once
 *
 * A map of maps refers to a map without having it: userspace may be without any descriptor.
 */
static __always_inline void count_references(const struct bpf_map *map)
{
	state.uses++;
	if (ids_have(&state.seen, map->id))
		return;
	state.refs += map->refcnt.counter;
	if (!add_id(&state.seen, map->id))
		state.held++;
}

/** begin_reading - a reading of the audit begins: what it has come by so far is nothing */
static __always_inline void begin_reading(__u64 session)
{
	state.audit = session;
	state.held = 0;
	state.uses = state.refs = 0;
	__builtin_memset(&state.seen, 0, sizeof(state.seen));
}

/**
 * end_reading - a reading of the audit comes to its end
 *
 * In one step, as another one may have begun meanwhile, or the state been cleared.
 *
 * Return: has it found nothing, and does it still count?
 */
static __always_inline bool end_reading(__u64 session)
{
	__u64 end = *(volatile __u32 *)&state.held ? 0 : BPFSEAL_AUDIT_CLEAN;

	return __sync_val_compare_and_swap(&state.audit, session, end) == session && end;
}

/** is_audited - has the last reading found nothing? */
static __always_inline bool is_audited(void)
{
	return state.audit == BPFSEAL_AUDIT_CLEAN;
}

/** is_own - is this one of the policy's programs? Each of them uses one of these maps. */
static __always_inline bool is_own(const struct bpf_prog_aux *aux)
{
	__u32 i, id;

	bpf_for(i, 0, aux->used_map_cnt) {
		id = used_map(aux, i)->id;
		if (id == ((struct bpf_map *)&policies)->id ||
		    id == ((struct bpf_map *)&loaders)->id ||
		    id == ((struct bpf_map *)&runs)->id)
			return true;
	}
	return false;
}

#endif /* BPFSEAL_SEAL_H */
