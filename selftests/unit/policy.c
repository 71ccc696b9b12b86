// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy.c - policies are loaded as written, or refused with one line that
 * names the place, the value and what is expected.
 */
#include "kselftest_harness.h"

#include "capture.h"
#include "policy.h"

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

#define SIGNER "signers: [{name: a, certificate: c}]\n"

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

#define HEAD "mode: enforcing\nrequire: metadata\n"		/* lines 1 and 2 */
#define ONE HEAD "signers:\n- name: a\n  certificate: c\n"	/* up to line 5 */

static const struct {
	const char *text, *message;
} refused[] = {
	/* not a policy at all */
	{ "", "1:1: the file is empty, expected a policy" },
	{ "# only a comment\n", "1:1: the file is empty, expected a policy" },
	{ "---\n", "2:1: the policy is empty, expected a map" },
	{ "foo\n", "1:1: the policy is text, expected a map" },
	{ "- foo\n", "1:1: the policy is a list, expected a map" },
	{ "{}\n", "1:1: the policy lacks \"mode\", expected permissive, enforcing" },
	/* YAML itself */
	{ "mode: [enforcing\nrequire: x\n", "2:8: not YAML: did not find expected ',' or ']'" },
	{ "mode: a: b\n", "1:8: not YAML: mapping values are not allowed in this context" },
	{ "mode: \"enf\n", "2:1: not YAML: found unexpected end of stream" },
	{ "\tmode: enforcing\n", "1:1: not YAML: found character that cannot start any token" },
	{ ONE "---\n" ONE, "6:1: a second document, expected one" },
	{ ONE "...\n---\nx\n", "7:1: a second document, expected one" },
	{ "mode: &a enforcing\n", "1:7: anchors and tags are not supported" },
	{ "mode: !!str enforcing\n", "1:7: anchors and tags are not supported" },
	{ HEAD "signers: &s [1]\n", "3:10: anchors and tags are not supported" },
	{ HEAD "signers: !x {a: b}\n", "3:10: anchors and tags are not supported" },
	{ "mode: *a\n", "1:7: alias \"*a\": aliases are not supported" },
	{ "? [mode]\n: enforcing\n", "1:3: a list or map as a key, expected text" },
	{ "a: [[[[[[[[[[x]]]]]]]]]]\n", "1:11: more than 8 levels of lists and maps" },
	{ "mode: enforcing\nmode: permissive\n", "2:1: \"mode\" is given twice, first in line 1; expected once" },
	{ HEAD "signers:\n- name: a\n  certificate: c\n  name: b\n", "6:3: \"name\" is given twice, first in line 4" },
	{ "mode: \"a\\0b\"\n", "1:7: \"a\\x00b\" has a control character" },
	{ "mode: \"a\\e[2J\"\n", "1:7: \"a\\x1b[2J\" has a control character" },
	{ "mode: |\n  enforcing\n", "1:7: \"enforcing\\x0a\" has a control character" },
	{ "a: b\nmode: \xff\n", "2:7: byte \"\\xff\" is not UTF-8" },
	{ "a: b\n\xc3\xbc\xc3\xbc: \xe2\x82\n", "2:5: byte \"\\xe2\" is not UTF-8" },
	{ "a: \x1b[2J\n", "1:4: control character \"\\x1b\"" },
	{ "a: \xc2\x9b\n", "1:4: control character \"\\xc2\\x9b\"" },
	{ "\xef\xbb\xbfmode: x\n", "1:1: control character \"\\xef\\xbb\\xbf\"" },
	{ "a: b\r\nc: d\re: \x7f\n", "3:4: control character \"\\x7f\"" },
	/* keys */
	{ "moed: enforcing\n", "1:1: unknown key \"moed\" in the policy, expected one of: name, version, mode, require, signers" },
	{ "mode: enforcing\n" SIGNER, "1:1: the policy lacks \"require\", expected metadata, signed" },
	{ HEAD, "1:1: the policy lacks \"signers\", expected a list" },
	{ HEAD "signers:\n- name: a\n  certficate: c\n",
	  "5:3: unknown key \"certficate\" in an entry of \"signers\", expected one of: name, certificate, keyring, types" },
	{ "\"mode\\u200b\": enforcing\n", "1:1: unknown key \"mode\\xe2\\x80\\x8b\"" },
	/* values of the wrong kind */
	{ "mode: enforcin\n", "1:7: \"mode\" is \"enforcin\", expected one of: permissive, enforcing" },
	{ "mode: Enforcing\n", "1:7: \"mode\" is \"Enforcing\", expected one of" },
	{ "mode: 1\n", "1:7: \"mode\" is \"1\", expected one of" },
	{ "mode:\nrequire: metadata\n", "1:6: \"mode\" is \"\", expected one of" },
	{ "mode: [enforcing]\n", "1:7: \"mode\" is a list, expected permissive, enforcing" },
	{ "mode: {a: b}\n", "1:7: \"mode\" is a map, expected permissive, enforcing" },
	{ "require: full\n", "1:10: \"require\" is \"full\", expected one of: metadata, signed" },
	{ "version: abc\n", "1:10: \"version\" is \"abc\", expected a whole number from 0 to 4294967295" },
	{ "version: -1\n", "1:10: \"version\" is \"-1\", expected a whole number" },
	{ "version: +1\n", "1:10: \"version\" is \"+1\", expected a whole number" },
	{ "version: 010\n", "1:10: \"version\" is \"010\", expected a whole number" },
	{ "version: 0x10\n", "1:10: \"version\" is \"0x10\", expected a whole number" },
	{ "version: 1.0\n", "1:10: \"version\" is \"1.0\", expected a whole number" },
	{ "version: 1 2\n", "1:10: \"version\" is \"1 2\", expected a whole number" },
	{ "version: \"1\"\n", "1:10: \"version\" is \"1\", expected a whole number" },
	{ "version:\n", "1:9: \"version\" is \"\", expected a whole number" },
	{ "version: 4294967296\n", "1:10: \"version\" is \"4294967296\", expected a whole number" },
	{ "version: 99999999999999999999999\n", "1:10: \"version\" is \"99999999999999999999999\", expected" },
	{ "name: [a]\n", "1:7: \"name\" is a list, expected text" },
	{ "name: 5\n", "1:7: \"name\" is 5, which is not text; expected text, if need be in quotes" },
	{ "name: 1e3\n", "1:7: \"name\" is 1e3, which is not text" },
	{ "name: true\n", "1:7: \"name\" is true, which is not text" },
	{ "name: No\n", "1:7: \"name\" is No, which is not text" },
	{ "name: ~\n", "1:7: \"name\" is ~, which is not text" },
	{ "name: null\n", "1:7: \"name\" is null, which is not text" },
	{ "name: ''\n", "1:7: \"name\" is empty, expected text" },
	{ "signers: a\n", "1:10: \"signers\" is text, expected a list" },
	{ "signers:\n", "1:9: \"signers\" is empty, expected a list" },
	{ "signers: {a: b}\n", "1:10: \"signers\" is a map, expected a list" },
	{ "signers: []\n", "1:10: \"signers\" has 0 entries, expected 1 to 64" },
	{ "signers: [a]\n", "1:11: an entry of \"signers\" is text, expected a map" },
	{ "signers:\n- name: a\n  types: syscall\n", "3:10: \"types\" is text, expected a list" },
	{ "signers:\n- name: a\n  types: []\n", "3:10: \"types\" has 0 entries, expected 1 to 32" },
	{ "signers:\n- name: a\n  types: [31]\n", "3:11: an entry of \"types\" is 31, which is not text" },
	{ "signers:\n- name: a\n  types: [{x: y}]\n", "3:11: an entry of \"types\" is a map, expected text" },
	{ "signers:\n- certificate: c\n", "2:3: an entry of \"signers\" lacks \"name\", expected text" },
	/* names */
	{ HEAD "name: Site\n" SIGNER, "3:7: \"Site\" is no name, expected 1 to 31 of a-z, 0-9, '.', '_' and '-'" },
	{ HEAD "signers: [{name: a b, certificate: c}]\n", "3:18: \"a b\" is no name" },
	{ HEAD "signers: [{name: ../a, certificate: c}]\n", "3:18: \"../a\" is no name" },
	{ HEAD "signers: [{name: \xc3\xa4, certificate: c}]\n", "3:18: \"\xc3\xa4\" is no name" },
	{ HEAD "signers: [{name: aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb, certificate: c}]\n",
	  "3:18: \"name\" is \"aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb\", which has 32 bytes; expected 1 to 31" },
	{ ONE "- name: b\n  certificate: c\n- name: a\n  certificate: d\n",
	  "8:9: name \"a\" is used twice, first in line 4; expected a different one for each signer" },
	/* where the key comes from */
	{ HEAD "signers:\n- name: a\n", "4:3: signer \"a\" lacks a key, expected \"certificate\" or \"keyring\"" },
	{ ONE "  keyring: builtin\n", "6:3: signer \"a\" has both \"certificate\" and \"keyring\", expected one of them" },
	{ HEAD "signers: [{keyring: builtin, name: a, certificate: c}]\n",
	  "3:39: signer \"a\" has both" },
	{ HEAD "signers: [{name: a, keyring: bultin}]\n",
	  "3:30: \"keyring\" is \"bultin\", expected one of: builtin, secondary, platform" },
	{ HEAD "signers:\n- name: a\n  keyring: platform\n- name: b\n  keyring: platform\n",
	  "7:12: keyring \"platform\" is used twice, first in line 5" },
	{ HEAD "signers:\n- name: a\n  certificate:\n", "5:15: \"certificate\" is empty, expected text" },
	{ HEAD "signers:\n- name: a\n  certificate: null\n", "5:16: \"certificate\" is null, which is not text" },
	/* program types */
	{ ONE "  types: [syscall, sched_clz]\n",
	  "6:20: \"sched_clz\" is no program type, expected a name such as syscall or sched_cls" },
	{ ONE "  types: [unspec]\n", "6:11: \"unspec\" is no program type" },
	{ ONE "  types: [lsm, xdp, lsm]\n", "6:21: program type \"lsm\" is given twice, expected once" },
};

TEST(refusals)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct policy_doc *doc = (struct policy_doc *)1;
		struct capture c;

		EXPECT_EQ(-EINVAL, parse(refused[i].text, strlen(refused[i].text), &doc, &c));
		EXPECT_TRUE(starts_with(c.text, "dir/p.yaml:") &&
			    starts_with(c.text + strlen("dir/p.yaml:"), refused[i].message))
			TH_LOG("case %zu: got %s, expected %s", i, c.text, refused[i].message);
		/* One line, whatever the policy holds. */
		EXPECT_EQ(strlen(c.text) - 1, strcspn(c.text, "\n"));
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
	EXPECT_STREQ("bpfseal: policy big is larger than 1048576 bytes\n"
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
