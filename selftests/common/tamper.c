// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tamper.c - signed loaders that are changed before they are loaded.
 */
#include "tamper.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <stdlib.h>
#include <unistd.h>

#include "gate_skel.h"
#include "nested.signed.lskel.h"
#include "nested.stranger.lskel.h"
GATE_SKEL(nested_signer)
GATE_SKEL(nested_stranger)

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

int tamper_last_signature_byte(struct gate_loader *loader)
{
	return change_signature(loader, loader->sig_len - 1);
}

int tamper_first_signature_byte(struct gate_loader *loader)
{
	return change_signature(loader, 0);
}

int tamper_one_data_byte(struct gate_loader *loader)
{
	uint8_t *data = copy(loader->data, loader->data_len);

	data[loader->data_len / 2] ^= 1;
	loader->data = data;
	return 0;
}

/* The last instruction returns something else. The map stays the old one's. */
int tamper_one_insn(struct gate_loader *loader)
{
	uint8_t *insns = copy(loader->insns, loader->insns_len);

	insns[loader->insns_len - 12] ^= 1;
	loader->insns = insns;
	return 0;
}

/* And the map is made for the changed program. */
int tamper_one_insn_and_hash(struct gate_loader *loader)
{
	static uint8_t hash[32];
	int err = tamper_one_insn(loader);

	if (!err)
		err = gate_insns_hash(loader->insns, loader->insns_len, hash);
	loader->excl = hash;
	return err;
}

int tamper_nothing(struct gate_loader *loader)
{
	(void)loader;
	return 0;
}

int tamper_no_such_keyring(struct gate_loader *loader)
{
	int32_t keyring = gate_make_keyring("short-lived", KEY_SPEC_THREAD_KEYRING);

	if (keyring < 0 || gate_key_clear(KEY_SPEC_THREAD_KEYRING))
		return -EIO;
	loader->keyring = 0x7ffffff0;
	return 0;
}

int tamper_empty_keyring(struct gate_loader *loader)
{
	loader->keyring = gate_make_keyring("empty", KEY_SPEC_THREAD_KEYRING);
	return loader->keyring < 0 ? loader->keyring : 0;
}

int tamper_revoked_key(struct gate_loader *loader)
{
	int32_t key;

	loader->keyring = gate_make_keyring("revoked", KEY_SPEC_THREAD_KEYRING);
	if (loader->keyring < 0)
		return loader->keyring;
	key = gate_add_key("signer", loader->keyring);
	return key < 0 ? key : gate_key_revoke(key);
}

/* Valid when it is added, and no longer when it is asked for. */
int tamper_expired_key(struct gate_loader *loader)
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

int tamper_revoked_keyring(struct gate_loader *loader)
{
	loader->keyring = gate_make_keyring("revoked", KEY_SPEC_THREAD_KEYRING);
	return loader->keyring < 0 ? loader->keyring : gate_key_revoke(loader->keyring);
}

int tamper_builtin_keyring(struct gate_loader *loader)
{
	loader->keyring = 0;
	return 0;
}

int tamper_secondary_keyring(struct gate_loader *loader)
{
	loader->keyring = 1;
	return 0;
}

int tamper_platform_keyring(struct gate_loader *loader)
{
	loader->keyring = 2;
	return 0;
}

int tamper_garbage(struct gate_loader *loader)
{
	static const char text[] = "this is no signature";

	loader->sig = text;
	loader->sig_len = sizeof(text);
	return 0;
}

int tamper_cut_short(struct gate_loader *loader)
{
	loader->sig_len /= 2;
	return 0;
}

int tamper_no_signature_bytes(struct gate_loader *loader)
{
	loader->sig_len = 0;
	return 0;
}

int tamper_too_long(struct gate_loader *loader)
{
	static uint8_t sig[64 * 1024];

	loader->sig = sig;
	loader->sig_len = sizeof(sig);
	return 0;
}

int tamper_signature_of_nothing(struct gate_loader *loader)
{
	struct gate_signature sig;
	int err = gate_sign("signer", "", 0, &sig);

	loader->sig = sig.sig;
	loader->sig_len = sig.len;
	return err;
}

/* Signed as 7.2 does: the instructions, without the map. */
int tamper_insns_only(struct gate_loader *loader)
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

int tamper_not_exclusive(struct gate_loader *loader)
{
	return make_map(loader, NULL, true, 0, 0);
}

int tamper_exclusive_to_another(struct gate_loader *loader)
{
	static const uint8_t hash[32] = { 1 };

	return make_map(loader, hash, true, 0, 0);
}

int tamper_not_frozen(struct gate_loader *loader)
{
	return make_map(loader, loader->excl, false, 0, 0);
}

int tamper_not_frozen_not_exclusive(struct gate_loader *loader)
{
	return make_map(loader, NULL, false, 0, 0);
}

int tamper_hash_map(struct gate_loader *loader)
{
	return make_map(loader, loader->excl, true, BPF_MAP_TYPE_HASH, 0);
}

/* A direct value exists, but not as the signer's: mapped and written to. */
int tamper_mappable(struct gate_loader *loader)
{
	uint8_t *data = copy(loader->data, loader->data_len);

	data[0] ^= 0x80;
	loader->data = data;
	return make_map(loader, loader->excl, true, 0, BPF_F_MMAPABLE);
}

/* --- what becomes of it ------------------------------------------------------ */

/* Where the map isn't looked at with the signature, that alone is found bad. */
struct tamper tamper_expected(const struct tamper *tamper)
{
	struct tamper t = *tamper;

	if (t.change == tamper_one_insn && gate_kernel()->level < BPFSEAL_LEVEL_METADATA) {
		t.err = -EKEYREJECTED;
		t.reason = BPFSEAL_R_BAD_SIGNATURE;
	}
	/* Before 7.3 the parser of signatures finds that there is none. */
	if (t.change == tamper_no_signature_bytes && gate_kernel()->level < BPFSEAL_LEVEL_METADATA)
		t.err = -EBADMSG;
	return t;
}

int tamper_take(const struct tamper *tamper, struct gate_loader *loader)
{
	return tamper->stranger ? nested_stranger__take(loader) : nested_signer__take(loader);
}

int tamper_load(const struct gate_loader *original, int32_t keyring,
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
