/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hold.h - hold a loader up in the middle of its run, and the loader made by
 * hand (progs/hand.bpf.c) that can be held up.
 */
#ifndef GATE_HOLD_H
#define GATE_HOLD_H

#include <pthread.h>

#include <linux/types.h>
#include "gate.h"
#include "hand.h"

/* A page of memory. Whoever reads it waits until it is released. */
struct hold {
	int fd;
	void *page;
};

/** hold_make - make one; 0 or a negative errno (-ENOSYS: no userfaultfd) */
int hold_make(struct hold *hold);

/** hold_wait - wait until somebody waits; 0, or -ETIMEDOUT after 10 s */
int hold_wait(const struct hold *hold);

/** hold_release - let him go on; later reads don't wait */
int hold_release(const struct hold *hold);

/** hold_free - release and forget */
void hold_free(struct hold *hold);

/**
 * struct hand - the loader made by hand
 * @fd: the loader, -1 until loaded
 * @id: its program id
 * @ctx: what it shall do and what it did
 * @err: what BPF_PROG_RUN said
 */
struct hand {
	int fd;
	uint32_t id;
	struct hand_ctx ctx;
	int err;
	pthread_t thread;
};

/**
 * hand_load - load it
 * @who: whose signature, NULL for none
 * @keyring: to check it by
 *
 * Return: 0 or a negative errno
 */
int hand_load(struct hand *hand, const char *who, int32_t keyring);

/** hand_run - run it; err, or what it returned */
int hand_run(struct hand *hand);

/** hand_start - run it in a thread of its own; hand_join() waits for its end */
int hand_start(struct hand *hand);
int hand_join(struct hand *hand);

/** hand_forget - close what it made, so that it can run again */
void hand_forget(struct hand *hand);
void hand_close(struct hand *hand);

#endif
