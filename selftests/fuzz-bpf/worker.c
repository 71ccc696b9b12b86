// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * worker.c - one worker: a call after the other.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <signal.h>
#include <unistd.h>

#include "fuzz.h"
#include "random.h"

#define SWEEP_AFTER 64	/* calls */
#define LOADER_ONCE_IN 64
#define ATTR_ROOM 4096	/* the kernel takes no more */
#define MEMORY_OF_A_MAP (1U << 20)

/* What the kernel writes lands here. */
static union {
	union bpf_attr attr;
	uint8_t room[ATTR_ROOM];
} at __attribute__((aligned(4096)));

/* --- before a call -------------------------------------------------------------- */

static void mutate(struct worker *w, union bpf_attr *attr)
{
	uint32_t n = 1 + random_below(w, 3), word;
	uint8_t *bytes = (uint8_t *)attr;

	while (n--) {
		uint8_t *where = bytes + random_below(w, sizeof(*attr) / 4) * 4;

		/* The first fields are those that all commands have. */
		if (random_once_in(w, 2))
			where = bytes + random_below(w, 16) * 4;
		memcpy(&word, where, 4);
		if (random_once_in(w, 3))
			word ^= 1U << random_below(w, 32);
		else
			word = random_number(w);
		memcpy(where, &word, 4);
	}
	memory_guard(w, attr, sizeof(*attr));
}

static void at_most(uint32_t *number, uint32_t most)
{
	if (*number > most)
		*number %= most + 1;
}

/* The machine has other work than to fill its memory, or to run a program for an hour. */
static void limit(const struct worker *w, int cmd, union bpf_attr *attr)
{
	switch (cmd) {
	case BPF_MAP_CREATE:
		if (attr->map_type == BPF_MAP_TYPE_ARENA && w->setup->no_arenas)
			attr->map_type = BPF_MAP_TYPE_ARRAY;
		at_most(&attr->key_size, MEMORY_OF_A_MAP);
		at_most(&attr->value_size, MEMORY_OF_A_MAP);
		if ((uint64_t)attr->max_entries * (attr->key_size + attr->value_size + 64) >
		    MEMORY_OF_A_MAP)
			attr->max_entries = 4;
		break;
	case BPF_PROG_RUN:
		at_most(&attr->test.repeat, 16);
		at_most(&attr->test.batch_size, 64);
		break;
	case BPF_MAP_LOOKUP_BATCH:
	case BPF_MAP_LOOKUP_AND_DELETE_BATCH:
	case BPF_MAP_UPDATE_BATCH:
	case BPF_MAP_DELETE_BATCH:
		at_most(&attr->batch.count, 1024);
		break;
	case BPF_PROG_QUERY:
		at_most(&attr->query.prog_cnt, 1024);
		break;
	}
}

/* What was there before is left alone, unless the policy is sealed. */
static void keep_off(const struct worker *w, int cmd, union bpf_attr *attr)
{
	enum fuzz_kind kind;

	if (cmd == BPF_PROG_GET_FD_BY_ID)
		kind = FUZZ_PROGS;
	else if (cmd == BPF_MAP_GET_FD_BY_ID)
		kind = FUZZ_MAPS;
	else if (cmd == BPF_LINK_GET_FD_BY_ID)
		kind = FUZZ_LINKS;
	else if (cmd == BPF_BTF_GET_FD_BY_ID)
		kind = FUZZ_BTFS;
	else
		return;
	if (pool_off_limits(w, kind, attr->prog_id))
		attr->prog_id += FUZZ_ID_MAX;
}

/* --- the call ------------------------------------------------------------------- */

static void count_load(struct worker *w, const union bpf_attr *attr, bool is_signed, long ret)
{
	w->tally->loads++;
	w->tally->admitted += ret >= 0;
	w->tally->denied += ret == -EPERM;
	if (ret < 0 || is_signed)
		return;
	w->tally->wrong++;
	fprintf(stderr, "WRONG: admitted: type %u, %u instructions, flags %#x, signature of %u bytes, "
		"keyring %d\n", attr->prog_type, attr->insn_cnt, attr->prog_flags,
		attr->signature_size, attr->keyring_id);
}

/* The kernel may write over what was signed, so that has to be looked at before. */
long worker_call(struct worker *w, int cmd, union bpf_attr *attr, uint32_t size)
{
	bool is_signed = cmd == BPF_PROG_LOAD && prog_is_signed(w, attr, size);
	long ret;

	limit(w, cmd, attr);
	keep_off(w, cmd, attr);
	memset(&at, 0, sizeof(at));
	at.attr = *attr;
	ret = syscall(__NR_bpf, cmd, &at, size);
	if (ret < 0)
		ret = -errno;
	w->tally->calls++;
	w->tally->done += ret >= 0;
	if (cmd >= 0 && cmd < __MAX_BPF_CMD) {
		w->tally->command[cmd][0]++;
		w->tally->command[cmd][1] += ret >= 0;
	}
	if (cmd == BPF_PROG_LOAD)
		count_load(w, attr, is_signed, ret);
	return ret;
}

static uint32_t any_size(struct worker *w)
{
	if (!random_once_in(w, 16))
		return sizeof(union bpf_attr);
	return random_below(w, random_once_in(w, 8) ? 2 * ATTR_ROOM : sizeof(union bpf_attr) + 16);
}

/* Loads and what links are made with get a greater part. */
static int any_command(struct worker *w)
{
	static const int often[] = {
		BPF_PROG_LOAD, BPF_PROG_LOAD, BPF_MAP_CREATE, BPF_LINK_CREATE, BPF_PROG_RUN,
		BPF_PROG_ATTACH,
	};

	if (random_once_in(w, 256))
		return random_number(w);
	return random_once_in(w, 3) ? RANDOM_OF(w, often) : (int)random_below(w, __MAX_BPF_CMD + 1);
}

static void one_call(struct worker *w)
{
	union bpf_attr attr;
	int cmd = any_command(w);

	memset(&attr, 0, sizeof(attr));
	if (cmd == BPF_PROG_LOAD)
		prog_fill(w, &attr);
	else if ((cmd == BPF_LINK_CREATE || cmd == BPF_PROG_ATTACH) && !random_once_in(w, 4))
		attach_fill(w, cmd, &attr);
	else
		calls_fill(w, cmd, &attr);
	if (random_once_in(w, 4))
		mutate(w, &attr);
	worker_call(w, cmd, &attr, any_size(w));
}

/* A parent that is gone can't tell when it is over. */
void worker_main(struct worker *w)
{
	const struct rlimit many = { 1024, 1024 };
	uint32_t n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_NOFILE, &many);
	if (memory_make(w) || pool_make(w))
		_exit(1);
	for (n = 0; !*w->setup->over; n++) {
		if (n % SWEEP_AFTER == 0)
			pool_sweep(w);
		if (random_once_in(w, LOADER_ONCE_IN))
			loader_round(w);
		else
			one_call(w);
	}
	_exit(0);
}
