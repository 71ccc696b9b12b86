// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report.c - the table of attacks and what became of them.
 */
#include <stdio.h>
#include <string.h>

#include "attack.h"
#include "reason.h"

#define ATTACKS_MIN 120

static const char *const words[] = {
	[ATTACK_NEVER] = "NEVER RUN",
	[ATTACK_STOPPED] = "stopped",
	[ATTACK_THROUGH] = "GOT THROUGH",
	[ATTACK_KNOWN] = "got through",
	[ATTACK_WRONG_ERROR] = "WRONG ERRNO",
	[ATTACK_NO_EVENT] = "NO EVENT",
	[ATTACK_UNTRIED] = "could not run",
	[ATTACK_NO_CONTROL] = "COULD NOT RUN",
};

static const char *error_name(int error, char *room, size_t len)
{
	if (!error)
		return "-";
	if (error <= ATTACK_CANNOT)
		return "";
	if (error <= ATTACK_EXIT(0)) {
		snprintf(room, len, "exit %d", ATTACK_EXIT(0) - error);
		return room;
	}
	if (strerrorname_np(-error))
		return strerrorname_np(-error);
	snprintf(room, len, "%d", error);
	return room;
}

/* The event it left; or why it left none, what it should have been, or why it wasn't tried. */
static void print_event(const struct attack_result *r)
{
	const struct attack_want *want = attack_expected(r->attack);
	char room[16];

	if (r->verdict == ATTACK_KNOWN) {
		printf("known: Documentation/threat-model.rst, \"%s\"", r->attack->known);
	} else if (r->verdict == ATTACK_UNTRIED || (r->verdict == ATTACK_NO_CONTROL && r->why[0])) {
		printf("%s", r->why);
	} else if (r->verdict == ATTACK_NO_CONTROL) {
		printf("without a policy: %s", error_name(r->control, room, sizeof(room)));
	} else {
		if (r->verdict != ATTACK_STOPPED)
			printf("wanted %s, ", error_name(want->error, room, sizeof(room)));
		if (want->no_event)
			printf("none: %s", want->no_event);
		else
			printf("%s %s%s%s", reason_decision(want->decision),
			       reason_id(want->reason, want->attribute), want->hook ? ": " : "",
			       want->hook ? reason_object(want->hook) : "");
		if (want->control)
			printf(" (the kernel refuses)");
	}
}

static void print_row(const struct attack_result *r)
{
	char room[16];

	printf("%2d  %-48s %-13s %-13s ", r->class->number, r->attack->name, words[r->verdict],
	       r->verdict == ATTACK_NO_CONTROL ? "" : error_name(r->error, room, sizeof(room)));
	print_event(r);
	putchar('\n');
}

static size_t count(const struct attack_result *results, size_t n, unsigned int verdicts)
{
	size_t i, found = 0;

	for (i = 0; i < n; i++)
		found += verdicts >> results[i].verdict & 1;
	return found;
}

#define BIT(verdict) (1U << (verdict))

int attack_report(const struct attack_result *results, size_t n)
{
	const struct attack_class *class = NULL;
	size_t i, known = count(results, n, BIT(ATTACK_KNOWN));
	size_t through = known + count(results, n, BIT(ATTACK_THROUGH) | BIT(ATTACK_WRONG_ERROR) |
				       BIT(ATTACK_NO_EVENT));
	size_t broken = count(results, n, BIT(ATTACK_NO_CONTROL) | BIT(ATTACK_NEVER));

	printf("\n%-52s%-13s %-13s %s\n", "class variant", "result", "errno", "event");
	for (i = 0; i < n; i++) {
		if (results[i].class != class) {
			class = results[i].class;
			printf("--- %d. %s\n", class->number, class->title);
		}
		print_row(&results[i]);
	}
	putchar('\n');
	if (known)
		printf("%zu of those that got through are known, with their reasons in "
		       "Documentation/threat-model.rst\n", known);
	if (broken)
		printf("%zu of those that could not run should have\n", broken);
	if (n < ATTACKS_MIN)
		printf("too few attacks to say more: %d would be enough\n", ATTACKS_MIN);
	printf("%zu attacks, %zu stopped, %zu got through, %zu could not run\n", n,
	       count(results, n, BIT(ATTACK_STOPPED)), through,
	       broken + count(results, n, BIT(ATTACK_UNTRIED)));
	return through > known || broken || n < ATTACKS_MIN;
}
