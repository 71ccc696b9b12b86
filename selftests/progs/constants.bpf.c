// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program whose constants decide what it does, with each kind of map that a
 * light skeleton fills: .rodata (of no whole number of words), .data, .bss, a map of
 * maps with an inner one, and one that programs only read and nobody freezes.
 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
};

struct inner one SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { &one } };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__type(key, __u32);
	__type(value, __u64);
} settings SEC(".maps");

const volatile char text[11] = "0123456789";
const volatile __u32 answer = 42;
__u32 factor = 1;
__u32 calls;

SEC("socket")
int constant(struct __sk_buff *skb)
{
	__u32 zero = 0;
	__u64 *value = NULL, *setting;
	void *map;

	calls++;
	map = bpf_map_lookup_elem(&outer, &zero);
	if (map)
		value = bpf_map_lookup_elem(map, &zero);
	setting = bpf_map_lookup_elem(&settings, &zero);
	if (!value || !setting)
		return 0;
	if (answer != 42)	/* known to the verifier, unless they were changed */
		return text[skb->len % sizeof(text)];
	return answer * factor + *value + *setting;
}

char _license[] SEC("license") = "GPL";
