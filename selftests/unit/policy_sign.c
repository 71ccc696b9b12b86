// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_sign.c - bpfseal policy sign, and the statements of policy authority sign:
 * what they refuse, and that openssl agrees with what they write.
 */
#include "kselftest_harness.h"

#include <sys/stat.h>
#include "cert.h"
#include "cmd.h"
#include "diag.h"
#include "hex.h"
#include "test_cert.h"

static char out[CAPTURE_MAX], err[CAPTURE_MAX];

static int run(const char *words)
{
	return capture_command(cmd_policy, "policy", words, out, err);
}

FIXTURE(policy_sign) {
	char dir[32];
	struct cert *signer;
	char line[100];		/* that names the signer's certificate */
};

#define SIGNER "mode: enforcing\nrequire: metadata\nsigners:\n- name: team\n  certificate: s.crt\n"
#define SIGN "sign --key a.key --certificate a.crt p.yaml"

static void put_policy(const char *first, const char *last)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s" SIGNER "%s", first, last);
	put_text("p.yaml", text);
}

FIXTURE_SETUP(policy_sign)
{
	struct test_cert t = { .cn = "authority" };

	enter_temp_dir(self->dir);
	umask(022);
	EVP_PKEY_free(put_cert("a", &t));
	EVP_PKEY_free(put_cert("b", &t));
	EVP_PKEY_free(put_cert("s", &t));
	t.after = 1500000000;
	EVP_PKEY_free(put_cert("old", &t));
	ASSERT_EQ(0, cert_load("s.crt", &self->signer));
	snprintf(self->line, sizeof(self->line), "  fingerprint: \"%s\"\n",
		 hex_of(self->signer->fingerprint).s);
	put_policy("version: 1\n", self->line);
}

FIXTURE_TEARDOWN(policy_sign)
{
	cert_free(self->signer);
	leave_temp_dir(self->dir);
}

#define VERIFY(sig, content) "openssl cms -verify -inform DER -in " sig " -content " content \
	" -binary -CAfile a.crt -partial_chain -purpose any -out /dev/null 2>/dev/null"

TEST_F(policy_sign, good)
{
	EXPECT_EQ(EXIT_DONE, run(SIGN)) TH_LOG("%s", err);
	EXPECT_TRUE(starts_with(out, "p.yaml.p7s: signed by CN=authority, SHA-256 "));
	EXPECT_STREQ("", err);
	EXPECT_EQ(0, system(VERIFY("p.yaml.p7s", "p.yaml")));
	EXPECT_EQ(0, system("openssl cms -cmsout -print -inform DER -in p.yaml.p7s | "
			    "grep -q 'object: signingTime'"));
	EXPECT_EQ(EXIT_DONE, run(SIGN " -o x.p7s"));
	EXPECT_EQ(0, system(VERIFY("x.p7s", "p.yaml")));
	/* The certificates need not be here. */
	ASSERT_EQ(0, unlink("s.crt"));
	EXPECT_EQ(EXIT_DONE, run(SIGN)) TH_LOG("%s", err);
}

/* The line it tells is all that is missing. */
TEST_F(policy_sign, tells_the_fingerprint)
{
	put_policy("version: 1\n", "");
	EXPECT_EQ(EXIT_FAILED, run(SIGN));
	EXPECT_TRUE(starts_with(err, "p.yaml:5:9: signer team lacks \"fingerprint\""))
		TH_LOG("%s", err);
	EXPECT_NE(NULL, strstr(err, self->line)) TH_LOG("%s", err);
	EXPECT_NE(0, access("p.yaml.p7s", F_OK));
}

TEST_F(policy_sign, refused)
{
	static const struct {
		const char *first, *last, *words;
		int code;
		const char *says;
	} cases[] = {
		{ "", NULL, SIGN, EXIT_FAILED, "p.yaml: a policy that is signed needs a \"version\"" },
		{ "version: 0\n", NULL, SIGN, EXIT_FAILED, "p.yaml: a policy that is signed needs" },
		{ "version: x\n", NULL, SIGN, EXIT_FAILED, "p.yaml:1:10: \"version\" is " },
		{ "version: 1\n", "  fingerprint: \"1111111111111111111111111111111111111111"
		  "111111111111111111111111\"\n", SIGN, EXIT_FAILED,
		  "p.yaml:5:9: signer team has another fingerprint than its certificate ./s.crt" },
		{ "version: 1\n", NULL, "sign --key b.key --certificate a.crt p.yaml", EXIT_FAILED,
		  "bpfseal: private key b.key does not belong to certificate a.crt" },
		{ "version: 1\n", NULL, "sign --key old.key --certificate old.crt p.yaml",
		  EXIT_FAILED, "bpfseal: certificate old.crt expired on 2017" },
		{ "version: 1\n", NULL, SIGN " -o a.key", EXIT_FAILED,
		  "bpfseal: output a.key is the same file as input a.key" },
		{ "version: 1\n", NULL, SIGN " -o none/x", EXIT_FAILED,
		  "bpfseal: cannot write none/x: No such file" },
		{ "version: 1\n", NULL, SIGN "x", EXIT_FAILED, "bpfseal: cannot read policy p.yamlx" },
		{ "version: 1\n", NULL, SIGN " more", EXIT_USAGE, "usage: " },
		{ "version: 1\n", NULL, "sign p.yaml", EXIT_USAGE, "usage: " },
		{ "version: 1\n", NULL, "", EXIT_USAGE, "usage: bpfseal policy COMMAND" },
		{ "version: 1\n", NULL, "bogus", EXIT_USAGE, "bpfseal: unknown command 'policy bogus'" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_policy(cases[i].first, cases[i].last ? cases[i].last : self->line);
		EXPECT_EQ(cases[i].code, run(cases[i].words)) TH_LOG("%s", cases[i].words);
		EXPECT_TRUE(starts_with(err, cases[i].says)) TH_LOG("case %zu: %s", i, err);
		EXPECT_STREQ("", out);
		EXPECT_NE(0, access("p.yaml.p7s", F_OK));
	}
}

TEST_F(policy_sign, statements)
{
	ASSERT_EQ(0, system("openssl x509 -in b.crt -outform DER -out b.der"));
	EXPECT_EQ(EXIT_DONE, run("authority sign --key a.key --certificate a.crt -o s b.crt"));
	EXPECT_EQ(0, system(VERIFY("s", "b.der")));
	EXPECT_EQ(EXIT_DONE, run("authority sign --key a.key --certificate a.crt -o s --remove"));
	EXPECT_NE(0, system(VERIFY("s", "b.der")));
	ASSERT_EQ(0, system("printf 'bpfseal: remove the policy authority %s\n' "
			    "$(openssl x509 -in a.crt -outform DER | sha256sum | cut -c1-64) >text"));
	EXPECT_EQ(0, system(VERIFY("s", "text")));
}

TEST_F(policy_sign, authority_usage)
{
	static const char *const wrong[] = {
		"authority", "authority bogus", "authority set", "authority set a b",
		"authority show a", "authority remove a", "authority set a.crt --remove",
		"authority sign --key a.key --certificate a.crt b.crt",
		"authority sign --key a.key --certificate a.crt -o s",
		"authority sign --key a.key --certificate a.crt -o s --remove b.crt",
		"authority set a.crt --key a.key", "authority show --signature s",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		EXPECT_EQ(EXIT_USAGE, run(wrong[i])) TH_LOG("%s", wrong[i]);
		EXPECT_TRUE(starts_with(err, "usage: ")) TH_LOG("%s: %s", wrong[i], err);
	}
	EXPECT_EQ(EXIT_DONE, run("authority --help"));
	EXPECT_EQ(EXIT_DONE, run("sign --help"));
	EXPECT_EQ(EXIT_DONE, run("--help"));
}

TEST_HARNESS_MAIN
