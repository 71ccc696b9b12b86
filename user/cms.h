/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cms.h - the detached CMS (PKCS#7) signature the kernel checks on BPF.
 *
 * One signer, SHA-256, named by subject key identifier; no content, no
 * certificates, no attributes. None of these functions prints.
 */
#ifndef BPFSEAL_CMS_H
#define BPFSEAL_CMS_H

#include <stddef.h>
#include <stdint.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include "cert.h"

/* bpftool's limit; the kernel's own is KMALLOC_MAX_CACHE_SIZE (two pages). */
#define CMS_SIG_MAX 4096

/**
 * cms_sign - sign data
 * @key: the signer's private key
 * @cert: the signer's certificate
 * @data: what to sign
 * @len: its length
 * @sig: set on success to a DER signature; free()
 * @sig_len: set on success
 *
 * Return: 0, -EKEYREJECTED (the key isn't the certificate's), -E2BIG, -EIO
 * (OpenSSL could not sign) or -ENOMEM
 */
int cms_sign(EVP_PKEY *key, const struct cert *cert, const void *data, size_t len,
	     uint8_t **sig, size_t *sig_len);

/**
 * struct cms_form - what kind of detached signature
 * @flags: of CMS_add1_signer(), beside those that all have
 * @max: how many bytes it may have in DER
 */
struct cms_form {
	unsigned int flags;
	size_t max;
};

/** cms_make - as cms_sign(), in another form */
int cms_make(EVP_PKEY *key, const struct cert *cert, const void *data, size_t len,
	     const struct cms_form *as, uint8_t **sig, size_t *sig_len);

/**
 * cms_verify - check a signature against one certificate
 * @cert: the certificate to check against; its validity dates play no part
 * @data: what was signed
 * @len: its length
 * @sig: the DER signature
 * @sig_len: its length
 *
 * Accepts only the form cms_sign() makes.
 *
 * Return: 0; -EBADMSG (not such a CMS signature); -ENOKEY (well formed, but
 * made by another key: "wrong key"); -EKEYREJECTED (names this key, but doesn't
 * match the data: "bad signature"); -ENOMEM
 */
int cms_verify(const struct cert *cert, const void *data, size_t len,
	       const uint8_t *sig, size_t sig_len);

/**
 * cms_signer_id - the key identifier of the signer a signature names
 * @sig: the DER signature
 * @sig_len: its length
 * @hex: set on success to lower-case hexadecimal; free()
 *
 * Return: 0, -EBADMSG or -ENOMEM
 */
int cms_signer_id(const uint8_t *sig, size_t sig_len, char **hex);

#endif
