/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The figure of a benchmark from many calls. Some calls include work of another
 * kind (new random numbers, a new slab, pages given back), which has nothing to do
 * with what is attached: those are left out.
 */
#ifndef BPFSEAL_BENCH_SAMPLE_H
#define BPFSEAL_BENCH_SAMPLE_H

#include <stdlib.h>
#include <string.h>
#include <linux/types.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define ROUNDS		8
#define CALLS		100	/* per round */
#define OTHER_WORK	3000	/* a call that took so much more than the least did more */

/** struct sample - instructions of each call */
struct sample {
	__s64 ticks[ROUNDS][CALLS];
};

static inline int sample_compare(const void *a, const void *b)
{
	__s64 x = *(const __s64 *)a, y = *(const __s64 *)b;

	return (x > y) - (x < y);
}

/** typical - the mean of the middle half of the calls that did nothing else */
static inline __s64 typical(const struct sample *s)
{
	static __s64 sorted[ROUNDS * CALLS];
	size_t n = ARRAY_SIZE(sorted);
	__s64 sum = 0;

	memcpy(sorted, s->ticks, sizeof(sorted));
	qsort(sorted, n, sizeof(sorted[0]), sample_compare);
	while (sorted[n - 1] > sorted[ARRAY_SIZE(sorted) / 20] + OTHER_WORK)
		n--;
	for (size_t i = n / 4; i < n - n / 4; i++)
		sum += sorted[i];
	return sum / (__s64)(n - 2 * (n / 4));
}

#endif /* BPFSEAL_BENCH_SAMPLE_H */
