// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rules_limits.c - the edges of the layout that rules are compiled to: what just
 * fits, what just doesn't, and the bits and nanoseconds that count.
 */
#include "kselftest_harness.h"

#include <errno.h>

#include "capture.h"
#include "judge.h"
#include "rule_draw.h"

#define SECOND 1000000000ULL

static char name[] = "a-name-as-long-as-a-name-may-be", gone[] = "/gone", seventh[] = "/7";

/* Of "/1/2/3" it is 1003. */
static int find_cgroup(const char *path, __u64 *id)
{
	*id = 1000 + (__u64)atoi(strrchr(path, '/') + 1);
	return strcmp(path, gone) ? 0 : -ENOENT;
}

FIXTURE(limits) {
	struct policy_doc doc;
	struct policy_rule *rules;	/* those of @doc, without conditions */
	struct bpfseal_rules *out;
	struct rules_keys keys;
	struct judge_load load;
	struct capture c;
};

FIXTURE_SETUP(limits)
{
	self->rules = calloc(POLICY_RULES_MAX, sizeof(*self->rules));
	self->out = malloc(sizeof(*self->out));
	ASSERT_TRUE(self->rules && self->out);
	self->doc = (struct policy_doc){ .n_rules = POLICY_RULES_MAX, .rules = self->rules };
	for (unsigned int i = 0; i < POLICY_RULES_MAX; i++)
		self->rules[i].id = name;
	self->load.cgroups[0] = 1;
}

FIXTURE_TEARDOWN(limits)
{
	rules_keys_free(&self->keys);
	free(self->rules);
	free(self->out);
}

static int compile(FIXTURE_DATA(limits) *self)
{
	const struct rules_host host = { .cgroup = find_cgroup };
	int err;

	rules_keys_free(&self->keys);
	capture_begin(&self->c, 2);
	err = rules_compile(&self->doc, &host, self->out, &self->keys);
	capture_end(&self->c);
	return err;
}

static __u32 judge(FIXTURE_DATA(limits) *self)
{
	return judge_first_rule(self->out, &self->keys, &self->load);
}

/* --- vectors ------------------------------------------------------------------------- */

static __u16 uid_vector(FIXTURE_DATA(limits) *self, __u32 uid)
{
	__u16 vectors[BPFSEAL_FIELDS];

	self->load.uid = uid;
	judge_vectors(self->out, &self->keys, &self->load, vectors);
	return vectors[BPFSEAL_F_UID];
}

TEST_F(limits, equal_vectors_are_one)
{
	uint32_t mine[] = { 1, 2, 3 }, yours[] = { 2, 3, 4, 5 };

	self->doc.n_rules = 3;
	self->rules[0] = (struct policy_rule){ .id = "m", .conditions = POLICY_IF_UID,
					       .uids = mine, .n_uids = 3 };
	self->rules[2] = (struct policy_rule){ .id = "y", .conditions = POLICY_IF_UID,
					       .uids = yours, .n_uids = 4 };
	ASSERT_EQ(0, compile(self)) TH_LOG("%s", self->c.text);
	EXPECT_EQ(5, self->keys.n);
	EXPECT_EQ(BPFSEAL_V_ALL, uid_vector(self, 2));	/* both, and the one in between */
	EXPECT_EQ(BPFSEAL_V_ALL, uid_vector(self, 3));
	EXPECT_EQ(uid_vector(self, 4), uid_vector(self, 5));
	EXPECT_NE(uid_vector(self, 1), uid_vector(self, 4));
	EXPECT_EQ(self->out->other[BPFSEAL_F_UID], uid_vector(self, 6));
	EXPECT_EQ(3, self->out->vectors[uid_vector(self, 1)].words[0]);
	EXPECT_EQ(6, self->out->vectors[uid_vector(self, 4)].words[0]);
	EXPECT_EQ(2, self->out->vectors[uid_vector(self, 6)].words[0]);
	EXPECT_EQ(0, self->out->vectors[5].filled);	/* and no others were made */
	EXPECT_EQ(BPFSEAL_V_ALL, self->out->signers[0]);
	EXPECT_EQ(BPFSEAL_V_ALL, self->out->types[63][127]);
}

/* Rule N names each number that has bit N: all subsets of them are vectors. */
static void name_by_bits(FIXTURE_DATA(limits) *self, uint32_t last)
{
	self->doc.n_rules = 13;
	for (unsigned int i = 0; i < 13; i++) {
		struct policy_rule *rule = &self->rules[i];

		rule->conditions = POLICY_IF_UID;
		rule->uids = calloc(last, sizeof(*rule->uids));
		rule->n_uids = 0;
		for (uint32_t uid = 1; uid <= last; uid++)
			if (uid >> i & 1)
				rule->uids[rule->n_uids++] = uid;
	}
}

TEST_F(limits, vectors)
{
	name_by_bits(self, BPFSEAL_VECTORS_MAX - 2);	/* beside "none" and "all" */
	ASSERT_EQ(0, compile(self)) TH_LOG("%s", self->c.text);
	EXPECT_STREQ("", self->c.text);
	for (uint32_t uid = 1; uid <= BPFSEAL_VECTORS_MAX - 2; uid++) {
		EXPECT_EQ(uid, self->out->vectors[uid_vector(self, uid)].words[0]);
		EXPECT_EQ(__builtin_ctz(uid) + 1, judge(self));
	}
	self->load.uid = 0;
	EXPECT_EQ(0, judge(self));
	name_by_bits(self, BPFSEAL_VECTORS_MAX - 1);
	EXPECT_EQ(-ENOSPC, compile(self));
	EXPECT_STREQ("bpfseal: the rules tell too many values apart: there is room for 4094 "
		     "combinations of rules that accept a value\n", self->c.text);
	EXPECT_EQ(0, self->keys.n);
}

/* --- how much may be named ----------------------------------------------------------- */

static char **make_paths(unsigned int n)
{
	char **paths = calloc(n, sizeof(*paths));

	for (unsigned int i = 0; i < n; i++)
		if (asprintf(&paths[i], "/0%0*u", i % 100 + 5, i) < 0)
			abort();
	return paths;
}

TEST_F(limits, executables)
{
	struct policy_rule *last = &self->rules[BPFSEAL_RULES_MAX - 1];

	for (unsigned int i = 0; i < BPFSEAL_RULES_MAX; i++)
		self->rules[i].conditions = POLICY_IF_EXE_PATH;
	last->exe_paths = make_paths(BPFSEAL_PATHS_MAX + 1);
	last->n_exe_paths = BPFSEAL_PATHS_MAX;
	ASSERT_EQ(0, compile(self)) TH_LOG("%s", self->c.text);
	self->load.host_mount_ns = 1;
	for (unsigned int i = 0; i <= BPFSEAL_PATHS_MAX; i++) {
		memset(self->load.exe_path, 0, sizeof(self->load.exe_path));
		strcpy((char *)self->load.exe_path, last->exe_paths[i]);
		EXPECT_EQ(i < BPFSEAL_PATHS_MAX ? 1024 : 0, judge(self));
	}
	last->n_exe_paths++;
	EXPECT_EQ(-E2BIG, compile(self));
	EXPECT_STREQ("bpfseal: the rules name more than 1024 executables\n", self->c.text);
	/* The same one again is none more. */
	last->exe_paths[BPFSEAL_PATHS_MAX] = last->exe_paths[0];
	EXPECT_EQ(0, compile(self)) TH_LOG("%s", self->c.text);
}

/* Found by its hash, a path still has to be the one. */
TEST_F(limits, same_hash)
{
	char path[] = "/usr/bin/runc", *paths[] = { path };
	__u64 *words = self->load.exe_path;

	self->doc.n_rules = 1;
	self->rules[0].conditions = POLICY_IF_EXE_PATH;
	self->rules[0].exe_paths = paths;
	self->rules[0].n_exe_paths = 1;
	ASSERT_EQ(0, compile(self)) TH_LOG("%s", self->c.text);
	self->load.host_mount_ns = 1;
	for (unsigned int word = 1; word < BPFSEAL_PATH_WORDS; word++) {
		memset(words, 0, sizeof(self->load.exe_path));
		strcpy((char *)words, path);
		EXPECT_EQ(1, judge(self));
		draw_same_hash(words, self->out->path_seed, word);
		EXPECT_EQ(self->keys.list[0].key.value[0],
			  rules_path_hash(self->out->path_seed, words));
		EXPECT_EQ(0, judge(self));
	}
}

TEST_F(limits, cgroup_levels)
{
	char fits[] = "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15";
	char too_deep[] = "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16";
	char *names[] = { gone, fits, too_deep };

	self->doc.n_rules = 1;
	self->rules[0].conditions = POLICY_IF_CGROUP;
	self->rules[0].cgroups = names;
	self->rules[0].n_cgroups = 2;
	ASSERT_EQ(0, compile(self)) TH_LOG("%s", self->c.text);
	EXPECT_EQ(1 << 15, self->out->cgroup_levels);
	EXPECT_EQ(0, judge(self));
	self->load.cgroups[15] = 1015;
	EXPECT_EQ(1, judge(self));
	self->rules[0].n_cgroups = 3;
	EXPECT_EQ(-E2BIG, compile(self));
	EXPECT_STREQ("bpfseal: cgroup \"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16\" is 16 levels below the root, expected at most 15\n",
		     self->c.text);
}

TEST_F(limits, cgroups)
{
	self->doc.n_rules = 2;
	for (unsigned int i = 0; i < 2; i++) {
		self->rules[i].conditions = POLICY_IF_CGROUP;
		self->rules[i].cgroups = calloc(2049, sizeof(char *));
		self->rules[i].n_cgroups = 2048;
		for (unsigned int j = 0; j < 2049; j++)
			self->rules[i].cgroups[j] = gone;
	}
	self->rules[1].cgroups[2047] = seventh;
	ASSERT_EQ(0, compile(self)) TH_LOG("%s", self->c.text);
	self->load.cgroups[7] = 1007;
	EXPECT_EQ(2, judge(self));
	self->rules[1].n_cgroups++;
	EXPECT_EQ(-E2BIG, compile(self));
	EXPECT_STREQ("bpfseal: the rules name 4097 cgroups, expected at most 4096\n", self->c.text);
}

TEST_F(limits, no_rules)
{
	self->doc.n_rules = 0;
	ASSERT_EQ(0, compile(self));
	EXPECT_EQ(0, self->out->n);
	EXPECT_EQ(0, self->keys.n);
	EXPECT_EQ(0, judge(self));
}

TEST_F(limits, names)
{
	ASSERT_EQ(0, compile(self));
	EXPECT_EQ(POLICY_RULES_MAX, self->out->n);
	EXPECT_STREQ(name, self->out->rules[0].id);
	EXPECT_STREQ(name, self->out->rules[POLICY_RULES_MAX - 1].id);
}

/* --- only one of 1024 matches -------------------------------------------------------- */

TEST_F(limits, last_rule)
{
	for (unsigned int i = 0; i < POLICY_RULES_MAX; i++) {
		self->rules[i].conditions = POLICY_IF_TOKEN;
		self->rules[i].token = true;
	}
	ASSERT_EQ(0, compile(self));
	EXPECT_EQ(0, judge(self));
	self->rules[POLICY_RULES_MAX - 1].token = false;
	ASSERT_EQ(0, compile(self));
	EXPECT_EQ(POLICY_RULES_MAX, judge(self));
	self->load.token = 1;
	EXPECT_EQ(1, judge(self));
}

/* --- bits ---------------------------------------------------------------------------- */

TEST(lowest_bit)
{
	EXPECT_EQ(64, rules_lowest_bit(0));
	for (unsigned int i = 0; i < 64; i++) {
		EXPECT_EQ(i, rules_lowest_bit(1ULL << i));
		EXPECT_EQ(i, rules_lowest_bit(~0ULL << i));
		EXPECT_EQ(i, rules_lowest_bit(1ULL << i | 1ULL << 63));
		EXPECT_EQ(i, rules_lowest_bit(0xdeadbeefcafef00dULL << i | 1ULL << i));
	}
}

/* --- time ---------------------------------------------------------------------------- */

/* The first rule left at a time before @utc, in ns. */
static __u32 left(FIXTURE_DATA(limits) *self, int64_t utc, __u64 before)
{
	self->load.now = (__u64)utc * SECOND - before;
	return judge(self);
}

/* Rules end one after the other, the first with the first deadline. */
TEST_F(limits, deadlines)
{
	const int64_t begin = 1800000000;

	for (unsigned int i = 0; i < POLICY_RULES_MAX; i++)
		self->rules[i].expires = begin + i;
	ASSERT_EQ(0, compile(self));
	EXPECT_EQ(POLICY_RULES_MAX, self->out->n_deadlines);
	for (unsigned int i = 0; i < POLICY_RULES_MAX; i++) {
		EXPECT_EQ(i + 1, left(self, begin + i, 1));
		EXPECT_EQ((i + 2) % (POLICY_RULES_MAX + 1), left(self, begin + i, 0));
	}
	EXPECT_EQ(1, left(self, 0, 0));
	EXPECT_EQ(0, left(self, begin + 1000000000, 0));
}

/* They may stand in any order, and several rules may have the same. */
TEST_F(limits, deadlines_are_sorted)
{
	const int64_t begin = 1800000000;

	self->doc.n_rules = 500;
	for (unsigned int i = 0; i < 500; i++)
		self->rules[i].expires = begin + i * 7919 % 100;	/* 7919 is prime */
	self->rules[250].expires = 0;
	ASSERT_EQ(0, compile(self));
	ASSERT_EQ(100, self->out->n_deadlines);
	for (unsigned int i = 0; i < BPFSEAL_RULES_MAX; i++)
		EXPECT_EQ(i < 100 ? (__u64)(begin + i) * SECOND : BPFSEAL_NEVER,
			  self->out->deadlines[i]);
	EXPECT_EQ(1, left(self, begin, 1));
	EXPECT_EQ(2, left(self, begin, 0));
	EXPECT_EQ(251, left(self, begin + 99, 0));
}

TEST_HARNESS_MAIN
