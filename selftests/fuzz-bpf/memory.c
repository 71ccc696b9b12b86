// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * memory.c - what user pointers may point to.
 *
 * The kernel writes to where a pointer says. So that it never writes over the fuzzer
 * itself, no pointer leads anywhere but to buffers, to addresses that aren't there, or to
 * what can only be read.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "fuzz.h"
#include "random.h"

#define SIZE (256 * 1024)
#define END 4096	/* cannot be accessed, so that buffers end somewhere */
#define FIXED (64 * 1024)

/* Programs, libraries, heap and stack of an x86-64 process lie between these. */
#define OWN_FIRST 0x550000000000ULL
#define OWN_LAST 0x7fffffffffffULL

/* What signatures are of: made before the workers start, and never written again. */
static struct {
	uint8_t *at;
	size_t used;
} fixed;

const void *memory_fixed(const void *data, size_t len)
{
	uint8_t *at;

	if (!fixed.at) {
		at = mmap(NULL, FIXED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (at == MAP_FAILED)
			return NULL;
		fixed.at = at;
	}
	if (len > FIXED - fixed.used)
		return NULL;
	at = fixed.at + fixed.used;
	memcpy(at, data, len);
	fixed.used += (len + 7) / 8 * 8;
	return at;
}

int memory_seal(void)
{
	return mprotect(fixed.at, FIXED, PROT_READ) ? -errno : 0;
}

int memory_make(struct worker *w)
{
	uint8_t *at = mmap(NULL, SIZE + END, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	if (at == MAP_FAILED || mprotect(at + SIZE, END, PROT_NONE))
		return -errno;
	w->memory = at;
	w->memory_size = SIZE;
	return 0;
}

/* Text, small numbers, descriptors or pointers: what keys, values and infos are made of. */
static void fill(struct worker *w, uint8_t *at, uint32_t words)
{
	uint32_t sort = random_below(w, 4), i;
	uint64_t word;

	for (i = 0; i < words; i++) {
		word = 0;
		if (sort == 1)
			word = random_number(w);
		else if (sort == 2)
			word = pool_fd(w, random_below(w, POOL_KINDS));
		else if (sort == 3)
			word = (uintptr_t)w->memory + random_below(w, SIZE);
		memcpy(at + 8 * i, &word, 8);
	}
}

uint64_t memory_any(struct worker *w)
{
	uint8_t *at = w->memory + random_below(w, SIZE / 2) / 8 * 8;

	switch (random_below(w, 24)) {
	case 0:
		return 0;
	case 1:
		return 0xffff888000000000ULL + random_below(w, SIZE);
	case 2:
		return (uintptr_t)w->memory + SIZE - random_below(w, 64);
	case 3:
		return (uintptr_t)at + random_below(w, 8);
	case 4: case 5: case 6: case 7:
		fill(w, at, 32);
		return (uintptr_t)at;
	default:
		return (uintptr_t)at;
	}
}

uint64_t memory_copy(struct worker *w, const void *data, size_t len)
{
	uint8_t *at = w->memory + random_below(w, SIZE - len) / 8 * 8;

	memcpy(at, data, len);
	return (uintptr_t)at;
}

static bool lies_in(const void *region, size_t size, uint64_t at, size_t len)
{
	const uint64_t first = (uintptr_t)region;

	return at >= first && len <= size && at - first <= size - len;
}

bool memory_readable(const struct worker *w, uint64_t at, size_t len)
{
	return lies_in(w->memory, SIZE, at, len) || lies_in(fixed.at, FIXED, at, len);
}

void memory_guard(struct worker *w, void *attr, size_t len)
{
	uint64_t first = (uintptr_t)w->memory, word;
	size_t i;

	for (i = 0; i + 8 <= len; i += 8) {
		memcpy(&word, (uint8_t *)attr + i, 8);
		if (word < OWN_FIRST || word > OWN_LAST || memory_readable(w, word, 0))
			continue;
		word = first + word % SIZE;
		memcpy((uint8_t *)attr + i, &word, 8);
	}
}
