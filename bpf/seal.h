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

/** is_sealed - are the policy's own objects out of reach? */
static __always_inline bool is_sealed(void)
{
	return state.seal != BPFSEAL_OPEN;
}

/** seals_prog - is this one of a sealed policy's programs? */
static __always_inline bool seals_prog(__u32 id)
{
	return is_sealed() && ids_have(&state.progs, id);
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
	struct bpfseal_event *e = event_open(p, d, NULL, bpf_ktime_get_boot_ns());

	if (!e)
		return NULL;
	event_exe_name(e);
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
