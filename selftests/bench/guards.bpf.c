// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that do nothing, on the hooks where a sealed policy is guarded: what being
 * called costs. seal.c checks that the two lists of hooks are the same.
 *
 * hook              role
 * ----------------  -------
 * all               nothing
 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>

#define EMPTY(section, name) \
	SEC(section) \
	int name(void *ctx) \
	{ \
		return 1; \
	}

EMPTY("lsm_cgroup/bpf_map", empty_map)
EMPTY("lsm_cgroup/bpf_prog", empty_prog)
EMPTY("lsm_cgroup/sb_remount", empty_remount)
EMPTY("lsm_cgroup/sb_umount", empty_umount)
EMPTY("lsm_cgroup/sb_mount", empty_mount)
EMPTY("lsm_cgroup/move_mount", empty_move)
EMPTY("cgroup/sysctl", empty_sysctl)

char _license[] SEC("license") = "GPL";
