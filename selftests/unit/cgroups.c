// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cgroups.c - policies whose rules name cgroups that aren't there.
 */
#include "kselftest_harness.h"

#include <errno.h>

#include "capture.h"
#include "cgroups.h"

#define HEAD "mode: enforcing\nrequire: metadata\nsigners: [{name: s, keyring: builtin}]\nrules:\n"

static int check(const char *rules, bool stored, struct capture *c)
{
	char path[] = "p.yaml", text[512];
	struct policy_source src = { .path = path, .stored = stored };
	struct policy_doc *doc;
	int err;

	snprintf(text, sizeof(text), HEAD "%s", rules);
	if (policy_parse(text, strlen(text), path, &doc))
		abort();
	capture_begin(c, 2);
	err = cgroups_check(doc, &src);
	capture_end(c);
	policy_free(doc);
	return err;
}

#define WOULD_DENY ":5:8: rule \"d\" denies in cgroup \"/none\", which doesn't exist: " \
	"nothing would be denied there\n  make the cgroup first, or name one above it\n"
#define WARNED(rule, does, cgroup) "bpfseal: warning: rule \"" rule "\" " does " nothing in " \
	"cgroup \"" cgroup "\", which doesn't exist\n  when it has been made, look it up again: " \
	"bpfseal reload POLICY.yaml\n"

TEST(denies)
{
	struct capture c;

	EXPECT_EQ(-ENOENT, check("- {id: d, action: deny, cgroups: [/none]}\n", false, &c));
	EXPECT_STREQ("p.yaml" WOULD_DENY, c.text);
	/* It is refused whatever comes after it. */
	EXPECT_EQ(-ENOENT, check("- {id: d, action: deny, cgroups: [/none]}\n"
				 "- {id: a, action: allow, cgroups: [/gone]}\n", false, &c));
	EXPECT_STREQ("p.yaml" WOULD_DENY WARNED("a", "allows", "/gone"), c.text);
}

TEST(denies_at_boot)
{
	struct capture c;

	EXPECT_EQ(0, check("- {id: d, action: deny, cgroups: [/none]}\n", true, &c));
	EXPECT_STREQ(WARNED("d", "denies", "/none"), c.text);
}

TEST(allows)
{
	struct capture c;

	EXPECT_EQ(0, check("- {id: a, action: allow, cgroups: ['/a\xe2\x80\xae', /b]}\n", false, &c));
	EXPECT_STREQ(WARNED("a", "allows", "/a\\xe2\\x80\\xae") WARNED("a", "allows", "/b"), c.text);
	EXPECT_EQ(0, check("- {id: a, action: deny, uids: [0]}\n", false, &c));
	EXPECT_STREQ("", c.text);
}

TEST_HARNESS_MAIN
