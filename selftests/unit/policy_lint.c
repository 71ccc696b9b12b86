// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_lint.c - bpfseal policy lint: each check finds what it is for, at its place,
 * and says nothing of presets and of rules as they should be.
 */
#include "kselftest_harness.h"

#include <time.h>

#include "cmd.h"
#include "diag.h"
#include "policy_lint.h"
#include "policy_preset.h"
#include "test_cert.h"

#define HEAD \
	"mode: permissive\n" \
	"require: metadata\n" \
	"signers: [{name: team, keyring: builtin}, {name: net, keyring: platform, types: [syscall, xdp]}]\n"
#define D "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define NOW 1800000000	/* 2027-01-15T08:00:00Z */

/* All remarks, one a line: "LINE:COLUMN check warning" */
static char *remarks(struct __test_metadata *_metadata, const char *rest)
{
	static char all[4096];
	struct policy_lint lint;
	struct policy_doc *doc;
	char text[4096];

	snprintf(text, sizeof(text), HEAD "%s", rest);
	all[0] = '\0';
	if (policy_parse(text, strlen(text), "p", &doc)) {
		TH_LOG("refused: %s", text);
		return "refused";
	}
	if (policy_lint(doc, NOW, &lint))
		abort();
	for (size_t i = 0; i < lint.n; i++) {
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%zu:%zu %s%s\n",
			 lint.list[i].line, lint.list[i].column, lint.list[i].check,
			 lint.list[i].note ? " (note)" : "");
		TH_LOG("%s", lint.list[i].text);
	}
	policy_lint_free(&lint);
	policy_free(doc);
	return all;
}

/* What follows "- {id: " of the second rule; the first is harmless. */
TEST(single_rules)
{
	static const struct {
		const char *rule, *check;
	} cases[] = {
		{ "r, action: allow", "allows-everything" },
		{ "r, action: allow, signers: [none]", "allows-everything" },
		{ "r, action: allow, levels: [unsigned, signed]", "allows-everything" },
		{ "r, action: allow, levels: [signed]", NULL },
		{ "r, action: allow, signers: [team]", NULL },
		{ "r, action: deny, uids: [7]", NULL },
		{ "r, action: allow, executables: [/a]", "by-path-only" },
		{ "r, action: allow, executables: [/a], uids: [0], token: false", "by-path-only" },
		{ "r, action: allow, executables: [/a], types: [cgroup_device]", NULL },
		{ "r, action: allow, executables: [/a], executable_digests: ['" D "']", NULL },
		{ "r, action: allow, executables: [/a], signers: [team]", NULL },
		{ "r, action: deny, executables: [/a]", NULL },
		{ "r, action: allow, uids: [0]", "by-task-only" },
		{ "r, action: allow, cgroups: [/a]", "by-task-only" },
		{ "r, action: allow, user_namespace: host, nested: false", "by-task-only" },
		{ "r, action: allow, uids: [0], types: [xdp]", NULL },
		{ "r, action: allow, digests: ['" D "'], types: [xdp]", NULL },
		{ "r, action: allow, digests: ['" D "']", "digests-without-types" },
		{ "r, action: deny, digests: ['" D "']", NULL },
		{ "r, action: allow, types: [xdp], executables: [/usr/bin/python3.13]", "interpreter" },
		{ "r, action: allow, types: [xdp], executables: [/bin/sh]", "interpreter" },
		{ "r, action: allow, types: [xdp], executables: [/bin/sshd]", NULL },
		{ "r, action: deny, types: [xdp], executables: [/bin/sh]", NULL },
		{ "r, action: allow, types: [xdp], digests: ['" D "'], executables: [/bin/sh]", NULL },
		{ "r, action: allow, comment: the xdp filter, executables: [/a], executable_digests: ['" D "']",
		  "wider-than-words" },
		{ "my-xdp, action: allow, executables: [/a], executable_digests: ['" D "']",
		  "wider-than-words" },
		{ "my-xdp, action: allow, types: [xdp]", NULL },
		{ "r, action: allow, comment: the xdpfilter, executable_digests: ['" D "']", NULL },
		{ "r, action: allow, comment: for runc, types: [xdp]", "wider-than-words" },
		{ "r, action: allow, comment: for known, types: [xdp]", "wider-than-words" },
		{ "r, action: allow, comment: for runc, types: [xdp], digests: ['" D "']", NULL },
		{ "r, action: allow, comment: for runc, types: [xdp], executables: [/runc]", NULL },
		{ "r, action: allow, types: [xdp], comment: Until OPS is done", "never-expires" },
		{ "tmp-r, action: allow, types: [xdp]", "never-expires" },
		{ "tmp-r, action: allow, types: [xdp], expires: 2030-01-01", NULL },
		{ "r, action: allow, types: [xdp], comment: attempts", NULL },
		{ "r, action: allow, types: [xdp], ticket: OPS-1", "never-expires (note)" },
		{ "r, action: allow, types: [xdp], expires: 2027-01-15", "rule-ends" },
		{ "r, action: allow, types: [xdp], expires: 2027-02-14", "rule-ends (note)" },
		{ "r, action: allow, types: [xdp], expires: 2027-02-15", NULL },
		/* No load can be so. */
		{ "r, action: deny, levels: [signed], signers: [none]", "never-matches" },
		{ "r, action: deny, levels: [unsigned], signers: [team]", "never-matches" },
		{ "r, action: deny, types: [sk_lookup], attach_types: [xdp_cpumap]", "never-matches" },
		{ "r, action: deny, types: [tracing], attach_types: [modify_return]", NULL },
		{ "r, action: deny, types: [kprobe], signers: [team], nested: false", "never-matches" },
		{ "r, action: deny, types: [kprobe], signers: [team]", NULL },
		{ "r, action: deny, types: [xdp], signers: [net], nested: false", NULL },
	};
	char text[1024], expected[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "rules:\n- {id: first, action: deny, types: [lsm],"
			 " executables: [/x/known]}\n- {id: %s}\n", cases[i].rule);
		snprintf(expected, sizeof(expected), "6:8 %s\n", cases[i].check);
		EXPECT_STREQ(cases[i].check ? expected : "", remarks(_metadata, text)) {
			TH_LOG("%s", cases[i].rule);
		}
	}
}

TEST(other_rules)
{
	static const struct {
		const char *first, *second, *check;
	} cases[] = {
		{ "uids: [1, 2]", "uids: [2]", "shadowed" },
		{ "uids: [1]", "uids: [2]", NULL },
		{ "uids: [1]", "uids: [1, 2]", NULL },
		{ "types: [xdp, lsm]", "types: [lsm], cgroups: [/a], token: true", "shadowed" },
		{ "types: [xdp, lsm], token: false", "types: [lsm], token: true", NULL },
		{ "cgroups: [/a]", "cgroups: [/a/b, /a]", "shadowed" },
		{ "cgroups: [/a/b]", "cgroups: [/a]", NULL },
		{ "digests: ['" D "', set:s]", "digests: [set:s]", "shadowed" },
		/* Not named alike, but the same. */
		{ "digests: ['" D "']", "digests: [set:s]", "unreachable" },
		{ "executables: [/a, /b]", "executables: [/a], mount_namespace: host", "shadowed" },
		{ "types: [xdp], expires: 2028-01-01", "types: [xdp]", NULL },
		{ "types: [xdp], expires: 2028-01-01", "types: [xdp], expires: 2027-10-01", "shadowed" },
		{ "levels: [signed]", "levels: [signed, metadata], signers: [team]", NULL },
		{ "signers: [team, net]", "levels: [signed, metadata]", "unreachable" },
	};
	char text[1024], expected[64];
	const char *found;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "sets: [{name: s, digests: ['" D "']}]\n"
			 "rules:\n- {id: a, action: deny, %s}\n- {id: b, action: deny, %s}\n"
			 "- {id: c, action: deny, types: [netfilter], digests: [set:s]}\n",
			 cases[i].first, cases[i].second);
		snprintf(expected, sizeof(expected), "7:8 %s\n", cases[i].check ? cases[i].check : "");
		found = strstr(remarks(_metadata, text), cases[i].check ? expected : "7:8 ");
		EXPECT_EQ(!cases[i].check, !found) TH_LOG("%s", text);
	}
}

/* Two that together leave nothing; and a denial that comes too late. */
TEST(together)
{
	EXPECT_STREQ("7:8 unreachable\n", remarks(_metadata,
		"rules:\n- {id: a, action: deny, token: true}\n- {id: b, action: deny, token: false}\n"
		"- {id: c, action: deny, types: [xdp]}\n") + strlen("3:18 signer-loads-nothing\n"
		"3:50 signer-loads-nothing\n"));
	EXPECT_STREQ("5:8 allows-everything\n6:8 shadowed\n", remarks(_metadata,
		"rules:\n- {id: a, action: allow}\n- {id: b, action: deny, types: [xdp]}\n"));
}

/* What can't be measured is left to a rule that denies, and only to that. */
TEST(executables)
{
	static const struct {
		const char *first, *second, *remark;
	} cases[] = {
		{ "allow", "deny", "" },
		{ "deny", "deny", "6:8 shadowed\n" },
		{ "allow", "allow", "6:8 shadowed\n" },
		{ "deny", "allow", "6:8 shadowed\n" },
	};
	char text[1024];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "rules:\n- {id: a, action: %s, executable_digests: ['" D "']}\n"
			 "- {id: b, action: %s, executable_digests: ['" D "']}\n",
			 cases[i].first, cases[i].second);
		EXPECT_STREQ(cases[i].remark, remarks(_metadata, text)) TH_LOG("%s", text);
	}
}

TEST(not_rules)
{
	EXPECT_STREQ("4:10 default-allow\n", remarks(_metadata, "default: allow\n"));
	EXPECT_STREQ("", remarks(_metadata, "default: deny\n"));
	EXPECT_STREQ("4:15 unused-set\n", remarks(_metadata, "sets: [{name: s, digests: ['" D "']}]\n"));
	EXPECT_STREQ("3:18 signer-loads-nothing\n", remarks(_metadata,
		"rules: [{id: a, action: deny, signers: [team]}]\n"));
	EXPECT_STREQ("", remarks(_metadata,
		"rules: [{id: a, action: deny, signers: [team], nested: true}]\n"));
}

TEST(signers)
{
	static const char text[] =
		"mode: enforcing\nrequire: metadata\nsigners:\n"
		"- {name: a, keyring: builtin, until: 2027-01-01}\n"
		"- {name: b, keyring: platform, until: 2027-02-01}\n"
		"- {name: c, keyring: secondary, until: 2028-01-01, from: 2027-10-01}\n";
	struct policy_lint lint;
	struct policy_doc *doc;

	ASSERT_EQ(0, policy_parse(text, strlen(text), "p", &doc));
	ASSERT_EQ(0, policy_lint(doc, NOW, &lint));
	ASSERT_EQ(2, lint.n);
	EXPECT_STREQ("the trust in signer \"a\" ended at 2027-01-01T00:00:00Z", lint.list[0].text);
	EXPECT_STREQ("the trust in signer \"b\" ends at 2027-02-01T00:00:00Z, within 30 days",
		     lint.list[1].text);
	EXPECT_TRUE(lint.list[1].note);
	policy_lint_free(&lint);
	policy_free(doc);
}

/* No remarks on what comes with bpfseal, in any order. */
TEST(presets)
{
	EXPECT_STREQ("", remarks(_metadata, "include: [strict, containers, systemd, observability]\n"));
	EXPECT_STREQ("", remarks(_metadata, "include: [observability, systemd, containers, strict]\n"));
	/* The example of the documentation, by which a rule of a preset is taken out. */
	EXPECT_STREQ("6:8 rule-ends\n", remarks(_metadata, "include: [systemd]\nrules:\n"
		"- {id: systemd.units, action: allow, expires: 2000-01-01}\n"));
}

TEST(command)
{
	char *strict[] = { "policy", "lint", "--strict", "p.yaml", NULL };
	char *lint[] = { "policy", "lint", "p.yaml", NULL }, dir[32];
	struct test_cert t = { .cn = "a", .after = 1500000000 };
	struct capture c;

	enter_temp_dir(dir);
	EVP_PKEY_free(put_cert("a", &t));
	put_text("p.yaml", HEAD);
	capture_begin(&c, 1);
	EXPECT_EQ(EXIT_DONE, cmd_policy(4, strict));
	capture_end(&c);
	EXPECT_STREQ("0 warnings, 0 notes\n", c.text);
	put_text("p.yaml", "mode: enforcing\nrequire: metadata\nsigners: [{name: a, certificate: a.crt}]\n");
	capture_begin(&c, 1);
	EXPECT_EQ(EXIT_DONE, cmd_policy(3, lint));
	EXPECT_EQ(EXIT_POLICY_NO, cmd_policy(4, strict));
	capture_end(&c);
	EXPECT_TRUE(starts_with(c.text, "p.yaml:3:18: warning: the certificate of signer \"a\" ended at"
				" 2017-07-14T02:40:00Z [certificate-ends]\n1 warning, 0 notes\n")) {
		TH_LOG("%s", c.text);
	}
	put_text("p.yaml", "mode: [\n");
	capture_begin(&c, 2);
	EXPECT_EQ(EXIT_FAILED, cmd_policy(3, lint));
	EXPECT_EQ(EXIT_USAGE, cmd_policy(2, lint));
	capture_end(&c);
	leave_temp_dir(dir);
}

TEST_HARNESS_MAIN
