// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * crash_test.c - install, reload, upgrade, uninstall and mode cut short at any step.
 *
 * What stays of a command that is killed is what is there between two of its
 * steps (see cli.h). So one run of each is stopped at every step and the state
 * looked at; and it is killed for good, or a call made to fail, at some of them.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cli.h"
#include "gate.h"
#include "pins.h"
#include "store.h"
#include "storm.h"

#define POLICY CLI_TMP "/policy.yaml"
#define OTHER CLI_TMP "/other.yaml"

static const char *const install[] = { "bpfseal", "install", OTHER, NULL };
static const char *const uninstall[] = { "bpfseal", "uninstall", NULL };
static const char *const reload[] = { "bpfseal", "reload", OTHER, NULL };
static const char *const upgrade[] = { "bpfseal", "upgrade", OTHER, NULL };
static const char *const back[] = { "bpfseal", "reload", POLICY, NULL };
static const char *const loosen[] = { "bpfseal", "mode", "permissive", NULL };

/* The other one has executables measured, for which a program is attached beforehand. */
static int write_policy(void)
{
	const struct gate_policy policy = {}, other = {
		.more = "rules:\n- {id: none, action: deny, uids: [77], executable_digests: ['"
			"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff']}\n",
	};
	int err;

	if (mkdir(CLI_TMP, 0755) < 0 && errno != EEXIST)
		return -errno;
	err = gate_policy_write(POLICY, &policy);
	return err ? err : gate_policy_write(OTHER, &other);
}

/* --- looked at between any two steps ------------------------------------------- */

FIXTURE(look) {
	struct cli_trace *t;
	unsigned int seen[CLI_ENFORCING + 1];	/* verdicts */
	struct __test_metadata *test;
};

FIXTURE_SETUP(look)
{
	ASSERT_EQ(0, write_policy());
	ASSERT_EQ(0, gate_clean());
	self->t = calloc(1, sizeof(*self->t));
	ASSERT_NE(NULL, self->t);
	self->test = _metadata;
}

FIXTURE_TEARDOWN(look)
{
	free(self->t);
	EXPECT_EQ(0, gate_clean());
}

/* The state may not be a lie, nor may what isn't whole deny anything. */
static void look_at(unsigned int step, void *arg)
{
	FIXTURE_DATA(look) *self = arg;
	struct __test_metadata *_metadata = self->test;
	const char *where = cli_step_name(&self->t->steps[step - 1]);
	enum cli_verdict verdict;

	EXPECT_EQ(0, cli_judge(&verdict)) {
		TH_LOG("before step %u, %s", step, where);
		return;
	}
	self->seen[verdict]++;
	EXPECT_TRUE(verdict != CLI_DAMAGED || !cli_unsigned()) {
		TH_LOG("denies by halves before step %u, %s", step, where);
	}
}

static int walk(FIXTURE_DATA(look) *self, const char *const argv[])
{
	int err;

	self->t->action = CLI_VISIT;
	self->t->visit = look_at;
	self->t->arg = self;
	err = cli_trace_run(self->t, argv);
	return err ? err : self->t->status;
}

TEST_F(look, install)
{
	ASSERT_EQ(0, walk(self, install));
	EXPECT_LT(0, self->seen[CLI_ABSENT]);
	EXPECT_LT(0, self->seen[CLI_UNFINISHED]);
	EXPECT_LT(0, self->seen[CLI_ENFORCING]);
	EXPECT_EQ(0, self->seen[CLI_DAMAGED]);
	EXPECT_EQ(0, self->seen[CLI_PERMISSIVE]);
}

TEST_F(look, reload)
{
	unsigned int n;

	ASSERT_EQ(0, gate_do_argv(install));
	ASSERT_EQ(0, walk(self, back));
	n = self->t->n;
	ASSERT_EQ(0, walk(self, reload));
	EXPECT_EQ(n + self->t->n, self->seen[CLI_ENFORCING]);
}

/* At no moment there is no policy. */
TEST_F(look, upgrade)
{
	if (!storm_is_signed())
		SKIP(return, "no tools sign for this kernel");
	ASSERT_EQ(0, gate_do_argv(install));
	ASSERT_EQ(0, walk(self, upgrade));
	EXPECT_LT(50, self->t->n);
	EXPECT_EQ(self->t->n, self->seen[CLI_ENFORCING]);
}

TEST_F(look, uninstall)
{
	ASSERT_EQ(0, gate_do_argv(install));
	ASSERT_EQ(0, walk(self, uninstall));
	EXPECT_LT(0, self->seen[CLI_ENFORCING]);
	EXPECT_LT(0, self->seen[CLI_PERMISSIVE]);
	EXPECT_EQ(1, self->seen[CLI_ABSENT]) TH_LOG("only when it tries a load at the end");
}

TEST_F(look, mode)
{
	ASSERT_EQ(0, gate_do_argv(install));
	ASSERT_EQ(0, walk(self, loosen));
	EXPECT_LT(0, self->seen[CLI_ENFORCING]);
	EXPECT_LT(0, self->seen[CLI_PERMISSIVE]);
	EXPECT_EQ(self->t->n, self->seen[CLI_ENFORCING] + self->seen[CLI_PERMISSIVE]);
}

/* --- killed, or a call made to fail ---------------------------------------------- */

/*
 * An installation takes seconds in the VM, so not every step is worth one. These
 * stand for all kinds of what is left behind; the rest is looked at above.
 */
static const struct point {
	long nr;
	long arg;
	enum { FIRST, LAST } which;
} points[] = {
	{ SYS_bpf, BPF_MAP_CREATE, FIRST },
	{ SYS_bpf, BPF_PROG_LOAD, FIRST },
	{ SYS_add_key, -1, FIRST },
	{ SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, FIRST },	/* links, and after it their pins */
	{ SYS_bpf, BPF_LINK_CREATE, LAST },
	{ SYS_mkdir, -1, LAST },
	{ SYS_bpf, BPF_OBJ_PIN, FIRST },
	{ SYS_bpf, BPF_OBJ_PIN, LAST },
	{ SYS_bpf, BPF_MAP_FREEZE, LAST },
	{ SYS_bpf, BPF_PROG_ATTACH, FIRST },
	{ SYS_bpf, BPF_PROG_ATTACH, LAST },
	{ SYS_bpf, BPF_PROG_TEST_RUN, LAST },	/* puts the policy into force */
	{ SYS_bpf, BPF_PROG_DETACH, FIRST },
	{ SYS_bpf, BPF_PROG_DETACH, LAST },
	{ SYS_bpf, BPF_PROG_LOAD, LAST },	/* the self-test */
	{ SYS_unlink, -1, FIRST },
	{ SYS_unlink, -1, LAST },
	{ SYS_rmdir, -1, FIRST },
};

FIXTURE(cut) {
	struct cli_trace *t;
	unsigned int n;
	struct cli_step steps[CLI_STEPS_MAX];
};

FIXTURE_VARIANT(cut) {
	enum cli_action action;
	bool leader;		/* kill it at a step of its child */
};

/* Killed before a step is killed after the one before it. */
FIXTURE_VARIANT_ADD(cut, killed_after) { .action = CLI_KILL_AFTER };
FIXTURE_VARIANT_ADD(cut, killed_above_its_child) { .action = CLI_KILL_AFTER, .leader = true };
FIXTURE_VARIANT_ADD(cut, call_fails) { .action = CLI_FAIL };

FIXTURE_SETUP(cut)
{
	ASSERT_EQ(0, write_policy());
	ASSERT_EQ(0, gate_clean());
	ASSERT_EQ(0, cli_unsigned());
	self->t = calloc(1, sizeof(*self->t));
	ASSERT_NE(NULL, self->t);
}

FIXTURE_TEARDOWN(cut)
{
	free(self->t);
	EXPECT_EQ(0, gate_clean());
}

/* What is stored has to be removed file by file: with none, a run has as many steps as the next. */
static int forget_stored(void)
{
	return gate_do("rm", "-rf", STORE_DIR);
}

/* Learn the command's steps. */
static int count_steps(FIXTURE_DATA(cut) *self, const char *const argv[])
{
	struct cli_trace *t = self->t;
	int err;

	t->action = CLI_VISIT;
	t->visit = NULL;
	err = cli_trace_run(t, argv);
	self->n = t->n;
	memcpy(self->steps, t->steps, sizeof(self->steps));
	return err ? err : t->status;
}

/* Is the step that point? */
static bool is_point(const FIXTURE_DATA(cut) *self, const struct point *p, unsigned int step)
{
	bool last = p->which == LAST;
	unsigned int i, from = last ? step + 1 : 1, to = last ? self->n + 1 : step;

	if (!cli_step_is(&self->steps[step - 1], p->nr, p->arg))
		return false;
	for (i = from; i < to; i++)
		if (cli_step_is(&self->steps[i - 1], p->nr, p->arg))
			return false;
	return true;
}

static bool worth_it(const FIXTURE_DATA(cut) *self, const FIXTURE_VARIANT(cut) *variant,
		     unsigned int step)
{
	const struct cli_step *s = &self->steps[step - 1];
	size_t i;

	/* Its first step, and its last. */
	if (variant->leader)
		return s->child && (step == self->n || !s[-1].child || !s[1].child);
	for (i = 0; i < GATE_COUNT(points); i++)
		if (is_point(self, &points[i], step))
			return true;
	return false;
}

/* Cut one run short; the verdict afterwards. */
static int cut_short(FIXTURE_DATA(cut) *self, const FIXTURE_VARIANT(cut) *variant,
		     const char *const argv[], unsigned int step, enum cli_verdict *verdict)
{
	struct cli_trace *t = self->t;
	int err;

	t->action = variant->action;
	t->leader = variant->leader;
	t->step = step;
	err = cli_trace_run(t, argv);
	if (!err && !t->done)
		err = -ESRCH;
	if (!err)
		err = cli_judge(verdict);
	if (err)
		fprintf(stderr, "# cut at step %u of %u, %s\n", step, self->n,
			cli_step_name(&self->steps[step - 1]));
	return err;
}

/* Killed: something whole, or nothing, or what the next install replaces. Failed: no rest. */
TEST_F_TIMEOUT(cut, install, HALF_AN_HOUR)
{
	enum cli_verdict verdict, again;
	unsigned int step, tried = 0;

	ASSERT_EQ(0, forget_stored());
	ASSERT_EQ(0, count_steps(self, install));
	ASSERT_EQ(0, gate_uninstall());
	for (step = 1; step <= self->n; step++) {
		if (!worth_it(self, variant, step))
			continue;
		tried++;
		ASSERT_EQ(0, forget_stored());
		ASSERT_EQ(0, cut_short(self, variant, install, step, &verdict));
		EXPECT_TRUE(verdict == CLI_ENFORCING || verdict == CLI_ABSENT ||
			    (verdict == CLI_UNFINISHED && variant->action != CLI_FAIL)) {
			TH_LOG("%s after step %u, %s", cli_verdict_name(verdict), step,
			       cli_step_name(&self->steps[step - 1]));
		}
		/* What says that it failed has changed nothing; what says done has done it. */
		if (self->t->status != 128 + SIGKILL) {
			EXPECT_EQ(self->t->status ? CLI_ABSENT : CLI_ENFORCING, verdict);
		}
		/* An installation takes seconds, so the two ways out take turns. */
		if (verdict == CLI_UNFINISHED && tried % 2) {
			ASSERT_EQ(0, gate_do_argv(install));
			ASSERT_EQ(0, cli_judge(&again));
			EXPECT_EQ(CLI_ENFORCING, again);
		}
		ASSERT_EQ(0, gate_clean());
		ASSERT_EQ(0, cli_judge(&again));
		EXPECT_EQ(CLI_ABSENT, again);
	}
	EXPECT_LE(2, tried);
}

TEST_F_TIMEOUT(cut, uninstall, HALF_AN_HOUR)
{
	enum cli_verdict verdict;
	unsigned int step, tried = 0;

	if (variant->leader)
		SKIP(return, "uninstall has no child");
	ASSERT_EQ(0, forget_stored());
	ASSERT_EQ(0, gate_do_argv(install));
	ASSERT_EQ(0, count_steps(self, uninstall));
	for (step = 1; step <= self->n; step++) {
		if (!worth_it(self, variant, step))
			continue;
		tried++;
		ASSERT_EQ(0, forget_stored());
		ASSERT_EQ(0, gate_do_argv(install));
		ASSERT_EQ(0, cut_short(self, variant, uninstall, step, &verdict));
		EXPECT_TRUE(verdict != CLI_DAMAGED || !cli_unsigned()) {
			TH_LOG("denies by halves after step %u", step);
		}
		EXPECT_TRUE(self->t->status || verdict == CLI_ABSENT);
		ASSERT_EQ(0, gate_clean());
		ASSERT_EQ(0, cli_judge(&verdict));
		EXPECT_EQ(CLI_ABSENT, verdict);
	}
	EXPECT_LE(3, tried);
}

/* How many rules the policy in force has; -1 if that can't be told. */
static int rules_in_force(void)
{
	struct bpfseal_table *table;
	int n = -1;

	if (!report_table(&table)) {
		n = (int)table->rules.n;
		free(table);
	}
	return n;
}

/*
 * The old policy or the new one, and what is stored for the next boot is one of them.
 * What is left of the program that measures executables is set right by the next reload.
 */
static void cut_switch(struct __test_metadata *_metadata, FIXTURE_DATA(cut) *self,
		       const FIXTURE_VARIANT(cut) *variant, const char *const to[],
		       const char *const from[], int rules)
{
	enum cli_verdict verdict;
	unsigned int step, tried = 0;

	ASSERT_EQ(0, gate_do_argv(install));
	ASSERT_EQ(0, gate_do_argv(to));
	ASSERT_EQ(0, gate_do_argv(from));
	ASSERT_EQ(0, count_steps(self, to));
	for (step = 1; step <= self->n; step++) {
		if (!worth_it(self, variant, step))
			continue;
		tried++;
		ASSERT_EQ(0, gate_do_argv(from));
		ASSERT_EQ(0, cut_short(self, variant, to, step, &verdict));
		EXPECT_EQ(CLI_ENFORCING, verdict) {
			TH_LOG("%s after step %u, %s", cli_verdict_name(verdict), step,
			       cli_step_name(&self->steps[step - 1]));
		}
		EXPECT_TRUE(rules_in_force() == 0 || rules_in_force() == 1);
		EXPECT_TRUE(self->t->status || rules_in_force() == rules);
		ASSERT_EQ(0, gate_do_argv(to));
		EXPECT_EQ(rules, rules_in_force());
		EXPECT_EQ(rules, !access(PIN_DIR "/" PIN_MEASURE, F_OK));
	}
	EXPECT_LE(3, tried);
}

TEST_F_TIMEOUT(cut, reload, HALF_AN_HOUR)
{
	if (variant->leader)
		SKIP(return, "a reload that keeps its signers has no child");
	cut_switch(_metadata, self, variant, reload, back, 1);
}

TEST_F_TIMEOUT(cut, reload_back, HALF_AN_HOUR)
{
	if (variant->leader)
		SKIP(return, "a reload that keeps its signers has no child");
	cut_switch(_metadata, self, variant, back, reload, 0);
}

TEST_F(cut, mode)
{
	enum cli_verdict verdict;
	unsigned int step;

	if (variant->leader)
		SKIP(return, "mode has no child");
	ASSERT_EQ(0, gate_do_argv(install));
	ASSERT_EQ(0, count_steps(self, loosen));
	EXPECT_LE(4, self->n);
	for (step = 1; step <= self->n; step++) {
		ASSERT_EQ(0, gate_mode("enforcing"));
		ASSERT_EQ(0, cut_short(self, variant, loosen, step, &verdict));
		EXPECT_TRUE(verdict == CLI_ENFORCING || verdict == CLI_PERMISSIVE) {
			TH_LOG("%s after step %u", cli_verdict_name(verdict), step);
		}
		EXPECT_TRUE(self->t->status || verdict == CLI_PERMISSIVE);
	}
}

TEST_HARNESS_MAIN
