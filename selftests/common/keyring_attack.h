/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keyring_attack.h - what root could try to do with a signer's keyring.
 */
#ifndef KEYRING_ATTACK_H
#define KEYRING_ATTACK_H

#include <stddef.h>
#include <stdint.h>

#include "keyring.h"

/**
 * struct keyring_target - what is attacked, and with what
 * @ring, @key: a signer's keyring, and the key in it
 * @holder: the keyring that holds the signer's
 * @mine, @my_key: a keyring and a key of the attacker
 * @name: the signer's keyring's
 */
struct keyring_target {
	int32_t ring, key;
	int32_t holder;
	int32_t mine;
	int32_t my_key;
	char name[KEYRING_NAME_MAX + sizeof(KEYRING_PREFIX)];
};

/** struct keyring_attack - one attempt; @run returns less than 0 with errno if it fails */
struct keyring_attack {
	const char *name;
	long (*run)(const struct keyring_target *target);
};

/* All of them, as ATTACK(name). */
#define KEYRING_ATTACKS(ATTACK) \
	ATTACK(set_perm) ATTACK(set_perm_key) ATTACK(set_perm_holder) ATTACK(own) \
	ATTACK(own_holder) ATTACK(invalidate) ATTACK(invalidate_key) ATTACK(invalidate_holder) \
	ATTACK(revoke_ring) ATTACK(revoke_key) ATTACK(revoke_holder) ATTACK(clear) \
	ATTACK(clear_holder) ATTACK(link_into) ATTACK(link_into_holder) ATTACK(link_away) \
	ATTACK(link_key_away) ATTACK(link_holder_away) ATTACK(unlink_key) ATTACK(unlink_ring) \
	ATTACK(move_key) ATTACK(move_ring) ATTACK(add) ATTACK(add_to_holder) \
	ATTACK(expire) ATTACK(expire_key) ATTACK(expire_holder) ATTACK(restrict_holder) \
	ATTACK(restrict_ring) ATTACK(own_key) ATTACK(update_key) ATTACK(replace) ATTACK(join)

extern const struct keyring_attack keyring_attacks[];
extern const size_t keyring_attacks_n;

/** keyring_attack_find - by name; NULL if there is none */
const struct keyring_attack *keyring_attack_find(const char *name);

/** keyring_attack_open - a keyring like a signer's, but open, in the attacker's own hands */
void keyring_attack_open(struct keyring_target *target);

/** keyring_attack_arm - what the attacker brings; 0 or -ECANCELED */
int keyring_attack_arm(struct keyring_target *target);

/** keyring_holder - the keyring that holds another: the user keyring of an anchor's uid; or 0 */
int32_t keyring_holder(int32_t ring);

#endif
