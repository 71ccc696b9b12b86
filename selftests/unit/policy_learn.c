// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_learn.c - bpfseal policy learn: what is learned is allowed by the policy
 * that is made, and nothing else is.
 */
#include "test_learn.h"

#include <openssl/evp.h>

/* --- rules ------------------------------------------------------------------------------- */

TEST_F(learn, by_digest)
{
	const struct event seen[] = {
		{ .exe = "/usr/sbin/food", .digest = 1, .n = 3 },
		{ .exe = "/usr/sbin/food", .digest = 2, .n = 2, .attach = "xdp_devmap" },
		{ .exe = "/usr/sbin/food", .digest = 1, .n = 9, .decision = "denied" },
		{ .exe = "/usr/sbin/food", .digest = 3, .type = "sched_cls" },
		{ .exe = "/usr/sbin/food", .digest = 4, .uid = 7 },
		{ .exe = "/usr/bin/it's", .digest = 5, .decision = "allowed", .reason = "default-allows" },
		{ .exe = "/usr/bin/ru\xc3\xbc", .digest = 6, .decision = "allowed", .reason = "rule-allows" },
		{ .exe = "/agent", .digest = 7, .mount_ns = 5 },
	};
	const struct event not[] = {
		{ .exe = "/usr/sbin/food", .digest = 9 },
		{ .exe = "/usr/sbin/food" },
		{ .exe = "/usr/sbin/food", .digest = 3 },
		{ .exe = "/usr/sbin/food", .digest = 4 },
		{ .exe = "/usr/sbin/food", .digest = 1, .uid = 7 },
		{ .exe = "/usr/sbin/food2", .digest = 1 },
		{ .exe = "/usr/sbin/food", .digest = 1, .type = "kprobe" },
		{ .exe = "/usr/sbin/food", .digest = 1, .attach = "xdp" },
		{ .exe = "/usr/sbin/food", .digest = 1, .user_ns = 5 },
		{ .exe = "/usr/sbin/food", .digest = 1, .mount_ns = 5 },
		{ .exe = "/usr/sbin/food", .digest = 1, .nested = true },
		{ .exe = "/agent", .digest = 7 },
	};
	const struct policy_rule *rule;

	LEARN_FROM(seen, LEARN);
	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
		EXPECT_TRUE(allows(&self->m, &seen[i])) TH_LOG("%zu: %s", i, self->m.text);
	}
	for (size_t i = 0; i < sizeof(not) / sizeof(not[0]); i++) {
		EXPECT_FALSE(allows(&self->m, &not[i])) TH_LOG("%zu: %s", i, self->m.text);
	}
	rule = find(&self->m, "food-xdp");
	ASSERT_NE(NULL, rule);
	EXPECT_STREQ("3 loads, 2026-01-03T00:00:00Z to 2026-01-10T00:00:00Z", rule->comment);
	EXPECT_EQ(POLICY_PERMISSIVE, self->m.doc->mode);
	EXPECT_FALSE(self->m.doc->default_allow);
	EXPECT_STREQ("p.yaml: 6 rules, 0 commented out, 0 kinds of loads left to presets\n", out);
	EXPECT_TRUE(says(&self->m, "# RISK: not-root: "));
	EXPECT_TRUE(says(&self->m, "# RISK: container: "));
	EXPECT_FALSE(says(&self->m, "# RISK: path-only: "));
	EXPECT_EQ(NULL, strpbrk(self->m.text, "\xc3\x7f\t\r"));
}

TEST_F(learn, some_without_digest)
{
	const struct event seen[] = {
		{ .exe = "/usr/sbin/food", .digest = 1 },
		{ .exe = "/usr/sbin/food" },
		{ .exe = "/usr/sbin/bard", .type = "kprobe" },
	};

	LEARN_FROM(seen, LEARN);
	EXPECT_TRUE(allows(&self->m, &seen[0]));
	EXPECT_FALSE(allows(&self->m, &seen[1]));
	EXPECT_TRUE(says(&self->m, "# NOT LEARNED: 1 of its loads told no digest."));
	EXPECT_TRUE(allows(&self->m, &seen[2]));
	EXPECT_TRUE(says(&self->m, "# RISK: path-only: "));
}

/* Written, but commented out; and a rule once the "# " is gone. */
TEST_F(learn, too_risky)
{
	const struct event seen[] = {
		{ .exe = "/usr/bin/bash", .digest = 1 },
		{ .exe = "/usr/bin/python3.12", .digest = 1 },
		{ .exe = "/usr/bin/perf_6.1", .type = "kprobe" },
		{ .exe = "/usr/sbin/tc", .type = "sched_cls" },
		{ .exe = "/tmp/food" },
		{ .exe = "/usr/bin/old (deleted)" },
		{ .exe = "/memfd:x" },
		{ .exe = "/usr/bin/food", .type = "lsm", .attach = "lsm_mac" },
		{ .exe = "/usr/bin/food", .type = "tracing", .attach = "modify_return" },
		{ .exe = "/usr/bin/food", .type = "syscall" },
		{ .exe = "/usr/bin/food", .reason = "loader-not-admitted", .nested = true },
	};
	const struct event in_container = { .exe = "/agent", .mount_ns = 5 };
	const struct event safe[] = {
		{ .exe = "/usr/sbin/tc", .digest = 1, .type = "sched_cls" },
		{ .exe = "/tmp/food", .digest = 1 },
		{ .exe = "/usr/bin/food", .digest = 1, .type = "lsm", .attach = "lsm_mac" },
		{ .exe = "/usr/bin/tc-like" },
		{ .exe = "/usr/bin/bash-like" },
	};
	size_t n = sizeof(seen) / sizeof(seen[0]);

	LEARN_FROM(seen, LEARN);
	EXPECT_EQ(0, self->m.doc->n_rules);
	EXPECT_TRUE(starts_with(out, "p.yaml: 0 rules, 11 commented out, "));
	EXPECT_TRUE(says(&self->m, "# RISK: shell: "));
	EXPECT_TRUE(says(&self->m, "# RISK: interpreter: "));
	ASSERT_EQ(0, system("sed -i 's/^  # \\(- id:\\|  [a-z_]*:\\)/  \\1/; s/^# rules:/rules:/' p.yaml"));
	made_free(&self->m);
	ASSERT_TRUE(load_policy(&self->m));
	ASSERT_EQ(n, self->m.doc->n_rules);
	for (size_t i = 0; i < n; i++) {
		EXPECT_TRUE(allows(&self->m, &seen[i])) TH_LOG("%zu", i);
	}
	put_events(&in_container, 1);
	EXPECT_EQ(EXIT_DONE, run(LEARN));
	EXPECT_TRUE(starts_with(out, "p.yaml: 0 rules, 1 commented out, "));
	LEARN_FROM(safe, LEARN);
	for (size_t i = 0; i < sizeof(safe) / sizeof(safe[0]); i++) {
		EXPECT_TRUE(allows(&self->m, &safe[i])) TH_LOG("%zu", i);
	}
}

#define FILTER .type = "cgroup_device", .attach = "cgroup_device"

TEST_F(learn, generated)
{
	const struct event runc = { .exe = "/usr/bin/runc", FILTER, .digest = 999 };
	const struct event other = { .exe = "/opt/runc", FILTER };
	const struct event user = { .exe = "/usr/bin/runc", FILTER, .uid = 5 };
	const struct event kprobe = { .exe = "/opt/runc", .type = "kprobe" };
	const struct event unit = { .exe = "/usr/lib/systemd/systemd", .type = "cgroup_skb",
				    .attach = "cgroup_inet_ingress", .pid = 1 };
	const struct event login = { .exe = "/usr/lib/systemd/systemd", .type = "cgroup_skb",
				     .attach = "cgroup_inet_ingress" };
	struct event seen[100];

	for (unsigned int i = 0; i < 100; i++) {
		seen[i] = i % 2 ? runc : i % 3 ? other : unit;
		seen[i].digest = i + 1;
	}
	LEARN_FROM(seen, LEARN);
	EXPECT_TRUE(says(&self->m, "include: [containers, systemd]\n"));
	EXPECT_TRUE(says(&self->m, "#   containers.runc-device-filter: /usr/bin/runc, type cgroup_device, 50 loads, "));
	EXPECT_TRUE(says(&self->m, "#   systemd.units: /usr/lib/systemd/systemd, type cgroup_skb, "));
	EXPECT_TRUE(allows(&self->m, &runc) && allows(&self->m, &other) && allows(&self->m, &unit));
	EXPECT_FALSE(allows(&self->m, &user));
	EXPECT_FALSE(allows(&self->m, &kprobe));
	EXPECT_FALSE(allows(&self->m, &login));
	ASSERT_NE(NULL, find(&self->m, "runc-cgroup_device"));
	EXPECT_EQ(0, find(&self->m, "runc-cgroup_device")->digests.n_sets);
}

/* A daemon's device filters that nobody knows, and programs of a type that isn't harmless. */
TEST_F(learn, unstable)
{
	const struct event filter = { .exe = "/usr/bin/newd", FILTER }, probe = { .exe = "/usr/bin/newd" };
	struct event seen[80];

	for (unsigned int i = 0; i < 80; i++) {
		seen[i] = i % 2 ? filter : probe;
		seen[i].digest = i + 1;
	}
	LEARN_FROM(seen, LEARN);
	EXPECT_TRUE(allows(&self->m, &filter));
	EXPECT_FALSE(allows(&self->m, &probe));
	EXPECT_TRUE(says(&self->m, "# RISK: unstable: "));
	EXPECT_TRUE(starts_with(out, "p.yaml: 1 rule, 1 commented out, 0 kinds"));
}

TEST_F(learn, feature_probes)
{
	static const uint64_t probes[][2] = { { 0xb7, 0x95 }, { 0x85 | 160ULL << 32, 0x95 } };
	const struct event seen[] = {
		{ .exe = "/usr/bin/a", .reason = "feature-probe", .type = "socket_filter" },
		{ .exe = "/usr/bin/a", .reason = "feature-probe", .type = "kprobe", .uid = 3 },
		{ .exe = "/usr/bin/b", .reason = "feature-probe", .type = "kprobe" },
		{ .exe = "/c", .reason = "feature-probe", .type = "kprobe", .mount_ns = 5 },
		{ .exe = "/usr/bin/a", .reason = "rule-allows", .decision = "allowed", .type = "xdp",
		  .hex = "59f4a931744dcdc62944a018ed3990e666ec6444616418d3b09a82dc5c753d52" },
	};
	struct policy_digests *digests;
	uint8_t digest[32];

	LEARN_FROM(seen, LEARN);
	ASSERT_EQ(2, self->m.doc->n_rules);
	EXPECT_STREQ("feature-probes", self->m.doc->rules[0].id);
	EXPECT_STREQ("feature-probes-containers", self->m.doc->rules[1].id);
	EXPECT_STREQ("4 loads", self->m.doc->rules[0].comment);
	EXPECT_EQ(2, self->m.doc->rules[0].n_exe_paths);
	EXPECT_EQ(2, self->m.doc->rules[0].n_uids);
	digests = &self->m.doc->rules[0].digests;
	ASSERT_EQ(2, digests->n);
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(1, EVP_Digest(probes[i], 16, digest, NULL, EVP_sha256(), NULL));
		EXPECT_EQ(0, memcmp(digest, digests->list[i].bytes, 32));
	}
	EXPECT_FALSE(allows(&self->m, &(struct event){ .exe = "/usr/bin/a", .type = "kprobe",
						       .digest = 1 }));
}

TEST_F(learn, nested)
{
	const struct event seen[] = {
		{ .exe = "/usr/bin/food", .type = "syscall" },
		{ .exe = "/usr/bin/food", .reason = "loader-not-admitted", .nested = true,
		  .digest = 2, .loader = D62 "11" },
		{ .exe = "/usr/bin/food", .reason = "loader-not-admitted", .object = "map" },
	};
	const struct policy_rule *loader;

	LEARN_FROM(seen, LEARN);
	loader = find(&self->m, "food-syscall");
	ASSERT_NE(NULL, loader);
	EXPECT_FALSE(loader->nested);
	ASSERT_EQ(1, self->m.doc->sets[loader->digests.sets[0]].n_digests);
	EXPECT_STREQ(D62 "11", hex_of(self->m.doc->sets[loader->digests.sets[0]].digests[0].bytes).s);
	EXPECT_TRUE(allows(&self->m, &seen[1]));
	ASSERT_NE(NULL, find(&self->m, "food-nested-xdp"));
	EXPECT_TRUE(find(&self->m, "food-nested-xdp")->nested);
	EXPECT_TRUE(says(&self->m, "# RISK: unsigned-loader: "));
}

/* Listed, and nothing of it is in a rule. */
TEST_F(learn, refused)
{
	static const char *const reasons[] = {
		"rule-denies", "untrusted-keyring", "level", "no-loader", "loader-rerun",
		"loader-gone", "loader-distrusted", "foreign-map", "kernel-own", "no-policy",
		"foreign-btf", "loader-unverified", "undecided", "changed-map", "swapped-fd",
	};
	struct event seen[32] = {
		{ .exe = "/bin/f", .digest = 1, .reason = "bad-signature", .decision = "rejected" },
		{ .exe = "/bin/f", .digest = 1, .reason = "unsigned", .decision = "rejected" },
		{ .exe = "/bin/f", .digest = 1, .user_ns = 5 },
		{ .exe = "f", .digest = 1 },
		{ .digest = 1 },
		{ .exe = "/bin/f", .digest = 1, .type = "unknown-77" },
		{ .exe = "/bin/f", .digest = 1, .attach = "unknown-77" },
		{ .exe = "/bin/../f", .digest = 1 },
		{ .exe = "/bin//f", .digest = 1 },
		{ .exe = "/bin/f/", .digest = 1 },
		{ .exe = "/bin/\\\\x0af", .digest = 1 },
		{ .exe = "/bin/f", .digest = 1, .reason = "not known; but\\n\\\"quoted" },
	};
	size_t n = 12;

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		seen[n++] = (struct event){ .exe = "/bin/f", .digest = 1, .reason = reasons[i] };
	put_events(seen, n);
	ASSERT_EQ(EXIT_DONE, run(LEARN)) TH_LOG("%s", err);
	EXPECT_STREQ("p.yaml: 0 rules, 0 commented out, 0 kinds of loads left to presets\n", out);
	ASSERT_TRUE(load_policy(&self->m));
	EXPECT_EQ(0, self->m.doc->n_rules);
	EXPECT_TRUE(says(&self->m, "\n#   bad-signature: /bin/f, type xdp, uid 0, 1 load, 2026-01-01T"));
	EXPECT_TRUE(says(&self->m, "\n#   other-user-namespace: /bin/f, "));
	EXPECT_TRUE(says(&self->m, "\n#   executable-not-known: f, "));
	EXPECT_TRUE(says(&self->m, "\n#   executable-not-known: (not known), "));
	EXPECT_TRUE(says(&self->m, "\n#   executable-not-nameable: /bin/\\x0af, "));
	EXPECT_TRUE(says(&self->m, "\n#   reason-not-known: /bin/f, "));
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		EXPECT_TRUE(says(&self->m, reasons[i])) TH_LOG("%s", reasons[i]);
	}
}

/* --- all of it, against a simple oracle ----------------------------------------------- */

static const char *const exes[] = { "/usr/bin/a", "/usr/bin/b", "/bin/sh", "/tmp/t", "/sbin/tc" };
static const char *const types[] = { "xdp", "kprobe", "lsm", "syscall" };

/* Counts through all loads there are in this small world. */
static struct event nth(unsigned int i)
{
	struct event e = { .exe = exes[i % 5], .type = types[i / 5 % 4] };

	i /= 20;
	e.digest = i % 6;
	e.uid = i / 6 % 2;
	e.nested = i / 12 % 2;
	e.mount_ns = i / 24 % 2 * 5;
	e.user_ns = i / 48 % 2 * 5;
	return e;
}

#define WORLD (20 * 96)

/* In containers paths mean nothing: there a digest is allowed to any executable. */
static bool expected(const struct event *seen, size_t n, const struct event *e)
{
	bool any = false, digests = false, digest = false, shell = !strcmp(e->exe, "/bin/sh");

	for (size_t i = 0; i < n; i++) {
		const struct event *s = &seen[i];

		if (s->user_ns || strcmp(s->type, e->type) || s->uid != e->uid ||
		    s->nested != e->nested || s->mount_ns != e->mount_ns ||
		    (e->mount_ns ? !strcmp(s->exe, "/bin/sh") : strcmp(s->exe, e->exe)))
			continue;
		any = true;
		digests |= s->digest;
		digest |= s->digest && s->digest == e->digest;
	}
	if (!any || e->user_ns || (shell && !e->mount_ns))
		return false;
	if (digests)
		return digest;
	return starts_with(e->exe, "/usr/bin/") && !e->nested && !e->mount_ns &&
	       strcmp(e->type, "lsm") && strcmp(e->type, "syscall");
}

TEST_F(learn, what_was_seen_and_nothing_else)
{
	unsigned int n_allowed = 0, n_seen = 400;
	struct event seen[400], e;

	srand(1);
	for (unsigned int round = 0; round < 5; round++) {
		/* Fewer digests in some rounds, to have groups without any. */
		for (unsigned int i = 0; i < n_seen; i++) {
			seen[i] = nth((unsigned int)rand() % WORLD);
			if (round % 2)
				seen[i].digest *= rand() % 8 == 0;
		}
		LEARN_FROM(seen, LEARN);
		for (unsigned int i = 0; i < WORLD; i++) {
			e = nth(i);
			EXPECT_EQ(expected(seen, n_seen, &e), !!allows(&self->m, &e)) {
				TH_LOG("round %u, load %u", round, i);
			}
			n_allowed += !!allows(&self->m, &e);
		}
	}
	EXPECT_LT(500, n_allowed);
}

TEST_HARNESS_MAIN
