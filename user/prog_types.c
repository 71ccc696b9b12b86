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
