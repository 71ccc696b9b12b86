// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keyring_attack.c - what root could try to do with a signer's keyring.
 */
#include "keyring_attack.h"

#include <errno.h>
#include <keyutils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Root may have CAP_SYS_ADMIN, but key permissions know no capability. */
#define ALL_PERMS 0x3f3f3f3f

#define TRY(name, call) \
	static long name(const struct keyring_target *t) \
	{ \
		return call; \
	}

TRY(set_perm, keyctl_setperm(t->ring, ALL_PERMS))
TRY(set_perm_key, keyctl_setperm(t->key, ALL_PERMS))
TRY(set_perm_holder, keyctl_setperm(t->holder, ALL_PERMS))
TRY(own, keyctl_chown(t->ring, 12, 12))
TRY(own_holder, keyctl_chown(t->holder, 12, 12))
TRY(invalidate, keyctl_invalidate(t->ring))
TRY(invalidate_key, keyctl_invalidate(t->key))
TRY(invalidate_holder, keyctl_invalidate(t->holder))
TRY(revoke_ring, keyctl_revoke(t->ring))
TRY(revoke_key, keyctl_revoke(t->key))
TRY(revoke_holder, keyctl_revoke(t->holder))
TRY(clear, keyctl_clear(t->ring))
TRY(clear_holder, keyctl_clear(t->holder))
TRY(link_into, keyctl_link(t->my_key, t->ring))
TRY(link_into_holder, keyctl_link(t->my_key, t->holder))
TRY(link_away, keyctl_link(t->ring, t->mine))
TRY(link_key_away, keyctl_link(t->key, t->mine))
TRY(link_holder_away, keyctl_link(t->holder, t->mine))
TRY(unlink_key, keyctl_unlink(t->key, t->ring))
TRY(unlink_ring, keyctl_unlink(t->ring, t->holder))
TRY(move_key, keyctl_move(t->key, t->ring, t->mine, 0))
TRY(move_ring, keyctl_move(t->ring, t->holder, t->mine, 0))
TRY(add, add_key("user", "n", "x", 1, t->ring))
TRY(add_to_holder, add_key("user", "n", "x", 1, t->holder))
TRY(expire, keyctl_set_timeout(t->ring, 1))
TRY(expire_key, keyctl_set_timeout(t->key, 1))
TRY(expire_holder, keyctl_set_timeout(t->holder, 1))
TRY(restrict_holder, keyctl_restrict_keyring(t->holder, NULL, NULL))
TRY(restrict_ring, keyctl_restrict_keyring(t->ring, NULL, NULL))
TRY(own_key, keyctl_chown(t->key, 12, 12))
TRY(update_key, keyctl_update(t->key, "y", 1))

/* Replace the signer's keyring by another of the same name. */
static long replace(const struct keyring_target *t)
{
	return add_key("keyring", KEYRING_PREFIX "alice", NULL, 0, t->holder);
}

/* Become a possessor: make it the session keyring by its name. */
static long join(const struct keyring_target *t)
{
	if (keyctl_join_session_keyring(t->name) != t->ring) {
		errno = EACCES;		/* it made a new one */
		return -1;
	}
	return 0;
}

#define ATTACK(f) { #f, f },
const struct keyring_attack keyring_attacks[] = { KEYRING_ATTACKS(ATTACK) };
const size_t keyring_attacks_n = sizeof(keyring_attacks) / sizeof(keyring_attacks[0]);

const struct keyring_attack *keyring_attack_find(const char *name)
{
	size_t i;

	for (i = 0; i < keyring_attacks_n; i++)
		if (!strcmp(keyring_attacks[i].name, name))
			return &keyring_attacks[i];
	return NULL;
}

void keyring_attack_open(struct keyring_target *t)
{
	t->holder = add_key("keyring", "holder", NULL, 0, KEY_SPEC_SESSION_KEYRING);
	/* A name of its own: those of earlier attacks may not be collected yet. */
	snprintf(t->name, sizeof(t->name), KEYRING_PREFIX "%d", getpid());
	t->ring = add_key("keyring", t->name, NULL, 0, t->holder);
	t->key = add_key("user", "key", "x", 1, t->ring);
	keyctl_setperm(t->ring, ALL_PERMS);
}

int keyring_attack_arm(struct keyring_target *t)
{
	t->mine = add_key("keyring", "mine", NULL, 0, KEY_SPEC_THREAD_KEYRING);
	t->my_key = add_key("user", "mine", "x", 1, KEY_SPEC_THREAD_KEYRING);
	if (t->mine < 0 || t->my_key < 0 || t->ring <= 0 || t->key <= 0 || t->holder <= 0)
		return -ECANCELED;
	return 0;
}

int32_t keyring_holder(int32_t ring)
{
	FILE *f = fopen("/proc/keys", "r");
	int32_t found = 0, *links;
	unsigned int serial;
	char line[512];
	int len;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%x", &serial) != 1 || !strstr(line, " _uid."))
			continue;
		len = keyctl_read_alloc((int32_t)serial, (void **)&links);
		for (int i = 0; i < len / 4; i++)
			if (links[i] == ring)
				found = (int32_t)serial;
		if (len >= 0)
			free(links);
	}
	if (f)
		fclose(f);
	return found;
}
