// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kind.c - programs of every type the kernel knows, none of them signed.
 */
#include "kind.h"

#include <errno.h>
#include <stdio.h>

#include "insn.h"
#include <linux/btf.h>

/* The BTF ids a kind needs; 0 or a negative errno. */
static int add_target(const struct kind *kind, union bpf_attr *attr)
{
	int id = 0;

	if (kind->function)
		id = crooked_kernel_id(kind->function, BTF_KIND_FUNC);
	else if (kind->typedef_)
		id = crooked_kernel_id(kind->typedef_, BTF_KIND_TYPEDEF);
	else if (kind->ops)
		id = crooked_kernel_id(kind->ops, BTF_KIND_STRUCT);
	if (id < 0)
		return id;
	attr->attach_btf_id = id;
	if (!kind->member)
		return 0;
	id = crooked_member(kind->ops, kind->member);
	attr->expected_attach_type = id;
	return id < 0 ? id : 0;
}

int kind_target(struct crooked *crooked)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, 1), EXIT() };
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SOCKET_FILTER, "target", insns, 2);

	crooked_add_func(&attr, crooked);
	return gate_load(&attr);
}

int kind_load(const struct kind *kind, struct crooked *crooked, int target, uint32_t *attach)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, kind->ret), EXIT() };
	union bpf_attr attr = gate_attr(kind->type, "typed", insns, GATE_COUNT(insns));
	int ret;

	attr.expected_attach_type = kind->attach;
	attr.prog_flags = kind->flags;
	if (kind->ext) {
		crooked_add_func(&attr, crooked);
		attr.attach_prog_fd = target;
		attr.attach_btf_id = crooked->func.type_id;
	}
	ret = kind->ext ? 0 : add_target(kind, &attr);
	if (ret)
		return ret;
	*attach = attr.expected_attach_type;
	ret = gate_load(&attr);
	if (ret < 0 && ret != -EPERM)
		gate_load_explain(&attr);
	return ret;
}

bool kind_not_built(const struct kind *kind)
{
	struct gate_output grep;
	char pattern[64];
	bool found;

	if (!kind->option)
		return false;
	snprintf(pattern, sizeof(pattern), " %s$", kind->symbol);
	if (gate_run(&grep, "grep", pattern, "/proc/kallsyms"))
		return false;
	found = grep.status == 0;
	gate_output_free(&grep);
	return !found;
}
