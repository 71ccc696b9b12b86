// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_compile.c - bpfseal policy compile tells sizes and digest, writes the
 * canonical form, and refuses what doesn't fit.
 */
#include "kselftest_harness.h"

#include "cmd.h"
#include "diag.h"
#include "policy_compile.h"
#include "rules_layout.h"
#include "test_cert.h"

#define HEAD \
	"mode: enforcing\n" \
	"require: metadata\n" \
	"signers: [{name: b, keyring: builtin}]\n"
#define D "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char out[CAPTURE_MAX], err[CAPTURE_MAX];

static int run(const char *words)
{
	return capture_command(cmd_policy, "policy", words, out, err);
}

TEST(sizes)
{
	static const char text[] = HEAD
		"sets: [{name: s, digests: ['" D "']}]\n"
		"rules:\n- {id: a, action: deny, digests: [set:s], uids: [1, 2]}\n"
		"- {id: b, action: allow, cgroups: [/x/y], executables: [/a, /b]}\n";
	struct policy_sizes sizes;
	struct policy_doc *doc;

	ASSERT_EQ(0, policy_parse(text, strlen(text), "p", &doc));
	ASSERT_EQ(0, policy_compile(doc, &sizes));
	EXPECT_EQ(1, sizes.signers);
	EXPECT_EQ(2, sizes.rules);
	EXPECT_EQ(1, sizes.sets);
	EXPECT_EQ(1, sizes.digests);
	/* None, both, only a, only b. */
	EXPECT_EQ(4, sizes.vectors);
	/* Two uids, a cgroup, two paths, a digest. */
	EXPECT_EQ(6, sizes.keys);
	EXPECT_LT(sizeof(struct bpfseal_table), sizes.bytes);
	EXPECT_TRUE(sizes.cgroups);
	policy_free(doc);
	ASSERT_EQ(0, policy_parse(HEAD, strlen(HEAD), "p", &doc));
	ASSERT_EQ(0, policy_compile(doc, &sizes));
	EXPECT_EQ(2, sizes.vectors);
	EXPECT_EQ(0, sizes.keys);
	EXPECT_FALSE(sizes.cgroups);
	policy_free(doc);
}

FIXTURE(in_dir) {
	char dir[32];
};

FIXTURE_SETUP(in_dir)
{
	enter_temp_dir(self->dir);
}

FIXTURE_TEARDOWN(in_dir)
{
	leave_temp_dir(self->dir);
}

TEST_F(in_dir, command)
{
	put_text("p.yaml", HEAD "include: [systemd]\n");
	EXPECT_EQ(EXIT_DONE, run("compile p.yaml")) TH_LOG("%s", err);
	EXPECT_NE(NULL, strstr(out, "\nrules:         1 of 1024\n")) TH_LOG("%s", out);
	EXPECT_NE(NULL, strstr(out, "\nnote: the cgroups"));
	EXPECT_EQ(EXIT_DONE, run("compile -o canon.yaml p.yaml")) TH_LOG("%s", err);
	put_text("compiled", strstr(out, "digest: "));
	EXPECT_EQ(EXIT_DONE, run("show p.yaml"));
	put_text("shown", out);
	EXPECT_EQ(0, system("cmp shown canon.yaml"));
	EXPECT_EQ(0, system("[ $(sed -n 's/^digest: *//p' compiled) = "
			    "$(sed -n 's/^# digest: //p' shown) ]"));
}

TEST_F(in_dir, refused)
{
	put_text("p.yaml", HEAD);
	put_text("deep.yaml", HEAD "rules: [{id: r, action: deny, cgroups: "
		 "[/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16]}]\n");
	put_text("bad.yaml", HEAD "rules: [{id: r}]\n");
	EXPECT_EQ(EXIT_FAILED, run("compile deep.yaml -o x"));
	EXPECT_TRUE(starts_with(err, "bpfseal: cgroup \"/1/2/3")) TH_LOG("%s", err);
	EXPECT_NE(0, access("x", F_OK));
	EXPECT_EQ(EXIT_FAILED, run("compile bad.yaml"));
	EXPECT_TRUE(starts_with(err, "bad.yaml:4:9: ")) TH_LOG("%s", err);
	EXPECT_EQ(EXIT_FAILED, run("compile p.yaml -o p.yaml"));
	EXPECT_TRUE(starts_with(err, "bpfseal: output p.yaml is the same file as")) TH_LOG("%s", err);
	EXPECT_EQ(EXIT_FAILED, run("compile p.yaml -o no/x"));
	EXPECT_TRUE(starts_with(err, "bpfseal: cannot write no/x: No such file")) TH_LOG("%s", err);
	EXPECT_STREQ("", out);
	EXPECT_EQ(EXIT_USAGE, run("compile"));
	EXPECT_EQ(EXIT_USAGE, run("compile p.yaml more"));
	EXPECT_EQ(EXIT_USAGE, run("compile --bogus p.yaml"));
}

TEST_HARNESS_MAIN
