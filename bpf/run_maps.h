/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The maps of a loader's run: which they are, by which fd the loader knows each,
 * and whether they hold what it wrote. run_maps.bpf.c notes that and says what for.
 */
#ifndef BPFSEAL_RUN_MAPS_H
#define BPFSEAL_RUN_MAPS_H

#include "run.h"

/** begin_run_maps - for a run that begins in this task */
static __always_inline void begin_run_maps(struct run *run)
{
	/* Who shares a table can make more share it, but nobody joins one of a single task. */
	run->shared = bpf_get_current_task_btf()->files->count.counter != 1;
	run->fds_lost = 0;
	run->making = 0;
	run->n_maps = 0;
	run->load.aux = 0;
}

static __always_inline struct run_map *run_map_in(struct run *run, int i)
{
	return i >= 0 && i < RUN_MAPS ? &run->maps[i] : NULL;
}

/* Global, as what follows, so that callers go on from one state, not one for each slot. */

/** run_map_by_fd - index of the map that the loader knows by this fd, or -1 */
__weak __noinline int run_map_by_fd(struct run *run __arg_nonnull, __s32 fd)
{
	struct run_map *m;
	__u32 i;

	bpf_for(i, 0, run->n_maps) {
		m = run_map_in(run, i);
		if (m && m->map && m->fd == fd)
			return i;
	}
	return -1;
}

/** run_map_by_address - index of a map that was made in this run, or -1 */
__weak __noinline int run_map_by_address(struct run *run __arg_nonnull, __u64 map, __u64 cookie)
{
	struct run_map *m;
	__u32 i;

	bpf_for(i, 0, run->n_maps) {
		m = run_map_in(run, i);
		if (m && m->map == map && m->cookie == cookie)
			return i;
	}
	return -1;
}

/* Index of a slot for one more map, or RUN_MAPS. */
__weak __noinline int run_map_free(struct run *run __arg_nonnull)
{
	struct run_map *m;
	__u32 i;

	bpf_for(i, 0, run->n_maps) {
		m = run_map_in(run, i);
		if (m && !m->map)
			return i;
	}
	i = run->n_maps;
	if (i < RUN_MAPS)
		run->n_maps = i + 1;
	return i;
}

/* The verifier judges what comes out of a map-in-map by a copy of one inner map. */
static __always_inline bool same_kind(const struct bpf_map *a, const struct bpf_map *b)
{
	return a->map_type == b->map_type && a->key_size == b->key_size &&
	       a->value_size == b->value_size && a->max_entries == b->max_entries &&
	       a->map_flags == b->map_flags && a->btf == b->btf;
}

static __always_inline bool own_inner(struct run *run, struct bpf_map *outer, __s32 fd)
{
	struct bpf_map *meta = outer->inner_map_meta, *inner;
	struct run_map *m;

	if (!meta || !run->shared)
		return true;
	m = run_map_in(run, run_map_by_fd(run, fd));
	if (!m)
		return false;
	inner = bpf_core_cast((void *)m->map, struct bpf_map);
	return inner->cookie == m->cookie && same_kind(meta, inner);
}

/**
 * take_map - note a map that a believed run makes, if it may
 * @run: the run
 * @map: the map, which has no fd yet
 * @attr: what it is made with
 * @j: its reason is set if it may not
 *
 * Return: 0, as a global function has to return a number
 */
__weak __noinline int take_map(struct run *run __arg_nonnull, struct bpf_map *map __arg_trusted,
			       union bpf_attr *attr __arg_trusted,
			       struct judgement *j __arg_nonnull)
{
	struct run_map *m;
	int i;

	if (!own_btf(run, map->btf)) {
		j->reason = BPFSEAL_R_FOREIGN_BTF;
		return 0;
	}
	if (!own_inner(run, map, attr->inner_map_fd)) {
		j->reason = BPFSEAL_R_SWAPPED_FD;
		return 0;
	}
	i = run_map_free(run);
	m = run_map_in(run, i);
	if (!m) {
		j->reason = BPFSEAL_R_STATE_FULL;
		return 0;
	}
	m->map = (__u64)map;
	m->cookie = map->cookie;
	m->value = 0;
	m->fd = -1;
	m->state = RUN_MAP_MADE;
	if (run->making)	/* nobody has noted the fd of the one before */
		run->fds_lost = 1;
	run->making = i + 1;
	return 0;
}

/*
 * A program can be bound to other things by fds that nobody notes: BTF of modules,
 * one of several BTF objects of the loader's own, programs to attach to.
 */
static __always_inline bool names_only_maps(struct run *run, const union bpf_attr *attr)
{
	return !attr->attach_btf_obj_fd && run->n_btfs <= 1;
}

/**
 * begin_load - a believed run loads a program: what maps_bound needs to know
 * @run: the run
 * @aux: the program's
 * @attr: the kernel's copy of the attributes
 */
static __always_inline void begin_load(struct run *run, struct bpf_prog_aux *aux,
				       const union bpf_attr *attr)
{
	if (!run->shared)
		return;
	run->load.aux = names_only_maps(run, attr) ? (__u64)aux : 0;
	run->load.insns = attr->insns;
	run->load.fd_array = attr->fd_array;
	run->load.bound = 0;
}

/* The verifier takes constants from such a map once it is frozen, as from .rodata. */
static __always_inline bool may_have_constants(const struct bpf_map *map)
{
	return map->map_flags & BPF_F_RDONLY_PROG && map->map_type == BPF_MAP_TYPE_ARRAY &&
	       map->max_entries == 1;
}

/*
 * If the fds are shared, the loader's freeze may have hit another map, and its note
 * may have been missed: then constants that aren't frozen tell that something is wrong.
 */
static __always_inline __u8 judge_map(struct run *run, __u64 address)
{
	struct bpf_map *map = bpf_core_cast((void *)address, struct bpf_map);
	struct run_map *m;

	m = run_map_in(run, run_map_by_address(run, address, map->cookie));
	if (!m)
		return BPFSEAL_R_FOREIGN_MAP;
	if (m->state == RUN_MAP_SEALED)
		return BPFSEAL_R_NONE;
	if (m->state == RUN_MAP_CHANGED || map->frozen ||
	    (run->shared && may_have_constants(map)))
		return BPFSEAL_R_CHANGED_MAP;
	return BPFSEAL_R_NONE;
}

static __always_inline bool fds_known(const struct run *run)
{
	return !run->shared || (!run->fds_lost && !run->making);
}

static __always_inline bool bound_as_meant(const struct run *run, const struct bpf_prog_aux *aux)
{
	return !run->shared || (run->load.bound && run->load.aux == (__u64)aux);
}

/**
 * judge_maps - are a program's maps those its loader means, with what that wrote?
 * @run: the believed run
 * @aux: the program's, with the maps that the verifier has bound
 * @j: its reason is set if they aren't
 *
 * What is frozen stays as it is, so what holds here held when the verifier looked.
 */
static __always_inline bool judge_maps(struct run *run, struct bpf_prog_aux *aux,
				       struct judgement *j)
{
	struct bpf_map **maps = aux->used_maps;
	__u8 reason;
	__u32 i;

	j->reason = BPFSEAL_R_SWAPPED_FD;
	if (!fds_known(run))
		return false;
	bpf_for(i, 0, aux->used_map_cnt) {
		reason = judge_map(run, kernel_u64(maps + i));
		if (!reason)
			continue;
		j->reason = reason;
		return false;
	}
	if (!bound_as_meant(run, aux))
		return false;
	j->reason = BPFSEAL_R_NESTED;
	return true;
}

#endif /* BPFSEAL_RUN_MAPS_H */
