// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load_facts.c - loads that aren't under way.
 */
#include "load_facts.h"

#include <string.h>
#include <time.h>
#include <linux/bpf.h>

#include "host.h"

/* FNV-1a; never 0, which stands for no cgroup. */
static __u64 cgroup_id(const char *path, size_t len)
{
	__u64 hash = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)path[i]) * 0x100000001b3ULL;
	return hash | 1;
}

static int find_cgroup(const char *path, __u64 *id)
{
	*id = cgroup_id(path, strlen(path));
	return 0;
}

void load_facts_host(struct rules_host *host)
{
	*host = (struct rules_host){ .cgroup = find_cgroup };
}

void load_facts_begin(struct judge_load *l)
{
	*l = (struct judge_load){ .host_user_ns = 1, .host_mount_ns = 1, .host_net_ns = 1 };
	load_facts_cgroup(l, "/");
	load_facts_time(l, time(NULL));
}

void load_facts_cgroup(struct judge_load *l, const char *path)
{
	memset(l->cgroups, 0, sizeof(l->cgroups));
	if (!path)
		return;
	l->cgroups[0] = cgroup_id("/", 1);
	for (unsigned int level = 1; path[1] && level < BPFSEAL_CGROUP_LEVELS; level++) {
		const char *end = path + 1;

		for (unsigned int i = 0; i < level; i++)
			end += strcspn(end, "/") + (i + 1 < level);
		l->cgroups[level] = cgroup_id(path, (size_t)(end - path));
		if (!*end)
			return;
	}
}

void load_facts_executable(struct judge_load *l, const char *path)
{
	memset(l->exe_path, 0, sizeof(l->exe_path));
	if (path)
		memcpy(l->exe_path, path, strnlen(path, POLICY_PATH_MAX));
}

void load_facts_time(struct judge_load *l, int64_t utc)
{
	l->now = (__u64)utc * 1000000000ULL;
}

__u32 load_facts_attach_type(__u32 type)
{
	switch (type) {
	case BPF_PROG_TYPE_CGROUP_SOCK:
		return BPF_CGROUP_INET_SOCK_CREATE;
	case BPF_PROG_TYPE_SK_REUSEPORT:
		return BPF_SK_REUSEPORT_SELECT;
	default:
		return 0;
	}
}
