/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hand_verified.h - the loader made by hand (hold.h), with metadata that it has verified.
 */
#ifndef HAND_VERIFIED_H
#define HAND_VERIFIED_H

#include "hold.h"

/**
 * hand_take_verified - the loader as a light skeleton has it, for kernels that promote
 * @out: set on success; its memory stays
 * @who: signs it
 *
 * It begins with bpf_loader_verify_metadata() on its metadata, and goes on whatever that
 * says, as a careless signer's would.
 *
 * Return: 0 or a negative errno
 */
int hand_take_verified(struct gate_loader *out, const char *who);

/** hand_load_verified - load that; as hand_load() */
int hand_load_verified(struct hand *hand, const char *who, int32_t keyring);

#endif
