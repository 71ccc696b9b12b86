/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe_signer.h - the throw-away signer of probe_kernel().
 */
#ifndef BPFSEAL_PROBE_SIGNER_H
#define BPFSEAL_PROBE_SIGNER_H

#include <stdbool.h>
#include <keyutils.h>

#include "cert.h"

/**
 * struct probe_signer - the signer
 * @cert: only .x509 is set
 * @keyring: in this thread's keyring; 0 if there is none
 */
struct probe_signer {
	EVP_PKEY *key;
	struct cert cert;
	key_serial_t keyring;
};

/**
 * probe_signer_make - make a key and a keyring with its certificate
 * @rsa: RSA 2048 instead of EC P-256
 * @s: filled on success; probe_signer_drop()
 *
 * Return: 0 or a negative errno: -ENOPKG or -ENOENT if the kernel doesn't know
 * this kind of key
 */
int probe_signer_make(bool rsa, struct probe_signer *s);
void probe_signer_drop(struct probe_signer *s);

#endif
