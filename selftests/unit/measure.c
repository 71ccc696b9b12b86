// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * measure.c - policies that a kernel can't measure executables for are refused.
 */
#include "kselftest_harness.h"

#include "capture.h"
#include "measure.h"

#define HEAD "mode: enforcing\nrequire: metadata\nsigners: [{name: team, keyring: builtin}]\n"
#define D "ab01000000000000000000000000000000000000000000000000000000000000"

/* What measure_check() says to a policy, and on stderr. */
static int check(const char *policy, enum probe_answer ima, enum probe_answer verity,
		 struct capture *said)
{
	const struct probe probe = { .ima = ima, .verity = verity };
	struct policy_doc *doc;
	int err;

	err = policy_parse(policy, strlen(policy), "p.yaml", &doc);
	if (err)
		return err;
	capture_begin(said, 2);
	err = measure_check(doc, "p.yaml", &probe);
	capture_end(said);
	policy_free(doc);
	return err;
}

static const char asks[] = HEAD
	"rules:\n"
	"- {id: a, action: deny, uids: [7]}\n"
	"- {id: b, action: allow, executable_digests: ['" D "']}\n";

TEST(nobody_can)
{
	static const enum probe_answer no[] = { PROBE_NO, PROBE_UNKNOWN };
	struct capture said;

	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(-EOPNOTSUPP, check(asks, no[i], no[i], &said));
		EXPECT_NE(NULL, strstr(said.text, "p.yaml:6:8: rule \"b\" has "
						  "\"executable_digests\", which this kernel can't measure"))
			TH_LOG("%s", said.text);
		EXPECT_NE(NULL, strstr(said.text, "CONFIG_IMA or CONFIG_FS_VERITY"));
	}
}

TEST(somebody_can)
{
	struct capture said;

	EXPECT_EQ(0, check(asks, PROBE_YES, PROBE_NO, &said));
	EXPECT_STREQ("", said.text);
	EXPECT_EQ(0, check(asks, PROBE_NO, PROBE_YES, &said));
	EXPECT_NE(NULL, strstr(said.text, "this kernel has no IMA")) TH_LOG("%s", said.text);
}

TEST(nobody_asks)
{
	struct capture said;

	EXPECT_EQ(0, check(HEAD "rules: [{id: a, action: deny, uids: [7]}]\n", PROBE_NO, PROBE_NO,
			   &said));
	EXPECT_STREQ("", said.text);
}

TEST_HARNESS_MAIN
