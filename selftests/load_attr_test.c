// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load_attr_test.c - a trusted signer's instructions, loaded with attributes
 * that the signature does not cover and that give them another meaning.
 */
#include <errno.h>
#include <linux/keyctl.h>
#include <stdlib.h>

#include "crooked.h"
#include "gate_test.h"
#include "insn.h"
#include "prog_types.h"

#include <linux/btf.h>

static const struct bpf_insn trivial[] = { MOV_IMM(0, 0), EXIT() };

/**
 * struct twist - an attribute to load the signed program with
 * @type: program type, syscall unless given
 * @types: what the signer may load
 * @twist: sets the attribute; 0 or a negative errno
 * @attribute: what the policy has to name; 0: it may not mind
 * @changes: the program returns something else than was signed
 * @why_not: this can't be tried, and why
 */
struct twist {
	uint32_t type;
	const char *types;
	int (*twist)(union bpf_attr *attr, struct crooked *crooked);
	uint8_t attribute;
	bool changes;
	const char *why_not;
};

static int core_relos(union bpf_attr *attr, struct crooked *crooked)
{
	crooked_add_func(attr, crooked);
	crooked_add_relo(attr, crooked);
	return 0;
}

static int func_info(union bpf_attr *attr, struct crooked *crooked)
{
	crooked_add_func(attr, crooked);
	return 0;
}

static int line_info(union bpf_attr *attr, struct crooked *crooked)
{
	crooked_add_func(attr, crooked);
	crooked_add_line(attr, crooked);
	return 0;
}

static int btf_only(union bpf_attr *attr, struct crooked *crooked)
{
	attr->prog_btf_fd = crooked->btf_fd;
	return 0;
}

static int nothing(union bpf_attr *attr, struct crooked *crooked)
{
	(void)attr, (void)crooked;
	return 0;
}

static int egress(union bpf_attr *attr, struct crooked *crooked)
{
	(void)crooked;
	attr->expected_attach_type = BPF_CGROUP_INET_EGRESS;
	return 0;
}

static int session(union bpf_attr *attr, struct crooked *crooked)
{
	(void)crooked;
	attr->expected_attach_type = BPF_TRACE_KPROBE_SESSION;
	return 0;
}

static int fentry(union bpf_attr *attr, struct crooked *crooked)
{
	int id = crooked_kernel_id("bpf_fentry_test1", BTF_KIND_FUNC);

	(void)crooked;
	if (id < 0)
		return id;
	attr->prog_flags = 0;
	attr->expected_attach_type = BPF_TRACE_FENTRY;
	attr->attach_btf_id = id;
	return 0;
}

static int rnd_hi32(union bpf_attr *attr, struct crooked *crooked)
{
	(void)crooked;
	attr->prog_flags |= BPF_F_TEST_RND_HI32;
	return 0;
}

static int strict(union bpf_attr *attr, struct crooked *crooked)
{
	(void)crooked;
	attr->prog_flags |= BPF_F_STRICT_ALIGNMENT;
	return 0;
}

static int frags(union bpf_attr *attr, struct crooked *crooked)
{
	(void)crooked;
	attr->prog_flags = BPF_F_XDP_HAS_FRAGS;
	return 0;
}

static int license(union bpf_attr *attr, struct crooked *crooked)
{
	(void)crooked;
	attr->license = (uintptr_t)"Proprietary";
	return 0;
}

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
	FIXTURE_VARIANT_ADD(twist, variant) { .twist = { __VA_ARGS__ } }

TWIST(core_relos, .twist = core_relos, .attribute = BPFSEAL_A_CORE_RELOS, .changes = true);
TWIST(func_info, .twist = func_info, .attribute = BPFSEAL_A_PROG_BTF);
TWIST(line_info, .twist = line_info, .attribute = BPFSEAL_A_PROG_BTF);
TWIST(btf_only, .twist = btf_only, .attribute = BPFSEAL_A_PROG_BTF);
TWIST(prog_type, .type = BPF_PROG_TYPE_SOCKET_FILTER, .twist = nothing,
      .attribute = BPFSEAL_A_PROG_TYPE);
TWIST(prog_type_not_listed, .type = BPF_PROG_TYPE_XDP, .types = "syscall, socket_filter",
      .twist = nothing, .attribute = BPFSEAL_A_PROG_TYPE);
TWIST(syscall_not_listed, .types = "socket_filter", .twist = nothing,
      .attribute = BPFSEAL_A_PROG_TYPE);
TWIST(attach_type, .type = BPF_PROG_TYPE_CGROUP_SKB, .types = "cgroup_skb", .twist = egress,
      .attribute = BPFSEAL_A_ATTACH_TYPE);
TWIST(attach_type_unchecked, .type = BPF_PROG_TYPE_KPROBE, .types = "kprobe", .twist = session,
      .attribute = BPFSEAL_A_ATTACH_TYPE);
TWIST(attach_target, .type = BPF_PROG_TYPE_TRACING, .types = "syscall, tracing",
      .twist = fentry, .attribute = BPFSEAL_A_ATTACH_TARGET);
TWIST(flags_rnd_hi32, .twist = rnd_hi32, .attribute = BPFSEAL_A_PROG_FLAGS);
TWIST(flags_strict, .twist = strict, .attribute = BPFSEAL_A_PROG_FLAGS);
TWIST(flags_frags, .type = BPF_PROG_TYPE_XDP, .types = "xdp", .twist = frags,
      .attribute = BPFSEAL_A_PROG_FLAGS);
TWIST(ifindex, .attribute = BPFSEAL_A_IFINDEX,
      .why_not = "no device here takes offloaded programs; a program bound to a device has a "
		 "flag, too, which is named first");
/* Allowed: what was signed can be loaded so, or it makes no difference. */
TWIST(listed_type, .type = BPF_PROG_TYPE_SOCKET_FILTER, .types = "socket_filter",
      .twist = nothing);
TWIST(default_attach_type, .type = BPF_PROG_TYPE_CGROUP_SOCK, .types = "cgroup_sock",
      .twist = nothing);
TWIST(license, .twist = license);

/* Load "twisted": signed instructions, and the attribute. */
static int load_twisted(const struct twist *twist, struct crooked *crooked, int32_t keyring)
{
	uint32_t type = twist->type ? twist->type : BPF_PROG_TYPE_SYSCALL;
	struct gate_signature signature;
	bool sign_btf = false;
	union bpf_attr attr;
	int ret;

	attr = gate_attr(type, "twisted", trivial, GATE_COUNT(trivial));
	attr.prog_flags = type == BPF_PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0;
	ret = twist->twist(&attr, crooked);
	if (!ret) {
		sign_btf = gate_kernel()->promotes && attr.prog_btf_fd;
		ret = gate_sign_insns("signer", trivial, GATE_COUNT(trivial), crooked->btf,
				      sign_btf ? crooked->btf_len : 0, &signature);
	}
	if (ret)
		return ret;
	gate_attr_sign(&attr, &signature, keyring);
	ret = gate_load(&attr);
	if (ret < 0 && ret != -EPERM)
		gate_load_explain(&attr);
	free(signature.sig);
	return ret;
}

FIXTURE_SETUP(twist_control)
{
	GATE_NEEDS_SIGNATURES;
	ASSERT_EQ(0, gate_clean());
	ASSERT_EQ(0, gate_session());
	ASSERT_LT(0, gate_add_key("signer", KEY_SPEC_SESSION_KEYRING));
	ASSERT_EQ(0, crooked_make(&self->crooked));
}

FIXTURE_TEARDOWN(twist_control)
{
	close(self->crooked.btf_fd);
}

/* A kernel that signs BTF leaves nothing that could change what was signed. */
static bool kernel_refuses(const struct twist *twist)
{
	return gate_kernel()->promotes && twist->attribute == BPFSEAL_A_CORE_RELOS;
}

static bool kernel_covers(const struct twist *twist)
{
	return gate_kernel()->promotes && twist->twist == btf_only;
}

TEST_F(twist_control, loads)
{
	int32_t result = 0;
	int fd;

	if (variant->twist.why_not)
		SKIP(return, "%s", variant->twist.why_not);
	fd = load_twisted(&variant->twist, &self->crooked, KEY_SPEC_SESSION_KEYRING);
	if (kernel_refuses(&variant->twist)) {
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
		.attribute = kernel_covers(&variant->twist) ? 0 : variant->twist.attribute,
		.name = "twisted", .signer = 1,
		.object_type = variant->twist.type ? variant->twist.type : BPF_PROG_TYPE_SYSCALL,
		.level = BPFSEAL_LEVEL_UNSIGNED, .keyring_type = BPFSEAL_KEYRING_USER,
	};
	int fd;

	if (variant->twist.why_not)
		SKIP(return, "%s", variant->twist.why_not);
	ASSERT_EQ(0, gate_keyring("signer", &want.keyring_serial));
	fd = load_twisted(&variant->twist, &self->crooked, want.keyring_serial);
	if (kernel_refuses(&variant->twist)) {
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
	if (!want.attribute || kernel_refuses(&variant->twist))
		return;

	ASSERT_EQ(0, gate_mode("permissive"));
	gate_events_clear(&self->events);
	fd = load_twisted(&variant->twist, &self->crooked, want.keyring_serial);
	EXPECT_LE(0, fd) TH_LOG("%s", strerror(-fd));
	close(fd);
	want.decision = BPFSEAL_WOULD_DENY;
	want.mode = BPFSEAL_PERMISSIVE;
	want.error = 0;
	gate_expect(_metadata, &self->events, &want);
}

GATE_MAIN
