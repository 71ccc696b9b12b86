/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tamper.h - signed loaders that are changed before they are loaded. The kernel refuses
 * them by itself.
 */
#ifndef TAMPER_H
#define TAMPER_H

#include <stdbool.h>
#include <stdint.h>

#include "gate.h"

/**
 * struct tamper - what is done to a signed loader before it is loaded
 * @change: changes it; it may make the map itself
 * @err: errno of the load, negative
 * @reason: what the policy has to say
 * @stranger: the loader is one that a stranger signed
 * @metadata: only a kernel that verifies metadata at the load minds
 */
struct tamper {
	int (*change)(struct gate_loader *loader);
	int err;
	uint8_t reason;
	bool stranger;
	bool metadata;
};

/*
 * All of them, as TAMPER(name, change, err, reason, further members). To a map that is no
 * array the kernel answers as to an unknown keyring; the sentence of that reason says so.
 */
#define TAMPERS_SIGNATURE(TAMPER) \
	TAMPER(signature_last_byte, tamper_last_signature_byte, -EKEYREJECTED, \
	       BPFSEAL_R_BAD_SIGNATURE) \
	TAMPER(signature_first_byte, tamper_first_signature_byte, -EBADMSG, BPFSEAL_R_MALFORMED) \
	TAMPER(instruction, tamper_one_insn, -EACCES, BPFSEAL_R_BAD_METADATA) \
	TAMPER(instruction_and_hash, tamper_one_insn_and_hash, -EKEYREJECTED, \
	       BPFSEAL_R_BAD_SIGNATURE) \
	TAMPER(signature_of_nothing, tamper_signature_of_nothing, -EKEYREJECTED, \
	       BPFSEAL_R_BAD_SIGNATURE) \
	TAMPER(garbage, tamper_garbage, -EBADMSG, BPFSEAL_R_MALFORMED) \
	TAMPER(cut_short, tamper_cut_short, -EBADMSG, BPFSEAL_R_MALFORMED) \
	TAMPER(no_signature_bytes, tamper_no_signature_bytes, -EINVAL, BPFSEAL_R_MALFORMED) \
	TAMPER(too_long, tamper_too_long, -EINVAL, BPFSEAL_R_MALFORMED)

#define TAMPERS_KEY(TAMPER) \
	TAMPER(wrong_key, tamper_nothing, -ENOKEY, BPFSEAL_R_NO_KEY, .stranger = true) \
	TAMPER(empty_keyring, tamper_empty_keyring, -ENOKEY, BPFSEAL_R_NO_KEY) \
	TAMPER(revoked_key, tamper_revoked_key, -EKEYREVOKED, BPFSEAL_R_KEY_ENDED) \
	TAMPER(revoked_keyring, tamper_revoked_keyring, -EKEYREVOKED, BPFSEAL_R_KEY_ENDED) \
	TAMPER(expired_key, tamper_expired_key, -EKEYEXPIRED, BPFSEAL_R_KEY_ENDED) \
	TAMPER(builtin_keyring, tamper_builtin_keyring, -ENOKEY, BPFSEAL_R_NO_KEY) \
	TAMPER(secondary_keyring, tamper_secondary_keyring, -ENOKEY, BPFSEAL_R_NO_KEY) \
	TAMPER(platform_keyring, tamper_platform_keyring, -ENOKEY, BPFSEAL_R_NO_KEY) \
	TAMPER(no_such_keyring, tamper_no_such_keyring, -EINVAL, BPFSEAL_R_NO_KEYRING)

#define TAMPERS_METADATA(TAMPER) \
	TAMPER(metadata, tamper_one_data_byte, -EKEYREJECTED, BPFSEAL_R_BAD_SIGNATURE, \
	       .metadata = true) \
	TAMPER(insns_only, tamper_insns_only, -EKEYREJECTED, BPFSEAL_R_BAD_SIGNATURE, \
	       .metadata = true) \
	TAMPER(map_not_exclusive, tamper_not_exclusive, -EPERM, BPFSEAL_R_BAD_METADATA, \
	       .metadata = true) \
	TAMPER(map_exclusive_to_another, tamper_exclusive_to_another, -EACCES, \
	       BPFSEAL_R_BAD_METADATA, .metadata = true) \
	TAMPER(map_not_frozen, tamper_not_frozen, -EPERM, BPFSEAL_R_BAD_METADATA, \
	       .metadata = true) \
	TAMPER(map_neither, tamper_not_frozen_not_exclusive, -EPERM, BPFSEAL_R_BAD_METADATA, \
	       .metadata = true) \
	TAMPER(map_not_array, tamper_hash_map, -EINVAL, BPFSEAL_R_NO_KEYRING, .metadata = true) \
	TAMPER(map_mappable, tamper_mappable, -EKEYREJECTED, BPFSEAL_R_BAD_SIGNATURE, \
	       .metadata = true)

#define TAMPERS(TAMPER) \
	TAMPERS_SIGNATURE(TAMPER) \
	TAMPERS_KEY(TAMPER) \
	TAMPERS_METADATA(TAMPER)

int tamper_last_signature_byte(struct gate_loader *loader);
int tamper_first_signature_byte(struct gate_loader *loader);
int tamper_one_data_byte(struct gate_loader *loader);
int tamper_one_insn(struct gate_loader *loader);
int tamper_one_insn_and_hash(struct gate_loader *loader);
int tamper_signature_of_nothing(struct gate_loader *loader);
int tamper_insns_only(struct gate_loader *loader);
int tamper_nothing(struct gate_loader *loader);
int tamper_empty_keyring(struct gate_loader *loader);
int tamper_revoked_key(struct gate_loader *loader);
int tamper_revoked_keyring(struct gate_loader *loader);
int tamper_expired_key(struct gate_loader *loader);
int tamper_builtin_keyring(struct gate_loader *loader);
int tamper_secondary_keyring(struct gate_loader *loader);
int tamper_platform_keyring(struct gate_loader *loader);
int tamper_no_such_keyring(struct gate_loader *loader);
int tamper_garbage(struct gate_loader *loader);
int tamper_cut_short(struct gate_loader *loader);
int tamper_no_signature_bytes(struct gate_loader *loader);
int tamper_too_long(struct gate_loader *loader);
int tamper_not_exclusive(struct gate_loader *loader);
int tamper_exclusive_to_another(struct gate_loader *loader);
int tamper_not_frozen(struct gate_loader *loader);
int tamper_not_frozen_not_exclusive(struct gate_loader *loader);
int tamper_hash_map(struct gate_loader *loader);
int tamper_mappable(struct gate_loader *loader);

/** tamper_expected - the same, as it is on the kernel that runs */
struct tamper tamper_expected(const struct tamper *tamper);

/** tamper_take - the loader that it is done to; 0 or a negative errno */
int tamper_take(const struct tamper *tamper, struct gate_loader *loader);

/**
 * tamper_load - load a loader, changed, with a fresh map
 * @original: stays as it is
 * @keyring: to check its signature by
 * @change: one of the above
 *
 * Return: what the load comes to, or -ECANCELED if it couldn't be tried
 */
int tamper_load(const struct gate_loader *original, int32_t keyring,
		int (*change)(struct gate_loader *loader));

#endif
