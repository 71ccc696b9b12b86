/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * measure.h - the program that measures executables (bpf/measure.bpf.c).
 *
 * It is loaded and pinned with the others, since the policy would refuse it later, but
 * attached only while the policy in force has rules that ask for it: reading an
 * executable at each load is dear. It is attached before such a policy is put into
 * force and detached after another one is, so that a crash leaves at most a link that
 * nobody needs; the next reload removes it.
 *
 * The functions print what is wrong.
 */
#ifndef BPFSEAL_MEASURE_H
#define BPFSEAL_MEASURE_H

#include "policy.h"
#include "probe.h"

/**
 * measure_check - can this kernel measure what the rules ask for?
 * @doc: the policy
 * @path: its file
 * @probe: what the kernel can do
 *
 * Return: 0, or -EOPNOTSUPP if there is such a rule and no way
 */
int measure_check(const struct policy_doc *doc, const char *path, const struct probe *probe);

/**
 * measure_pin_again - pin the program once more if only its link is
 *
 * Return: 0 or a negative errno
 */
int measure_pin_again(void);

/**
 * measure_begin - measure executables from now on, whatever policy is in force
 *
 * Return: 0, also if they are measured already, or a negative errno
 */
int measure_begin(void);

/**
 * measure_end - measure no longer, and wait until no load is being measured
 *
 * A load that sleeps while it is measured goes on to the programs that were attached with
 * this one when it came. The kernel frees those that may not sleep without waiting for it
 * (kernel/bpf/trampoline.c, seen on 7.0: a use after free). So before they are detached,
 * nobody may be there.
 *
 * Return: 0, -EBUSY (a load is still being measured) or another negative errno
 */
int measure_end(void);

/** measure_settle - measure no longer unless the policy in force asks for it */
void measure_settle(void);

#endif
