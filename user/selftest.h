/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * selftest.h - try what the policy must deny, and see whether it does.
 */
#ifndef BPFSEAL_SELFTEST_H
#define BPFSEAL_SELFTEST_H

/* The name of the program that it tries to load: no policy should let that in. */
#define SELFTEST_NAME "bpfseal_test"

enum selftest_result {
	SELFTEST_DENIED,	/* -EPERM, and the policy counted a denial */
	SELFTEST_REPORTED,	/* it loaded, and the policy counted a would-be denial */
	SELFTEST_ALLOWED,	/* it loaded, and the policy counted that its rules allow it */
	SELFTEST_LOADED,	/* it loaded and the policy took no notice */
	SELFTEST_ELSEWHERE,	/* it failed, but the policy didn't deny it */
};

/**
 * selftest_run - load an unsigned program and see what becomes of it
 * @result: set on success
 * @load_error: set on success to the errno of the load, 0 if it loaded
 *
 * The program does nothing and is gone when this returns. An errno alone proves
 * nothing, another security module may deny it: one of the policy's own counters
 * for what an unsigned load can come to has to have moved.
 *
 * Return: 0 or a negative errno (the counters can't be read)
 */
int selftest_run(enum selftest_result *result, int *load_error);

/**
 * selftest_wait_gone - wait until an unsigned program loads again
 *
 * The kernel frees a link in a worker when its last pin has gone (bpf_link_put(),
 * kernel/bpf/syscall.c), so that its program still decides for a moment.
 *
 * Return: 0, or the negative errno that the load still gets after 5 seconds
 */
int selftest_wait_gone(void);

#endif
