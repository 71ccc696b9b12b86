// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_maps_test.c - the maps of a loader's run: written to, frozen or exchanged by
 * others before its program is loaded; and loaders beside which nobody does that.
 * run_agent_test has generated loaders in a process of many threads.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "gate_test.h"
#include "hold.h"

#define FOREIGN 0x0bad
#define FIRST 0x11
#define SECOND 0x22
#define BOTH(first, second) ((second) << 16 | (first))

/* The loader made by hand doesn't have its metadata verified: it has none. */
static const struct gate_policy enforcing = { .mode = "enforcing", .require = GATE_AT_LOAD };

/* Where a run is held up. */
enum point { ONE, NEW, WRITTEN, FROZEN, POINTS };

FIXTURE(run) {
	struct gate_events events;
	struct hand hand;
	struct hold holds[POINTS];
	int map[2];	/* the loader's maps, as they will be numbered */
	int saved;
	int foreign;
};

FIXTURE_VARIANT(run) {
	bool sealed;	/* under a policy, or the control without one */
};

FIXTURE_VARIANT_ADD(run, control) { .sealed = false };
FIXTURE_VARIANT_ADD(run, sealed) { .sealed = true };

/* The loader gets the two lowest numbers that are free. */
static void predict(int map[2])
{
	map[0] = dup(0);
	map[1] = dup(0);
	close(map[0]);
	close(map[1]);
}

FIXTURE_SETUP(run)
{
	const struct gate_map foreign = { .name = "foreign", .size = 4, .freeze = false };
	int32_t keyring;
	int i;

	GATE_SHARE_OR_CONTROL(variant->sealed, &self->events, &enforcing, &keyring);
	ASSERT_EQ(0, hand_load(&self->hand, "signer", keyring));
	self->foreign = gate_map_make(&foreign);
	ASSERT_LT(0, self->foreign);
	for (i = 0; i < POINTS; i++)
		if (hold_make(&self->holds[i]))
			SKIP(return, "cannot hold up a run: there is no userfaultfd");
	self->hand.ctx.map_flags = BPF_F_RDONLY_PROG;
	self->hand.ctx.second = HAND_ARRAY;
	self->hand.ctx.values[0] = FIRST;
	self->hand.ctx.values[1] = SECOND;
	self->saved = -1;
	predict(self->map);
}

FIXTURE_TEARDOWN(run)
{
	int i;

	for (i = 0; i < POINTS; i++)
		hold_free(&self->holds[i]);
	hand_close(&self->hand);
	close(self->foreign);
	close(self->saved);
	if (variant->sealed)
		gate_events_close(&self->events);
}

static void expect_event(struct __test_metadata *_metadata, struct gate_events *events,
			 const struct hand *hand, struct bpfseal_event want)
{
	want.decision = want.reason == BPFSEAL_R_NESTED ? BPFSEAL_ALLOW : BPFSEAL_DENY;
	want.error = want.reason == BPFSEAL_R_NESTED ? 0 : -EPERM;
	want.nested = 1;
	want.level = gate_kernel()->level;
	want.keyring_type = BPFSEAL_KEYRING_USER;
	want.signer = 1;
	want.loader_id = hand->id;
	ASSERT_EQ(0, gate_keyring("signer", &want.keyring_serial));
	gate_expect(_metadata, events, &want);
}

static void expect_reader(struct __test_metadata *_metadata, struct gate_events *events,
			  const struct hand *hand, uint8_t reason)
{
	const struct bpfseal_event want = {
		.hook = BPFSEAL_HOOK_PROG_FD, .object_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.name = "reader", .reason = reason,
	};

	expect_event(_metadata, events, hand, want);
}

/* What the program that was loaded comes to. */
static int32_t read_maps(struct __test_metadata *_metadata, const struct hand *hand)
{
	int32_t ret = -1;

	EXPECT_LT(0, hand->ctx.prog) TH_LOG("%s", strerror(-hand->ctx.prog));
	EXPECT_EQ(0, gate_prog_run_packet(hand->ctx.prog, &ret));
	return ret;
}

/* Under a policy the program is denied for @reason; without one it returns @result. */
#define EXPECT_MEDDLED(result, why) \
	do { \
		if (variant->sealed) { \
			EXPECT_EQ(-EPERM, self->hand.ctx.prog); \
			expect_reader(_metadata, &self->events, &self->hand, why); \
		} else { \
			EXPECT_EQ(result, read_maps(_metadata, &self->hand)); \
		} \
	} while (0)

#define EXPECT_HONEST(result) \
	do { \
		EXPECT_EQ(result, read_maps(_metadata, &self->hand)); \
		if (variant->sealed) \
			expect_reader(_metadata, &self->events, &self->hand, BPFSEAL_R_NESTED); \
	} while (0)

/* --- nobody interferes ------------------------------------------------------ */

TEST_F(run, single_thread)
{
	ASSERT_EQ(0, hand_run(&self->hand));
	EXPECT_EQ(0, self->hand.ctx.frozen);
	EXPECT_HONEST(BOTH(FIRST, SECOND));
}

TEST_F(run, two_threads)
{
	ASSERT_EQ(0, hand_start(&self->hand));
	ASSERT_EQ(0, hand_join(&self->hand));
	EXPECT_HONEST(BOTH(FIRST, SECOND));
}

TEST_F(run, map_of_maps_two_threads)
{
	self->hand.ctx.second = HAND_OUTER;
	ASSERT_EQ(0, hand_start(&self->hand));
	ASSERT_EQ(0, hand_join(&self->hand));
	EXPECT_LT(0, self->hand.ctx.made_second);
	EXPECT_HONEST(FIRST);
}

/* Maps that programs only read, and that are meant to be written to later. */
TEST_F(run, settings)
{
	self->hand.ctx.unfrozen = 1;
	ASSERT_EQ(0, hand_run(&self->hand));
	EXPECT_HONEST(BOTH(FIRST, SECOND));
}

/* If others share the descriptors, it can't be told from a freeze that missed. */
TEST_F(run, settings_two_threads)
{
	self->hand.ctx.unfrozen = 1;
	ASSERT_EQ(0, hand_start(&self->hand));
	ASSERT_EQ(0, hand_join(&self->hand));
	EXPECT_MEDDLED(BOTH(FIRST, SECOND), BPFSEAL_R_CHANGED_MAP);
}

/* --- other processes: they have copies of the descriptors ------------------- */

static int copied_fd(pid_t of, int fd)
{
	int pidfd = syscall(SYS_pidfd_open, of, 0), copy;

	copy = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	close(pidfd);
	return copy;
}

/* The newest map of this name. */
static int fd_by_id(pid_t of, int fd)
{
	struct bpf_map_info info;
	union bpf_attr attr;
	uint32_t id = 0;
	int found = -1;

	(void)of, (void)fd;
	for (;;) {
		memset(&attr, 0, sizeof(attr));
		attr.start_id = id;
		if (gate_bpf(BPF_MAP_GET_NEXT_ID, &attr))
			return found;
		id = attr.next_id;
		memset(&attr, 0, sizeof(attr));
		attr.map_id = id;
		fd = gate_bpf(BPF_MAP_GET_FD_BY_ID, &attr);
		memset(&info, 0, sizeof(info));
		memset(&attr, 0, sizeof(attr));
		attr.info.bpf_fd = fd;
		attr.info.info = (uintptr_t)&info;
		attr.info.info_len = sizeof(info);
		if (fd < 0 || gate_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) || strcmp(info.name, "own")) {
			close(fd);
			continue;
		}
		close(found);
		found = fd;
	}
}

/* In another process: wait for the loader, write into its map and let it go on. */
static int write_from_beside(const struct hold *hold, int fd, int (*take)(pid_t, int), bool freeze)
{
	const uint32_t bad = FOREIGN, zero = 0;
	int map, err = hold_wait(hold);

	map = take(getppid(), fd);
	if (!err)
		err = gate_map_update(map, &zero, &bad);
	if (!err && freeze)
		err = gate_map_freeze(map);
	hold_release(hold);
	return err;
}

static void run_beside_writer(struct __test_metadata *_metadata, struct hand *hand,
			      const struct hold *hold, int fd, int (*take)(pid_t, int), bool freeze)
{
	int status;
	pid_t pid;

	hand->ctx.wait_made = (uintptr_t)hold->page;
	pid = fork();
	if (!pid)
		_exit(-write_from_beside(hold, fd, take, freeze));
	ASSERT_EQ(0, hand_run(hand));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	ASSERT_EQ(fd, hand->ctx.made);
}

TEST_F(run, written_by_copied_fd)
{
	run_beside_writer(_metadata, &self->hand, &self->holds[WRITTEN], self->map[0], copied_fd,
			  false);
	EXPECT_EQ(0, self->hand.ctx.frozen);
	EXPECT_MEDDLED(BOTH(FOREIGN, SECOND), BPFSEAL_R_CHANGED_MAP);
}

TEST_F(run, written_by_id)
{
	run_beside_writer(_metadata, &self->hand, &self->holds[WRITTEN], self->map[0], fd_by_id,
			  false);
	EXPECT_EQ(0, self->hand.ctx.frozen);
	EXPECT_MEDDLED(BOTH(FOREIGN, SECOND), BPFSEAL_R_CHANGED_MAP);
}

/* The loader doesn't look whether it was he who froze it. */
TEST_F(run, frozen_by_another)
{
	run_beside_writer(_metadata, &self->hand, &self->holds[WRITTEN], self->map[0], copied_fd,
			  true);
	EXPECT_EQ(-EPERM, self->hand.ctx.frozen);
	EXPECT_MEDDLED(BOTH(FOREIGN, SECOND), BPFSEAL_R_CHANGED_MAP);
}

/* A map that isn't meant to be frozen holds constants once somebody does. */
TEST_F(run, frozen_uninvited)
{
	self->hand.ctx.unfrozen = 1;
	run_beside_writer(_metadata, &self->hand, &self->holds[WRITTEN], self->map[0], fd_by_id,
			  true);
	EXPECT_MEDDLED(BOTH(FOREIGN, SECOND), BPFSEAL_R_CHANGED_MAP);
}

/* --- threads that share the descriptors -------------------------------------- */

static void put(int map, uint32_t value)
{
	const uint32_t zero = 0;

	if (gate_map_update(map, &zero, &value))
		fprintf(stderr, "# cannot write to map %d\n", map);
}

static void exchange(int a, int b)
{
	int aside = dup(a);

	dup2(b, a);
	dup2(aside, b);
	close(aside);
}

typedef void (*meddle_fn)(FIXTURE_DATA(run) *self);

/* Run the loader in a thread; at each point of @meddle it waits for that to be done. */
static void run_meddled(struct __test_metadata *_metadata, FIXTURE_DATA(run) *self,
			const meddle_fn meddle[POINTS])
{
	struct hand_ctx *ctx = &self->hand.ctx;
	__u64 *const wait[POINTS] = { &ctx->wait_one, &ctx->wait_new, &ctx->wait_made,
				      &ctx->wait_frozen };
	int i;

	for (i = 0; i < POINTS; i++)
		if (meddle[i])
			*wait[i] = (uintptr_t)self->holds[i].page;
	ASSERT_EQ(0, hand_start(&self->hand));
	for (i = 0; i < POINTS; i++) {
		if (!meddle[i])
			continue;
		ASSERT_EQ(0, hold_wait(&self->holds[i]));
		meddle[i](self);
		ASSERT_EQ(0, hold_release(&self->holds[i]));
	}
	ASSERT_EQ(0, hand_join(&self->hand));
}

static void write_first(FIXTURE_DATA(run) *self)
{
	put(self->map[0], FOREIGN);
}

static void exchange_maps(FIXTURE_DATA(run) *self)
{
	exchange(self->map[0], self->map[1]);
}

static void second_for_first(FIXTURE_DATA(run) *self)
{
	dup2(self->map[1], self->map[0]);
}

static void hide_first(FIXTURE_DATA(run) *self)
{
	self->saved = dup(self->map[0]);
	dup2(self->foreign, self->map[0]);
}

static void show_first(FIXTURE_DATA(run) *self)
{
	dup2(self->saved, self->map[0]);
}

static void close_first(FIXTURE_DATA(run) *self)
{
	self->saved = fcntl(self->map[0], F_DUPFD, 100);
	close(self->map[0]);
}

TEST_F(run, written_by_thread)
{
	run_meddled(_metadata, self, (meddle_fn[POINTS]){ [WRITTEN] = write_first });
	EXPECT_EQ(0, self->hand.ctx.frozen);
	EXPECT_MEDDLED(BOTH(FOREIGN, SECOND), BPFSEAL_R_CHANGED_MAP);
}

/* What the loader writes goes into the wrong maps. */
TEST_F(run, exchanged_for_writing)
{
	run_meddled(_metadata, self, (meddle_fn[POINTS]){ [NEW] = exchange_maps,
							  [WRITTEN] = exchange_maps });
	EXPECT_MEDDLED(BOTH(SECOND, FIRST), BPFSEAL_R_CHANGED_MAP);
}

/* The loader freezes another map, and its own can be written to for ever. */
TEST_F(run, freeze_diverted)
{
	run_meddled(_metadata, self, (meddle_fn[POINTS]){ [WRITTEN] = hide_first,
							  [FROZEN] = show_first });
	EXPECT_EQ(0, self->hand.ctx.frozen);
	put(self->saved, FOREIGN);
	EXPECT_MEDDLED(BOTH(FOREIGN, SECOND), BPFSEAL_R_CHANGED_MAP);
}

TEST_F(run, exchanged_for_loading)
{
	run_meddled(_metadata, self, (meddle_fn[POINTS]){ [FROZEN] = exchange_maps });
	EXPECT_MEDDLED(BOTH(SECOND, FIRST), BPFSEAL_R_SWAPPED_FD);
}

TEST_F(run, one_for_both)
{
	run_meddled(_metadata, self, (meddle_fn[POINTS]){ [FROZEN] = second_for_first });
	EXPECT_MEDDLED(BOTH(SECOND, SECOND), BPFSEAL_R_SWAPPED_FD);
}

/* Its first map's number is free again, and the second map gets it. */
TEST_F(run, same_number_twice)
{
	run_meddled(_metadata, self, (meddle_fn[POINTS]){ [ONE] = close_first });
	EXPECT_EQ(self->map[0], self->hand.ctx.made);
	EXPECT_EQ(self->map[0], self->hand.ctx.made_second);
	EXPECT_MEDDLED(BOTH(SECOND, SECOND), BPFSEAL_R_SWAPPED_FD);
}

/* An inner map says how the verifier judges what programs find in the outer one. */
TEST_F(run, inner_map_swapped)
{
	const struct bpfseal_event want = {
		.hook = BPFSEAL_HOOK_MAP_CREATE, .object_type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
		.name = "second", .reason = BPFSEAL_R_SWAPPED_FD,
	};

	self->hand.ctx.second = HAND_OUTER;
	run_meddled(_metadata, self, (meddle_fn[POINTS]){ [ONE] = hide_first, [NEW] = show_first });
	if (variant->sealed) {
		EXPECT_EQ(-EPERM, self->hand.ctx.made_second);
		expect_event(_metadata, &self->events, &self->hand, want);
	} else {
		EXPECT_LT(0, self->hand.ctx.made_second);
	}
}

GATE_MAIN
