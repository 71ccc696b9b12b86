// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that would issue bpf() from a timer. Timers can't sleep and bpf()
 * may, so the verifier refuses it; were it ever to load, its command would come
 * from no loader's run.
 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>

struct elem {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, struct elem);
} timers SEC(".maps");

static int on_timer(void *map, int *key, struct elem *elem)
{
	union bpf_attr attr;

	__builtin_memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 8;
	attr.max_entries = 1;
	bpf_sys_bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
	return 0;
}

SEC("syscall")
int by_timer(void *ctx)
{
	struct elem *elem;
	int zero = 0;

	elem = bpf_map_lookup_elem(&timers, &zero);
	if (!elem || bpf_timer_init(&elem->timer, &timers, 1 /* CLOCK_MONOTONIC */) ||
	    bpf_timer_set_callback(&elem->timer, on_timer))
		return -1;
	return bpf_timer_start(&elem->timer, 0, 0);
}

char _license[] SEC("license") = "GPL";
