// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_test.c - bpfseal policy test: loads are decided as in the kernel, and cases
 * that make no sense are refused with their place.
 */
#include "kselftest_harness.h"

#include "capture.h"
#include "cmd.h"
#include "diag.h"
#include "policy_test.h"

#define D "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define E "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char policy[] =
	"mode: enforcing\n"
	"require: metadata\n"
	"include: [strict, systemd]\n"
	"signers:\n"
	"- {name: team, keyring: builtin, types: [syscall, xdp, cgroup_sock], attach_types: [xdp_cpumap]}\n"
	"- {name: late, keyring: platform, from: 2030-01-01, until: 2031-01-01}\n"
	"rules:\n"
	"- {id: digest, action: allow, digests: ['" D "'], types: [xdp]}\n"
	"- {id: exe, action: allow, executable_digests: ['" E "'], uids: [7]}\n"
	"- {id: path, action: allow, executables: [/a b], expires: 2027-01-01}\n"
	"- {id: group, action: allow, cgroups: [/a/b], types: [kprobe]}\n"
	"- {id: not-exe, action: deny, executable_digests: ['" E "'], types: [cgroup_device]}\n"
	"- {id: level, action: allow, levels: [signed], types: [lsm]}\n"
	"- {id: no-xdp, action: deny, types: [xdp], attach_types: [xdp_cpumap], signers: [team]}\n";

FIXTURE(judged) {
	struct policy_doc *doc;
	struct judge_policy p;
};

FIXTURE_SETUP(judged)
{
	ASSERT_EQ(0, policy_parse(policy, strlen(policy), "p.yaml", &self->doc));
	ASSERT_EQ(0, judge_policy_make(self->doc, &self->p));
}

FIXTURE_TEARDOWN(judged)
{
	judge_policy_free(&self->p);
	policy_free(self->doc);
}

TEST_F(judged, decisions)
{
	static const struct {
		const char *load, *words;
	} cases[] = {
		{ "type: kprobe", "denied: unsigned" },
		{ "type: syscall, signer: none", "denied: unsigned" },
		{ "type: syscall, signer: team", "allowed: signer" },
		{ "type: syscall, signer: team, level: signed", "denied: level" },
		{ "type: cgroup_sock, signer: team", "allowed: signer" },
		{ "type: cgroup_sock, signer: team, attach_type: cgroup_inet_sock_create",
		  "allowed: signer" },
		{ "type: cgroup_sock, signer: team, attach_type: cgroup_inet4_bind",
		  "denied: uncovered:attach_type" },
		{ "type: kprobe, signer: team", "denied: uncovered:prog_type" },
		/* What isn't covered has no signer and no level for rules. */
		{ "type: lsm, signer: team, level: signed", "denied: level" },
		{ "type: xdp, signer: team", "allowed: signer" },
		{ "type: xdp, signer: team, attach_type: xdp_cpumap", "denied by rule no-xdp" },
		{ "type: lsm, signer: team, nested: true", "allowed: nested" },
		/* Another executable's, and one that can't be told. */
		{ "type: cgroup_device, executable_digest: " E, "denied by rule not-exe" },
		{ "type: cgroup_device, executable_digest: " D, "denied: unsigned" },
		{ "type: cgroup_device", "denied by rule not-exe" },
		{ "type: lsm, signer: team, nested: true, level: signed", "allowed by rule level" },
		{ "type: kprobe, signer: team, nested: true, level: signed",
		  "denied: loader-unverified" },
		{ "type: kprobe, nested: true", "denied: loader-by-rule" },
		{ "type: syscall, signer: late, time: 2029-12-31T23:59:59Z",
		  "denied: untrusted-keyring" },
		{ "type: syscall, signer: late, time: 2030-01-01", "allowed: signer" },
		{ "type: syscall, signer: late, time: 2031-01-01", "denied: untrusted-keyring" },
		{ "type: syscall, signer: team, token: true", "denied by rule strict.token" },
		{ "type: xdp, digest: " D, "allowed by rule digest" },
		{ "type: xdp, digest: " E, "denied: unsigned" },
		{ "type: lsm, digest: " D, "denied: unsigned" },
		{ "type: lsm, executable_digest: " E ", uid: 7", "allowed by rule exe" },
		{ "type: lsm, executable_digest: " E, "denied: unsigned" },
		{ "type: lsm, executable: /a b, time: 2026-12-31T23:59:59Z",
		  "allowed by rule path" },
		{ "type: lsm, executable: /a b, time: 2027-01-01", "denied: unsigned" },
		{ "type: lsm, executable: /a b, time: 2026-01-01, mount_namespace: other",
		  "denied: unsigned" },
		{ "type: kprobe, cgroup: /a/b", "allowed by rule group" },
		{ "type: kprobe, cgroup: /a/b/c/d", "allowed by rule group" },
		{ "type: kprobe, cgroup: /a/bc", "denied: unsigned" },
		{ "type: kprobe, cgroup: /a", "denied: unsigned" },
		{ "type: cgroup_skb, executable: /lib/systemd/systemd, cgroup: /init.scope",
		  "allowed by rule systemd.units" },
		{ "type: cgroup_skb, executable: /lib/systemd/systemd, cgroup: /init.scope, uid: 1",
		  "denied: unsigned" },
		{ "type: cgroup_skb, executable: /lib/systemd/systemd, cgroup: /init.scope, "
		  "network_namespace: other", "denied: unsigned" },
		{ "type: xdp, user_namespace: other", "denied by rule strict.user-namespace" },
	};
	struct judge_decision decision;
	struct policy_cases list;
	char text[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "- {name: x, expect: allow, %s}\n", cases[i].load);
		ASSERT_EQ(0, policy_cases_parse(text, strlen(text), "c", self->doc, &list));
		EXPECT_EQ(!strncmp(cases[i].words, "allowed", 7),
			  policy_case_holds(&self->p, list.list, &decision));
		EXPECT_STREQ(cases[i].words, judge_in_words(&self->p, &decision).s) {
			TH_LOG("%s", cases[i].load);
		}
		policy_cases_free(&list);
	}
}

TEST_F(judged, refused)
{
#define A "- {name: x, expect: allow, type: xdp, "
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "a: 1\n", "c:1:1: the list of cases is a map, expected a list\n" },
		{ "[]\n", "c:1:1: the list of cases has 0 entries, expected 1 to 16384\n" },
		{ "- {name: x, expect: allow}\n",
		  "c:1:3: an entry of the list of cases lacks \"type\", expected text\n" },
		{ "- {name: x, expect: maybe, type: xdp}\n",
		  "c:1:21: \"expect\" is \"maybe\", expected one of: allow, deny\n" },
		{ "- {name: x, expect: allow, type: xpd}\n",
		  "c:1:34: \"xpd\" is no program type, expected a name" },
		{ A "attach_type: y}\n", "c:1:52: \"y\" is no attach type" },
		{ A "rule: nope}\n", "c:1:45: \"nope\" is no rule, expected the id of" },
		{ A "signer: who}\n", "c:1:47: \"who\" is no signer, expected a name" },
		{ A "signer: team, level: unsigned}\n", "c:1:60: \"level\" is unsigned beside" },
		{ A "level: metadata}\n", "c:1:46: \"level\" is metadata without \"signer\"" },
		{ A "digest: abc}\n", "c:1:47: \"abc\" is no digest, expected 64 of 0-9 and a-f\n" },
		{ A "executable: runc}\n", "c:1:51: \"runc\" does not begin with a slash" },
		{ A "cgroup: /a//b}\n", "c:1:47: \"/a//b\" has an empty name" },
		{ A "time: soon}\n", "c:1:45: \"soon\" is no time, expected" },
		{ A "uid: -1}\n", "c:1:44: \"uid\" is \"-1\", expected a whole number" },
		{ A "token: yes}\n", "c:1:46: \"token\" is \"yes\", expected true or false\n" },
		{ A "user: 0}\n", "c:1:39: unknown key \"user\" in an entry of the list of cases" },
		{ A "uid: 0}\n" A "uid: 0}\n",
		  "c:2:10: case \"x\" is given twice, first in line 1; expected once\n" },
	};
	struct policy_cases list;
	struct capture c;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		capture_begin(&c, 2);
		EXPECT_EQ(-EINVAL, policy_cases_parse(cases[i].text, strlen(cases[i].text), "c",
						      self->doc, &list));
		capture_end(&c);
		EXPECT_TRUE(starts_with(c.text, cases[i].says)) TH_LOG("%s: %s", cases[i].text, c.text);
	}
}

TEST(command)
{
	char *test[] = { "policy", "test", "p.yaml", "c.yaml", NULL }, dir[32];
	struct capture c;

	enter_temp_dir(dir);
	put_text("p.yaml", policy);
	put_text("c.yaml", "- {name: one, type: xdp, signer: team, expect: allow}\n");
	capture_begin(&c, 1);
	EXPECT_EQ(EXIT_DONE, cmd_policy(4, test));
	capture_end(&c);
	EXPECT_STREQ("ok    one: allowed: signer\n1 case, 0 failed\n", c.text);
	put_text("c.yaml", "- {name: one, type: xdp, signer: team, expect: deny}\n"
		 "- {name: \"t\\u202ewo\", type: xdp, signer: team, expect: allow, rule: digest}\n"
		 "- {name: three, type: xdp, digest: " D ", expect: allow, rule: digest}\n");
	capture_begin(&c, 1);
	EXPECT_EQ(EXIT_FAILED, cmd_policy(4, test));
	capture_end(&c);
	EXPECT_STREQ("FAIL  one: allowed: signer; expected deny (c.yaml:1:10)\n"
		     "FAIL  t\\xe2\\x80\\xaewo: allowed: signer; expected allow by rule digest (c.yaml:2:10)\n"
		     "ok    three: allowed by rule digest\n3 cases, 2 failed\n", c.text);
	capture_begin(&c, 2);
	test[3] = "none.yaml";
	EXPECT_EQ(EXIT_FAILED, cmd_policy(4, test));
	EXPECT_EQ(EXIT_USAGE, cmd_policy(3, test));
	capture_end(&c);
	EXPECT_TRUE(starts_with(c.text, "bpfseal: cannot read list of cases none.yaml: No such"));
	leave_temp_dir(dir);
}

TEST_HARNESS_MAIN
