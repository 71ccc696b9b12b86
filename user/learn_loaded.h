/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * learn_loaded.h - finds the program that an event told of among those loaded now.
 */
#ifndef BPFSEAL_LEARN_LOADED_H
#define BPFSEAL_LEARN_LOADED_H

#include "learn_read.h"

/**
 * learn_find_loaded - the digest of a load whose event has none
 * @in: the input, with an inventory
 * @load: the load
 * @when: boot time of its event, in ns
 * @digest: set on success
 *
 * The kernel notes the time of loading a moment before the policy is asked.
 *
 * Return: true if exactly one program fits
 */
bool learn_find_loaded(struct learn_input *in, const struct learn_load *load, uint64_t when,
		       uint8_t digest[32]);

#endif
