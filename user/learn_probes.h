/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * learn_probes.h - libbpf's feature probes, all in one rule.
 */
#ifndef BPFSEAL_LEARN_PROBES_H
#define BPFSEAL_LEARN_PROBES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "learn_group.h"

/** learn_is_probe - is this the digest of a feature probe? */
bool learn_is_probe(const uint8_t digest[32]);

/** learn_has_probes - were there any that a rule is written for? */
bool learn_has_probes(const struct learn_groups *groups);

/** learn_put_probes - the rules for them, if there were any */
void learn_put_probes(FILE *f, const struct learn_groups *groups);

#endif
