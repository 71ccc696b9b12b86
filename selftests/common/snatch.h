/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * snatch.h - threads and programs beside a loader's run, which want what it makes.
 */
#ifndef SNATCH_H
#define SNATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/types.h>

#include "delay.h"

/**
 * struct snatcher - takes a program that exists for a moment only
 * @stop: set by others to end it
 * @after: take the first program with a higher id
 * @fd: what it got, negative before
 */
struct snatcher {
	volatile bool stop;
	uint32_t after;
	long fd;
};

/** snatch - what a thread does to get hold of it, by the ids; @arg is a struct snatcher */
void *snatch(void *arg);

/** snatch_highest_id - of all programs there are */
uint32_t snatch_highest_id(void);

/**
 * snatch_delay - put in the instrument progs/delay.bpf.c, which the signer signed
 * @keyring: to check its signature by
 *
 * Return: descriptor of its link or a negative errno
 */
int snatch_delay(const struct delay_wait *what, int32_t keyring);

/**
 * snatch_result - what a program of progs/async.bpf.c wrote down, once it has run
 * @map: its map "results"
 *
 * It may run in another task, which can only be waited for by looking.
 *
 * Return: 1 or a negative errno; 0 if it hasn't run within 10 s
 */
int64_t snatch_result(int map);

#endif
