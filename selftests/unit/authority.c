// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * authority.c - which policies are admitted, and who may follow whom as the authority.
 */
#include "test_authority.h"

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

/* To look its cgroups up again; by digest and version, as the kernel has them. */
TEST_F(authority, in_force_once_more)
{
	const struct compile_signer signer = { .cert = self->signer };
	struct bpfseal_policy *running = self->running;

	put_signed(self, 5);
	ADMITTED(NULL);
	ASSERT_EQ(0, compile_digest(self->doc, &signer, running->digest));
	ASSERT_EQ(0, store(self, true));
	ADMITTED(running);
	ASSERT_EQ(0, system("echo '# decides nothing' >>p.yaml"));
	REFUSED(-EKEYREJECTED, "doesn't match", running);
	sign_file("p.yaml", "p.yaml.p7s", self->key, self->cert);
	ADMITTED(running);
	ASSERT_EQ(0, system("echo 'default: allow' >>p.yaml; sed -i s/enforcing/permissive/ p.yaml"));
	sign_file("p.yaml", "p.yaml.p7s", self->key, self->cert);
	REFUSED(-ESTALE, "its version 5 is not higher than 5, that of the policy in force", running);

	/* Nor may it hide that a later one was installed since. */
	put_signed(self, 6);
	ADMITTED(running);
	ASSERT_EQ(0, store(self, true));
	put_signed(self, 5);
	REFUSED(-ESTALE, "its version 5 is not higher than 6, that of the last one", running);
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

TEST_HARNESS_MAIN
