// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cert.c - certificates and keys are read strictly, and unfit ones are told
 * apart.
 */
#include "kselftest_harness.h"

#include <sys/stat.h>
#include "cert.h"
#include "test_cert.h"

#define NOW 2000000000

FIXTURE(certs) {
	char dir[32];
};

FIXTURE_SETUP(certs)
{
	enter_temp_dir(self->dir);
}

FIXTURE_TEARDOWN(certs)
{
	leave_temp_dir(self->dir);
}

TEST_F(certs, load)
{
	struct test_cert t = { .cn = "Alice" };
	char hex[2 * CERT_DIGEST_LEN + 1];
	uint8_t digest[32], *der;
	struct cert *cert, *again;
	unsigned int n = 32;

	EVP_PKEY_free(put_cert("good", &t));
	ASSERT_EQ(0, cert_load("good.crt", &cert));
	EXPECT_STREQ("CN=Alice", cert->subject);
	EXPECT_EQ(1000000, cert->not_before);
	EXPECT_EQ(4000000000, cert->not_after);
	X509_digest(cert->x509, EVP_sha256(), digest, &n);
	EXPECT_EQ(0, memcmp(digest, cert->fingerprint, 32));
	cert_fingerprint(cert, hex);
	for (int i = 0; i < 32; i++) {
		char byte[3];

		snprintf(byte, sizeof(byte), "%02x", digest[i]);
		EXPECT_EQ(0, memcmp(byte, hex + 2 * i, 2));
	}
	EXPECT_EQ(0, hex[64]);
	EXPECT_EQ(0, cert_check_signer(cert, NOW));
	/* The same from DER. */
	put_file("good.der", cert->der, cert->der_len);
	ASSERT_EQ(0, cert_load("good.der", &again));
	der = again->der;
	ASSERT_EQ(cert->der_len, again->der_len);
	EXPECT_EQ(0, memcmp(cert->der, der, again->der_len));
	cert_free(cert);
	cert_free(again);
	cert_free(NULL);
}

/* Every file that isn't a certificate, with errno and message. */
TEST_F(certs, load_refused)
{
	static const struct {
		const char *path;
		int err;
		const char *message;
	} cases[] = {
		{ "none", -ENOENT, "bpfseal: cannot read certificate none: No such file" },
		{ ".", -EISDIR, "bpfseal: cannot read certificate .: Is a directory" },
		{ "fifo", -EINVAL, "bpfseal: certificate fifo is not a regular file" },
		{ "huge", -EFBIG, "bpfseal: certificate huge is larger than 65536 bytes" },
		{ "empty", -EBADMSG, "bpfseal: empty is not a certificate" },
		{ "text", -EBADMSG, "bpfseal: text is not a certificate" },
		{ "good.key", -EBADMSG, "bpfseal: good.key is not a certificate" },
		{ "short.der", -EBADMSG, "bpfseal: short.der is not a certificate" },
		{ "long.der", -EBADMSG, "bpfseal: long.der is not a certificate" },
		{ "two", -EBADMSG, "bpfseal: two holds several certificates" },
		{ "a\033[2J", -ENOENT, "bpfseal: cannot read certificate a\\x1b[2J: " },
	};
	struct test_cert t = { 0 };
	struct cert *cert, *mark = (struct cert *)1;
	static char huge[CERT_FILE_MAX + 1];
	struct capture c;

	EVP_PKEY_free(put_cert("good", &t));
	ASSERT_EQ(0, cert_load("good.crt", &cert));
	put_file("short.der", cert->der, cert->der_len - 1);
	put_file("long.der", cert->der, cert->der_len);
	ASSERT_EQ(0, system("echo >>long.der; cat good.crt good.crt >two; mkfifo fifo"));
	cert_free(cert);
	put_file("huge", huge, sizeof(huge));
	put_text("empty", "");
	put_text("text", "0 is not a SEQUENCE\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cert = mark;
		capture_begin(&c, 2);
		EXPECT_EQ(cases[i].err, cert_load(cases[i].path, &cert));
		capture_end(&c);
		EXPECT_EQ(mark, cert);
		EXPECT_TRUE(starts_with(c.text, cases[i].message))
			TH_LOG("%s: got %s", cases[i].path, c.text);
		EXPECT_EQ(strlen(c.text) - 1, strcspn(c.text, "\n"));
	}
}

static const struct {
	struct test_cert cert;
	const char *message;	/* NULL: fit */
} judged[] = {
	{ { 0 }, NULL },
	{ { .key = "P-384" }, NULL },
	{ { .key = "rsa:2048" }, NULL },
	{ { .key = "rsa:3072", .digest = "SHA512" }, NULL },
	{ { .usage = "-" }, NULL },
	{ { .extended = "-" }, NULL },
	{ { .constraints = "-" }, NULL },
	{ { .extended = "serverAuth,codeSigning" }, NULL },
	{ { .extended = "anyExtendedKeyUsage" }, NULL },
	{ { .usage = "keyCertSign" }, "keyUsage lacks digitalSignature" },
	{ { .usage = "keyEncipherment" }, "keyUsage lacks digitalSignature" },
	{ { .extended = "serverAuth" }, "extendedKeyUsage lacks codeSigning" },
	{ { .constraints = "CA:TRUE" }, "is a CA's" },
	{ { .constraints = "CA:TRUE", .usage = "digitalSignature,keyCertSign" },
	  "is a CA's" },
	{ { .key = "rsa:1024" }, "RSA key of less than 2048 bits" },
	{ { .key = "rsa:2040" }, "RSA key of less than 2048 bits" },
	{ { .key = "P-521" }, "another curve than P-256 and P-384" },
	{ { .key = "secp256k1" }, "another curve than P-256 and P-384" },
	{ { .key = "ED25519", .digest = "-" }, "neither RSA nor ECDSA" },
	{ { .digest = "SHA1" }, "another digest than" },
	{ { .digest = "SHA224" }, "another digest than" },
	{ { .ski = "-" }, "no subject key identifier" },
	{ { .ski = "00" }, NULL },
	{ { .ski = "0011223344556677889900112233445566778899001122334455667788990011"
			      "2233445566778899001122334455667788990011223344556677889900112233"
			      "44" }, "identifier of more than 64 bytes" },
};

TEST_F(certs, fit_to_sign)
{
	for (size_t i = 0; i < sizeof(judged) / sizeof(judged[0]); i++) {
		struct capture c;
		struct cert *cert;
		int err;

		EVP_PKEY_free(put_cert("c", &judged[i].cert));
		ASSERT_EQ(0, cert_load("c.crt", &cert));
		capture_begin(&c, 2);
		err = cert_check_signer(cert, NOW);
		capture_end(&c);
		EXPECT_EQ(judged[i].message ? -EKEYREJECTED : 0, err) TH_LOG("case %zu", i);
		if (judged[i].message) {
			EXPECT_NE(NULL, strstr(c.text, judged[i].message))
				TH_LOG("case %zu: got %s", i, c.text);
		} else {
			EXPECT_STREQ("", c.text);
		}
		cert_free(cert);
	}
}

TEST_F(certs, dates)
{
	static const struct {
		time_t now;
		const char *message;
	} cases[] = {
		{ 999999999, "bpfseal: certificate d.crt is not valid until 2001-09-09 01:46:40 UTC\n" },
		{ 1000000000, NULL },
		{ 2000000000, NULL },
		{ 2000000001, "bpfseal: certificate d.crt expired on 2033-05-18 03:33:20 UTC\n" },
	};
	struct test_cert t = { 0 };
	struct capture c;
	struct cert *cert;

	t.before = 1000000000;
	t.after = 2000000000;
	EVP_PKEY_free(put_cert("d", &t));
	ASSERT_EQ(0, cert_load("d.crt", &cert));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		capture_begin(&c, 2);
		EXPECT_EQ(cases[i].message ? -EKEYEXPIRED : 0,
			  cert_check_signer(cert, cases[i].now));
		capture_end(&c);
		EXPECT_TRUE(starts_with(c.text, cases[i].message ? cases[i].message : ""))
			TH_LOG("got %s", c.text);
	}
	cert_free(cert);
}

TEST_F(certs, subject_is_safe_to_print)
{
	struct test_cert t = { .cn = "a\nbpfseal: \033[2Jb\xc3\xbc\x7f" };
	struct cert *cert;

	EVP_PKEY_free(put_cert("s", &t));
	ASSERT_EQ(0, cert_load("s.crt", &cert));
	for (const char *p = cert->subject; *p; p++)
		EXPECT_TRUE(*p >= 0x20 && *p < 0x7f);
	cert_free(cert);
}

TEST_F(certs, key)
{
	struct test_cert t = { 0 };
	EVP_PKEY *made = put_cert("a", &t), *key = NULL;
	struct capture c;
	struct cert *a, *b;

	EVP_PKEY_free(put_cert("b", &t));
	ASSERT_EQ(0, cert_load("a.crt", &a));
	ASSERT_EQ(0, cert_load("b.crt", &b));
	capture_begin(&c, 2);
	ASSERT_EQ(0, cert_key_load("a.key", &key));
	capture_end(&c);
	EXPECT_STREQ("", c.text);
	EXPECT_EQ(1, EVP_PKEY_eq(key, made));
	EXPECT_TRUE(cert_key_matches(a, key));
	EXPECT_FALSE(cert_key_matches(b, key));
	EVP_PKEY_free(key);
	ASSERT_EQ(0, chmod("a.key", 0640));
	capture_begin(&c, 2);
	ASSERT_EQ(0, cert_key_load("a.key", &key));
	capture_end(&c);
	EXPECT_STREQ("bpfseal: warning: others than its owner have access to private key a.key (mode 0640)\n",
		     c.text);
	EVP_PKEY_free(key);
	EVP_PKEY_free(made);
	cert_free(a);
	cert_free(b);
}

TEST_F(certs, key_refused)
{
	static const struct {
		const char *path;
		int err;
		const char *message;
	} cases[] = {
		{ "none", -ENOENT, "bpfseal: cannot read private key none: No such file" },
		{ "a.crt", -EBADMSG, "bpfseal: a.crt is not a private key (PEM)\n" },
		{ "a.der", -EBADMSG, "bpfseal: a.der is not a private key (PEM)\n" },
		{ "empty", -EBADMSG, "bpfseal: empty is not a private key (PEM)\n" },
		{ "locked", -EKEYREJECTED, "bpfseal: private key locked is encrypted, which is not supported\n" },
	};
	struct test_cert t = { 0 };
	EVP_PKEY *made = put_cert("a", &t), *mark = (EVP_PKEY *)1, *key;
	struct capture c;
	uint8_t *der = NULL;
	int len;

	len = i2d_PrivateKey(made, &der);
	put_file("a.der", der, (size_t)len);
	OPENSSL_free(der);
	put_key("locked", made, "passphrase");
	put_text("empty", "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		key = mark;
		capture_begin(&c, 2);
		EXPECT_EQ(cases[i].err, cert_key_load(cases[i].path, &key));
		capture_end(&c);
		EXPECT_EQ(mark, key);
		EXPECT_TRUE(starts_with(c.text, cases[i].message))
			TH_LOG("%s: got %s", cases[i].path, c.text);
	}
	EVP_PKEY_free(made);
}

TEST_HARNESS_MAIN
