// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reject_test.c - signed loaders that were tampered with. The kernel refuses
 * them by itself, with the same errno as without a policy; the policy tells
 * that it was tried, and why it failed.
 */
#include <errno.h>
#include <linux/keyctl.h>
#include <stdlib.h>

#include "gate_test.h"
#include "insn.h"
#include "tamper.h"

static const struct gate_policy enforcing = { .mode = "enforcing" };

FIXTURE(tampered_control) {
	struct gate_loader loader;
};

FIXTURE(tampered) {
	struct gate_events events;
	struct gate_loader loader;
};

FIXTURE_VARIANT(tampered_control) {
	struct tamper tamper;
};

FIXTURE_VARIANT(tampered) {
	struct tamper tamper;
};

#define NOT_AT_LOAD "this kernel doesn't verify metadata when a program is loaded"

#define TAMPERED(variant, ...) \
	FIXTURE_VARIANT_ADD(tampered_control, variant) { .tamper = { __VA_ARGS__ } }; \
	FIXTURE_VARIANT_ADD(tampered, variant) { .tamper = { __VA_ARGS__ } };

TAMPERS(TAMPERED)

FIXTURE_SETUP(tampered_control)
{
	GATE_NEEDS_SIGNATURES;
	if (variant->tamper.metadata && gate_kernel()->level < BPFSEAL_LEVEL_METADATA)
		SKIP(return, NOT_AT_LOAD);
	GATE_CONTROL;
	ASSERT_EQ(0, tamper_take(&variant->tamper, &self->loader));
}

FIXTURE_TEARDOWN(tampered_control)
{
}

/* The kernel alone refuses it, by the same errno. */
TEST_F(tampered_control, refused)
{
	const struct tamper t = tamper_expected(&variant->tamper), *tamper = &t;

	if (!tamper->stranger)
		EXPECT_EQ(0, tamper_load(&self->loader, KEY_SPEC_SESSION_KEYRING, tamper_nothing));
	EXPECT_EQ(tamper->err,
		  tamper_load(&self->loader, KEY_SPEC_SESSION_KEYRING, tamper->change));
}

FIXTURE_SETUP(tampered)
{
	if (variant->tamper.metadata && gate_kernel()->level < BPFSEAL_LEVEL_METADATA)
		SKIP(return, NOT_AT_LOAD);
	GATE_SHARE(&self->events, &enforcing);
	ASSERT_EQ(0, tamper_take(&variant->tamper, &self->loader));
}

FIXTURE_TEARDOWN(tampered)
{
	gate_events_close(&self->events);
}

TEST_F(tampered, rejected)
{
	const struct tamper t = tamper_expected(&variant->tamper), *tamper = &t;
	const struct bpfseal_event want = {
		.decision = BPFSEAL_REJECTED, .hook = BPFSEAL_HOOK_PROG_CHECK,
		.reason = tamper->reason, .error = tamper->err, .name = "__loader.prog",
		.object_type = BPF_PROG_TYPE_SYSCALL, .mode = BPFSEAL_ENFORCING,
	};
	const struct gate_match asked = { .hook = BPFSEAL_HOOK_PROG_LOAD, .tgid = getpid() };
	const struct bpfseal_event *e;
	int32_t keyring;

	ASSERT_EQ(0, gate_keyring("signer", &keyring));
	EXPECT_EQ(tamper->err, tamper_load(&self->loader, keyring, tamper->change));
	e = gate_expect(_metadata, &self->events, &want);
	if (e) {
		EXPECT_EQ(self->loader.insns_len / sizeof(struct bpf_insn), e->insn_cnt);
		EXPECT_EQ(0, e->prog_id);
	}
	EXPECT_EQ(0, gate_event_count(&self->events, &asked));

	/* It is the change that's refused: the same without it is admitted. */
	gate_events_clear(&self->events);
	if (!tamper->stranger)
		EXPECT_EQ(0, tamper_load(&self->loader, keyring, tamper_nothing));
	gate_events_drain(&self->events);
	EXPECT_EQ(tamper->stranger ? 0 : 1, gate_event_count(&self->events, &asked));
}

/* Signed, and refused by the verifier: that's no tampering. */
FIXTURE(verifier) {
	struct gate_events events;
};

FIXTURE_SETUP(verifier)
{
	GATE_SHARE(&self->events, &enforcing);
}

FIXTURE_TEARDOWN(verifier)
{
	gate_events_close(&self->events);
}

TEST_F(verifier, refuses)
{
	static const struct bpf_insn no_return_value[] = { EXIT() };
	const struct gate_match rejected = { .decision = BPFSEAL_REJECTED };
	const struct gate_match admitted = { .reason = BPFSEAL_R_SIGNER, .name = "bad" };
	struct gate_signature sig;
	union bpf_attr attr;
	int32_t keyring;

	ASSERT_EQ(0, gate_keyring("signer", &keyring));
	ASSERT_EQ(0, gate_sign_insns("signer", no_return_value, 1, NULL, 0, &sig));
	attr = gate_attr(BPF_PROG_TYPE_SYSCALL, "bad", no_return_value, 1);
	attr.prog_flags = BPF_F_SLEEPABLE;
	gate_attr_sign(&attr, &sig, keyring);
	EXPECT_EQ(-EACCES, gate_load(&attr));
	free(sig.sig);
	EXPECT_NE(NULL, gate_event_only(&self->events, &admitted));
	EXPECT_EQ(0, gate_event_count(&self->events, &rejected));
}

GATE_MAIN
