/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The programs that are to take the place of a sealed policy's: which they are is noted
 * as their loader makes them, which the policy authority has named. See upgrade.bpf.c.
 */
#ifndef BPFSEAL_HEIR_H
#define BPFSEAL_HEIR_H

#include "seal.h"

static __always_inline bool same_digest(const __u64 *a, const __u64 *b)
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

static __always_inline bool names_loader(const struct run *run)
{
	const __u64 *digest = (const __u64 *)run->digest;
	__u32 i;

	if (!digest[0])
		return false;
	for (i = 0; i < BPFSEAL_LOADERS; i++)
		if (same_digest((const __u64 *)state.heir.loaders[i], digest))
			return true;
	return false;
}

/*
 * Its only map, which is frozen: so the hash, which the kernel takes of frozen maps only,
 * is that of what it holds, until the loader writes to it.
 */
static __always_inline bool names_metadata(const struct run *run)
{
	const struct bpf_prog_aux *loader = bpf_core_cast((void *)run->aux, struct bpf_prog_aux);
	__u64 hash[BPFSEAL_DIGEST_LEN / 8];

	if (loader->used_map_cnt != 1 || !hash_of_map(used_map(loader, 0), hash))
		return false;
	return same_digest((const __u64 *)state.heir.metadata, hash);
}

/* Only its first run, which is the only one that is believed. */
static __always_inline bool is_made_by(const struct run *run)
{
	if (state.heir.run)
		return state.heir.run == run->number;
	return names_loader(run) && names_metadata(run) &&
	       !__sync_val_compare_and_swap(&state.heir.run, 0, run->number);
}

static __always_inline bool is_handover(const struct bpf_map *map)
{
	return map->map_type == BPF_MAP_TYPE_ARRAY && map->max_entries == 1 &&
	       map->value_size == sizeof(struct bpfseal_handover);
}

/* Without a stage that fits it can never rule. */
static __always_inline void add_to_heir(const struct bpf_prog_aux *aux, bool for_cgroup)
{
	struct bpfseal_heir *heir = &state.heir;
	bool fits = add_id(&heir->progs, aux->id);
	struct bpf_map *map;
	__u32 i;

	heir->deciding += for_cgroup;
	bpf_for(i, 0, aux->used_map_cnt) {
		map = used_map(aux, i);
		fits &= add_id(&heir->maps, map->id);
		if (is_handover(map))
			heir->handover = (__u64)map;
	}
	if (!fits)
		heir->stage -= heir_stage();
}

/**
 * note_heir - a believed run has made a program: is it one of those?
 * @run: the run
 * @prog: the program, once it is admitted
 *
 * Global, so that it is verified once.
 *
 * Return: 0, as a global function has to return a number
 */
__weak __noinline int note_heir(struct run *run __arg_nonnull, struct bpf_prog *prog __arg_trusted)
{
	if (heir_stage() == BPFSEAL_HEIR_ADOPTED && is_made_by(run))
		add_to_heir(prog->aux, is_for_cgroup(prog));
	return 0;
}

#endif /* BPFSEAL_HEIR_H */
