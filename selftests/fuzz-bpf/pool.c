// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pool.c - descriptors, ids and paths to give to the kernel.
 *
 * Nobody notes what a call has returned: what descriptors there are, and of what kind, is
 * looked up in /proc now and then. So those that a loader makes are found, too.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fuzz.h"
#include "random.h"

#define LOOPBACK 1	/* ifindex */
#define NAMES 8		/* of pins for each worker */

/* --- descriptors ---------------------------------------------------------------- */

static int open_perf_event(uint32_t type, uint64_t config)
{
	struct perf_event_attr attr = {
		.type = type, .size = sizeof(attr), .config = config, .sample_period = 1000000,
	};

	return syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

static int open_directory(const char *path)
{
	int fd;

	mkdir(path, 0700);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fprintf(stderr, "# %s: %s\n", path, strerror(errno));
	return fd;
}

static int make_sockmap(void)
{
	const struct gate_map map = { .type = BPF_MAP_TYPE_SOCKMAP, .size = 4 };

	return gate_map_make(&map);
}

/* What to attach to, and to make tokens, maps and links of. They stay open. */
static void open_targets(struct worker *w)
{
	int *targets = w->pool.targets;
	char path[64];

	snprintf(path, sizeof(path), "/sys/fs/cgroup/fuzz%d", w->number);
	targets[TARGET_CGROUP] = open_directory(path);
	targets[TARGET_NETNS] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	targets[TARGET_PERF] = open_perf_event(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK);
	targets[TARGET_SOCKMAP] = make_sockmap();
	targets[TARGET_LOOPBACK] = LOOPBACK;
	snprintf(path, sizeof(path), FUZZ_PINS "/%d", w->number);
	open_directory(path);
	open_directory("/tmp");
	open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	socket(AF_INET, SOCK_STREAM, 0);
	socket(AF_INET, SOCK_DGRAM, 0);
	socket(AF_UNIX, SOCK_DGRAM, 0);
	syscall(SYS_pidfd_open, getpid(), 0);
	memfd_create("fuzz", MFD_CLOEXEC);
	open_perf_event(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS);
}

int pool_make(struct worker *w)
{
	open_targets(w);
	w->pool.keep = open("/dev/null", O_RDONLY | O_CLOEXEC);
	pool_sweep(w);
	return w->pool.keep < 0 ? -errno : 0;
}

static enum pool_kind kind_of(const char *fd)
{
	char path[300], target[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%s", fd);
	len = readlink(path, target, sizeof(target) - 1);
	target[len < 0 ? 0 : len] = '\0';
	if (!strcmp(target, "anon_inode:bpf-map"))
		return POOL_MAP;
	if (!strcmp(target, "anon_inode:bpf-prog"))
		return POOL_PROG;
	if (!strcmp(target, "anon_inode:bpf_link") || !strcmp(target, "anon_inode:bpf-link"))
		return POOL_LINK;
	return strcmp(target, "anon_inode:btf") ? POOL_OTHER : POOL_BTF;
}

/* Room is made by closing one that is there already. */
static void add(struct worker *w, enum pool_kind kind, int fd)
{
	struct pool *pool = &w->pool;
	int *slot;

	if (pool->n[kind] < POOL_MAX) {
		pool->fds[kind][pool->n[kind]++] = fd;
		return;
	}
	slot = &pool->fds[kind][random_below(w, POOL_MAX)];
	if (*slot < pool->keep) {
		close(fd);
		return;
	}
	close(*slot);
	*slot = fd;
}

void pool_sweep(struct worker *w)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	int fd;

	if (!dir)
		return;
	memset(w->pool.n, 0, sizeof(w->pool.n));
	while ((entry = readdir(dir))) {
		fd = atoi(entry->d_name);
		if (fd > 2 && fd != dirfd(dir))
			add(w, kind_of(entry->d_name), fd);
	}
	closedir(dir);
}

int pool_fd(struct worker *w, enum pool_kind kind)
{
	static const int odd[] = { -1, 0, 1, 900, 0x7fffffff, -100 };

	if (random_once_in(w, 64))
		return RANDOM_OF(w, odd);
	if (random_once_in(w, 16))
		kind = random_below(w, POOL_KINDS);
	if (!w->pool.n[kind])
		return -1;
	return w->pool.fds[kind][random_below(w, w->pool.n[kind])];
}

/* --- ids ------------------------------------------------------------------------ */

bool pool_off_limits(const struct worker *w, enum fuzz_kind kind, uint32_t id)
{
	if (w->setup->sealed || id >= FUZZ_ID_MAX)
		return false;
	return w->setup->off_limits[kind][id / 64] >> (id % 64) & 1;
}

static uint32_t next_id(enum fuzz_kind kind, uint32_t after)
{
	static const int commands[FUZZ_IDS] = {
		BPF_PROG_GET_NEXT_ID, BPF_MAP_GET_NEXT_ID, BPF_LINK_GET_NEXT_ID,
		BPF_BTF_GET_NEXT_ID,
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.start_id = after;
	return gate_bpf(commands[kind], &attr) ? 0 : attr.next_id;
}

/* The first one that may be had, from somewhere on. */
uint32_t pool_id(struct worker *w, enum fuzz_kind kind)
{
	uint32_t id = random_once_in(w, 2) ? 0 : random_below(w, 4096);
	int skip = random_below(w, 8);

	if (random_once_in(w, 16))
		return random_number(w);
	do {
		id = next_id(kind, id);
		if (id && !pool_off_limits(w, kind, id) && !skip--)
			return id;
	} while (id);
	return random_below(w, 1 << 20);
}

/* --- paths ---------------------------------------------------------------------- */

uint64_t pool_path(struct worker *w)
{
	static const char *const odd[] = {
		"", "/", ".", "/tmp/file", "/proc/self/exe", FUZZ_PINS, FUZZ_PINS "/no/where",
		FUZZ_PINS "/a.b",
	};
	char path[64];

	snprintf(path, sizeof(path), FUZZ_PINS "/%d/%u", w->number, random_below(w, NAMES));
	if (random_once_in(w, 8))
		snprintf(path, sizeof(path), "%u", random_below(w, NAMES));
	else if (random_once_in(w, 8))
		strcpy(path, RANDOM_OF(w, odd));
	else if (w->setup->sealed && random_once_in(w, 4))
		strcpy(path, "/sys/fs/bpf/bpfseal/run_starts");
	else if (random_once_in(w, 4))
		unlink(path);
	return memory_copy(w, path, sizeof(path));
}
