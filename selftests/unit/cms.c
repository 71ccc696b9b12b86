// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cms.c - signatures: good ones verify, every change is noticed, another key is
 * told apart from changed data, other forms are refused.
 */
#include "kselftest_harness.h"

#include <openssl/cms.h>
#include "cms.h"
#include "test_cert.h"

static const char data[] = "instructions and metadata";
#define LEN (sizeof(data) - 1)

FIXTURE(cmss) {
	char dir[32];
	EVP_PKEY *key, *other_key;
	struct cert *cert, *other;
	uint8_t *sig;
	size_t len;
};

FIXTURE_VARIANT(cmss) {
	const char *key;
};

FIXTURE_VARIANT_ADD(cmss, rsa) { .key = "rsa:2048" };
FIXTURE_VARIANT_ADD(cmss, p256) { .key = "P-256" };
FIXTURE_VARIANT_ADD(cmss, p384) { .key = "P-384" };

FIXTURE_SETUP(cmss)
{
	struct test_cert t = { .key = variant->key };

	enter_temp_dir(self->dir);
	self->key = put_cert("a", &t);
	self->other_key = put_cert("b", &t);
	ASSERT_EQ(0, cert_load("a.crt", &self->cert));
	ASSERT_EQ(0, cert_load("b.crt", &self->other));
	ASSERT_EQ(0, cms_sign(self->key, self->cert, data, LEN, &self->sig, &self->len));
}

FIXTURE_TEARDOWN(cmss)
{
	EVP_PKEY_free(self->key);
	EVP_PKEY_free(self->other_key);
	cert_free(self->cert);
	cert_free(self->other);
	free(self->sig);
	leave_temp_dir(self->dir);
}

TEST_F(cmss, good)
{
	const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(self->cert->x509);
	char *hex, byte[3];

	EXPECT_EQ(0, cms_verify(self->cert, data, LEN, self->sig, self->len));
	ASSERT_EQ(0, cms_signer_id(self->sig, self->len, &hex));
	ASSERT_EQ(2 * ASN1_STRING_length(ski), (int)strlen(hex));
	for (int i = 0; i < ASN1_STRING_length(ski); i++) {
		snprintf(byte, sizeof(byte), "%02x", ASN1_STRING_get0_data(ski)[i]);
		EXPECT_EQ(0, memcmp(hex + 2 * i, byte, 2));
	}
	free(hex);
}

/* An implementation that isn't ours agrees. */
TEST_F(cmss, openssl_accepts_it)
{
	const uint8_t *p = self->sig;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)self->len);
	STACK_OF(X509) *certs = sk_X509_new_null();
	BIO *in = BIO_new_mem_buf(data, LEN);

	ASSERT_NE(NULL, cms);
	sk_X509_push(certs, self->cert->x509);
	EXPECT_EQ(1, CMS_verify(cms, certs, NULL, in, NULL,
				CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY | CMS_NOINTERN));
	sk_X509_free(certs);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
}

TEST_F(cmss, changed_data)
{
	char changed[LEN + 1];

	for (size_t i = 0; i < LEN; i++) {
		memcpy(changed, data, LEN);
		changed[i] ^= 1;
		EXPECT_EQ(-EKEYREJECTED,
			  cms_verify(self->cert, changed, LEN, self->sig, self->len));
	}
	memcpy(changed, data, LEN);
	changed[LEN] = 0;
	EXPECT_EQ(-EKEYREJECTED, cms_verify(self->cert, changed, LEN + 1, self->sig, self->len));
	EXPECT_EQ(-EKEYREJECTED, cms_verify(self->cert, data, LEN - 1, self->sig, self->len));
	EXPECT_EQ(-EKEYREJECTED, cms_verify(self->cert, data, 0, self->sig, self->len));
}

/* No single changed bit passes, whatever it means. */
TEST_F(cmss, changed_signature)
{
	size_t kinds[3] = { 0 };

	for (size_t i = 0; i < self->len * 8; i++) {
		int err;

		self->sig[i / 8] ^= (uint8_t)(1u << i % 8);
		err = cms_verify(self->cert, data, LEN, self->sig, self->len);
		self->sig[i / 8] ^= (uint8_t)(1u << i % 8);
		kinds[0] += err == -EKEYREJECTED;
		kinds[1] += err == -ENOKEY;
		kinds[2] += err == -EBADMSG;
		ASSERT_TRUE(err == -EKEYREJECTED || err == -ENOKEY || err == -EBADMSG)
			TH_LOG("bit %zu: %d", i, err);
	}
	EXPECT_GT(kinds[0], 0);
	EXPECT_EQ(20 * 8, kinds[1]);	/* those of the key identifier */
	EXPECT_GT(kinds[2], 0);
}

TEST_F(cmss, truncated)
{
	for (size_t n = 0; n < self->len; n++)
		EXPECT_EQ(-EBADMSG, cms_verify(self->cert, data, LEN, self->sig, n));
}

TEST_F(cmss, not_a_signature)
{
	uint8_t *longer = calloc(1, CMS_SIG_MAX + 1);
	char *hex = (char *)1;

	memcpy(longer, self->sig, self->len);
	EXPECT_EQ(-EBADMSG, cms_verify(self->cert, data, LEN, longer, self->len + 1));
	EXPECT_EQ(-EBADMSG, cms_verify(self->cert, data, LEN, longer, CMS_SIG_MAX + 1));
	EXPECT_EQ(-EBADMSG, cms_verify(self->cert, data, LEN, (const uint8_t *)data, LEN));
	EXPECT_EQ(-EBADMSG, cms_verify(self->cert, data, LEN, self->cert->der,
				       self->cert->der_len));
	EXPECT_EQ(-EBADMSG, cms_signer_id((const uint8_t *)data, LEN, &hex));
	EXPECT_EQ((char *)1, hex);
	free(longer);
}

TEST_F(cmss, wrong_key)
{
	EXPECT_EQ(-ENOKEY, cms_verify(self->other, data, LEN, self->sig, self->len));
}

/* A certificate for another key that claims the signer's identifier. */
static struct cert *impostor(const struct cert *cert, EVP_PKEY *key)
{
	const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(cert->x509);
	char *hex = OPENSSL_buf2hexstr(ASN1_STRING_get0_data(ski), ASN1_STRING_length(ski));
	struct test_cert t = { .ski = hex };
	X509 *x509 = test_x509(&t, key);
	struct cert *fake;

	put_x509("fake.crt", x509);
	X509_free(x509);
	OPENSSL_free(hex);
	must(!cert_load("fake.crt", &fake), "impostor");
	return fake;
}

TEST_F(cmss, same_identifier_other_key)
{
	struct cert *fake = impostor(self->cert, self->other_key);

	EXPECT_EQ(-EKEYREJECTED, cms_verify(fake, data, LEN, self->sig, self->len));
	cert_free(fake);
}

/* The kernel would look for a key of the kind the signature names. */
TEST_F(cmss, same_identifier_other_kind_of_key)
{
	EVP_PKEY *key = test_key(strcmp(variant->key, "rsa:2048") ? "rsa:2048" : "P-256");
	struct cert *fake = impostor(self->cert, key);

	EXPECT_EQ(-EBADMSG, cms_verify(fake, data, LEN, self->sig, self->len));
	cert_free(fake);
	EVP_PKEY_free(key);
}

/* BER lets a length have leading zeros, DER doesn't. */
TEST_F(cmss, long_form_lengths)
{
	size_t head = self->sig[1] == 0x82 ? 4 : 3, body = self->len - head;
	uint8_t longer[CMS_SIG_MAX] = { 0x30, 0x83, 0, (uint8_t)(body >> 8), (uint8_t)body };

	ASSERT_TRUE(self->sig[1] == 0x81 || self->sig[1] == 0x82);
	memcpy(longer + 5, self->sig + head, body);
	EXPECT_EQ(-EBADMSG, cms_verify(self->cert, data, LEN, longer, body + 5));
	longer[1] = 0x82;
	memmove(longer + 2, longer + 3, body + 2);
	EXPECT_EQ(body < 256 ? -EBADMSG : 0,
		  cms_verify(self->cert, data, LEN, longer, body + 4));
}

TEST_F(cmss, key_must_be_the_certificates)
{
	uint8_t *sig = (uint8_t *)1;
	size_t len = 7;

	EXPECT_EQ(-EKEYREJECTED, cms_sign(self->other_key, self->cert, data, LEN, &sig, &len));
	EXPECT_EQ((uint8_t *)1, sig);
	EXPECT_EQ(7, len);
}

/* Valid CMS by the right key, but not of the form the kernel's rules are for. */
static const struct {
	const char *what;
	unsigned int flags;		/* instead of ours */
	const char *digest;
	int expected;
} forms[] = {
	{ "ours", CMS_DETACHED | CMS_NOCERTS | CMS_NOATTR | CMS_USE_KEYID, "SHA256", 0 },
	{ "attributes", CMS_DETACHED | CMS_NOCERTS | CMS_USE_KEYID, "SHA256", -EBADMSG },
	{ "certificates", CMS_DETACHED | CMS_NOATTR | CMS_USE_KEYID, "SHA256", -EBADMSG },
	{ "content", CMS_NOCERTS | CMS_NOATTR | CMS_USE_KEYID, "SHA256", -EBADMSG },
	{ "issuer", CMS_DETACHED | CMS_NOCERTS | CMS_NOATTR, "SHA256", -EBADMSG },
	{ "sha512", CMS_DETACHED | CMS_NOCERTS | CMS_NOATTR | CMS_USE_KEYID, "SHA512", -EBADMSG },
};

static int sign_otherwise(struct cert *cert, EVP_PKEY *key, unsigned int flags,
			  const char *digest, int signers, uint8_t **der)
{
	BIO *in = BIO_new_mem_buf(data, LEN);
	CMS_ContentInfo *cms;
	int len;

	flags |= CMS_BINARY;
	cms = CMS_sign(NULL, NULL, NULL, in, flags | CMS_PARTIAL | CMS_STREAM);
	while (signers--)
		must(CMS_add1_signer(cms, cert->x509, key, EVP_get_digestbyname(digest),
				     flags) != NULL, "signer");
	must(CMS_final(cms, in, NULL, flags) == 1, "final");
	*der = NULL;
	len = i2d_CMS_ContentInfo(cms, der);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	return len;
}

TEST_F(cmss, other_forms)
{
	uint8_t *der;
	int len;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		len = sign_otherwise(self->cert, self->key, forms[i].flags, forms[i].digest,
				     1, &der);
		EXPECT_EQ(forms[i].expected,
			  cms_verify(self->cert, data, LEN, der, (size_t)len))
			TH_LOG("%s", forms[i].what);
		OPENSSL_free(der);
	}
	len = sign_otherwise(self->cert, self->key, forms[0].flags, "SHA256", 2, &der);
	EXPECT_EQ(-EBADMSG, cms_verify(self->cert, data, LEN, der, (size_t)len));
	OPENSSL_free(der);
}

TEST_HARNESS_MAIN
