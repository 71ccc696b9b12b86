// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load_test.c - direct loads: unsigned ones, ones signed by strangers and by
 * keys in other keyrings, ones a trusted signer made, and all loads when the
 * policy has gone missing.
 */
#include <errno.h>
#include <linux/keyctl.h>
#include <stdlib.h>

#include "gate_test.h"
#include "insn.h"
#include "pins.h"

#include "gate_skel.h"
#include "nested.lskel.h"
GATE_SKEL(nested)

#define COARSE_NS BPF_FUNC_ktime_get_coarse_ns

static const struct gate_policy enforcing = { .mode = "enforcing" };
static const struct bpf_insn trivial[] = { MOV_IMM(0, 0), EXIT() };
static const struct bpf_insn other[] = { MOV_IMM(0, 1), EXIT() };
static const struct bpf_insn coarse[] = { CALL(COARSE_NS), EXIT() };

/* Load "signed", signed by @who, to be checked by @keyring. */
static int load_signed(const char *who, int32_t keyring)
{
	struct gate_signature signature;
	union bpf_attr attr;
	int fd;

	fd = gate_sign_insns(who, other, GATE_COUNT(other), NULL, 0, &signature);
	if (fd)
		return fd;
	attr = gate_attr(BPF_PROG_TYPE_SYSCALL, "signed", other, GATE_COUNT(other));
	attr.prog_flags = BPF_F_SLEEPABLE;
	gate_attr_sign(&attr, &signature, keyring);
	fd = gate_load(&attr);
	free(signature.sig);
	return fd;
}

/* --- unsigned loads -------------------------------------------------------- */

struct unsigned_load {
	uint32_t type;
	const char *name;
	const struct bpf_insn *insns;
	uint32_t flags;
	uint8_t reason;
};

/* Each load twice: where there is no policy, and where there is one. */
FIXTURE(unsigned_control) {
	int unused;
};

FIXTURE(unsigned_load) {
	struct gate_events events;
};

FIXTURE_VARIANT(unsigned_control) {
	struct unsigned_load load;
};

FIXTURE_VARIANT(unsigned_load) {
	struct unsigned_load load;
};

#define UNSIGNED_LOAD(variant, ...) \
	FIXTURE_VARIANT_ADD(unsigned_control, variant) { .load = { __VA_ARGS__ } }; \
	FIXTURE_VARIANT_ADD(unsigned_load, variant) { .load = { __VA_ARGS__ } }

UNSIGNED_LOAD(plain, BPF_PROG_TYPE_SOCKET_FILTER, "plain", trivial, 0, BPFSEAL_R_UNSIGNED);
UNSIGNED_LOAD(xdp, BPF_PROG_TYPE_XDP, "plain_xdp", other, 0, BPFSEAL_R_UNSIGNED);
UNSIGNED_LOAD(loader, BPF_PROG_TYPE_SYSCALL, "__loader.prog", trivial, BPF_F_SLEEPABLE,
	      BPFSEAL_R_UNSIGNED);
UNSIGNED_LOAD(longest_name, BPF_PROG_TYPE_SOCKET_FILTER, "fifteen_letters", trivial, 0,
	      BPFSEAL_R_UNSIGNED);
/* What libbpf loads to find out what the kernel can do. */
UNSIGNED_LOAD(probe_trivial, BPF_PROG_TYPE_SOCKET_FILTER, "", trivial, 0,
	      BPFSEAL_R_FEATURE_PROBE);
UNSIGNED_LOAD(probe_tracepoint, BPF_PROG_TYPE_TRACEPOINT, "", trivial, 0,
	      BPFSEAL_R_FEATURE_PROBE);
UNSIGNED_LOAD(probe_name, BPF_PROG_TYPE_SOCKET_FILTER, "libbpf_nametest", trivial, 0,
	      BPFSEAL_R_FEATURE_PROBE);
UNSIGNED_LOAD(probe_memcg, BPF_PROG_TYPE_SOCKET_FILTER, "", coarse, 0, BPFSEAL_R_FEATURE_PROBE);
/* What only looks like one. */
UNSIGNED_LOAD(probe_other_code, BPF_PROG_TYPE_SOCKET_FILTER, "libbpf_nametest", other, 0,
	      BPFSEAL_R_UNSIGNED);
UNSIGNED_LOAD(probe_other_name, BPF_PROG_TYPE_SOCKET_FILTER, "libbpf_nametes", trivial, 0,
	      BPFSEAL_R_UNSIGNED);

static int load_unsigned(const struct unsigned_load *load)
{
	union bpf_attr attr = gate_attr(load->type, load->name, load->insns, 2);

	attr.prog_flags = load->flags;
	return gate_load(&attr);
}

FIXTURE_SETUP(unsigned_control)
{
	ASSERT_EQ(0, gate_clean());
}

FIXTURE_TEARDOWN(unsigned_control)
{
}

TEST_F(unsigned_control, loads)
{
	int fd = load_unsigned(&variant->load);

	EXPECT_LE(0, fd) TH_LOG("%s", strerror(-fd));
	close(fd);
}

FIXTURE_SETUP(unsigned_load)
{
	GATE_SHARE(&self->events, &enforcing);
}

FIXTURE_TEARDOWN(unsigned_load)
{
	gate_events_close(&self->events);
}

TEST_F(unsigned_load, denied)
{
	struct bpfseal_event want = {
		.decision = BPFSEAL_DENY, .mode = BPFSEAL_ENFORCING, .error = -EPERM,
		.hook = BPFSEAL_HOOK_PROG_LOAD, .reason = variant->load.reason,
		.object_type = variant->load.type,
	};
	const struct bpfseal_event *e;

	strcpy(want.name, variant->load.name);
	EXPECT_EQ(-EPERM, load_unsigned(&variant->load));
	e = gate_expect(_metadata, &self->events, &want);
	if (e) {
		EXPECT_EQ(2, e->insn_cnt);
		EXPECT_EQ(0, e->loader_id);
	}
}

TEST_F(unsigned_load, permissive)
{
	struct bpfseal_event want = {
		.decision = BPFSEAL_WOULD_DENY, .mode = BPFSEAL_PERMISSIVE,
		.hook = BPFSEAL_HOOK_PROG_LOAD, .reason = variant->load.reason,
		.object_type = variant->load.type,
	};
	int fd;

	ASSERT_EQ(0, gate_mode("permissive"));
	gate_events_clear(&self->events);
	strcpy(want.name, variant->load.name);
	fd = load_unsigned(&variant->load);
	EXPECT_LE(0, fd);
	close(fd);
	gate_expect(_metadata, &self->events, &want);
}

FIXTURE(direct) {
	struct gate_events events;
};

FIXTURE_SETUP(direct)
{
	GATE_START(&self->events);
	ASSERT_EQ(0, gate_session());
}

FIXTURE_TEARDOWN(direct)
{
	GATE_END(&self->events);
}

/* A whole library's worth of probes: none is taken for anything else. */
TEST_F(direct, libbpf_probes)
{
	static const char load[] = "bpftool prog load " GATE_PROGS "/nested.bpf.o /sys/fs/bpf/gate";
	const struct gate_match probes = { .reason = BPFSEAL_R_FEATURE_PROBE };
	const struct gate_match unsigneds = { .reason = BPFSEAL_R_UNSIGNED };
	struct bpfseal_counters before[BPFSEAL_R_MAX], after[BPFSEAL_R_MAX];
	struct gate_output output;
	size_t n;

	ASSERT_EQ(0, gate_do("sh", "-c", load));
	ASSERT_EQ(0, unlink("/sys/fs/bpf/gate"));

	GATE_SEAL(&self->events, &enforcing);
	ASSERT_EQ(0, report_counters(before));
	ASSERT_EQ(0, gate_run(&output, "sh", "-c", load));
	EXPECT_NE(0, output.status);
	gate_output_free(&output);
	ASSERT_LT(0, gate_events_drain(&self->events));
	ASSERT_EQ(0, report_counters(after));
	n = gate_event_count(&self->events, &probes);
	EXPECT_LT(0, n);
	EXPECT_EQ(n, after[BPFSEAL_R_FEATURE_PROBE].denied -
			     before[BPFSEAL_R_FEATURE_PROBE].denied);
	EXPECT_EQ(0, gate_event_count(&self->events, &unsigneds));
	if (gate_event_count(&self->events, &unsigneds))
		gate_events_show(&self->events);
}

TEST_F(direct, unsigned_skeleton)
{
	const struct bpfseal_event want = {
		.decision = BPFSEAL_DENY, .hook = BPFSEAL_HOOK_PROG_LOAD, .error = -EPERM,
		.reason = BPFSEAL_R_UNSIGNED, .object_type = BPF_PROG_TYPE_SYSCALL,
		.name = "__loader.prog",
	};
	struct gate_loader loader;

	ASSERT_EQ(0, nested__take(&loader));
	EXPECT_EQ(0, gate_loader_all(&loader));
	gate_loader_close(&loader);

	GATE_SEAL(&self->events, &enforcing);
	EXPECT_EQ(0, gate_loader_map(&loader));
	EXPECT_EQ(-EPERM, gate_loader_load(&loader));
	gate_expect(_metadata, &self->events, &want);
	gate_loader_close(&loader);
}

/* --- signed, but by a keyring that is nobody's ----------------------------- */

struct own_keyring {
	int32_t spec;
	const char *description;	/* a keyring of this name inside it; NULL: itself */
	const char *who;
};

FIXTURE(own_keyring_control) {
	int32_t keyring;
};

FIXTURE(own_keyring) {
	struct gate_events events;
	int32_t keyring;
};

FIXTURE_VARIANT(own_keyring_control) {
	struct own_keyring own;
};

FIXTURE_VARIANT(own_keyring) {
	struct own_keyring own;
};

#define OWN_KEYRING(variant, ...) \
	FIXTURE_VARIANT_ADD(own_keyring_control, variant) { .own = { __VA_ARGS__ } }; \
	FIXTURE_VARIANT_ADD(own_keyring, variant) { .own = { __VA_ARGS__ } }

OWN_KEYRING(stranger_session, KEY_SPEC_SESSION_KEYRING, NULL, "stranger");
OWN_KEYRING(stranger_user, KEY_SPEC_USER_KEYRING, NULL, "stranger");
OWN_KEYRING(stranger_user_session, KEY_SPEC_USER_SESSION_KEYRING, NULL, "stranger");
OWN_KEYRING(stranger_thread, KEY_SPEC_THREAD_KEYRING, NULL, "stranger");
OWN_KEYRING(stranger_process, KEY_SPEC_PROCESS_KEYRING, NULL, "stranger");
OWN_KEYRING(stranger_lookalike, KEY_SPEC_SESSION_KEYRING, "bpfseal:signer", "stranger");
OWN_KEYRING(stranger_builtin_name, KEY_SPEC_SESSION_KEYRING, "builtin_trusted_keys", "stranger");
/* The trusted key itself counts for nothing in a keyring its thief controls. */
OWN_KEYRING(signer_session, KEY_SPEC_SESSION_KEYRING, NULL, "signer");
OWN_KEYRING(signer_user, KEY_SPEC_USER_KEYRING, NULL, "signer");
OWN_KEYRING(signer_thread, KEY_SPEC_THREAD_KEYRING, NULL, "signer");
OWN_KEYRING(signer_lookalike, KEY_SPEC_SESSION_KEYRING, "bpfseal:signer", "signer");

/* The keyring, with the key in it: its serial or a negative errno. */
static int32_t make_own_keyring(const struct own_keyring *own)
{
	int32_t keyring = own->spec, key;
	int err = gate_session();

	if (err)
		return err;
	if (own->description)
		keyring = gate_make_keyring(own->description, own->spec);
	key = gate_add_key(own->who, keyring);
	return key < 0 ? key : gate_key_serial(keyring);
}

FIXTURE_SETUP(own_keyring_control)
{
	GATE_NEEDS_SIGNATURES;
	ASSERT_EQ(0, gate_clean());
	self->keyring = make_own_keyring(&variant->own);
	ASSERT_LT(0, self->keyring) TH_LOG("%s", strerror(-self->keyring));
}

FIXTURE_TEARDOWN(own_keyring_control)
{
	EXPECT_EQ(0, gate_key_clear(self->keyring));
}

TEST_F(own_keyring_control, loads)
{
	int fd = load_signed(variant->own.who, self->keyring);

	EXPECT_LE(0, fd) TH_LOG("%s", strerror(-fd));
	close(fd);
}

FIXTURE_SETUP(own_keyring)
{
	GATE_SHARE(&self->events, &enforcing);
	self->keyring = make_own_keyring(&variant->own);
	ASSERT_LT(0, self->keyring) TH_LOG("%s", strerror(-self->keyring));
}

FIXTURE_TEARDOWN(own_keyring)
{
	EXPECT_EQ(0, gate_key_clear(self->keyring));
	gate_events_close(&self->events);
}

TEST_F(own_keyring, denied)
{
	struct bpfseal_event want = {
		.decision = BPFSEAL_DENY, .hook = BPFSEAL_HOOK_PROG_LOAD, .error = -EPERM,
		.mode = BPFSEAL_ENFORCING, .reason = BPFSEAL_R_UNTRUSTED_KEYRING,
		.object_type = BPF_PROG_TYPE_SYSCALL, .level = gate_kernel()->level,
		.keyring_type = BPFSEAL_KEYRING_USER, .name = "signed",
		.keyring_serial = self->keyring,
	};
	int fd;

	/* By the name each process has for it, and by its serial number. */
	EXPECT_EQ(-EPERM, load_signed(variant->own.who, self->keyring));
	gate_expect(_metadata, &self->events, &want);
	if (!variant->own.description) {
		gate_events_clear(&self->events);
		EXPECT_EQ(-EPERM, load_signed(variant->own.who, variant->own.spec));
		/* What isn't kept with the verdict is known as it was asked for. */
		if (!gate_kernel()->verdict)
			want.keyring_serial = variant->own.spec;
		gate_expect(_metadata, &self->events, &want);
		want.keyring_serial = self->keyring;
	}

	ASSERT_EQ(0, gate_mode("permissive"));
	gate_events_clear(&self->events);
	fd = load_signed(variant->own.who, self->keyring);
	EXPECT_LE(0, fd);
	close(fd);
	want.decision = BPFSEAL_WOULD_DENY;
	want.mode = BPFSEAL_PERMISSIVE;
	want.error = 0;
	gate_expect(_metadata, &self->events, &want);
}

/* --- admitted -------------------------------------------------------------- */

FIXTURE(admitted) {
	struct gate_events events;
};

FIXTURE_VARIANT(admitted) {
	const char *mode;
	const char *require;
};

FIXTURE_VARIANT_ADD(admitted, metadata) { .mode = "enforcing", .require = "metadata" };
FIXTURE_VARIANT_ADD(admitted, signed) { .mode = "enforcing", .require = "signed" };
FIXTURE_VARIANT_ADD(admitted, permissive) { .mode = "permissive", .require = "metadata" };

FIXTURE_SETUP(admitted)
{
	const struct gate_policy policy = { .mode = variant->mode, .require = variant->require };

	GATE_NEEDS_SIGNATURES;
	if (!strcmp(variant->require, "metadata") &&
	    gate_kernel()->loader_level < BPFSEAL_LEVEL_METADATA)
		SKIP(return, GATE_NO_METADATA);
	GATE_SHARE(&self->events, &policy);
}

FIXTURE_TEARDOWN(admitted)
{
	gate_events_close(&self->events);
}

TEST_F(admitted, signer)
{
	struct bpfseal_event want = {
		.decision = BPFSEAL_ALLOW, .hook = BPFSEAL_HOOK_PROG_LOAD, .signer = 1,
		.reason = BPFSEAL_R_SIGNER, .object_type = BPF_PROG_TYPE_SYSCALL,
		.level = gate_kernel()->level, .keyring_type = BPFSEAL_KEYRING_USER,
		.name = "signed",
	};
	const struct bpfseal_event *e;
	uint8_t hash[32];
	int fd;

	ASSERT_EQ(0, gate_keyring("signer", &want.keyring_serial));
	fd = load_signed("signer", want.keyring_serial);
	EXPECT_LE(0, fd) TH_LOG("%s", strerror(-fd));
	close(fd);
	e = gate_expect(_metadata, &self->events, &want);
	if (!e)
		return;
	ASSERT_EQ(0, gate_insns_hash(other, sizeof(other), hash));
	if (gate_kernel()->level < BPFSEAL_LEVEL_METADATA)
		memset(hash, 0, sizeof(hash));	/* the kernel makes it later */
	EXPECT_EQ(0, memcmp(hash, e->digest, sizeof(hash)));
	EXPECT_EQ(2, e->insn_cnt);
	EXPECT_EQ(0, e->attach_type);
	EXPECT_EQ(0, e->loader_id);
}

/* Two signers: the event tells which; a third one's key isn't among them. */
TEST_F(direct, which_signer)
{
	const struct gate_policy policy = { .signers = {
		{ .name = "first", .certificate = GATE_KEYS "/stranger.crt" },
		{ .name = "second", .certificate = GATE_KEYS "/signer.crt" },
	} };
	struct bpfseal_event want = {
		.decision = BPFSEAL_ALLOW, .hook = BPFSEAL_HOOK_PROG_LOAD, .signer = 2,
		.reason = BPFSEAL_R_SIGNER, .object_type = BPF_PROG_TYPE_SYSCALL,
		.level = gate_kernel()->level, .keyring_type = BPFSEAL_KEYRING_USER,
		.name = "signed",
	};
	int32_t first;
	int fd;

	GATE_SEAL(&self->events, &policy);
	ASSERT_EQ(0, gate_keyring("first", &first));
	ASSERT_EQ(0, gate_keyring("second", &want.keyring_serial));
	EXPECT_NE(first, want.keyring_serial);
	fd = load_signed("signer", want.keyring_serial);
	EXPECT_LE(0, fd);
	close(fd);
	gate_expect(_metadata, &self->events, &want);
	EXPECT_EQ(-ENOKEY, load_signed("signer", first));
}

/* Install refuses to require more than the kernel proves: tell the policy that it is so. */
TEST_F(direct, below_required_level)
{
	struct bpfseal_event want = {
		.decision = BPFSEAL_DENY, .hook = BPFSEAL_HOOK_PROG_LOAD, .signer = 1,
		.reason = BPFSEAL_R_LEVEL, .object_type = BPF_PROG_TYPE_SYSCALL,
		.level = BPFSEAL_LEVEL_SIGNED, .keyring_type = BPFSEAL_KEYRING_USER,
		.name = "signed", .error = -EPERM,
	};
	static struct bpfseal_policy policy;

	GATE_SEAL(&self->events, &enforcing);
	ASSERT_EQ(0, gate_keyring("signer", &want.keyring_serial));
	ASSERT_EQ(0, report_policy(&policy));
	policy.verified_level = BPFSEAL_LEVEL_SIGNED;
	policy.require = policy.require_loader = BPFSEAL_LEVEL_METADATA;
	ASSERT_EQ(0, gate_policy_change(&policy));
	gate_events_clear(&self->events);
	EXPECT_EQ(-EPERM, load_signed("signer", want.keyring_serial));
	gate_expect(_metadata, &self->events, &want);
}

GATE_MAIN
