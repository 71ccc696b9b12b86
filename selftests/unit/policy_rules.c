// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_rules.c - sets, rules and presets are loaded as written and in the order
 * in which they decide.
 */
#include "kselftest_harness.h"

#include "bpfseal.h"
#include "capture.h"
#include "policy.h"
#include "policy_preset.h"
#include "prog_types.h"

#define SIGNERS \
	"mode: enforcing\n" \
	"require: metadata\n" \
	"signers: [{name: a, certificate: c}, {name: b, keyring: builtin}, {name: d, keyring: platform}]\n"

#define D60 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab"

static int parse_n(const char *text, size_t len, struct policy_doc **doc, struct capture *c)
{
	int err;

	capture_begin(c, 2);
	err = policy_parse(text, len, "dir/p.yaml", doc);
	capture_end(c);
	return err;
}

static int parse(const char *text, struct policy_doc **doc, struct capture *c)
{
	return parse_n(text, strlen(text), doc, c);
}

static const struct policy_rule *find(const struct policy_doc *doc, const char *id)
{
	for (unsigned int i = 0; i < doc->n_rules; i++)
		if (!strcmp(doc->rules[i].id, id))
			return &doc->rules[i];
	return NULL;
}

static const char everything[] =
	SIGNERS								/* lines 1 to 3 */
	"sets:\n"
	"  - name: one\n"
	"    digests: [" D60 "0001]\n"
	"  - name: two\n"
	"    digests:\n"
	"      - " D60 "0002\n"
	"      - '" D60 "ffff'\n"
	"rules:\n"
	"  - id: all\n"							/* line 12 */
	"    action: allow\n"
	"    comment: \"why \\xfc, and who\"\n"
	"    ticket: OPS-12\n"
	"    expires: 2027-01-31T12:34:56Z\n"
	"    signers: [d, none, a]\n"
	"    levels: [metadata, unsigned]\n"
	"    types: [netfilter, socket_filter]\n"
	"    attach_types: [cgroup_inet_ingress, cgroup_device, trace_kprobe_session]\n"
	"    digests: [set:two, " D60 "0003, 'set:one']\n"
	"    executable_digests: [" D60 "0004, set:one]\n"
	"    executables: [/usr/sbin/runc, '/memfd:x (deleted)', /a...b/..c]\n"
	"    uids: [4294967294, 0, 1000]\n"
	"    cgroups: [/, /system.slice/crio.service]\n"
	"    user_namespace: host\n"
	"    mount_namespace: host\n"
	"    network_namespace: other\n"
	"    token: true\n"
	"    nested: false\n"
	"  - {action: deny, id: none}\n";

TEST(every_field)
{
	const struct policy_rule *r;
	struct policy_doc *doc;
	struct capture c;

	ASSERT_EQ(0, parse(everything, &doc, &c)) TH_LOG("%s", c.text);
	EXPECT_STREQ("", c.text);
	ASSERT_EQ(2, doc->n_rules);
	r = &doc->rules[0];
	EXPECT_STREQ("all", r->id);
	EXPECT_STREQ("why \xc3\xbc, and who", r->comment);
	EXPECT_STREQ("OPS-12", r->ticket);
	EXPECT_TRUE(r->allow);
	EXPECT_EQ(1801398896, r->expires);
	EXPECT_EQ((1 << 14) - 1, r->conditions);
	EXPECT_EQ(5, r->signers);
	EXPECT_TRUE(r->unsigned_too);
	EXPECT_EQ(1 << BPFSEAL_LEVEL_METADATA | 1 << BPFSEAL_LEVEL_UNSIGNED, r->levels);
	EXPECT_EQ(1ULL << 32 | 1ULL << 1, r->types);
	EXPECT_EQ(1ULL << 6 | 1ULL << 0 | 1ULL << 56, r->attach_types[0]);
	EXPECT_EQ(0, r->attach_types[1]);
	ASSERT_EQ(3, r->n_exe_paths);
	EXPECT_STREQ("/usr/sbin/runc", r->exe_paths[0]);
	EXPECT_STREQ("/memfd:x (deleted)", r->exe_paths[1]);
	EXPECT_STREQ("/a...b/..c", r->exe_paths[2]);
	ASSERT_EQ(3, r->n_uids);
	EXPECT_EQ(4294967294, r->uids[0]);
	EXPECT_EQ(0, r->uids[1]);
	EXPECT_EQ(1000, r->uids[2]);
	ASSERT_EQ(2, r->n_cgroups);
	EXPECT_STREQ("/", r->cgroups[0]);
	EXPECT_STREQ("/system.slice/crio.service", r->cgroups[1]);
	EXPECT_TRUE(r->host_user_ns && r->host_mount_ns && !r->host_net_ns);
	EXPECT_TRUE(r->token && !r->nested);
	EXPECT_EQ(12, r->line);
	EXPECT_EQ(9, r->column);
	policy_free(doc);
}

TEST(digests)
{
	struct policy_digests *digests;
	struct policy_doc *doc;
	struct capture c;

	ASSERT_EQ(0, parse(everything, &doc, &c));
	ASSERT_EQ(2, doc->n_sets);
	EXPECT_STREQ("one", doc->sets[0].name);
	EXPECT_EQ(1, doc->sets[0].n_digests);
	EXPECT_EQ(5, doc->sets[0].line);
	EXPECT_EQ(11, doc->sets[0].column);
	EXPECT_STREQ("two", doc->sets[1].name);
	ASSERT_EQ(2, doc->sets[1].n_digests);
	EXPECT_EQ(0x01, doc->sets[1].digests[0].bytes[0]);
	EXPECT_EQ(0xab, doc->sets[1].digests[0].bytes[29]);
	EXPECT_EQ(0x02, doc->sets[1].digests[0].bytes[31]);
	EXPECT_EQ(0xff, doc->sets[1].digests[1].bytes[31]);
	digests = &doc->rules[0].digests;
	ASSERT_EQ(1, digests->n);
	EXPECT_EQ(0x03, digests->list[0].bytes[31]);
	ASSERT_EQ(2, digests->n_sets);
	EXPECT_EQ(1, digests->sets[0]);
	EXPECT_EQ(0, digests->sets[1]);
	digests = &doc->rules[0].exe_digests;
	ASSERT_EQ(1, digests->n);
	EXPECT_EQ(0x04, digests->list[0].bytes[31]);
	ASSERT_EQ(1, digests->n_sets);
	EXPECT_EQ(0, digests->sets[0]);
	policy_free(doc);
}

TEST(no_conditions)
{
	const struct policy_rule *r;
	struct policy_doc *doc;
	struct capture c;

	ASSERT_EQ(0, parse(everything, &doc, &c));
	r = &doc->rules[1];
	EXPECT_STREQ("none", r->id);
	EXPECT_FALSE(r->allow);
	EXPECT_EQ(0, r->conditions);
	EXPECT_EQ(0, r->expires);
	EXPECT_EQ(NULL, r->comment);
	EXPECT_EQ(NULL, r->ticket);
	policy_free(doc);
}

/* Each condition sets its own bit and no other. */
TEST(conditions)
{
	static const struct {
		const char *text;
		uint32_t condition;
	} cases[] = {
		{ "signers: [none]", POLICY_IF_SIGNER },
		{ "levels: [signed]", POLICY_IF_LEVEL },
		{ "types: [xdp]", POLICY_IF_TYPE },
		{ "attach_types: [xdp]", POLICY_IF_ATTACH_TYPE },
		{ "digests: [" D60 "0000]", POLICY_IF_DIGEST },
		{ "executable_digests: [" D60 "0000]", POLICY_IF_EXE_DIGEST },
		{ "executables: [/a]", POLICY_IF_EXE_PATH },
		{ "uids: [0]", POLICY_IF_UID },
		{ "cgroups: [/a]", POLICY_IF_CGROUP },
		{ "user_namespace: other", POLICY_IF_USER_NS },
		{ "mount_namespace: other", POLICY_IF_MOUNT_NS },
		{ "network_namespace: other", POLICY_IF_NET_NS },
		{ "token: false", POLICY_IF_TOKEN },
		{ "nested: false", POLICY_IF_NESTED },
		{ "comment: x", 0 },
		{ "expires: 2027-01-01", 0 },
	};
	struct policy_doc *doc;
	struct capture c;
	char text[1024];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), SIGNERS "rules: [{id: r, action: deny, %s}]\n",
			 cases[i].text);
		ASSERT_EQ(0, parse(text, &doc, &c)) TH_LOG("%s", c.text);
		EXPECT_EQ(cases[i].condition, doc->rules[0].conditions) TH_LOG("case %zu", i);
		policy_free(doc);
	}
}

TEST(signers)
{
	static const char text[] =
		"mode: permissive\nrequire: signed\ndefault: allow\nsigners:\n"
		"- {name: a, certificate: c, attach_types: [cgroup_inet4_connect, trace_iter], "
		"from: 2026-01-01, until: 2027-01-01T00:00:01Z}\n"
		"- {name: b, keyring: builtin, until: 2199-12-31}\n"
		"- {name: d, keyring: platform, from: 2024-02-29}\n";
	struct policy_doc *doc;
	struct capture c;

	ASSERT_EQ(0, parse(text, &doc, &c)) TH_LOG("%s", c.text);
	EXPECT_TRUE(doc->default_allow);
	EXPECT_EQ(1ULL << PROG_TYPE_SYSCALL, doc->signers[0].types);
	EXPECT_EQ(1ULL << 10 | 1ULL << 28, doc->signers[0].attach_types[0]);
	EXPECT_EQ(1767225600, doc->signers[0].from);
	EXPECT_EQ(1798761601, doc->signers[0].until);
	EXPECT_EQ(0, doc->signers[1].from);
	EXPECT_EQ(7258032000, doc->signers[1].until);
	EXPECT_EQ(1709164800, doc->signers[2].from);
	EXPECT_EQ(0, doc->signers[2].until);
	policy_free(doc);
}

TEST(default_is_deny)
{
	struct policy_doc *doc;
	struct capture c;

	ASSERT_EQ(0, parse(SIGNERS, &doc, &c));
	EXPECT_FALSE(doc->default_allow);
	EXPECT_EQ(0, doc->n_rules);
	EXPECT_EQ(0, doc->n_sets);
	policy_free(doc);
	ASSERT_EQ(0, parse(SIGNERS "default: deny\n", &doc, &c));
	EXPECT_FALSE(doc->default_allow);
	policy_free(doc);
}

/* --- presets --------------------------------------------------------------------- */

/* Each is good by itself, and all its ids begin with its name. */
TEST(each_preset)
{
	struct policy_doc *doc;
	struct capture c;
	const char *name;
	char text[1024];
	size_t n = 0;

	for (; (name = policy_preset_name(n)); n++) {
		snprintf(text, sizeof(text), SIGNERS "include: [%s]\n", name);
		ASSERT_EQ(0, parse(text, &doc, &c)) TH_LOG("%s", c.text);
		EXPECT_GT(doc->n_rules, 0);
		for (unsigned int i = 0; i < doc->n_rules; i++) {
			EXPECT_EQ(name, policy_preset_owner(doc->rules[i].id))
				TH_LOG("%s", doc->rules[i].id);
			EXPECT_NE(NULL, doc->rules[i].comment) TH_LOG("%s", doc->rules[i].id);
			EXPECT_EQ(4, doc->rules[i].line);
			EXPECT_EQ(11, doc->rules[i].column);
		}
		for (unsigned int i = 0; i < doc->n_sets; i++)
			EXPECT_EQ(name, policy_preset_owner(doc->sets[i].name));
		policy_free(doc);
	}
	EXPECT_EQ(4, n);
}

/* What a preset lets in is root on the host, with types and executables it names. */
TEST(presets_are_narrow)
{
	const uint32_t needed = POLICY_IF_TYPE | POLICY_IF_EXE_PATH | POLICY_IF_UID |
				POLICY_IF_USER_NS | POLICY_IF_MOUNT_NS | POLICY_IF_TOKEN |
				POLICY_IF_NESTED;
	struct policy_doc *doc;
	struct capture c;

	ASSERT_EQ(0, parse(SIGNERS "include: [strict, containers, systemd, observability]\n",
			   &doc, &c)) TH_LOG("%s", c.text);
	for (unsigned int i = 0; i < doc->n_rules; i++) {
		const struct policy_rule *r = &doc->rules[i];

		EXPECT_EQ(!starts_with(r->id, "strict."), r->allow) TH_LOG("%s", r->id);
		if (!r->allow)
			continue;
		EXPECT_EQ(needed, r->conditions & needed) TH_LOG("%s", r->id);
		EXPECT_TRUE(r->host_user_ns && r->host_mount_ns && !r->token && !r->nested);
		EXPECT_TRUE(r->n_uids == 1 && r->uids[0] == 0);
	}
	EXPECT_STREQ("strict.token", doc->rules[0].id);
	EXPECT_NE(NULL, find(doc, "containers.runc-device-filter"));
	policy_free(doc);
}

/* The policy's own come first, then the presets as they are included. */
TEST(order)
{
	struct policy_doc *doc;
	struct capture c;

	ASSERT_EQ(0, parse(SIGNERS
			   "include: [systemd, strict]\n"
			   "rules: [{id: z, action: deny}, {id: a, action: allow}]\n", &doc, &c))
		TH_LOG("%s", c.text);
	ASSERT_GT(doc->n_rules, 4);
	EXPECT_STREQ("z", doc->rules[0].id);
	EXPECT_STREQ("a", doc->rules[1].id);
	EXPECT_STREQ("systemd.units", doc->rules[2].id);
	EXPECT_STREQ("strict.token", doc->rules[3].id);
	policy_free(doc);
}

/* A rule with the id of a preset's takes its place; nothing of the old one is left. */
TEST(override)
{
	const struct policy_rule *r;
	struct policy_doc *doc, *plain;
	struct capture c;

	ASSERT_EQ(0, parse(SIGNERS "include: [strict, systemd]\n", &plain, &c));
	ASSERT_EQ(0, parse(SIGNERS
			   "include: [strict, systemd]\n"
			   "rules:\n"
			   "- {id: first, action: deny}\n"
			   "- {id: systemd.units, action: deny, uids: [7]}\n"
			   "- {id: last, action: deny}\n", &doc, &c)) TH_LOG("%s", c.text);
	ASSERT_EQ(plain->n_rules + 2, doc->n_rules);
	EXPECT_STREQ("first", doc->rules[0].id);
	EXPECT_STREQ("last", doc->rules[1].id);
	for (unsigned int i = 0; i < plain->n_rules; i++)
		EXPECT_STREQ(plain->rules[i].id, doc->rules[i + 2].id);
	r = find(doc, "systemd.units");
	ASSERT_NE(NULL, r);
	EXPECT_FALSE(r->allow);
	EXPECT_EQ(POLICY_IF_UID, r->conditions);
	EXPECT_EQ(7, r->uids[0]);
	EXPECT_EQ(0, r->n_exe_paths);
	EXPECT_EQ(7, r->line);
	EXPECT_EQ(8, r->column);
	policy_free(doc);
	policy_free(plain);
}

TEST(preset_names)
{
	EXPECT_STREQ("strict", policy_preset_owner("strict.x"));
	EXPECT_STREQ("strict", policy_preset_owner("strict."));
	EXPECT_EQ(NULL, policy_preset_owner("strict"));
	EXPECT_EQ(NULL, policy_preset_owner("strict-x"));
	EXPECT_EQ(NULL, policy_preset_owner("my.strict.x"));
	EXPECT_EQ(NULL, policy_preset_text("my"));
	EXPECT_NE(NULL, policy_preset_text("containers"));
	EXPECT_EQ(NULL, policy_preset_name(4));
}

/* Cut anywhere, it is either refused or whole; never a crash or an overread. */
TEST(truncated)
{
	struct policy_doc *doc;
	struct capture c;
	char *copy;

	for (size_t n = 0; n < sizeof(everything); n++) {
		copy = malloc(n ? n : 1);
		memcpy(copy, everything, n);
		if (!parse_n(copy, n, &doc, &c))
			policy_free(doc);
		free(copy);
	}
}

TEST_HARNESS_MAIN
