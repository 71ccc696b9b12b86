/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keyring_perm.h - the permissions of sealed keyrings; keyring.h tells why.
 *
 * No group bits: the kernel looks at a key's group only if there are some.
 */
#ifndef BPFSEAL_KEYRING_PERM_H
#define BPFSEAL_KEYRING_PERM_H

#include <keyutils.h>

/* The key of a certificate: found by the signature check, seen by everybody. */
#define PERM_KEY	(KEY_POS_SEARCH | KEY_USR_VIEW | KEY_OTH_VIEW)

/* A signer's keyring: the same, and listed by everybody. */
#define PERM_KEYRING	(PERM_KEY | KEY_USR_READ | KEY_OTH_READ)

/* The anchor: never searched, so nobody possesses what it holds. */
#define PERM_ANCHOR	(KEY_USR_VIEW | KEY_USR_READ | KEY_OTH_VIEW | KEY_OTH_READ)

/* The anchor while keyrings are linked into it: by its owner, not searched. */
#define PERM_FILLING	(KEY_USR_VIEW | KEY_USR_READ | KEY_USR_WRITE | KEY_USR_SETATTR)

#endif
