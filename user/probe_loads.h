/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe_loads.h - the part of probe_kernel() that signs programs with a
 * throw-away key and tries to load them.
 */
#ifndef BPFSEAL_PROBE_LOADS_H
#define BPFSEAL_PROBE_LOADS_H

#include "probe.h"

/**
 * probe_loads - try all of enum probe_load
 * @loads: filled in
 * @key_type: set to the type of key used, or NULL if none could be made
 *
 * With ECDSA, or with RSA if the kernel lacks ECDSA.
 *
 * Return: 0 or -ENOMEM
 */
int probe_loads(struct probe_result loads[PROBE_LOADS], const char **key_type);

#endif
