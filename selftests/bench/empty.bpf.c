// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that do nothing, on the hooks that bpfseal uses: what being called
 * costs, without doing anything. bench.c checks that the two lists of hooks are
 * the same.
 *
 * hook               role
 * -----------------  -----------------------------------------------------
 * lsm/bpf_prog_load  admits, or refuses if the benchmark asks for it
 * all others         nothing
 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define EPERM 1

/* Set by the benchmark: refuse every load that userspace asks for. */
volatile bool refuse;

SEC("lsm/bpf_prog_load")
int BPF_PROG(empty_prog_load, struct bpf_prog *prog, union bpf_attr *attr,
	     struct bpf_token *token, bool kernel)
{
	return refuse ? -EPERM : 0;
}

#define EMPTY(section, name) \
	SEC(section) \
	int name(void *ctx) \
	{ \
		return 0; \
	}

EMPTY("lsm/bpf_prog", empty_prog)
EMPTY("fentry/bpf_prog_free_deferred", empty_prog_free)
EMPTY("lsm/bpf_map_create", empty_map_create)
EMPTY("fexit/btf_alloc_id", empty_btf)
EMPTY("fexit/bpf_sys_bpf", empty_nested)
EMPTY("fentry/bpf_sys_close", empty_close)
EMPTY("fentry/bpf_stack_liveness_init", empty_bound)
EMPTY("fexit/bpf_check", empty_check)
EMPTY("fentry/bpf_prog_test_run_syscall", empty_run_starts)
EMPTY("fexit/bpf_prog_test_run_syscall", empty_run_ends)
EMPTY("fentry/kern_sys_bpf", empty_kernel_starts)
EMPTY("fexit/kern_sys_bpf", empty_kernel_ends)
EMPTY("iter/bpf_prog", empty_inventory)

char _license[] SEC("license") = "GPL";
