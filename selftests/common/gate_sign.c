// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gate_sign.c - sign programs with the test keys, and put those keys where an
 * attacker would put them.
 */
#include <errno.h>
#include <keyutils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "cert.h"
#include "cms.h"
#include "gate.h"

int gate_sign(const char *who, const void *data, size_t len, struct gate_signature *out)
{
	char crt[64], key[64];
	struct cert *cert = NULL;
	EVP_PKEY *pkey = NULL;
	int err;

	snprintf(crt, sizeof(crt), GATE_KEYS "/%s.crt", who);
	snprintf(key, sizeof(key), GATE_KEYS "/%s.key", who);
	err = cert_load(crt, &cert);
	if (!err)
		err = cert_key_load(key, &pkey);
	if (!err)
		err = cms_sign(pkey, cert, data, len, &out->sig, &out->len);
	EVP_PKEY_free(pkey);
	cert_free(cert);
	return err;
}

int gate_sign_insns(const char *who, const struct bpf_insn *insns, size_t n, const void *more,
		    size_t more_len, struct gate_signature *out)
{
	size_t len = n * sizeof(*insns);
	uint8_t *payload = malloc(len + more_len);
	int err;

	if (!payload)
		return -ENOMEM;
	memcpy(payload, insns, len);
	if (more_len)
		memcpy(payload + len, more, more_len);
	err = gate_sign(who, payload, len + more_len, out);
	free(payload);
	return err;
}

void gate_attr_sign(union bpf_attr *attr, const struct gate_signature *signature, int32_t keyring)
{
	attr->signature = (uintptr_t)signature->sig;
	attr->signature_size = signature->len;
	attr->keyring_id = keyring;
}

int gate_insns_hash(const void *insns, size_t len, uint8_t hash[32])
{
	return EVP_Digest(insns, len, hash, NULL, EVP_sha256(), NULL) == 1 ? 0 : -EIO;
}

int32_t gate_add_key(const char *who, int32_t keyring)
{
	struct cert *cert;
	key_serial_t key;
	char crt[64];
	int err;

	snprintf(crt, sizeof(crt), GATE_KEYS "/%s.crt", who);
	err = cert_load(crt, &cert);
	if (err)
		return err;
	key = add_key("asymmetric", who, cert->der, cert->der_len, keyring);
	err = -errno;
	cert_free(cert);
	return key < 0 ? err : key;
}

int32_t gate_make_keyring(const char *description, int32_t in)
{
	key_serial_t keyring = add_key("keyring", description, NULL, 0, in);

	return keyring < 0 ? -errno : keyring;
}

int gate_session(void)
{
	if (keyctl_join_session_keyring(NULL) < 0)
		return -errno;
	return gate_key_link(KEY_SPEC_USER_KEYRING, KEY_SPEC_SESSION_KEYRING);
}

int32_t gate_key_serial(int32_t spec)
{
	key_serial_t serial = keyctl_get_keyring_ID(spec, 0);

	return serial < 0 ? -errno : serial;
}

int gate_key_clear(int32_t keyring)
{
	return keyctl_clear(keyring) < 0 ? -errno : 0;
}

int gate_key_link(int32_t key, int32_t keyring)
{
	return keyctl_link(key, keyring) < 0 ? -errno : 0;
}

int gate_key_timeout(int32_t key, unsigned int seconds)
{
	return keyctl_set_timeout(key, seconds) < 0 ? -errno : 0;
}

int gate_key_revoke(int32_t key)
{
	return keyctl_revoke(key) < 0 ? -errno : 0;
}
