// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * statement.c - the policy authority's signatures: openssl agrees with them, every
 * change is noticed, and every other form and signer is refused.
 */
#include "kselftest_harness.h"

#include <openssl/cms.h>
#include "cms.h"
#include "file.h"
#include "statement.h"
#include "test_cert.h"

static const char data[] = "version: 1\nmode: enforcing\n";
#define LEN (sizeof(data) - 1)

FIXTURE(statements) {
	char dir[32];
	EVP_PKEY *key, *other_key;
	struct cert *cert, *other;
	uint8_t *sig;
	size_t len;
	const char *why;
};

FIXTURE_VARIANT(statements) {
	const char *key;
};

FIXTURE_VARIANT_ADD(statements, rsa) { .key = "rsa:2048" };
FIXTURE_VARIANT_ADD(statements, p256) { .key = "P-256" };
FIXTURE_VARIANT_ADD(statements, p384) { .key = "P-384" };

FIXTURE_SETUP(statements)
{
	struct test_cert t = { .key = variant->key };

	enter_temp_dir(self->dir);
	self->key = put_cert("a", &t);
	t.cn = "other";
	self->other_key = put_cert("b", &t);
	ASSERT_EQ(0, cert_load("a.crt", &self->cert));
	ASSERT_EQ(0, cert_load("b.crt", &self->other));
	ASSERT_EQ(0, statement_sign(self->key, self->cert, data, LEN, &self->sig, &self->len));
	put_text("data", data);
	put_file("data.p7s", self->sig, self->len);
}

FIXTURE_TEARDOWN(statements)
{
	EVP_PKEY_free(self->key);
	EVP_PKEY_free(self->other_key);
	cert_free(self->cert);
	cert_free(self->other);
	free(self->sig);
	leave_temp_dir(self->dir);
}

static int verify(FIXTURE_DATA(statements) *self, const void *sig, size_t len)
{
	self->why = NULL;
	return statement_verify(self->cert, data, LEN, sig, len, &self->why);
}

/* The same for what a command has written to "x.p7s". */
static int verify_made(FIXTURE_DATA(statements) *self, const char *command)
{
	uint8_t *sig;
	size_t len;
	int err;

	must(!system(command), command);
	must(!file_read("x.p7s", STATEMENT_MAX, &sig, &len, NULL), "x.p7s");
	err = verify(self, sig, len);
	free(sig);
	return err;
}

TEST_F(statements, good)
{
	struct cert *signer;

	EXPECT_EQ(0, verify(self, self->sig, self->len)) TH_LOG("%s", self->why);
	ASSERT_EQ(0, statement_signer(self->sig, self->len, &signer));
	EXPECT_EQ(0, memcmp(signer->fingerprint, self->cert->fingerprint, CERT_DIGEST_LEN));
	cert_free(signer);
}

/* The documented command. */
#define VERIFY "openssl cms -verify -inform DER -in data.p7s -content data -binary " \
	"-CAfile a.crt -partial_chain -purpose any -out /dev/null 2>/dev/null"

TEST_F(statements, openssl_verifies_it)
{
	EXPECT_EQ(0, system(VERIFY));
	put_text("data", "version: 2\nmode: enforcing\n");
	EXPECT_NE(0, system(VERIFY));
}

#define SIGN "openssl cms -sign -binary -in data -outform DER -out x.p7s " \
	"-signer a.crt -inkey a.key "

TEST_F(statements, openssl_makes_it)
{
	EXPECT_EQ(0, verify_made(self, SIGN)) TH_LOG("%s", self->why);
	EXPECT_EQ(0, verify_made(self, SIGN "-md sha512")) TH_LOG("%s", self->why);
	EXPECT_EQ(0, verify_made(self, SIGN "-nosmimecap -keyid")) TH_LOG("%s", self->why);
	EXPECT_EQ(0, verify_made(self, SIGN "-nocerts")) TH_LOG("%s", self->why);
}

TEST_F(statements, other_forms)
{
	static const struct {
		const char *command;
		int err;
		const char *why;
	} cases[] = {
		{ SIGN "-nodetach", -EBADMSG, "isn't detached" },
		{ SIGN "-md sha1", -EBADMSG, "is made with another digest" },
		{ SIGN "-md sha224", -EBADMSG, "is made with another digest" },
		{ SIGN "-noattr", -EBADMSG, "has no signed attributes" },
		{ SIGN "-certfile b.crt", -EBADMSG, "holds other certificates" },
		{ SIGN "-signer b.crt -inkey b.key", -EBADMSG, "has several signers" },
		{ SIGN "-econtent_type pkcs7-encryptedData", -EBADMSG, "is over something else" },
		{ SIGN "-stream -nodetach", -EBADMSG, "" },
		{ "openssl cms -sign -binary -in data -outform PEM -out x.p7s -signer a.crt "
		  "-inkey a.key", -EBADMSG, "is cut short or damaged" },
		{ "openssl cms -sign -binary -in data -outform DER -out x.p7s -signer b.crt "
		  "-inkey b.key", -ENOKEY, "is made by another signer" },
		{ "openssl cms -sign -binary -in data -outform DER -out x.p7s -signer b.crt "
		  "-inkey b.key -nocerts", -ENOKEY, "is made by another signer" },
		{ "openssl cms -digest_create -in data -outform DER -out x.p7s", -EBADMSG,
		  "is CMS, but not signed data" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EXPECT_EQ(cases[i].err, verify_made(self, cases[i].command))
			TH_LOG("%s", cases[i].command);
		ASSERT_NE(NULL, self->why) TH_LOG("%s", cases[i].command);
		EXPECT_TRUE(starts_with(self->why, cases[i].why)) TH_LOG("%s", self->why);
	}
}

TEST_F(statements, pss_is_refused)
{
	if (strcmp(variant->key, "rsa:2048"))
		SKIP(return, "for RSA only");
	EXPECT_EQ(-EBADMSG, verify_made(self, SIGN "-keyopt rsa_padding_mode:pss"));
}

/* Nor does the form that the kernel takes pass for a statement, or the other way round. */
TEST_F(statements, not_the_kernels_form)
{
	uint8_t *sig;
	size_t len;

	ASSERT_EQ(0, cms_sign(self->key, self->cert, data, LEN, &sig, &len));
	EXPECT_EQ(-EBADMSG, verify(self, sig, len));
	EXPECT_EQ(-EBADMSG, cms_verify(self->cert, data, LEN, self->sig, self->len));
	free(sig);
}

TEST_F(statements, changed_data)
{
	char changed[LEN + 1];

	for (size_t i = 0; i < LEN * 8; i++) {
		memcpy(changed, data, LEN);
		changed[i / 8] ^= (char)(1 << i % 8);
		EXPECT_EQ(-EKEYREJECTED, statement_verify(self->cert, changed, LEN, self->sig,
							  self->len, &self->why));
	}
	memcpy(changed, data, LEN);
	changed[LEN] = '\n';
	EXPECT_EQ(-EKEYREJECTED, statement_verify(self->cert, changed, LEN + 1, self->sig,
						  self->len, &self->why));
	for (size_t n = 0; n < LEN; n++)
		EXPECT_EQ(-EKEYREJECTED, statement_verify(self->cert, data, n, self->sig,
							  self->len, &self->why));
}

/* No single changed bit passes, whatever it means, also in what isn't signed. */
static void flip_all(struct __test_metadata *_metadata, FIXTURE_DATA(statements) *self,
		     uint8_t *sig, size_t len)
{
	for (size_t i = 0; i < len * 8; i++) {
		int err;

		sig[i / 8] ^= (uint8_t)(1u << i % 8);
		err = verify(self, sig, len);
		sig[i / 8] ^= (uint8_t)(1u << i % 8);
		EXPECT_TRUE(err == -EKEYREJECTED || err == -ENOKEY || err == -EBADMSG)
			TH_LOG("byte %zu bit %zu: %d", i / 8, i % 8, err);
	}
}

TEST_F(statements, changed_signature)
{
	uint8_t *sig;
	size_t len;

	flip_all(_metadata, self, self->sig, self->len);
	must(!system(SIGN "-keyid -nocerts"), "sign");
	must(!file_read("x.p7s", STATEMENT_MAX, &sig, &len, NULL), "x.p7s");
	ASSERT_EQ(0, verify(self, sig, len));
	flip_all(_metadata, self, sig, len);
	free(sig);
}

TEST_F(statements, truncated)
{
	uint8_t *longer = calloc(1, STATEMENT_MAX + 1);

	for (size_t n = 0; n < self->len; n++)
		EXPECT_EQ(-EBADMSG, verify(self, self->sig, n));
	memcpy(longer, self->sig, self->len);
	EXPECT_EQ(-EBADMSG, verify(self, longer, self->len + 1));
	EXPECT_EQ(-EBADMSG, verify(self, longer, STATEMENT_MAX + 1));
	EXPECT_EQ(-EBADMSG, verify(self, data, LEN));
	EXPECT_EQ(-EBADMSG, verify(self, self->cert->der, self->cert->der_len));
	free(longer);
}

/* What the authority has issued is not the authority. */
TEST_F(statements, issued_by_it)
{
	X509 *issued = test_x509(&(struct test_cert){ .cn = "issued" }, self->other_key);

	must(X509_set_issuer_name(issued, X509_get_subject_name(self->cert->x509)) &&
	     X509_sign(issued, self->key, EVP_sha256()), "issue");
	put_x509("b.crt", issued);
	EXPECT_EQ(-ENOKEY, verify_made(self, "openssl cms -sign -binary -in data -outform DER "
				       "-out x.p7s -signer b.crt -inkey b.key"));
	X509_free(issued);
}

/* Another certificate for the same key, as after a renewal, is another one. */
TEST_F(statements, same_key_other_certificate)
{
	X509 *again = test_x509(&(struct test_cert){ .cn = "again" }, self->key);

	put_x509("again.crt", again);
	EXPECT_EQ(-ENOKEY, verify_made(self, "openssl cms -sign -binary -in data -outform DER "
				       "-out x.p7s -signer again.crt -inkey a.key"));
	X509_free(again);
}

TEST_F(statements, wrong_key)
{
	uint8_t *sig = (uint8_t *)1;
	size_t len;

	EXPECT_EQ(-EKEYREJECTED,
		  statement_sign(self->other_key, self->cert, data, LEN, &sig, &len));
	EXPECT_EQ((uint8_t *)1, sig);
	EXPECT_EQ(-ENOKEY, statement_verify(self->other, data, LEN, self->sig, self->len,
					    &self->why));
}

TEST_HARNESS_MAIN
