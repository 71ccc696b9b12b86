// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * calls.c - attributes that make sense, for all commands but BPF_PROG_LOAD.
 */
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "random.h"

#define LOOPBACK 1	/* ifindex */

/* --- maps ----------------------------------------------------------------------- */

static const struct {
	uint32_t type, key, value, entries, flags;
} map_shapes[] = {
	{ BPF_MAP_TYPE_HASH, 4, 8, 16, 0 },
	{ BPF_MAP_TYPE_ARRAY, 4, 64, 8, 0 },
	{ BPF_MAP_TYPE_ARRAY, 4, 8, 8, BPF_F_MMAPABLE },
	{ BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 8, 0 },
	{ BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 2, 0 },
	{ BPF_MAP_TYPE_PERCPU_HASH, 8, 8, 16, 0 },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 4, 0 },
	{ BPF_MAP_TYPE_STACK_TRACE, 4, 64, 16, 0 },
	{ BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, 4, 0 },
	{ BPF_MAP_TYPE_LRU_HASH, 4, 8, 16, 0 },
	{ BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 16, 0 },
	{ BPF_MAP_TYPE_LPM_TRIE, 8, 8, 16, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 0 },
	{ BPF_MAP_TYPE_HASH_OF_MAPS, 4, 4, 4, 0 },
	{ BPF_MAP_TYPE_DEVMAP, 4, 4, 4, 0 },
	{ BPF_MAP_TYPE_SOCKMAP, 4, 8, 4, 0 },
	{ BPF_MAP_TYPE_CPUMAP, 4, 8, 4, 0 },
	{ BPF_MAP_TYPE_XSKMAP, 4, 4, 4, 0 },
	{ BPF_MAP_TYPE_SOCKHASH, 4, 8, 4, 0 },
	{ BPF_MAP_TYPE_CGROUP_STORAGE, 8, 8, 0, 0 },
	{ BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 8, 4, 0 },
	{ BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, 8, 8, 0, 0 },
	{ BPF_MAP_TYPE_QUEUE, 0, 8, 8, 0 },
	{ BPF_MAP_TYPE_STACK, 0, 8, 8, 0 },
	{ BPF_MAP_TYPE_SK_STORAGE, 4, 4, 0, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_DEVMAP_HASH, 4, 4, 4, 0 },
	{ BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0 },
	{ BPF_MAP_TYPE_INODE_STORAGE, 4, 4, 0, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_TASK_STORAGE, 4, 4, 0, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 8, 0 },
	{ BPF_MAP_TYPE_USER_RINGBUF, 0, 0, 4096, 0 },
	{ BPF_MAP_TYPE_CGRP_STORAGE, 4, 4, 0, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_ARENA, 0, 0, 4, BPF_F_MMAPABLE },
};

static uint32_t any_flags(struct worker *w)
{
	return random_once_in(w, 8) ? random_flags(w) : 0;
}

static void map_create(struct worker *w, union bpf_attr *a)
{
	const uint32_t i = random_below(w, GATE_COUNT(map_shapes));

	a->map_type = map_shapes[i].type;
	a->key_size = map_shapes[i].key;
	a->value_size = map_shapes[i].value;
	a->max_entries = map_shapes[i].entries;
	a->map_flags = map_shapes[i].flags | any_flags(w);
	if (a->map_type == BPF_MAP_TYPE_ARRAY_OF_MAPS || a->map_type == BPF_MAP_TYPE_HASH_OF_MAPS)
		a->inner_map_fd = pool_fd(w, POOL_MAP);
	if (random_once_in(w, 16))
		a->map_type = random_below(w, __MAX_BPF_MAP_TYPE + 2);
	if (map_shapes[i].flags & BPF_F_NO_PREALLOC || random_once_in(w, 8)) {
		a->btf_fd = pool_fd(w, POOL_BTF);
		a->btf_key_type_id = a->btf_value_type_id = 1;
	}
	if (random_once_in(w, 16)) {
		a->excl_prog_hash = memory_any(w);
		a->excl_prog_hash_size = 32;
	}
	if (random_once_in(w, 16) && w->token >= 0) {
		a->map_token_fd = w->token;
		a->map_flags |= BPF_F_TOKEN_FD;
	}
	strcpy(a->map_name, "fuzz");
}

static void map_elem(struct worker *w, union bpf_attr *a)
{
	a->map_fd = pool_fd(w, POOL_MAP);
	a->key = memory_any(w);
	a->value = memory_any(w);
	a->flags = random_once_in(w, 4) ? random_below(w, 5) : any_flags(w);
}

static void map_freeze(struct worker *w, union bpf_attr *a)
{
	a->map_fd = pool_fd(w, POOL_MAP);
}

static void map_batch(struct worker *w, union bpf_attr *a)
{
	a->batch.in_batch = random_once_in(w, 2) ? memory_any(w) : 0;
	a->batch.out_batch = memory_any(w);
	a->batch.keys = memory_any(w);
	a->batch.values = memory_any(w);
	a->batch.count = random_below(w, 32);
	a->batch.map_fd = pool_fd(w, POOL_MAP);
	a->batch.elem_flags = any_flags(w);
	a->batch.flags = any_flags(w);
}

/* --- objects -------------------------------------------------------------------- */

static int any_object(struct worker *w)
{
	return pool_fd(w, random_below(w, POOL_KINDS));
}

static void obj(struct worker *w, union bpf_attr *a)
{
	a->pathname = pool_path(w);
	a->file_flags = any_flags(w);
	if (random_once_in(w, 4)) {
		a->path_fd = pool_fd(w, POOL_OTHER);
		a->file_flags |= BPF_F_PATH_FD;
	}
}

static void obj_pin(struct worker *w, union bpf_attr *a)
{
	obj(w, a);
	a->bpf_fd = any_object(w);
}

static void get_next_id(struct worker *w, union bpf_attr *a)
{
	a->start_id = random_once_in(w, 2) ? random_below(w, 4096) : random_number(w);
}

static void fd_by_id(struct worker *w, union bpf_attr *a, enum fuzz_kind kind)
{
	a->prog_id = pool_id(w, kind);
	a->open_flags = any_flags(w);
	if (random_once_in(w, 16) && w->token >= 0) {
		a->fd_by_id_token_fd = w->token;
		a->open_flags |= BPF_F_TOKEN_FD;
	}
}

static void prog_by_id(struct worker *w, union bpf_attr *a)
{
	fd_by_id(w, a, FUZZ_PROGS);
}

static void map_by_id(struct worker *w, union bpf_attr *a)
{
	fd_by_id(w, a, FUZZ_MAPS);
}

static void link_by_id(struct worker *w, union bpf_attr *a)
{
	fd_by_id(w, a, FUZZ_LINKS);
}

static void btf_by_id(struct worker *w, union bpf_attr *a)
{
	fd_by_id(w, a, FUZZ_BTFS);
}

static void get_info(struct worker *w, union bpf_attr *a)
{
	a->info.bpf_fd = any_object(w);
	a->info.info_len = random_once_in(w, 4) ? random_number(w) : random_below(w, 300);
	a->info.info = memory_any(w);
}

/* --- programs ------------------------------------------------------------------- */

static uint32_t any_attach_type(struct worker *w)
{
	return random_below(w, __MAX_BPF_ATTACH_TYPE + 1);
}

/* Directories of cgroups are among the others, as are a network namespace and events. */
static uint32_t any_target(struct worker *w)
{
	if (random_once_in(w, 4))
		return random_once_in(w, 4) ? random_number(w) : LOOPBACK;
	return pool_fd(w, random_once_in(w, 4) ? POOL_MAP : POOL_OTHER);
}

static void prog_attach(struct worker *w, union bpf_attr *a)
{
	a->target_fd = any_target(w);
	a->attach_bpf_fd = pool_fd(w, POOL_PROG);
	a->attach_type = any_attach_type(w);
	a->attach_flags = random_once_in(w, 2) ? random_below(w, 64) : 0;
	if (random_once_in(w, 4)) {
		a->replace_bpf_fd = pool_fd(w, POOL_PROG);
		a->relative_fd = pool_fd(w, random_once_in(w, 2) ? POOL_PROG : POOL_LINK);
		a->expected_revision = random_below(w, 4);
	}
}

static void prog_query(struct worker *w, union bpf_attr *a)
{
	a->query.target_fd = any_target(w);
	a->query.attach_type = any_attach_type(w);
	a->query.query_flags = random_below(w, 2);
	a->query.prog_ids = memory_any(w);
	a->query.prog_cnt = random_below(w, 16);
	if (random_once_in(w, 2)) {
		a->query.prog_attach_flags = memory_any(w);
		a->query.link_ids = memory_any(w);
		a->query.link_attach_flags = memory_any(w);
	}
}

static void prog_run(struct worker *w, union bpf_attr *a)
{
	a->test.prog_fd = pool_fd(w, POOL_PROG);
	if (!random_once_in(w, 4)) {
		a->test.data_in = memory_any(w);
		a->test.data_size_in = 14 + random_below(w, 200);
		a->test.data_out = memory_any(w);
		a->test.data_size_out = random_below(w, 300);
		a->test.repeat = random_below(w, 4);
	}
	if (random_once_in(w, 3)) {
		a->test.ctx_in = memory_any(w);
		a->test.ctx_size_in = random_below(w, 300);
		a->test.ctx_out = memory_any(w);
		a->test.ctx_size_out = random_below(w, 300);
	}
	a->test.flags = any_flags(w);
	a->test.cpu = random_once_in(w, 8) ? random_number(w) : 0;
	a->test.batch_size = random_once_in(w, 8) ? random_below(w, 16) : 0;
}

static void raw_tracepoint(struct worker *w, union bpf_attr *a)
{
	static const char *const names[] = { "sys_enter", "sched_switch", "none", "" };
	const char *name = RANDOM_OF(w, names);

	a->raw_tracepoint.name = memory_copy(w, name, strlen(name) + 1);
	a->raw_tracepoint.prog_fd = pool_fd(w, POOL_PROG);
	a->raw_tracepoint.cookie = random_number(w);
}

static void task_fd_query(struct worker *w, union bpf_attr *a)
{
	a->task_fd_query.pid = random_once_in(w, 4) ? random_number(w) : (uint32_t)getpid();
	a->task_fd_query.fd = any_object(w);
	a->task_fd_query.buf = memory_any(w);
	a->task_fd_query.buf_len = random_below(w, 256);
}

static void bind_map(struct worker *w, union bpf_attr *a)
{
	a->prog_bind_map.prog_fd = pool_fd(w, POOL_PROG);
	a->prog_bind_map.map_fd = pool_fd(w, POOL_MAP);
	a->prog_bind_map.flags = any_flags(w);
}

static void assoc_struct_ops(struct worker *w, union bpf_attr *a)
{
	a->prog_bind_map.prog_fd = pool_fd(w, POOL_MAP);	/* the other way round */
	a->prog_bind_map.map_fd = pool_fd(w, POOL_PROG);
	a->prog_bind_map.flags = any_flags(w);
}

static void stream_read(struct worker *w, union bpf_attr *a)
{
	a->prog_stream_read.stream_buf = memory_any(w);
	a->prog_stream_read.stream_buf_len = random_below(w, 4096);
	a->prog_stream_read.stream_id = random_below(w, 4);
	a->prog_stream_read.prog_fd = pool_fd(w, POOL_PROG);
}

/* --- BTF ------------------------------------------------------------------------ */

/* One int, a prototype without arguments, and a function of that kind. */
static const struct {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t hdr_len, type_off, type_len, str_off, str_len;
	uint32_t types[4 + 3 + 3];
	char strings[10];
} __attribute__((packed)) btf = {
	.magic = 0xeb9f, .version = 1, .hdr_len = 24, .type_len = 40, .str_off = 40, .str_len = 10,
	.types = {
		1, 1U << 24, 4, 1U << 24 | 32,	/* INT "int", 4 bytes, signed */
		0, 13U << 24, 1,		/* FUNC_PROTO, returns it */
		5, 12U << 24 | 1, 2,		/* FUNC "func", global */
	},
	.strings = "\0int\0func",
};

static void btf_load(struct worker *w, union bpf_attr *a)
{
	uint8_t *copy = (void *)(uintptr_t)memory_copy(w, &btf, sizeof(btf));

	if (random_once_in(w, 2))
		copy[random_below(w, sizeof(btf))] = random_number(w);
	a->btf = (uintptr_t)copy;
	a->btf_size = sizeof(btf);
	if (random_once_in(w, 4)) {
		a->btf_log_buf = memory_any(w);
		a->btf_log_size = random_number(w);
		a->btf_log_level = random_below(w, 5);
	}
	if (random_once_in(w, 16) && w->token >= 0) {
		a->btf_token_fd = w->token;
		a->btf_flags = BPF_F_TOKEN_FD;
	}
}

/* --- links ---------------------------------------------------------------------- */

static void link_create(struct worker *w, union bpf_attr *a)
{
	a->link_create.prog_fd = pool_fd(w, random_once_in(w, 16) ? POOL_MAP : POOL_PROG);
	a->link_create.target_fd = any_target(w);
	a->link_create.attach_type = any_attach_type(w);
	a->link_create.flags = random_once_in(w, 4) ? random_flags(w) : 0;
	switch (random_below(w, 5)) {
	case 0:
		a->link_create.target_btf_id = random_below(w, 1 << 17);
		break;
	case 1:
		a->link_create.netfilter.pf = 2;
		a->link_create.netfilter.hooknum = random_below(w, 6);
		a->link_create.netfilter.priority = (int32_t)random_number(w);
		break;
	case 2:		/* of uprobes; those of kprobes begin alike */
		a->link_create.uprobe_multi.path = memory_any(w);
		a->link_create.uprobe_multi.offsets = memory_any(w);
		a->link_create.uprobe_multi.cnt = random_below(w, 8);
		break;
	case 3:
		a->link_create.iter_info = memory_any(w);
		a->link_create.iter_info_len = random_below(w, 32);
		break;
	}
}

static void link_update(struct worker *w, union bpf_attr *a)
{
	a->link_update.link_fd = pool_fd(w, POOL_LINK);
	a->link_update.new_prog_fd = pool_fd(w, POOL_PROG);
	if (random_once_in(w, 2)) {
		a->link_update.flags = BPF_F_REPLACE;
		a->link_update.old_prog_fd = pool_fd(w, POOL_PROG);
	}
}

static void iter_create(struct worker *w, union bpf_attr *a)
{
	a->iter_create.link_fd = pool_fd(w, POOL_LINK);
	a->iter_create.flags = any_flags(w);
}

static void link_detach(struct worker *w, union bpf_attr *a)
{
	a->link_detach.link_fd = pool_fd(w, POOL_LINK);
}

/* --- others --------------------------------------------------------------------- */

static void enable_stats(struct worker *w, union bpf_attr *a)
{
	a->enable_stats.type = random_below(w, 3);
}

static void token_create(struct worker *w, union bpf_attr *a)
{
	a->token_create.flags = any_flags(w);
	a->token_create.bpffs_fd = pool_fd(w, POOL_OTHER);
}

/* What isn't known yet: descriptors, numbers and pointers, one as likely as the other. */
static void unknown(struct worker *w, union bpf_attr *a)
{
	uint64_t *words = (uint64_t *)a;
	size_t i;

	for (i = 0; i < 8; i++) {
		const uint32_t low = random_once_in(w, 2) ? any_object(w) : (int)random_number(w);
		const uint32_t high = random_once_in(w, 2) ? any_object(w) : 0;

		words[i] = random_once_in(w, 3) ? memory_any(w) : low | (uint64_t)high << 32;
	}
	memory_guard(w, a, sizeof(*a));
}

typedef void (*fill_fn)(struct worker *w, union bpf_attr *attr);

static const fill_fn fills[__MAX_BPF_CMD] = {
	[BPF_MAP_CREATE] = map_create,
	[BPF_MAP_LOOKUP_ELEM] = map_elem,
	[BPF_MAP_UPDATE_ELEM] = map_elem,
	[BPF_MAP_DELETE_ELEM] = map_elem,
	[BPF_MAP_GET_NEXT_KEY] = map_elem,
	[BPF_OBJ_PIN] = obj_pin,
	[BPF_OBJ_GET] = obj,
	[BPF_PROG_ATTACH] = prog_attach,
	[BPF_PROG_DETACH] = prog_attach,
	[BPF_PROG_RUN] = prog_run,
	[BPF_PROG_GET_NEXT_ID] = get_next_id,
	[BPF_MAP_GET_NEXT_ID] = get_next_id,
	[BPF_PROG_GET_FD_BY_ID] = prog_by_id,
	[BPF_MAP_GET_FD_BY_ID] = map_by_id,
	[BPF_OBJ_GET_INFO_BY_FD] = get_info,
	[BPF_PROG_QUERY] = prog_query,
	[BPF_RAW_TRACEPOINT_OPEN] = raw_tracepoint,
	[BPF_BTF_LOAD] = btf_load,
	[BPF_BTF_GET_FD_BY_ID] = btf_by_id,
	[BPF_TASK_FD_QUERY] = task_fd_query,
	[BPF_MAP_LOOKUP_AND_DELETE_ELEM] = map_elem,
	[BPF_MAP_FREEZE] = map_freeze,
	[BPF_BTF_GET_NEXT_ID] = get_next_id,
	[BPF_MAP_LOOKUP_BATCH] = map_batch,
	[BPF_MAP_LOOKUP_AND_DELETE_BATCH] = map_batch,
	[BPF_MAP_UPDATE_BATCH] = map_batch,
	[BPF_MAP_DELETE_BATCH] = map_batch,
	[BPF_LINK_CREATE] = link_create,
	[BPF_LINK_UPDATE] = link_update,
	[BPF_LINK_GET_FD_BY_ID] = link_by_id,
	[BPF_LINK_GET_NEXT_ID] = get_next_id,
	[BPF_ENABLE_STATS] = enable_stats,
	[BPF_ITER_CREATE] = iter_create,
	[BPF_LINK_DETACH] = link_detach,
	[BPF_PROG_BIND_MAP] = bind_map,
	[BPF_TOKEN_CREATE] = token_create,
	[BPF_PROG_STREAM_READ_BY_FD] = stream_read,
	[BPF_PROG_ASSOC_STRUCT_OPS] = assoc_struct_ops,
};

void calls_fill(struct worker *w, int cmd, union bpf_attr *attr)
{
	if (cmd >= 0 && cmd < __MAX_BPF_CMD && fills[cmd])
		fills[cmd](w, attr);
	else
		unknown(w, attr);
}
