// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * statement.c - the policy authority's signatures.
 *
 * libcrypto reads and checks them. What it would let pass, or leave out of
 * account, is refused first: everything in the file that isn't signed has to be
 * just what a plain signature has there.
 */
#include "statement.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/objects.h>

#include "cms.h"
#include "der.h"
#include "diag.h"
#include "file.h"
#include "hex.h"

int statement_sign(EVP_PKEY *key, const struct cert *cert, const void *data, size_t len,
		   uint8_t **sig, size_t *sig_len)
{
	const struct cms_form statement = { .max = STATEMENT_MAX };

	return cms_make(key, cert, data, len, &statement, sig, sig_len);
}

static int sign_checked(EVP_PKEY *key, const struct cert *cert, const void *data, size_t len,
			uint8_t **sig, size_t *sig_len)
{
	const char *why = "can't be made";
	uint8_t *made = NULL;
	size_t made_len;
	int err;

	err = statement_sign(key, cert, data, len, &made, &made_len);
	if (!err)
		err = statement_verify(cert, data, len, made, made_len, &why);
	if (err) {
		diag_error("the signature %s: %s", why, strerror(-err));
		free(made);
		return err;
	}
	*sig = made;
	*sig_len = made_len;
	return 0;
}

int statement_write(const char *key_path, const char *cert_path, const void *data, size_t len,
		    const char *output)
{
	struct cert *cert = NULL;
	EVP_PKEY *key = NULL;
	uint8_t *sig = NULL;
	size_t sig_len;
	int err;

	err = cert_load(cert_path, &cert);
	if (!err)
		err = cert_check_authority(cert);
	if (!err)
		err = cert_check_dates(cert, time(NULL));
	if (!err)
		err = cert_key_load(key_path, &key);
	if (err)
		goto out;
	if (!cert_key_matches(cert, key)) {
		diag_error("private key %s does not belong to certificate %s",
			   diag_quote(key_path).s, diag_quote(cert_path).s);
		err = -EKEYREJECTED;
		goto out;
	}
	err = sign_checked(key, cert, data, len, &sig, &sig_len);
	if (err)
		goto out;
	err = file_store(output, sig, sig_len, 0644);
	if (err)
		diag_error("cannot write %s: %s", diag_quote(output).s, strerror(-err));
	else
		printf("%s: signed by %s, SHA-256 %s\n", diag_quote(output).s, cert->subject,
		       hex_of(cert->fingerprint).s);
out:
	free(sig);
	EVP_PKEY_free(key);
	cert_free(cert);
	return err;
}

/* The signature, if all of the file is one, in the only encoding DER has for it. */
static CMS_ContentInfo *read_der(const uint8_t *sig, size_t len)
{
	CMS_ContentInfo *cms = NULL;
	unsigned char *again = NULL;
	const uint8_t *p = sig;
	int again_len = 0;

	if (len && len <= STATEMENT_MAX)
		cms = d2i_CMS_ContentInfo(NULL, &p, (long)len);
	if (cms && p == sig + len)
		again_len = i2d_CMS_ContentInfo(cms, &again);
	if (again_len <= 0 || (size_t)again_len != len || memcmp(again, sig, len)) {
		CMS_ContentInfo_free(cms);
		cms = NULL;
	}
	OPENSSL_free(again);
	return cms;
}

static bool no_parameters(const X509_ALGOR *algorithm)
{
	int type;

	X509_ALGOR_get0(NULL, &type, NULL, algorithm);
	return type == V_ASN1_UNDEF || type == V_ASN1_NULL;
}

/* SHA-256 or better, and the same in all three places. */
static const char *wrong_algorithms(CMS_SignerInfo *signer)
{
	int digest, with, digest_again = NID_undef, key;
	X509_ALGOR *digest_alg, *sig_alg;

	CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest_alg, &sig_alg);
	digest = OBJ_obj2nid(digest_alg->algorithm);
	if (digest != NID_sha256 && digest != NID_sha384 && digest != NID_sha512)
		return "is made with another digest than SHA-256, SHA-384 and SHA-512";
	with = OBJ_obj2nid(sig_alg->algorithm);
	if (with != NID_rsaEncryption &&
	    (!OBJ_find_sigid_algs(with, &digest_again, &key) || digest_again != digest ||
	     (key != NID_rsaEncryption && key != NID_X9_62_id_ecPublicKey)))
		return "is made with another algorithm than RSA (PKCS #1 v1.5) and ECDSA";
	if (!no_parameters(digest_alg) || !no_parameters(sig_alg))
		return "gives parameters to an algorithm that has none";
	return NULL;
}

/* What a plain signature doesn't have, and nothing would look at. */
static const char *wrong_extras(CMS_ContentInfo *cms, CMS_SignerInfo *signer)
{
	STACK_OF(X509) *certs = CMS_get1_certs(cms);
	STACK_OF(X509_CRL) *crls = CMS_get1_crls(cms);
	bool many = sk_X509_num(certs) > 1, lists = crls != NULL;

	sk_X509_pop_free(certs, X509_free);
	sk_X509_CRL_pop_free(crls, X509_CRL_free);
	if (many)
		return "holds other certificates beside the signer's";
	if (lists)
		return "holds a revocation list, which nothing would look at";
	if (CMS_unsigned_get_attr_count(signer) > 0)
		return "has unsigned attributes";
	return NULL;
}

/* An algorithm by its OID, without parameters or with NULL for them. */
static bool take_digest(struct der *in, int nid)
{
	static const uint8_t null[] = { 0x05, 0 };
	const ASN1_OBJECT *want = OBJ_nid2obj(nid);
	struct der algorithm, oid;

	return der_take(in, DER_SEQUENCE, &algorithm) && der_take(&algorithm, DER_OID, &oid) &&
	       der_take_bytes(&oid, OBJ_get0_data(want), OBJ_length(want)) && !oid.len &&
	       (!algorithm.len ||
		(der_take_bytes(&algorithm, null, sizeof(null)) && !algorithm.len));
}

/*
 * Are the two versions and the list of digests what they have to be? libcrypto
 * doesn't look at them (RFC 5652, 5.1 and 5.3):
 *
 *   ContentInfo { signedData, [0] SignedData { version, { digest }, what,
 *       [0] certificates, { SignerInfo { version, ...
 */
static bool plain_head(const uint8_t *sig, size_t len, bool by_key_id, int digest)
{
	const uint8_t version[] = { DER_INTEGER, 1, by_key_id ? 3 : 1 };
	struct der in = { sig, len }, outer, content, data, digests, signers, signer, rest;

	if (!der_take(&in, DER_SEQUENCE, &outer) || !der_take(&outer, DER_OID, &rest) ||
	    !der_take(&outer, DER_CONTENT, &content) || !der_take(&content, DER_SEQUENCE, &data) ||
	    !der_take_bytes(&data, version, sizeof(version)) ||
	    !der_take(&data, DER_SET, &digests) || !take_digest(&digests, digest) ||
	    digests.len || !der_take(&data, DER_SEQUENCE, &rest))
		return false;
	der_take(&data, DER_CONTENT, &rest);	/* there need be no certificates */
	return der_take(&data, DER_SET, &signers) && der_take(&signers, DER_SEQUENCE, &signer) &&
	       der_take_bytes(&signer, version, sizeof(version));
}

/* Is what is signed said, in what is signed, to be plain data? */
static bool says_data(CMS_SignerInfo *signer)
{
	const ASN1_OBJECT *type = CMS_signed_get0_data_by_OBJ(signer,
		OBJ_nid2obj(NID_pkcs9_contentType), -3, V_ASN1_OBJECT);

	return type && OBJ_obj2nid(type) == NID_pkcs7_data;
}

/* What is wrong with the form; NULL, and the only signer, if nothing is. */
static const char *wrong_form(CMS_ContentInfo *cms, const uint8_t *sig, size_t len,
			      CMS_SignerInfo **out)
{
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(cms);
	ASN1_OCTET_STRING *key_id = NULL;
	X509_ALGOR *digest;
	CMS_SignerInfo *signer;
	const char *why;

	if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed || !signers)
		return "is CMS, but not signed data";
	if (OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data)
		return "is over something else than plain data";
	if (CMS_is_detached(cms) != 1)
		return "isn't detached: it holds content of its own";
	if (sk_CMS_SignerInfo_num(signers) != 1)
		return sk_CMS_SignerInfo_num(signers) ? "has several signers, expected one" :
							"has no signer";
	signer = sk_CMS_SignerInfo_value(signers, 0);
	/* With them it can't pass for one that the kernel takes, nor the other way round. */
	if (CMS_signed_get_attr_count(signer) <= 0)
		return "has no signed attributes";
	if (!says_data(signer))
		return "is over something else than plain data";
	why = wrong_algorithms(signer);
	if (!why)
		why = wrong_extras(cms, signer);
	if (why)
		return why;
	CMS_SignerInfo_get0_signer_id(signer, &key_id, NULL, NULL);
	CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, NULL);
	if (!plain_head(sig, len, key_id, OBJ_obj2nid(digest->algorithm)))
		return "is malformed";
	*out = signer;
	return NULL;
}

/* The first certificate in it, NULL if there is none. */
static X509 *inner_certificate(CMS_ContentInfo *cms)
{
	STACK_OF(X509) *certs = CMS_get1_certs(cms);
	X509 *cert = certs ? sk_X509_shift(certs) : NULL;

	sk_X509_pop_free(certs, X509_free);
	return cert;
}

static bool same_certificate(X509 *x509, const struct cert *cert)
{
	unsigned char *der = NULL;
	int len = i2d_X509(x509, &der);
	bool same = len > 0 && (size_t)len == cert->der_len && !memcmp(der, cert->der, len);

	OPENSSL_free(der);
	return same;
}

/* libcrypto takes names for equal that differ in case. */
static bool same_issuer(CMS_SignerInfo *signer, const struct cert *cert)
{
	const uint8_t *name, *own;
	size_t name_len, own_len;
	X509_NAME *issuer = NULL;

	CMS_SignerInfo_get0_signer_id(signer, NULL, &issuer, NULL);
	return !issuer ||
	       (X509_NAME_get0_der(issuer, &name, &name_len) &&
		X509_NAME_get0_der(X509_get_issuer_name(cert->x509), &own, &own_len) &&
		name_len == own_len && !memcmp(name, own, own_len));
}

/* Does it name this certificate, and is a certificate in it this one? */
static bool is_by(CMS_ContentInfo *cms, CMS_SignerInfo *signer, const struct cert *cert)
{
	X509 *inner = inner_certificate(cms);
	bool same = !inner || same_certificate(inner, cert);

	X509_free(inner);
	return same && same_issuer(signer, cert) &&
	       CMS_SignerInfo_cert_cmp(signer, cert->x509) == 0;
}

static int check_value(CMS_ContentInfo *cms, const struct cert *cert, const void *data,
		       size_t len)
{
	STACK_OF(X509) *certs = sk_X509_new_null();
	BIO *in = BIO_new_mem_buf(data, (int)len);
	int err = -ENOMEM;

	if (certs && in && sk_X509_push(certs, cert->x509))
		err = CMS_verify(cms, certs, NULL, in, NULL, CMS_BINARY | CMS_NOINTERN |
				 CMS_NO_SIGNER_CERT_VERIFY) == 1 ? 0 : -EKEYREJECTED;
	sk_X509_free(certs);
	BIO_free(in);
	return err;
}

int statement_verify(const struct cert *cert, const void *data, size_t len,
		     const uint8_t *sig, size_t sig_len, const char **why)
{
	CMS_ContentInfo *cms = read_der(sig, sig_len);
	CMS_SignerInfo *signer;
	int err = -EBADMSG;

	*why = cms ? wrong_form(cms, sig, sig_len, &signer) :
		     "is cut short or damaged: not one CMS structure in DER";
	if (!*why && len > INT_MAX)
		*why = "is over more than 2 GiB";
	if (*why)
		goto out;
	err = -ENOKEY;
	*why = "is made by another signer";
	if (!is_by(cms, signer, cert))
		goto out;
	*why = "doesn't match: one of the two was changed, or is cut short";
	err = check_value(cms, cert, data, len);
out:
	ERR_clear_error();
	CMS_ContentInfo_free(cms);
	return err;
}

int statement_signer(const uint8_t *sig, size_t sig_len, struct cert **out)
{
	CMS_ContentInfo *cms = read_der(sig, sig_len);
	X509 *inner = cms ? inner_certificate(cms) : NULL;
	int err;

	err = !cms ? -EBADMSG : !inner ? -ENOENT : cert_from_x509(inner, "signer", out);
	X509_free(inner);
	ERR_clear_error();
	CMS_ContentInfo_free(cms);
	return err;
}
