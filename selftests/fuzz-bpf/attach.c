// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * attach.c - attributes that fit a program: what its type is attached to, and how.
 */
#include <string.h>

#include "fuzz.h"
#include "random.h"

static const struct {
	uint32_t type, attach_type;
	enum pool_target target;
} ways[] = {
	{ BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS, TARGET_CGROUP },
	{ BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, TARGET_CGROUP },
	{ BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE, TARGET_CGROUP },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND, TARGET_CGROUP },
	{ BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE, TARGET_CGROUP },
	{ BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_SYSCTL, TARGET_CGROUP },
	{ BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT, TARGET_CGROUP },
	{ BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS, TARGET_CGROUP },
	{ BPF_PROG_TYPE_SCHED_CLS, BPF_TCX_INGRESS, TARGET_LOOPBACK },
	{ BPF_PROG_TYPE_SCHED_CLS, BPF_TCX_EGRESS, TARGET_LOOPBACK },
	{ BPF_PROG_TYPE_XDP, BPF_XDP, TARGET_LOOPBACK },
	{ BPF_PROG_TYPE_FLOW_DISSECTOR, BPF_FLOW_DISSECTOR, TARGET_NETNS },
	{ BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP, TARGET_NETNS },
	{ BPF_PROG_TYPE_PERF_EVENT, BPF_PERF_EVENT, TARGET_PERF },
	{ BPF_PROG_TYPE_SK_SKB, BPF_SK_SKB_STREAM_PARSER, TARGET_SOCKMAP },
	{ BPF_PROG_TYPE_SK_SKB, BPF_SK_SKB_STREAM_VERDICT, TARGET_SOCKMAP },
	{ BPF_PROG_TYPE_SK_MSG, BPF_SK_MSG_VERDICT, TARGET_SOCKMAP },
	{ BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, TARGET_NONE },
	{ BPF_PROG_TYPE_LSM, BPF_LSM_MAC, TARGET_NONE },
	{ BPF_PROG_TYPE_NETFILTER, BPF_NETFILTER, TARGET_NONE },
};

static uint32_t type_of(int fd)
{
	struct bpf_prog_info info = {};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info = (uintptr_t)&info;
	attr.info.info_len = sizeof(info);
	return gate_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) ? 0 : info.type;
}

/* The first that fits, from somewhere on. */
static uint32_t way_for(struct worker *w, uint32_t type)
{
	uint32_t from = random_below(w, GATE_COUNT(ways)), i;

	for (i = 0; i < GATE_COUNT(ways); i++)
		if (ways[(from + i) % GATE_COUNT(ways)].type == type)
			return (from + i) % GATE_COUNT(ways);
	return from;
}

void attach_fill(struct worker *w, int cmd, union bpf_attr *attr)
{
	const int fd = pool_fd(w, POOL_PROG);
	const uint32_t way = way_for(w, type_of(fd));
	const int target = w->pool.targets[ways[way].target];

	if (cmd == BPF_PROG_ATTACH) {
		attr->attach_bpf_fd = fd;
		attr->target_fd = target;
		attr->attach_type = ways[way].attach_type;
		attr->attach_flags = random_once_in(w, 2) ? random_below(w, 4) : 0;
		return;
	}
	attr->link_create.prog_fd = fd;
	attr->link_create.target_fd = target;
	attr->link_create.attach_type = ways[way].attach_type;
	if (ways[way].type == BPF_PROG_TYPE_NETFILTER) {
		attr->link_create.netfilter.pf = 2;	/* IPv4 */
		attr->link_create.netfilter.hooknum = random_below(w, 5);
		attr->link_create.netfilter.priority = 1 + random_below(w, 100);
	}
}
