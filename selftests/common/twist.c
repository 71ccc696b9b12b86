// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * twist.c - signed instructions with attributes that give them another meaning.
 */
#include "twist.h"

#include <errno.h>
#include <stdlib.h>

#include "insn.h"

#include <linux/btf.h>

static const struct bpf_insn trivial[] = { MOV_IMM(0, 0), EXIT() };

int twist_core_relos(union bpf_attr *attr, struct crooked *crooked)
{
	crooked_add_func(attr, crooked);
	crooked_add_relo(attr, crooked);
	return 0;
}

int twist_func_info(union bpf_attr *attr, struct crooked *crooked)
{
	crooked_add_func(attr, crooked);
	return 0;
}

int twist_line_info(union bpf_attr *attr, struct crooked *crooked)
{
	crooked_add_func(attr, crooked);
	crooked_add_line(attr, crooked);
	return 0;
}

int twist_btf_only(union bpf_attr *attr, struct crooked *crooked)
{
	attr->prog_btf_fd = crooked->btf_fd;
	return 0;
}

int twist_nothing(union bpf_attr *attr, struct crooked *crooked)
{
	(void)attr, (void)crooked;
	return 0;
}

int twist_egress(union bpf_attr *attr, struct crooked *crooked)
{
	(void)crooked;
	attr->expected_attach_type = BPF_CGROUP_INET_EGRESS;
	return 0;
}

int twist_session(union bpf_attr *attr, struct crooked *crooked)
{
	(void)crooked;
	attr->expected_attach_type = BPF_TRACE_KPROBE_SESSION;
	return 0;
}

int twist_fentry(union bpf_attr *attr, struct crooked *crooked)
{
	int id = crooked_kernel_id("bpf_fentry_test1", BTF_KIND_FUNC);

	(void)crooked;
	if (id < 0)
		return id;
	attr->prog_flags = 0;
	attr->expected_attach_type = BPF_TRACE_FENTRY;
	attr->attach_btf_id = id;
	return 0;
}

int twist_rnd_hi32(union bpf_attr *attr, struct crooked *crooked)
{
	(void)crooked;
	attr->prog_flags |= BPF_F_TEST_RND_HI32;
	return 0;
}

int twist_strict(union bpf_attr *attr, struct crooked *crooked)
{
	(void)crooked;
	attr->prog_flags |= BPF_F_STRICT_ALIGNMENT;
	return 0;
}

int twist_frags(union bpf_attr *attr, struct crooked *crooked)
{
	(void)crooked;
	attr->prog_flags = BPF_F_XDP_HAS_FRAGS;
	return 0;
}

int twist_license(union bpf_attr *attr, struct crooked *crooked)
{
	(void)crooked;
	attr->license = (uintptr_t)"Proprietary";
	return 0;
}

int twist_load(const struct twist *twist, struct crooked *crooked, int32_t keyring)
{
	uint32_t type = twist->type ? twist->type : BPF_PROG_TYPE_SYSCALL;
	struct gate_signature signature;
	bool sign_btf = false;
	union bpf_attr attr;
	int ret;

	attr = gate_attr(type, "twisted", trivial, GATE_COUNT(trivial));
	attr.prog_flags = type == BPF_PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0;
	ret = twist->twist(&attr, crooked);
	if (!ret) {
		sign_btf = gate_kernel()->promotes && attr.prog_btf_fd;
		ret = gate_sign_insns("signer", trivial, GATE_COUNT(trivial), crooked->btf,
				      sign_btf ? crooked->btf_len : 0, &signature);
	}
	if (ret)
		return ret;
	gate_attr_sign(&attr, &signature, keyring);
	ret = gate_load(&attr);
	if (ret < 0 && ret != -EPERM)
		gate_load_explain(&attr);
	free(signature.sig);
	return ret;
}

bool twist_refused(const struct twist *twist)
{
	return gate_kernel()->promotes && twist->attribute == BPFSEAL_A_CORE_RELOS;
}

bool twist_covered(const struct twist *twist)
{
	return gate_kernel()->promotes && twist->twist == twist_btf_only;
}
