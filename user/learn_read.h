/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * learn_read.h - reads events and the inventory for learning. All of it is checked:
 * what it says was chosen by whoever loads, and the files may come from elsewhere.
 */
#ifndef BPFSEAL_LEARN_READ_H
#define BPFSEAL_LEARN_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "learn_group.h"

#define LEARN_SIGNERS_MAX	(POLICY_SIGNERS_MAX + 1)
#define LEARN_LINE_MAX		(64 * 1024)
#define LEARN_INVENTORY_MAX	(256 * 1024 * 1024)

/** struct learn_program - one of the inventory, until its load is found in the events */
struct learn_program {
	uint64_t loaded_ns;	/* boot time */
	const json_t *entry;
	unsigned int type, attach_type;
	const char *name;
	bool has_digest, found;
	uint8_t digest[32];
};

/** struct learn_signer - whose signed loads were allowed */
struct learn_signer {
	char name[LEARN_NAME_LEN];	/* "" if the event doesn't tell */
	uint64_t loads;
};

/**
 * struct learn_input - what was read
 * @events: lines that are events; @maps: those of maps, @covered: loads that were
 *	allowed because of a signature
 * @probes_hidden, @lost, @gone: events that weren't shown, or lost, as the summaries tell;
 *	those that were lost while it was recorded are gone, too
 * @n_programs: programs of the inventory; @programs_covered: those a signature admits
 * @programs_skipped: other programs about which nothing can be learned
 */
struct learn_input {
	struct learn_groups groups;
	uint64_t events, maps, covered, probes_hidden, lost, gone;
	uint64_t programs_covered, programs_skipped;
	struct learn_signer signers[LEARN_SIGNERS_MAX];
	unsigned int n_signers;
	json_t *inventory;
	struct learn_program *programs;
	size_t n_programs;
};

/**
 * learn_read_inventory - take a 'bpfseal inventory --json'
 * @in: the input; its reference to @inventory is released by learn_input_free()
 * @inventory: the object; stolen, also on failure
 * @path: what to call it in messages
 *
 * To be read before the events, which are looked up in it; then learn_add_loaded().
 *
 * Return: 0, -EINVAL (printed) or -ENOMEM
 */
int learn_read_inventory(struct learn_input *in, json_t *inventory, const char *path);

/** learn_load_inventory - learn_read_inventory() of a file */
int learn_load_inventory(struct learn_input *in, const char *path);

/**
 * learn_read_events - read 'bpfseal events --json', line by line
 * @in: the input
 * @path: the file
 *
 * Return: 0, -EINVAL (printed), -ENOMEM or the errno of reading (printed)
 */
int learn_read_events(struct learn_input *in, const char *path);

/**
 * learn_add_loaded - group those programs of the inventory that no event told of
 * @in: the input, after everything has been read
 *
 * Return: 0 or -ENOMEM
 */
int learn_add_loaded(struct learn_input *in);

/** learn_input_free - free what the functions above made */
void learn_input_free(struct learn_input *in);

/**
 * learn_plain_path - the path that an escaped one stands for
 * @escaped: as event_escape() makes it
 * @path: set on success
 *
 * Return: 0, or -EINVAL if it isn't absolute, or no rule should name it: too long,
 * or with characters that don't show as they are
 */
int learn_plain_path(const char *escaped, char path[POLICY_PATH_MAX + 1]);

#endif
