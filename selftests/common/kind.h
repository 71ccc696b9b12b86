/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kind.h - programs of every type the kernel knows, none of them signed.
 */
#ifndef KIND_H
#define KIND_H

#include <stdbool.h>
#include <stdint.h>

#include "crooked.h"
#include "gate.h"

/**
 * struct kind - a kind of program
 * @type: enum bpf_prog_type
 * @attach: expected_attach_type
 * @ret: what the program may return
 * @flags: prog_flags
 * @function: kernel function it is attached to
 * @ops: struct of operations whose member it is
 * @member: that member
 * @typedef_: typedef of a tracepoint's arguments
 * @ext: replaces another program's function
 * @option: kernel option without which there is no such type
 * @symbol: kernel symbol that is there with that option only
 */
struct kind {
	uint32_t type;
	uint32_t attach;
	int ret;
	uint32_t flags;
	const char *function;
	const char *ops;
	const char *member;
	const char *typedef_;
	bool ext;
	const char *option;
	const char *symbol;
};

/*
 * All kinds, as KIND(name, type, attach, ret, further members). Those that replace a
 * function of another program need that program, see kind_target().
 */
#define KINDS(KIND) \
	KIND(socket_filter, BPF_PROG_TYPE_SOCKET_FILTER, 0, 1) \
	KIND(kprobe, BPF_PROG_TYPE_KPROBE, 0, 1) \
	KIND(kprobe_multi, BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI, 1) \
	KIND(uprobe_sleepable, BPF_PROG_TYPE_KPROBE, 0, 1, .flags = BPF_F_SLEEPABLE) \
	KIND(sched_cls, BPF_PROG_TYPE_SCHED_CLS, 0, 1) \
	KIND(tcx, BPF_PROG_TYPE_SCHED_CLS, BPF_TCX_INGRESS, 1) \
	KIND(sched_act, BPF_PROG_TYPE_SCHED_ACT, 0, 1) \
	KIND(tracepoint, BPF_PROG_TYPE_TRACEPOINT, 0, 1) \
	KIND(xdp, BPF_PROG_TYPE_XDP, 0, 1) \
	KIND(xdp_devmap, BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP, 1) \
	KIND(perf_event, BPF_PROG_TYPE_PERF_EVENT, 0, 1) \
	KIND(cgroup_skb, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, 1) \
	KIND(cgroup_sock, BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE, 1) \
	KIND(lwt_in, BPF_PROG_TYPE_LWT_IN, 0, 1) \
	KIND(lwt_out, BPF_PROG_TYPE_LWT_OUT, 0, 1) \
	KIND(lwt_xmit, BPF_PROG_TYPE_LWT_XMIT, 0, 1) \
	KIND(sock_ops, BPF_PROG_TYPE_SOCK_OPS, 0, 1) \
	KIND(sk_skb, BPF_PROG_TYPE_SK_SKB, 0, 1) \
	KIND(cgroup_device, BPF_PROG_TYPE_CGROUP_DEVICE, 0, 1) \
	KIND(sk_msg, BPF_PROG_TYPE_SK_MSG, 0, 1) \
	KIND(raw_tracepoint, BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 1) \
	KIND(cgroup_sock_addr, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND, 1) \
	KIND(lwt_seg6local, BPF_PROG_TYPE_LWT_SEG6LOCAL, 0, 1) \
	KIND(lirc_mode2, BPF_PROG_TYPE_LIRC_MODE2, 0, 1, .option = "BPF_LIRC_MODE2", \
	     .symbol = "lirc_mode2_prog_ops") \
	KIND(sk_reuseport, BPF_PROG_TYPE_SK_REUSEPORT, BPF_SK_REUSEPORT_SELECT, 1) \
	KIND(flow_dissector, BPF_PROG_TYPE_FLOW_DISSECTOR, 0, 0) \
	KIND(cgroup_sysctl, BPF_PROG_TYPE_CGROUP_SYSCTL, 0, 1) \
	KIND(raw_tracepoint_writable, BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, 0, 1) \
	KIND(cgroup_sockopt, BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT, 1) \
	KIND(fentry, BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, 0, .function = "bpf_fentry_test1") \
	KIND(fexit, BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, 0, .function = "bpf_fentry_test1") \
	KIND(fmod_ret, BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, 0, \
	     .function = "bpf_modify_return_test") \
	KIND(tp_btf, BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, 0, \
	     .typedef_ = "btf_trace_sched_switch") \
	KIND(iter, BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, 0, .function = "bpf_iter_task") \
	KIND(struct_ops, BPF_PROG_TYPE_STRUCT_OPS, 0, 0, .ops = "tcp_congestion_ops", \
	     .member = "ssthresh") \
	KIND(lsm, BPF_PROG_TYPE_LSM, BPF_LSM_MAC, 0, .function = "bpf_lsm_file_open") \
	KIND(lsm_sleepable, BPF_PROG_TYPE_LSM, BPF_LSM_MAC, 0, .function = "bpf_lsm_file_open", \
	     .flags = BPF_F_SLEEPABLE) \
	KIND(sk_lookup, BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP, 1) \
	KIND(syscall, BPF_PROG_TYPE_SYSCALL, 0, 1, .flags = BPF_F_SLEEPABLE) \
	KIND(netfilter, BPF_PROG_TYPE_NETFILTER, BPF_NETFILTER, 1, .option = "NETFILTER_BPF_LINK", \
	     .symbol = "netfilter_prog_ops")

#define KINDS_EXT(KIND) \
	KIND(ext, BPF_PROG_TYPE_EXT, 0, 0, .ext = true)

/** kind_target - load a program whose function main() a kind that is .ext can replace */
int kind_target(struct crooked *crooked);

/**
 * kind_load - load "typed", a program of a kind
 * @target: program that it extends, if it does
 * @attach: set to what the attach type was in the end
 *
 * Return: a descriptor or a negative errno
 */
int kind_load(const struct kind *kind, struct crooked *crooked, int target, uint32_t *attach);

/** kind_not_built - the kernel is built without that type, and not for another reason */
bool kind_not_built(const struct kind *kind);

#endif
