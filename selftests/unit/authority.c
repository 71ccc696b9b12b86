// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * authority.c - which policies are admitted, and who may follow whom as the
 * authority. The trust store and the stored policy are below the test's directory.
 */
#include "kselftest_harness.h"

#include <errno.h>
#include <sys/stat.h>
#include "authority.h"
#include "file.h"
#include "hex.h"
#include "statement.h"
#include "store.h"
#include "test_cert.h"

#define ROOT "."
#define NOW 2000000000

FIXTURE(authority) {
	char dir[32];
	EVP_PKEY *key, *other_key, *signer_key;
	struct cert *cert, *other, *signer;
	struct bpfseal_policy *running;
	struct policy_doc *doc;
	struct capture said;
};

/* A policy file whose one signer is s.crt, with its fingerprint, or that line instead. */
static void put_policy(FIXTURE_DATA(authority) *self, unsigned int version, const char *line)
{
	char text[512], fingerprint[100];

	snprintf(fingerprint, sizeof(fingerprint), "    fingerprint: \"%s\"\n",
		 hex_of(self->signer->fingerprint).s);
	snprintf(text, sizeof(text), "version: %u\nmode: enforcing\nrequire: metadata\nsigners:\n"
		 "  - name: team\n    certificate: s.crt\n%s", version, line ? line : fingerprint);
	put_text("p.yaml", text);
}

static void sign_file(const char *path, const char *sig_path, EVP_PKEY *key,
		      const struct cert *cert)
{
	uint8_t *text, *sig;
	size_t len, sig_len;

	must(!file_read(path, POLICY_FILE_MAX, &text, &len, NULL), path);
	must(!statement_sign(key, cert, text, len, &sig, &sig_len), "statement_sign");
	put_file(sig_path, sig, sig_len);
	free(text);
	free(sig);
}

static void put_signed(FIXTURE_DATA(authority) *self, unsigned int version)
{
	put_policy(self, version, NULL);
	sign_file("p.yaml", "p.yaml.p7s", self->key, self->cert);
}

static int admit_at(FIXTURE_DATA(authority) *self, const struct bpfseal_policy *running,
		    time_t now)
{
	struct policy_source src;
	int err;

	policy_free(self->doc);
	self->doc = NULL;
	capture_begin(&self->said, 2);
	err = policy_source_read("p.yaml", &src);
	if (!err) {
		err = authority_admit(ROOT, &src, running, now, &self->doc);
		policy_source_free(&src);
	}
	capture_end(&self->said);
	return err;
}

static int admit(FIXTURE_DATA(authority) *self, const struct bpfseal_policy *running)
{
	return admit_at(self, running, NOW);
}

static int change(FIXTURE_DATA(authority) *self, const struct cert *cert,
		  const struct bpfseal_policy *running, const char *sig_path)
{
	struct authority_change change = { .cert = cert };
	uint8_t *sig = NULL;
	int err;

	if (sig_path)
		must(!file_read(sig_path, STATEMENT_MAX, &sig, &change.sig_len, NULL), sig_path);
	change.sig = sig;
	capture_begin(&self->said, 2);
	err = authority_change(ROOT, running, &change, NOW);
	capture_end(&self->said);
	free(sig);
	return err;
}

/* A statement by @by that @next follows it (or nobody), in s.p7s. */
static void put_statement(EVP_PKEY *key, const struct cert *by, const struct cert *next)
{
	uint8_t *data, *sig;
	size_t len, sig_len;

	data = authority_statement(by->fingerprint, next, &len);
	must(data && !statement_sign(key, by, data, len, &sig, &sig_len), "statement");
	put_file("s.p7s", sig, sig_len);
	free(data);
	free(sig);
}

/* Is the trust store's this one? NULL: is there none? */
static bool store_is(const struct cert *cert)
{
	struct cert *found;
	bool same;

	if (authority_load(ROOT, &found))
		return false;
	same = !found == !cert && (!cert || !memcmp(cert->fingerprint, found->fingerprint, 32));
	cert_free(found);
	return same;
}

/* What install does after the kernel has taken the policy. */
static int store(FIXTURE_DATA(authority) *self, bool commit)
{
	struct compile_signer signer = { .cert = self->signer };
	struct store_change *change;
	struct policy_source src;
	int err;

	must(!policy_source_read("p.yaml", &src), "p.yaml");
	err = store_begin(ROOT, &src, self->doc, &signer, &change);
	if (!err) {
		err = store_commit(change);
		if (!commit)
			store_revert(change);
		store_end(change);
	}
	policy_source_free(&src);
	return err;
}

FIXTURE_SETUP(authority)
{
	struct test_cert t = { .cn = "authority" };

	enter_temp_dir(self->dir);
	umask(022);
	self->key = put_cert("a", &t);
	t.cn = "other";
	self->other_key = put_cert("b", &t);
	t.cn = "signer";
	self->signer_key = put_cert("s", &t);
	ASSERT_EQ(0, cert_load("a.crt", &self->cert));
	ASSERT_EQ(0, cert_load("b.crt", &self->other));
	ASSERT_EQ(0, cert_load("s.crt", &self->signer));
	self->running = calloc(1, sizeof(*self->running));
	self->running->abi = BPFSEAL_ABI;
	self->running->version = 5;
	memcpy(self->running->authority, self->cert->fingerprint, 32);
	ASSERT_EQ(0, change(self, self->cert, NULL, NULL));
}

FIXTURE_TEARDOWN(authority)
{
	EVP_PKEY_free(self->key);
	EVP_PKEY_free(self->other_key);
	EVP_PKEY_free(self->signer_key);
	cert_free(self->cert);
	cert_free(self->other);
	cert_free(self->signer);
	policy_free(self->doc);
	free(self->running);
	leave_temp_dir(self->dir);
}

#define REFUSED(error, why, running) do { \
	EXPECT_EQ(error, admit(self, running)) TH_LOG("%s", self->said.text); \
	EXPECT_NE(NULL, strstr(self->said.text, why)) TH_LOG("%s", self->said.text); \
	EXPECT_EQ(NULL, self->doc); \
} while (0)

#define ADMITTED(running) \
	EXPECT_EQ(0, admit(self, running)) TH_LOG("%s", self->said.text)

/* --- admission -------------------------------------------------------------- */

TEST_F(authority, good)
{
	put_signed(self, 6);
	ASSERT_EQ(0, admit(self, NULL)) TH_LOG("%s", self->said.text);
	EXPECT_EQ(6, self->doc->version);
	EXPECT_EQ(0, memcmp(self->cert->fingerprint, self->doc->authority, 32));
	EXPECT_TRUE(self->doc->signers[0].has_fingerprint);
	EXPECT_STREQ("", self->said.text);
	ADMITTED(self->running);
}

TEST_F(authority, none_is_set)
{
	static const uint8_t none[32];

	ASSERT_EQ(0, unlink("etc/bpfseal/authority.der"));
	put_policy(self, 0, "");
	ASSERT_EQ(0, admit(self, NULL)) TH_LOG("%s", self->said.text);
	EXPECT_EQ(0, memcmp(none, self->doc->authority, 32));
	memset(self->running->authority, 0, 32);
	ADMITTED(self->running);	/* of a lower version */
}

TEST_F(authority, not_signed)
{
	put_policy(self, 6, NULL);
	REFUSED(-ENOKEY, "policy p.yaml is refused: it isn't signed, there is no p.yaml.p7s",
		NULL);
}

TEST_F(authority, truncated)
{
	uint8_t *text;
	size_t len;

	put_signed(self, 6);
	ASSERT_EQ(0, file_read("p.yaml", POLICY_FILE_MAX, &text, &len, NULL));
	for (size_t n = 0; n < len; n++) {
		put_file("p.yaml", text, n);
		REFUSED(-EKEYREJECTED, "its signature p.yaml.p7s doesn't match: one of the two was "
			"changed, or is cut short", NULL);
	}
	free(text);
}

TEST_F(authority, changed_byte)
{
	uint8_t *text;
	size_t len;

	put_signed(self, 6);
	ASSERT_EQ(0, file_read("p.yaml", POLICY_FILE_MAX, &text, &len, NULL));
	for (size_t i = 0; i < len; i++) {
		text[i] ^= 1 << i % 7;
		put_file("p.yaml", text, len);
		text[i] ^= 1 << i % 7;
		REFUSED(-EKEYREJECTED, "doesn't match", NULL);
	}
	free(text);
}

TEST_F(authority, truncated_signature)
{
	uint8_t *sig;
	size_t len;

	put_signed(self, 6);
	ASSERT_EQ(0, file_read("p.yaml.p7s", STATEMENT_MAX, &sig, &len, NULL));
	for (size_t n = 0; n < len; n += 7) {
		put_file("p.yaml.p7s", sig, n);
		REFUSED(-EBADMSG, "its signature p.yaml.p7s is cut short or damaged", NULL);
	}
	free(sig);
}

TEST_F(authority, another_signer)
{
	put_policy(self, 6, NULL);
	sign_file("p.yaml", "p.yaml.p7s", self->other_key, self->other);
	REFUSED(-ENOKEY, "its signature p.yaml.p7s is made by another signer", NULL);
	EXPECT_NE(NULL, strstr(self->said.text, "the authority is CN=authority, SHA-256 "));
	EXPECT_NE(NULL, strstr(self->said.text, "the signer is    CN=other, SHA-256 "));
}

TEST_F(authority, dates)
{
	put_signed(self, 6);
	EXPECT_EQ(-EKEYEXPIRED, admit_at(self, NULL, 4000000001));
	EXPECT_NE(NULL, strstr(self->said.text, "authority.der expired on 2096-"));
	EXPECT_EQ(-EKEYEXPIRED, admit_at(self, NULL, 999999));
	EXPECT_NE(NULL, strstr(self->said.text, "is not valid until 1970-"));
	EXPECT_EQ(0, admit_at(self, NULL, 4000000000));
}

/* Put into the trust store by hand. */
TEST_F(authority, unfit_certificate)
{
	struct test_cert t = { .usage = "critical,keyEncipherment" };
	X509 *x509 = test_x509(&t, self->key);

	put_x509("etc/bpfseal/authority.der", x509);
	put_signed(self, 6);
	REFUSED(-EKEYREJECTED, "keyUsage lacks digitalSignature", NULL);
	X509_free(x509);
}

TEST_F(authority, fingerprints)
{
	put_policy(self, 6, "");
	sign_file("p.yaml", "p.yaml.p7s", self->key, self->cert);
	REFUSED(-EKEYREJECTED, "p.yaml:5:11: signer team lacks \"fingerprint\"", NULL);
	put_policy(self, 6, "    fingerprint: abc\n");
	sign_file("p.yaml", "p.yaml.p7s", self->key, self->cert);
	REFUSED(-EINVAL, "p.yaml:7:18: \"abc\" is no fingerprint, expected", NULL);
}

TEST_F(authority, versions)
{
	put_signed(self, 0);
	REFUSED(-ESTALE, "it has no \"version\" of 1 or more", NULL);
	put_signed(self, 4);
	REFUSED(-ESTALE, "its version 4 is not higher than 5, that of the policy in force",
		self->running);
	put_signed(self, 5);
	REFUSED(-ESTALE, "its version 5 is not higher than 5, that of the policy in force",
		self->running);
	put_signed(self, 6);
	ADMITTED(self->running);
}

TEST_F(authority, versions_across_a_reboot)
{
	put_signed(self, 6);
	ADMITTED(self->running);
	ASSERT_EQ(0, store(self, true));
	ADMITTED(NULL);			/* the same file once more */
	put_policy(self, 6, NULL);
	ASSERT_EQ(0, system("echo '# changed' >>p.yaml"));
	sign_file("p.yaml", "p.yaml.p7s", self->key, self->cert);
	REFUSED(-ESTALE, "its version 6 is not higher than 6, that of the last one installed",
		NULL);
	put_signed(self, 5);
	REFUSED(-ESTALE, "its version 5 is not higher than 6", NULL);
	REFUSED(-ESTALE, "its version 5 is not higher than 5", self->running);
	put_signed(self, 7);
	ADMITTED(NULL);
	put_text("var/lib/bpfseal/current/record", "version 1\n");
	REFUSED(-EBADMSG, "is damaged", NULL);
}

/* What was installed while there was no authority binds nobody. */
TEST_F(authority, versions_from_before)
{
	put_signed(self, 9);
	ADMITTED(NULL);
	memset(self->doc->authority, 0, 32);
	ASSERT_EQ(0, store(self, true));
	put_signed(self, 1);
	ADMITTED(NULL);
}

/* --- the trust store -------------------------------------------------------- */

TEST_F(authority, store_tampered)
{
	struct bpfseal_policy *running = self->running;

	put_signed(self, 6);
	put_file("etc/bpfseal/authority.der", self->other->der, self->other->der_len);
	REFUSED(-EKEYREJECTED, "authority.der was changed without a statement", running);
	sign_file("p.yaml", "p.yaml.p7s", self->other_key, self->other);
	REFUSED(-EKEYREJECTED, "authority.der was changed without a statement", running);
	/* A statement of somebody else is none. */
	put_statement(self->other_key, self->other, self->other);
	ASSERT_EQ(0, rename("s.p7s", "etc/bpfseal/authority.p7s"));
	REFUSED(-EKEYREJECTED, "authority.der was changed without a statement", running);
	ASSERT_EQ(0, unlink("etc/bpfseal/authority.der"));
	REFUSED(-EKEYREJECTED, "authority.der was removed without a statement", running);
	EXPECT_NE(NULL, strstr(self->said.text, hex_of(self->cert->fingerprint).s));
	/* What is in force may always be put back. */
	ASSERT_EQ(0, change(self, self->cert, running, NULL));
	put_signed(self, 6);
	ADMITTED(running);
}

TEST_F(authority, store_others_can_write)
{
	put_signed(self, 6);
	ASSERT_EQ(0, chmod("etc/bpfseal/authority.der", 0666));
	REFUSED(-EPERM, "others than root can change", NULL);
	ASSERT_EQ(0, chmod("etc/bpfseal/authority.der", 0644));
	ASSERT_EQ(0, chmod("etc/bpfseal", 0777));
	REFUSED(-EPERM, "others than root can change", NULL);
	ASSERT_EQ(0, chmod("etc/bpfseal", 0755));
	ASSERT_EQ(0, rename("etc/bpfseal/authority.der", "x"));
	ASSERT_EQ(0, symlink("../../x", "etc/bpfseal/authority.der"));
	REFUSED(-EPERM, "others than root can change", NULL);
}

TEST_F(authority, other_layout)
{
	put_signed(self, 6);
	self->running->abi--;
	REFUSED(-EPROTO, "another version of bpfseal", self->running);
	EXPECT_EQ(-EPROTO, change(self, self->other, self->running, NULL));
	EXPECT_TRUE(store_is(self->cert));
}

TEST_F(authority, replaced)
{
	struct bpfseal_policy *running = self->running;

	EXPECT_EQ(-EKEYREJECTED, change(self, self->other, NULL, NULL));
	EXPECT_NE(NULL, strstr(self->said.text, "only with a statement of the present one"));
	put_statement(self->other_key, self->other, self->other);
	EXPECT_EQ(-ENOKEY, change(self, self->other, NULL, "s.p7s"));
	put_statement(self->key, self->cert, self->signer);	/* for another certificate */
	EXPECT_EQ(-EKEYREJECTED, change(self, self->other, NULL, "s.p7s"));
	put_statement(self->key, self->cert, NULL);		/* to remove it */
	EXPECT_EQ(-EKEYREJECTED, change(self, self->other, NULL, "s.p7s"));
	EXPECT_TRUE(store_is(self->cert));

	put_signed(self, 5);
	ADMITTED(NULL);
	ASSERT_EQ(0, store(self, true));
	put_statement(self->key, self->cert, self->other);
	ASSERT_EQ(0, change(self, self->other, running, "s.p7s")) TH_LOG("%s", self->said.text);
	EXPECT_TRUE(store_is(self->other));
	put_signed(self, 6);
	REFUSED(-ENOKEY, "is made by another signer", running);
	sign_file("p.yaml", "p.yaml.p7s", self->other_key, self->other);
	ADMITTED(running);
	EXPECT_EQ(0, memcmp(self->other->fingerprint, self->doc->authority, 32));
}

TEST_F(authority, removed)
{
	struct bpfseal_policy *running = self->running;

	EXPECT_EQ(-EKEYREJECTED, change(self, NULL, running, NULL));
	put_statement(self->key, self->cert, self->other);
	EXPECT_NE(0, change(self, NULL, running, "s.p7s"));
	put_statement(self->other_key, self->other, NULL);
	EXPECT_NE(0, change(self, NULL, running, "s.p7s"));
	EXPECT_TRUE(store_is(self->cert));
	put_statement(self->key, self->cert, NULL);
	ASSERT_EQ(0, change(self, NULL, running, "s.p7s")) TH_LOG("%s", self->said.text);
	EXPECT_TRUE(store_is(NULL));
	put_policy(self, 1, "");
	ADMITTED(running);
	EXPECT_EQ(-ENOENT, change(self, NULL, NULL, NULL));
	EXPECT_STREQ("bpfseal: there is no policy authority\n", self->said.text);
}

TEST_F(authority, set_with_any_umask)
{
	ASSERT_EQ(0, unlink("etc/bpfseal/authority.der"));
	umask(0);
	ASSERT_EQ(0, change(self, self->cert, NULL, NULL));
	EXPECT_TRUE(store_is(self->cert));
	umask(077);
	ASSERT_EQ(0, change(self, self->cert, NULL, NULL));
	EXPECT_TRUE(store_is(self->cert));
}

TEST_F(authority, unfit_to_be_set)
{
	struct test_cert t = { .key = "rsa:1024" };
	struct cert *weak;

	EVP_PKEY_free(put_cert("w", &t));
	ASSERT_EQ(0, cert_load("w.crt", &weak));
	ASSERT_EQ(0, unlink("etc/bpfseal/authority.der"));
	EXPECT_EQ(-EKEYREJECTED, change(self, weak, NULL, NULL));
	EXPECT_TRUE(store_is(NULL));
	cert_free(weak);
}

/* A plain "openssl req -x509" makes a CA's; that is fine here. */
TEST_F(authority, made_by_openssl)
{
	struct cert *cert;

	ASSERT_EQ(0, unlink("etc/bpfseal/authority.der"));
	ASSERT_EQ(0, system("openssl req -x509 -newkey rsa:2048 -nodes -keyout o.key -out o.crt "
			    "-subj /CN=o -addext basicConstraints=critical,CA:TRUE "
			    "-days 20000 2>/dev/null"));
	ASSERT_EQ(0, cert_load("o.crt", &cert));
	ASSERT_EQ(0, change(self, cert, NULL, NULL)) TH_LOG("%s", self->said.text);
	put_policy(self, 6, NULL);
	ASSERT_EQ(0, system("openssl cms -sign -binary -in p.yaml -outform DER -out p.yaml.p7s "
			    "-signer o.crt -inkey o.key"));
	ADMITTED(NULL);
	EXPECT_EQ(0, system("openssl cms -verify -inform DER -in p.yaml.p7s -content p.yaml "
			    "-binary -CAfile o.crt -purpose any -out /dev/null 2>/dev/null"));
	cert_free(cert);
}

/* --- the stored policy ------------------------------------------------------ */

static int restore(FIXTURE_DATA(authority) *self, time_t now)
{
	struct policy_source src;
	int err;

	policy_free(self->doc);
	self->doc = NULL;
	capture_begin(&self->said, 2);
	err = store_open(ROOT, &src);
	if (!err) {
		err = authority_admit(ROOT, &src, NULL, now, &self->doc);
		policy_source_free(&src);
	}
	capture_end(&self->said);
	return err;
}

TEST_F(authority, stored)
{
	struct cert *copy;

	EXPECT_EQ(-ENOENT, restore(self, NOW));
	EXPECT_STREQ("", self->said.text);
	put_signed(self, 6);
	ADMITTED(NULL);
	ASSERT_EQ(0, store(self, false));
	EXPECT_EQ(-ENOENT, restore(self, NOW));
	ADMITTED(NULL);
	ASSERT_EQ(0, store(self, true));
	ASSERT_EQ(0, unlink("s.crt"));
	ASSERT_EQ(0, restore(self, NOW)) TH_LOG("%s", self->said.text);
	ASSERT_EQ(0, cert_load(self->doc->signers[0].certificate, &copy));
	EXPECT_EQ(0, memcmp(copy->fingerprint, self->signer->fingerprint, 32));
	cert_free(copy);
	/* The clock may stand anywhere at boot, and nothing at all would be worse. */
	EXPECT_EQ(0, restore(self, 0));
	EXPECT_EQ(0, restore(self, 4100000000));
	EXPECT_NE(0, access("var/lib/bpfseal/next", F_OK));
}

TEST_F(authority, stored_twice)
{
	put_signed(self, 6);
	ADMITTED(NULL);
	ASSERT_EQ(0, store(self, true));
	put_signed(self, 7);
	ADMITTED(NULL);
	ASSERT_EQ(0, store(self, false));
	ASSERT_EQ(0, restore(self, NOW));
	EXPECT_EQ(6, self->doc->version);
	ADMITTED(NULL);
	ASSERT_EQ(0, mkdir("var/lib/bpfseal/next", 0700));	/* a crash left it */
	put_text("var/lib/bpfseal/next/policy.yaml", "x");
	ASSERT_EQ(0, store(self, true));
	ASSERT_EQ(0, restore(self, NOW));
	EXPECT_EQ(7, self->doc->version);
}

TEST_F(authority, stored_and_tampered)
{
	put_signed(self, 6);
	ADMITTED(NULL);
	ASSERT_EQ(0, store(self, true));
	ASSERT_EQ(0, system("echo '# more' >>var/lib/bpfseal/current/policy.yaml"));
	EXPECT_EQ(-EBADMSG, restore(self, NOW));
	EXPECT_NE(NULL, strstr(self->said.text, "isn't the one that was installed"));
	/* With the record made to fit, the signature tells. */
	ASSERT_EQ(0, system("cd var/lib/bpfseal/current && sed -i \"s/^sha256 .*/sha256 "
			    "$(sha256sum policy.yaml | cut -c1-64)/\" record"));
	EXPECT_EQ(-EKEYREJECTED, restore(self, NOW));
	EXPECT_NE(NULL, strstr(self->said.text, "doesn't match")) TH_LOG("%s", self->said.text);
	ASSERT_EQ(0, unlink("var/lib/bpfseal/current/policy.yaml.p7s"));
	EXPECT_EQ(-ENOKEY, restore(self, NOW));
	ASSERT_EQ(0, chmod("var/lib/bpfseal/current", 0777));
	EXPECT_EQ(-EPERM, restore(self, NOW));
	ASSERT_EQ(0, chmod("var/lib/bpfseal/current", 0700));
	ASSERT_EQ(0, unlink("var/lib/bpfseal/current/record"));
	EXPECT_EQ(-EBADMSG, restore(self, NOW));
}

/* Signed by the one that has handed over since; nothing new is admitted that way. */
TEST_F(authority, stored_of_the_predecessor)
{
	put_signed(self, 6);
	ADMITTED(NULL);
	ASSERT_EQ(0, store(self, true));
	put_statement(self->key, self->cert, self->other);
	ASSERT_EQ(0, change(self, self->other, NULL, "s.p7s"));
	ASSERT_EQ(0, restore(self, NOW)) TH_LOG("%s", self->said.text);
	EXPECT_EQ(0, memcmp(self->other->fingerprint, self->doc->authority, 32));
	REFUSED(-ENOKEY, "is made by another signer", NULL);
	ASSERT_EQ(0, unlink("etc/bpfseal/authority.p7s"));
	EXPECT_EQ(-ENOKEY, restore(self, NOW));
}

TEST_F(authority, stored_policy_removed)
{
	struct store_change *change;

	EXPECT_EQ(-ENOENT, store_begin_removal(ROOT, &change));
	put_signed(self, 6);
	ADMITTED(NULL);
	ASSERT_EQ(0, store(self, true));
	ASSERT_EQ(0, store_begin_removal(ROOT, &change));
	ASSERT_EQ(0, store_commit(change));
	store_revert(change);
	store_end(change);
	EXPECT_EQ(0, restore(self, NOW));
	ASSERT_EQ(0, store_begin_removal(ROOT, &change));
	ASSERT_EQ(0, store_commit(change));
	store_end(change);
	EXPECT_EQ(-ENOENT, restore(self, NOW));
	/* What was installed is not forgotten. */
	put_signed(self, 5);
	REFUSED(-ESTALE, "its version 5 is not higher than 6", NULL);
}

TEST_HARNESS_MAIN
