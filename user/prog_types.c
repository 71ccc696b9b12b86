// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * prog_types.c - names of BPF program types and attach types.
 *
 * Program types are spelled out rather than taken from <linux/bpf.h>: the header
 * of the build host may be older than the kernel. The numbers are ABI and don't
 * change. Attach types are those of the libbpf we are linked with, which is as
 * new as the newest kernel we know.
 */
#include "prog_types.h"

#include <errno.h>
#include <string.h>
#include <bpf/libbpf.h>

static const char *const names[PROG_TYPE_LAST + 1] = {
	[1] = "socket_filter",
	[2] = "kprobe",
	[3] = "sched_cls",
	[4] = "sched_act",
	[5] = "tracepoint",
	[6] = "xdp",
	[7] = "perf_event",
	[8] = "cgroup_skb",
	[9] = "cgroup_sock",
	[10] = "lwt_in",
	[11] = "lwt_out",
	[12] = "lwt_xmit",
	[13] = "sock_ops",
	[14] = "sk_skb",
	[15] = "cgroup_device",
	[16] = "sk_msg",
	[17] = "raw_tracepoint",
	[18] = "cgroup_sock_addr",
	[19] = "lwt_seg6local",
	[20] = "lirc_mode2",
	[21] = "sk_reuseport",
	[22] = "flow_dissector",
	[23] = "cgroup_sysctl",
	[24] = "raw_tracepoint_writable",
	[25] = "cgroup_sockopt",
	[26] = "tracing",
	[27] = "struct_ops",
	[28] = "ext",
	[29] = "lsm",
	[30] = "sk_lookup",
	[PROG_TYPE_SYSCALL] = "syscall",
	[PROG_TYPE_LAST] = "netfilter",
};

const char *prog_type_name(unsigned int type)
{
	return type <= PROG_TYPE_LAST ? names[type] : NULL;
}

int prog_type_find(const char *name)
{
	for (int type = 1; type <= PROG_TYPE_LAST; type++)
		if (!strcmp(names[type], name))
			return type;
	return -ENOENT;
}

int attach_type_find(const char *name)
{
	const char *known;

	for (int type = 0; type < ATTACH_TYPES_MAX; type++) {
		known = libbpf_bpf_attach_type_str((enum bpf_attach_type)type);
		if (known && !strcmp(known, name))
			return type;
	}
	return -ENOENT;
}

/*
 * From bpf_prog_load_check_attach() (kernel/bpf/syscall.c), and for tracing and lsm
 * bpf_check_attach_target(). Types that aren't here take any attach type.
 */
static const struct {
	const char *type;
	const char *attach_types[24];
} possible[] = {
	{ "cgroup_skb", { "cgroup_inet_ingress", "cgroup_inet_egress" } },
	{ "cgroup_sock", { "cgroup_inet_sock_create", "cgroup_inet_sock_release",
			   "cgroup_inet4_post_bind", "cgroup_inet6_post_bind" } },
	{ "cgroup_sock_addr", { "cgroup_inet4_bind", "cgroup_inet6_bind", "cgroup_inet4_connect",
				"cgroup_inet6_connect", "cgroup_unix_connect",
				"cgroup_inet4_getpeername", "cgroup_inet6_getpeername",
				"cgroup_unix_getpeername", "cgroup_inet4_getsockname",
				"cgroup_inet6_getsockname", "cgroup_unix_getsockname",
				"cgroup_udp4_sendmsg", "cgroup_udp6_sendmsg",
				"cgroup_unix_sendmsg", "cgroup_udp4_recvmsg",
				"cgroup_udp6_recvmsg", "cgroup_unix_recvmsg" } },
	{ "cgroup_sockopt", { "cgroup_setsockopt", "cgroup_getsockopt" } },
	{ "sk_lookup", { "sk_lookup" } },
	{ "sk_reuseport", { "sk_reuseport_select", "sk_reuseport_select_or_migrate" } },
	{ "netfilter", { "netfilter" } },
	{ "syscall", { "cgroup_inet_ingress" } },
	{ "ext", { "cgroup_inet_ingress" } },
	{ "tracing", { "trace_raw_tp", "trace_fentry", "trace_fexit", "modify_return",
		       "trace_iter", "trace_fsession" } },
	{ "lsm", { "lsm_mac", "lsm_cgroup" } },
};

bool attach_type_possible(unsigned int type, unsigned int attach)
{
	const char *name = prog_type_name(type);
	const char *known = libbpf_bpf_attach_type_str((enum bpf_attach_type)attach);

	for (size_t i = 0; name && i < sizeof(possible) / sizeof(possible[0]); i++) {
		if (strcmp(possible[i].type, name))
			continue;
		for (size_t k = 0; known && possible[i].attach_types[k]; k++)
			if (!strcmp(possible[i].attach_types[k], known))
				return true;
		/* One that is newer than this table may go with it. */
		return attach > BPF_TRACE_KPROBE_SESSION;
	}
	return true;
}
