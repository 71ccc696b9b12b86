/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crooked.h - BTF and relocations that give a program another meaning.
 */
#ifndef GATE_CROOKED_H
#define GATE_CROOKED_H

#include <linux/bpf.h>
#include <linux/types.h>

/**
 * struct crooked - what a load can name beside its instructions
 * @btf_fd: program BTF: "int main(struct __sk_buff *ctx)", "struct task_struct"
 * @btf: its bytes, @btf_len of them
 * @number: type id of int in it
 * @relo: makes instruction 0 load the size of the kernel's task_struct
 * @func: says that instruction 0 begins main()
 * @line: says that instruction 0 stands in line 1
 */
struct crooked {
	int btf_fd;
	__u8 btf[1024];
	__u32 btf_len;
	__u32 number;
	struct bpf_core_relo relo;
	struct bpf_func_info func;
	struct bpf_line_info line;
};

/** crooked_make - fill in all of it; 0 or a negative errno; close btf_fd */
int crooked_make(struct crooked *out);

/** crooked_add_* - put parts into a load's attributes */
void crooked_add_relo(union bpf_attr *attr, struct crooked *crooked);
void crooked_add_func(union bpf_attr *attr, struct crooked *crooked);
void crooked_add_line(union bpf_attr *attr, struct crooked *crooked);

/**
 * crooked_kernel_id - id of a function, struct or typedef in the kernel's BTF
 * @kind: BTF_KIND_FUNC, ...
 *
 * Return: the id or a negative errno
 */
int crooked_kernel_id(const char *name, __u32 kind);

/** crooked_member - index of a struct's member in the kernel's BTF, or errno */
int crooked_member(const char *name, const char *member);

#endif
