/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compat.h - all differences between kernels that the controller knows of.
 * Those that the policy's programs know of stand in bpf/compat.h.
 */
#ifndef BPFSEAL_COMPAT_USER_H
#define BPFSEAL_COMPAT_USER_H

#include "probe.h"

struct btf;

/**
 * compat_look - what the kernel's type information tells
 * @btf: the kernel's, NULL if it has none
 * @p: hooks, lsm_built, verdict_visible, runtime_kfunc, ima and verity are set
 */
void compat_look(const struct btf *btf, struct probe *p);

/**
 * compat_conclude - what follows from the programs that were tried
 * @p: proof and tier are set
 */
void compat_conclude(struct probe *p);

/** compat_tier - the tier that goes with @p->proof and @p->verdict_visible */
enum probe_tier compat_tier(const struct probe *p);

/**
 * compat_require - can a policy that requires this level work here?
 * @p: the answers
 * @need: the level
 *
 * Prints what is missing and what to do.
 *
 * Return: 0 or -EOPNOTSUPP
 */
int compat_require(const struct probe *p, enum bpfseal_level need);

/**
 * compat_program - which program this kernel needs under the name of a pin
 * @p: the answers
 * @pin: the name, the same on all kernels
 */
const char *compat_program(const struct probe *p, const char *pin);

/** compat_tier_since - which kernels have this tier, e.g. "Linux 7.3 or later" */
const char *compat_tier_since(enum probe_tier tier);

/** compat_tier_meaning - what a signature is worth there, half a sentence */
const char *compat_tier_meaning(enum probe_tier tier);

/**
 * compat_tier_limit - what can't be promised there
 * @tier: the tier
 * @i: counts from 0
 *
 * Return: a sentence, or NULL if there are no more
 */
const char *compat_tier_limit(enum probe_tier tier, unsigned int i);

#endif
