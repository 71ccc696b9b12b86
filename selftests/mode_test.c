// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mode_test.c - bpfseal mode: permissive tells what enforcing denies, and no
 * load falls between the two.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cli.h"
#include "gate_test.h"
#include "pins.h"

#define TRIES_MAX 1000000
#define SWITCHES 12

FIXTURE(mode) {
	struct gate_output out;
	struct gate_events events;
};

FIXTURE_SETUP(mode)
{
	GATE_NEEDS_SIGNATURES;
	ASSERT_EQ(0, gate_clean());
	ASSERT_EQ(0, cli_unsigned());
}

FIXTURE_TEARDOWN(mode)
{
	gate_events_close(&self->events);
	gate_output_free(&self->out);
	EXPECT_EQ(0, gate_clean());
}

static uint64_t generation(void)
{
	struct bpfseal_policy policy;

	return report_policy(&policy) ? 0 : policy.generation;
}

/* In a test: an unsigned load, its result, and the event it leaves. */
#define LOAD(result, decided, in_mode) do { \
	const struct gate_match match_ = { \
		.decision = decided, .reason = BPFSEAL_R_UNSIGNED, .name = "unsigned", \
		.tgid = getpid(), \
	}; \
	const struct bpfseal_event *e_; \
	ASSERT_LE(0, gate_events_clear(&self->events)); \
	EXPECT_EQ(result, cli_unsigned()); \
	e_ = gate_event_only(&self->events, &match_); \
	ASSERT_NE(NULL, e_); \
	EXPECT_EQ(in_mode, e_->mode); \
	EXPECT_EQ(result, e_->error); \
	EXPECT_EQ(generation(), e_->policy_generation); \
} while (0)

TEST_F(mode, there_and_back)
{
	uint64_t first;

	ASSERT_EQ(0, gate_install("permissive", NULL));
	ASSERT_EQ(0, gate_events_open(&self->events));
	first = generation();
	EXPECT_EQ(1, first);
	CLI_RUN(0, &self->out, "bpfseal", "mode");
	EXPECT_STREQ("permissive\n", self->out.out);
	LOAD(0, BPFSEAL_WOULD_DENY, BPFSEAL_PERMISSIVE);

	CLI_RUN(0, &self->out, "bpfseal", "mode", "enforcing");
	EXPECT_EQ(first, generation());
	CLI_RUN(0, &self->out, "bpfseal", "mode");
	EXPECT_STREQ("enforcing\n", self->out.out);
	LOAD(-EPERM, BPFSEAL_DENY, BPFSEAL_ENFORCING);

	CLI_RUN(0, &self->out, "bpfseal", "mode", "permissive");
	LOAD(0, BPFSEAL_WOULD_DENY, BPFSEAL_PERMISSIVE);
}

TEST_F(mode, keeps_the_rest_of_the_policy)
{
	struct bpfseal_policy was, is;

	ASSERT_EQ(0, gate_install("enforcing", NULL));
	ASSERT_EQ(0, report_policy(&was));
	ASSERT_EQ(0, gate_mode("permissive"));
	ASSERT_EQ(0, report_policy(&is));
	EXPECT_EQ(BPFSEAL_PERMISSIVE, is.mode);
	is.mode = was.mode;
	EXPECT_EQ(0, memcmp(&was, &is, sizeof(was)));
}

TEST_F(mode, unknown)
{
	ASSERT_EQ(0, gate_install("enforcing", NULL));
	CLI_RUN(2, &self->out, "bpfseal", "mode", "Permissive\n");
	EXPECT_STREQ("bpfseal: unknown mode 'Permissive\\x0a': use permissive or enforcing\n",
		     self->out.err);
	EXPECT_EQ(-EPERM, cli_unsigned());
	EXPECT_EQ(1, generation());
}

TEST_F(mode, nothing_installed)
{
	CLI_RUN(1, &self->out, "bpfseal", "mode", "permissive");
	CLI_HAS(self->out.err, "no policy is installed");
	CLI_RUN(1, &self->out, "bpfseal", "mode");
	CLI_HAS(self->out.err, "no policy is installed");
}

/* --- a storm of loads while the mode changes ----------------------------------- */

/* Shared with the process that loads. */
struct storm {
	volatile int stop;
	uint64_t loaded;
	uint64_t denied;
	uint64_t other;
};

static void load_until_told(struct storm *storm)
{
	uint64_t n;
	int err;

	for (n = 0; n < TRIES_MAX && !storm->stop; n++) {
		err = cli_unsigned();
		if (!err)
			storm->loaded++;
		else if (err == -EPERM)
			storm->denied++;
		else
			storm->other++;
	}
}

/* What the policy has counted, without the self-tests of bpfseal itself. */
static int counted(uint64_t *would_deny, uint64_t *denied)
{
	struct bpfseal_counters counters[BPFSEAL_R_MAX];
	int err = report_counters(counters);

	if (!err) {
		*would_deny = counters[BPFSEAL_R_UNSIGNED].would_deny;
		*denied = counters[BPFSEAL_R_UNSIGNED].denied;
	}
	return err;
}

TEST_F(mode, storm)
{
	uint64_t would_deny[2], denied[2];
	struct storm *storm;
	pid_t child;
	int i;

	storm = mmap(NULL, sizeof(*storm), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, storm);
	ASSERT_EQ(0, gate_install("enforcing", NULL));
	ASSERT_EQ(0, counted(&would_deny[0], &denied[0]));
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		load_until_told(storm);
		_exit(0);
	}
	for (i = 0; i < SWITCHES; i++)
		EXPECT_EQ(0, gate_mode(i % 2 ? "enforcing" : "permissive"));
	storm->stop = 1;
	ASSERT_EQ(0, cli_end(child));
	ASSERT_EQ(0, counted(&would_deny[1], &denied[1]));
	/* Each switch makes one load of its own, under the mode it switched to. */
	EXPECT_EQ(storm->loaded + SWITCHES / 2, would_deny[1] - would_deny[0]);
	EXPECT_EQ(storm->denied + SWITCHES / 2, denied[1] - denied[0]);
	EXPECT_EQ(0, storm->other);
	EXPECT_LT(0, storm->loaded);
	EXPECT_LT(0, storm->denied);
	munmap(storm, sizeof(*storm));
}

TEST_HARNESS_MAIN
