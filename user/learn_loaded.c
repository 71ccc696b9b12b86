// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * learn_loaded.c - the inventory: programs that are loaded now.
 */
#include "learn_loaded.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "file.h"
#include "learn_json.h"

/* Checking a signature takes some ms; and no more programs than this are looked at. */
#define NEAR_NS		20000000ULL
#define NEAR_PROGRAMS	64

static int other_form(const char *path, const char *what)
{
	diag_at(path, 0, 0, "not an inventory: %s", what);
	diag_hint("expected what 'bpfseal inventory --json' prints");
	return -EINVAL;
}

/* Learning has nothing to say about bpfseal's own, and what it can't name. */
static bool take_program(struct learn_input *in, const json_t *entry)
{
	struct learn_program p = { .entry = entry, .name = learn_text(entry, "name") };
	uint64_t uid;

	if (learn_flag(entry, "own"))
		return true;
	if (learn_types(entry, &p.type, &p.attach_type) || !p.name ||
	    !learn_number(entry, "uid", &uid) || uid >= UINT32_MAX)
		return false;
	learn_number(entry, "loaded_boot_ns", &p.loaded_ns);
	p.has_digest = learn_digest(entry, "digest", p.digest);
	in->programs[in->n_programs++] = p;
	return true;
}

static int compare_times(const void *left, const void *right)
{
	uint64_t a = ((const struct learn_program *)left)->loaded_ns;
	uint64_t b = ((const struct learn_program *)right)->loaded_ns;

	return a < b ? -1 : a > b;
}

int learn_read_inventory(struct learn_input *in, json_t *inventory, const char *path)
{
	const json_t *list = json_object_get(inventory, "programs");
	size_t i;
	json_t *entry;

	in->inventory = inventory;
	if (!json_is_array(list))
		return other_form(path, "it has no list \"programs\"");
	in->programs = calloc(json_array_size(list) + 1, sizeof(*in->programs));
	if (!in->programs)
		return -ENOMEM;
	json_array_foreach(list, i, entry)
		in->programs_skipped += !take_program(in, entry);
	qsort(in->programs, in->n_programs, sizeof(*in->programs), compare_times);
	return 0;
}

int learn_load_inventory(struct learn_input *in, const char *path)
{
	json_error_t error;
	json_t *inventory;
	uint8_t *text;
	size_t len;
	int err;

	err = file_read(path, LEARN_INVENTORY_MAX, &text, &len, NULL);
	if (err) {
		diag_error("cannot read inventory %s: %s", diag_quote(path).s, strerror(-err));
		return err;
	}
	inventory = json_loadb((const char *)text, len, JSON_REJECT_DUPLICATES, &error);
	free(text);
	if (inventory)
		return learn_read_inventory(in, inventory, path);
	if (json_error_code(&error) == json_error_out_of_memory)
		return -ENOMEM;
	return other_form(path, diag_quote(error.text).s);
}

/* --- programs and their events ---------------------------------------------------- */

/* The first program that was loaded at this time or later. */
static size_t first_since(const struct learn_input *in, uint64_t time)
{
	size_t low = 0, high = in->n_programs;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (in->programs[middle].loaded_ns < time)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool fits(const struct learn_program *p, const struct learn_load *load)
{
	return p->has_digest && !p->found && p->type == load->type &&
	       p->attach_type == load->attach_type && !strcmp(p->name, load->name);
}

bool learn_find_loaded(struct learn_input *in, const struct learn_load *load, uint64_t when,
		       uint8_t digest[32])
{
	struct learn_program *found = NULL;
	size_t i = first_since(in, when > NEAR_NS ? when - NEAR_NS : 0);
	size_t end = i + NEAR_PROGRAMS;

	for (; i < in->n_programs && in->programs[i].loaded_ns <= when; i++) {
		if (i == end)
			return false;
		if (!fits(&in->programs[i], load))
			continue;
		if (found)
			return false;
		found = &in->programs[i];
	}
	if (!found)
		return false;
	found->found = true;
	memcpy(digest, found->digest, sizeof(found->digest));
	return true;
}

/* --- programs no event told of ---------------------------------------------------- */

/* Is it allowed for what the new policy will allow it for, too? */
static bool is_covered(const json_t *entry)
{
	const char *reason = learn_text(entry, "reason");

	return learn_flag(entry, "admitted") && reason &&
	       (!strcmp(reason, "signer") || !strcmp(reason, "nested"));
}

static const char *refusal_of(const struct learn_program *p)
{
	const char *reason = learn_text(p->entry, "reason"), *level = learn_text(p->entry, "level");
	const char *why = reason ? learn_refusal(reason) : NULL;

	if (why)
		return why;
	/* Without a policy nobody has looked whose signature it is. */
	if (!reason && level && strcmp(level, "unsigned"))
		return "before-policy";
	return p->has_digest ? NULL : "executable-and-digest-not-known";
}

static int add_program(struct learn_input *in, const struct learn_program *p)
{
	struct learn_load load = {
		.name = p->name, .time = learn_text(p->entry, "loaded"), .type = p->type,
		.attach_type = p->attach_type, .refusal = refusal_of(p), .loaded = true,
		.digest = p->has_digest ? p->digest : NULL,
	};
	uint64_t n = 0;

	load.class = load.refusal ? LEARN_REFUSED : LEARN_WANTED;
	load.nested = learn_number(p->entry, "loader_id", &n) && n;
	learn_number(p->entry, "uid", &n);
	load.uid = (uint32_t)n;
	return learn_add(&in->groups, &load);
}

int learn_add_loaded(struct learn_input *in)
{
	const struct learn_program *p;
	int err = 0;

	for (size_t i = 0; i < in->n_programs && !err; i++) {
		p = &in->programs[i];
		if (is_covered(p->entry))
			in->programs_covered++;
		else if (!p->found &&
			 !(p->has_digest && learn_knows_digest(&in->groups, p->type, p->digest)))
			err = add_program(in, p);
	}
	return err;
}

void learn_input_free(struct learn_input *in)
{
	learn_groups_free(&in->groups);
	json_decref(in->inventory);
	free(in->programs);
	*in = (struct learn_input){};
}
