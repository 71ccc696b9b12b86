// SPDX-License-Identifier: GPL-2.0-only
/*
 * A loader made by hand, much simpler than a generated one: it makes a map or
 * two, writes into them, freezes them and loads a program that reads them, and
 * can be held up at every step. It has no map of its own, so its instructions
 * can be signed as they stand.
 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "hand.h"

#define INSN_LD_MAP_VALUE	0x2118	/* r1 = address of a map's value, by its fd */
#define INSN_LDX_W		0x1061	/* r0 = *(u32 *)r1 */
#define INSN_EXIT		0x95
#define INSN_LD_IDX_VALUE	(0x6218 | 1ULL << 32)	/* r2: the same, by fd_array[1] */
#define INSN_LDX_W_SECOND	0x2261	/* r2 = *(u32 *)r2 */
#define INSN_SHIFT_SECOND	(0x0267 | 16ULL << 32)	/* r2 <<= 16 */
#define INSN_OR_SECOND		0x204f	/* r0 |= r2 */

static __always_inline void hold(__u64 address)
{
	__u64 byte;

	if (address)
		bpf_copy_from_user(&byte, 1, (void *)address);
}

static __always_inline int make_map(struct hand_ctx *ctx)
{
	union bpf_attr attr;

	__builtin_memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 4;
	attr.max_entries = 1;
	attr.map_flags = ctx->map_flags;
	attr.btf_fd = ctx->map_btf;
	attr.btf_key_type_id = ctx->map_type;
	attr.btf_value_type_id = ctx->map_type;
	attr.map_name[0] = 'o';
	attr.map_name[1] = 'w';
	attr.map_name[2] = 'n';
	return bpf_sys_bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
}

static __always_inline int make_second(struct hand_ctx *ctx, int inner)
{
	union bpf_attr attr;

	__builtin_memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 4;
	attr.max_entries = 1;
	if (ctx->second == HAND_ARRAY) {
		attr.map_flags = ctx->map_flags;
	} else {
		attr.map_type = BPF_MAP_TYPE_ARRAY_OF_MAPS;
		attr.inner_map_fd = inner;
	}
	attr.map_name[0] = 's';
	attr.map_name[1] = 'e';
	attr.map_name[2] = 'c';
	attr.map_name[3] = 'o';
	attr.map_name[4] = 'n';
	attr.map_name[5] = 'd';
	return bpf_sys_bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
}

static __always_inline void make_maps(struct hand_ctx *ctx)
{
	ctx->made = make_map(ctx);
	if (ctx->second) {
		hold(ctx->wait_one);
		ctx->made_second = make_second(ctx, ctx->made);
	}
	hold(ctx->wait_new);
}

static __always_inline int write_map(int fd, __u32 *value)
{
	union bpf_attr attr;
	__u32 zero = 0;

	__builtin_memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = (__u64)&zero;
	attr.value = (__u64)value;
	return bpf_sys_bpf(BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr));
}

static __always_inline int freeze_map(int fd)
{
	union bpf_attr attr;

	__builtin_memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	return bpf_sys_bpf(BPF_MAP_FREEZE, &attr, sizeof(attr));
}

static __always_inline void fill_maps(struct hand_ctx *ctx)
{
	write_map(ctx->made, &ctx->values[0]);
	if (ctx->second == HAND_ARRAY)
		write_map(ctx->made_second, &ctx->values[1]);
	hold(ctx->wait_made);
	if (ctx->unfrozen)
		return;
	ctx->frozen = freeze_map(ctx->made);
	if (ctx->second == HAND_ARRAY)
		freeze_map(ctx->made_second);
}

static __always_inline int load_reader(struct hand_ctx *ctx, __u32 map)
{
	bool both = ctx->second == HAND_ARRAY;
	volatile __u32 fds[2], func_info[2];
	volatile __u64 insns[9];
	union bpf_attr attr;
	char license[4];

	insns[0] = INSN_LD_MAP_VALUE | (__u64)map << 32;
	insns[1] = 0;
	insns[2] = INSN_LDX_W;
	insns[3] = both ? INSN_LD_IDX_VALUE : INSN_EXIT;
	insns[4] = 0;
	insns[5] = INSN_LDX_W_SECOND;
	insns[6] = INSN_SHIFT_SECOND;
	insns[7] = INSN_OR_SECOND;
	insns[8] = INSN_EXIT;
	fds[0] = map;
	fds[1] = ctx->made_second;
	license[0] = 'G';
	license[1] = 'P';
	license[2] = 'L';
	license[3] = 0;
	__builtin_memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (__u64)insns;
	attr.insn_cnt = both ? 9 : 4;
	attr.fd_array = (__u64)fds;
	attr.license = (__u64)license;
	attr.prog_name[0] = 'r';
	attr.prog_name[1] = 'e';
	attr.prog_name[2] = 'a';
	attr.prog_name[3] = 'd';
	attr.prog_name[4] = 'e';
	attr.prog_name[5] = 'r';
	if (ctx->prog_btf) {
		func_info[0] = 0;
		func_info[1] = ctx->prog_func;
		attr.prog_btf_fd = ctx->prog_btf;
		attr.func_info = (__u64)func_info;
		attr.func_info_cnt = 1;
		attr.func_info_rec_size = sizeof(func_info);
	}
	return bpf_sys_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

SEC("syscall")
int hand(struct hand_ctx *ctx)
{
	int map = ctx->map;

	hold(ctx->wait_first);
	if (!map) {
		make_maps(ctx);
		fill_maps(ctx);
		hold(ctx->wait_frozen);
		map = ctx->made;
	}
	ctx->prog = load_reader(ctx, map);
	return 0;
}

char _license[] SEC("license") = "GPL";
