/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keyring.h - one kernel keyring per signer, sealed until reboot.
 *
 * The policy trusts a signer by the serial number of a keyring that holds that
 * signer's key and nothing else. So three things must not happen: a key is
 * added to the keyring, the keyring's key is replaced, or the keyring goes away
 * and its serial number is given to another (the kernel draws serials at
 * random from 31 bits, which a patient attacker can wait for).
 *
 * A root attacker owns what root owns. What counts is therefore not who owns
 * the keyring but that nobody has the permission bits:
 *
 *   WRITE    link, unlink, clear, revoke       nobody
 *   SETATTR  chmod, chown, timeout, revoke, restrict  nobody. CAP_SYS_ADMIN
 *            stands in for ownership only; without this bit setperm fails for
 *            root as well (keyctl_setperm_key() asks for KEY_NEED_SETATTR first)
 *   LINK     put it into another keyring       nobody
 *   SEARCH   find keys in it, *and invalidate it*  possessor only. The kernel's
 *            signature check always searches as possessor
 *            (find_asymmetric_key()), so it works for any loader; a task
 *            possesses a keyring only if it can reach it by searching its own
 *            keyrings. KEYCTL_INVALIDATE and joining it as a session keyring
 *            ask for SEARCH, so nobody else may have it
 *   VIEW, READ  describe and list              everybody
 *
 * That leaves the anchor: some keyring must hold a link, or the keyring is
 * destroyed. A process's or session's keyring goes with the process. Root's
 * user keyring can be cleared by root, and is searchable, which makes root a
 * possessor. So each set of signers gets an anchor of its own: the user keyring
 * of a uid that nothing uses (KEYRING_ANCHOR_UID and up). The kernel's register
 * of user keyrings keeps it for as long as the system runs, and its own
 * permissions are then reduced to VIEW and READ. Nobody can take it away or
 * search it, so nobody can possess the signers' keyrings.
 *
 * The price: keyrings stay until reboot, about 500 bytes for each signer of
 * each installed policy. They are harmless once no policy names their serials.
 *
 * Names prove nothing. Anyone may make a keyring called "bpfseal:NAME", with
 * the same permissions and a key of the same description, so keyring_ensure()
 * never adopts one: a key's content can't be read back and compared.
 *
 * The process that makes the keyrings must not be under attack while it does
 * (a root attacker could as well trace it): install before untrusted code runs.
 */
#ifndef BPFSEAL_KEYRING_H
#define BPFSEAL_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "cert.h"

#define KEYRING_PREFIX		"bpfseal:"
#define KEYRING_NAME_MAX	31
#define KEYRING_KEYS_MAX	64
#define KEYRING_SET_MAX		64

/* First uid and number of uids whose user keyrings serve as anchors. */
#define KEYRING_ANCHOR_UID	0xb9f50000u
#define KEYRING_ANCHOR_UIDS	0x10000u

/* One signer for keyring_make_set(). */
struct keyring_want {
	const char *name;	/* [a-z0-9._-]{1,KEYRING_NAME_MAX} */
	const struct cert *cert;
	int32_t serial;		/* set on success: the keyring's serial */
	int32_t key;		/* set on success: the serial of the key in it */
};

/* What keyring_list() and keyring_describe() tell of a keyring. */
struct keyring_info {
	int32_t serial;
	char name[KEYRING_NAME_MAX + 1];	/* without KEYRING_PREFIX */
	uint32_t uid;
	uint32_t perm;
	bool sealed;		/* has exactly the sealed permissions */
	bool anchored;		/* is linked from a sealed anchor */
	int32_t key;		/* the only key's serial, 0 unless n_keys is 1 */
	unsigned int n_keys;
	char *description;	/* of the first key, untrusted; NULL if none */
};

/**
 * keyring_make_set - make sealed keyrings for a set of signers, all or none
 * @want: the signers; serial and key are set on success
 * @n: how many, 1..KEYRING_SET_MAX
 *
 * Works in a child process, so that everything goes away with it if a step
 * fails. Needs root (CAP_SETUID, CAP_SYS_ADMIN) in the initial user namespace.
 * Each key gets the certificate's end of validity as its timeout: the kernel
 * itself doesn't look at a certificate's dates. Prints what is wrong.
 *
 * Return: 0 or a negative errno: -EPERM, -EKEYREJECTED (the kernel refuses the
 * certificate), -ENOPKG (the kernel lacks the algorithm), -EDQUOT, -EIO (read
 * back differs from what was made) and others of add_key(2) and keyctl(2)
 */
int keyring_make_set(struct keyring_want *want, size_t n);

/**
 * keyring_ensure - make a sealed keyring for one signer
 * @name: the signer's name
 * @cert: its certificate
 * @serial: set on success
 *
 * Always makes a fresh one, see the top of this file. To keep a serial over a
 * reload, take it from a place the attacker can't write (the sealed policy) and
 * confirm it with keyring_check().
 *
 * Return: as keyring_make_set()
 */
int keyring_ensure(const char *name, const struct cert *cert, int32_t *serial);

/**
 * keyring_check - is a keyring still what keyring_make_set() made?
 * @serial: its serial, from a place the attacker can't write
 * @name: the signer's name
 * @cert: its certificate
 *
 * Proves name, seal, anchor and that it holds one key with this certificate's
 * fingerprint for a description. That the description is true follows only from
 * where @serial came from. Prints what differs.
 *
 * Return: 0, -ENOKEY (no such keyring, or the key has expired), -ESTALE
 * (something differs) or an errno of keyctl(2)
 */
int keyring_check(int32_t serial, const char *name, const struct cert *cert);

/** keyring_is - keyring_check() for who only wants to know: prints nothing */
bool keyring_is(int32_t serial, const char *name, const struct cert *cert);

/**
 * keyring_create - make an empty keyring, held by the calling thread only
 * @name: the signer's name
 * @serial: set on success
 *
 * A step of keyring_make_set(). Prints nothing, like the next three.
 *
 * Return: 0, -EINVAL (name) or an errno of add_key(2)
 */
int keyring_create(const char *name, int32_t *serial);

/**
 * keyring_enrol - put a certificate's key into a keyring
 * @serial: a keyring of keyring_create()
 * @cert: the certificate; its SHA-256 fingerprint becomes the description
 * @key: set on success to the key's serial
 *
 * Return: 0 or an errno of add_key(2) or keyctl(2)
 */
int keyring_enrol(int32_t serial, const struct cert *cert, int32_t *key);

/**
 * keyring_restrict - nothing can be linked into the keyring any more
 * @serial: a keyring of keyring_create()
 *
 * Return: 0 or an errno of keyctl(2)
 */
int keyring_restrict(int32_t serial);

/**
 * keyring_destroy - give up a keyring that isn't sealed yet
 * @serial: a keyring of keyring_create()
 *
 * Return: 0, -EACCES (it is sealed: it stays until reboot) or an errno
 */
int keyring_destroy(int32_t serial);

/**
 * keyring_describe - look at a keyring
 * @serial: its serial
 * @info: filled on success; release with keyring_info_clear()
 *
 * Return: 0, -ENOENT (not a bpfseal keyring), -ENOKEY or an errno of keyctl(2)
 */
int keyring_describe(int32_t serial, struct keyring_info *info);

/**
 * keyring_list - all keyrings called "bpfseal:..." this process can view
 * @list: set on success; free with keyring_list_free()
 * @n: set on success
 *
 * For people to read: see the warning about names above.
 *
 * Return: 0, -ENOMEM or the errno of reading /proc/keys
 */
int keyring_list(struct keyring_info **list, size_t *n);

/**
 * keyring_find - serial of the sealed and anchored keyring of a name
 * @name: the signer's name
 * @serial: set on success
 *
 * Return: 0, -ENOKEY (none), -ENOTUNIQ (several) or as keyring_list()
 */
int keyring_find(const char *name, int32_t *serial);

void keyring_info_clear(struct keyring_info *info);
void keyring_list_free(struct keyring_info *list, size_t n);

#endif
