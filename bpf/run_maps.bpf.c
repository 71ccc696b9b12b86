// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to the maps of a loader's run until its programs are verified.
 *
 * Any process of root's can write to a map before it is frozen, or freeze it: it has an
 * id, and its fd can be copied. Whoever shares the loader's fds can replace them. So
 * it counts what the loader itself did, by the numbers of its fds as they were given out:
 * nobody else can change those notes, nor what the loader has in the kernel's memory.
 *
 * hook                            role                          attack it closes
 * ------------------------------  ----------------------------  --------------------------
 * fexit/bpf_sys_bpf               notes each map's fd and what  constants changed before
 *                                 the loader writes into it;    or instead of the freeze;
 *                                 compares when it freezes it   values for another map
 * fentry/bpf_sys_close            forgets a map's fd            an fd closed, so that two
 *                                                               maps get the same number
 * fentry/bpf_stack_liveness_init  compares the maps that the    one map of the run in the
 *                                 verifier found by the fds     place of another, for as
 *                                 with those that were meant    long as the verifier looks
 *
 * The kernel may skip these programs (see run.h). What isn't noted is denied, by the
 * hooks that it doesn't skip: lsm/bpf_map_create, lsm/bpf_prog_load and lsm/bpf_prog,
 * by means of run_maps.h. Only loaders cause the first two, so they cost others nothing.
 */
#include <vmlinux.h>
#include "run_maps.h"

#define WORDS_MAX	(8U << 20)	/* what bpf_for() can count */

/* Instructions, as 64 bits: code, registers, offset, value */
#define INSN_CODE(insn)	((insn) & 0xff)
#define INSN_SRC(insn)	((insn) >> 12 & 0xf)
#define INSN_HEAD(insn)	((insn) & 0xffff)	/* code and registers */
#define INSN_OFF(insn)	((insn) >> 16 & 0xffff)
#define INSN_IMM(insn)	((__u32)((insn) >> 32))
#define LD_IMM64	0x18	/* BPF_LD | BPF_DW | BPF_IMM */
#define CALL		0x85	/* BPF_JMP | BPF_CALL */

/* The source register of LD_IMM64 and CALL (linux/bpf.h). */
#define BPF_PSEUDO_MAP_FD	1
#define BPF_PSEUDO_MAP_VALUE	2
#define BPF_PSEUDO_BTF_ID	3
#define BPF_PSEUDO_MAP_IDX	5
#define BPF_PSEUDO_MAP_IDX_VALUE 6
#define BPF_PSEUDO_KFUNC_CALL	2

/* Do @size bytes hold the same? Both stand in memory in whole words. */
static __noinline bool same_bytes(__u64 a, __u64 b, __u32 size)
{
	__u32 words = size / 8, rest = size % 8 * 8, i;
	__u64 differ;

	if (words > WORDS_MAX)
		return false;
	bpf_for(i, 0, words)
		if (kernel_u64((void *)(a + i * 8)) != kernel_u64((void *)(b + i * 8)))
			return false;
	if (!rest)
		return true;
	differ = kernel_u64((void *)(a + words * 8)) ^ kernel_u64((void *)(b + words * 8));
	return !(differ << (64 - rest));
}

/*
 * Nobody can write to it any more, and it holds what the loader wrote. A map of
 * several elements can't be told; no generated loader freezes one.
 */
static __always_inline bool is_sealed(const struct run_map *m)
{
	struct bpf_map *map = bpf_core_cast((void *)m->map, struct bpf_map);

	if (!m->value || map->cookie != m->cookie || map->map_type != BPF_MAP_TYPE_ARRAY ||
	    map->max_entries != 1 || !map->frozen)
		return false;
	barrier();
	if (map->writecnt.counter)	/* of one who began before the freeze */
		return false;
	barrier();
	return same_bytes(m->map + bpf_core_field_offset(struct bpf_array, value), m->value,
			  map->value_size);
}

static __always_inline void note_fd(struct run *run, __s32 fd)
{
	struct run_map *m = run_map_in(run, run->making - 1);

	run->making = 0;
	if (!m)
		return;
	if (fd < 0) {
		m->map = 0;
		return;
	}
	if (run_map_by_fd(run, fd) >= 0)	/* somebody else closed that */
		run->fds_lost = 1;
	m->fd = fd;
}

static __always_inline struct run_map *named_map(struct run *run, const union bpf_attr *attr)
{
	return run_map_in(run, run_map_by_fd(run, attr->map_fd));
}

static __always_inline void note_command(struct run *run, __u32 cmd, const union bpf_attr *attr)
{
	struct run_map *m = named_map(run, attr);

	if (!m)
		return;
	if (cmd == BPF_MAP_UPDATE_ELEM)
		m->value = attr->value;
	else if (cmd == BPF_MAP_FREEZE)
		m->state = is_sealed(m) ? RUN_MAP_SEALED : RUN_MAP_CHANGED;
}

SEC("fexit/bpf_sys_bpf")
int note_nested(__u64 *ctx)
{
	struct run *run = current_run();
	__u64 cmd, attr, ret;

	if (!run || bpf_get_func_arg(ctx, 0, &cmd) || bpf_get_func_arg(ctx, 1, &attr) ||
	    bpf_get_func_ret(ctx, &ret))
		return 0;
	if ((__u32)cmd == BPF_MAP_CREATE)
		note_fd(run, ret);
	else if (!(__s32)ret)
		note_command(run, cmd, bpf_core_cast((void *)attr, union bpf_attr));
	return 0;
}

SEC("fentry/bpf_sys_close")
int BPF_PROG(note_close, __u64 fd)
{
	struct run *run = current_run();
	struct run_map *m;

	if (!run)
		return 0;
	m = run_map_in(run, run_map_by_fd(run, fd));
	if (m)
		m->map = 0;
	return 0;
}

/* The map that the verifier has found for instruction @i. */
static __always_inline __u64 found_map(struct bpf_verifier_env *env, __u32 i)
{
	__u64 aux = (__u64)env->insn_aux_data, maps = (__u64)env;
	__u32 index;

	aux += (__u64)i * bpf_core_type_size(struct bpf_insn_aux_data);
	index = bpf_core_cast((void *)aux, struct bpf_insn_aux_data)->map_index;
	maps += bpf_core_field_offset(struct bpf_verifier_env, used_maps);
	return kernel_u64((void *)(maps + (__u64)index * 8));
}

/* The map that the loader means by instruction @i, or 0. */
static __always_inline __u64 meant_map(struct run *run, __u64 insn)
{
	__u32 fd = INSN_IMM(insn), src = INSN_SRC(insn);
	struct run_map *m;

	if (src == BPF_PSEUDO_MAP_IDX || src == BPF_PSEUDO_MAP_IDX_VALUE)
		fd = kernel_u64((void *)(run->load.fd_array + (__u64)fd * sizeof(fd)));
	m = run_map_in(run, run_map_by_fd(run, fd));
	return m ? m->map : 0;
}

/* @insn is instruction @i once the verifier has looked up what it names. */
static __always_inline bool load_as_meant(struct run *run, struct bpf_verifier_env *env,
					  __u32 i, __u64 insn)
{
	__u64 own = run->load.insns + (__u64)i * 8;
	__u64 meant = kernel_u64((void *)own);
	__u32 src = INSN_SRC(insn);

	if (INSN_HEAD(meant) != INSN_HEAD(insn))
		return false;
	if (src == BPF_PSEUDO_BTF_ID)	/* of a module, by an fd */
		return !INSN_IMM(kernel_u64((void *)(own + 8)));
	if (src != BPF_PSEUDO_MAP_FD && src != BPF_PSEUDO_MAP_VALUE &&
	    src != BPF_PSEUDO_MAP_IDX && src != BPF_PSEUDO_MAP_IDX_VALUE)
		return true;
	return meant_map(run, meant) == found_map(env, i);
}

/* Global, so that the loop goes on from one state. */
__weak __noinline bool insn_as_meant(struct run *run __arg_nonnull, __u64 verifier, __u32 i)
{
	struct bpf_verifier_env *env = bpf_core_cast((void *)verifier, struct bpf_verifier_env);
	__u64 insn = kernel_u64((void *)((__u64)env->prog->insnsi + (__u64)i * 8));

	if (INSN_CODE(insn) == LD_IMM64)
		return load_as_meant(run, env, i, insn);
	/* An offset names a module's BTF, by an fd. */
	return INSN_CODE(insn) != CALL || INSN_SRC(insn) != BPF_PSEUDO_KFUNC_CALL ||
	       !INSN_OFF(insn);
}

/*
 * The first function of its own that the verifier calls once it has looked up all
 * fds, and before it moves instructions.
 */
SEC("fentry/bpf_stack_liveness_init")
int maps_bound(__u64 *ctx)
{
	struct run *run = current_run();
	struct bpf_verifier_env *env;
	__u64 verifier;
	__u32 i;

	if (!run || !run->shared || bpf_get_func_arg(ctx, 0, &verifier))
		return 0;
	env = bpf_core_cast((void *)verifier, struct bpf_verifier_env);
	if (run->load.aux != (__u64)env->prog->aux)
		return 0;
	bpf_for(i, 0, env->prog->len)
		if (!insn_as_meant(run, verifier, i))
			return 0;
	run->load.bound = 1;
	return 0;
}

char _license[] SEC("license") = "GPL";
