// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that issue bpf() outside the run of a loader: one right away, one
 * from a work queue, one from a task's work on its way back to userspace.
 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>

struct wq_elem {
	struct bpf_wq wq;
};

struct tw_elem {
	struct bpf_task_work tw;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, struct wq_elem);
} works SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, struct tw_elem);
} tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, __s64);
} results SEC(".maps");

/* Make a map called "late", and tell what became of it: 1 stands for success. */
static __always_inline int make_late(void)
{
	union bpf_attr attr;
	__s64 *result;
	int zero = 0, ret;

	__builtin_memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 8;
	attr.max_entries = 1;
	attr.map_name[0] = 'l';
	attr.map_name[1] = 'a';
	attr.map_name[2] = 't';
	attr.map_name[3] = 'e';
	ret = bpf_sys_bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
	result = bpf_map_lookup_elem(&results, &zero);
	if (result)
		*result = ret < 0 ? ret : 1;
	return 0;
}

static int on_work(void *map, int *key, void *value)
{
	return make_late();
}

static int on_task_work(struct bpf_map *map, void *key, void *value)
{
	return make_late();
}

SEC("syscall")
int now(void *ctx)
{
	return make_late();
}

SEC("syscall")
int by_work(void *ctx)
{
	struct wq_elem *elem;
	int zero = 0;

	elem = bpf_map_lookup_elem(&works, &zero);
	if (!elem || bpf_wq_init(&elem->wq, &works, 0) ||
	    bpf_wq_set_callback(&elem->wq, on_work, 0))
		return -1;
	return bpf_wq_start(&elem->wq, 0);
}

SEC("syscall")
int by_task_work(void *ctx)
{
	struct tw_elem *elem;
	int zero = 0;

	elem = bpf_map_lookup_elem(&tasks, &zero);
	if (!elem)
		return -1;
	return bpf_task_work_schedule_resume(bpf_get_current_task_btf(), &elem->tw, &tasks,
					     on_task_work);
}

char _license[] SEC("license") = "GPL";
