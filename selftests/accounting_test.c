// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * accounting_test.c - the policy's books: many processes load all sorts of programs while
 * policies take each other's place, loaders die in the middle of their runs and namespaces
 * come and go. Each process notes what it has attempted and what became of it; the
 * policy's counters, its numbers and its events have to come to the same.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <bpf/bpf.h>

#include "accounting.h"
#include "gate_test.h"
#include "pins.h"

#define PROCESSES 8
#define LOADS 10000	/* by all of them */
#define BATCH 25	/* loads that a process makes in the same namespaces */
#define COMMANDS 4	/* of "bpfseal reload", each of which takes seconds */

static const struct gate_policy plain = {
	.require = GATE_AT_LOAD,
	.signers = { { .name = "signer", .certificate = GATE_KEYS "/signer.crt",
		       .types = "syscall, socket_filter, xdp" } },
};

/* Socket filters are decided only at their first descriptors; nothing else changes. */
#define RULE "rules:\n- {id: none, action: deny, types: [socket_filter], digests: " \
	"['00000000000000000000000000000000000000000000000000000000000000ff']}\n"

static struct gate_policy with_rule(void)
{
	struct gate_policy policy = plain;

	policy.more = RULE;
	return policy;
}

FIXTURE(accounting) {
	struct gate_events events;
	struct tally *tallies;
};

FIXTURE_SETUP(accounting)
{
	GATE_START(&self->events);
	ASSERT_EQ(0, gate_install_policy(&plain));
	ASSERT_EQ(0, prepare_kit());
	self->tallies = mmap(NULL, sizeof(struct tally) * PROCESSES, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->tallies);
}

FIXTURE_TEARDOWN(accounting)
{
	GATE_END(&self->events);
}

/* --- what the policy has counted ------------------------------------------------ */

struct books {
	struct bpfseal_counters sum;
	struct bpfseal_state state;
	uint64_t decisions;	/* by the counters */
};

static int read_books(struct books *books)
{
	int err;

	memset(books, 0, sizeof(*books));
	err = gate_decisions(&books->sum);
	books->decisions = books->sum.allowed + books->sum.would_deny + books->sum.denied +
			   books->sum.rejected;
	return err ? err : report_state(&books->state);
}

/*
 * How often the kernel has skipped one of the policy's programs; -1 if that can't be told.
 * That of a link, by its name.
 */
static int64_t misses(const char *name)
{
	struct bpf_link_info link = {};
	struct bpf_prog_info prog = {};
	__u32 len = sizeof(link);
	int fd = pins_open(name), err;

	err = bpf_link_get_info_by_fd(fd, &link, &len);
	close(fd);
	if (err)
		return -1;
	fd = bpf_prog_get_fd_by_id(link.prog_id);
	len = sizeof(prog);
	err = bpf_prog_get_info_by_fd(fd, &prog, &len);
	close(fd);
	return err ? -1 : (int64_t)prog.recursion_misses;
}

/* What was counted between two looks. */
static struct books between(const struct books *before, const struct books *after)
{
	struct books books = *after;

	books.sum.allowed -= before->sum.allowed;
	books.sum.would_deny -= before->sum.would_deny;
	books.sum.denied -= before->sum.denied;
	books.sum.rejected -= before->sum.rejected;
	books.sum.lost -= before->sum.lost;
	books.state.seq -= before->state.seq;
	books.decisions -= before->decisions;
	return books;
}

/* --- a process ------------------------------------------------------------------ */

static void one_load(struct tally *t, unsigned int i)
{
	static void (*const kinds[])(struct tally *) = {
		load_unsigned, load_signed, load_altered, load_signed_filter, load_uncovered,
		load_unsound, load_unsigned, run_hand, load_altered, run_nested,
	};

	if (i % 50 == 7)
		run_and_die(t, i / 50 % 3);
	else
		kinds[i % GATE_COUNT(kinds)](t);
}

/* A loader that was admitted outside makes nothing here: the kernel itself refuses. */
static void load_without_rights(struct tally *t, unsigned int n)
{
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SYSCALL, "powerless", trivial, 2);
	struct hand hand;

	if (load_hand(t, &hand) || unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS)) {
		t->odd++;
		return;
	}
	t->odd += hand_run(&hand) || hand.ctx.made != -EPERM || hand.ctx.prog != -EPERM;
	t->unasked += 2;
	gate_attr_sign(&attr, &kit.trivial, kit.keyring);
	for (n--; n; n--) {
		int ret = load(t, &attr);

		t->unasked += ret == -EPERM;
		t->odd += ret != -EPERM;
	}
}

/* Each batch runs in a process of its own, which takes its namespaces away with it. */
static void one_batch(struct tally *t, unsigned int first, unsigned int n)
{
	static const int namespaces[] = { 0, CLONE_NEWNS | CLONE_NEWNET, CLONE_NEWPID,
					  CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC };
	const unsigned int batch = first / BATCH;
	int status = 0;
	pid_t pid;

	if (unshare(namespaces[batch % GATE_COUNT(namespaces)]))
		t->odd++;
	pid = fork();		/* into the new pid namespace */
	if (!pid) {
		if (batch % 5 == 4)
			load_without_rights(t, n);
		else
			for (; n; n--)
				one_load(t, first++);
		_exit(0);
	}
	t->batches++;
	t->odd += pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

static void process(struct tally *t)
{
	unsigned int first;

	for (first = 0; first < LOADS / PROCESSES; first += BATCH) {
		pid_t pid = fork();

		if (!pid) {
			one_batch(t, first, BATCH);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	_exit(0);
}

/* --- meanwhile ------------------------------------------------------------------ */

/* Reads the events; the bytes say which numbers have come. */
struct reader {
	struct event_log log;
	pthread_t thread;
	atomic_bool over;
	uint64_t first;		/* number of the last decision before */
	uint64_t n, twice;
	int err;
	uint8_t seen[1 << 16];
};

static int take_event(void *arg, const struct bpfseal_event *e)
{
	struct reader *r = arg;
	uint64_t number;

	number = e->seq - r->first;
	r->n++;
	r->twice += number >= sizeof(r->seen) || r->seen[number];
	r->seen[number % sizeof(r->seen)] = 1;
	return 0;
}

static int read_on(struct reader *r)
{
	int n = event_log_read(&r->log, INT_MAX, take_event, r);

	return n < 0 ? n : 0;
}

static void *keep_reading(void *arg)
{
	struct reader *r = arg;

	while (!r->over && !r->err) {
		r->err = read_on(r);
		usleep(2000);
	}
	if (!r->err)
		r->err = read_on(r);
	return NULL;
}

static int start_reading(struct reader *r, uint64_t first)
{
	int err;

	memset(r, 0, sizeof(*r));
	r->first = first;
	err = event_log_open(&r->log);
	if (err)
		return err;
	r->log.next = first + 1;
	return -pthread_create(&r->thread, NULL, keep_reading, r);
}

static void stop_reading(struct reader *r)
{
	r->over = true;
	pthread_join(r->thread, NULL);
	event_log_close(&r->log);
}

/* How many of the processes have ended. */
static int reap(void)
{
	int n = 0;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		n++;
	return n;
}

struct reloads {
	unsigned int rules, commands, failed;
};

/* Policies take each other's place until all processes have ended. */
static void keep_reloading(struct reloads *r)
{
	const struct gate_policy rule = with_rule();
	int running = PROCESSES;

	memset(r, 0, sizeof(*r));
	while (running > 0) {
		const struct gate_policy *next = r->rules % 2 ? &plain : &rule;

		r->failed += gate_rules(next) != 0;
		if (++r->rules % 20 == 0 && r->commands < COMMANDS) {
			r->commands++;
			r->failed += gate_reload(next) != 0;
		}
		running -= reap();
	}
}

/* --- the sums ------------------------------------------------------------------- */

/* The command looks at the kernel by loads of its own, as many each time. */
static void measure_command(struct __test_metadata *_metadata, struct books *cost)
{
	const struct gate_policy rule = with_rule();
	struct books before, after, other;

	ASSERT_EQ(0, read_books(&before));
	ASSERT_EQ(0, gate_reload(&rule));
	ASSERT_EQ(0, read_books(&after));
	*cost = between(&before, &after);
	before = after;
	ASSERT_EQ(0, gate_reload(&plain));
	ASSERT_EQ(0, read_books(&after));
	other = between(&before, &after);
	ASSERT_EQ(cost->sum.allowed, other.sum.allowed);
	ASSERT_EQ(cost->sum.denied, other.sum.denied);
	ASSERT_EQ(cost->sum.rejected, other.sum.rejected);
}

static struct tally sum_tallies(const struct tally *tallies)
{
	struct tally sum = {};
	int i;

	for (i = 0; i < PROCESSES; i++) {
		sum.loads += tallies[i].loads;
		sum.allowed += tallies[i].allowed;
		sum.denied += tallies[i].denied;
		sum.rejected += tallies[i].rejected;
		sum.unasked += tallies[i].unasked;
		sum.killed += tallies[i].killed;
		sum.batches += tallies[i].batches;
		sum.odd += tallies[i].odd;
	}
	return sum;
}

/* The kernel frees what the last ones have made some moments later. */
static int wait_until_settled(struct bpfseal_state *state)
{
	int err = 0, i;

	for (i = 0; i < 500; i++) {
		err = report_state(state);
		if (err || (!state->running && !state->unchecked))
			break;
		usleep(20000);
	}
	return err;
}

static void expect_sums(struct __test_metadata *_metadata, const struct tally *sum,
			const struct books *books, const struct books *command, unsigned int n)
{
	EXPECT_EQ(0, sum->odd);
	EXPECT_EQ(LOADS, sum->loads);
	EXPECT_LT(100, sum->killed);
	EXPECT_EQ(sum->allowed + n * command->sum.allowed, books->sum.allowed);
	EXPECT_EQ(sum->denied + n * command->sum.denied, books->sum.denied);
	EXPECT_EQ(sum->rejected + n * command->sum.rejected, books->sum.rejected);
	EXPECT_EQ(0, books->sum.would_deny);
	EXPECT_EQ(books->decisions, books->state.seq);
}

/*
 * All of them are in the same class of SCHED_FIFO, where none preempts another. The kernel skips
 * a tracing program on a CPU where a task was preempted in the middle of it: then a rejected load
 * isn't counted, and a loader's run isn't noted, so that it is denied.
 */
TEST_F_TIMEOUT(accounting, balances, HALF_AN_HOUR)
{
	const struct sched_param first = { .sched_priority = 1 };
	static struct reader reader;
	struct books before, after, books, command;
	struct reloads reloads;
	struct tally sum;
	int i;

	ASSERT_EQ(0, sched_setscheduler(0, SCHED_FIFO, &first));
	measure_command(_metadata, &command);
	ASSERT_EQ(0, gate_rules(&plain));	/* libbpf tries the kernel before its first map */
	ASSERT_EQ(0, read_books(&before));
	ASSERT_EQ(0, start_reading(&reader, before.state.seq));
	for (i = 0; i < PROCESSES; i++) {
		pid_t pid = fork();

		ASSERT_LE(0, pid);
		if (!pid)
			process(&self->tallies[i]);
	}
	keep_reloading(&reloads);
	ASSERT_EQ(0, read_books(&after));
	stop_reading(&reader);
	EXPECT_EQ(0, misses("rejected"));
	EXPECT_EQ(0, misses("run_starts"));
	EXPECT_EQ(0, misses("run_ends"));
	books = between(&before, &after);
	sum = sum_tallies(self->tallies);
	TH_LOG("%llu loads, %llu loaders killed, %llu batches, %u reloads and %u by command",
	       (unsigned long long)sum.loads, (unsigned long long)sum.killed,
	       (unsigned long long)sum.batches, reloads.rules, reloads.commands);
	TH_LOG("%llu allowed, %llu denied, %llu rejected; %llu events, %llu lost",
	       (unsigned long long)books.sum.allowed, (unsigned long long)books.sum.denied,
	       (unsigned long long)books.sum.rejected, (unsigned long long)reader.n,
	       (unsigned long long)books.sum.lost);
	expect_sums(_metadata, &sum, &books, &command, reloads.commands);
	EXPECT_EQ(0, reloads.failed);
	EXPECT_LT(50, reloads.rules);
	EXPECT_EQ(0, reader.err);
	EXPECT_EQ(0, reader.twice);
	EXPECT_EQ(books.sum.lost, reader.log.gone);
	EXPECT_EQ(books.decisions, reader.n + books.sum.lost);
	ASSERT_EQ(0, wait_until_settled(&after.state));
	EXPECT_EQ(0, after.state.running);
	EXPECT_GE(misses("forget"), after.state.unchecked);
}

GATE_MAIN
