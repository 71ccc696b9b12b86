// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * probe_signer.c - the throw-away signer of probe_kernel(): a key, a certificate
 * and a keyring that end with it.
 */
#include "probe_signer.h"

#include <errno.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#define NAME "bpfseal_probe"

static EVP_PKEY *make_key(bool rsa)
{
	return rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
}

/* The kernel finds the key by its identifier, so the certificate needs one. */
static X509 *make_cert(EVP_PKEY *key)
{
	X509_EXTENSION *id = NULL;
	X509_NAME *name;
	X509V3_CTX ctx;
	X509 *x = X509_new();

	if (!x || !X509_set_version(x, X509_VERSION_3) ||
	    !ASN1_INTEGER_set(X509_get_serialNumber(x), 1) ||
	    !X509_gmtime_adj(X509_getm_notBefore(x), 0) ||
	    !X509_gmtime_adj(X509_getm_notAfter(x), 24 * 60 * 60) ||
	    !X509_set_pubkey(x, key))
		goto out;
	name = X509_get_subject_name(x);
	if (!X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					(const unsigned char *)NAME, -1, -1, 0) ||
	    !X509_set_issuer_name(x, name))
		goto out;
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	id = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_key_identifier, "hash");
	if (!id || !X509_add_ext(x, id, -1) || !X509_sign(x, key, EVP_sha256()))
		goto out;
	X509_EXTENSION_free(id);
	return x;
out:
	X509_EXTENSION_free(id);
	X509_free(x);
	return NULL;
}

static int enrol(struct probe_signer *s)
{
	unsigned char *der = NULL;
	int len = i2d_X509(s->cert.x509, &der);
	int err = 0;

	if (len <= 0)
		return -ENOMEM;
	s->keyring = add_key("keyring", NAME, NULL, 0, KEY_SPEC_THREAD_KEYRING);
	if (s->keyring < 0) {
		err = -errno;
		s->keyring = 0;
	} else if (add_key("asymmetric", NAME, der, len, s->keyring) < 0) {
		err = -errno;
	}
	OPENSSL_free(der);
	return err;
}

void probe_signer_drop(struct probe_signer *s)
{
	if (s->keyring) {
		keyctl_clear(s->keyring);
		keyctl_unlink(s->keyring, KEY_SPEC_THREAD_KEYRING);
	}
	X509_free(s->cert.x509);
	EVP_PKEY_free(s->key);
	ERR_clear_error();
	memset(s, 0, sizeof(*s));
}

int probe_signer_make(bool rsa, struct probe_signer *s)
{
	int err = -ENOMEM;

	memset(s, 0, sizeof(*s));
	s->key = make_key(rsa);
	if (s->key)
		s->cert.x509 = make_cert(s->key);
	if (s->cert.x509)
		err = enrol(s);
	if (err)
		probe_signer_drop(s);
	return err;
}
