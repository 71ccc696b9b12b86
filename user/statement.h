/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * statement.h - what a policy authority signs: policies, and who follows it.
 *
 * A detached CMS signature in DER, as "openssl cms -sign -binary -outform DER"
 * makes it and "openssl cms -verify -inform DER -binary" checks it: one signer,
 * SHA-256 or better, signed attributes. That is another form than the one the
 * kernel takes on programs (cms.h), so that neither passes for the other. None of
 * these functions prints but statement_write().
 */
#ifndef BPFSEAL_STATEMENT_H
#define BPFSEAL_STATEMENT_H

#include <stddef.h>
#include <stdint.h>
#include <openssl/evp.h>
#include "cert.h"

#define STATEMENT_MAX (32 * 1024)

/**
 * statement_sign - sign data, with the signer's certificate and the time in it
 * @key: the private key
 * @cert: its certificate
 * @data: what to sign
 * @len: its length
 * @sig: set on success to the DER signature; free()
 * @sig_len: set on success
 *
 * Return: 0, -EKEYREJECTED (the key isn't the certificate's), -E2BIG, -EIO
 * (OpenSSL could not sign) or -ENOMEM
 */
int statement_sign(EVP_PKEY *key, const struct cert *cert, const void *data, size_t len,
		   uint8_t **sig, size_t *sig_len);

/**
 * statement_write - sign data, check that, and write the signature
 * @key: file of the private key
 * @cert: file of its certificate, which has to be fit and valid
 * @data: what to sign
 * @len: its length
 * @output: file to write; what was there is replaced
 *
 * Prints what is wrong, or who has signed. Return: 0 or a negative errno
 */
int statement_write(const char *key, const char *cert, const void *data, size_t len,
		    const char *output);

/**
 * statement_verify - check a signature against one certificate
 * @cert: the only certificate whose signature counts; nothing it has issued does.
 *	Its dates and uses play no part: see cert_check_authority()
 * @data: what was signed
 * @len: its length
 * @sig: the signature
 * @sig_len: its length
 * @why: set on failure to what is wrong, to follow "the signature "
 *
 * Return: 0; -EBADMSG (no signature of this form); -ENOKEY (made by another
 * signer); -EKEYREJECTED (made by this one, but doesn't match the data); -ENOMEM
 */
int statement_verify(const struct cert *cert, const void *data, size_t len,
		     const uint8_t *sig, size_t sig_len, const char **why);

/**
 * statement_signer - the certificate in a signature. Proves nothing by itself.
 * @sig: the signature
 * @sig_len: its length
 * @out: set on success; cert_free()
 *
 * Return: 0, -EBADMSG (no signature of this form), -ENOENT (it holds none) or
 * -ENOMEM
 */
int statement_signer(const uint8_t *sig, size_t sig_len, struct cert **out);

#endif
