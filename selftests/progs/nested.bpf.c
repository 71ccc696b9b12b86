// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a light skeleton usually holds: maps, and a program that uses them.
 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} hits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} lengths SEC(".maps");

SEC("socket")
int count(struct __sk_buff *skb)
{
	__u32 zero = 0, len = skb->len;
	__u64 one = 1, *n;

	n = bpf_map_lookup_elem(&hits, &zero);
	if (n)
		__sync_fetch_and_add(n, 1);
	bpf_map_update_elem(&lengths, &len, &one, BPF_ANY);
	return 7;
}

char _license[] SEC("license") = "GPL";
