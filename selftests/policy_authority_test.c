// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_authority_test.c - a policy authority from end to end: what install refuses
 * leaves the policy in force as it is, nothing older follows, and boot brings the
 * last one back. unit/authority.c has the cases in detail.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "authority.h"
#include "cert.h"
#include "cli.h"
#include "gate_test.h"
#include "hex.h"
#include "pins.h"
#include "store.h"

#define POLICY CLI_TMP "/policy.yaml"
#define SIGNATURE POLICY ".p7s"
#define CURRENT STORE_DIR "/current"
#define MINUTE 60
#define HOUR 3600
#define YEAR (365L * 24 * 3600)

FIXTURE(authority) {
	struct gate_output out;
};

/* A policy of this version, with this certificate's signer, that no one has signed. */
static int write_policy_of(unsigned int version, const char *certificate)
{
	struct cert *signer;
	char text[512];
	int err;

	err = cert_load(certificate, &signer);
	if (err)
		return err;
	snprintf(text, sizeof(text), "version: %u\nmode: enforcing\nrequire: %s\nsigners:\n"
		 "  - name: signer\n    certificate: %s\n    fingerprint: \"%s\"\n", version,
		 gate_require(gate_kernel()->loader_level), certificate,
		 hex_of(signer->fingerprint).s);
	cert_free(signer);
	unlink(SIGNATURE);
	return gate_write(POLICY, text, strlen(text));
}

static int write_policy(unsigned int version)
{
	return write_policy_of(version, GATE_KEYS "/signer.crt");
}

static int sign_policy(const char *who)
{
	char key[64], cert[64];

	snprintf(key, sizeof(key), CLI_TMP "/%s.key", who);
	snprintf(cert, sizeof(cert), CLI_TMP "/%s.crt", who);
	return gate_do("bpfseal", "policy", "sign", "--key", key, "--certificate", cert, POLICY);
}

static int write_signed(unsigned int version, const char *who)
{
	int err = write_policy(version);

	return err ? err : sign_policy(who);
}

static int shell(const char *command)
{
	return gate_do("sh", "-c", command);
}

static int forget_all(void)
{
	return shell("rm -rf /etc/bpfseal " STORE_DIR);
}

FIXTURE_SETUP(authority)
{
	const struct cli_cert authority = { .name = "authority" }, other = { .name = "other" };

	GATE_NEEDS_SIGNATURES;
	ASSERT_TRUE(mkdir(CLI_TMP, 0755) == 0 || errno == EEXIST);
	ASSERT_EQ(0, gate_clean());
	ASSERT_EQ(0, forget_all());
	ASSERT_EQ(0, cli_cert_make(&authority));
	ASSERT_EQ(0, cli_cert_make(&other));
	CLI_RUN(0, &self->out, "bpfseal", "policy", "authority", "set", CLI_TMP "/authority.crt");
	EXPECT_EQ(self->out.out, strstr(self->out.out, "authority: CN=authority, SHA-256 "));
}

FIXTURE_TEARDOWN(authority)
{
	gate_output_free(&self->out);
	EXPECT_EQ(0, gate_clean());
	EXPECT_EQ(0, forget_all());
}

static void expect_refused(struct __test_metadata *_metadata, FIXTURE_DATA(authority) *self,
			   const char *command, const char *reason)
{
	struct bpfseal_table *was, *is;

	ASSERT_EQ(0, report_table(&was));
	CLI_RUN(1, &self->out, "bpfseal", command, POLICY);
	EXPECT_STREQ("", self->out.out);
	CLI_HAS(self->out.err, reason);
	ASSERT_EQ(0, report_table(&is));
	EXPECT_EQ(0, memcmp(was, is, sizeof(*was))) TH_LOG("%s: %s", command, reason);
	EXPECT_EQ(-EPERM, cli_unsigned());
	free(was);
	free(is);
}

/* Both refuse with this reason, and the policy in force is still the same. */
#define REFUSED(reason) do { \
	expect_refused(_metadata, self, "install", reason); \
	expect_refused(_metadata, self, "reload", reason); \
} while (0)

TEST_F(authority, unsigned_policy)
{
	ASSERT_EQ(0, write_policy(1));
	CLI_RUN(1, &self->out, "bpfseal", "install", POLICY);
	CLI_HAS(self->out.err, "it isn't signed, there is no " SIGNATURE);
	EXPECT_NE(0, access(PIN_DIR, F_OK));
	EXPECT_EQ(0, cli_unsigned());
}

/* The last byte of a CMS signature is one of the value itself. */
static int change_last_byte(const char *path)
{
	FILE *f = fopen(path, "r+e");
	int c;

	if (!f)
		return -errno;
	fseek(f, -1, SEEK_END);
	c = fgetc(f);
	fseek(f, -1, SEEK_END);
	fputc(c ^ 1, f);
	return fclose(f) ? -errno : 0;
}

TEST_F(authority, refusals_change_nothing)
{
	struct bpfseal_policy policy;
	struct cert *authority;

	ASSERT_EQ(0, write_signed(2, "authority"));
	CLI_RUN(0, &self->out, "bpfseal", "install", POLICY);
	ASSERT_EQ(0, report_policy(&policy));
	ASSERT_EQ(0, cert_load(CLI_TMP "/authority.crt", &authority));
	EXPECT_EQ(0, memcmp(authority->fingerprint, policy.authority, 32));
	EXPECT_EQ(2, policy.version);
	cert_free(authority);

	ASSERT_EQ(0, write_signed(1, "authority"));
	REFUSED("its version 1 is not higher than 2, that of the policy in force");
	ASSERT_EQ(0, write_signed(2, "authority"));
	ASSERT_EQ(0, shell("echo 'default: deny\nrules: [{id: r, action: allow, uids: [7]}]' >>"
			   POLICY));
	ASSERT_EQ(0, sign_policy("authority"));
	REFUSED("its version 2 is not higher than 2, that of the policy in force");
	ASSERT_EQ(0, write_policy(3));
	REFUSED("it isn't signed");
	ASSERT_EQ(0, write_signed(3, "other"));
	REFUSED("is made by another signer");
	ASSERT_EQ(0, write_signed(3, "authority"));
	ASSERT_EQ(0, shell("sed -i '$d' " POLICY));
	REFUSED("doesn't match: one of the two was changed, or is cut short");
	ASSERT_EQ(0, write_signed(3, "authority"));
	ASSERT_EQ(0, shell("sed -i s/enforcing/permissive/ " POLICY));
	REFUSED("doesn't match: one of the two was changed, or is cut short");
	ASSERT_EQ(0, write_signed(3, "authority"));
	ASSERT_EQ(0, shell("head -c 300 " SIGNATURE " >" CLI_TMP "/x; mv " CLI_TMP "/x " SIGNATURE));
	REFUSED("is cut short or damaged");
	ASSERT_EQ(0, write_signed(3, "authority"));
	ASSERT_EQ(0, change_last_byte(SIGNATURE));
	REFUSED(POLICY " is refused: its signature ");
	ASSERT_EQ(0, write_signed(3, "other"));
	ASSERT_EQ(0, shell("openssl x509 -in " CLI_TMP "/other.crt -outform DER -out "
			   AUTHORITY_FILE));
	REFUSED(AUTHORITY_FILE " was changed without a statement of the authority in force");
	ASSERT_EQ(0, shell("rm " AUTHORITY_FILE));
	REFUSED(AUTHORITY_FILE " was removed without a statement of the authority in force");
	CLI_RUN(1, &self->out, "bpfseal", "policy", "authority", "set", CLI_TMP "/other.crt");
	CLI_HAS(self->out.err, "only with a statement of the present one");
	CLI_RUN(0, &self->out, "bpfseal", "policy", "authority", "set",
		CLI_TMP "/authority.crt");
}

TEST_F(authority, expired)
{
	const struct cli_cert old = { .name = "old", .from = -YEAR, .until = -MINUTE };

	ASSERT_EQ(0, cli_cert_make(&old));
	ASSERT_EQ(0, write_policy(1));
	ASSERT_EQ(0, shell("openssl cms -sign -binary -in " POLICY " -outform DER -out " SIGNATURE
			   " -signer " CLI_TMP "/old.crt -inkey " CLI_TMP "/old.key"));
	ASSERT_EQ(0, shell("openssl x509 -in " CLI_TMP "/old.crt -outform DER -out "
			   AUTHORITY_FILE));
	CLI_RUN(1, &self->out, "bpfseal", "install", POLICY);
	CLI_HAS(self->out.err, AUTHORITY_FILE " expired on 20");
	EXPECT_NE(0, access(PIN_DIR, F_OK));
	CLI_RUN(1, &self->out, "bpfseal", "policy", "authority", "set", CLI_TMP "/old.crt");
	CLI_HAS(self->out.err, CLI_TMP "/old.crt expired on 20");
}

TEST_F(authority, wrong_fingerprint)
{
	ASSERT_EQ(0, write_signed(1, "authority"));
	ASSERT_EQ(0, shell("sed -i 's,/signer.crt,/stranger.crt,' " POLICY));
	ASSERT_EQ(0, shell("openssl cms -sign -binary -in " POLICY " -outform DER -out " SIGNATURE
			   " -signer " CLI_TMP "/authority.crt -inkey " CLI_TMP "/authority.key"));
	CLI_RUN(1, &self->out, "bpfseal", "install", POLICY);
	CLI_HAS(self->out.err, "/stranger.crt has the fingerprint ");
	CLI_HAS(self->out.err, POLICY ":5:11: signer signer can't be trusted");
	EXPECT_NE(0, access(PIN_DIR, F_OK));
}

static int turn_clock(long seconds)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += seconds;
	return clock_settime(CLOCK_REALTIME, &now);
}

TEST_F(authority, expired_under_a_policy)
{
	const struct cli_cert old = { .name = "old", .from = -YEAR, .until = -MINUTE };

	ASSERT_EQ(0, write_signed(1, "authority"));
	CLI_RUN(0, &self->out, "bpfseal", "install", POLICY);
	ASSERT_EQ(0, cli_cert_make(&old));
	ASSERT_EQ(0, write_policy_of(2, CLI_TMP "/old.crt"));
	ASSERT_EQ(0, sign_policy("authority"));
	REFUSED(POLICY ":5:11: signer signer can't be trusted with this certificate");
	CLI_HAS(self->out.err, CLI_TMP "/old.crt expired on 20");
	ASSERT_EQ(0, write_signed(2, "authority"));
	ASSERT_EQ(0, turn_clock(48 * HOUR));
	REFUSED(AUTHORITY_FILE " expired on 20");
	ASSERT_EQ(0, turn_clock(-48 * HOUR));
	CLI_RUN(0, &self->out, "bpfseal", "reload", POLICY);
}

TEST_F(authority, reloaded)
{
	struct bpfseal_policy was, is;

	ASSERT_EQ(0, write_signed(2, "authority"));
	CLI_RUN(0, &self->out, "bpfseal", "install", POLICY);
	ASSERT_EQ(0, write_signed(5, "authority"));
	CLI_RUN(0, &self->out, "bpfseal", "reload", POLICY);
	CLI_HAS(self->out.out, "reloaded: enforcing, ");
	ASSERT_EQ(0, report_policy(&was));
	EXPECT_EQ(5, was.version);

	/* The very same once more: nothing is rolled back. */
	CLI_RUN(0, &self->out, "bpfseal", "reload", POLICY);
	ASSERT_EQ(0, report_policy(&is));
	EXPECT_EQ(was.generation + 1, is.generation);
	EXPECT_EQ(0, memcmp(was.digest, is.digest, sizeof(was.digest)));
	EXPECT_EQ(0, memcmp(was.authority, is.authority, sizeof(was.authority)));
	EXPECT_EQ(5, is.version);
	EXPECT_EQ(-EPERM, cli_unsigned());
	unlink(SIGNATURE);
	REFUSED("it isn't signed");
	ASSERT_EQ(0, write_signed(4, "authority"));
	REFUSED("its version 4 is not higher than 5, that of the policy in force");
}

/* What uninstall leaves is what a reboot leaves. */
TEST_F(authority, no_rollback_across_a_reboot)
{
	ASSERT_EQ(0, write_signed(2, "authority"));
	CLI_RUN(0, &self->out, "bpfseal", "install", POLICY);
	ASSERT_EQ(0, gate_uninstall());
	EXPECT_NE(0, access(CURRENT "/policy.yaml", F_OK));
	CLI_RUN(0, &self->out, "bpfseal", "install", POLICY);
	ASSERT_EQ(0, gate_uninstall());
	ASSERT_EQ(0, write_signed(1, "authority"));
	CLI_RUN(1, &self->out, "bpfseal", "install", POLICY);
	CLI_HAS(self->out.err, "its version 1 is not higher than 2, that of the last one");
	EXPECT_NE(0, access(PIN_DIR, F_OK));
}

TEST_F(authority, restored)
{
	struct bpfseal_policy was, is;

	CLI_RUN(0, &self->out, "bpfseal", "restore");
	EXPECT_STREQ("no policy is stored: there is nothing to restore\n", self->out.out);
	ASSERT_EQ(0, write_signed(2, "authority"));
	CLI_RUN(0, &self->out, "bpfseal", "install", POLICY);
	CLI_RUN(0, &self->out, "bpfseal", "restore");
	EXPECT_STREQ("a policy is in force: there is nothing to restore\n", self->out.out);
	ASSERT_EQ(0, report_policy(&was));
	CLI_RUN(0, &self->out, "bpfseal", "uninstall", "--keep");
	EXPECT_EQ(0, cli_unsigned());
	ASSERT_EQ(0, unlink(POLICY));

	CLI_RUN(0, &self->out, "bpfseal", "restore");
	EXPECT_STREQ("restored: policy, version 2, enforcing\n", self->out.out);
	EXPECT_EQ(-EPERM, cli_unsigned());
	ASSERT_EQ(0, report_policy(&is));
	EXPECT_EQ(0, memcmp(was.digest, is.digest, sizeof(was.digest)));
	EXPECT_EQ(0, memcmp(was.authority, is.authority, sizeof(was.authority)));
	EXPECT_EQ(was.version, is.version);

	CLI_RUN(0, &self->out, "bpfseal", "uninstall", "--keep");
	ASSERT_EQ(0, shell("sed -i s/enforcing/permissive/ " CURRENT "/policy.yaml"));
	CLI_RUN(1, &self->out, "bpfseal", "restore");
	CLI_HAS(self->out.err, "isn't the one that was installed");
	EXPECT_NE(0, access(PIN_DIR, F_OK));
	CLI_RUN(0, &self->out, "bpfseal", "uninstall");
	CLI_RUN(0, &self->out, "bpfseal", "restore");
	EXPECT_STREQ("no policy is stored: there is nothing to restore\n", self->out.out);
	CLI_RUN(1, &self->out, "bpfseal", "uninstall");
	EXPECT_STREQ("bpfseal: no policy is installed\n", self->out.err);
}

/* At boot one signer too few is better than no policy. */
TEST_F(authority, restored_without_an_expired_signer)
{
	const struct cli_cert brief = { .name = "brief", .from = -MINUTE, .until = HOUR };
	const struct gate_policy policy = {
		.signers = {
			{ .name = "signer", .certificate = GATE_KEYS "/signer.crt" },
			{ .name = "brief", .certificate = CLI_TMP "/brief.crt" },
		},
	};
	int32_t keyring;

	ASSERT_EQ(0, forget_all());
	ASSERT_EQ(0, gate_policy_write(POLICY, &policy));
	ASSERT_EQ(0, cli_cert_make(&brief));
	CLI_RUN(0, &self->out, "bpfseal", "install", POLICY);
	EXPECT_EQ(0, gate_keyring("brief", &keyring));
	CLI_RUN(0, &self->out, "bpfseal", "uninstall", "--keep");
	ASSERT_EQ(0, turn_clock(2 * HOUR));
	CLI_RUN(1, &self->out, "bpfseal", "install", POLICY);
	CLI_HAS(self->out.err, "brief.crt expired on 20");
	CLI_RUN(0, &self->out, "bpfseal", "restore");
	ASSERT_EQ(0, turn_clock(-2 * HOUR));
	CLI_HAS(self->out.err, "signer brief is left out: its certificate has expired");
	EXPECT_EQ(-ENOENT, gate_keyring("brief", &keyring));
	ASSERT_EQ(0, gate_keyring("signer", &keyring));
	EXPECT_EQ(-EPERM, cli_unsigned());
	EXPECT_EQ(0, cli_signed("signer", keyring, false));
}

TEST_F(authority, replaced)
{
	ASSERT_EQ(0, write_signed(2, "authority"));
	CLI_RUN(0, &self->out, "bpfseal", "install", POLICY);
	CLI_RUN(0, &self->out, "bpfseal", "policy", "authority", "sign", "--key",
		CLI_TMP "/authority.key", "--certificate", CLI_TMP "/authority.crt", "-o",
		CLI_TMP "/statement", CLI_TMP "/other.crt");
	CLI_RUN(0, &self->out, "bpfseal", "policy", "authority", "set", CLI_TMP "/other.crt",
		"--signature", CLI_TMP "/statement");
	CLI_RUN(0, &self->out, "bpfseal", "policy", "authority", "show");
	CLI_HAS(self->out.out, "authority: CN=other, SHA-256 ");
	CLI_HAS(self->out.out, "in force:  version 2, under SHA-256 ");
	ASSERT_EQ(0, write_signed(3, "authority"));
	REFUSED("is made by another signer");

	/* Boot still takes the old one's, until there is one of the new. */
	CLI_RUN(0, &self->out, "bpfseal", "uninstall", "--keep");
	CLI_RUN(0, &self->out, "bpfseal", "restore");
	ASSERT_EQ(0, gate_uninstall());
	ASSERT_EQ(0, write_signed(3, "other"));
	CLI_RUN(0, &self->out, "bpfseal", "install", POLICY);
	EXPECT_EQ(-EPERM, cli_unsigned());
}

TEST_F(authority, removed)
{
	CLI_RUN(1, &self->out, "bpfseal", "policy", "authority", "remove");
	CLI_RUN(0, &self->out, "bpfseal", "policy", "authority", "sign", "--key",
		CLI_TMP "/authority.key", "--certificate", CLI_TMP "/authority.crt", "-o",
		CLI_TMP "/statement", "--remove");
	CLI_RUN(0, &self->out, "bpfseal", "policy", "authority", "remove", "--signature",
		CLI_TMP "/statement");
	EXPECT_STREQ("authority: none, any policy can be installed\n", self->out.out);
	ASSERT_EQ(0, write_policy(0));
	CLI_RUN(0, &self->out, "bpfseal", "install", POLICY);
	EXPECT_EQ(-EPERM, cli_unsigned());
}

TEST_HARNESS_MAIN
