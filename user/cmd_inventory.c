// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_inventory.c - bpfseal inventory: every program in the kernel, its signer
 * and what the policy says of it.
 */
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cmd.h"
#include "diag.h"
#include "event.h"
#include "inventory.h"
#include "inventory_json.h"
#include "prog_types.h"
#include "reason.h"

static const char usage[] =
	"usage: bpfseal inventory [--check] [--json]\n"
	"\n"
	"Lists every BPF program in the kernel with its signer and what the policy\n"
	"says of it. Programs from before the policy stay loaded: look for them here.\n"
	"\n"
	"      --check  exit with 3 if there is one the policy would not admit\n"
	"      --json   one JSON object\n";

enum column { ID, TYPE, NAME, LEVEL, SIGNER, LOADER, LOADED, VERDICT, COLUMNS };

static const char *const heads[COLUMNS] = {
	"ID", "TYPE", "NAME", "LEVEL", "SIGNER", "LOADER", "LOADED", "VERDICT",
};

struct row {
	struct event_field cell[COLUMNS];
};

static void set_name(struct event_field *cell, const char *name, unsigned int number)
{
	if (name)
		snprintf(cell->s, sizeof(cell->s), "%s", name);
	else
		snprintf(cell->s, sizeof(cell->s), "unknown-%u", number);
}

static void set_signer(struct event_field *cell, const struct inventory *inv,
		       const struct bpfseal_program *p)
{
	const char *keyring = reason_keyring(p->keyring_type);

	if (inv->has_policy && !event_signer(&inv->policy, p->signer, cell))
		return;
	if (p->keyring_type)
		snprintf(cell->s, sizeof(cell->s), "%s %d", keyring ? keyring : "keyring",
			 p->keyring_serial);
	else
		strcpy(cell->s, "-");
}

static void set_verdict(struct event_field *cell, const struct inventory *inv,
			const struct inventory_entry *e)
{
	const char *reason = reason_id(e->prog.reason, 0);

	if (e->prog.own)
		strcpy(cell->s, "bpfseal's own");
	else if (!inv->has_policy)
		strcpy(cell->s, "-");
	else if (e->prog.admitted && e->prog.loader_id)
		snprintf(cell->s, sizeof(cell->s), "nested in loader %u", e->prog.loader_id);
	else if (e->prog.admitted)
		strcpy(cell->s, "admitted");
	else
		snprintf(cell->s, sizeof(cell->s), "NOT ADMITTED: %s",
			 reason ? reason : "unknown reason");
}

static void fill_row(struct row *row, const struct inventory *inv,
		     const struct inventory_entry *e, int64_t wall_offset)
{
	const struct bpfseal_program *p = &e->prog;
	struct event_field *cell = row->cell;

	snprintf(cell[ID].s, sizeof(cell[ID].s), "%u", p->id);
	set_name(&cell[TYPE], prog_type_name(p->type), p->type);
	cell[NAME] = event_escape(p->name, sizeof(p->name));
	set_name(&cell[LEVEL], reason_level(p->level), p->level);
	set_signer(&cell[SIGNER], inv, p);
	if (p->loader_id)
		snprintf(cell[LOADER].s, sizeof(cell[LOADER].s), "%u", p->loader_id);
	else
		strcpy(cell[LOADER].s, "-");
	/* Seconds are enough here: cut ".123456Z". */
	snprintf(cell[LOADED].s, sizeof(cell[LOADED].s), "%.19sZ",
		 event_wall_time(p->load_time_ns, wall_offset).s);
	set_verdict(&cell[VERDICT], inv, e);
}

/* The first pass finds out how wide the columns are, the second prints. */
static void put_row(const struct row *row, size_t width[COLUMNS], bool print)
{
	for (int c = 0; c < COLUMNS; c++) {
		size_t len = strlen(row->cell[c].s);

		if (len > width[c])
			width[c] = len;
		if (print && c == VERDICT)
			puts(row->cell[c].s);
		else if (print)
			printf("%-*s  ", (int)width[c], row->cell[c].s);
	}
}

static void print_table(const struct inventory *inv)
{
	int64_t wall_offset = event_wall_offset();
	size_t width[COLUMNS] = {};
	struct row row;

	for (int pass = 0; pass < 2; pass++) {
		for (int c = 0; c < COLUMNS; c++)
			set_name(&row.cell[c], heads[c], 0);
		put_row(&row, width, pass);
		for (size_t i = 0; i < inv->n; i++) {
			fill_row(&row, inv, &inv->entries[i], wall_offset);
			put_row(&row, width, pass);
		}
	}
}

static void print_text(const struct inventory *inv)
{
	size_t bad;

	print_table(inv);
	if (!inv->has_policy) {
		puts("No policy is installed: only signatures are shown, and whose they are isn't checked.");
		return;
	}
	bad = inventory_not_admitted(inv);
	if (!bad)
		puts("The policy would admit every program, or it is bpfseal's own.");
	else
		printf("%zu program%s the policy would not admit. The policy stops loads only: remove what uses %s, or reboot.\n",
		       bad, bad == 1 ? "" : "s", bad == 1 ? "it" : "them");
}

static int print_json(const struct inventory *inv)
{
	json_t *o;
	int err = inventory_json(inv, &o);

	if (err)
		return err;
	err = json_dumpf(o, stdout, JSON_INDENT(2)) || putchar('\n') == EOF ? -EIO : 0;
	json_decref(o);
	return err;
}

static int verdict(const struct inventory *inv, bool check)
{
	if (!check)
		return EXIT_DONE;
	if (!inv->has_policy) {
		diag_error("no policy is installed, so nothing can be checked");
		diag_hint("install one: bpfseal install POLICY.yaml");
		return EXIT_FAILED;
	}
	return inventory_not_admitted(inv) ? EXIT_POLICY_NO : EXIT_DONE;
}

static int list(bool json, bool check)
{
	struct inventory *inv;
	int err, code;

	err = inventory_read(&inv);
	if (err)
		return EXIT_FAILED;
	if (json)
		err = print_json(inv);
	else
		print_text(inv);
	if (!err && fflush(stdout))
		err = -errno;
	if (err)
		diag_error("cannot write the inventory: %s", strerror(-err));
	code = err ? EXIT_FAILED : verdict(inv, check);
	inventory_free(inv);
	return code;
}

int cmd_inventory(int argc, char **argv)
{
	static const struct option options[] = {
		{ "check", no_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	bool json = false, check = false;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			fputs(usage, stdout);
			return EXIT_DONE;
		}
		if (c != 'c' && c != 'j')
			return EXIT_USAGE;
		check |= c == 'c';
		json |= c == 'j';
	}
	if (argc != optind) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return list(json, check);
}
