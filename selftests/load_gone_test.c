// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load_gone_test.c - loads when a policy was in force and is gone now, or another
 * stands there that the programs don't understand: all of them are denied.
 */
#include <errno.h>
#include <stdlib.h>

#include "gate_test.h"
#include "pins.h"

#include "gate_skel.h"
#include "nested.signed.lskel.h"
GATE_SKEL(nested_signer)

FIXTURE(gone) {
	struct gate_events events;
	struct gate_loader loader;
};

FIXTURE_VARIANT(gone) {
	const char *mode;
	void (*spoil)(struct __test_metadata *_metadata);
};

static void take_out(struct __test_metadata *_metadata)
{
	ASSERT_EQ(0, gate_policy_remove());
}

/* The program that writes policies would refuse it. */
static void other_version(struct __test_metadata *_metadata)
{
	int policies = gate_own_map("policies");
	struct bpfseal_table *table;
	uint32_t bank;

	ASSERT_LE(0, policies);
	ASSERT_EQ(0, report_table(&table));
	table->policy.abi = BPFSEAL_ABI + 1;
	table->policy.mode = BPFSEAL_PERMISSIVE;
	bank = table->rules.bank;
	ASSERT_EQ(0, gate_map_update(policies, &bank, table));
	free(table);
	close(policies);
}

FIXTURE_VARIANT_ADD(gone, taken_out) { .mode = "enforcing", .spoil = take_out };
FIXTURE_VARIANT_ADD(gone, taken_out_permissive) { .mode = "permissive", .spoil = take_out };
FIXTURE_VARIANT_ADD(gone, other_version) { .mode = "enforcing", .spoil = other_version };

FIXTURE_SETUP(gone)
{
	const struct gate_policy policy = { .mode = variant->mode };

	GATE_START(&self->events);
	ASSERT_EQ(0, nested_signer__take(&self->loader));
	GATE_SEAL(&self->events, &policy);
	ASSERT_EQ(0, gate_keyring("signer", &self->loader.keyring));
}

FIXTURE_TEARDOWN(gone)
{
	gate_loader_close(&self->loader);
	GATE_END(&self->events);
}

TEST_F(gone, unsigned_load)
{
	const struct bpfseal_event want = {
		.decision = BPFSEAL_DENY, .hook = BPFSEAL_HOOK_PROG_LOAD, .error = -EPERM,
		.reason = BPFSEAL_R_NO_POLICY, .object_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.name = "plain",
	};
	const struct bpfseal_event *e;

	variant->spoil(_metadata);
	gate_events_clear(&self->events);
	EXPECT_EQ(-EPERM, gate_load_trivial(BPF_PROG_TYPE_SOCKET_FILTER, "plain"));
	e = gate_expect(_metadata, &self->events, &want);
	if (e) {
		EXPECT_EQ(0, e->mode);
		EXPECT_EQ(0, e->policy_generation);
	}
}

TEST_F(gone, signed_load)
{
	const struct bpfseal_event want = {
		.decision = BPFSEAL_DENY, .hook = BPFSEAL_HOOK_PROG_LOAD, .error = -EPERM,
		.reason = BPFSEAL_R_NO_POLICY, .object_type = BPF_PROG_TYPE_SYSCALL,
		.name = "__loader.prog",
	};

	variant->spoil(_metadata);
	gate_events_clear(&self->events);
	ASSERT_EQ(0, gate_loader_map(&self->loader));
	EXPECT_EQ(-EPERM, gate_loader_load(&self->loader));
	gate_expect(_metadata, &self->events, &want);
}

/* A loader admitted while there was a policy. */
TEST_F(gone, nested_load)
{
	const struct bpfseal_event want = {
		.decision = BPFSEAL_DENY, .hook = BPFSEAL_HOOK_MAP_CREATE, .error = -EPERM,
		.reason = BPFSEAL_R_NO_POLICY, .object_type = BPF_MAP_TYPE_ARRAY,
		.name = "hits", .nested = 1,
	};

	ASSERT_EQ(0, gate_loader_map(&self->loader));
	ASSERT_EQ(0, gate_loader_load(&self->loader));
	variant->spoil(_metadata);
	gate_events_clear(&self->events);
	ASSERT_EQ(0, gate_loader_run(&self->loader));
	EXPECT_EQ(-EPERM, self->loader.ret);
	gate_expect(_metadata, &self->events, &want);
}

GATE_MAIN
