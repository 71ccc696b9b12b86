/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_cert.h - certificates of every kind, good and bad, made while testing.
 */
#ifndef UNIT_TEST_CERT_H
#define UNIT_TEST_CERT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include "capture.h"

/* What is left NULL or 0 is as it should be for a signer; "-" leaves it out. */
struct test_cert {
	const char *key;	/* "rsa:BITS", a curve, or "ED25519" */
	const char *cn;
	const char *constraints, *usage, *extended, *ski;
	const char *digest;	/* "-": the key has its own */
	time_t before, after;	/* validity, absolute */
};

static inline void must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "test setup failed: %s\n", what);
	abort();
}

static inline EVP_PKEY *test_key(const char *kind)
{
	EVP_PKEY *key;

	if (!kind)
		kind = "P-256";
	if (!strncmp(kind, "rsa:", 4))
		key = EVP_RSA_gen((unsigned int)atoi(kind + 4));
	else if (!strcmp(kind, "ED25519"))
		key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
	else
		key = EVP_EC_gen(kind);
	must(key != NULL, kind);
	return key;
}

static inline void add_ext(X509 *x509, int nid, const char *value, const char *standard)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	if (!value)
		value = standard;
	if (!strcmp(value, "-"))
		return;
	X509V3_set_ctx(&ctx, x509, x509, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	must(ext && X509_add_ext(x509, ext, -1), value);
	X509_EXTENSION_free(ext);
}

/* A self-signed certificate for a key. */
static inline X509 *test_x509(const struct test_cert *t, EVP_PKEY *key)
{
	const char *cn = t->cn ? t->cn : "test";
	const char *digest = t->digest ? t->digest : "SHA256";
	X509 *x509 = X509_new();
	X509_NAME *name = X509_get_subject_name(x509);

	must(X509_set_version(x509, X509_VERSION_3) &&
	     ASN1_INTEGER_set(X509_get_serialNumber(x509), 7) &&
	     ASN1_TIME_set(X509_getm_notBefore(x509), t->before ? t->before : 1000000) &&
	     ASN1_TIME_set(X509_getm_notAfter(x509), t->after ? t->after : 4000000000) &&
	     X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
					(const unsigned char *)cn, -1, -1, 0) &&
	     X509_set_issuer_name(x509, name) && X509_set_pubkey(x509, key), "certificate");
	add_ext(x509, NID_basic_constraints, t->constraints, "critical,CA:FALSE");
	add_ext(x509, NID_key_usage, t->usage, "critical,digitalSignature");
	add_ext(x509, NID_ext_key_usage, t->extended, "codeSigning");
	add_ext(x509, NID_subject_key_identifier, t->ski, "hash");
	must(X509_sign(x509, key, strcmp(digest, "-") ? EVP_get_digestbyname(digest) : NULL), "sign");
	return x509;
}

static inline void put_x509(const char *path, X509 *x509)
{
	FILE *f = fopen(path, "w");

	must(f && PEM_write_X509(f, x509) && !fclose(f), path);
}

static inline void put_key(const char *path, EVP_PKEY *key, const char *passphrase)
{
	FILE *f = fopen(path, "w");

	must(f && PEM_write_PKCS8PrivateKey(f, key, passphrase ? EVP_aes_128_cbc() : NULL,
					    NULL, 0, NULL, (void *)passphrase) &&
	     !fclose(f), path);
	must(!chmod(path, 0600), path);
}

/* Write PATH.crt and PATH.key; return the key. */
static inline EVP_PKEY *put_cert(const char *path, const struct test_cert *t)
{
	EVP_PKEY *key = test_key(t->key);
	X509 *x509 = test_x509(t, key);
	char name[64];

	snprintf(name, sizeof(name), "%s.crt", path);
	put_x509(name, x509);
	snprintf(name, sizeof(name), "%s.key", path);
	put_key(name, key, NULL);
	X509_free(x509);
	return key;
}

#endif
