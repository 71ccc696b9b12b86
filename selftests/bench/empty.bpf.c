// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that do nothing, on the hooks that bpfseal uses: what being called
 * costs, without doing anything. bench.c checks that the two lists of hooks are
 * the same.
 *
 * hook                      role
 * ------------------------  ----------------------------------------------
 * lsm_cgroup/bpf_prog_load  admits, or refuses if the benchmark asks for it
 * all others                nothing
 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Set by the benchmark: refuse every load that userspace asks for. */
volatile __u32 refuse;

/* A program of a cgroup returns 1 to allow, and the kernel makes -EPERM of 0. */
SEC("lsm_cgroup/bpf_prog_load")
int empty_prog_load(void *ctx)
{
	return refuse ? 0 : 1;
}

#define EMPTY(section, name, returns) \
	SEC(section) \
	int name(void *ctx) \
	{ \
		return returns; \
	}
#define EMPTY_HOOK(hook, name) EMPTY("lsm_cgroup/" hook, name, 1)
#define EMPTY_TRACE(section, name) EMPTY(section, name, 0)

EMPTY_HOOK("bpf_prog", empty_prog)
EMPTY_HOOK("bpf_map_create", empty_map_create)
EMPTY_TRACE("fentry/bpf_prog_free_deferred", empty_prog_free)
EMPTY_TRACE("fexit/btf_alloc_id", empty_btf)
EMPTY_TRACE("fexit/bpf_sys_bpf", empty_nested)
EMPTY_TRACE("fentry/bpf_sys_close", empty_close)
EMPTY_TRACE("fentry/bpf_stack_liveness_init", empty_bound)
EMPTY_TRACE("fexit/bpf_check", empty_check)
EMPTY_TRACE("fentry/bpf_prog_test_run_syscall", empty_run_starts)
EMPTY_TRACE("fexit/bpf_prog_test_run_syscall", empty_run_ends)
EMPTY_TRACE("fentry/kern_sys_bpf", empty_kernel_starts)
EMPTY_TRACE("fexit/kern_sys_bpf", empty_kernel_ends)

char _license[] SEC("license") = "GPL";
