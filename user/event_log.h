/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * event_log.h - reads the events of the policy that is installed.
 *
 * The kernel keeps the newest BPFSEAL_EVENTS of them. Reading takes nothing away, so that
 * there can be any number of readers. What the command has shown it notes in a file, the
 * cursor, only to go on from there the next time: who changes that file hides nothing.
 * None of these functions prints.
 */
#ifndef BPFSEAL_EVENT_LOG_H
#define BPFSEAL_EVENT_LOG_H

#include <stdbool.h>

#include "bpfseal.h"

/**
 * struct event_log - a reader's place among the events
 * @report: the program that is asked for them
 * @loaded: when that was loaded, which no other installation of this boot has in common
 * @next: number of the event to read next
 * @newest: number of the newest, when it was last asked for
 * @gone: numbers that there was no record of: overwritten before they were read, or lost
 */
struct event_log {
	int report;
	__u64 loaded;
	__u64 next;
	__u64 newest;
	__u64 gone;
};

/** event_log_fn - takes an event; ends the reading if it returns a negative errno */
typedef int (*event_log_fn)(void *arg, const struct bpfseal_event *e);

/**
 * event_log_open - begin to read, with the oldest event that is left
 * @log: filled on success; event_log_close()
 *
 * Return: 0, -ENOENT (none is installed), -EPROTONOSUPPORT (another version's) or a
 * negative errno
 */
int event_log_open(struct event_log *log);
void event_log_close(struct event_log *log);

/**
 * event_log_read - read the next events
 * @log: which; an event that @fn fails at is the next one again
 * @most: so many at most
 * @fn: called for each, in the order of their numbers
 * @arg: passed on
 *
 * Waits for an event that is being written, up to a second.
 *
 * Return: how many, or what @fn returned, or a negative errno
 */
int event_log_read(struct event_log *log, unsigned int most, event_log_fn fn, void *arg);

/**
 * event_log_renew - go on with the policy that is installed now, if it is another one
 *
 * Return: true if it is
 */
bool event_log_renew(struct event_log *log);

/** event_log_resume - go on where the cursor says, if it is about this installation */
void event_log_resume(struct event_log *log);

/** event_log_save - set the cursor to here; 0 or a negative errno */
int event_log_save(const struct event_log *log);

#endif
