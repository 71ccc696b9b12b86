/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy_diff.h - what one policy allows and another denies.
 */
#ifndef BPFSEAL_POLICY_DIFF_H
#define BPFSEAL_POLICY_DIFF_H

#include <stdio.h>

#include "load_space.h"

/**
 * struct diff_change - loads that are decided otherwise, by the same rules each
 * @decisions: of the old policy and of the new one
 * @first: one of them; of its signer the index in both policies
 * @text: it in words
 * @time: from when on, seconds since 1970
 */
struct diff_change {
	struct judge_decision decisions[2];
	struct space_load first;
	char *text;
	int64_t time;
};

/**
 * struct policy_diff - the difference of two policies
 * @p: the old and the new one
 * @signers: all of both: the same if their keys are
 * @unsure: bit N: of @signers' N-th entry the certificates aren't here to compare
 * @changes: what is decided otherwise
 * @times: how many points in time were compared
 * @complete: all loads were
 */
struct policy_diff {
	struct judge_policy p[2];
	struct space_signer signers[2 * POLICY_SIGNERS_MAX];
	bool unsure[2 * POLICY_SIGNERS_MAX];
	unsigned int n_signers;
	struct diff_change *changes;
	size_t n_changes, times;
	bool complete;
	int64_t now;
};

/**
 * policy_diff - compare two policies
 * @docs: the old and the new one; have to outlive @out
 * @now: seconds since 1970
 * @out: set on success; policy_diff_free()
 *
 * Return: 0 or a negative errno (printed, but for -ENOMEM)
 */
int policy_diff(const struct policy_doc *const docs[2], int64_t now, struct policy_diff *out);

/** policy_diff_free - free what policy_diff() made */
void policy_diff_free(struct policy_diff *diff);

/** policy_diff_print - tell the difference */
void policy_diff_print(FILE *f, const struct policy_diff *diff);

#endif
