// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the run of a signed loader costs, which makes maps and loads a program: without
 * a policy, under one, and under one with the descriptors shared by another thread, for
 * which the program's instructions are looked at. As bench.c says, in instructions of
 * a guest that counts them.
 *
 * Exits with 0, or with 2 if nothing can be said.
 */
#include <errno.h>
#include <linux/keyctl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <x86intrin.h>

#include "gate.h"
#include "gate_skel.h"
#include "constants.signed.lskel.h"
#include "nested.signed.lskel.h"
GATE_SKEL(constants_signer)
GATE_SKEL(nested_signer)

#define RUNS 15
#define SETTLE_US 30000

enum setup { NONE, SEALED, SHARED, N_SETUPS };

struct skeleton {
	const char *name;
	int (*take)(struct gate_loader *loader);
	unsigned int fds;	/* maps and programs, at the end of its context */
};

static const struct skeleton skeletons[] = {
	{ "2 maps, 1 program", nested_signer__take, 3 },
	{ "6 maps, 1 program", constants_signer__take, 7 },
};

static void fail(const char *what, int err)
{
	fprintf(stderr, "run: %s: %d\n", what, err);
	exit(2);
}

/* Instructions of one run. */
static uint64_t time_run(const struct skeleton *skel, int32_t keyring)
{
	uint64_t before, after;
	struct gate_loader loader;
	int first, err;

	err = skel->take(&loader);
	loader.keyring = keyring;
	if (!err)
		err = gate_loader_map(&loader);
	if (!err)
		err = gate_loader_load(&loader);
	if (err)
		fail("cannot load", err);
	first = dup(0);		/* what the loader makes gets this number and the next ones */
	close(first);
	usleep(SETTLE_US);
	before = __rdtsc();
	err = gate_loader_run(&loader);
	after = __rdtsc();
	if (err || loader.ret)
		fail("cannot run", err ? err : loader.ret);
	close_range(first, first + skel->fds, 0);
	gate_loader_close(&loader);
	return after - before;
}

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static uint64_t median(const struct skeleton *skel, int32_t keyring)
{
	uint64_t runs[RUNS];

	for (int i = 0; i < RUNS; i++)
		runs[i] = time_run(skel, keyring);
	qsort(runs, RUNS, sizeof(runs[0]), by_size);
	return runs[RUNS / 2];
}

static void *sit(void *arg)
{
	pause();
	return arg;
}

static void prepare(enum setup setup, int32_t *keyring)
{
	const struct gate_policy policy = { .mode = "enforcing" };
	pthread_t thread;
	int err = 0;

	*keyring = KEY_SPEC_SESSION_KEYRING;
	if (setup == NONE)
		err = gate_session() || gate_add_key("signer", *keyring) < 0;
	if (setup == SEALED)
		err = gate_install_policy(&policy);
	if (setup == SHARED)
		err = pthread_create(&thread, NULL, sit, NULL);
	if (!err && setup != NONE)
		err = gate_keyring("signer", keyring);
	if (err)
		fail("cannot prepare", err);
}

int main(void)
{
	uint64_t cost[N_SETUPS][GATE_COUNT(skeletons)];
	int32_t keyring;

	for (int setup = NONE; setup < N_SETUPS; setup++) {
		prepare(setup, &keyring);
		for (size_t i = 0; i < GATE_COUNT(skeletons); i++)
			cost[setup][i] = median(&skeletons[i], keyring);
	}
	printf("%-20s %10s %10s %10s\n", "run of a loader", "no policy", "added", "shared fds");
	for (size_t i = 0; i < GATE_COUNT(skeletons); i++)
		printf("%-20s %10lu %10ld %10ld\n", skeletons[i].name, cost[NONE][i],
		       cost[SEALED][i] - cost[NONE][i], cost[SHARED][i] - cost[NONE][i]);
	return gate_clean() ? 2 : 0;
}
