// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * explain.c - bpfseal events --explain: the first condition that fails, who decides,
 * and a rule that, added, really allows the load.
 */
#include "kselftest_harness.h"

#include "capture.h"
#include "cmd.h"
#include "diag.h"
#include "event.h"
#include "explain.h"
#include "load_facts.h"

#define HEAD \
	"mode: enforcing\nrequire: metadata\n" \
	"signers: [{name: team, keyring: builtin}]\n"
#define D "ab01000000000000000000000000000000000000000000000000000000000000"

static const struct rules_host host = { .user_ns = 1, .mount_ns = 2, .net_ns = 3 };

static int cgroup_path(__u64 id, char *path, size_t size)
{
	snprintf(path, size, "/a/%llu", (unsigned long long)id);
	return 0;
}

static const struct event_ctx ctx = { .host = &host, .cgroup = cgroup_path };

static struct bpfseal_event sample(void)
{
	return (struct bpfseal_event){
		.time_ns = 1800000000000000000ULL, .seq = 17, .cgroup_id = 9,
		.decision = BPFSEAL_DENY, .mode = BPFSEAL_ENFORCING, .error = -EPERM,
		.hook = BPFSEAL_HOOK_PROG_LOAD, .reason = BPFSEAL_R_UNSIGNED, .object_type = 6,
		.attach_type = 35, .user_ns = 1, .mnt_ns = 2, .net_ns = 4, .uid = 3,
		.exe_path = "/usr/bin/one", .digest = { 0xab, 0x01 },
	};
}

static void put_event(const struct bpfseal_event *e)
{
	json_t *o;

	if (event_json(e, &ctx, &o) || json_dump_file(o, "e.json", JSON_COMPACT))
		abort();
	json_decref(o);
}

static char out[CAPTURE_MAX], err[CAPTURE_MAX];

static int run(const char *words)
{
	return capture_command(cmd_events, "events", words, out, err);
}

FIXTURE(explained) {
	char dir[32];
};

FIXTURE_SETUP(explained)
{
	struct bpfseal_event e = sample();

	enter_temp_dir(self->dir);
	put_event(&e);
}

FIXTURE_TEARDOWN(explained)
{
	leave_temp_dir(self->dir);
}

#define EXPLAIN "--explain 17 --file e.json --policy p.yaml"

TEST_F(explained, each_condition)
{
	static const struct {
		const char *conditions, *says;
	} cases[] = {
		{ "types: [lsm, ext]", "type is xdp, wanted: ext, lsm" },
		{ "attach_types: [xdp, trace_fentry]", "attach type is xdp_cpumap, wanted: trace_fentry, xdp" },
		{ "signers: [team]", "signer is none, wanted: team" },
		{ "levels: [metadata, signed]", "level is unsigned, wanted: signed, metadata" },
		{ "digests: ['cb" "01000000000000000000000000000000000000000000000000000000000000', set:s]",
		  "digest is " D ", wanted: set:s, cb01" },
		{ "executable_digests: ['" D "']", "matches, and denies" },
		{ "executables: [/a, /b, /c, /d, /e, /f]",
		  "executable is /usr/bin/one, wanted: /a, /b, /c, /d and 2 more" },
		{ "uids: [0, 1]", "uid is 3, wanted: 0, 1" },
		{ "cgroups: [/b, /a/99]", "cgroup is /a/9, wanted: /b, /a/99" },
		{ "user_namespace: other", "user namespace is host, wanted: other" },
		{ "mount_namespace: other", "mount namespace is host, wanted: other" },
		{ "network_namespace: host", "network namespace is other, wanted: host" },
		{ "token: true", "token is false, wanted: true" },
		{ "nested: true", "nested is false, wanted: true" },
		{ "expires: 2027-01-15", "it expired at 2027-01-15T00:00:00Z" },
		{ "types: [xdp], uids: [3], cgroups: [/], digests: [set:t], signers: [none]",
		  "matches, and denies" },
	};
	char text[2048], says[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), HEAD "sets:\n- {name: s, digests: ['cb"
			 "00000000000000000000000000000000000000000000000000000000000000']}\n"
			 "- {name: t, digests: ['" D "']}\n"
			 "rules: [{id: r, action: deny, %s}]\n", cases[i].conditions);
		put_text("p.yaml", text);
		snprintf(says, sizeof(says), "\n  rule r: %s", cases[i].says);
		EXPECT_EQ(EXIT_DONE, run(EXPLAIN)) TH_LOG("%s", err);
		EXPECT_NE(NULL, strstr(out, says)) TH_LOG("%s", out);
	}
}

/* A digest that isn't known may be one that is denied; it is none that is allowed. */
TEST_F(explained, executable)
{
	struct bpfseal_event e = sample();

	put_text("p.yaml", HEAD "rules: [{id: r, action: allow, executable_digests: ['" D "']}]\n");
	EXPECT_EQ(EXIT_DONE, run(EXPLAIN)) TH_LOG("%s", err);
	EXPECT_NE(NULL, strstr(out, "rule r: executable's digest is not told by the event, wanted: " D))
		TH_LOG("%s", out);
	e.measured = BPFSEAL_MEASURED_IMA;
	e.exe_digest[0] = 0xcd;
	e.token = 1;
	put_event(&e);
	EXPECT_EQ(EXIT_DONE, run(EXPLAIN)) TH_LOG("%s", err);
	EXPECT_NE(NULL, strstr(out, "rule r: executable's digest is cd00")) TH_LOG("%s", out);
	EXPECT_NE(NULL, strstr(out, "        token: true\n")) TH_LOG("%s", out);
	memset(e.exe_digest, 0, sizeof(e.exe_digest));
	e.exe_digest[0] = 0xab;
	e.exe_digest[1] = 0x01;
	put_event(&e);
	EXPECT_EQ(EXIT_DONE, run(EXPLAIN)) TH_LOG("%s", err);
	EXPECT_NE(NULL, strstr(out, "rule r: matches, and allows")) TH_LOG("%s", out);
}

TEST_F(explained, whole)
{
	put_text("p.yaml", HEAD "rules: [{id: a, action: allow, types: [lsm]}]\n");
	EXPECT_EQ(EXIT_DONE, run(EXPLAIN)) TH_LOG("%s", err);
	EXPECT_STREQ("event 17: xdp by /usr/bin/one, uid 3: denied (unsigned)\n"
		     "  signature: It carries no signature.\n"
		     "  rule a: type is xdp, wanted: lsm\n"
		     "  no rule matches\n"
		     "  so the default decides, which is deny\n"
		     "this policy: denied: unsigned\n"
		     "by its signature: Make a signed light skeleton of it with 'bpfseal sign' and load it"
		     " through that.\n"
		     "by a rule: add this\n"
		     "      - id: event-17\n"
		     "        action: allow\n"
		     "        types: [xdp]\n"
		     "        attach_types: [xdp_cpumap]\n"
		     "        digests: [\"" D "\"]\n"
		     "        user_namespace: host\n"
		     "        token: false\n"
		     "        nested: false\n", out);
}

/* Whatever is said to allow a load does so. */
TEST_F(explained, the_rule_it_tells)
{
	struct bpfseal_event e = sample();
	char text[4096], *rule;

	for (unsigned int variant = 0; variant < 16; variant++) {
		e = sample();
		if (variant & 1)
			memset(e.digest, 0, sizeof(e.digest));
		if (variant & 2)
			strcpy(e.exe_path, "/a\377b");
		if (variant & 4)
			e.user_ns = e.mnt_ns = 77;
		if (variant & 8) {
			e.nested = 1;
			e.reason = BPFSEAL_R_LOADER_BY_RULE;
			e.attach_type = 0;
		}
		put_event(&e);
		put_text("p.yaml", HEAD "include: [strict]\nrules:\n- {id: nope, action: deny, types: [xdp]}\n");
		ASSERT_EQ(EXIT_DONE, run(EXPLAIN)) TH_LOG("%s", err);
		EXPECT_NE(NULL, strstr(out, "add this before rule nope\n"));
		rule = strstr(out, "      - id: ");
		ASSERT_NE(NULL, rule);
		if (variant & 1)
			*strstr(rule, "    the event doesn't tell") = '\0';
		snprintf(text, sizeof(text), HEAD "include: [strict]\nrules:\n%s"
			 "      - {id: nope, action: deny, types: [xdp]}\n", rule);
		put_text("p.yaml", text);
		EXPECT_EQ(EXIT_DONE, run(EXPLAIN)) TH_LOG("%s", err);
		EXPECT_NE(NULL, strstr(out, "this policy: allowed by rule event-17\n")) {
			TH_LOG("%s", out);
		}
	}
}

TEST_F(explained, refused)
{
	struct bpfseal_event e = sample();

	put_text("p.yaml", HEAD);
	EXPECT_EQ(EXIT_FAILED, run("--explain 18 --file e.json --policy p.yaml"));
	EXPECT_STREQ("bpfseal: there is no event 18 in e.json\n", err);
	EXPECT_EQ(EXIT_FAILED, run("--explain 17 --file x.json --policy p.yaml"));
	EXPECT_TRUE(starts_with(err, "bpfseal: cannot read events x.json: No such"));
	EXPECT_EQ(EXIT_FAILED, run("--explain 17 --file e.json --policy x.yaml"));
	EXPECT_EQ(EXIT_USAGE, run("--explain 1x --file e.json --policy p.yaml"));
	EXPECT_TRUE(starts_with(err, "bpfseal: \"1x\" is no number"));
	EXPECT_EQ(EXIT_USAGE, run("--file e.json"));
	e.hook = BPFSEAL_HOOK_MAP_CREATE;
	put_event(&e);
	EXPECT_EQ(EXIT_FAILED, run(EXPLAIN));
	EXPECT_TRUE(starts_with(err, "bpfseal: event 17 isn't a load that a policy decides"));
	EXPECT_STREQ("", out);
}

TEST_HARNESS_MAIN
