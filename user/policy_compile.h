/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy_compile.h - how large a policy is once it is laid out for the kernel.
 */
#ifndef BPFSEAL_POLICY_COMPILE_H
#define BPFSEAL_POLICY_COMPILE_H

#include <stdbool.h>
#include <stddef.h>

#include "policy.h"

/**
 * struct policy_sizes - what it takes
 * @digests: in sets and rules together
 * @vectors: combinations of rules that accept a value, of BPFSEAL_VECTORS_MAX
 * @keys: values looked up by hash
 * @bytes: memory of the kernel, about; while a policy is replaced there are two
 * @cgroups: rules name cgroups, which were taken to exist
 */
struct policy_sizes {
	size_t signers, rules, sets, digests;
	size_t vectors, keys, bytes;
	bool cgroups;
};

/**
 * policy_compile - lay a policy out without installing it
 * @doc: the policy
 * @out: set on success
 *
 * Prints what is wrong.
 *
 * Return: 0 or a negative errno
 */
int policy_compile(const struct policy_doc *doc, struct policy_sizes *out);

#endif
