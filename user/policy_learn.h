/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy_learn.h - makes a policy from what was seen.
 */
#ifndef BPFSEAL_POLICY_LEARN_H
#define BPFSEAL_POLICY_LEARN_H

#include <stddef.h>

#include "learn_read.h"

/**
 * struct policy_learned - a policy on its way to a file
 * @text: the policy
 * @len: its length
 * @n_rules: rules in force, @n_off: commented out, @n_preset: covered by presets
 */
struct policy_learned {
	char *text;
	size_t len;
	size_t n_rules, n_off, n_preset;
};

/**
 * policy_learn - make a policy
 * @in: what was read; its groups are sorted, programs added to them
 * @base: whose head and signers to take over, or NULL; certificates get absolute paths
 * @out: set on success; free @out->text
 *
 * The policy is parsed and laid out for matching before it is given away.
 *
 * Return: 0, -EINVAL (printed), -ENOMEM or a negative errno (printed)
 */
int policy_learn(struct learn_input *in, struct policy_doc *base, struct policy_learned *out);

#endif
