// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * loader_run_test.c - a trusted loader's run, interfered with: held up by a
 * page fault while others run it too, swap its descriptors or write into its
 * maps.
 */
#include <errno.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "crooked.h"
#include "gate_test.h"
#include "hold.h"

#define FOREIGN 0x0bad

/* The loader made by hand doesn't have its metadata verified: it has none. */
static const struct gate_policy enforcing = { .mode = "enforcing", .require = GATE_AT_LOAD };

/* A map of the attacker's, whose first four bytes are FOREIGN. */
static int foreign_map(void)
{
	const uint64_t bad = FOREIGN;
	const struct gate_map map = { .name = "foreign", .data = &bad, .size = sizeof(bad),
				      .freeze = true };

	return gate_map_make(&map);
}

FIXTURE(hand) {
	struct gate_events events;
	struct hand hand;
	struct hold hold;
	bool sealed;
};

FIXTURE_VARIANT(hand) {
	bool sealed;	/* under a policy, or the control without one */
};

FIXTURE_VARIANT_ADD(hand, control) { .sealed = false };
FIXTURE_VARIANT_ADD(hand, sealed) { .sealed = true };

FIXTURE_SETUP(hand)
{
	int32_t keyring;

	GATE_SHARE_OR_CONTROL(variant->sealed, &self->events, &enforcing, &keyring);
	self->hold.fd = -1;
	ASSERT_EQ(0, hand_load(&self->hand, "signer", keyring));
}

FIXTURE_TEARDOWN(hand)
{
	hold_free(&self->hold);
	hand_close(&self->hand);
	if (variant->sealed)
		gate_events_close(&self->events);
}

/* What the events of this run have in common. */
static struct bpfseal_event run_event(const struct hand *hand, uint8_t reason)
{
	struct bpfseal_event want = {
		.decision = BPFSEAL_DENY, .error = -EPERM, .reason = reason, .nested = 1,
		.level = gate_kernel()->level, .keyring_type = BPFSEAL_KEYRING_USER,
		.signer = 1, .loader_id = hand->id,
	};

	if (reason == BPFSEAL_R_NESTED) {
		want.decision = BPFSEAL_ALLOW;
		want.error = 0;
	}
	gate_keyring("signer", &want.keyring_serial);
	return want;
}

static void expect_reader(struct __test_metadata *_metadata, struct gate_events *events,
			  const struct hand *hand, uint8_t reason)
{
	struct bpfseal_event want = run_event(hand, reason);

	want.hook = BPFSEAL_HOOK_PROG_FD;
	want.object_type = BPF_PROG_TYPE_SOCKET_FILTER;
	strcpy(want.name, "reader");
	gate_expect(_metadata, events, &want);
}

static void expect_map(struct __test_metadata *_metadata, struct gate_events *events,
		       const struct hand *hand, uint8_t reason)
{
	struct bpfseal_event want = run_event(hand, reason);

	want.hook = BPFSEAL_HOOK_MAP_CREATE;
	want.object_type = BPF_MAP_TYPE_ARRAY;
	strcpy(want.name, "own");
	gate_expect(_metadata, events, &want);
}

/* The tests' needle: without a way to hold a run up they prove nothing. */
#define HOLD(hold) \
	do { \
		int _err = hold_make(hold); \
		if (_err) \
			SKIP(return, "cannot hold up a run: userfaultfd says %s", strerror(-_err)); \
	} while (0)

TEST_F(hand, works)
{
	int32_t ret = -1;

	ASSERT_EQ(0, hand_run(&self->hand));
	EXPECT_LT(0, self->hand.ctx.made);
	EXPECT_EQ(0, self->hand.ctx.frozen);
	ASSERT_LT(0, self->hand.ctx.prog) TH_LOG("%s", strerror(-self->hand.ctx.prog));
	EXPECT_EQ(0, gate_prog_run_packet(self->hand.ctx.prog, &ret));
	EXPECT_EQ(0, ret);
	if (!variant->sealed)
		return;
	expect_map(_metadata, &self->events, &self->hand, BPFSEAL_R_NESTED);
	expect_reader(_metadata, &self->events, &self->hand, BPFSEAL_R_NESTED);
}

/* The loader is handed a map that somebody else made. */
TEST_F(hand, foreign_map)
{
	int map = foreign_map();
	int32_t ret = 0;

	ASSERT_LT(0, map);
	self->hand.ctx.map = map;
	ASSERT_EQ(0, hand_run(&self->hand));
	if (variant->sealed) {
		EXPECT_EQ(-EPERM, self->hand.ctx.prog);
		expect_reader(_metadata, &self->events, &self->hand, BPFSEAL_R_FOREIGN_MAP);
	} else {
		EXPECT_EQ(0, gate_prog_run_packet(self->hand.ctx.prog, &ret));
		EXPECT_EQ(FOREIGN, ret);
	}
	close(map);
}

/* A map that another run of a trusted loader made is foreign, too. */
TEST_F(hand, map_of_another_run)
{
	struct hand other;
	int32_t keyring = KEY_SPEC_SESSION_KEYRING;

	if (variant->sealed)
		ASSERT_EQ(0, gate_keyring("signer", &keyring));
	ASSERT_EQ(0, hand_load(&other, "signer", keyring));
	ASSERT_EQ(0, hand_run(&other));
	ASSERT_LT(0, other.ctx.prog);
	self->hand.ctx.map = other.ctx.made;
	gate_events_clear(&self->events);
	ASSERT_EQ(0, hand_run(&self->hand));
	if (variant->sealed) {
		EXPECT_EQ(-EPERM, self->hand.ctx.prog);
		expect_reader(_metadata, &self->events, &self->hand, BPFSEAL_R_FOREIGN_MAP);
	} else {
		EXPECT_LT(0, self->hand.ctx.prog);
	}
	hand_close(&other);
}

/* BTF that somebody else loaded: it decides what a program's relocations do. */
TEST_F(hand, foreign_btf_of_program)
{
	struct crooked crooked;

	ASSERT_EQ(0, crooked_make(&crooked));
	self->hand.ctx.prog_btf = crooked.btf_fd;
	self->hand.ctx.prog_func = crooked.func.type_id;
	ASSERT_EQ(0, hand_run(&self->hand));
	if (variant->sealed) {
		EXPECT_EQ(-EPERM, self->hand.ctx.prog);
		expect_map(_metadata, &self->events, &self->hand, BPFSEAL_R_NESTED);
		expect_reader(_metadata, &self->events, &self->hand, BPFSEAL_R_FOREIGN_BTF);
	} else {
		EXPECT_LT(0, self->hand.ctx.prog);
	}
	close(crooked.btf_fd);
}

TEST_F(hand, foreign_btf_of_map)
{
	struct crooked crooked;

	ASSERT_EQ(0, crooked_make(&crooked));
	self->hand.ctx.map_btf = crooked.btf_fd;
	self->hand.ctx.map_type = crooked.number;
	ASSERT_EQ(0, hand_run(&self->hand));
	if (variant->sealed) {
		EXPECT_EQ(-EPERM, self->hand.ctx.made);
		expect_map(_metadata, &self->events, &self->hand, BPFSEAL_R_FOREIGN_BTF);
	} else {
		EXPECT_LT(0, self->hand.ctx.made);
		EXPECT_LT(0, self->hand.ctx.prog);
	}
	close(crooked.btf_fd);
}

/* A thread that shares the descriptors puts another map in the place of its own. */
TEST_F(hand, swapped_fd)
{
	int map = foreign_map(), made;
	int32_t ret = 0;

	ASSERT_LT(0, map);
	HOLD(&self->hold);
	made = dup(map);	/* the next descriptor is the loader's map */
	ASSERT_LT(0, made);
	ASSERT_EQ(0, close(made));
	self->hand.ctx.wait_frozen = (uintptr_t)self->hold.page;
	ASSERT_EQ(0, hand_start(&self->hand));
	ASSERT_EQ(0, hold_wait(&self->hold));
	ASSERT_EQ(made, dup2(map, made));
	ASSERT_EQ(0, hold_release(&self->hold));
	ASSERT_EQ(0, hand_join(&self->hand));
	ASSERT_EQ(made, self->hand.ctx.made);
	if (variant->sealed) {
		EXPECT_EQ(-EPERM, self->hand.ctx.prog);
		expect_map(_metadata, &self->events, &self->hand, BPFSEAL_R_NESTED);
		expect_reader(_metadata, &self->events, &self->hand, BPFSEAL_R_FOREIGN_MAP);
	} else {
		EXPECT_EQ(0, gate_prog_run_packet(self->hand.ctx.prog, &ret));
		EXPECT_EQ(FOREIGN, ret);
	}
	close(map);
}

/* Its own map, written to by another thread before the loader freezes it. */
TEST_F(hand, map_written_meanwhile)
{
	const uint32_t bad = FOREIGN, zero = 0;
	int made, updated;
	int32_t ret = 0;

	HOLD(&self->hold);
	made = dup(0);
	ASSERT_LT(0, made);
	ASSERT_EQ(0, close(made));
	self->hand.ctx.wait_made = (uintptr_t)self->hold.page;
	ASSERT_EQ(0, hand_start(&self->hand));
	ASSERT_EQ(0, hold_wait(&self->hold));
	updated = gate_map_update(made, &zero, &bad);
	ASSERT_EQ(0, hold_release(&self->hold));
	ASSERT_EQ(0, hand_join(&self->hand));
	ASSERT_EQ(made, self->hand.ctx.made);
	EXPECT_EQ(0, updated);
	if (variant->sealed) {
		EXPECT_EQ(-EPERM, self->hand.ctx.prog);
		expect_map(_metadata, &self->events, &self->hand, BPFSEAL_R_NESTED);
		expect_reader(_metadata, &self->events, &self->hand, BPFSEAL_R_CHANGED_MAP);
	} else {
		EXPECT_EQ(0, gate_prog_run_packet(self->hand.ctx.prog, &ret));
		EXPECT_EQ(FOREIGN, ret);
	}
}

/* Two runs at once: neither is believed from then on. */
TEST_F(hand, concurrent)
{
	struct hand second = self->hand;

	HOLD(&self->hold);
	self->hand.ctx.wait_first = (uintptr_t)self->hold.page;
	ASSERT_EQ(0, hand_start(&self->hand));
	ASSERT_EQ(0, hold_wait(&self->hold));

	EXPECT_EQ(0, hand_run(&second));
	if (variant->sealed) {
		EXPECT_EQ(-EPERM, second.ctx.made);
		EXPECT_GT(0, second.ctx.prog);
		expect_map(_metadata, &self->events, &self->hand, BPFSEAL_R_LOADER_RERUN);
		gate_events_clear(&self->events);
	} else {
		EXPECT_LT(0, second.ctx.prog);
	}

	ASSERT_EQ(0, hold_release(&self->hold));
	ASSERT_EQ(0, hand_join(&self->hand));
	if (variant->sealed) {
		EXPECT_EQ(-EPERM, self->hand.ctx.made);
		EXPECT_GT(0, self->hand.ctx.prog);
		expect_map(_metadata, &self->events, &self->hand, BPFSEAL_R_LOADER_RERUN);
	} else {
		EXPECT_LT(0, self->hand.ctx.prog);
	}
	hand_forget(&second);
}

/* The second run comes between the first one's map and its program. */
TEST_F(hand, concurrent_late)
{
	struct hand second = self->hand;

	HOLD(&self->hold);
	self->hand.ctx.wait_frozen = (uintptr_t)self->hold.page;
	ASSERT_EQ(0, hand_start(&self->hand));
	ASSERT_EQ(0, hold_wait(&self->hold));
	EXPECT_EQ(0, hand_run(&second));
	ASSERT_EQ(0, hold_release(&self->hold));
	ASSERT_EQ(0, hand_join(&self->hand));
	EXPECT_LT(0, self->hand.ctx.made);
	if (variant->sealed) {
		const struct gate_match denied = {
			.decision = BPFSEAL_DENY, .hook = BPFSEAL_HOOK_PROG_LOAD,
			.reason = BPFSEAL_R_LOADER_RERUN, .name = "reader",
		};

		EXPECT_EQ(-EPERM, second.ctx.made);
		EXPECT_EQ(-EPERM, second.ctx.prog);
		EXPECT_EQ(-EPERM, self->hand.ctx.prog);
		ASSERT_LT(0, gate_events_drain(&self->events));
		EXPECT_EQ(2, gate_event_count(&self->events, &denied));
	} else {
		EXPECT_LT(0, self->hand.ctx.prog);
	}
	hand_forget(&second);
}

/* The mode is looked at when the command comes, not when the run began. */
TEST_F(hand, mode_changes_meanwhile)
{
	if (!variant->sealed)
		SKIP(return, "there is no mode without a policy");
	HOLD(&self->hold);
	ASSERT_EQ(0, hand_run(&self->hand));
	hand_forget(&self->hand);
	ASSERT_EQ(0, gate_mode("permissive"));
	self->hand.ctx.wait_first = (uintptr_t)self->hold.page;
	ASSERT_EQ(0, hand_start(&self->hand));
	ASSERT_EQ(0, hold_wait(&self->hold));
	ASSERT_EQ(0, gate_mode("enforcing"));
	gate_events_clear(&self->events);
	ASSERT_EQ(0, hold_release(&self->hold));
	ASSERT_EQ(0, hand_join(&self->hand));
	EXPECT_EQ(-EPERM, self->hand.ctx.made);
	expect_map(_metadata, &self->events, &self->hand, BPFSEAL_R_LOADER_RERUN);
}

/* The running task is killed; nothing of its run is left to others. */
TEST_F(hand, killed)
{
	struct hold *hold = &self->hold;
	int status;
	pid_t pid;

	HOLD(hold);
	self->hand.ctx.wait_made = (uintptr_t)hold->page;
	gate_events_clear(&self->events);
	pid = fork();
	if (!pid) {
		/* The descriptor belongs to the parent's memory; make another. */
		hold_free(hold);
		if (hold_make(hold))
			_exit(1);
		self->hand.ctx.wait_made = (uintptr_t)hold->page;
		if (hand_start(&self->hand) || hold_wait(hold))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	memset(&self->hand.ctx, 0, sizeof(self->hand.ctx));
	gate_events_clear(&self->events);
	ASSERT_EQ(0, hand_run(&self->hand));
	if (variant->sealed) {
		EXPECT_EQ(-EPERM, self->hand.ctx.made);
		expect_map(_metadata, &self->events, &self->hand, BPFSEAL_R_LOADER_RERUN);
	} else {
		EXPECT_LT(0, self->hand.ctx.prog);
	}
}

/* Only the run's own task may use it. */
TEST_F(hand, another_task_meanwhile)
{
	const struct bpfseal_event want = {
		.decision = BPFSEAL_DENY, .error = -EPERM, .hook = BPFSEAL_HOOK_PROG_LOAD,
		.reason = BPFSEAL_R_UNSIGNED, .object_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.name = "bystander",
	};
	int fd;

	HOLD(&self->hold);
	self->hand.ctx.wait_first = (uintptr_t)self->hold.page;
	ASSERT_EQ(0, hand_start(&self->hand));
	ASSERT_EQ(0, hold_wait(&self->hold));
	fd = gate_load_trivial(BPF_PROG_TYPE_SOCKET_FILTER, "bystander");
	ASSERT_EQ(0, hold_release(&self->hold));
	ASSERT_EQ(0, hand_join(&self->hand));
	EXPECT_LT(0, self->hand.ctx.prog);
	if (variant->sealed) {
		EXPECT_EQ(-EPERM, fd);
		gate_expect(_metadata, &self->events, &want);
	} else {
		EXPECT_LE(0, fd);
	}
	close(fd);
}

GATE_MAIN
