/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe_run.h - the part of probe_kernel() that runs loaders which have their
 * metadata verified.
 */
#ifndef BPFSEAL_PROBE_RUN_H
#define BPFSEAL_PROBE_RUN_H

#include "probe.h"
#include "probe_signer.h"

/**
 * probe_run - try all of enum probe_load from PROBE_LOAD_BTF on
 * @s: the signer
 * @loads: those results are set
 */
void probe_run(const struct probe_signer *s, struct probe_result loads[PROBE_LOADS]);

#endif
