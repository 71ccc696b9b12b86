// SPDX-License-Identifier: GPL-2.0-only
/*
 * An instrument that makes races certain: whoever is about to get a descriptor
 * of the program "reader" first reads an address, and waits if that is held.
 * It decides nothing.
 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "delay.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct delay_wait);
} delays SEC(".maps");

SEC("lsm.s/bpf_prog")
int BPF_PROG(delay, struct bpf_prog *prog)
{
	const char *name = prog->aux->name;
	struct delay_wait *wait;
	__u32 zero = 0;
	__u64 call;
	char byte;

	if (name[0] != 'r' || name[1] != 'e' || name[2] != 'a' || name[3] != 'd')
		return 0;
	wait = bpf_map_lookup_elem(&delays, &zero);
	if (!wait)
		return 0;
	call = __sync_fetch_and_add(&wait->calls, 1);
	if (call < DELAYS && wait->address[call])
		bpf_copy_from_user(&byte, 1, (void *)wait->address[call]);
	return 0;
}

char _license[] SEC("license") = "GPL";
