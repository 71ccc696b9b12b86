// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reason_test.c - every reason, attribute and other value has its words, and no
 * two have the same.
 */
#include "kselftest_harness.h"

#include <linux/types.h>
#include "bpfseal.h"
#include "reason.h"

/* Ids end up in scripts: lower case, digits, and a few separators. */
static bool is_id(const char *id)
{
	return id && *id && id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_:-")] == '\0';
}

/* One sentence or two, no line break, nothing to escape. */
static bool is_sentence(const char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (len < 10 || text[0] < 'A' || text[0] > 'Z' || text[len - 1] != '.')
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~' || text[i] == '"' || text[i] == '\\')
			return false;
	return true;
}

TEST(every_reason_has_words)
{
	for (unsigned int r = 0; r < BPFSEAL_R_MAX; r++) {
		EXPECT_TRUE(is_id(reason_id(r, 0))) TH_LOG("reason %u", r);
		EXPECT_TRUE(is_sentence(reason_why(r, 0))) TH_LOG("reason %u", r);
		EXPECT_TRUE(is_sentence(reason_advice(r, 0))) TH_LOG("reason %u", r);
	}
}

TEST(every_attribute_has_words)
{
	for (unsigned int a = 1; a < BPFSEAL_A_MAX; a++) {
		const char *id = reason_id(BPFSEAL_R_UNCOVERED, a);

		ASSERT_TRUE(is_id(id)) TH_LOG("attribute %u", a);
		EXPECT_EQ(0, strncmp(id, "uncovered:", 10));
		EXPECT_STREQ(id + 10, reason_attribute(a));
		EXPECT_TRUE(is_sentence(reason_why(BPFSEAL_R_UNCOVERED, a)));
		EXPECT_TRUE(is_sentence(reason_advice(BPFSEAL_R_UNCOVERED, a)));
	}
	EXPECT_STREQ("none", reason_attribute(BPFSEAL_A_NONE));
	EXPECT_STREQ("uncovered:core_relos",
		     reason_id(BPFSEAL_R_UNCOVERED, BPFSEAL_A_CORE_RELOS));
}

TEST(ids_differ)
{
	for (unsigned int r = 0; r < BPFSEAL_R_MAX; r++)
		for (unsigned int other = 0; other < r; other++)
			EXPECT_STRNE(reason_id(r, 0), reason_id(other, 0));
	for (unsigned int a = 1; a < BPFSEAL_A_MAX; a++)
		for (unsigned int other = 0; other < a; other++)
			EXPECT_STRNE(reason_attribute(a), reason_attribute(other));
}

/* The attribute only means something beside "uncovered". */
TEST(attribute_is_ignored_elsewhere)
{
	EXPECT_STREQ("unsigned", reason_id(BPFSEAL_R_UNSIGNED, BPFSEAL_A_CORE_RELOS));
	EXPECT_STREQ("uncovered", reason_id(BPFSEAL_R_UNCOVERED, BPFSEAL_A_NONE));
	EXPECT_STREQ("uncovered", reason_id(BPFSEAL_R_UNCOVERED, BPFSEAL_A_MAX));
	EXPECT_STREQ("uncovered", reason_id(BPFSEAL_R_UNCOVERED, ~0u));
}

TEST(unknown_numbers_have_no_name)
{
	EXPECT_EQ(NULL, reason_id(BPFSEAL_R_MAX, 0));
	EXPECT_EQ(NULL, reason_id(~0u, 0));
	EXPECT_EQ(NULL, reason_why(BPFSEAL_R_MAX, 0));
	EXPECT_EQ(NULL, reason_advice(BPFSEAL_R_MAX, 0));
	EXPECT_EQ(NULL, reason_attribute(BPFSEAL_A_MAX));
	EXPECT_EQ(NULL, reason_decision(0));
	EXPECT_EQ(NULL, reason_decision(~0u));
	EXPECT_EQ(NULL, reason_mode(4));
	EXPECT_EQ(NULL, reason_hook(0));
	EXPECT_EQ(NULL, reason_level(3));
	EXPECT_EQ(NULL, reason_keyring(6));
	EXPECT_EQ(NULL, reason_map_type(100000));
	EXPECT_EQ(NULL, reason_attach_type(1, 100000));
}

TEST(names)
{
	EXPECT_STREQ("allowed", reason_decision(BPFSEAL_ALLOW));
	EXPECT_STREQ("would-deny", reason_decision(BPFSEAL_WOULD_DENY));
	EXPECT_STREQ("denied", reason_decision(BPFSEAL_DENY));
	EXPECT_STREQ("rejected", reason_decision(BPFSEAL_REJECTED));
	EXPECT_STREQ("enforcing", reason_mode(BPFSEAL_ENFORCING));
	EXPECT_STREQ("prog_check", reason_hook(BPFSEAL_HOOK_PROG_CHECK));
	EXPECT_STREQ("metadata", reason_level(BPFSEAL_LEVEL_METADATA));
	EXPECT_STREQ("user", reason_keyring(BPFSEAL_KEYRING_USER));
	EXPECT_STREQ("array", reason_map_type(2));
}

/* Attach type 0 is a type of its own for cgroup_skb (8) and "not given" for others. */
TEST(attach_type_zero)
{
	EXPECT_STREQ("cgroup_inet_ingress", reason_attach_type(8, 0));
	EXPECT_STREQ("none", reason_attach_type(31, 0));
	EXPECT_STREQ("lsm_mac", reason_attach_type(29, 27));
}

TEST_HARNESS_MAIN
