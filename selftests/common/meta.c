// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * meta.c - loaders made by hand that verify their metadata.
 */
#include <errno.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "meta.h"

/* --- BTF ------------------------------------------------------------------- */

/* The type of the kfunc's first parameter. */
static int add_map_type(struct btf *btf, enum meta_proto proto, int u64_id)
{
	switch (proto) {
	case META_PROTO_SCALAR:
		return u64_id;
	case META_PROTO_STRUCT:
		return btf__add_ptr(btf, btf__add_struct(btf, "bpf_map", 8));
	case META_PROTO_POINTEE:
		return btf__add_ptr(btf, btf__add_fwd(btf, "bpf_prog", BTF_FWD_STRUCT));
	case META_PROTO_UNION:
		return btf__add_ptr(btf, btf__add_fwd(btf, "bpf_map", BTF_FWD_UNION));
	default:
		return btf__add_ptr(btf, btf__add_fwd(btf, "bpf_map", BTF_FWD_STRUCT));
	}
}

/* The type of its last one; 0 is that of variable arguments. */
static int add_size_type(struct btf *btf, enum meta_proto proto, int int_id)
{
	switch (proto) {
	case META_PROTO_SIGN:
		return int_id;
	case META_PROTO_NARROW:
		return btf__add_int(btf, "unsigned short", 2, 0);
	case META_PROTO_VARARGS:
		return 0;
	default:
		return btf__add_int(btf, "unsigned int", 4, 0);
	}
}

static int add_func(struct btf *btf, const char *name, enum meta_proto proto)
{
	int int_id = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	int s64_id = btf__add_int(btf, "long long", 8, BTF_INT_SIGNED);
	int u64_id = btf__add_int(btf, "unsigned long long", 8, 0);
	int map_id = add_map_type(btf, proto, u64_id);
	int hash_id = btf__add_ptr(btf, btf__add_const(btf, u64_id));
	int size_id = add_size_type(btf, proto, int_id);
	bool wide = proto == META_PROTO_RETURN || proto == META_PROTO_SUM;
	int proto_id = btf__add_func_proto(btf, wide ? s64_id : int_id);
	int err = btf__add_func_param(btf, "map", map_id);

	if (!err && proto != META_PROTO_SUM)
		err = btf__add_func_param(btf, "hash", hash_id);
	if (!err && proto != META_PROTO_SUM && proto != META_PROTO_PARAMS)
		err = btf__add_func_param(btf, size_id ? "hash__sz" : NULL, size_id);
	return err ? err : btf__add_func(btf, name, BTF_FUNC_GLOBAL, proto_id);
}

int meta_btf_make(struct meta_btf *out, const char *func, enum meta_proto proto)
{
	struct btf *btf = btf__new_empty();
	const void *raw = NULL;

	memset(out, 0, sizeof(*out));
	out->fd = -1;
	if (!btf)
		return -errno;
	out->func_id = add_func(btf, func, proto);
	if (out->func_id > 0)
		raw = btf__raw_data(btf, &out->len);
	if (raw)
		out->raw = malloc(out->len);
	if (out->raw) {
		memcpy(out->raw, raw, out->len);
		out->fd = bpf_btf_load(out->raw, out->len, NULL);
	}
	btf__free(btf);
	return out->fd < 0 ? -EINVAL : 0;
}

void meta_btf_free(struct meta_btf *btf)
{
	free(btf->raw);
	if (btf->fd >= 0)
		close(btf->fd);
	btf->raw = NULL;
	btf->fd = -1;
}

/* --- instructions ---------------------------------------------------------- */

static void add(struct meta_insns *out, struct bpf_insn insn)
{
	out->insns[out->n++] = insn;
}

static void add_map_address(struct meta_insns *out, int reg, int kind)
{
	add(out, INSN(BPF_LD | BPF_DW | BPF_IMM, reg, kind, 0, 0));
	add(out, INSN(0, 0, 0, 0, 0));
}

/* The address of the map's value is a write in two instructions. */
static void add_write(struct meta_insns *out)
{
	add_map_address(out, BPF_REG_1, BPF_PSEUDO_MAP_IDX_VALUE);
	add(out, INSN(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_1, 0, 0, 1));
}

static void add_hash(struct meta_insns *out, const uint64_t hash[4])
{
	int i;

	for (i = 0; i < 4; i++) {
		add(out, INSN(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_3, 0, 0, (int32_t)hash[i]));
		add(out, INSN(0, 0, 0, 0, (int32_t)(hash[i] >> 32)));
		add(out, INSN(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_3, -32 + 8 * i, 0));
	}
}

static void add_inner_map(struct meta_insns *out)
{
	add_map_address(out, BPF_REG_1, BPF_PSEUDO_MAP_IDX);
	add(out, INSN(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -40, 0));
	add(out, MOV_REG(BPF_REG_2, BPF_REG_10));
	add(out, INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -40));
	add(out, CALL(BPF_FUNC_map_lookup_elem));
	add(out, INSN(BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 2, 0));
	add(out, MOV_IMM(BPF_REG_0, -ENOENT));
	add(out, EXIT());
	add(out, MOV_REG(BPF_REG_1, BPF_REG_0));
}

static int kernel_btf_id(const char *name, uint32_t kind)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int id = btf ? btf__find_by_name_kind(btf, name, kind) : -errno;

	btf__free(btf);
	return id;
}

/* bpf_rdonly_cast() makes a typed pointer of any address. */
static int add_cast_map(struct meta_insns *out)
{
	int cast = kernel_btf_id("bpf_rdonly_cast", BTF_KIND_FUNC);
	int map = kernel_btf_id("bpf_map", BTF_KIND_STRUCT);

	if (cast < 0 || map < 0)
		return -ENOENT;
	add_map_address(out, BPF_REG_1, BPF_PSEUDO_MAP_IDX);
	add(out, MOV_IMM(BPF_REG_2, map));
	add(out, INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, cast));
	add(out, MOV_REG(BPF_REG_1, BPF_REG_0));
	return 0;
}

static int add_map_arg(struct meta_insns *out, enum meta_arg arg)
{
	switch (arg) {
	case META_ARG_INNER:
		add_inner_map(out);
		return 0;
	case META_ARG_CAST:
		return add_cast_map(out);
	default:
		add_map_address(out, BPF_REG_1, BPF_PSEUDO_MAP_IDX);
		return 0;
	}
}

int meta_insns_hash(struct meta_insns *insns)
{
	return gate_insns_hash(insns->insns, insns->n * sizeof(*insns->insns), insns->hash);
}

int meta_insns_make(struct meta_insns *out, const struct meta_opts *opts)
{
	uint64_t hash[4];
	int err = gate_insns_hash(opts->content, META_SIZE, (uint8_t *)hash);

	if (err)
		return err;
	out->n = 0;
	if (opts->write_first)
		add_write(out);
	add_hash(out, hash);
	err = add_map_arg(out, opts->arg);
	if (err)
		return err;
	add(out, MOV_REG(BPF_REG_2, BPF_REG_10));
	add(out, INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -32));
	add(out, MOV_IMM(BPF_REG_3, opts->hash_size ? opts->hash_size : 32));
	add(out, INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_BTF_CALL, 0, opts->func_id));
	add(out, EXIT());
	return meta_insns_hash(out);
}

/* --- loading and running --------------------------------------------------- */

static int sign(const struct meta_load *load, union bpf_attr *attr)
{
	const struct meta_btf *btf = load->signed_btf ? load->signed_btf : load->btf;
	struct gate_signature signature;
	int err;

	err = gate_sign_insns(load->who, load->insns->insns, load->insns->n,
			      btf ? btf->raw : NULL, btf ? btf->len : 0, &signature);
	if (!err)
		gate_attr_sign(attr, &signature, KEY_SPEC_SESSION_KEYRING);
	return err;
}

void meta_load_close_map(struct meta_load *load)
{
	if (load->map_fd >= 0)
		close(load->map_fd);
	load->map_fd = -1;
}

int meta_attr(const struct meta_load *load, union bpf_attr *attr)
{
	*attr = gate_attr(BPF_PROG_TYPE_SYSCALL, "meta", load->insns->insns, load->insns->n);
	attr->prog_flags = BPF_F_SLEEPABLE;
	attr->fd_array = (uintptr_t)&load->map_fd;
	attr->fd_array_cnt = load->fd_array_cnt;
	attr->prog_btf_fd = load->btf ? load->btf->fd : 0;
	return load->who ? sign(load, attr) : 0;
}

void meta_attr_free(union bpf_attr *attr)
{
	free((void *)(uintptr_t)attr->signature);
}

int meta_load(const struct meta_load *load)
{
	union bpf_attr attr;
	int fd = meta_attr(load, &attr);

	if (!fd)
		fd = gate_load(&attr);
	meta_attr_free(&attr);
	return fd;
}

int meta_run(int prog_fd)
{
	int32_t ret;

	return gate_prog_run(prog_fd, NULL, 0, &ret) ? -ECANCELED : ret;
}

int meta_map(const struct meta_insns *insns, const void *content)
{
	const struct gate_map map = {
		.name = "meta", .data = content, .size = META_SIZE, .excl = insns->hash,
		.freeze = true,
	};

	return gate_map_make(&map);
}
