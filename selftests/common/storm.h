/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * storm.h - unsigned loads, one after the other, while a policy's programs change.
 */
#ifndef STORM_H
#define STORM_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct storm - a process that does that
 * @denied: how many ended with -EPERM; set in the end
 * @allowed: how many didn't
 */
struct storm {
	pid_t pid;
	int pipe;
	unsigned long denied, allowed;
};

/** storm_begin - begin; 0 or a negative errno */
int storm_begin(struct storm *storm);

/** storm_end - end it, and tell; 0 or a negative errno */
int storm_end(struct storm *storm);

/** storm_signed_file - where the signed programs of the policy are to stand for this kernel */
const char *storm_signed_file(void);

/** storm_is_signed - do they? */
bool storm_is_signed(void);

/**
 * storm_upgrade_half - the first half of "bpfseal upgrade" of an open policy
 * @path: the policy's
 *
 * Return: 0 or a negative errno
 */
int storm_upgrade_half(const char *path);

#endif
