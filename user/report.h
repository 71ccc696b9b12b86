/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report.h - reads what there is to know of the policy in force: see bpf/report.bpf.c.
 *
 * Functions return -ENOENT if none is installed or in force, and -EPROTONOSUPPORT if it
 * is another version's.
 */
#ifndef BPFSEAL_REPORT_H
#define BPFSEAL_REPORT_H

#include <stdbool.h>

#include "rules_layout.h"

/**
 * report_state - what the programs remember
 * @out: set on success
 *
 * Return: 0 or a negative errno
 */
int report_state(struct bpfseal_state *out);

/**
 * report_table - copy the policy in force with its rules
 * @out: set on success; free with free()
 *
 * Return: 0 or a negative errno
 */
int report_table(struct bpfseal_table **out);

/**
 * report_policy - copy the policy in force, without its rules
 * @out: set on success
 *
 * Return: 0 or a negative errno
 */
int report_policy(struct bpfseal_policy *out);

/**
 * report_asks - do rules of the policy in force ask for a field?
 * @field: which
 * @asks: set on success
 *
 * Return: 0 or a negative errno
 */
int report_asks(enum bpfseal_field field, bool *asks);

/**
 * report_names - do rules of the policy in force name a value?
 * @key: the value
 * @names: set on success
 *
 * Return: 0 or a negative errno
 */
int report_names(const struct bpfseal_key *key, bool *names);

/**
 * report_event - one decision's record by its number
 * @report: descriptor of the program, which the others open by themselves
 * @seq: the number
 * @out: set on success
 * @newest: set to the number of the last decision, 0 if that can't be told
 *
 * Return: 0, -ENOENT (no such decision yet), -EAGAIN (not written yet, or lost),
 * -ENODATA (overwritten) or another negative errno
 */
int report_event(int report, __u64 seq, struct bpfseal_event *out, __u64 *newest);

/**
 * report_counters - decisions since installation, all CPUs summed
 * @out: BPFSEAL_R_MAX entries, set on success
 *
 * Return: 0 or a negative errno
 */
int report_counters(struct bpfseal_counters *out);

#endif
