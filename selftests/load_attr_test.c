// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load_attr_test.c - a trusted signer's instructions, loaded with attributes
 * that the signature does not cover and that give them another meaning.
 */
#include <errno.h>
#include <linux/keyctl.h>
#include <stdlib.h>

#include "gate_test.h"
#include "twist.h"

FIXTURE(twist_control) {
	struct crooked crooked;
};

FIXTURE(twist) {
	struct gate_events events;
	struct crooked crooked;
};

FIXTURE_VARIANT(twist_control) {
	struct twist twist;
};

FIXTURE_VARIANT(twist) {
	struct twist twist;
};

#define TWIST(variant, ...) \
	FIXTURE_VARIANT_ADD(twist_control, variant) { .twist = { __VA_ARGS__ } }; \
	FIXTURE_VARIANT_ADD(twist, variant) { .twist = { __VA_ARGS__ } };

TWISTS(TWIST)
TWISTS_ALLOWED(TWIST)

FIXTURE_SETUP(twist_control)
{
	GATE_CONTROL;
	ASSERT_EQ(0, crooked_make(&self->crooked));
}

FIXTURE_TEARDOWN(twist_control)
{
	close(self->crooked.btf_fd);
}

TEST_F(twist_control, loads)
{
	int32_t result = 0;
	int fd;

	if (variant->twist.why_not)
		SKIP(return, "%s", variant->twist.why_not);
	fd = twist_load(&variant->twist, &self->crooked, KEY_SPEC_SESSION_KEYRING);
	if (twist_refused(&variant->twist)) {
		EXPECT_EQ(-EPERM, fd);
		return;
	}
	ASSERT_LE(0, fd) TH_LOG("%s", strerror(-fd));
	if (variant->twist.changes) {
		EXPECT_EQ(0, gate_prog_run(fd, NULL, 0, &result));
		EXPECT_LT(0, result) TH_LOG("the relocation didn't change the program");
	}
	close(fd);
}

FIXTURE_SETUP(twist)
{
	const struct gate_policy policy = { .require = GATE_AT_LOAD, .signers = { {
		.name = "signer", .certificate = GATE_KEYS "/signer.crt",
		.types = variant->twist.types,
	} } };

	memset(&self->events, 0, sizeof(self->events));
	self->crooked.btf_fd = -1;
	if (variant->twist.why_not)
		return;
	GATE_SHARE(&self->events, &policy);
	ASSERT_EQ(0, crooked_make(&self->crooked));
}

FIXTURE_TEARDOWN(twist)
{
	gate_events_close(&self->events);
	close(self->crooked.btf_fd);
}

TEST_F(twist, judged)
{
	struct bpfseal_event want = {
		.decision = BPFSEAL_DENY, .mode = BPFSEAL_ENFORCING, .error = -EPERM,
		.hook = BPFSEAL_HOOK_PROG_LOAD, .reason = BPFSEAL_R_UNCOVERED,
		.attribute = twist_covered(&variant->twist) ? 0 : variant->twist.attribute,
		.name = "twisted", .signer = 1,
		.object_type = variant->twist.type ? variant->twist.type : BPF_PROG_TYPE_SYSCALL,
		.level = BPFSEAL_LEVEL_UNSIGNED, .keyring_type = BPFSEAL_KEYRING_USER,
	};
	int fd;

	if (variant->twist.why_not)
		SKIP(return, "%s", variant->twist.why_not);
	ASSERT_EQ(0, gate_keyring("signer", &want.keyring_serial));
	fd = twist_load(&variant->twist, &self->crooked, want.keyring_serial);
	if (twist_refused(&variant->twist)) {
		want.decision = BPFSEAL_REJECTED;
		want.hook = BPFSEAL_HOOK_PROG_CHECK;
		want.signer = want.keyring_type = want.keyring_serial = 0;
	}
	if (want.attribute) {
		EXPECT_EQ(-EPERM, fd);
	} else {
		want.decision = BPFSEAL_ALLOW;
		want.error = 0;
		want.reason = BPFSEAL_R_SIGNER;
		want.level = gate_kernel()->level;
		EXPECT_LE(0, fd) TH_LOG("%s", strerror(-fd));
	}
	close(fd);
	gate_expect(_metadata, &self->events, &want);
	if (!want.attribute || twist_refused(&variant->twist))
		return;

	ASSERT_EQ(0, gate_mode("permissive"));
	gate_events_clear(&self->events);
	fd = twist_load(&variant->twist, &self->crooked, want.keyring_serial);
	EXPECT_LE(0, fd) TH_LOG("%s", strerror(-fd));
	close(fd);
	want.decision = BPFSEAL_WOULD_DENY;
	want.mode = BPFSEAL_PERMISSIVE;
	want.error = 0;
	gate_expect(_metadata, &self->events, &want);
}

GATE_MAIN
