// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy.c - policies are loaded as written, or refused with one line that
 * names the place, the value and what is expected.
 */
#include "kselftest_harness.h"

#include "capture.h"
#include "policy.h"
#include "policy_refused.h"

static int parse(const char *text, size_t len, struct policy_doc **doc, struct capture *c)
{
	int err;

	capture_begin(c, 2);
	err = policy_parse(text, len, "dir/p.yaml", doc);
	capture_end(c);
	return err;
}

TEST(whole)
{
	static const char text[] =
		"# comment\n"
		"name: site-7\n"
		"version: 4294967295\n"
		"mode: enforcing\n"
		"require: signed\n"
		"signers:\n"
		"  - name: alice\n"
		"    certificate: certs/alice.crt\n"
		"  - {name: bob_2.x-y, certificate: /abs/bob.crt, types: [syscall, sched_cls, netfilter]}\n"
		"  - keyring: builtin\n"
		"    types:\n"
		"      - lsm\n"
		"    name: \"123\"\n";
	struct policy_doc *doc;
	struct capture c;

	ASSERT_EQ(0, parse(text, strlen(text), &doc, &c));
	EXPECT_STREQ("", c.text);
	EXPECT_STREQ("site-7", doc->name);
	EXPECT_EQ(4294967295, doc->version);
	EXPECT_EQ(POLICY_ENFORCING, doc->mode);
	EXPECT_EQ(POLICY_REQUIRE_SIGNED, doc->require);
	ASSERT_EQ(3, doc->n_signers);
	EXPECT_STREQ("alice", doc->signers[0].name);
	EXPECT_STREQ("dir/certs/alice.crt", doc->signers[0].certificate);
	EXPECT_EQ(POLICY_KEYRING_OWN, doc->signers[0].keyring);
	EXPECT_EQ(1ULL << 31, doc->signers[0].types);
	EXPECT_EQ(7, doc->signers[0].line);
	EXPECT_EQ(11, doc->signers[0].column);
	EXPECT_STREQ("bob_2.x-y", doc->signers[1].name);
	EXPECT_STREQ("/abs/bob.crt", doc->signers[1].certificate);
	EXPECT_EQ(1ULL << 31 | 1ULL << 3 | 1ULL << 32, doc->signers[1].types);
	EXPECT_EQ(9, doc->signers[1].line);
	EXPECT_EQ(12, doc->signers[1].column);
	EXPECT_STREQ("123", doc->signers[2].name);
	EXPECT_EQ(NULL, doc->signers[2].certificate);
	EXPECT_EQ(POLICY_KEYRING_BUILTIN, doc->signers[2].keyring);
	EXPECT_EQ(1ULL << 29, doc->signers[2].types);
	policy_free(doc);
}

TEST(least)
{
	static const char text[] = "mode: permissive\nrequire: metadata\n" SIGNER;
	struct policy_doc *doc;
	struct capture c;

	ASSERT_EQ(0, parse(text, strlen(text), &doc, &c));
	EXPECT_EQ(NULL, doc->name);
	EXPECT_EQ(0, doc->version);
	EXPECT_EQ(POLICY_PERMISSIVE, doc->mode);
	EXPECT_EQ(POLICY_REQUIRE_METADATA, doc->require);
	EXPECT_STREQ("dir/c", doc->signers[0].certificate);
	policy_free(doc);
	policy_free(NULL);
}

/* All in all 64 signers are fine, 65 aren't. */
TEST(many_signers)
{
	struct policy_doc *doc;
	struct capture c;
	char text[8192];

	for (int n = 64; n <= 65; n++) {
		int used = sprintf(text, "mode: permissive\nrequire: metadata\nsigners:\n");

		for (int i = 0; i < n; i++)
			used += sprintf(text + used, "- {name: s%d, certificate: c}\n", i);
		ASSERT_EQ(n == 64 ? 0 : -EINVAL, parse(text, (size_t)used, &doc, &c));
		if (n == 65) {
			EXPECT_STREQ("dir/p.yaml:68:3: \"signers\" has more than 64 entries\n",
				     c.text);
		} else {
			policy_free(doc);
		}
	}
}

TEST(refusals)
{
	for (size_t i = 0; i < N_POLICY_REFUSED; i++) {
		const char *text = policy_refused[i].text, *expected = policy_refused[i].message;
		struct policy_doc *doc = (struct policy_doc *)1;
		struct capture c;

		EXPECT_EQ(-EINVAL, parse(text, strlen(text), &doc, &c));
		/* One line, whatever the policy holds. */
		EXPECT_EQ(strlen(c.text) - 1, strcspn(c.text, "\n"));
		c.text[strcspn(c.text, "\n")] = '\0';
		EXPECT_TRUE(starts_with(c.text, "dir/p.yaml:"));
		EXPECT_STREQ(expected, c.text + strlen("dir/p.yaml:")) TH_LOG("case %zu", i);
		EXPECT_EQ((struct policy_doc *)1, doc);
	}
}

TEST(nul_byte)
{
	static const char text[] = "mode: enf\0orcing\n";
	struct policy_doc *doc;
	struct capture c;

	EXPECT_EQ(-EINVAL, parse(text, sizeof(text) - 1, &doc, &c));
	EXPECT_STREQ("dir/p.yaml:1:10: control character \"\\x00\", expected text\n", c.text);
}

/* Cut anywhere, it is either refused or whole; never a crash or an overread. */
TEST(truncated)
{
	static const char text[] = ONE "  types: [syscall, \"xdp\"]\n- {name: b, keyring: builtin}\n";
	struct policy_doc *doc;
	struct capture c;
	char *copy;

	for (size_t n = 0; n < sizeof(text); n++) {
		copy = malloc(n ? n : 1);
		memcpy(copy, text, n);
		if (!parse(copy, n, &doc, &c)) {
			EXPECT_GE(n, strlen(ONE) - 1);
			policy_free(doc);
		}
		free(copy);
	}
}

/* An expansion bomb needs aliases, a nesting bomb depth; both stop at once. */
TEST(bombs)
{
	struct policy_doc *doc;
	size_t len = POLICY_FILE_MAX;
	char *text = malloc(len);
	struct capture c;

	memset(text, '[', len);
	EXPECT_EQ(-EINVAL, parse(text, len, &doc, &c));
	EXPECT_TRUE(starts_with(c.text, "dir/p.yaml:1:9: more than 8 levels")) TH_LOG("%s", c.text);
	for (size_t i = 0; i + 2 <= len; i += 2)
		memcpy(text + i, "- ", 2);
	EXPECT_EQ(-EINVAL, parse(text, len, &doc, &c));
	EXPECT_TRUE(starts_with(c.text, "dir/p.yaml:1:17: more than 8 levels")) TH_LOG("%s", c.text);
	free(text);
}

TEST(files)
{
	struct policy_doc *doc;
	struct capture c;
	char dir[32];

	enter_temp_dir(dir);
	put_text("good", HEAD SIGNER);
	put_text("big", "");
	ASSERT_EQ(0, truncate("big", POLICY_FILE_MAX + 1));
	ASSERT_EQ(0, policy_load("good", &doc));
	EXPECT_STREQ("./c", doc->signers[0].certificate);
	policy_free(doc);
	capture_begin(&c, 2);
	EXPECT_EQ(-EFBIG, policy_load("big", &doc));
	EXPECT_EQ(-ENOENT, policy_load("no\nne", &doc));
	EXPECT_EQ(-EISDIR, policy_load(".", &doc));
	capture_end(&c);
	EXPECT_STREQ("bpfseal: policy big is larger than 16777216 bytes\n"
		     "bpfseal: cannot read policy no\\x0ane: No such file or directory\n"
		     "bpfseal: cannot read policy .: Is a directory\n", c.text);
	leave_temp_dir(dir);
}

TEST(names)
{
	EXPECT_STREQ("permissive", policy_mode_name(POLICY_PERMISSIVE));
	EXPECT_STREQ("enforcing", policy_mode_name(POLICY_ENFORCING));
	EXPECT_STREQ("metadata", policy_require_name(POLICY_REQUIRE_METADATA));
	EXPECT_STREQ("signed", policy_require_name(POLICY_REQUIRE_SIGNED));
	EXPECT_STREQ("own", policy_keyring_name(POLICY_KEYRING_OWN));
	EXPECT_STREQ("platform", policy_keyring_name(POLICY_KEYRING_PLATFORM));
}

TEST_HARNESS_MAIN
