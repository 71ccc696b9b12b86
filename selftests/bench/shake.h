/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shakes the kernel's allocators between two calls of a benchmark.
 *
 * A program load's cost depends on how full they are, by as much as a policy
 * adds: how deep the tree of vmalloc areas is, how broken up the memory of the
 * CPU. Attaching programs changes that for all loads that follow. So before each
 * call a random number of maps is made that take such memory, some are closed
 * again, and the others live through the call: whatever is attached, the calls
 * see the same mixture of states.
 */
#ifndef BPFSEAL_BENCH_SHAKE_H
#define BPFSEAL_BENCH_SHAKE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <bpf/bpf.h>

#define SHAKES		16	/* maps made before a call, at most */
#define VMALLOC_PAGES	9	/* more than bpf_map_area_alloc() takes from the slabs */
#define FREED_US	30000	/* until RCU and the work queues have freed a map */

/** struct shakes - the maps that live through a call */
struct shakes {
	int fds[SHAKES];
	int n;
};

static inline int make_shake(void)
{
	int fd;

	if (rand() % 2)
		fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "shake", sizeof(__u32), 4096,
				    VMALLOC_PAGES + rand() % VMALLOC_PAGES, NULL);
	else
		fd = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "shake", sizeof(__u32),
				    8 * (1 + rand() % 8), 1 + rand() % 8, NULL);
	if (fd < 0) {
		perror("bench: cannot make a map");
		exit(2);
	}
	return fd;
}

/** unshake - close the maps; the kernel frees them a little later */
static inline void unshake(struct shakes *s)
{
	while (s->n)
		close(s->fds[--s->n]);
}

/** shake - leave the allocators in another state than the last call found */
static inline void shake(struct shakes *s)
{
	int i, made = rand() % (SHAKES + 1);

	while (s->n < made)
		s->fds[s->n++] = make_shake();
	while (s->n > 1 && rand() % 4) {
		i = rand() % s->n;
		close(s->fds[i]);
		s->fds[i] = s->fds[--s->n];
	}
	usleep(FREED_US);
}

#endif /* BPFSEAL_BENCH_SHAKE_H */
