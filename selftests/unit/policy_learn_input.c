// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_learn_input.c - what bpfseal policy learn makes of hostile text, of the
 * inventory, of a base and of too much; and what it refuses.
 */
#include "test_learn.h"

#include <time.h>

#include "event.h"
#include "inventory_json.h"

/* --- hostile text -------------------------------------------------------------------------- */

#define EVIL "x\\n  - id: evil\\n    action: allow\\nrules:\\n  - {id: evil, action: allow}\\n"

TEST_F(learn, hostile)
{
	char longest[4000], path[200];
	const struct event seen[] = {
		{ .exe = "/bin/" EVIL, .digest = 1 },
		{ .exe = EVIL, .digest = 1, .name = EVIL },
		{ .exe = "/bin/a", .digest = 1, .name = EVIL },
		{ .exe = "/bin/b", .digest = 1, .name = "\\\"\\r\\u0001\\u0085\\u2028\\ufffe\\u202e'" },
		{ .exe = "/bin/c\\\", /bin/evil, \\\"", .digest = 1 },
		{ .exe = "/bin/d]", .digest = 1, .name = "#" },
		{ .exe = "/bin/\\ufffe", .digest = 1 },
		{ .exe = "/bin/\\u0085", .digest = 1 },
		{ .exe = "/bin/'e'", .digest = 1 },
		{ .exe = "/bin/\\\\x22g\\\\x27", .digest = 1 },
		{ .exe = "/bin/'", .digest = 1 },
		{ .exe = "/bin/strict.token", .digest = 1 },
		{ .exe = "/bin/null", .digest = 1 },
		{ .exe = "/bin/----", .digest = 1 },
		{ .exe = longest, .digest = 1, .name = longest },
		{ .exe = path, .digest = 1, .reason = longest },
		{ .exe = path, .digest = 1, .decision = EVIL },
		{ .exe = "/bin/h", .digest = 1, .decision = "allowed", .reason = "signer", .signer = EVIL },
	};

	memset(longest, 'a', sizeof(longest) - 1);
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	snprintf(path, sizeof(path), "%.127s", longest);
	LEARN_FROM(seen, LEARN);
	EXPECT_EQ(NULL, find(&self->m, "evil"));
	for (const char *c = self->m.text; *c; c++)
		ASSERT_TRUE(*c == '\n' || (*c >= ' ' && *c < 0x7f));
	EXPECT_TRUE(allows(&self->m, &(struct event){ .exe = "/bin/\"g'", .digest = 1 }));
	EXPECT_TRUE(allows(&self->m, &(struct event){ .exe = "/bin/c\", /bin/evil, \"", .digest = 1 }));
	EXPECT_TRUE(allows(&self->m, &(struct event){ .exe = "/bin/d]", .digest = 1 }));
	EXPECT_TRUE(allows(&self->m, &(struct event){ .exe = path, .digest = 1 }));
	EXPECT_FALSE(allows(&self->m, &(struct event){ .exe = "/bin/evil", .digest = 1 }));
	EXPECT_NE(NULL, find(&self->m, "strict-token-xdp"));
	EXPECT_NE(NULL, find(&self->m, "exe-xdp"));
	EXPECT_TRUE(says(&self->m, "#   1 loads signed by x\\x0a  - id: evil"));
}

/* --- the inventory ---------------------------------------------------------------------------- */

#define PROGRAM(type, attach, name, ns, digit, more) \
	"{\"type\":\"" type "\",\"attach_type\":\"" attach "\",\"name\":\"" name "\",\"uid\":0," \
	"\"loaded\":\"2026-02-01T00:00:00.1Z\",\"loaded_boot_ns\":" ns ",\"level\":\"unsigned\"," \
	"\"digest\":\"" D62 digit "\"," more "}"

TEST_F(learn, inventory)
{
	const struct event seen[] = {
		{ .exe = "/usr/bin/food", .name = "one", .boot_ns = 5000100 },
		{ .exe = "/usr/bin/bard", .name = "two", .boot_ns = 95000100 },
		{ .exe = "/usr/bin/bard", .name = "one", .boot_ns = 195000100, .type = "kprobe" },
	};
	const struct policy_rule *rule;

	put_text("inventory", "{\"policy\":true,\"programs\":["
		PROGRAM("xdp", "none", "one", "5000000", "a1", "\"own\":false,\"reason\":\"unsigned\"") ","
		/* Two fit equally, so that neither does. */
		PROGRAM("xdp", "none", "two", "95000000", "a2", "\"own\":false") ","
		PROGRAM("xdp", "none", "two", "95000001", "a3", "\"own\":false") ","
		PROGRAM("lsm", "lsm_mac", "mine", "1", "a4", "\"own\":true") ","
		PROGRAM("xdp", "none", "ok", "1", "a5", "\"admitted\":true,\"reason\":\"nested\"") ","
		PROGRAM("xdp", "none", "old", "1", "a6", "\"reason\":\"before-policy\"") ","
		PROGRAM("new-type", "none", "new", "1", "a7", "\"own\":false") "]}");
	LEARN_FROM(seen, LEARN);
	rule = find(&self->m, "food-xdp");
	ASSERT_NE(NULL, rule);
	ASSERT_EQ(1, rule->digests.n_sets);
	EXPECT_STREQ(D62 "a1", hex_of(self->m.doc->sets[rule->digests.sets[0]].digests[0].bytes).s);
	ASSERT_NE(NULL, find(&self->m, "bard-xdp"));
	EXPECT_FALSE(find(&self->m, "bard-xdp")->conditions & POLICY_IF_DIGEST);
	rule = find(&self->m, "loaded-xdp");
	ASSERT_NE(NULL, rule);
	EXPECT_EQ(2, self->m.doc->sets[rule->digests.sets[0]].n_digests);
	EXPECT_STREQ("2 programs loaded now, 2026-02-01T00:00:00Z", rule->comment);
	EXPECT_TRUE(says(&self->m, "# RISK: loader-unknown: "));
	EXPECT_TRUE(says(&self->m, "#   before-policy: (not known), type xdp"));
	EXPECT_TRUE(says(&self->m, "#   1 loaded programs are admitted by their signature\n"));
	EXPECT_TRUE(says(&self->m, "#   1 loaded programs have types that this bpfseal doesn't know\n"));
	EXPECT_FALSE(says(&self->m, D62 "a4") || says(&self->m, D62 "a5") || says(&self->m, D62 "a6"));
}

/* The very functions that print events and inventory: their members are an interface. */
TEST_F(learn, as_printed)
{
	struct bpfseal_event e = {
		.time_ns = 7000000100, .decision = BPFSEAL_WOULD_DENY, .mode = BPFSEAL_PERMISSIVE,
		.hook = BPFSEAL_HOOK_PROG_LOAD, .reason = BPFSEAL_R_UNSIGNED, .object_type = 26,
		.attach_type = 24, .tgid = 5, .user_ns = 4026531837, .mnt_ns = 4026531832,
		.net_ns = 4026531833, .name = "one'\n", .exe_path = "/usr/bin/it's",
	};
	struct inventory_entry entry = {
		.prog = { .load_time_ns = 7000000000, .id = 5, .type = 26, .attach_type = 24,
			  .reason = BPFSEAL_R_UNSIGNED, .digest = { 0xab }, .name = "one'\n" },
	};
	struct inventory inv = { .entries = &entry, .n = 1, .has_policy = true };
	const struct policy_rule *rule;
	json_t *event, *inventory;

	ASSERT_EQ(0, event_json(&e, &(struct event_ctx){}, &event));
	ASSERT_EQ(0, json_dump_file(event, "events", JSON_COMPACT));
	ASSERT_EQ(0, inventory_json(&inv, &inventory));
	ASSERT_EQ(0, json_dump_file(inventory, "inventory", JSON_INDENT(2)));
	json_decref(event);
	json_decref(inventory);
	ASSERT_EQ(EXIT_DONE, run(LEARN)) TH_LOG("%s", err);
	ASSERT_TRUE(load_policy(&self->m));
	ASSERT_EQ(1, self->m.doc->n_rules) TH_LOG("%s", self->m.text);
	rule = find(&self->m, "it-s-tracing");
	ASSERT_NE(NULL, rule);
	EXPECT_STREQ("/usr/bin/it's", rule->exe_paths[0]);
	EXPECT_STREQ("1 load, 1970-01-01T00:00:07Z", rule->comment);
	EXPECT_EQ(1 << 24, rule->attach_types[0]);
	ASSERT_EQ(1, rule->digests.n_sets);
	EXPECT_EQ(0xab, self->m.doc->sets[rule->digests.sets[0]].digests[0].bytes[0]);
	EXPECT_TRUE(says(&self->m, "# programs: one\\x27\\x0a\n"));
}

/* --- the base ---------------------------------------------------------------------------------- */

TEST_F(learn, base)
{
	const struct event seen[] = {
		{ .exe = "/bin/a", .decision = "allowed", .reason = "signer", .signer = "team" },
		{ .exe = "/bin/a", .decision = "allowed", .reason = "nested", .signer = "stranger" },
		{ .exe = "/bin/a", .decision = "allowed", .reason = "nested" },
	};
	const struct policy_signer *s;

	put_text("base.yaml", "name: web\nversion: 7\nmode: enforcing\nrequire: signed\nsigners:\n"
		 "- {name: team, certificate: t.crt, types: [syscall, xdp], attach_types: [xdp],\n"
		 "   fingerprint: \"" D62 "ef\", until: 2030-01-02T03:04:05Z}\n"
		 "- {name: '7', keyring: secondary}\n"
		 "rules:\n- {id: keep-out, action: deny, types: [lsm]}\n");
	LEARN_FROM(seen, LEARN " --base base.yaml");
	EXPECT_STREQ("web", self->m.doc->name);
	EXPECT_EQ(8, self->m.doc->version);
	EXPECT_EQ(POLICY_REQUIRE_SIGNED, self->m.doc->require);
	ASSERT_EQ(2, self->m.doc->n_signers);
	s = &self->m.doc->signers[0];
	EXPECT_STREQ("team", s->name);
	EXPECT_EQ('/', s->certificate[0]);
	EXPECT_STREQ("/t.crt", strrchr(s->certificate, '/'));
	EXPECT_EQ(1ULL << 31 | 1ULL << 6, s->types);
	EXPECT_TRUE(s->has_fingerprint && s->attach_types[0] && !s->from);
	EXPECT_EQ(1893553445, s->until);
	EXPECT_EQ(POLICY_KEYRING_SECONDARY, self->m.doc->signers[1].keyring);
	EXPECT_EQ(0, self->m.doc->n_rules);
	EXPECT_TRUE(says(&self->m, "#   1 loads signed by team, a signer below: no rule needed\n"));
	EXPECT_TRUE(says(&self->m, "#   1 loads signed by stranger, who is NO SIGNER BELOW"));
	EXPECT_TRUE(says(&self->m, "#   the 1 rules of the base, presets included, aren't in here"));
	/* Without a base nobody is trusted. */
	LEARN_FROM(seen, LEARN);
	ASSERT_EQ(1, self->m.doc->n_signers);
	EXPECT_GT(1000000000, self->m.doc->signers[0].until);
	EXPECT_NE(0, self->m.doc->signers[0].until);
}

/* --- limits -------------------------------------------------------------------------------------- */

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* More executables than there are rules, more digests than a policy holds. */
TEST_F(learn, many)
{
	struct event often = { .exe = "/usr/bin/often", .digest = 1 };
	FILE *f = fopen("events", "w");
	double begin = seconds();
	char exe[64], base[64];

	ASSERT_NE(NULL, f);
	for (unsigned int i = 0; i < 60000; i++) {
		struct event e = { .exe = exe, .digest = i + 1 };

		/* All of one name, to make ids collide; and more than there may be groups. */
		snprintf(exe, sizeof(exe), "/usr/%u/same", i % 10000);
		add_event(f, &e);
		add_event(f, &often);
	}
	for (unsigned int i = 0; i < 60000; i++) {
		struct event e = { .exe = base, .digest = i % 3000 + 1, .type = "kprobe" };

		snprintf(base, sizeof(base), "/usr/%u/same", i / 1000);
		add_event(f, &e);
	}
	ASSERT_EQ(0, fclose(f));
	ASSERT_EQ(EXIT_DONE, run(LEARN)) TH_LOG("%s", err);
	ASSERT_TRUE(load_policy(&self->m));
	EXPECT_EQ(1000, self->m.doc->n_rules);
	EXPECT_TRUE(allows(&self->m, &often));
	EXPECT_TRUE(says(&self->m, " LOADS LEFT OUT: they are of more than 8192 kinds\n"));
	EXPECT_TRUE(says(&self->m, "# RISK: no-room: "));
	EXPECT_LT(seconds() - begin, 60);
	TH_LOG("180000 events took %.1f s", seconds() - begin);
}

/* Each digest in rules of its own: more combinations than the kernel's side has room for. */
TEST_F(learn, too_many_combinations)
{
	FILE *f = fopen("events", "w");
	char exe[64];

	ASSERT_NE(NULL, f);
	srand(1);
	for (unsigned int i = 0; i < 60000; i++) {
		struct event e = { .exe = exe, .digest = (unsigned int)rand() % 8000 + 1 };

		snprintf(exe, sizeof(exe), "/usr/bin/%u", i % 600);
		for (unsigned int twice = 0; twice < 3; twice++)
			add_event(f, &e);
	}
	ASSERT_EQ(0, fclose(f));
	ASSERT_EQ(EXIT_DONE, run(LEARN)) TH_LOG("%s", err);
	EXPECT_NE(NULL, strstr(err, "bpfseal: warning: trying with 500 rules, "));
	ASSERT_TRUE(load_policy(&self->m));
	EXPECT_LT(10, self->m.doc->n_rules);
	EXPECT_TRUE(says(&self->m, "# RISK: no-room: "));
}

/* --- errors -------------------------------------------------------------------------------------- */

TEST_F(learn, summaries)
{
	put_text("events", "\n{\"summary\":{\"shown\":0,\"feature_probes_not_shown\":3,\"lost\":{\"total\":5}}}\n"
		 "{\"summary\":{\"feature_probes_not_shown\":4,\"lost\":{\"total\":2}}}");
	EXPECT_EQ(EXIT_DONE, run(LEARN)) TH_LOG("%s", err);
	ASSERT_TRUE(load_policy(&self->m));
	EXPECT_TRUE(says(&self->m, "#   5 EVENTS WERE LOST"));
	EXPECT_TRUE(says(&self->m, "#   7 feature probes of libbpf weren't recorded"));
}

TEST_F(learn, summaries_of_gaps)
{
	put_text("events", "{\"summary\":{\"shown\":0,\"gone\":4,\"lost\":{\"total\":3}}}\n"
		 "{\"summary\":{\"shown\":0,\"gone\":5,\"lost\":{\"total\":3}}}\n");
	EXPECT_EQ(EXIT_DONE, run(LEARN)) TH_LOG("%s", err);
	ASSERT_TRUE(load_policy(&self->m));
	EXPECT_TRUE(says(&self->m, "#   9 EVENTS WERE LOST"));
}

TEST_F(learn, wrong_input)
{
	static const struct {
		const char *events, *inventory, *says;
	} cases[] = {
		{ "{", NULL, "events:1: not an event: " },
		{ "\n[]\n", NULL, "events:2: not an event: no JSON object\n" },
		{ "{\"decision\":\"a\xff\"}", NULL, "events:1: not an event: unable to decode byte 0xff" },
		{ "{\"decision\":\"\\u0000\"}", NULL, "events:1: not an event: \\x5cu0000 is not allowed" },
		{ "{\"decision\":1,\"decision\":2}", NULL, "events:1: not an event: duplicate object key" },
		{ "{}", NULL, "events:1: the event lacks \"decision\"" },
		{ "{\"decision\":\"denied\"}", NULL, "events:1: the event lacks \"reason\"" },
		{ "{\"decision\":\"denied\",\"reason\":\"unsigned\"}", NULL,
		  "events:1: the event lacks \"object\"" },
		{ "{\"decision\":\"denied\",\"reason\":\"unsigned\",\"object\":\"program\",\"uid\":-1}",
		  NULL, "events:1: the event lacks \"uid\"" },
		{ "{\"decision\":\"denied\",\"reason\":\"unsigned\",\"object\":\"program\","
		  "\"uid\":4294967295}", NULL, "events:1: the event lacks \"uid\"" },
		{ "", "", "inventory: not an inventory: " },
		{ "", "[]", "inventory: not an inventory: it has no list \"programs\"\n" },
		{ "", "{\"programs\":1}", "inventory: not an inventory: it has no list \"programs\"\n" },
	};
	char *line = malloc(70000);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_text("events", cases[i].events);
		put_text("inventory", cases[i].inventory ? cases[i].inventory : "{\"programs\":[{},1]}");
		EXPECT_EQ(EXIT_FAILED, run(LEARN)) TH_LOG("case %zu", i);
		EXPECT_TRUE(starts_with(err, cases[i].says)) TH_LOG("case %zu: %s", i, err);
		EXPECT_STREQ("", out);
		EXPECT_NE(0, access("p.yaml", F_OK));
	}
	put_text("inventory", "{\"programs\":[]}");
	ASSERT_NE(NULL, line);
	memset(line, ' ', 70000);
	put_file("events", line, 70000);
	EXPECT_EQ(EXIT_FAILED, run(LEARN));
	EXPECT_TRUE(starts_with(err, "events:1: the line has more than 65534 bytes")) TH_LOG("%s", err);
	put_file("events", "\0\n", 2);
	EXPECT_EQ(EXIT_FAILED, run(LEARN));
	free(line);
}

TEST_F(learn, command_line)
{
	put_text("events", "");
	EXPECT_EQ(EXIT_USAGE, run("more"));
	EXPECT_TRUE(starts_with(err, "usage: bpfseal policy learn "));
	EXPECT_EQ(EXIT_USAGE, run("--bogus"));
	EXPECT_EQ(EXIT_DONE, run("--help"));
	EXPECT_TRUE(starts_with(out, "usage: "));
	EXPECT_EQ(EXIT_FAILED, run(LEARN " --base none.yaml"));
	EXPECT_TRUE(starts_with(err, "bpfseal: cannot read policy none.yaml: No such file"));
	EXPECT_EQ(EXIT_FAILED, run("--events none --inventory inventory"));
	EXPECT_TRUE(starts_with(err, "bpfseal: cannot read events none: No such file"));
	EXPECT_EQ(EXIT_FAILED, run("--events . --inventory inventory"));
	EXPECT_TRUE(starts_with(err, "bpfseal: cannot read events .: Is a directory")) TH_LOG("%s", err);
	EXPECT_EQ(EXIT_FAILED, run("--inventory none"));
	EXPECT_TRUE(starts_with(err, "bpfseal: cannot read inventory none: No such file"));
	EXPECT_EQ(EXIT_FAILED, run("--events events --inventory inventory -o events"));
	EXPECT_TRUE(starts_with(err, "bpfseal: output events is the same file as input events"));
	EXPECT_EQ(EXIT_FAILED, run("--inventory inventory -o none/p.yaml"));
	EXPECT_TRUE(starts_with(err, "bpfseal: cannot write none/p.yaml: No such file"));
	/* To standard output. */
	EXPECT_EQ(EXIT_DONE, run("--inventory inventory"));
	EXPECT_TRUE(starts_with(out, "# Made by 'bpfseal policy learn' from 0 events and 0 loaded"));
	if (!access("/sys/fs/bpf/bpfseal", F_OK))
		SKIP(return, "a policy is installed here");
	EXPECT_EQ(EXIT_FAILED, run(""));
	EXPECT_TRUE(starts_with(err, "bpfseal: there is nothing to learn from\n"));
	EXPECT_EQ(EXIT_DONE, run("--events events"));
	EXPECT_TRUE(starts_with(err, "bpfseal: warning: what is loaded now is left out"));
}

TEST_HARNESS_MAIN
