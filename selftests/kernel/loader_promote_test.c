// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * loader_promote_test.c - signed loaders made by hand that have their metadata
 * verified before they ask for anything, later, in vain or never: the policy
 * lets each do nothing until the kernel has promoted it.
 */
#include <errno.h>
#include <linux/keyctl.h>
#include <string.h>
#include <unistd.h>

#include "gate_test.h"
#include "hold.h"
#include "meta.h"

#define ATTR_SIZE 48	/* up to map_ifindex */
#define ATTR_AT (-32 - ATTR_SIZE)	/* on the stack, below the hash */

/* What a loader does, in this order. */
struct plan {
	bool early;	/* makes the map "early" */
	bool verify;
	bool alter;	/* its metadata isn't what it expects */
	int verified;	/* what the kfunc returns */
};

/* Its context, where it writes down the results; then it makes the map "late". */
struct result {
	int64_t early;
	int32_t verified;
	int32_t pad;
	int64_t late;
};

static void add(struct meta_insns *out, struct bpf_insn insn)
{
	out->insns[out->n++] = insn;
}

static void add_store(struct meta_insns *out, int offset, int32_t value)
{
	add(out, INSN(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, ATTR_AT + offset, value));
}

static void add_result(struct meta_insns *out, int offset)
{
	add(out, INSN(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_6, BPF_REG_0, offset, 0));
}

/* bpf(BPF_MAP_CREATE): an array with one element of 8 bytes. */
static void add_make_map(struct meta_insns *out, const char *name)
{
	static const int32_t type_key_value_entries[] = { BPF_MAP_TYPE_ARRAY, 4, 8, 1 };
	int32_t words[2] = {};
	int i;

	memcpy(words, name, strnlen(name, sizeof(words)));
	for (i = 0; i < ATTR_SIZE; i += 4)
		add_store(out, i, i < 16 ? type_key_value_entries[i / 4] : 0);
	add_store(out, offsetof(union bpf_attr, map_name), words[0]);
	add_store(out, offsetof(union bpf_attr, map_name) + 4, words[1]);
	add(out, MOV_IMM(BPF_REG_1, BPF_MAP_CREATE));
	add(out, MOV_REG(BPF_REG_2, BPF_REG_10));
	add(out, INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, ATTR_AT));
	add(out, MOV_IMM(BPF_REG_3, ATTR_SIZE));
	add(out, CALL(BPF_FUNC_sys_bpf));
}

static int make_insns(struct meta_insns *out, const struct meta_opts *opts,
		      const struct plan *plan)
{
	struct meta_insns verify;
	int err = meta_insns_make(&verify, opts);
	size_t i;

	if (err)
		return err;
	out->n = 0;
	add(out, MOV_REG(BPF_REG_6, BPF_REG_1));
	if (plan->early) {
		add_make_map(out, "early");
		add_result(out, offsetof(struct result, early));
	}
	for (i = 0; plan->verify && i < verify.n - 1; i++)	/* all but exit */
		add(out, verify.insns[i]);
	if (plan->verify)
		add_result(out, offsetof(struct result, verified));
	add_make_map(out, "late");
	add_result(out, offsetof(struct result, late));
	add(out, MOV_IMM(BPF_REG_0, 0));
	add(out, EXIT());
	return meta_insns_hash(out);
}

FIXTURE(promote) {
	struct gate_events events;
	struct meta_btf btf;
	struct meta_load load;
	struct meta_insns insns;
	struct result result;
	int prog_fd;
};

/* Each under each policy, and without one. */
FIXTURE_VARIANT(promote) {
	struct plan plan;
	const char *mode;	/* NULL: no policy */
	const char *require;
};

#define UNDER(policy, in_mode, level) \
	FIXTURE_VARIANT_ADD(promote, in_time_##policy) { \
		.plan = { .verify = true }, .mode = in_mode, .require = level }; \
	FIXTURE_VARIANT_ADD(promote, too_late_##policy) { \
		.plan = { .early = true, .verify = true }, .mode = in_mode, .require = level }; \
	FIXTURE_VARIANT_ADD(promote, in_vain_##policy) { \
		.plan = { .verify = true, .alter = true, .verified = -EBADMSG }, \
		.mode = in_mode, .require = level }; \
	FIXTURE_VARIANT_ADD(promote, never_##policy) { \
		.plan = {}, .mode = in_mode, .require = level }

UNDER(control, NULL, NULL);
UNDER(metadata, "enforcing", "metadata");
UNDER(signed, "enforcing", "signed");
UNDER(permissive, "permissive", "metadata");

/* The signer's keyring under the policy, or one of this process without a policy. */
static void make_keyring(struct __test_metadata *_metadata, struct gate_events *events,
			 const struct gate_policy *policy, int32_t *keyring)
{
	if (policy->mode) {
		GATE_SHARE(events, policy);
		ASSERT_EQ(0, gate_keyring("signer", keyring));
		return;
	}
	*keyring = KEY_SPEC_SESSION_KEYRING;
	ASSERT_EQ(0, gate_clean());
	ASSERT_EQ(0, gate_session());
	ASSERT_LT(0, gate_add_key("signer", *keyring));
}

FIXTURE_SETUP(promote)
{
	const struct gate_policy policy = { .mode = variant->mode, .require = variant->require };
	uint8_t expected[META_SIZE] = { 1 }, content[META_SIZE] = { 1 };
	struct meta_opts opts = { .content = expected };
	union bpf_attr attr;
	int32_t keyring;

	make_keyring(_metadata, &self->events, &policy, &keyring);
	content[META_SIZE - 1] = variant->plan.alter;
	ASSERT_EQ(0, meta_btf_make(&self->btf, META_KFUNC, META_PROTO));
	opts.func_id = self->btf.func_id;
	ASSERT_EQ(0, make_insns(&self->insns, &opts, &variant->plan));
	self->load = (struct meta_load){ .insns = &self->insns, .btf = &self->btf,
					 .who = "signer" };
	self->load.map_fd = meta_map(&self->insns, content);
	ASSERT_LE(0, self->load.map_fd);
	ASSERT_EQ(0, meta_attr(&self->load, &attr));
	attr.keyring_id = keyring;
	self->prog_fd = gate_load(&attr);
	meta_attr_free(&attr);
	ASSERT_LE(0, self->prog_fd) TH_LOG("%s", strerror(-self->prog_fd));
}

FIXTURE_TEARDOWN(promote)
{
	meta_btf_free(&self->btf);
	close(self->load.map_fd);
	close(self->prog_fd);
	if (variant->mode)
		gate_events_close(&self->events);
}

/* The loader itself is admitted before anything is known of its metadata. */
static void expect_loader(struct __test_metadata *_metadata, struct gate_events *events,
			  int32_t keyring)
{
	const struct bpfseal_event want = {
		.decision = BPFSEAL_ALLOW, .reason = BPFSEAL_R_SIGNER, .name = "meta",
		.hook = BPFSEAL_HOOK_PROG_LOAD, .object_type = BPF_PROG_TYPE_SYSCALL,
		.level = BPFSEAL_LEVEL_SIGNED, .keyring_type = BPFSEAL_KEYRING_USER,
		.keyring_serial = keyring, .signer = 1,
	};

	gate_expect(_metadata, events, &want);
}

/* Return: what the loader has to get for the command, 0 for a descriptor */
static int expect_map(struct __test_metadata *_metadata, struct gate_events *events,
		      const struct bpfseal_event *base, const char *name, bool promoted,
		      bool enough)
{
	struct bpfseal_event want = *base;

	strcpy(want.name, name);
	want.level = promoted ? BPFSEAL_LEVEL_METADATA : BPFSEAL_LEVEL_SIGNED;
	if (!enough) {
		bool enforcing = want.mode == BPFSEAL_ENFORCING;

		want.reason = BPFSEAL_R_LOADER_UNVERIFIED;
		want.decision = enforcing ? BPFSEAL_DENY : BPFSEAL_WOULD_DENY;
		want.error = enforcing ? -EPERM : 0;
	}
	gate_expect(_metadata, events, &want);
	return want.error;
}

TEST_F(promote, runs)
{
	const struct plan *plan = &variant->plan;
	const bool promoted = plan->verify && !plan->verified;
	const bool lax = !variant->require || !strcmp(variant->require, "signed");
	struct bpfseal_event base = {
		.decision = BPFSEAL_ALLOW, .reason = BPFSEAL_R_NESTED, .nested = 1, .signer = 1,
		.hook = BPFSEAL_HOOK_MAP_CREATE, .object_type = BPF_MAP_TYPE_ARRAY,
		.keyring_type = BPFSEAL_KEYRING_USER, .loader_id = gate_prog_id(self->prog_fd),
	};
	int early = 0, late = 0;
	int32_t ret;

	if (variant->mode) {
		base.mode = !strcmp(variant->mode, "enforcing") ? BPFSEAL_ENFORCING :
								 BPFSEAL_PERMISSIVE;
		ASSERT_EQ(0, gate_keyring("signer", &base.keyring_serial));
		expect_loader(_metadata, &self->events, base.keyring_serial);
	}
	ASSERT_EQ(0, gate_prog_run(self->prog_fd, &self->result, sizeof(self->result), &ret));
	EXPECT_EQ(plan->verified, self->result.verified);
	if (variant->mode && plan->early)
		early = expect_map(_metadata, &self->events, &base, "early", false, lax);
	if (variant->mode)
		late = expect_map(_metadata, &self->events, &base, "late", promoted,
				  lax || promoted);
	if (plan->early)
		EXPECT_EQ(early, self->result.early < 0 ? self->result.early : 0);
	EXPECT_EQ(late, self->result.late < 0 ? self->result.late : 0);
	if (self->result.early > 0)
		close(self->result.early);
	if (self->result.late > 0)
		close(self->result.late);
}

/* A nested load is held back as a map is. */
TEST(load_by_unverified_loader)
{
	const struct gate_policy policy = { .mode = "enforcing", .require = "metadata" };
	struct gate_events events;
	struct bpfseal_event want = {
		.decision = BPFSEAL_DENY, .reason = BPFSEAL_R_LOADER_UNVERIFIED, .nested = 1,
		.error = -EPERM, .hook = BPFSEAL_HOOK_PROG_LOAD, .name = "reader", .signer = 1,
		.object_type = BPF_PROG_TYPE_SOCKET_FILTER, .level = BPFSEAL_LEVEL_SIGNED,
		.keyring_type = BPFSEAL_KEYRING_USER, .mode = BPFSEAL_ENFORCING,
	};
	const uint64_t four = 4;
	const struct gate_map foreign = { .name = "foreign", .data = &four,
					  .size = sizeof(four), .freeze = true };
	struct hand hand;

	GATE_SHARE(&events, &policy);
	ASSERT_EQ(0, gate_keyring("signer", &want.keyring_serial));
	ASSERT_EQ(0, hand_load(&hand, "signer", want.keyring_serial));
	hand.ctx.map = gate_map_make(&foreign);
	ASSERT_LT(0, hand.ctx.map);
	ASSERT_EQ(0, hand_run(&hand));
	EXPECT_EQ(-EPERM, hand.ctx.prog);
	want.loader_id = hand.id;
	gate_expect(_metadata, &events, &want);
	close(hand.ctx.map);
	hand_close(&hand);
	gate_events_close(&events);
}

/* Signed, and no loader: nothing could promote it. */
TEST(filter_is_below_metadata)
{
	static const struct bpf_insn trivial[] = { MOV_IMM(BPF_REG_0, 0), EXIT() };
	const struct gate_policy policy = { .signers = { {
		.name = "signer", .certificate = GATE_KEYS "/signer.crt",
		.types = "syscall, socket_filter" } }, .require = "metadata" };
	struct bpfseal_event want = {
		.decision = BPFSEAL_DENY, .reason = BPFSEAL_R_LEVEL, .name = "filter",
		.error = -EPERM, .hook = BPFSEAL_HOOK_PROG_LOAD, .signer = 1,
		.object_type = BPF_PROG_TYPE_SOCKET_FILTER, .level = BPFSEAL_LEVEL_SIGNED,
		.keyring_type = BPFSEAL_KEYRING_USER,
	};
	struct gate_signature signature;
	struct gate_events events;
	union bpf_attr attr;

	GATE_SHARE(&events, &policy);
	ASSERT_EQ(0, gate_keyring("signer", &want.keyring_serial));
	attr = gate_attr(BPF_PROG_TYPE_SOCKET_FILTER, "filter", trivial, GATE_COUNT(trivial));
	ASSERT_EQ(0, gate_sign_insns("signer", trivial, GATE_COUNT(trivial), NULL, 0, &signature));
	gate_attr_sign(&attr, &signature, want.keyring_serial);
	EXPECT_EQ(-EPERM, gate_load(&attr));
	gate_expect(_metadata, &events, &want);
	gate_events_close(&events);
	ASSERT_EQ(0, gate_clean());
	ASSERT_EQ(0, gate_session());
	ASSERT_LT(0, gate_add_key("signer", KEY_SPEC_SESSION_KEYRING));
	attr.keyring_id = KEY_SPEC_SESSION_KEYRING;
	EXPECT_LE(0, gate_load(&attr));
	free((void *)signature.sig);
}

GATE_MAIN
