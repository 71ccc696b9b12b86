// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * class_blind.c - class 10: loads that nobody is to notice: floods, readers that don't
 * read, and names that are to be taken for something else.
 *
 * The control of each is the same load, which works where there is no policy; there is
 * nothing to be blinded there.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "attack.h"
#include "cli.h"
#include "exec.h"
#include "pins.h"

#define READ_ITSELF "the attack reads it itself, by 'bpfseal events'"
#define STORM (BPFSEAL_EVENTS + 300)
#define READER ATTACK_DIR "/reader"

static const char *const follow[] = { "bpfseal", "events", "--follow", "--no-hints", NULL };

/* --- floods -------------------------------------------------------------------------- */

#define FLOODERS 2

/* Half of it is what libbpf would try, which readers are used to. */
static void *pour(void *arg)
{
	long let_in = 0;
	size_t i;

	(void)arg;
	for (i = 0; i < STORM / FLOODERS; i++)
		let_in += gate_load_trivial(BPF_PROG_TYPE_XDP, i % 2 ? "storm" : "") != -EPERM;
	return (void *)let_in;
}

static uint64_t denied(const struct bpfseal_counters counters[BPFSEAL_R_MAX])
{
	return counters[BPFSEAL_R_UNSIGNED].denied + counters[BPFSEAL_R_FEATURE_PROBE].denied;
}

/* The reader tells how many it has come too late for: a number of digits. */
static bool tells_gone(void)
{
	struct gate_output out;
	bool tells;

	if (gate_run(&out, "bpfseal", "events", "--json", "--probes"))
		return false;
	tells = strstr(out.out, "\"gone\":") && !strstr(out.out, "\"gone\":0");
	gate_output_free(&out);
	return tells;
}

/* All are denied and counted, and those that are overwritten are missed. */
static int flood(const struct attack *attack)
{
	struct bpfseal_counters before[BPFSEAL_R_MAX], after[BPFSEAL_R_MAX];
	pthread_t threads[FLOODERS];
	void *let_in;
	int i;

	(void)attack;
	if (!attack_under_policy())
		return attack_unsigned();
	if (report_counters(before))
		return attack_broken("there are no counters");
	for (i = 0; i < FLOODERS; i++)
		if (pthread_create(&threads[i], NULL, pour, NULL))
			return attack_broken("no thread");
	for (i = 0; i < FLOODERS; i++)
		if (pthread_join(threads[i], &let_in) || let_in)
			return 0;
	if (report_counters(after) || denied(after) - denied(before) != STORM)
		return 0;
	if (!tells_gone())
		return attack_broken("the flood was too small");
	return attack_unsigned();
}

/* --- readers -------------------------------------------------------------------------- */

/* A reader of the administrator's; it has shown what came before when this returns. */
static pid_t start_reader(void)
{
	pid_t reader;

	unlink(READER);		/* that of an earlier one */
	reader = cli_start(follow, READER);
	if (reader > 0 && (gate_load_trivial(BPF_PROG_TYPE_XDP, "first") != -EPERM ||
			   cli_await(READER, "\"first\"")))
		return -EIO;
	return reader;
}

/* Load while the reader can't read; it shows the load all the same. */
static int reader_stopped(const struct attack *attack)
{
	pid_t reader;
	int err;

	(void)attack;
	if (!attack_under_policy())
		return attack_unsigned();
	reader = start_reader();
	if (reader < 0)
		return attack_broken("no reader");
	kill(reader, SIGSTOP);
	err = attack_unsigned();
	kill(reader, SIGCONT);
	if (cli_await(READER, "\"attack\""))
		err = 0;
	kill(reader, SIGTERM);
	cli_end(reader);
	return err;
}

/* What one reader hasn't shown the next one shows. */
static int shown_by_next(int err)
{
	struct gate_output out;

	if (gate_run(&out, "bpfseal", "events", "--no-hints"))
		return attack_broken("no reader");
	if (cli_lines(out.out, "\"attack\"") < 1)
		err = 0;
	gate_output_free(&out);
	return err;
}

static int reader_killed(const struct attack *attack)
{
	pid_t reader;

	(void)attack;
	if (!attack_under_policy())
		return attack_unsigned();
	reader = start_reader();
	if (reader < 0)
		return attack_broken("no reader");
	kill(reader, SIGKILL);
	cli_end(reader);
	return shown_by_next(attack_unsigned());
}

/* The first load is lost with the disk, the second isn't. */
static int disk_full(const struct attack *attack)
{
	int err = attack_unsigned();

	(void)attack;
	if (!attack_under_policy())
		return err;
	if (gate_load_trivial(BPF_PROG_TYPE_XDP, "first") != -EPERM)
		return 0;
	err = attack_unsigned();
	if (system("bpfseal events >/dev/full 2>/dev/null") == 0)
		return attack_broken("the full disk isn't noticed");
	return shown_by_next(err);
}

/* Somebody reads before the administrator does, and takes nothing away by that. */
static int second_reader(const struct attack *attack)
{
	struct gate_output out;
	pid_t reader;
	int err;

	(void)attack;
	if (!attack_under_policy())
		return attack_unsigned();
	reader = start_reader();
	if (reader < 0)
		return attack_broken("no reader");
	kill(reader, SIGSTOP);
	err = attack_unsigned();
	if (gate_run(&out, "bpfseal", "events", "--all"))
		return attack_broken("no second reader");
	gate_output_free(&out);
	kill(reader, SIGCONT);
	if (cli_await(READER, "\"attack\""))
		err = 0;
	kill(reader, SIGTERM);
	cli_end(reader);
	return err;
}

/* The place up to which the administrator has read, put behind what comes. */
static int cursor_altered(const struct attack *attack)
{
	struct gate_output out;
	int err = attack_unsigned();

	(void)attack;
	if (!attack_under_policy())
		return err;
	if (gate_run(&out, "bpfseal", "events"))
		return attack_broken("no reader");
	gate_output_free(&out);
	if (gate_run(&out, "bpfseal", "events", "--all", "--no-hints"))
		return attack_broken("no reader");
	if (cli_lines(out.out, "\"attack\"") < 1)
		err = 0;
	gate_output_free(&out);
	return err;
}

/* A line of the log removed: the numbers of the others show the gap. */
static int edit_log(const struct attack *attack)
{
	struct gate_output out;
	size_t lines;

	(void)attack;
	if (!attack_under_policy())
		return 0;
	if (attack_unsigned() != -EPERM || gate_run(&out, "bpfseal", "events", "--no-hints"))
		return attack_broken("no log");
	if (gate_write(ATTACK_DIR "/log", out.out, strlen(out.out)) ||
	    gate_do("sed", "-i", "/\"attack\"/d", ATTACK_DIR "/log"))
		return attack_broken("no log");
	gate_output_free(&out);
	if (gate_run(&out, "cat", ATTACK_DIR "/log"))
		return attack_broken("no log");
	lines = cli_lines(out.out, "\"attack\"");
	gate_output_free(&out);
	return lines ? -EPERM : 0;
}

/* --- names ----------------------------------------------------------------------------- */

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x7f || (*text < 0x20 && *text != '\n'))
			return false;
	return true;
}

/* Shown as one line, of plain letters: -EPERM as the load; 0 if the name did something. */
static int shown_plainly(int err)
{
	struct gate_output out;

	if (gate_run(&out, "bpfseal", "events", "--no-hints"))
		return attack_broken("no reader");
	if (!is_plain(out.out) || cli_lines(out.out, "") != 2 ||
	    cli_lines(out.out, " denied (EPERM) ") != 1) {
		fprintf(stderr, "# bpfseal events shows: %s\n", out.out);
		err = 0;
	}
	gate_output_free(&out);
	return err;
}

static void drop_events(void)
{
	struct gate_output out;

	if (!gate_run(&out, "bpfseal", "events", "--probes"))
		gate_output_free(&out);
}

static int hostile_comm(const struct attack *attack)
{
	char comm[16] = "";
	int err;

	if (attack_under_policy())
		drop_events();
	strncpy(comm, attack->what, sizeof(comm) - 1);
	if (prctl(PR_SET_NAME, comm) || prctl(PR_GET_NAME, comm) ||
	    strncmp(comm, attack->what, 15))
		return attack_broken("the kernel doesn't take the name");
	err = attack_unsigned();
	return attack_under_policy() ? shown_plainly(err) : err;
}

static int hostile_path(const struct attack *attack)
{
	const char *path = attack->what;
	pid_t pid;
	int err;

	if (gate_do("cp", "/tests/attack", path))
		return attack_broken("no such file");
	if (attack_under_policy())
		drop_events();
	err = exec_load_by(path, &pid);
	unlink(path);
	return attack_under_policy() ? shown_plainly(err) : err;
}

/* The kernel takes only letters, digits, "_" and "." in a program's name. */
static int hostile_prog_name(const struct attack *attack)
{
	return attack_close(gate_load_trivial(BPF_PROG_TYPE_XDP, attack->what));
}

/* A line of JSON that ends early, and another one in the name. */
static int json(const struct attack *attack)
{
	static const char *const events[] = { "bpfseal", "events", "--json", NULL };
	struct gate_output out;
	size_t lines;
	int err;

	if (attack_under_policy())
		drop_events();
	if (prctl(PR_SET_NAME, attack->what))
		return attack_broken("the kernel doesn't take the name");
	err = attack_unsigned();
	if (!attack_under_policy())
		return err;
	if (gate_run_argv(&out, events))
		return attack_broken("no reader");
	lines = cli_lines(out.out, "");
	if (lines != 2 || !is_plain(out.out) || cli_lines(out.out, "\"decision\":\"denied\"") != 1)
		err = 0;
	gate_output_free(&out);
	return err;
}

/* --- time -------------------------------------------------------------------------------- */

/* The clock is set before the load and right after it: the event has its own time. */
static int wrong_time(const struct attack *attack)
{
	const time_t *then = attack->what;
	struct timespec now, wrong = { .tv_sec = *then };
	int err;

	clock_gettime(CLOCK_REALTIME, &now);
	if (clock_settime(CLOCK_REALTIME, &wrong))
		return attack_broken("the clock can't be set");
	err = attack_unsigned();
	return clock_settime(CLOCK_REALTIME, &now) ? attack_broken("the clock stays wrong") : err;
}

static const time_t past = 946684800, future = 4102444800;

#define ATTACK(name_, function, ...) \
	{ .name = name_, .run = function, .want = DENIED(BPFSEAL_R_UNSIGNED), ##__VA_ARGS__ }
#define NAME(name_, function, what_) \
	{ .name = name_, .run = function, .what = what_, .want = QUIET(-EPERM, READ_ITSELF) }

static const struct attack attacks[] = {
	{ .name = "flood of denials", .run = flood,
	  .want = QUIET(-EPERM, "it reads the events itself: those before are written over") },
	NAME("reader stopped", reader_stopped, NULL),
	NAME("reader killed", reader_killed, NULL),
	NAME("disk full", disk_full, NULL),
	NAME("second reader", second_reader, NULL),
	NAME("read before the administrator does", cursor_altered, NULL),
	{ .name = "log edited", .run = edit_log, .known = "The log",
	  .want = QUIET(-EPERM, "the file is root's") },
	NAME("task called by a new line", hostile_comm, "a\nallowed b"),
	NAME("task called by an escape sequence", hostile_comm, "\033[2J\033[1mok"),
	NAME("task called by invalid UTF-8", hostile_comm, "\xff\xfe\xc0\xaf"),
	NAME("task called by quotes", hostile_comm, "\" pid 1 uid 0"),
	NAME("task called by text from right to left", hostile_comm, "\xe2\x80\xae" "deined"),
	NAME("executable called by a new line", hostile_path, ATTACK_DIR "/a\n2026 allowed"),
	NAME("executable called by an escape", hostile_path, ATTACK_DIR "/\033]0;ok\007"),
	NAME("JSON in a name", json, "\",\"decision\":\""),
	{ .name = "program called by a new line", .run = hostile_prog_name, .what = "a\nb",
	  .want = REFUSED(-EINVAL, "the kernel refuses the name before anybody is asked") },
	ATTACK("in the past", wrong_time, .what = &past),
	ATTACK("in the future", wrong_time, .what = &future),
};

const struct attack_class attack_blind = {
	10, "Blinding it", attacks, GATE_COUNT(attacks), .around = NULL,
};
