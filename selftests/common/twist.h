/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * twist.h - a trusted signer's instructions, loaded with attributes that the signature
 * does not cover and that give them another meaning.
 */
#ifndef TWIST_H
#define TWIST_H

#include <stdbool.h>

#include "crooked.h"
#include "gate.h"

/**
 * struct twist - an attribute to load the signed program with
 * @type: program type, syscall unless given
 * @types: what the signer may load
 * @twist: sets the attribute; 0 or a negative errno
 * @attribute: what the policy has to name; 0: it may not mind
 * @changes: the program returns something else than was signed
 * @why_not: this can't be tried, and why
 */
struct twist {
	uint32_t type;
	const char *types;
	int (*twist)(union bpf_attr *attr, struct crooked *crooked);
	uint8_t attribute;
	bool changes;
	const char *why_not;
};

/* All that have to be denied, as TWIST(name, members). */
#define TWISTS(TWIST) \
	TWIST(core_relos, .twist = twist_core_relos, .attribute = BPFSEAL_A_CORE_RELOS, \
	      .changes = true) \
	TWIST(func_info, .twist = twist_func_info, .attribute = BPFSEAL_A_PROG_BTF) \
	TWIST(line_info, .twist = twist_line_info, .attribute = BPFSEAL_A_PROG_BTF) \
	TWIST(btf_only, .twist = twist_btf_only, .attribute = BPFSEAL_A_PROG_BTF) \
	TWIST(prog_type, .type = BPF_PROG_TYPE_SOCKET_FILTER, .twist = twist_nothing, \
	      .attribute = BPFSEAL_A_PROG_TYPE) \
	TWIST(prog_type_not_listed, .type = BPF_PROG_TYPE_XDP, \
	      .types = "syscall, socket_filter", .twist = twist_nothing, \
	      .attribute = BPFSEAL_A_PROG_TYPE) \
	TWIST(syscall_not_listed, .types = "socket_filter", .twist = twist_nothing, \
	      .attribute = BPFSEAL_A_PROG_TYPE) \
	TWIST(attach_type, .type = BPF_PROG_TYPE_CGROUP_SKB, .types = "cgroup_skb", \
	      .twist = twist_egress, .attribute = BPFSEAL_A_ATTACH_TYPE) \
	TWIST(attach_type_unchecked, .type = BPF_PROG_TYPE_KPROBE, .types = "kprobe", \
	      .twist = twist_session, .attribute = BPFSEAL_A_ATTACH_TYPE) \
	TWIST(attach_target, .type = BPF_PROG_TYPE_TRACING, .types = "syscall, tracing", \
	      .twist = twist_fentry, .attribute = BPFSEAL_A_ATTACH_TARGET) \
	TWIST(flags_rnd_hi32, .twist = twist_rnd_hi32, .attribute = BPFSEAL_A_PROG_FLAGS) \
	TWIST(flags_strict, .twist = twist_strict, .attribute = BPFSEAL_A_PROG_FLAGS) \
	TWIST(flags_frags, .type = BPF_PROG_TYPE_XDP, .types = "xdp", \
	      .twist = twist_frags, .attribute = BPFSEAL_A_PROG_FLAGS) \
	TWIST(ifindex, .attribute = BPFSEAL_A_IFINDEX, \
	      .why_not = "no device here takes offloaded programs; a program bound to a " \
	      "device has a flag, too, which is named first")

/* What is allowed: it was signed and can be loaded so, or it makes no difference. */
#define TWISTS_ALLOWED(TWIST) \
	TWIST(listed_type, .type = BPF_PROG_TYPE_SOCKET_FILTER, .types = "socket_filter", \
	      .twist = twist_nothing) \
	TWIST(default_attach_type, .type = BPF_PROG_TYPE_CGROUP_SOCK, \
	      .types = "cgroup_sock", .twist = twist_nothing) \
	TWIST(license, .twist = twist_license)

int twist_core_relos(union bpf_attr *attr, struct crooked *crooked);
int twist_func_info(union bpf_attr *attr, struct crooked *crooked);
int twist_line_info(union bpf_attr *attr, struct crooked *crooked);
int twist_btf_only(union bpf_attr *attr, struct crooked *crooked);
int twist_nothing(union bpf_attr *attr, struct crooked *crooked);
int twist_egress(union bpf_attr *attr, struct crooked *crooked);
int twist_session(union bpf_attr *attr, struct crooked *crooked);
int twist_fentry(union bpf_attr *attr, struct crooked *crooked);
int twist_rnd_hi32(union bpf_attr *attr, struct crooked *crooked);
int twist_strict(union bpf_attr *attr, struct crooked *crooked);
int twist_frags(union bpf_attr *attr, struct crooked *crooked);
int twist_license(union bpf_attr *attr, struct crooked *crooked);

/** twist_load - load "twisted", signed, with the attribute; a descriptor or a negative errno */
int twist_load(const struct twist *twist, struct crooked *crooked, int32_t keyring);

/** twist_refused - does a kernel that signs BTF leave nothing that could be changed? */
bool twist_refused(const struct twist *twist);

/** twist_covered - does this kernel's signature cover it? */
bool twist_covered(const struct twist *twist);

#endif
