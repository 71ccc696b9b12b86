// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cms.c - make and check the detached signatures the kernel takes on BPF.
 *
 * Neither certificates nor attributes are allowed in a signature we check: the
 * kernel accepts a certificate in it that the trusted key has signed, which
 * would let a signer deputise others.
 */
#include "cms.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>

#include "der.h"

static int to_der(CMS_ContentInfo *cms, size_t max, uint8_t **sig, size_t *sig_len)
{
	unsigned char *der = NULL;
	int len = i2d_CMS_ContentInfo(cms, &der);
	uint8_t *copy;
	bool fits;

	if (len <= 0)
		return -EIO;
	fits = (size_t)len <= max;
	copy = fits ? malloc((size_t)len) : NULL;
	if (copy) {
		memcpy(copy, der, (size_t)len);
		*sig = copy;
		*sig_len = (size_t)len;
	}
	OPENSSL_free(der);
	return copy ? 0 : fits ? -ENOMEM : -E2BIG;
}

int cms_make(EVP_PKEY *key, const struct cert *cert, const void *data, size_t len,
	     const struct cms_form *as, uint8_t **sig, size_t *sig_len)
{
	const unsigned int form = CMS_BINARY | CMS_DETACHED | CMS_NOSMIMECAP | as->flags;
	CMS_ContentInfo *cms = NULL;
	BIO *in = NULL;
	int err;

	if (!cert_key_matches(cert, key))
		return -EKEYREJECTED;
	if (len > INT_MAX)
		return -E2BIG;
	err = -ENOMEM;
	in = BIO_new_mem_buf(data, (int)len);
	cms = CMS_sign(NULL, NULL, NULL, NULL, form | CMS_PARTIAL | CMS_STREAM);
	if (!in || !cms)
		goto out;
	err = -EIO;
	if (!CMS_add1_signer(cms, cert->x509, key, EVP_sha256(), form) ||
	    CMS_final(cms, in, NULL, form) != 1)
		goto out;
	err = to_der(cms, as->max, sig, sig_len);
out:
	ERR_clear_error();
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	return err;
}

int cms_sign(EVP_PKEY *key, const struct cert *cert, const void *data, size_t len,
	     uint8_t **sig, size_t *sig_len)
{
	const struct cms_form kernel = { CMS_NOCERTS | CMS_USE_KEYID | CMS_NOATTR, CMS_SIG_MAX };

	return cms_make(key, cert, data, len, &kernel, sig, sig_len);
}

/* What a signature says. */
struct parsed {
	struct der key_id, value;
	int key_type;		/* EVP_PKEY_RSA or EVP_PKEY_EC */
};

/* Each with its tag and length. */
static const uint8_t version_3[] = { 0x02, 1, 3 };
static const uint8_t oid_signed_data[] = {
	0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2
};
static const uint8_t oid_data[] = {
	0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1
};
static const uint8_t oid_sha256[] = {
	0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1
};
static const uint8_t oid_rsa[] = {
	0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1
};
static const uint8_t oid_ecdsa_sha256[] = {
	0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2
};

#define TAKE(in, bytes) der_take_bytes(in, bytes, sizeof(bytes))

/* An algorithm without parameters, or with NULL for parameters. */
static bool take_algorithm(struct der *in, const void *oid, size_t len)
{
	static const uint8_t null[] = { 0x05, 0 };
	struct der rest = *in, content;

	if (!der_take(&rest, DER_SEQUENCE, &content) || !der_take_bytes(&content, oid, len))
		return false;
	if (content.len && (!TAKE(&content, null) || content.len))
		return false;
	*in = rest;
	return true;
}

static bool take_signer(struct der *in, struct parsed *out)
{
	struct der signer;

	if (!der_take(in, DER_SEQUENCE, &signer) || !TAKE(&signer, version_3) ||
	    !der_take(&signer, DER_KEY_ID, &out->key_id) || !out->key_id.len ||
	    !take_algorithm(&signer, oid_sha256, sizeof(oid_sha256)))
		return false;
	if (take_algorithm(&signer, oid_rsa, sizeof(oid_rsa)))
		out->key_type = EVP_PKEY_RSA;
	else if (take_algorithm(&signer, oid_ecdsa_sha256, sizeof(oid_ecdsa_sha256)))
		out->key_type = EVP_PKEY_EC;
	else
		return false;
	return der_take(&signer, DER_OCTETS, &out->value) && !signer.len;
}

/*
 * Read a signature of the form cms_sign() makes, RFC 5652:
 *
 *   ContentInfo { signedData, [0] SignedData { 3, { sha256 },
 *       EncapsulatedContentInfo { data },
 *       { SignerInfo { 3, [0] key id, sha256, algorithm, signature } } } }
 *
 * Everything optional is absent, so nothing can stand there. By hand, because
 * libcrypto's reader accepts any version, and encodings the kernel doesn't.
 */
static int parse(const uint8_t *sig, size_t len, struct parsed *out)
{
	struct der in = { sig, len }, outer, content, data, digests, what, signers;

	if (len > CMS_SIG_MAX ||
	    !der_take(&in, DER_SEQUENCE, &outer) || in.len ||
	    !TAKE(&outer, oid_signed_data) ||
	    !der_take(&outer, DER_CONTENT, &content) || outer.len ||
	    !der_take(&content, DER_SEQUENCE, &data) || content.len ||
	    !TAKE(&data, version_3) ||
	    !der_take(&data, DER_SET, &digests) ||
	    !take_algorithm(&digests, oid_sha256, sizeof(oid_sha256)) || digests.len ||
	    !der_take(&data, DER_SEQUENCE, &what) || !TAKE(&what, oid_data) || what.len ||
	    !der_take(&data, DER_SET, &signers) || data.len ||
	    !take_signer(&signers, out) || signers.len)
		return -EBADMSG;
	return 0;
}

/* Without attributes, the signature is over the data itself. */
static int check_value(EVP_PKEY *key, const struct der *value, const void *data, size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int err = -EKEYREJECTED;

	if (!ctx)
		return -ENOMEM;
	if (EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, value->p, value->len, data, len) == 1)
		err = 0;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return err;
}

int cms_verify(const struct cert *cert, const void *data, size_t len,
	       const uint8_t *sig, size_t sig_len)
{
	const ASN1_OCTET_STRING *own = X509_get0_subject_key_id(cert->x509);
	EVP_PKEY *key = X509_get0_pubkey(cert->x509);
	struct parsed parsed;
	int err;

	err = parse(sig, sig_len, &parsed);
	if (err)
		return err;
	if (!own || !key || (size_t)ASN1_STRING_length(own) != parsed.key_id.len ||
	    memcmp(ASN1_STRING_get0_data(own), parsed.key_id.p, parsed.key_id.len))
		return -ENOKEY;
	/* The kernel goes by the algorithm named; the key must be of that kind. */
	if (EVP_PKEY_get_base_id(key) != parsed.key_type)
		return -EBADMSG;
	return check_value(key, &parsed.value, data, len);
}

int cms_signer_id(const uint8_t *sig, size_t sig_len, char **hex)
{
	struct parsed parsed;
	char *text;
	int err;

	err = parse(sig, sig_len, &parsed);
	if (err)
		return err;
	text = malloc(2 * parsed.key_id.len + 1);
	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < parsed.key_id.len; i++)
		snprintf(text + 2 * i, 3, "%02x", parsed.key_id.p[i]);
	*hex = text;
	return 0;
}
