// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * audit.c - reads who has objects of the policy's that nobody should have.
 */
#include "audit.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpfseal.h"
#include "diag.h"
#include "iterate.h"

#define WAIT_US 50000
#define WAITS 40

static void print_descriptor(const char *what, const struct bpfseal_held *held)
{
	diag_error("another process has the policy's %s \"%.*s\", id %u",
		   strcmp(what, "prog") ? "map" : "program", BPFSEAL_NAME_LEN, held->name, held->id);
	diag_hint("find it with: grep -l '%s_id:.%u$' /proc/[0-9]*/fdinfo/*", what, held->id);
}

static void print_held(const struct bpfseal_held *held)
{
	switch (held->kind) {
	case BPFSEAL_HELD_PROG:
		print_descriptor("prog", held);
		break;
	case BPFSEAL_HELD_MAP:
		print_descriptor("map", held);
		break;
	case BPFSEAL_OVERRULES:
		diag_error("the program \"%.*s\", id %u, is older than the seal and could overrule the policy",
			   BPFSEAL_NAME_LEN, held->name, held->id);
		diag_hint("end what has it loaded: bpftool prog show id %u", held->id);
		break;
	case BPFSEAL_ADDED:
		diag_error("%u programs use the policy's maps, and %u are its own", held->id,
			   BPFSEAL_PROGRAMS);
		diag_hint("look for those that aren't: bpftool prog show");
		break;
	case BPFSEAL_REFERRED:
		diag_error("a map of maps, or something like it, refers to the policy's maps");
		diag_hint("look for it: bpftool map show");
		break;
	case BPFSEAL_STRANGER:
		diag_error("the program \"%.*s\", id %u, uses maps of the new programs",
			   BPFSEAL_NAME_LEN, held->name, held->id);
		diag_hint("end what has it loaded: bpftool prog show id %u", held->id);
		break;
	case BPFSEAL_DETACHED:
		diag_error("only %u of the new programs that decide are attached", held->id);
		diag_hint("somebody has detached the others; try once more");
		break;
	case BPFSEAL_WRITTEN:
		diag_error("somebody has written to the maps of the new programs");
		diag_hint("find out who, and try once more");
		break;
	default:
		diag_error("the audit has found something that this bpfseal doesn't know: kind %u, id %u",
			   held->kind, held->id);
	}
}

static struct bpfseal_held held_at(const uint8_t *buf, size_t i)
{
	struct bpfseal_held held;

	memcpy(&held, buf + i * sizeof(held), sizeof(held));
	return held;
}

/*
 * A program that nobody has any more is gone at once, but what it had of the maps the kernel
 * lets go of some time later.
 */
static bool may_settle(const uint8_t *buf, size_t n)
{
	return n == 1 && held_at(buf, 0).kind == BPFSEAL_REFERRED;
}

int audit_run(int audit)
{
	unsigned int waits = 0;
	uint8_t *buf = NULL;
	size_t len = 0, n;
	int err;

	do {
		if (waits)
			usleep(WAIT_US);
		free(buf);
		err = iterate(audit, &buf, &len);
		if (err) {
			diag_error("cannot run the audit: %s", strerror(-err));
			return err;
		}
		n = len / sizeof(struct bpfseal_held);
	} while (may_settle(buf, n) && waits++ < WAITS);
	for (size_t i = 0; i < n; i++) {
		const struct bpfseal_held held = held_at(buf, i);

		print_held(&held);
	}
	free(buf);
	return (int)n;
}
