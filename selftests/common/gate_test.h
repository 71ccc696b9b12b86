/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gate_test.h - expectations about events, in terms of the test harness.
 */
#ifndef GATE_TEST_H
#define GATE_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "gate.h"

/* To stand first in a fixture's set-up: needs a kernel on which a policy can be installed. */
#define GATE_NEEDS_SIGNATURES \
	do { \
		if (gate_kernel()->level == BPFSEAL_LEVEL_UNSIGNED) \
			SKIP(return, GATE_NO_SIGNATURES); \
	} while (0)

/* Nobody may be left with a policy of a test that died. */
#define GATE_START(events) \
	do { \
		memset(events, 0, sizeof(*(events))); \
		GATE_NEEDS_SIGNATURES; \
		ASSERT_EQ(0, geteuid()) TH_LOG("these tests need root"); \
		ASSERT_EQ(0, gate_clean()); \
	} while (0)

#define GATE_END(events) \
	do { \
		gate_events_close(events); \
		EXPECT_EQ(0, gate_clean()); \
	} while (0)

/* Put a policy into force and listen. */
#define GATE_SEAL(events, policy) \
	do { \
		ASSERT_EQ(0, gate_install_policy(policy)); \
		ASSERT_EQ(0, gate_events_open(events)); \
	} while (0)

/* The same with a policy that several tests share; GATE_MAIN removes it. */
#define GATE_SHARE(events, policy) \
	do { \
		memset(events, 0, sizeof(*(events))); \
		GATE_NEEDS_SIGNATURES; \
		ASSERT_EQ(0, gate_install_shared(policy)); \
		ASSERT_EQ(0, gate_events_open(events)); \
	} while (0)

/* For the control of a denial: no policy, and the signer's key in a keyring of the test's own. */
#define GATE_CONTROL \
	do { \
		GATE_NEEDS_SIGNATURES; \
		ASSERT_EQ(0, gate_clean()); \
		ASSERT_EQ(0, gate_session()); \
		ASSERT_LT(0, gate_add_key("signer", KEY_SPEC_SESSION_KEYRING)); \
	} while (0)

/* The one or the other; the keyring in which the signer's key is goes to @keyring. */
#define GATE_SHARE_OR_CONTROL(shared, events, policy, keyring) \
	do { \
		if (shared) { \
			GATE_SHARE(events, policy); \
			ASSERT_EQ(0, gate_keyring("signer", keyring)); \
		} else { \
			GATE_CONTROL; \
			*(keyring) = KEY_SPEC_SESSION_KEYRING; \
		} \
	} while (0)

static pid_t gate_main_pid;

/* test_harness_run() ends the process, so that nothing can stand behind it. */
static inline void gate_at_exit(void)
{
	if (getpid() != gate_main_pid || !gate_clean())
		return;
	fprintf(stderr, "cannot remove the policy that these tests have shared\n");
	fflush(NULL);
	_exit(KSFT_FAIL);
}

/* Instead of test_harness_run(). */
static inline int gate_main(int argc, char **argv)
{
	gate_main_pid = getpid();
	return atexit(gate_at_exit) ? KSFT_FAIL : test_harness_run(argc, argv);
}

/* Instead of TEST_HARNESS_MAIN. */
#define GATE_MAIN \
	int main(int argc, char **argv) \
	{ \
		return gate_main(argc, argv); \
	}

/**
 * gate_expect - the one event of a process, hook and name, and what it says
 * @want: decision, hook, reason, attribute, error, object_type, name, level,
 *	keyring, signer and nested have to be just so; tgid is this process unless
 *	given; mode and loader_id count unless 0
 *
 * Return: the event for further looks, NULL if there isn't exactly one
 */
static inline const struct bpfseal_event *gate_expect(struct __test_metadata *_metadata,
						      struct gate_events *events,
						      const struct bpfseal_event *want)
{
	const struct gate_match match = {
		.hook = want->hook,
		.name = want->name,
		.tgid = want->tgid ? want->tgid : (uint32_t)getpid(),
	};
	const struct bpfseal_event *e = gate_event_only(events, &match);

	EXPECT_NE(NULL, e) TH_LOG("event \"%s\"", want->name);
	if (!e)
		return NULL;
	EXPECT_EQ(want->decision, e->decision);
	EXPECT_EQ(want->reason, e->reason);
	EXPECT_EQ(want->attribute, e->attribute);
	EXPECT_EQ(want->error, e->error);
	EXPECT_EQ(want->object_type, e->object_type);
	EXPECT_EQ(want->level, e->level);
	EXPECT_EQ(want->keyring_type, e->keyring_type);
	EXPECT_EQ(want->keyring_serial, e->keyring_serial);
	EXPECT_EQ(want->signer, e->signer);
	EXPECT_EQ(want->nested, e->nested);
	if (want->mode)
		EXPECT_EQ(want->mode, e->mode);
	if (want->loader_id)
		EXPECT_EQ(want->loader_id, e->loader_id);
	return e;
}

#endif
