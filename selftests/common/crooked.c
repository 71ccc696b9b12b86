// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * crooked.c - BTF and relocations that give a program another meaning.
 */
#include <errno.h>
#include <string.h>

#include <bpf/btf.h>

#include "crooked.h"
#include "gate.h"

/* The ids of what load_btf() puts in. */
struct parts {
	int function;
	int number;
	int task;
	int file;
	int line;
	int access;
};

/* A relocation has to find the size it replaces, 0, in the instruction. */
static int fill_btf(struct btf *btf, struct parts *parts)
{
	int skb, pointer, proto;

	parts->number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	parts->task = btf__add_struct(btf, "task_struct", 0);
	skb = btf__add_struct(btf, "__sk_buff", 0);
	pointer = btf__add_ptr(btf, skb);
	if (parts->number < 0 || parts->task < 0 || skb < 0 || pointer < 0)
		return -EINVAL;
	proto = btf__add_func_proto(btf, parts->number);
	if (proto < 0 || btf__add_func_param(btf, "ctx", pointer))
		return -EINVAL;
	parts->function = btf__add_func(btf, "main", BTF_FUNC_GLOBAL, proto);
	parts->file = btf__add_str(btf, "main.c");
	parts->line = btf__add_str(btf, "return 0;");
	parts->access = btf__add_str(btf, "0");
	return parts->function < 0 ? -EINVAL : 0;
}

/* Straight to bpf(2), see gate.h. */
static int load_btf(struct btf *btf, struct crooked *out)
{
	union bpf_attr attr;
	const void *raw;
	__u32 size;

	raw = btf__raw_data(btf, &size);
	if (!raw || size > sizeof(out->btf))
		return -ENOMEM;
	memcpy(out->btf, raw, size);
	out->btf_len = size;
	memset(&attr, 0, sizeof(attr));
	attr.btf = (uintptr_t)raw;
	attr.btf_size = size;
	return gate_bpf(BPF_BTF_LOAD, &attr);
}

int crooked_make(struct crooked *out)
{
	struct btf *btf = btf__new_empty();
	struct parts parts;
	int err;

	if (!btf)
		return -ENOMEM;
	memset(out, 0, sizeof(*out));
	out->btf_fd = -1;
	err = fill_btf(btf, &parts);
	if (!err)
		err = load_btf(btf, out);
	btf__free(btf);
	if (err < 0)
		return err;
	out->btf_fd = err;
	out->number = parts.number;
	out->relo.type_id = parts.task;
	out->relo.access_str_off = parts.access;
	out->relo.kind = BPF_CORE_TYPE_SIZE;
	out->func.type_id = parts.function;
	out->line.file_name_off = parts.file;
	out->line.line_off = parts.line;
	out->line.line_col = 1 << 10 | 1;
	return 0;
}

void crooked_add_relo(union bpf_attr *attr, struct crooked *crooked)
{
	attr->prog_btf_fd = crooked->btf_fd;
	attr->core_relos = (uintptr_t)&crooked->relo;
	attr->core_relo_cnt = 1;
	attr->core_relo_rec_size = sizeof(crooked->relo);
}

void crooked_add_func(union bpf_attr *attr, struct crooked *crooked)
{
	attr->prog_btf_fd = crooked->btf_fd;
	attr->func_info = (uintptr_t)&crooked->func;
	attr->func_info_cnt = 1;
	attr->func_info_rec_size = sizeof(crooked->func);
}

void crooked_add_line(union bpf_attr *attr, struct crooked *crooked)
{
	attr->line_info = (uintptr_t)&crooked->line;
	attr->line_info_cnt = 1;
	attr->line_info_rec_size = sizeof(crooked->line);
}

int crooked_member(const char *name, const char *member)
{
	struct btf *btf = btf__load_vmlinux_btf();
	const struct btf_type *type;
	int id, found = -ENOENT;
	__u32 i;

	if (!btf)
		return -errno;
	id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);
	type = id < 0 ? NULL : btf__type_by_id(btf, id);
	for (i = 0; type && i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(type)[i].name_off), member))
			found = i;
	btf__free(btf);
	return found;
}

int crooked_kernel_id(const char *name, __u32 kind)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int id;

	if (!btf)
		return -errno;
	id = btf__find_by_name_kind(btf, name, kind);
	btf__free(btf);
	return id;
}
