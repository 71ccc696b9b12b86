// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load_token_test.c - loads with a BPF token, from a user namespace to which
 * BPF was delegated: a token is a right to load, not a reason to trust.
 */
#include <errno.h>

#include "gate_test.h"
#include "token.h"

static const struct gate_policy enforcing = { .mode = "enforcing", .require = GATE_AT_LOAD };
FIXTURE(token) {
	struct gate_events events;
	struct token_delegate delegate;
};

FIXTURE_VARIANT(token) {
	bool sealed;	/* under a policy, or the control without one */
	bool late;	/* the policy comes when the token exists already */
};

FIXTURE_VARIANT_ADD(token, control) { .sealed = false };
FIXTURE_VARIANT_ADD(token, sealed) { .sealed = true };
FIXTURE_VARIANT_ADD(token, sealed_later) { .sealed = true, .late = true };

FIXTURE_SETUP(token)
{
	GATE_START(&self->events);
}

FIXTURE_TEARDOWN(token)
{
	token_free(&self->delegate);
	GATE_END(&self->events);
}

static void expect_denied(struct __test_metadata *_metadata, struct gate_events *events,
			  const struct token_report *report, pid_t pid)
{
	struct bpfseal_event want = {
		.decision = BPFSEAL_DENY, .hook = BPFSEAL_HOOK_PROG_LOAD, .error = -EPERM,
		.reason = BPFSEAL_R_UNSIGNED, .object_type = BPF_PROG_TYPE_XDP,
		.name = "with_token", .tgid = pid,
	};
	const struct bpfseal_event *e;

	EXPECT_EQ(-EPERM, report->with_token);
	e = gate_expect(_metadata, events, &want);
	if (e) {
		EXPECT_EQ(report->user_ns, e->user_ns);
		EXPECT_EQ(1, e->token);
	}
	/* A token adds rights, so what it is used for isn't what was signed. */
	EXPECT_EQ(-EPERM, report->signed_with_token);
	strcpy(want.name, "signed_token");
	want.reason = BPFSEAL_R_UNCOVERED;
	want.attribute = BPFSEAL_A_PROG_TYPE;	/* named before the flag */
	want.keyring_type = BPFSEAL_KEYRING_USER;
	want.keyring_serial = report->keyring;
	want.signer = 1;
	e = gate_expect(_metadata, events, &want);
	if (e)
		EXPECT_EQ(1, e->token);
}

TEST_F(token, loads)
{
	struct token_report *report;
	pid_t pid;

	if (variant->sealed && !variant->late)
		GATE_SEAL(&self->events, &enforcing);
	ASSERT_EQ(0, token_begin(&self->delegate));
	report = self->delegate.report;
	pid = self->delegate.pid;
	if (report->token == -EINVAL || report->token == -EOPNOTSUPP)
		SKIP(return, "this kernel makes no BPF tokens: %s", strerror(-report->token));
	EXPECT_LE(0, report->token) TH_LOG("%s", strerror(-report->token));
	if (variant->late)
		GATE_SEAL(&self->events, &enforcing);
	if (variant->sealed)
		ASSERT_EQ(0, gate_keyring("signer", &report->keyring));
	ASSERT_EQ(0, token_end(&self->delegate));
	EXPECT_EQ(-EPERM, report->without) TH_LOG("the token must be what makes the difference");
	if (variant->sealed)
		expect_denied(_metadata, &self->events, report, pid);
	else
		EXPECT_EQ(0, report->with_token) TH_LOG("%s", strerror(-report->with_token));
}

GATE_MAIN
