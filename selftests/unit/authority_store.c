// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * authority_store.c - the policy that boot restores: stored, tampered with, removed.
 */
#include "test_authority.h"

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
