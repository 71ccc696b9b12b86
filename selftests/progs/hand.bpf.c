// SPDX-License-Identifier: GPL-2.0-only
/*
 * A loader made by hand, much simpler than a generated one: it makes a map,
 * freezes it and loads a program that reads it, and can be held up at every
 * step. It has no map of its own, so its instructions can be signed as they
 * stand.
 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "hand.h"

#define INSN_LD_MAP_VALUE	0x2118	/* r1 = address of a map's value */
#define INSN_LDX_W		0x1061	/* r0 = *(u32 *)r1 */
#define INSN_EXIT		0x95

static __always_inline void hold(__u64 address)
{
	__u64 byte;

	if (address)
		bpf_copy_from_user(&byte, 1, (void *)address);
}

static __always_inline int make_map(__u32 btf, __u32 type)
{
	union bpf_attr attr;

	__builtin_memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 4;
	attr.max_entries = 1;
	attr.btf_fd = btf;
	attr.btf_key_type_id = type;
	attr.btf_value_type_id = type;
	attr.map_name[0] = 'o';
	attr.map_name[1] = 'w';
	attr.map_name[2] = 'n';
	return bpf_sys_bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
}

static __always_inline int freeze_map(int fd)
{
	union bpf_attr attr;

	__builtin_memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	return bpf_sys_bpf(BPF_MAP_FREEZE, &attr, sizeof(attr));
}

static __always_inline int load_reader(__u32 map, __u32 btf, __u32 func)
{
	volatile __u64 insns[4];
	volatile __u32 func_info[2];
	union bpf_attr attr;
	char license[4];

	insns[0] = INSN_LD_MAP_VALUE | (__u64)map << 32;
	insns[1] = 0;
	insns[2] = INSN_LDX_W;
	insns[3] = INSN_EXIT;
	license[0] = 'G';
	license[1] = 'P';
	license[2] = 'L';
	license[3] = 0;
	__builtin_memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (__u64)insns;
	attr.insn_cnt = 4;
	attr.license = (__u64)license;
	attr.prog_name[0] = 'r';
	attr.prog_name[1] = 'e';
	attr.prog_name[2] = 'a';
	attr.prog_name[3] = 'd';
	attr.prog_name[4] = 'e';
	attr.prog_name[5] = 'r';
	if (btf) {
		func_info[0] = 0;
		func_info[1] = func;
		attr.prog_btf_fd = btf;
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
		map = make_map(ctx->map_btf, ctx->map_type);
		ctx->made = map;
		hold(ctx->wait_made);
		ctx->frozen = freeze_map(map);
		hold(ctx->wait_frozen);
	}
	ctx->prog = load_reader(map, ctx->prog_btf, ctx->prog_func);
	return 0;
}

char _license[] SEC("license") = "GPL";
