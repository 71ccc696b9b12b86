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

#include "gate_skel.h"
#include "nested.signed.lskel.h"
#include "nested.stranger.lskel.h"
GATE_SKEL(nested_signer)
GATE_SKEL(nested_stranger)

static const struct gate_policy enforcing = { .mode = "enforcing" };

/**
 * struct tamper - what is done to a signed loader before it is loaded
 * @take: which loader; nested_signer unless given
 * @change: changes it; it may make the map itself
 * @err: errno of the load, negative
 * @reason: what the policy has to say
 * @metadata: only a kernel that verifies metadata at the load minds
 */
struct tamper {
	int (*take)(struct gate_loader *loader);
	int (*change)(struct gate_loader *loader);
	int err;
	uint8_t reason;
	bool metadata;
};

/* A copy of @len bytes that the test may change, freed with the process. */
static uint8_t *copy(const void *bytes, size_t len)
{
	uint8_t *new = malloc(len);

	return new ? memcpy(new, bytes, len) : NULL;
}

static int change_signature(struct gate_loader *loader, size_t at)
{
	uint8_t *sig = copy(loader->sig, loader->sig_len);

	sig[at] ^= 1;
	loader->sig = sig;
	return 0;
}

static int last_signature_byte(struct gate_loader *loader)
{
	return change_signature(loader, loader->sig_len - 1);
}

static int first_signature_byte(struct gate_loader *loader)
{
	return change_signature(loader, 0);
}

static int one_data_byte(struct gate_loader *loader)
{
	uint8_t *data = copy(loader->data, loader->data_len);

	data[loader->data_len / 2] ^= 1;
	loader->data = data;
	return 0;
}

/* The last instruction returns something else. The map stays the old one's. */
static int one_insn(struct gate_loader *loader)
{
	uint8_t *insns = copy(loader->insns, loader->insns_len);

	insns[loader->insns_len - 12] ^= 1;
	loader->insns = insns;
	return 0;
}

/* And the map is made for the changed program. */
static int one_insn_and_hash(struct gate_loader *loader)
{
	static uint8_t hash[32];
	int err = one_insn(loader);

	if (!err)
		err = gate_insns_hash(loader->insns, loader->insns_len, hash);
	loader->excl = hash;
	return err;
}

static int nothing(struct gate_loader *loader)
{
	(void)loader;
	return 0;
}

static int no_such_keyring(struct gate_loader *loader)
{
	int32_t keyring = gate_make_keyring("short-lived", KEY_SPEC_THREAD_KEYRING);

	if (keyring < 0 || gate_key_clear(KEY_SPEC_THREAD_KEYRING))
		return -EIO;
	loader->keyring = 0x7ffffff0;
	return 0;
}

static int empty_keyring(struct gate_loader *loader)
{
	loader->keyring = gate_make_keyring("empty", KEY_SPEC_THREAD_KEYRING);
	return loader->keyring < 0 ? loader->keyring : 0;
}

static int revoked_key(struct gate_loader *loader)
{
	int32_t key;

	loader->keyring = gate_make_keyring("revoked", KEY_SPEC_THREAD_KEYRING);
	if (loader->keyring < 0)
		return loader->keyring;
	key = gate_add_key("signer", loader->keyring);
	return key < 0 ? key : gate_key_revoke(key);
}

/* Valid when it is added, and no longer when it is asked for. */
static int expired_key(struct gate_loader *loader)
{
	int32_t key;
	int err;

	loader->keyring = gate_make_keyring("expired", KEY_SPEC_THREAD_KEYRING);
	if (loader->keyring < 0)
		return loader->keyring;
	key = gate_add_key("signer", loader->keyring);
	err = key < 0 ? key : gate_key_timeout(key, 1);
	if (!err)
		sleep(2);
	return err;
}

static int revoked_keyring(struct gate_loader *loader)
{
	loader->keyring = gate_make_keyring("revoked", KEY_SPEC_THREAD_KEYRING);
	return loader->keyring < 0 ? loader->keyring : gate_key_revoke(loader->keyring);
}

static int builtin_keyring(struct gate_loader *loader)
{
	loader->keyring = 0;
	return 0;
}

static int secondary_keyring(struct gate_loader *loader)
{
	loader->keyring = 1;
	return 0;
}

static int platform_keyring(struct gate_loader *loader)
{
	loader->keyring = 2;
	return 0;
}

static int garbage(struct gate_loader *loader)
{
	static const char text[] = "this is no signature";

	loader->sig = text;
	loader->sig_len = sizeof(text);
	return 0;
}

static int cut_short(struct gate_loader *loader)
{
	loader->sig_len /= 2;
	return 0;
}

static int no_signature_bytes(struct gate_loader *loader)
{
	loader->sig_len = 0;
	return 0;
}

static int too_long(struct gate_loader *loader)
{
	static uint8_t sig[64 * 1024];

	loader->sig = sig;
	loader->sig_len = sizeof(sig);
	return 0;
}

static int signature_of_nothing(struct gate_loader *loader)
{
	struct gate_signature sig;
	int err = gate_sign("signer", "", 0, &sig);

	loader->sig = sig.sig;
	loader->sig_len = sig.len;
	return err;
}

/* Signed as 7.2 does: the instructions, without the map. */
static int insns_only(struct gate_loader *loader)
{
	struct gate_signature sig;
	int err = gate_sign("signer", loader->insns, loader->insns_len, &sig);

	loader->sig = sig.sig;
	loader->sig_len = sig.len;
	return err;
}

/* --- other maps than the signed one, with the same content ----------------- */

static int make_map(struct gate_loader *loader, const uint8_t *excl, bool freeze, uint32_t type,
		    uint32_t flags)
{
	const struct gate_map map = {
		.name = "__loader.map", .data = loader->data, .size = loader->data_len,
		.excl = excl, .freeze = freeze, .type = type, .flags = flags,
	};

	loader->map_fd = gate_map_make(&map);
	return loader->map_fd < 0 ? loader->map_fd : 0;
}

static int not_exclusive(struct gate_loader *loader)
{
	return make_map(loader, NULL, true, 0, 0);
}

static int exclusive_to_another(struct gate_loader *loader)
{
	static const uint8_t hash[32] = { 1 };

	return make_map(loader, hash, true, 0, 0);
}

static int not_frozen(struct gate_loader *loader)
{
	return make_map(loader, loader->excl, false, 0, 0);
}

static int not_frozen_not_exclusive(struct gate_loader *loader)
{
	return make_map(loader, NULL, false, 0, 0);
}

static int hash_map(struct gate_loader *loader)
{
	return make_map(loader, loader->excl, true, BPF_MAP_TYPE_HASH, 0);
}

/* A direct value exists, but not as the signer's: mapped and written to. */
static int mappable(struct gate_loader *loader)
{
	uint8_t *data = copy(loader->data, loader->data_len);

	data[0] ^= 0x80;
	loader->data = data;
	return make_map(loader, loader->excl, true, 0, BPF_F_MMAPABLE);
}

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
	FIXTURE_VARIANT_ADD(tampered, variant) { .tamper = { __VA_ARGS__ } }

TAMPERED(signature_last_byte, NULL, last_signature_byte, -EKEYREJECTED, BPFSEAL_R_BAD_SIGNATURE);
TAMPERED(signature_first_byte, NULL, first_signature_byte, -EBADMSG, BPFSEAL_R_MALFORMED);
TAMPERED(metadata, NULL, one_data_byte, -EKEYREJECTED, BPFSEAL_R_BAD_SIGNATURE, true);
TAMPERED(instruction, NULL, one_insn, -EACCES, BPFSEAL_R_BAD_METADATA);
TAMPERED(instruction_and_hash, NULL, one_insn_and_hash, -EKEYREJECTED, BPFSEAL_R_BAD_SIGNATURE);
TAMPERED(signature_of_nothing, NULL, signature_of_nothing, -EKEYREJECTED,
	 BPFSEAL_R_BAD_SIGNATURE);
TAMPERED(insns_only, NULL, insns_only, -EKEYREJECTED, BPFSEAL_R_BAD_SIGNATURE, true);
TAMPERED(wrong_key, nested_stranger__take, nothing, -ENOKEY, BPFSEAL_R_NO_KEY);
TAMPERED(empty_keyring, NULL, empty_keyring, -ENOKEY, BPFSEAL_R_NO_KEY);
TAMPERED(revoked_key, NULL, revoked_key, -EKEYREVOKED, BPFSEAL_R_KEY_ENDED);
TAMPERED(revoked_keyring, NULL, revoked_keyring, -EKEYREVOKED, BPFSEAL_R_KEY_ENDED);
TAMPERED(expired_key, NULL, expired_key, -EKEYEXPIRED, BPFSEAL_R_KEY_ENDED);
TAMPERED(builtin_keyring, NULL, builtin_keyring, -ENOKEY, BPFSEAL_R_NO_KEY);
TAMPERED(secondary_keyring, NULL, secondary_keyring, -ENOKEY, BPFSEAL_R_NO_KEY);
TAMPERED(platform_keyring, NULL, platform_keyring, -ENOKEY, BPFSEAL_R_NO_KEY);
TAMPERED(no_such_keyring, NULL, no_such_keyring, -EINVAL, BPFSEAL_R_NO_KEYRING);
TAMPERED(garbage, NULL, garbage, -EBADMSG, BPFSEAL_R_MALFORMED);
TAMPERED(cut_short, NULL, cut_short, -EBADMSG, BPFSEAL_R_MALFORMED);
TAMPERED(no_signature_bytes, NULL, no_signature_bytes, -EINVAL, BPFSEAL_R_MALFORMED);
TAMPERED(too_long, NULL, too_long, -EINVAL, BPFSEAL_R_MALFORMED);
TAMPERED(map_not_exclusive, NULL, not_exclusive, -EPERM, BPFSEAL_R_BAD_METADATA, true);
TAMPERED(map_exclusive_to_another, NULL, exclusive_to_another, -EACCES, BPFSEAL_R_BAD_METADATA, true);
TAMPERED(map_not_frozen, NULL, not_frozen, -EPERM, BPFSEAL_R_BAD_METADATA, true);
TAMPERED(map_neither, NULL, not_frozen_not_exclusive, -EPERM, BPFSEAL_R_BAD_METADATA, true);
/* The kernel answers as to an unknown keyring; the sentence of the reason says so. */
TAMPERED(map_not_array, NULL, hash_map, -EINVAL, BPFSEAL_R_NO_KEYRING, true);
TAMPERED(map_mappable, NULL, mappable, -EKEYREJECTED, BPFSEAL_R_BAD_SIGNATURE, true);

/* Where the map isn't looked at with the signature, that alone is found bad. */
static struct tamper expected(const struct tamper *tamper)
{
	struct tamper t = *tamper;

	if (t.change == one_insn && gate_kernel()->level < BPFSEAL_LEVEL_METADATA) {
		t.err = -EKEYREJECTED;
		t.reason = BPFSEAL_R_BAD_SIGNATURE;
	}
	/* Before 7.3 the parser of signatures finds that there is none. */
	if (t.change == no_signature_bytes && gate_kernel()->level < BPFSEAL_LEVEL_METADATA)
		t.err = -EBADMSG;
	return t;
}

/* Load the loader, changed or not, with a fresh map. */
static int load_tampered(const struct gate_loader *original, int32_t keyring,
			 int (*change)(struct gate_loader *))
{
	struct gate_loader loader = *original;
	int err;

	loader.keyring = keyring;
	err = change(&loader);
	if (!err && loader.map_fd < 0)
		err = gate_loader_map(&loader);
	if (err)
		return -ECANCELED;
	err = gate_loader_load(&loader);
	gate_loader_close(&loader);
	return err;
}

FIXTURE_SETUP(tampered_control)
{
	GATE_NEEDS_SIGNATURES;
	if (variant->tamper.metadata && gate_kernel()->level < BPFSEAL_LEVEL_METADATA)
		SKIP(return, NOT_AT_LOAD);
	ASSERT_EQ(0, gate_clean());
	ASSERT_EQ(0, gate_session());
	ASSERT_LT(0, gate_add_key("signer", KEY_SPEC_SESSION_KEYRING));
	ASSERT_EQ(0, (variant->tamper.take ?: nested_signer__take)(&self->loader));
}

FIXTURE_TEARDOWN(tampered_control)
{
}

/* The kernel alone refuses it, by the same errno. */
TEST_F(tampered_control, refused)
{
	const struct tamper t = expected(&variant->tamper), *tamper = &t;

	if (!tamper->take)
		EXPECT_EQ(0, load_tampered(&self->loader, KEY_SPEC_SESSION_KEYRING, nothing));
	EXPECT_EQ(tamper->err,
		  load_tampered(&self->loader, KEY_SPEC_SESSION_KEYRING, tamper->change));
}

FIXTURE_SETUP(tampered)
{
	if (variant->tamper.metadata && gate_kernel()->level < BPFSEAL_LEVEL_METADATA)
		SKIP(return, NOT_AT_LOAD);
	GATE_SHARE(&self->events, &enforcing);
	ASSERT_EQ(0, (variant->tamper.take ?: nested_signer__take)(&self->loader));
}

FIXTURE_TEARDOWN(tampered)
{
	gate_events_close(&self->events);
}

TEST_F(tampered, rejected)
{
	const struct tamper t = expected(&variant->tamper), *tamper = &t;
	const struct bpfseal_event want = {
		.decision = BPFSEAL_REJECTED, .hook = BPFSEAL_HOOK_PROG_CHECK,
		.reason = tamper->reason, .error = tamper->err, .name = "__loader.prog",
		.object_type = BPF_PROG_TYPE_SYSCALL, .mode = BPFSEAL_ENFORCING,
	};
	const struct gate_match asked = { .hook = BPFSEAL_HOOK_PROG_LOAD, .tgid = getpid() };
	const struct bpfseal_event *e;
	int32_t keyring;

	ASSERT_EQ(0, gate_keyring("signer", &keyring));
	EXPECT_EQ(tamper->err, load_tampered(&self->loader, keyring, tamper->change));
	e = gate_expect(_metadata, &self->events, &want);
	if (e) {
		EXPECT_EQ(self->loader.insns_len / sizeof(struct bpf_insn), e->insn_cnt);
		EXPECT_EQ(0, e->prog_id);
	}
	EXPECT_EQ(0, gate_event_count(&self->events, &asked));

	/* It is the change that's refused: the same without it is admitted. */
	gate_events_clear(&self->events);
	if (!tamper->take)
		EXPECT_EQ(0, load_tampered(&self->loader, keyring, nothing));
	gate_events_drain(&self->events);
	EXPECT_EQ(tamper->take ? 0 : 1, gate_event_count(&self->events, &asked));
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
