/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * certgen.h - make keys and certificates for signers.
 *
 * These functions print what is wrong.
 */
#ifndef BPFSEAL_CERTGEN_H
#define BPFSEAL_CERTGEN_H

#include <stdbool.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

/**
 * certgen_key - make a private key
 * @ec: ECDSA P-256 instead of RSA-2048
 * @key: set on success; free with EVP_PKEY_free(), which wipes it
 *
 * Return: 0 or -EIO
 */
int certgen_key(bool ec, EVP_PKEY **key);

struct certgen_spec {
	const char *cn;		/* common name of the subject */
	int days;		/* of validity */
	EVP_PKEY *key;		/* of the subject */
	X509 *ca;		/* issuer; NULL: make a CA that signs itself */
	EVP_PKEY *ca_key;	/* with @ca */
};

/**
 * certgen_cert - make a certificate
 * @spec: what to make
 * @out: set on success; free with X509_free()
 *
 * A CA may sign certificates only (pathlen 0). A signer has keyUsage
 * digitalSignature and extendedKeyUsage codeSigning and lives no longer than
 * its CA. Both have subject and authority key identifiers.
 *
 * Return: 0, -EINVAL (common name) or -EIO
 */
int certgen_cert(const struct certgen_spec *spec, X509 **out);

/**
 * certgen_write - write a key and its certificate to new files
 * @key_path: gets the key, unencrypted PEM, mode 0600
 * @cert_path: gets the certificate, PEM, mode 0644
 * @key: the key
 * @cert: the certificate
 *
 * Never overwrites. Leaves both files or none.
 *
 * Return: 0, -EEXIST, -EIO or an errno of writing
 */
int certgen_write(const char *key_path, const char *cert_path, EVP_PKEY *key, X509 *cert);

#endif
