// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * events_kept_test.c - the slots that events are kept in: only the policy writes there, a
 * writer that was held up spoils no other's record, and nobody reads half of one.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "gate_test.h"
#include "insn.h"
#include "report.h"

static const struct bpf_insn trivial[] = { MOV_IMM(0, 0), EXIT() };

FIXTURE(kept) {
	struct gate_events events;
};

FIXTURE_SETUP(kept)
{
	GATE_START(&self->events);
}

FIXTURE_TEARDOWN(kept)
{
	GATE_END(&self->events);
}

static int try_load(const char *name)
{
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SOCKET_FILTER, name, trivial, 2);
	int fd = gate_load(&attr);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static size_t count_name(struct gate_events *events, const char *name)
{
	const struct gate_match match = { .name = name };

	return gate_event_count(events, &match);
}

/* --- who may write ----------------------------------------------------------------- */

static int empty(int map, uint32_t slot)
{
	static const struct bpfseal_event none;

	return gate_map_update(map, &slot, &none);
}

TEST_F(kept, root_writes_nothing)
{
	static const struct gate_policy enforcing = { .mode = "enforcing" };
	struct bpfseal_state state;
	uint32_t slot;
	int map, same;

	GATE_SEAL(&self->events, &enforcing);
	EXPECT_EQ(-EPERM, try_load("evidence"));
	ASSERT_EQ(0, report_state(&state));
	slot = state.seq % BPFSEAL_EVENTS;
	map = gate_own_map("events");
	ASSERT_LE(0, map);
	EXPECT_EQ(-EPERM, empty(map, slot));
	EXPECT_EQ(-EPERM, bpf_map_delete_elem(map, &slot));
	close(map);
	/* Any other map of this form lets root do so. */
	same = bpf_map_create(BPF_MAP_TYPE_ARRAY, "events", sizeof(slot),
			      sizeof(struct bpfseal_event), BPFSEAL_EVENTS, NULL);
	ASSERT_LE(0, same);
	EXPECT_EQ(0, empty(same, slot));
	close(same);
	ASSERT_LE(0, gate_events_drain(&self->events));
	EXPECT_EQ(1, count_name(&self->events, "evidence"));
}

/* --- a slot that is being written to ------------------------------------------------- */

#define BUSY BPFSEAL_EVENT_BUSY

struct scribble {
	__u64 slot;
	__u64 seq;
};

/* A permissive policy lets a program in that puts a number into a slot of the events. */
static int load_scribbler(void)
{
	int map = gate_own_map("events"), fd;
	const struct bpf_insn insns[] = {
		MOV_REG(6, 1),
		INSN(BPF_LDX | BPF_MEM | BPF_DW, 1, 6, 0, 0),
		INSN(BPF_STX | BPF_MEM | BPF_DW, 10, 1, -8, 0),
		MOV_REG(2, 10),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -8),
		LD_MAP_FD(1, map),
		CALL(BPF_FUNC_map_lookup_elem),
		INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2, 0),
		INSN(BPF_LDX | BPF_MEM | BPF_DW, 1, 6, 8, 0),
		INSN(BPF_STX | BPF_MEM | BPF_DW, 0, 1, 8, 0),
		MOV_IMM(0, 0),
		EXIT(),
	};
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SYSCALL, "scribbler", insns,
					GATE_COUNT(insns));

	if (map < 0)
		return map;
	attr.prog_flags = BPF_F_SLEEPABLE;
	fd = gate_load(&attr);
	close(map);
	return fd;
}

static int scribble(int prog, __u64 number, __u64 seq)
{
	struct scribble s = { .slot = number % BPFSEAL_EVENTS, .seq = seq };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &s, .ctx_size_in = sizeof(s));

	return bpf_prog_test_run_opts(prog, &opts) ? -errno : 0;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* The event that would go into a slot which @found stands in is lost, and no other. */
static void expect_lost(struct __test_metadata *_metadata, FIXTURE_DATA(kept) *self, int prog,
			__u64 found)
{
	struct bpfseal_counters before, after;
	struct bpfseal_state state;
	__u64 gone = self->events.log.gone;

	ASSERT_EQ(0, gate_decisions(&before));
	ASSERT_EQ(0, report_state(&state));
	ASSERT_EQ(0, scribble(prog, state.seq + 1, found));
	EXPECT_EQ(0, try_load("first"));
	EXPECT_EQ(0, try_load("second"));
	ASSERT_EQ(0, gate_decisions(&after));
	EXPECT_EQ(before.lost + 1, after.lost);
	EXPECT_EQ(before.would_deny + 2, after.would_deny);
	ASSERT_LE(0, gate_events_drain(&self->events));
	EXPECT_EQ(0, count_name(&self->events, "first"));
	EXPECT_EQ(1, count_name(&self->events, "second"));
	EXPECT_EQ(gone + 1, self->events.log.gone);
	gate_events_clear(&self->events);
}

TEST_F(kept, writer_held_up)
{
	static const struct gate_policy permissive = { .mode = "permissive" };
	struct bpfseal_state state;
	int prog;

	GATE_SEAL(&self->events, &permissive);
	prog = load_scribbler();
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, report_state(&state));
	/* It writes there still, since some laps; or it is the one that comes too late. */
	expect_lost(_metadata, self, prog, BUSY | 1);
	expect_lost(_metadata, self, prog, state.seq + 10 * BPFSEAL_EVENTS);
	expect_lost(_metadata, self, prog, BUSY | (state.seq + 10 * BPFSEAL_EVENTS));
	close(prog);
}

/* Readers wait for it, but not for long. */
TEST_F(kept, reader_waits)
{
	static const struct gate_policy permissive = { .mode = "permissive" };
	struct bpfseal_state state;
	double began;
	int prog;

	GATE_SEAL(&self->events, &permissive);
	prog = load_scribbler();
	ASSERT_LE(0, prog);
	EXPECT_EQ(0, try_load("slow"));
	ASSERT_EQ(0, report_state(&state));
	ASSERT_EQ(0, scribble(prog, state.seq, state.seq | BUSY));
	began = now();
	ASSERT_LE(0, gate_events_drain(&self->events));
	EXPECT_LE(1, now() - began);
	EXPECT_EQ(0, count_name(&self->events, "slow"));
	EXPECT_EQ(1, self->events.log.gone);
	/* The others don't have to. */
	EXPECT_EQ(0, try_load("other"));
	ASSERT_LE(0, gate_events_drain(&self->events));
	EXPECT_EQ(1, count_name(&self->events, "other"));

	ASSERT_EQ(0, scribble(prog, state.seq, state.seq));
	self->events.log.next = 1;
	ASSERT_LE(0, gate_events_drain(&self->events));
	EXPECT_EQ(1, count_name(&self->events, "slow"));
	close(prog);
}

/* --- a record that is overwritten while it is read -------------------------------------- */

/* Each of these loads under its own process number and name. */
static pid_t start_writer(const char *name)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		try_load(name);
}

struct check {
	pid_t writers[2];
	unsigned int whole, mixed;
	__u64 gone;
};

static int check_event(void *arg, const struct bpfseal_event *e)
{
	struct check *check = arg;
	int of = e->tgid == (uint32_t)check->writers[1];

	if (e->tgid != (uint32_t)check->writers[of])
		return 0;
	if (!strcmp(e->name, of ? "bbbbbbbbbbbbbbb" : "aaaaaaaaaaaaaaa") && e->hook &&
	    e->insn_cnt == 2 && !strcmp(e->exe_path, "/tests/events_kept_test"))
		check->whole++;
	else
		check->mixed++;
	return 0;
}

/* Always the oldest one, which is the next to be overwritten. */
static int read_oldest(struct check *check, unsigned int seconds)
{
	const double end = now() + seconds;
	struct event_log log;
	int n = 0;

	if (event_log_open(&log))
		return -EIO;
	while (n >= 0 && now() < end) {
		log.next = log.newest > BPFSEAL_EVENTS ? log.newest - BPFSEAL_EVENTS + 1 : 1;
		n = event_log_read(&log, 8, check_event, check);
	}
	check->gone = log.gone;
	event_log_close(&log);
	return n;
}

TEST_F(kept, none_is_mixed)
{
	static const struct gate_policy enforcing = { .mode = "enforcing" };
	struct check check = {};
	struct bpfseal_state state;

	GATE_SEAL(&self->events, &enforcing);
	check.writers[0] = start_writer("aaaaaaaaaaaaaaa");
	check.writers[1] = start_writer("bbbbbbbbbbbbbbb");
	do {
		usleep(100000);
		ASSERT_EQ(0, report_state(&state));
	} while (state.seq < BPFSEAL_EVENTS);
	EXPECT_LE(0, read_oldest(&check, 5));
	for (int i = 0; i < 2; i++) {
		kill(check.writers[i], SIGKILL);
		waitpid(check.writers[i], NULL, 0);
	}
	TH_LOG("%u read, %llu overwritten before that", check.whole, check.gone);
	EXPECT_LT(100, check.whole);
	EXPECT_EQ(0, check.mixed);
}

GATE_MAIN
