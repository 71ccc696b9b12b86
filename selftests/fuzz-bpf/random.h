/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * random.h - numbers that a seed repeats (xorshift64*), and the choices made by them.
 */
#ifndef FUZZ_RANDOM_H
#define FUZZ_RANDOM_H

#include "fuzz.h"

static inline uint64_t random_next(struct worker *w)
{
	w->random ^= w->random >> 12;
	w->random ^= w->random << 25;
	w->random ^= w->random >> 27;
	return w->random * 0x2545f4914f6cdd1dULL;
}

static inline uint32_t random_below(struct worker *w, uint32_t n)
{
	return (random_next(w) >> 32) % n;
}

/* True once in n times. */
static inline bool random_once_in(struct worker *w, uint32_t n)
{
	return !random_below(w, n);
}

#define RANDOM_OF(w, array) ((array)[random_below(w, GATE_COUNT(array))])

/* Numbers at which checks change their minds, and a few others. */
static inline uint32_t random_number(struct worker *w)
{
	static const uint32_t edges[] = {
		0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 4095, 4096, 4097,
		65535, 65536, 1U << 20, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
	};

	switch (random_below(w, 4)) {
	case 0:
		return random_next(w);
	case 1:
		return random_below(w, 64);
	default:
		return RANDOM_OF(w, edges);
	}
}

/* Zero mostly; a bit or a few otherwise. */
static inline uint32_t random_flags(struct worker *w)
{
	if (!random_once_in(w, 4))
		return 0;
	return random_once_in(w, 8) ? random_next(w) : 1U << random_below(w, 20);
}

#endif
