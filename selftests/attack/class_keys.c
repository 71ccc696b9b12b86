// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * class_keys.c - class 2: signatures by keys that nobody trusts, and by keyrings of the
 * attacker's. What he may try with a trusted keyring is in class_keyrings.c.
 */
#include <errno.h>
#include <linux/keyctl.h>
#include <string.h>
#include <unistd.h>

#include "attack.h"
#include "cli.h"
#include "tamper.h"

/* --- in a keyring of one's own ------------------------------------------------ */

struct own {
	const char *who;
	int32_t spec;
	const char *description;	/* of a keyring inside it; NULL: itself */
};

/* Keyrings of a user outlive the attack. */
static int forget(const struct own *own, int err)
{
	return gate_key_clear(own->spec) ? attack_broken("its key stays") : err;
}

static int own_keyring(const struct attack *attack)
{
	const struct own *own = attack->what;
	int32_t keyring = own->spec, key;

	if (own->description)
		keyring = gate_make_keyring(own->description, own->spec);
	key = gate_add_key(own->who, keyring);
	if (key < 0)
		return attack_broken("cannot add the key: %s", strerror(-key));
	return forget(own, cli_signed(own->who, gate_key_serial(keyring), false));
}

#define OWN(name_, who_, spec_, ...) \
	{ .name = name_, .run = own_keyring, .want = DENIED(BPFSEAL_R_UNTRUSTED_KEYRING), \
	  .what = &(const struct own){ .who = who_, .spec = spec_, \
				       ##__VA_ARGS__ } }

/* By the names that each process has for them, where the serial number could differ. */
static int by_name(const struct attack *attack)
{
	const struct own *own = attack->what;
	int32_t key = gate_add_key(own->who, own->spec);

	if (key < 0)
		return attack_broken("cannot add the key: %s", strerror(-key));
	return forget(own, cli_signed(own->who, own->spec, false));
}

/* A key that has the trusted one's signature, but is a stranger's: no chain is followed. */
static int key_itself(const struct attack *attack)
{
	int32_t key = gate_add_key("signer", KEY_SPEC_SESSION_KEYRING);

	(void)attack;
	return key < 0 ? attack_broken("cannot add the key") : cli_signed("signer", key, false);
}

/* --- what the kernel refuses by itself ------------------------------------------ */

#define TAMPER(variant, change_, err_, reason_, ...) \
	{ .name = #variant, .run = attack_tampered, .expect = attack_tampered_want, \
	  .want = REJECTED(err_, reason_), \
	  .what = &(const struct tamper){ .change = change_, .err = err_, \
					  .reason = reason_, ##__VA_ARGS__ } },

/* The stranger's skeleton, and his key in the session: only the policy knows better. */
static int strangers_skeleton(const struct attack *attack)
{
	const struct tamper stranger = { .stranger = true };
	struct gate_loader loader;
	int err = tamper_take(&stranger, &loader);

	(void)attack;
	loader.keyring = KEY_SPEC_SESSION_KEYRING;
	if (err || gate_add_key("stranger", loader.keyring) < 0)
		return attack_broken("no skeleton, or no key");
	return gate_loader_all(&loader);
}

static const struct attack attacks[] = {
	OWN("stranger, session keyring", "stranger", KEY_SPEC_SESSION_KEYRING),
	OWN("stranger, user keyring", "stranger", KEY_SPEC_USER_KEYRING),
	OWN("stranger, user session keyring", "stranger", KEY_SPEC_USER_SESSION_KEYRING),
	OWN("stranger, thread keyring", "stranger", KEY_SPEC_THREAD_KEYRING),
	OWN("stranger, process keyring", "stranger", KEY_SPEC_PROCESS_KEYRING),
	OWN("stranger, look-alike of a signer's", "stranger", KEY_SPEC_SESSION_KEYRING,
	    .description = "bpfseal:signer"),
	OWN("stranger, look-alike of builtin", "stranger", KEY_SPEC_SESSION_KEYRING,
	    .description = ".builtin_trusted_key"),
	OWN("trusted key, session keyring", "signer", KEY_SPEC_SESSION_KEYRING),
	OWN("trusted key, user keyring", "signer", KEY_SPEC_USER_KEYRING),
	OWN("trusted key, thread keyring", "signer", KEY_SPEC_THREAD_KEYRING),
	OWN("trusted key, look-alike", "signer", KEY_SPEC_SESSION_KEYRING,
	    .description = "bpfseal:signer"),
	{ .name = "stranger, session by its name", .run = by_name,
	  .what = &(const struct own){ "stranger", KEY_SPEC_SESSION_KEYRING, NULL },
	  .want = DENIED(BPFSEAL_R_UNTRUSTED_KEYRING) },
	{ .name = "stranger's light skeleton", .run = strangers_skeleton,
	  .want = DENIED(BPFSEAL_R_UNTRUSTED_KEYRING) },
	{ .name = "a key in a keyring's place", .run = key_itself,
	  .want = REJECTED(-ENOKEY, BPFSEAL_R_NO_KEY) },
	TAMPERS_KEY(TAMPER)
};

const struct attack_class attack_keys = {
	2, "Signatures by keys that nobody trusts", attacks, GATE_COUNT(attacks), .around = NULL,
};
