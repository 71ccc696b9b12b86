// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lskel_kind.c - what each kind of signature covers, and where it is good.
 */
#include "lskel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"

static const struct lskel_kind kinds[] = {
	[LSKEL_COVERS_INSNS] = {
		.name = "instructions",
		.covers = "the instructions alone",
		.lacks = "the metadata is not covered; only the loader itself compares its hash",
		.kernels = "Linux 6.18 to 7.2, but none older than its bpftool",
		.level = "signed",
		.bpftool = "the bpftool of Linux 6.18 to 7.2, without bpfseal's patches",
	},
	[LSKEL_COVERS_INSNS_BTF] = {
		.name = "btf",
		.covers = "instructions and BTF",
		.lacks = "the metadata is not covered; the loader has the kernel verify its hash",
		.kernels = "Linux 7.2 with bpfseal's patches",
		.level = "metadata",
		.bpftool = "the bpftool of Linux 7.2 with bpfseal's patches",
	},
	[LSKEL_COVERS_INSNS_MAPS] = {
		.name = "metadata",
		.covers = "instructions and metadata",
		.kernels = "Linux 7.3 or later",
		.level = "metadata",
		.bpftool = "the bpftool of Linux 7.3 or later",
	},
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct lskel_kind *lskel_kind(enum lskel_coverage covers)
{
	return &kinds[covers];
}

int lskel_kind_parse(const char *name, enum lskel_coverage *covers)
{
	for (size_t i = LSKEL_COVERS_INSNS; i < N_KINDS; i++) {
		if (strcmp(kinds[i].name, name))
			continue;
		*covers = (enum lskel_coverage)i;
		return 0;
	}
	diag_error("--covers is \"%s\", expected one of: instructions, btf, metadata",
		   diag_quote(name).s);
	return -EINVAL;
}

void lskel_kind_print(enum lskel_coverage covers)
{
	const struct lskel_kind *kind = &kinds[covers];

	printf("  covers: %s\n", kind->covers);
	if (kind->lacks)
		printf("  but: %s\n", kind->lacks);
	printf("  loads on: %s; highest level there: %s\n", kind->kernels, kind->level);
}
