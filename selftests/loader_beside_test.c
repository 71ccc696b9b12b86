// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * loader_beside_test.c - beside a loader's run: programs that issue bpf() on
 * their own, later or in another task, and threads that snatch what a run
 * makes before the policy has judged it.
 */
#include <errno.h>
#include <linux/keyctl.h>
#include <pthread.h>
#include <stdlib.h>

#include "gate_test.h"
#include "hold.h"
#include "snatch.h"

#include "gate_skel.h"
#include "async.signed.lskel.h"
GATE_SKEL(async_signer)

/* The loader made by hand doesn't have its metadata verified: it has none. */
static const struct gate_policy enforcing = { .mode = "enforcing", .require = GATE_AT_LOAD };

FIXTURE(beside) {
	struct gate_events events;
	struct gate_loader loader;
	struct async_signer *skel;
	int32_t keyring;
};

FIXTURE_VARIANT(beside) {
	bool sealed;	/* under a policy, or the control without one */
};

FIXTURE_VARIANT_ADD(beside, control) { .sealed = false };
FIXTURE_VARIANT_ADD(beside, sealed) { .sealed = true };

FIXTURE_SETUP(beside)
{
	GATE_SHARE_OR_CONTROL(variant->sealed, &self->events, &enforcing, &self->keyring);
	ASSERT_EQ(0, async_signer__take(&self->loader));
	self->loader.keyring = self->keyring;
	self->skel = self->loader.ctx;
}

FIXTURE_TEARDOWN(beside)
{
	gate_loader_close(&self->loader);
	if (variant->sealed)
		gate_events_close(&self->events);
}

/* Load the skeleton, run one of its programs, and see what it got. */
static void run_late(struct __test_metadata *_metadata, struct gate_loader *loader,
		     struct gate_events *events, int *prog, int64_t *result)
{
	struct async_signer *skel = loader->ctx;
	int32_t ret = 0;

	ASSERT_EQ(0, gate_loader_all(loader));
	gate_events_clear(events);
	ASSERT_EQ(0, gate_prog_run(*prog, NULL, 0, &ret));
	ASSERT_EQ(0, ret);
	*result = snatch_result(skel->maps.results.map_fd);
	ASSERT_NE(0, *result) TH_LOG("it did not run within 10 s");
}

static const struct gate_match late = { .name = "late", .hook = BPFSEAL_HOOK_MAP_CREATE };

/* A program that a loader installed is no loader. */
TEST_F(beside, later)
{
	const struct bpfseal_event *e;
	int64_t result = 0;

	run_late(_metadata, &self->loader, &self->events, &self->skel->progs.now.prog_fd, &result);
	if (!variant->sealed) {
		EXPECT_EQ(1, result);
		return;
	}
	EXPECT_EQ(-EPERM, result);
	e = gate_event_only(&self->events, &late);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(BPFSEAL_DENY, e->decision);
	EXPECT_EQ(BPFSEAL_R_LOADER_NOT_ADMITTED, e->reason);
	EXPECT_EQ(-EPERM, e->error);
	EXPECT_EQ(1, e->nested);
	EXPECT_EQ(getpid(), e->tgid);
	EXPECT_EQ(gate_prog_id(self->skel->progs.now.prog_fd), e->loader_id);
}

TEST_F(beside, work_queue)
{
	const struct bpfseal_event *e;
	int64_t result = 0;

	run_late(_metadata, &self->loader, &self->events, &self->skel->progs.by_work.prog_fd,
		 &result);
	if (!variant->sealed) {
		EXPECT_EQ(1, result);
		return;
	}
	EXPECT_EQ(-EPERM, result);
	e = gate_event_only(&self->events, &late);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(BPFSEAL_DENY, e->decision);
	EXPECT_EQ(BPFSEAL_R_NO_LOADER, e->reason);
	EXPECT_EQ(-EPERM, e->error);
	EXPECT_EQ(1, e->nested);
	EXPECT_NE(getpid(), e->tgid);
	EXPECT_EQ(0, e->loader_id);
	EXPECT_EQ(0, strncmp("kworker/", e->comm, 8)) TH_LOG("%.16s", e->comm);
	EXPECT_STREQ("", e->exe_path);
	EXPECT_EQ(0, e->exe_ino);
}

/* In the loading task itself, but after the run. */
TEST_F(beside, task_work)
{
	const struct bpfseal_event *e;
	int64_t result = 0;

	run_late(_metadata, &self->loader, &self->events, &self->skel->progs.by_task_work.prog_fd,
		 &result);
	if (!variant->sealed) {
		EXPECT_EQ(1, result);
		return;
	}
	EXPECT_EQ(-EPERM, result);
	e = gate_event_only(&self->events, &late);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(BPFSEAL_DENY, e->decision);
	EXPECT_EQ(BPFSEAL_R_NO_LOADER, e->reason);
	EXPECT_EQ(-EPERM, e->error);
	EXPECT_EQ(getpid(), e->tgid);
}

/* A timer can't: should the verifier come to allow it, it has to be tried here. */
TEST_F(beside, timer)
{
	struct gate_output output;

	if (variant->sealed)
		SKIP(return, "without a policy the verifier refuses it already, or the kernel would crash");
	ASSERT_EQ(0, gate_run(&output, "bpftool", "prog", "load", GATE_PROGS "/timer.bpf.o",
			      "/sys/fs/bpf/gate_timer"));
	if (!output.status && !gate_kernel()->verdict) {
		EXPECT_EQ(0, unlink("/sys/fs/bpf/gate_timer"));
		SKIP(goto out, "this kernel's verifier allows it, which would crash the kernel");
	}
	EXPECT_NE(0, output.status);
	EXPECT_NE(NULL, strstr(output.err, "bpf_sys_bpf")) TH_LOG("%s", output.err);
out:
	gate_output_free(&output);
}

/* --- snatching ------------------------------------------------------------- */

#define TRIES 100

/* One load of a program that uses a foreign map, with a snatcher about. */
static long try_snatch(struct __test_metadata *_metadata, int32_t keyring, int map, int *prog)
{
	struct snatcher s = { .fd = -ENOENT };
	pthread_t thread;
	struct hand hand;

	ASSERT_EQ(0, hand_load(&hand, "signer", keyring));
	hand.ctx.map = map;
	s.after = snatch_highest_id();
	ASSERT_EQ(0, pthread_create(&thread, NULL, snatch, &s));
	EXPECT_EQ(0, hand_run(&hand));
	s.stop = true;
	ASSERT_EQ(0, pthread_join(thread, NULL));
	*prog = hand.ctx.prog;
	hand_close(&hand);
	return s.fd;
}

TEST_F(beside, snatched_by_id)
{
	const struct gate_map foreign = { .name = "foreign", .size = 8, .freeze = true };
	int map = gate_map_make(&foreign), i, prog = 0;
	int32_t ret = 0;
	long fd = -ENOENT;

	ASSERT_LT(0, map);
	for (i = 0; i < TRIES && fd < 0; i++)
		fd = try_snatch(_metadata, self->keyring, map, &prog);
	if (variant->sealed) {
		EXPECT_EQ(-EPERM, prog);
		EXPECT_GT(0, fd) TH_LOG("a refused program was snatched at try %d", i);
		if (fd >= 0)
			EXPECT_NE(0, gate_prog_run_packet(fd, &ret)) TH_LOG("and it runs");
	} else {
		EXPECT_LT(0, fd) TH_LOG("control: nothing snatched in %d tries", i);
	}
	close(fd);
	close(map);
}

/*
 * The worst case of the above: the thread holds a reference when the program is
 * refused to its loader, and asks for a descriptor only after the loader's run.
 */
TEST_F(beside, snatched_late)
{
	const struct gate_map foreign = { .name = "foreign", .size = 8, .freeze = true };
	struct snatcher s = { .fd = -ENOENT };
	struct delay_wait wait = {};
	struct hold loads, takes;
	pthread_t thread;
	struct hand hand;
	int link;

	if (hold_make(&loads) || hold_make(&takes))
		SKIP(return, "cannot hold up a run: there is no userfaultfd");
	wait.address[0] = (uintptr_t)loads.page;
	wait.address[1] = (uintptr_t)takes.page;
	link = snatch_delay(&wait, self->keyring);
	ASSERT_LE(0, link) TH_LOG("%s", strerror(-link));
	ASSERT_EQ(0, hand_load(&hand, "signer", self->keyring));
	hand.ctx.map = gate_map_make(&foreign);
	ASSERT_LT(0, hand.ctx.map);
	s.after = snatch_highest_id();

	ASSERT_EQ(0, hand_start(&hand));
	ASSERT_EQ(0, hold_wait(&loads));	/* the program exists */
	ASSERT_EQ(0, pthread_create(&thread, NULL, snatch, &s));
	ASSERT_EQ(0, hold_wait(&takes));	/* the thread has a reference */
	ASSERT_EQ(0, hold_release(&loads));
	ASSERT_EQ(0, hand_join(&hand));		/* the run is over */
	s.stop = true;
	ASSERT_EQ(0, hold_release(&takes));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	if (variant->sealed) {
		EXPECT_EQ(-EPERM, hand.ctx.prog);
		EXPECT_EQ(-EPERM, s.fd) TH_LOG("a refused program was had after the run");
	} else {
		EXPECT_LT(0, hand.ctx.prog);
		EXPECT_LE(0, s.fd);
	}
	close(s.fd);
	close(link);
	hand_close(&hand);
	hold_free(&loads);
	hold_free(&takes);
}

/* --- many at once ----------------------------------------------------------- */

#define RUNNERS 6
#define ROUNDS 20

struct runner {
	struct hand hand;
	pthread_barrier_t *start;
};

static void *run_at_once(void *arg)
{
	struct runner *runner = arg;

	pthread_barrier_wait(runner->start);
	hand_run(&runner->hand);
	return NULL;
}

/* One loader, several tasks at the same moment: how many got their program? */
static int race(struct __test_metadata *_metadata, int32_t keyring)
{
	struct runner runners[RUNNERS];
	pthread_t threads[RUNNERS];
	pthread_barrier_t start;
	struct hand hand;
	int i, n = 0;

	ASSERT_EQ(0, hand_load(&hand, "signer", keyring));
	ASSERT_EQ(0, pthread_barrier_init(&start, NULL, RUNNERS));
	for (i = 0; i < RUNNERS; i++) {
		runners[i] = (struct runner){ .hand = hand, .start = &start };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, run_at_once, &runners[i]));
	}
	for (i = 0; i < RUNNERS; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
		EXPECT_EQ(0, runners[i].hand.err);
		n += runners[i].hand.ctx.prog > 0;
		hand_forget(&runners[i].hand);
	}
	pthread_barrier_destroy(&start);
	hand_close(&hand);
	return n;
}

TEST_F(beside, raced)
{
	int i, n;

	for (i = 0; i < ROUNDS; i++) {
		n = race(_metadata, self->keyring);
		if (variant->sealed) {
			EXPECT_GE(1, n) TH_LOG("round %d: %d runs of one loader", i, n);
		} else {
			EXPECT_EQ(RUNNERS, n);
		}
	}
}

GATE_MAIN
