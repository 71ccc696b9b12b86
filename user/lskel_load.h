/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lskel_load.h - do what a light skeleton does: make its metadata map, load its
 * loader, run that once.
 */
#ifndef BPFSEAL_LSKEL_LOAD_H
#define BPFSEAL_LSKEL_LOAD_H

#include <stdint.h>

#include "lskel.h"

struct bpf_loader_ctx;

/**
 * struct lskel_signed - how the kernel is to check a loader's signature
 * @covers: what it covers
 * @keyring: where the signer's key is
 */
struct lskel_signed {
	enum lskel_coverage covers;
	int32_t keyring;
};

/**
 * lskel_load - load and run a light skeleton's loader
 * @skel: the skeleton
 * @by: NULL to load it unsigned
 * @ctx: the skeleton's struct; the loader puts its descriptors there. It says where
 *	the verifier's log goes
 *
 * Prints nothing, and loads nothing but the loader: libbpf would try programs of its own
 * first, which a policy in force sees.
 *
 * Return: 0 or a negative errno, of the loader if it ran
 */
int lskel_load(const struct lskel *skel, const struct lskel_signed *by,
	       struct bpf_loader_ctx *ctx);

#endif
