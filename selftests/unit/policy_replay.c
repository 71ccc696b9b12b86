// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_replay.c - recorded loads are decided again: events as event_json() writes
 * them, whatever they tell.
 */
#include "kselftest_harness.h"

#include "capture.h"
#include "cmd.h"
#include "diag.h"
#include "event.h"
#include "policy_replay.h"

#define HEAD \
	"mode: permissive\nrequire: metadata\n" \
	"signers: [{name: team, keyring: builtin}, {name: board, keyring: platform}]\n"
#define D "ab01000000000000000000000000000000000000000000000000000000000000"

static const struct bpfseal_policy policy = {
	.generation = 7, .n_signers = 2, .names = { "x", "team" },
};

static const struct rules_host host = { .user_ns = 1, .mount_ns = 2, .net_ns = 3 };

static int cgroup_path(__u64 id, char *path, size_t size)
{
	if (!id)
		return -ESTALE;
	snprintf(path, size, "/a b/\\c%llu", (unsigned long long)id);
	return 0;
}

static const struct event_ctx ctx = { .policy = &policy, .host = &host, .cgroup = cgroup_path };

static struct bpfseal_event unsigned_load(void)
{
	return (struct bpfseal_event){
		.time_ns = 1767225600000000000ULL, .seq = 5, .policy_generation = 7, .cgroup_id = 9,
		.decision = BPFSEAL_WOULD_DENY, .mode = BPFSEAL_PERMISSIVE,
		.hook = BPFSEAL_HOOK_PROG_LOAD, .reason = BPFSEAL_R_UNSIGNED, .object_type = 6,
		.user_ns = 1, .mnt_ns = 2, .net_ns = 3, .name = "p", .comm = "c",
		.exe_path = "/usr/bin/it's \\ \377 one", .digest = { 0xab, 0x01 },
	};
}

/* What a policy makes of an event. */
static struct judge_words decided(const char *rest, const struct bpfseal_event *e,
				  struct event_facts *f)
{
	struct judge_decision d;
	struct judge_words words;
	struct judge_policy p;
	struct policy_doc *doc;
	char text[1024];
	json_t *o;

	snprintf(text, sizeof(text), HEAD "%s", rest);
	if (policy_parse(text, strlen(text), "p", &doc) || judge_policy_make(doc, &p) ||
	    event_json(e, &ctx, &o))
		abort();
	if (event_facts_read(o, doc, f)) {
		strcpy(words.s, "not read");
	} else {
		event_facts_decide(&p, f, &d);
		words = judge_in_words(&p, &d);
	}
	json_decref(o);
	judge_policy_free(&p);
	policy_free(doc);
	return words;
}

#define RULE(conditions) "rules: [{id: r, action: allow, " conditions "}]\n"
#define DENY(conditions) "rules: [{id: d, action: deny, " conditions "}, " \
			 "{id: r, action: allow, types: [xdp]}]\n"

TEST(facts)
{
	static const struct {
		const char *conditions;
		bool matches;
	} cases[] = {
		{ RULE("types: [xdp]"), true },
		{ RULE("types: [lsm]"), false },
		{ RULE("attach_types: [cgroup_inet_ingress]"), true },
		{ RULE("digests: ['" D "']"), true },
		{ RULE("digests: ['cb" "01000000000000000000000000000000000000000000000000000000000000']"), false },
		{ RULE("cgroups: ['/a b']"), true },
		{ RULE("cgroups: ['/a b/\\c9']"), true },
		{ RULE("cgroups: ['/a b/\\c']"), false },
		{ RULE("uids: [0]"), true },
		{ RULE("uids: [1]"), false },
		{ RULE("user_namespace: host, mount_namespace: host, network_namespace: host"), true },
		{ RULE("network_namespace: other"), false },
		{ RULE("token: false, nested: false, signers: [none], levels: [unsigned]"), true },
		{ RULE("nested: true"), false },
		{ RULE("expires: 2026-01-02"), true },
		{ RULE("expires: 2026-01-01"), false },
	};
	struct bpfseal_event e = unsigned_load();
	struct event_facts f;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EXPECT_STREQ(cases[i].matches ? "allowed by rule r" : "denied: unsigned",
			     decided(cases[i].conditions, &e, &f).s) {
			TH_LOG("%s", cases[i].conditions);
		}
	}
	EXPECT_STREQ("/usr/bin/it's \\ \377 one", f.exe_path);
	EXPECT_EQ(EVENT_NO_EXE_DIGEST, f.unknown);
	EXPECT_FALSE(f.allowed);
	strcpy(e.exe_path, "/usr/bin/my 'tool'");
	EXPECT_STREQ("allowed by rule r", decided(RULE("executables: [\"/usr/bin/my 'tool'\"]"), &e, &f).s);
}

/* What an event doesn't tell matches no rule that asks for it. */
TEST(unknown)
{
	struct bpfseal_event e = unsigned_load();
	struct event_facts f;

	e.cgroup_id = 0;
	strcpy(e.exe_path, "one");
	memset(e.digest, 0, sizeof(e.digest));
	EXPECT_STREQ("denied: unsigned", decided(RULE("cgroups: [/]"), &e, &f).s);
	EXPECT_STREQ("denied: unsigned", decided(RULE("executables: [/one]"), &e, &f).s);
	EXPECT_STREQ("denied: unsigned", decided(RULE("digests: ['" D "']"), &e, &f).s);
	EXPECT_STREQ("denied: unsigned", decided(RULE("executable_digests: ['" D "']"), &e, &f).s);
	EXPECT_STREQ("allowed by rule r", decided(RULE("types: [xdp]"), &e, &f).s);
	EXPECT_EQ(EVENT_NO_CGROUP | EVENT_NO_PATH | EVENT_NO_DIGEST | EVENT_NO_EXE_DIGEST, f.unknown);
	/* A task that is about to end has no namespaces; they aren't the host's. */
	e.mnt_ns = 0;
	EXPECT_STREQ("allowed by rule r", decided(RULE("mount_namespace: other"), &e, &f).s);
}

/* Measured, not measured, and measured to be another. */
TEST(executable)
{
	struct bpfseal_event e = unsigned_load();
	struct event_facts f;

	EXPECT_STREQ("denied by rule d", decided(DENY("executable_digests: ['" D "']"), &e, &f).s);
	e.measured = BPFSEAL_MEASURED_VERITY;
	e.exe_digest[0] = 0xab;
	EXPECT_STREQ("denied: unsigned", decided(RULE("executable_digests: ['" D "']"), &e, &f).s);
	EXPECT_STREQ("allowed by rule r", decided(DENY("executable_digests: ['" D "']"), &e, &f).s);
	e.exe_digest[1] = 0x01;
	EXPECT_STREQ("allowed by rule r", decided(RULE("executable_digests: ['" D "']"), &e, &f).s);
	EXPECT_STREQ("denied by rule d", decided(DENY("executable_digests: ['" D "']"), &e, &f).s);
	EXPECT_EQ(0, f.unknown);
}

TEST(token)
{
	struct bpfseal_event e = unsigned_load();
	struct event_facts f;

	EXPECT_STREQ("denied: unsigned", decided(RULE("token: true"), &e, &f).s);
	e.token = 1;
	EXPECT_STREQ("allowed by rule r", decided(RULE("token: true"), &e, &f).s);
	EXPECT_STREQ("denied: unsigned", decided(RULE("token: false"), &e, &f).s);
}

TEST(signatures)
{
	struct bpfseal_event e = unsigned_load();
	struct event_facts f;

	e.object_type = 31;
	e.level = BPFSEAL_LEVEL_METADATA;
	e.signer = 2;
	e.reason = BPFSEAL_R_SIGNER;
	e.decision = BPFSEAL_ALLOW;
	e.keyring_type = BPFSEAL_KEYRING_USER;
	EXPECT_STREQ("allowed: signer", decided("", &e, &f).s);
	EXPECT_TRUE(f.allowed);
	EXPECT_STREQ("allowed by rule r", decided(RULE("signers: [team]"), &e, &f).s);
	e.object_type = 6;
	EXPECT_STREQ("denied: uncovered:prog_type", decided("", &e, &f).s);
	e.nested = 1;
	EXPECT_STREQ("allowed: nested", decided("", &e, &f).s);
	e.level = BPFSEAL_LEVEL_SIGNED;
	EXPECT_STREQ("denied: loader-unverified", decided("", &e, &f).s);
	/* What the policy has no say in. */
	e.reason = BPFSEAL_R_LOADER_RERUN;
	EXPECT_STREQ("denied: loader-rerun", decided("", &e, &f).s);
	EXPECT_STREQ("denied: loader-rerun", decided(RULE("signers: [team]"), &e, &f).s);
	e.reason = BPFSEAL_R_FOREIGN_MAP;
	EXPECT_STREQ("not read", decided("", &e, &f).s);
	e.reason = BPFSEAL_R_CHANGED_MAP;
	EXPECT_STREQ("not read", decided("", &e, &f).s);
	e.reason = BPFSEAL_R_SWAPPED_FD;
	EXPECT_STREQ("not read", decided("", &e, &f).s);
	/* Nobody trusted the keyring then. */
	e = unsigned_load();
	e.object_type = 31;
	e.level = BPFSEAL_LEVEL_METADATA;
	e.reason = BPFSEAL_R_UNTRUSTED_KEYRING;
	e.keyring_type = BPFSEAL_KEYRING_PLATFORM;
	EXPECT_STREQ("allowed: signer", decided("", &e, &f).s);
	e.keyring_type = BPFSEAL_KEYRING_SECONDARY;
	EXPECT_STREQ("denied: unsigned", decided("", &e, &f).s);
	/* Signed by somebody of an earlier policy. */
	e.signer = 1;
	e.policy_generation = 2;
	EXPECT_STREQ("denied: unsigned", decided("", &e, &f).s);
	EXPECT_TRUE(f.unknown & EVENT_NO_SIGNER);
}

static void add_event(FILE *file, struct bpfseal_event *e)
{
	json_t *o;

	e->seq++;
	if (event_json(e, &ctx, &o))
		abort();
	json_dumpf(o, file, JSON_COMPACT);
	putc('\n', file);
	json_decref(o);
}

TEST(command)
{
	char *replay[] = { "policy", "replay", "--events", "e.json", "p.yaml", NULL }, dir[32];
	char *as_json[] = { "policy", "replay", "--json", "--events", "e.json", "p.yaml", NULL };
	struct bpfseal_event e = unsigned_load();
	struct capture c;
	json_t *o;
	FILE *f;

	enter_temp_dir(dir);
	f = fopen("e.json", "w");
	strcpy(e.exe_path, "/usr/bin/one");
	for (int i = 0; i < 3; i++)
		add_event(f, &e);
	e.object_type = 2;
	e.decision = BPFSEAL_ALLOW;
	e.reason = BPFSEAL_R_RULE_ALLOWS;
	add_event(f, &e);
	strcpy(e.exe_path, "two");
	e.object_type = 29;
	e.decision = BPFSEAL_DENY;
	e.reason = BPFSEAL_R_UNSIGNED;
	add_event(f, &e);
	e.hook = BPFSEAL_HOOK_MAP_CREATE;
	add_event(f, &e);
	fputs("{\"summary\":{}}\n", f);
	fclose(f);
	put_text("p.yaml", HEAD RULE("types: [xdp, lsm], executables: [/usr/bin/one], token: false"));
	capture_begin(&c, 1);
	EXPECT_EQ(EXIT_DONE, cmd_policy(5, replay));
	capture_end(&c);
	EXPECT_STREQ("3 loads: denied before (unsigned), now allowed by rule r; such as xdp by /usr/bin/one,"
		     " uid 0 [6]\n"
		     "1 load: allowed before (rule-allows), now denied: unsigned; such as kprobe by"
		     " /usr/bin/one, uid 0 [9]\n"
		     "1 load: denied before (unsigned), still denied: unsigned; such as lsm by an unknown"
		     " executable, uid 0 [10]\n"
		     "note: 1 event tells nothing of the executable's whole path: no rule that asks for"
		     " it matches\n"
		     "5 loads: 3 now allowed, 1 now denied, 1 as before; 1 other event\n", c.text);
	capture_begin(&c, 1);
	EXPECT_EQ(EXIT_DONE, cmd_policy(6, as_json));
	capture_end(&c);
	o = json_loads(c.text, 0, NULL);
	ASSERT_NE(NULL, o);
	EXPECT_EQ(3, json_integer_value(json_object_get(o, "now_allowed")));
	EXPECT_EQ(3, json_array_size(json_object_get(o, "groups")));
	EXPECT_STREQ("r", json_string_value(json_object_get(json_array_get(json_object_get(o, "groups"), 0),
							    "rule")));
	json_decref(o);
	put_text("e.json", "{\"summary\":{}}\nno\n");
	capture_begin(&c, 2);
	EXPECT_EQ(EXIT_FAILED, cmd_policy(5, replay));
	capture_end(&c);
	EXPECT_TRUE(starts_with(c.text, "e.json:2: not an event: ")) TH_LOG("%s", c.text);
	put_text("e.json", "{\"seq\": 1}\n");
	capture_begin(&c, 2);
	EXPECT_EQ(EXIT_FAILED, cmd_policy(5, replay));
	capture_end(&c);
	EXPECT_TRUE(starts_with(c.text, "e.json:1: not a whole event; ")) TH_LOG("%s", c.text);
	leave_temp_dir(dir);
}

TEST_HARNESS_MAIN
