// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gate_kernel.c - what is known of the kernels that the tests run on. The product
 * never asks for a version: it has to come to the same by trying.
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "gate.h"

#define VERSION(major, minor) ((major) * 1000 + (minor))

/* The last entry that fits counts. */
static const struct known {
	unsigned int from;
	const char *suffix;	/* of its release */
	struct gate_kernel kernel;
} known[] = {
	{ 0, "", { .tier = "none" } },
	{ VERSION(6, 18), "", { .tier = "attribute", .level = BPFSEAL_LEVEL_SIGNED,
				.loader_level = BPFSEAL_LEVEL_SIGNED } },
	{ VERSION(7, 1), "", { .tier = "attribute", .sees_excl = true,
			       .level = BPFSEAL_LEVEL_SIGNED,
			       .loader_level = BPFSEAL_LEVEL_SIGNED } },
	{ VERSION(7, 2), "", { .tier = "instructions", .sees_excl = true, .verdict = true,
			       .level = BPFSEAL_LEVEL_SIGNED,
			       .loader_level = BPFSEAL_LEVEL_SIGNED } },
	{ VERSION(7, 2), "-bpfseal", { .tier = "runtime metadata", .sees_excl = true, .verdict = true,
				       .promotes = true, .level = BPFSEAL_LEVEL_SIGNED,
				       .loader_level = BPFSEAL_LEVEL_METADATA } },
	{ VERSION(7, 3), "", { .tier = "load-time metadata", .sees_excl = true, .verdict = true,
			       .level = BPFSEAL_LEVEL_METADATA,
			       .loader_level = BPFSEAL_LEVEL_METADATA } },
};

/* Without a version nothing is known, which is the first entry. */
const struct gate_kernel *gate_kernel(void)
{
	const struct known *found = &known[0];
	unsigned int major = 0, minor = 0;
	struct utsname name;
	size_t i;

	if (!uname(&name))
		sscanf(name.release, "%u.%u", &major, &minor);
	for (i = 0; i < GATE_COUNT(known); i++)
		if (known[i].from <= VERSION(major, minor) && strstr(name.release, known[i].suffix))
			found = &known[i];
	return &found->kernel;
}

const char *gate_require(uint8_t level)
{
	return level == BPFSEAL_LEVEL_METADATA ? "metadata" : "signed";
}
