// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * loader.c - light skeletons: run as they should be, or with something of them altered.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "random.h"

#include "gate_skel.h"
#include "async.signed.lskel.h"
#include "many.signed.lskel.h"
#include "nested.lskel.h"
#include "nested.signed.lskel.h"
#include "nested.stranger.lskel.h"
GATE_SKEL(async_signer)
GATE_SKEL(many_signer)
GATE_SKEL(nested)
GATE_SKEL(nested_signer)
GATE_SKEL(nested_stranger)

static int (*const takes[])(struct gate_loader *) = {
	nested_signer__take, many_signer__take, async_signer__take, nested__take,
	nested_stranger__take,
};

#define SIGNED 3	/* the first of these are signed by the key that the policy trusts */

static struct gate_loader loaders[GATE_COUNT(takes)];

int loader_prepare(void)
{
	int err = 0;
	size_t i;

	for (i = 0; !err && i < GATE_COUNT(takes); i++)
		err = takes[i](&loaders[i]);
	return err;
}

/* A byte of the metadata or of the signature is another. */
static void alter(struct worker *w, struct gate_loader *loader)
{
	uint8_t *copy;

	if (random_once_in(w, 2) || !loader->sig) {
		copy = (void *)(uintptr_t)memory_copy(w, loader->data, loader->data_len);
		copy[random_below(w, loader->data_len)] ^= 1 << random_below(w, 8);
		loader->data = copy;
	} else {
		copy = (void *)(uintptr_t)memory_copy(w, loader->sig, loader->sig_len);
		copy[random_below(w, loader->sig_len)] ^= 1 << random_below(w, 8);
		loader->sig = copy;
	}
}

/* Its context holds what it has made; the next one that runs it begins with none. */
static void *take_context(struct worker *w, struct gate_loader *loader)
{
	void *context = calloc(1, loader->ctx_len);

	if (!context)
		return NULL;
	memcpy(context, loader->ctx, loader->ctx_len);
	loader->ctx = context;
	if (random_once_in(w, 8))
		loader->ctx_len = random_below(w, loader->ctx_len);
	return context;
}

#define VALUE 48	/* the last bytes of a signature belong to its value */

/* May this one have a descriptor? Not all kernels look at the metadata when it is loaded. */
static bool is_signed(const struct worker *w, const struct gate_loader *loader, uint32_t which)
{
	const struct gate_loader *was = &loaders[which];
	const uint32_t value = was->sig_len - VALUE;

	return which < SIGNED && loader->keyring == w->setup->keyring &&
	       !memcmp((uint8_t *)loader->sig + value, (uint8_t *)was->sig + value, VALUE) &&
	       (loader->data == was->data || gate_kernel()->level < BPFSEAL_LEVEL_METADATA);
}

static void load_and_run(struct worker *w, struct gate_loader *loader, uint32_t which)
{
	const bool right = is_signed(w, loader, which);
	int err = gate_loader_load(loader);

	w->tally->loads++;
	w->tally->admitted += !err;
	w->tally->denied += err == -EPERM;
	if (err)
		return;
	if (!right) {
		w->tally->wrong++;
		fprintf(stderr, "WRONG: admitted: loader %u, keyring %d\n", which, loader->keyring);
	}
	w->tally->runs += !gate_loader_run(loader);
	if (random_once_in(w, 4))
		gate_loader_run(loader);
}

void loader_round(struct worker *w)
{
	const uint32_t which = random_below(w, GATE_COUNT(loaders));
	struct gate_loader loader = loaders[which];
	void *context = take_context(w, &loader);

	if (!context)
		return;
	loader.keyring = random_once_in(w, 16) ? w->setup->stranger : w->setup->keyring;
	if (random_once_in(w, 4))
		alter(w, &loader);
	if (random_once_in(w, 16))
		loader.excl = NULL;
	if (!gate_loader_map(&loader))
		load_and_run(w, &loader, which);
	free(context);
}
