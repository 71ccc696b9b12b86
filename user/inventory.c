// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * inventory.c - reads the list of programs from the iterator, the installed one
 * or one that is loaded just for this.
 */
#include "inventory.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpfseal.h"
#include "diag.h"
#include "iterate.h"
#include "objects.h"
#include "pins.h"

#define CANNOT_LOAD "no policy is installed, and its iterator can't be loaded"

static int report(const char *what, int err)
{
	diag_error("%s: %s", what, strerror(-err));
	if (err == -EPERM || err == -EACCES)
		diag_hint("run this as root");
	return err;
}

static int parse(const uint8_t *buf, size_t len, struct inventory *inv)
{
	size_t n = len / sizeof(struct bpfseal_program);

	if (len % sizeof(struct bpfseal_program))
		return -EBADMSG;
	inv->entries = calloc(n ? n : 1, sizeof(*inv->entries));
	if (!inv->entries)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		memcpy(&inv->entries[i].prog, buf + i * sizeof(struct bpfseal_program),
		       sizeof(struct bpfseal_program));
	inv->n = n;
	return 0;
}

/* @prog: fd of the iterator */
static int read_programs(int prog, struct inventory *inv)
{
	uint8_t *buf;
	size_t len;
	int err;

	err = iterate(prog, &buf, &len);
	if (err)
		return report("cannot read the inventory", err);
	err = parse(buf, len, inv);
	if (err == -EBADMSG)
		diag_error("the inventory has another form: the installed policy is of another version of bpfseal");
	free(buf);
	return err;
}

static int read_installed(int prog, struct inventory *inv)
{
	int err = read_programs(prog, inv);

	if (err)
		return err;
	/* The programs don't judge by a policy of another version either. */
	inv->has_policy = !report_policy(&inv->policy) && inv->policy.abi == BPFSEAL_ABI;
	return 0;
}

/*
 * Gives the iterator a policy that trusts nobody. It judges nothing, but makes
 * the records tell what the signatures say.
 */
static int set_blank_policy(int control)
{
	struct bpfseal_policy blank = {
		.abi = BPFSEAL_ABI,
		.mode = BPFSEAL_PERMISSIVE,
		.require = BPFSEAL_LEVEL_SIGNED,
		.verified_level = BPFSEAL_LEVEL_SIGNED,
	};
	const struct rules_keys none = {};
	struct bpfseal_table *table = calloc(1, sizeof(*table));
	int err;

	if (!table)
		return -ENOMEM;
	table->policy = blank;
	err = control_switch(control, table, &none);
	free(table);
	return err;
}

static int read_temporary(struct inventory *inv)
{
	struct objects *lister;
	int err;

	err = objects_load_lister(&lister);
	if (err)
		return report(CANNOT_LOAD, err);
	err = set_blank_policy(objects_prog(lister, "control"));
	if (err)
		report(CANNOT_LOAD, err);
	else
		err = read_programs(objects_prog(lister, "inventory"), inv);
	objects_close(lister);
	return err;
}

int inventory_read(struct inventory **out)
{
	struct inventory *inv = calloc(1, sizeof(*inv));
	int prog, err;

	if (!inv)
		return -ENOMEM;
	prog = pins_open("inventory");
	if (prog >= 0)
		err = read_installed(prog, inv);
	else if (prog == -ENOENT)
		err = read_temporary(inv);
	else
		err = report("cannot open the pinned inventory", prog);
	if (prog >= 0)
		close(prog);
	if (err)
		inventory_free(inv);
	else
		*out = inv;
	return err;
}

void inventory_free(struct inventory *inv)
{
	if (inv)
		free(inv->entries);
	free(inv);
}

size_t inventory_not_admitted(const struct inventory *inv)
{
	size_t n = 0;

	for (size_t i = 0; i < inv->n; i++)
		n += !inv->entries[i].prog.admitted && !inv->entries[i].prog.own;
	return n;
}
