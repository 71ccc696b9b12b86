// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * class_keyrings.c - class 2: a trusted keyring that the attacker extends, replaces, takes
 * away or makes his own. The control does the same with a keyring like it that is open.
 */
#include <errno.h>
#include <keyutils.h>
#include <stdio.h>

#include "attack.h"
#include "keyring_attack.h"

static int find_target(struct keyring_target *t)
{
	struct keyring_info info;
	int err = gate_keyring("signer", &t->ring);

	if (!err)
		err = keyring_describe(t->ring, &info);
	if (err)
		return err;
	t->key = info.key;
	snprintf(t->name, sizeof(t->name), KEYRING_PREFIX "signer");
	keyring_info_clear(&info);
	t->holder = keyring_holder(t->ring);
	return 0;
}

static int on_keyring(const struct attack *attack)
{
	const struct keyring_attack *a = keyring_attack_find(attack->what);
	struct keyring_target t = {};
	int err = 0;

	if (attack_under_policy())
		err = find_target(&t);
	else
		keyring_attack_open(&t);
	if (err || !a || keyring_attack_arm(&t))
		return attack_broken("no keyring to attack");
	return a->run(&t) < 0 ? -errno : 0;
}

#define ATTACK(name_) \
	{ .name = "keyring: " #name_, .run = on_keyring, .what = #name_, \
	  .want = QUIET(-EACCES, "keyctl(2) asks the keyring, not the policy") },

static const struct attack attacks[] = {
	KEYRING_ATTACKS(ATTACK)
};

const struct attack_class attack_keyrings = {
	2, "A trusted keyring, changed", attacks, GATE_COUNT(attacks), .around = NULL,
};
