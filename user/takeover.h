/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * takeover.h - this bpfseal's programs take the place of a sealed policy's, by leave of
 * its authority: see bpf/upgrade.bpf.c.
 *
 * Each step is asked of the old programs or of the new ones, which look for themselves
 * whether it is time for it: nothing here has to be believed. takeover() takes all of
 * them in their order, which is that of this file.
 *
 * The functions print what is wrong, and return 0 or a negative errno.
 */
#ifndef BPFSEAL_TAKEOVER_H
#define BPFSEAL_TAKEOVER_H

#include <stdbool.h>

#include "control_layout.h"
#include "pins.h"
#include "prepare.h"
#include "source.h"

/**
 * struct takeover - one under way
 * @dir: where the new programs are pinned, and stay
 * @old, @old_audit: programs of the old ones
 * @fs: the file system of the new ones' pins
 * @made: the new programs are in the kernel
 * @isolated: nobody gets at them any more
 * @begun: the new ones are under the seal
 * @closed: and have their policy, so that there is no way back
 */
struct takeover {
	char dir[PIN_PATH_LEN];
	int old, old_audit, fs;
	bool made, isolated, begun, closed;
};

/**
 * takeover - take the place of a sealed policy's programs
 * @src: the policy
 * @prepared: the same, ready for this host
 * @told: what the old programs hand on
 *
 * On error all is as it was, or, as it says then, both decide.
 */
int takeover(const struct policy_source *src, struct prepared *prepared,
	     const struct bpfseal_handover *told);

/**
 * takeover_resume - remove what a takeover that was cut short has left, or do what it has left to do
 *
 * It is for sealed policies, before anything else.
 */
int takeover_resume(void);

/** takeover_hand_on - put what isn't signed, and is handed on, into a policy */
void takeover_hand_on(const struct bpfseal_handover *told, struct bpfseal_table *table);

/**
 * takeover_init - begin, and pins_use() the new directory
 * @t: set; takeover_end() if it succeeds
 * @version: of the policy
 */
int takeover_init(struct takeover *t, unsigned int version);

/** takeover_announce - tell the old programs which loader to expect, by the file beside the policy */
int takeover_announce(const struct takeover *t, const struct policy_source *src);

/** takeover_bring - load and attach the new programs, and close all descriptors */
int takeover_bring(struct takeover *t, const struct prepared *prepared);

/** takeover_isolate - let nobody get at them; -EBUSY: somebody has some of them already */
int takeover_isolate(struct takeover *t);

/** takeover_open - descriptor of one of the new programs that are there for all */
int takeover_open(const struct takeover *t, const char *name);

/** takeover_begin - let them forget everything, mount their pins and mark what is theirs */
int takeover_begin(struct takeover *t, const struct bpfseal_handover *told);

/** takeover_give - give them their policy; from then on they are sealed */
int takeover_give(struct takeover *t, const struct policy_source *src,
		  const struct bpfseal_table *table, const struct rules_keys *keys);

/** takeover_finish - let the old ones make room */
int takeover_finish(const struct takeover *t);

/** takeover_undo - remove the new ones, unless they are sealed */
void takeover_undo(struct takeover *t);

/** takeover_end - close what is open, and go back to PIN_DIR */
void takeover_end(struct takeover *t);

#endif
