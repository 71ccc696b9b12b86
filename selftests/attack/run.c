// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run.c - runs all attacks, in a VM: first each without a policy, then each again, once
 * the policy is in force: some before it is sealed, most after that.
 *
 *   attack [CLASS...]
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "attack.h"
#include "cli.h"
#include "exec.h"

#define MAX 640

static struct {
	struct attack_result results[MAX];
	struct attack_child early[MAX];	/* those that begin before the policy */
	size_t n;
	struct gate_events events;
} all;

const struct attack_want *attack_expected(const struct attack *attack)
{
	if (attack->expect)
		return attack->expect(attack);
	if (gate_kernel()->promotes && attack->promoting.error)
		return &attack->promoting;
	return &attack->want;
}

/* All classes, or those whose numbers are given. */
static bool is_asked_for(int class, char *const numbers[])
{
	int i;

	for (i = 0; numbers[i]; i++)
		if (atoi(numbers[i]) == class)
			return true;
	return !numbers[0];
}

static int list_attacks(char *const numbers[])
{
	const struct attack_class *class;
	size_t i, j;

	for (i = 0; i < attack_classes_n; i++) {
		class = attack_classes[i];
		if (!is_asked_for(class->number, numbers))
			continue;
		for (j = 0; j < class->n; j++) {
			if (all.n == MAX)
				return -E2BIG;
			all.results[all.n].class = class;
			all.results[all.n++].attack = &class->attacks[j];
		}
	}
	return 0;
}

static int run_one(const struct attack *attack, bool under_policy, char *why, size_t len)
{
	struct attack_child child;
	int err = attack_start(&child, attack, under_policy);

	if (err) {
		snprintf(why, len, "cannot start it: %s", strerror(-err));
		return ATTACK_BROKEN;
	}
	return attack_finish(&child, why, len);
}

/* --- without a policy -------------------------------------------------------- */

static void run_control(struct attack_result *r)
{
	const struct attack_want *want = attack_expected(r->attack);

	r->control = run_one(r->attack, false, r->why, sizeof(r->why));
	if (r->control == ATTACK_CANNOT)
		r->verdict = ATTACK_UNTRIED;
	else if (r->control != want->control)
		r->verdict = ATTACK_NO_CONTROL;
}

static int around(const struct attack_class *class, bool begin)
{
	int err = class && class->around ? class->around(begin) : 0;

	if (err)
		fprintf(stderr, "# class %d can't be tried without a policy: %d\n",
			class->number, err);
	return err;
}

static int run_controls(void)
{
	const struct attack_class *class = NULL;
	size_t i;
	int err = 0;

	for (i = 0; i < all.n && !err; i++) {
		if (all.results[i].class != class) {
			err = around(class, false);
			class = all.results[i].class;
			if (!err)
				err = around(class, true);
		}
		if (!err)
			run_control(&all.results[i]);
	}
	return err ? err : around(class, false);
}

static bool can_run(const struct attack_result *r)
{
	return r->verdict != ATTACK_UNTRIED && r->verdict != ATTACK_NO_CONTROL;
}

/* --- the policy comes --------------------------------------------------------- */

static int start_early(size_t i)
{
	struct attack_result *r = &all.results[i];
	int err;

	if (!can_run(r) || !r->attack->before)
		return 0;
	err = attack_start(&all.early[i], r->attack, true);
	if (!err)
		err = attack_await_pause(&all.early[i]);
	if (err)
		fprintf(stderr, "# cannot prepare \"%s\": %s\n", r->attack->name, strerror(-err));
	return err;
}

static int put_policy_into_force(void)
{
	size_t i;
	int err = 0;

	for (i = 0; i < all.n && !err; i++)
		err = start_early(i);
	if (!err)
		err = attack_policy_install();
	return err;
}

/* What the policy is to let through, it lets through; else an attack's failure means little. */
static int check_legit(void)
{
	char why[120];
	size_t i;
	int ret;

	for (i = 0; i < attack_legit.n; i++) {
		ret = run_one(&attack_legit.attacks[i], true, why, sizeof(why));
		if (ret == 0 || ret == ATTACK_CANNOT)
			continue;
		fprintf(stderr, "# \"%s\" should work under the policy: %s\n",
			attack_legit.attacks[i].name,
			ret == ATTACK_BROKEN ? why : strerror(-ret));
		gate_events_drain(&all.events);
		gate_events_show(&all.events);
		return -EBADE;
	}
	return 0;
}

/* --- under the policy --------------------------------------------------------- */

static bool left_event(int error, const struct attack_want *want)
{
	const struct bpfseal_event *e;
	size_t i;

	for (i = 0; i < all.events.n; i++) {
		e = &all.events.list[i];
		if (e->decision == want->decision && e->reason == want->reason &&
		    e->attribute == want->attribute && e->error == error &&
		    (!want->hook || e->hook == want->hook))
			return true;
	}
	return false;
}

static enum attack_verdict judge(const struct attack_result *r)
{
	const struct attack_want *want = attack_expected(r->attack);

	if (r->error == ATTACK_CANNOT)
		return ATTACK_UNTRIED;
	if (r->error == ATTACK_BROKEN)
		return ATTACK_NO_CONTROL;
	if (!r->error)
		return r->attack->known ? ATTACK_KNOWN : ATTACK_THROUGH;
	if (r->error != want->error)
		return ATTACK_WRONG_ERROR;
	if (!want->no_event && !left_event(r->error, want))
		return ATTACK_NO_EVENT;
	return ATTACK_STOPPED;
}

static void run_attempt(size_t i)
{
	struct attack_result *r = &all.results[i];

	gate_events_clear(&all.events);
	if (r->attack->before) {
		attack_go_on(&all.early[i]);
		r->error = attack_finish(&all.early[i], r->why, sizeof(r->why));
	} else {
		r->error = run_one(r->attack, true, r->why, sizeof(r->why));
	}
	gate_events_drain(&all.events);
	r->verdict = judge(r);
	if (r->verdict == ATTACK_WRONG_ERROR || r->verdict == ATTACK_NO_EVENT ||
	    r->verdict == ATTACK_THROUGH) {
		fprintf(stderr, "# %s: all events:\n", r->attack->name);
		gate_events_show(&all.events);
	}
}

/* Whatever an attack did, the policy has to be there. */
static bool is_there(struct attack_result *r)
{
	int err = cli_unsigned();

	if (err == -EPERM)
		return true;
	fprintf(stderr, "# \"%s\" took the policy away; an unsigned load: %s\n", r->attack->name,
		err ? strerror(-err) : "works");
	r->verdict = ATTACK_THROUGH;
	return false;
}

/* And by what it says of itself, nothing of it is missing. */
static bool is_whole(const struct attack_class *class)
{
	if (!class || class->open || class->breaks || !gate_do("bpfseal", "status"))
		return true;
	fprintf(stderr, "# the attacks of class %d, \"%s\", damaged the policy\n", class->number,
		class->title);
	return false;
}

/* Those for an open policy, or those for a sealed one. */
static int run_attempts(bool open)
{
	const struct attack_class *class = NULL;
	size_t i;

	for (i = 0; i < all.n; i++) {
		if (all.results[i].class->open != open || !can_run(&all.results[i]))
			continue;
		if (class != all.results[i].class && !is_whole(class))
			return -EBADE;
		class = all.results[i].class;
		run_attempt(i);
		if (!is_there(&all.results[i]))
			return -EBADE;
	}
	return is_whole(class) ? 0 : -EBADE;
}

static void tell(const char *what)
{
	static struct timespec start;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!start.tv_sec)
		start = now;
	printf("%4ld s  %s\n", (long)(now.tv_sec - start.tv_sec), what);
	fflush(stdout);
}

/* What is read here is no policy's object that somebody has. */
static int seal(void)
{
	int err;

	gate_events_close(&all.events);
	err = attack_policy_seal();
	return err ? err : gate_events_open(&all.events);
}

static int under_policy(bool open)
{
	int err;

	tell("what it has to let through");
	err = check_legit();
	if (err)
		return err;
	tell(open ? "attacks on the open policy" : "attacks on the sealed policy");
	return run_attempts(open);
}

static int run_all(char *const numbers[])
{
	int err;

	err = list_attacks(numbers);
	if (!err)
		err = attack_prepare();
	if (err)
		return err;
	tell("each attack without a policy");
	err = run_controls();
	if (err)
		return err;
	tell("the policy comes");
	err = put_policy_into_force();
	if (!err)
		err = gate_events_open(&all.events);
	if (!err)
		err = under_policy(true);
	if (err)
		return err;
	tell("the policy is sealed");
	err = seal();
	if (!err)
		err = under_policy(false);
	tell("done");
	return err;
}

int main(int argc, char **argv)
{
	const struct rlimit files = { 4096, 4096 };
	int err;

	/* Executables that rules name are copies of this one. */
	if (argc >= 2 && !strcmp(argv[1], EXEC_LOAD))
		return -exec_load();
	if (setrlimit(RLIMIT_NOFILE, &files))
		return 1;
	err = run_all(argv + 1);
	if (err)
		fprintf(stderr, "the attacks were not run to their end: %s\n", strerror(-err));
	return attack_report(all.results, all.n) || err;
}
