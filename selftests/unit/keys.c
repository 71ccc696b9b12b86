// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keys.c - bpfseal keys ca and signer: what they make is fit to sign, private
 * keys are private, nothing is overwritten.
 */
#include "kselftest_harness.h"

#include <sys/stat.h>
#include "cert.h"
#include "cmd.h"
#include "diag.h"
#include "test_cert.h"

FIXTURE(keys) {
	char dir[32];
};

FIXTURE_SETUP(keys)
{
	enter_temp_dir(self->dir);
}

FIXTURE_TEARDOWN(keys)
{
	leave_temp_dir(self->dir);
}

/* Run "bpfseal keys WORDS"; what it printed is in out and err. */
static int run(const char *words, char *out, char *err)
{
	return capture_command(cmd_keys, "keys", words, out, err);
}

static char out[CAPTURE_MAX], err[CAPTURE_MAX];

static mode_t mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_mode & 07777;
}

TEST_F(keys, rsa_and_ec)
{
	static const struct {
		const char *ca, *signer;
		int type, bits;
	} cases[] = {
		{ "ca K1", "signer K1 --name alice", EVP_PKEY_RSA, 2048 },
		{ "ca K2 --ec --name Our_CA", "signer K2 --ec --name alice", EVP_PKEY_EC, 256 },
	};

	umask(0);
	for (size_t i = 0; i < 2; i++) {
		struct cert *ca, *cert;
		EVP_PKEY *key;

		ASSERT_EQ(0, run(cases[i].ca, out, err)) TH_LOG("%s", err);
		ASSERT_EQ(0, run(cases[i].signer, out, err)) TH_LOG("%s", err);
		EXPECT_STREQ("", err);
		EXPECT_NE(NULL, strstr(out, "subject:     CN=alice\n"));
		ASSERT_EQ(0, chdir(i ? "K2" : "K1"));
		EXPECT_EQ(0700, mode_of("."));
		EXPECT_EQ(0600, mode_of("ca.key"));
		EXPECT_EQ(0600, mode_of("alice.key"));
		EXPECT_EQ(0644, mode_of("alice.crt"));
		ASSERT_EQ(0, cert_load("ca.crt", &ca));
		ASSERT_EQ(0, cert_load("alice.crt", &cert));
		ASSERT_EQ(0, cert_key_load("alice.key", &key));
		EXPECT_STREQ(i ? "CN=Our_CA" : "CN=bpfseal CA", ca->subject);
		EXPECT_TRUE(cert_key_matches(cert, key));
		EXPECT_EQ(cases[i].type, EVP_PKEY_get_base_id(key));
		EXPECT_EQ(cases[i].bits, EVP_PKEY_get_bits(key));
		EXPECT_EQ(0, cert_check_signer(cert, time(NULL)));
		EXPECT_EQ(1, X509_verify(cert->x509, X509_get0_pubkey(ca->x509)));
		EXPECT_EQ(X509_V_OK, X509_check_issued(ca->x509, cert->x509));
		EXPECT_EQ(0, ASN1_OCTET_STRING_cmp(X509_get0_subject_key_id(ca->x509),
						   X509_get0_authority_key_id(cert->x509)));
		EXPECT_EQ(KU_DIGITAL_SIGNATURE, X509_get_key_usage(cert->x509));
		EXPECT_EQ(XKU_CODE_SIGN, X509_get_extended_key_usage(cert->x509));
		EXPECT_EQ(KU_KEY_CERT_SIGN, X509_get_key_usage(ca->x509));
		EXPECT_TRUE(X509_get_extension_flags(ca->x509) & EXFLAG_CA);
		EVP_PKEY_free(key);
		cert_free(ca);
		cert_free(cert);
		ASSERT_EQ(0, chdir(".."));
	}
}

TEST_F(keys, days)
{
	const time_t day = 24 * 60 * 60;
	struct cert *a, *b;

	ASSERT_EQ(0, run("ca K --ec --days 30", out, err));
	ASSERT_EQ(0, run("signer K --ec --name a --days 10", out, err));
	ASSERT_EQ(0, run("signer K --ec --name b --days 100", out, err));
	ASSERT_EQ(0, cert_load("K/a.crt", &a));
	ASSERT_EQ(0, cert_load("K/b.crt", &b));
	EXPECT_LT(llabs(a->not_after - (time(NULL) + 10 * day)), 60);
	/* Not beyond its authority's end. */
	EXPECT_LT(llabs(b->not_after - (time(NULL) + 30 * day)), 60);
	cert_free(a);
	cert_free(b);
}

TEST_F(keys, never_overwrites)
{
	static const char *const files[] = { "K/ca.key", "K/ca.crt", "K/a.key", "K/a.crt" };
	struct cert *before, *after;

	ASSERT_EQ(0, run("ca K --ec", out, err));
	ASSERT_EQ(0, run("signer K --ec --name a", out, err));
	for (size_t i = 0; i < 4; i++) {
		const char *words = i < 2 ? "ca K --ec" : "signer K --ec --name a";
		const char *other = files[i ^ 1];

		ASSERT_EQ(0, cert_load(i < 2 ? "K/ca.crt" : "K/a.crt", &before));
		EXPECT_EQ(EXIT_FAILED, run(words, out, err));
		EXPECT_NE(NULL, strstr(err, " exists already; it is not overwritten\n"));
		ASSERT_EQ(0, cert_load(i < 2 ? "K/ca.crt" : "K/a.crt", &after));
		EXPECT_EQ(0, memcmp(before->fingerprint, after->fingerprint, 32));
		cert_free(before);
		cert_free(after);
		/* Even with one of the two gone, the other stays, and no new one is left. */
		ASSERT_EQ(0, rename(other, "aside"));
		EXPECT_EQ(EXIT_FAILED, run(words, out, err));
		EXPECT_EQ(-1, access(other, F_OK));
		EXPECT_EQ(0, access(files[i], F_OK));
		ASSERT_EQ(0, rename("aside", other));
	}
}

TEST_F(keys, refused)
{
	static const struct {
		const char *words;
		int code;
		const char *message;
	} cases[] = {
		{ "", EXIT_USAGE, "usage: " },
		{ "nonsense", EXIT_USAGE, "usage: " },
		{ "ca", EXIT_USAGE, "usage: " },
		{ "ca A B", EXIT_USAGE, "usage: " },
		{ "signer K", EXIT_USAGE, "usage: " },
		{ "enrol a", EXIT_USAGE, "usage: " },
		{ "list x", EXIT_USAGE, "usage: " },
		{ "ca K --days 0", EXIT_USAGE, "bpfseal: --days is \"0\", expected a number from 1 to 36500\n" },
		{ "ca K --days 36501", EXIT_USAGE, "bpfseal: --days is \"36501\"" },
		{ "ca K --days 1x", EXIT_USAGE, "bpfseal: --days is \"1x\"" },
		{ "ca K --days -5", EXIT_USAGE, "bpfseal: --days is \"-5\"" },
		{ "ca K --days ", EXIT_USAGE, "bpfseal: --days is \"\"" },
		{ "ca none/K", EXIT_FAILED, "bpfseal: cannot make directory none/K: No such file" },
		{ "ca K --name ", EXIT_FAILED, "bpfseal: common name \"\" has 0 bytes, expected 1 to 64" },
		{ "signer K --name ca", EXIT_USAGE, "bpfseal: \"ca\" is no name for a signer" },
		{ "signer K --name ../x", EXIT_USAGE, "bpfseal: \"../x\" is no name for a signer" },
		{ "signer K --name .x", EXIT_USAGE, "bpfseal: \".x\" is no name for a signer" },
		{ "signer K --name Alice", EXIT_USAGE, "bpfseal: \"Alice\" is no name for a signer" },
		{ "signer none --name a", EXIT_FAILED, "bpfseal: cannot read certificate none/ca.crt: " },
		{ "enrol A --cert x", EXIT_USAGE, "bpfseal: \"A\" is no name for a signer" },
		{ "enrol a --cert none", EXIT_FAILED, "bpfseal: cannot read certificate none: " },
		{ "enrol a --cert CA/ca.crt", EXIT_FAILED, "bpfseal: certificate CA/ca.crt is a CA's" },
	};

	ASSERT_EQ(0, run("ca CA --ec", out, err));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EXPECT_EQ(cases[i].code, run(cases[i].words, out, err)) TH_LOG("%s", cases[i].words);
		EXPECT_TRUE(starts_with(err, cases[i].message))
			TH_LOG("%s: got %s", cases[i].words, err);
		EXPECT_STREQ("", out);
	}
	EXPECT_EQ(-1, access("K/ca.key", F_OK));
}

TEST_F(keys, help)
{
	static const char *const words[] = { "--help", "-h", "ca --help", "list --help" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		EXPECT_EQ(0, run(words[i], out, err));
		EXPECT_TRUE(starts_with(out, "usage: bpfseal keys ca DIR"));
		EXPECT_STREQ("", err);
	}
}

/* A key that belongs to another authority is noticed. */
TEST_F(keys, authority_mixed_up)
{
	ASSERT_EQ(0, run("ca K --ec", out, err));
	ASSERT_EQ(0, run("ca L --ec", out, err));
	ASSERT_EQ(0, rename("L/ca.key", "K/ca.key"));
	EXPECT_EQ(EXIT_FAILED, run("signer K --ec --name a", out, err));
	EXPECT_STREQ("bpfseal: K/ca.key is not the key of the authority's certificate\n", err);
	EXPECT_EQ(-1, access("K/a.key", F_OK));
}

TEST_HARNESS_MAIN
