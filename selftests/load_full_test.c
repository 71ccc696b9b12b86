// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load_full_test.c - when there are too many: of loaders for the policy's books, of
 * events to keep. What it can't note it denies; what it can't keep it decides all the
 * same.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "gate_test.h"
#include "insn.h"
#include "pins.h"

#define MANY		10000	/* loaders: more than there is room for */
#define ENOUGH		1000	/* and there has to be room for that many */
#define STORM		(BPFSEAL_EVENTS + 500)

static const struct gate_policy enforcing = { .mode = "enforcing" };
static const struct bpf_insn trivial[] = { MOV_IMM(0, 0), EXIT() };

FIXTURE(full) {
	struct gate_events events;
};

FIXTURE_SETUP(full)
{
	const struct rlimit many = { 2 * MANY, 2 * MANY };

	GATE_SHARE(&self->events, &enforcing);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &many));
}

FIXTURE_TEARDOWN(full)
{
	gate_events_close(&self->events);
}

/* Load until the books are full; the number of loaders, or an errno. */
static int fill(const union bpf_attr *attr, int *fds)
{
	union bpf_attr copy = *attr;
	int n;

	for (n = 0; n < MANY; n++) {
		fds[n] = gate_load(&copy);
		if (fds[n] == -EPERM)
			break;
		if (fds[n] < 0)
			return fds[n];
	}
	return n;
}

/* The kernel frees programs after a grace period, which can't be waited for. */
static int load_patiently(union bpf_attr *attr)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	int fd = -EPERM, i;

	for (i = 0; i < 500 && fd == -EPERM; i++) {
		fd = gate_load(attr);
		if (fd == -EPERM)
			nanosleep(&pause, NULL);
	}
	return fd;
}

TEST_F(full, loaders)
{
	const struct gate_match full = { .reason = BPFSEAL_R_STATE_FULL, .tgid = getpid() };
	const struct bpfseal_event *e;
	static int fds[MANY];
	struct gate_signature sig;
	union bpf_attr attr;
	int32_t keyring;
	int i, n, fd;

	ASSERT_EQ(0, gate_keyring("signer", &keyring));
	ASSERT_EQ(0, gate_sign_insns("signer", trivial, 2, NULL, 0, &sig));
	attr = gate_attr(BPF_PROG_TYPE_SYSCALL, "loader", trivial, 2);
	attr.prog_flags = BPF_F_SLEEPABLE;
	gate_attr_sign(&attr, &sig, keyring);
	n = fill(&attr, fds);
	EXPECT_LE(ENOUGH, n);
	ASSERT_GT(MANY, n) TH_LOG("the books never were full");

	/* Once more, and only what is denied now is looked at. */
	gate_events_clear(&self->events);
	fd = fill(&attr, &fds[n]);
	ASSERT_LE(0, fd);
	n += fd;
	e = gate_event_only(&self->events, &full);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(BPFSEAL_DENY, e->decision);
	EXPECT_EQ(-EPERM, e->error);
	EXPECT_EQ(BPFSEAL_HOOK_PROG_LOAD, e->hook);
	EXPECT_EQ(1, e->signer);

	for (i = 0; i < n; i++)
		close(fds[i]);
	fd = load_patiently(&attr);
	EXPECT_LE(0, fd) TH_LOG("freed loaders are still in the books");
	close(fd);
	free(sig.sig);
}

TEST_F(full, events)
{
	struct bpfseal_counters before[BPFSEAL_R_MAX], after[BPFSEAL_R_MAX];
	const struct gate_match storm = { .name = "storm" };
	struct bpfseal_counters *b = &before[BPFSEAL_R_UNSIGNED];
	struct bpfseal_counters *a = &after[BPFSEAL_R_UNSIGNED];
	const struct gate_match calm = { .name = "calm" };
	uint64_t last;
	int i;

	ASSERT_EQ(0, report_counters(before));
	for (i = 0; i < STORM; i++)
		ASSERT_EQ(-EPERM, gate_load_trivial(BPF_PROG_TYPE_SOCKET_FILTER, "storm"));
	ASSERT_EQ(0, report_counters(after));
	EXPECT_EQ(STORM, a->denied - b->denied);
	EXPECT_EQ(0, a->lost - b->lost);

	/* The newest are left, and the numbers tell of the others. */
	ASSERT_EQ(BPFSEAL_EVENTS, gate_events_drain(&self->events));
	EXPECT_EQ(BPFSEAL_EVENTS, gate_event_count(&self->events, &storm));
	EXPECT_EQ(STORM - BPFSEAL_EVENTS, self->events.log.gone);
	last = self->events.list[BPFSEAL_EVENTS - 1].seq;
	EXPECT_EQ(last - BPFSEAL_EVENTS + 1, self->events.list[0].seq);

	EXPECT_EQ(-EPERM, gate_load_trivial(BPF_PROG_TYPE_SOCKET_FILTER, "calm"));
	ASSERT_EQ(1, gate_events_drain(&self->events));
	ASSERT_NE(NULL, gate_event_find(&self->events, &calm));
	EXPECT_EQ(last + 1, gate_event_find(&self->events, &calm)->seq);
}

GATE_MAIN
