// SPDX-License-Identifier: GPL-2.0-only
/*
 * One program of many types each, for one loader.
 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define PROG(section, name, ret) \
	SEC(section) \
	int name(void *ctx) \
	{ \
		return ret; \
	}

PROG("socket", m_socket, 0)
PROG("kprobe", m_kprobe, 0)
PROG("tc", m_tc, 0)
PROG("action", m_action, 0)
PROG("tp/syscalls/sys_enter_getpid", m_tp, 0)
PROG("xdp", m_xdp, 2)
PROG("perf_event", m_perf, 0)
PROG("cgroup_skb/egress", m_cg_skb, 1)
PROG("cgroup/sock_create", m_cg_sock, 1)
PROG("lwt_in", m_lwt_in, 0)
PROG("sockops", m_sockops, 1)
PROG("sk_skb", m_sk_skb, 1)
PROG("cgroup/dev", m_cg_dev, 1)
PROG("sk_msg", m_sk_msg, 1)
PROG("raw_tp/sys_enter", m_raw_tp, 0)
PROG("cgroup/bind4", m_cg_addr, 1)
PROG("sk_reuseport", m_reuse, 1)
PROG("flow_dissector", m_flow, 0)
PROG("cgroup/sysctl", m_cg_sysctl, 1)
PROG("cgroup/setsockopt", m_cg_opt, 1)
PROG("fentry/bpf_fentry_test1", m_fentry, 0)
PROG("lsm/file_open", m_lsm, 0)
PROG("sk_lookup", m_lookup, 1)
PROG("syscall", m_syscall, 0)
PROG("netfilter", m_netfilter, 1)

char _license[] SEC("license") = "GPL";
