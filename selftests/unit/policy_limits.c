// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_limits.c - how much a policy may hold, and that as much is read in time.
 */
#include "kselftest_harness.h"

#include <time.h>

#include "capture.h"
#include "policy.h"

#define SIGNERS \
	"mode: enforcing\n" \
	"require: metadata\n" \
	"signers: [{name: a, certificate: c}]\n"

#define D60 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab"

struct text {
	char *s;
	size_t len;
};

static struct text text_new(void)
{
	struct text t = { .s = malloc(POLICY_FILE_MAX) };

	t.len = (size_t)sprintf(t.s, "%s", SIGNERS);
	return t;
}

static int parse(const struct text *t, struct policy_doc **doc, struct capture *c)
{
	int err;

	capture_begin(c, 2);
	err = policy_parse(t->s, t->len, "dir/p.yaml", doc);
	capture_end(c);
	return err;
}

static void text_digests(struct text *t, size_t first, size_t n)
{
	for (size_t i = first; i < first + n; i++)
		t->len += (size_t)sprintf(t->s + t->len, "  - %064zx\n", i << 8 | 0xa);
}

static void text_add(struct text *t, const char *text)
{
	t->len += (size_t)sprintf(t->s + t->len, "%s", text);
}

/* A hundred thousand digests, the same one last: refused, and soon. */
TEST(many_digests)
{
	struct timespec begin, end;
	struct text t = text_new();
	struct policy_doc *doc;
	struct capture c;

	text_add(&t, "sets:\n- name: s\n  digests:\n");
	text_digests(&t, 0, 100000);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	ASSERT_EQ(0, parse(&t, &doc, &c)) TH_LOG("%s", c.text);
	EXPECT_EQ(100000, doc->sets[0].n_digests);
	policy_free(doc);
	text_digests(&t, 0, 1);
	ASSERT_EQ(-EINVAL, parse(&t, &doc, &c));
	clock_gettime(CLOCK_MONOTONIC, &end);
	EXPECT_TRUE(starts_with(c.text, "dir/p.yaml:100007:5: digest \"0"));
	EXPECT_NE(NULL, strstr(c.text, "0a\" is given twice, first in line 7; expected once\n"));
	TH_LOG("both took %ld ms", (end.tv_sec - begin.tv_sec) * 1000 +
	       (end.tv_nsec - begin.tv_nsec) / 1000000);
	EXPECT_LT(end.tv_sec - begin.tv_sec, 10);
	free(t.s);
}

/* All sets and rules together have no more than POLICY_DIGESTS_MAX. */
TEST(too_many_digests)
{
	struct text t = text_new();
	struct policy_doc *doc;
	struct capture c;

	text_add(&t, "sets:\n- name: s\n  digests:\n");
	text_digests(&t, 0, POLICY_DIGESTS_MAX - 2);
	text_add(&t, "- name: t\n  digests:\n");
	text_digests(&t, 0, 1);
	text_add(&t, "rules:\n- id: r\n  action: deny\n  digests: [" D60 "0001]\n");
	ASSERT_EQ(0, parse(&t, &doc, &c)) TH_LOG("%s", c.text);
	policy_free(doc);
	text_add(&t, "  executable_digests: [set:s, " D60 "0002]\n");
	ASSERT_EQ(-EINVAL, parse(&t, &doc, &c));
	EXPECT_STREQ("dir/p.yaml:131084:31: \"" D60 "0002\" is one digest too many, "
		     "expected at most 131072 in all sets and rules\n", c.text);
	free(t.s);
}

/* More than fit with the presets, though the policy's own would. */
TEST(too_many_rules)
{
	struct text t = text_new();
	struct policy_doc *doc;
	struct capture c;

	text_add(&t, "rules:\n");
	for (int i = 0; i < POLICY_RULES_MAX; i++)
		t.len += (size_t)sprintf(t.s + t.len, "- {id: r%d, action: deny}\n", i);
	ASSERT_EQ(0, parse(&t, &doc, &c)) TH_LOG("%s", c.text);
	EXPECT_EQ(POLICY_RULES_MAX, doc->n_rules);
	policy_free(doc);
	text_add(&t, "include: [systemd]\n");
	ASSERT_EQ(-EINVAL, parse(&t, &doc, &c));
	EXPECT_STREQ("dir/p.yaml:1029:11: the policy and its presets have more than 1024 rules, "
		     "expected 0 to 1024\n", c.text);
	free(t.s);
}

/* An override needs no room of its own. */
TEST(as_many_rules_as_fit)
{
	struct text t = text_new();
	struct policy_doc *doc;
	struct capture c;

	text_add(&t, "include: [systemd]\nrules:\n- {id: systemd.units, action: deny}\n");
	for (int i = 1; i < POLICY_RULES_MAX; i++)
		t.len += (size_t)sprintf(t.s + t.len, "- {id: r%d, action: deny}\n", i);
	ASSERT_EQ(0, parse(&t, &doc, &c)) TH_LOG("%s", c.text);
	EXPECT_EQ(POLICY_RULES_MAX, doc->n_rules);
	EXPECT_STREQ("systemd.units", doc->rules[POLICY_RULES_MAX - 1].id);
	policy_free(doc);
	free(t.s);
}

TEST(too_many_sets_and_entries)
{
	struct text t = text_new();
	struct policy_doc *doc;
	struct capture c;
	size_t before;

	before = t.len;
	text_add(&t, "sets:\n");
	for (int i = 0; i <= POLICY_SETS_MAX; i++)
		t.len += (size_t)sprintf(t.s + t.len, "- {name: s%d, digests: [" D60 "0001]}\n", i);
	ASSERT_EQ(-EINVAL, parse(&t, &doc, &c));
	EXPECT_STREQ("dir/p.yaml:261:3: \"sets\" has more than 256 entries\n", c.text);
	t.len = before;
	text_add(&t, "rules:\n- id: r\n  action: deny\n  uids:\n");
	for (int i = 0; i <= POLICY_LIST_MAX; i++)
		t.len += (size_t)sprintf(t.s + t.len, "  - %d\n", i);
	ASSERT_EQ(-EINVAL, parse(&t, &doc, &c));
	EXPECT_STREQ("dir/p.yaml:1032:5: \"uids\" has more than 1024 entries\n", c.text);
	free(t.s);
}

/* Keys are compared with each other, so there can't be many. */
TEST(too_many_keys)
{
	struct text t = text_new();
	struct policy_doc *doc;
	struct capture c;

	for (int i = 0; t.len < POLICY_FILE_MAX - 16; i++)
		t.len += (size_t)sprintf(t.s + t.len, "k%d: x\n", i);
	ASSERT_EQ(-EINVAL, parse(&t, &doc, &c));
	EXPECT_STREQ("dir/p.yaml:65:1: key \"k61\" is one too many, expected at most 64 in a map\n",
		     c.text);
	free(t.s);
}

TEST_HARNESS_MAIN
