/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cert.h - X.509 certificates of signers, and their private keys.
 *
 * Functions that read a file or judge a certificate print what is wrong with
 * diag_error(); the others print nothing.
 */
#ifndef BPFSEAL_CERT_H
#define BPFSEAL_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define CERT_FILE_MAX	(64 * 1024)
#define CERT_DIGEST_LEN	32

/* A certificate that was read from a file. Fields are read-only to callers. */
struct cert {
	X509 *x509;
	char *path;			/* as given, untrusted text */
	char *subject;			/* RFC 2253 form, safe to print */
	uint8_t *der;			/* for add_key("asymmetric") */
	size_t der_len;
	uint8_t fingerprint[CERT_DIGEST_LEN];	/* SHA-256 of der */
	time_t not_before;
	time_t not_after;
};

/**
 * cert_load - read a certificate from a PEM or DER file
 * @path: the file, at most CERT_FILE_MAX bytes, holding one certificate
 * @out: set on success; free with cert_free()
 *
 * Prints what is wrong. Does not judge the certificate: see
 * cert_check_signer().
 *
 * Return: 0, -EBADMSG (not a certificate), -EFBIG (too large), -ENOMEM or the
 * errno of reading the file
 */
int cert_load(const char *path, struct cert **out);

/**
 * cert_from_x509 - the same of a certificate in memory
 * @x509: the certificate; a reference of its own is taken
 * @name: what to call it in messages
 * @out: set on success; free with cert_free()
 *
 * Return: 0, -EBADMSG (malformed date; printed) or -ENOMEM
 */
int cert_from_x509(X509 *x509, const char *name, struct cert **out);

/**
 * cert_free - free what cert_load() made
 * @cert: the certificate, or NULL
 */
void cert_free(struct cert *cert);

/**
 * cert_check_signer - is this certificate fit to be a signer?
 * @cert: the certificate
 * @now: the time to judge its validity at, normally time(NULL)
 *
 * Valid at @now; keyUsage, if present, has digitalSignature; extendedKeyUsage,
 * if present, has codeSigning; not a CA that may sign certificates only; RSA of
 * 2048 bits and more, or ECDSA P-256 or P-384; a subject key identifier of 1 to
 * 64 bytes, by which the kernel finds the signer's key (CMS_USE_KEYID puts it
 * into the signature, find_asymmetric_key() looks for it). Prints what is
 * wrong.
 *
 * Return: 0, -EKEYEXPIRED (expired, or not valid yet), -EKEYREJECTED (anything
 * else that makes it unfit)
 */
int cert_check_signer(const struct cert *cert, time_t now);

/**
 * cert_check_authority - is this certificate fit to sign policies?
 * @cert: the certificate
 *
 * As cert_check_signer(), but it may be a CA's, because what it has issued isn't
 * trusted for that, and the kernel needn't know it. Its dates are left to
 * cert_check_dates(). Prints what is wrong.
 *
 * Return: 0 or -EKEYREJECTED
 */
int cert_check_authority(const struct cert *cert);

/**
 * cert_check_dates - is this certificate valid?
 * @cert: the certificate
 * @now: the time to judge by
 *
 * Prints what is wrong. Return: 0 or -EKEYEXPIRED (expired, or not valid yet)
 */
int cert_check_dates(const struct cert *cert, time_t now);

/**
 * cert_fingerprint - the SHA-256 fingerprint in lower-case hexadecimal
 * @cert: the certificate
 * @hex: receives 64 characters and a NUL
 */
void cert_fingerprint(const struct cert *cert, char hex[2 * CERT_DIGEST_LEN + 1]);

/**
 * cert_key_load - read a private key from a PEM file
 * @path: the file
 * @out: set on success; free with EVP_PKEY_free(), which wipes it
 *
 * An encrypted key is refused: bpftool reads the same file and can't be handed
 * a passphrase. Warns if others may read the file. The buffer the file was read
 * into is wiped. Prints what is wrong.
 *
 * Return: 0, -EBADMSG (not a PEM private key), -EKEYREJECTED (encrypted),
 * -EFBIG, -ENOMEM or the errno of reading the file
 */
int cert_key_load(const char *path, EVP_PKEY **out);

/**
 * cert_key_matches - is this the private key of this certificate?
 * @cert: the certificate
 * @key: the key
 */
bool cert_key_matches(const struct cert *cert, const EVP_PKEY *key);

#endif
