// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_show.c - the canonical form is a policy that judges alike, and its own
 * canonical form; and its digest covers what decides.
 */
#include "kselftest_harness.h"

#include <time.h>

#include "cmd.h"
#include "diag.h"
#include "hex.h"
#include "policy_preset.h"
#include "policy_show.h"
#include "prog_types.h"
#include "test_cert.h"

#define HEAD \
	"mode: enforcing\n" \
	"require: metadata\n"
#define SIGNERS \
	HEAD "signers: [{name: a, certificate: c.crt, fingerprint: " D "}, {name: '7', keyring: builtin}]\n"
#define D "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define E "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct policy_fingerprint fingerprints[POLICY_SIGNERS_MAX] = { { { 1, 2 } } };

/* Parses @text and returns its form, or NULL; free() */
static char *form_of(const char *text, size_t len, uint8_t digest[32])
{
	struct policy_doc *doc;
	char *form = NULL;
	size_t n;
	FILE *f;

	if (policy_parse(text, len, "/x/p.yaml", &doc))
		return NULL;
	f = open_memstream(&form, &n);
	if (policy_show_write(f, doc, fingerprints) || policy_show_digest(doc, fingerprints, digest))
		abort();
	fclose(f);
	policy_free(doc);
	return form;
}

/* Is the form of the form the same? */
static bool settled(struct __test_metadata *_metadata, const char *text)
{
	uint8_t first[32], second[32];
	char *form = form_of(text, strlen(text), first), *again;
	bool same;

	if (!form) {
		TH_LOG("refused: %s", text);
		return false;
	}
	again = form_of(form, strlen(form), second);
	same = again && !strcmp(form, again) && !memcmp(first, second, sizeof(first));
	if (!same)
		TH_LOG("of\n%s\nthe form is\n%s\nand its form\n%s", text, form, again);
	free(form);
	free(again);
	return same;
}

TEST(layout)
{
	static const char text[] =
		"# a comment\n"
		"rules:\n"
		"- {id: r2, types: [xdp, kprobe], action: allow, comment: \"\\\"q\\\\\\u2028\xc3\xbc\\x9b\","
		" uids: [30, 4], digests: ['" E "', set:z, set:b, '" D "'],"
		" expires: 2027-01-31, signers: ['7', none], levels: [metadata, unsigned],"
		" executables: [/b, /a], nested: false, user_namespace: other, ticket: no-1}\n"
		"sets: [{name: z, digests: ['" E "', '" D "']}, {name: b, digests: ['" D "']}]\n"
		"signers: [{name: a, certificate: c.crt, fingerprint: '" D "', until: 2027-01-01T01:02:03Z},"
		" {name: '7', keyring: builtin, types: [xdp, syscall], attach_types: [xdp_cpumap]}]\n"
		"require: signed\nmode: permissive\n";
	static const char expected[] =
		"mode: permissive\n"
		"version: 0\n"
		"require: signed\n"
		"default: deny\n"
		"include: []\n"
		"signers:\n"
		"  - name: \"a\"\n"
		"    certificate: \"/x/c.crt\"\n"
		"    fingerprint: \"0102000000000000000000000000000000000000000000000000000000000000\"\n"
		"    types: [syscall]\n"
		"    until: 2027-01-01T01:02:03Z\n"
		"  - name: \"7\"\n"
		"    keyring: builtin\n"
		"    types: [xdp, syscall]\n"
		"    attach_types: [xdp_cpumap]\n"
		"sets:\n"
		"  - name: \"b\"\n"
		"    digests:\n"
		"      - \"" D "\"\n"
		"  - name: \"z\"\n"
		"    digests:\n"
		"      - \"" D "\"\n"
		"      - \"" E "\"\n"
		"rules:\n"
		"  - id: \"r2\"\n"
		"    action: allow\n"
		"    comment: \"\\\"q\\\\\\u2028\xc3\xbc\\u009b\"\n"
		"    ticket: \"no-1\"\n"
		"    expires: 2027-01-31T00:00:00Z\n"
		"    signers: [none, \"7\"]\n"
		"    levels: [unsigned, metadata]\n"
		"    types: [kprobe, xdp]\n"
		"    digests:\n"
		"      - \"set:b\"\n"
		"      - \"set:z\"\n"
		"      - \"" D "\"\n"
		"      - \"" E "\"\n"
		"    executables:\n"
		"      - \"/a\"\n"
		"      - \"/b\"\n"
		"    uids: [4, 30]\n"
		"    user_namespace: other\n"
		"    nested: false\n";
	uint8_t digest[32];
	char *form = form_of(text, strlen(text), digest);

	ASSERT_NE(NULL, form);
	EXPECT_TRUE(starts_with(form, "# digest: "));
	EXPECT_EQ(0, strncmp(form + 10, hex_of(digest).s, 64));
	EXPECT_STREQ(expected, strchr(form, '\n') + 1);
	EXPECT_TRUE(settled(_metadata, text));
	free(form);
}

/* All presets, alone and together, with rules and sets of theirs replaced. */
TEST(presets)
{
	char text[2048];
	size_t n = 0;

	for (; policy_preset_name(n); n++) {
		snprintf(text, sizeof(text), HEAD "signers: [{name: b, keyring: builtin}]\ninclude: [%s]\n",
			 policy_preset_name(n));
		EXPECT_TRUE(settled(_metadata, text));
	}
	EXPECT_LE(4, n);
	EXPECT_TRUE(settled(_metadata, HEAD "signers: [{name: b, keyring: builtin}]\n"
			    "include: [systemd, strict, containers]\nrules:\n"
			    "- {id: strict.token, action: allow, uids: [7]}\n- {id: own, action: deny}\n"));
}

/* Only a closed policy may have ids like a preset's without including it. */
TEST(closed)
{
#define RULE "rules: [{id: strict.what, action: deny}]\n"
#define B "signers: [{name: b, keyring: builtin}]\n"
	struct policy_doc *doc;
	struct capture c;

	ASSERT_EQ(0, policy_parse(HEAD B "include: []\n" RULE, strlen(HEAD B "include: []\n" RULE),
				  "p", &doc));
	EXPECT_EQ(1, doc->n_rules);
	policy_free(doc);
	capture_begin(&c, 2);
	EXPECT_EQ(-EINVAL, policy_parse(HEAD B RULE, strlen(HEAD B RULE), "p", &doc));
	capture_end(&c);
	EXPECT_NE(NULL, strstr(c.text, "\"strict.what\" begins like a rule of preset \"strict\""));
}

/* --- made at random ------------------------------------------------------------------ */

static unsigned int any(unsigned int n)
{
	return (unsigned int)rand() % n;
}

static void add_list(FILE *f, const char *key, const char *const *words, size_t n)
{
	const char *separator = "";
	size_t first = any(n);

	if (any(2))
		return;
	fprintf(f, ", %s: [", key);
	for (size_t i = 0; i < n; i++) {
		if (i != first && any(2))
			continue;
		fprintf(f, "%s%s", separator, words[n - 1 - i]);
		separator = ", ";
	}
	fprintf(f, "%s]", *separator ? "" : words[0]);
}

#define LIST(f, key, ...) do { \
	static const char *const words[] = { __VA_ARGS__ }; \
	add_list(f, key, words, sizeof(words) / sizeof(words[0])); \
} while (0)

static void add_rule(FILE *f, unsigned int i)
{
	static const char *const flags[] = { "token: true", "nested: false", "mount_namespace: host",
					     "network_namespace: other", "user_namespace: host",
					     "expires: 2030-02-03", "ticket: '\"'" };

	fprintf(f, "- {id: r%u, action: %s", i, any(2) ? "allow" : "deny");
	LIST(f, "types", "xdp", "syscall", "netfilter", "lsm");
	LIST(f, "attach_types", "xdp_cpumap", "cgroup_device", "trace_kprobe_session");
	LIST(f, "signers", "none", "a", "'7'");
	LIST(f, "levels", "metadata", "unsigned", "signed");
	LIST(f, "digests", "set:s", "'" D "'", "'" E "'", "set:a");
	LIST(f, "executable_digests", "set:a", "'" E "'");
	LIST(f, "executables", "/x", "'/y (deleted)'", "'/memfd:a: b'", "/usr/bin/\xc3\xbc");
	LIST(f, "uids", "0", "4294967294", "7", "100");
	LIST(f, "cgroups", "/", "/a/b", "'/a b\"c'");
	for (size_t k = 0; k < sizeof(flags) / sizeof(flags[0]); k++)
		if (!any(3))
			fprintf(f, ", %s", flags[k]);
	fputs("}\n", f);
}

static char *random_policy(void)
{
	unsigned int n = any(6);
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fprintf(f, SIGNERS "version: %u\ninclude: [%s]\n", any(3), any(2) ? "strict" : "");
	fputs("sets: [{name: s, digests: ['" D "']}, {name: a, digests: ['" E "', '" D "']}]\n", f);
	if (n)
		fputs("rules:\n", f);
	for (unsigned int i = 0; i < n; i++)
		add_rule(f, i);
	fclose(f);
	return text;
}

TEST(made_at_random)
{
	srand(3);
	for (int i = 0; i < 1000; i++) {
		char *text = random_policy();

		ASSERT_TRUE(settled(_metadata, text));
		free(text);
	}
}

/* --- the digest ------------------------------------------------------------------------ */

TEST(digest)
{
	static const struct {
		const char *text;
		bool same;
	} cases[] = {
		{ "rules: [{id: r, action: deny, uids: [1, 2]}]\nversion: 0\ndefault: deny\n", true },
		{ "rules: [{id: r, action: deny, uids: [2, 1], comment: x, ticket: y}]\n", true },
		{ "rules: [{id: r, action: deny, uids: [1]}]\n", false },
		{ "rules: [{id: r, action: allow, uids: [1, 2]}]\n", false },
		{ "rules: [{id: s, action: deny, uids: [1, 2]}]\n", false },
		{ "rules: [{id: r, action: deny, uids: [1, 2], expires: 2030-01-01}]\n", false },
		{ "rules: [{id: r, action: deny, uids: [1, 2], token: true}]\n", false },
		{ "rules: [{id: r, action: deny, uids: [1, 2]}]\nversion: 1\n", false },
		{ "", false },
	};
	uint8_t was[32], is[32];
	char text[1024];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), SIGNERS "%s", cases[i].text);
		free(form_of(text, strlen(text), i ? is : was));
		if (i)
			EXPECT_EQ(cases[i].same, !memcmp(was, is, sizeof(is))) TH_LOG("%s", text);
	}
}

#define MANY 100000

/* So many digests in a set are a policy's digest within a second. */
TEST(many)
{
	struct timespec begin, end;
	char *text = malloc(80 * MANY + 1024), *p = text;
	struct policy_doc *doc;
	uint8_t digest[32];
	double seconds;

	p += sprintf(p, SIGNERS "sets:\n- name: s\n  digests:\n");
	for (unsigned int i = 0; i < MANY; i++)
		p += sprintf(p, "  - %063xa\n", i * 2654435761u);
	ASSERT_EQ(0, policy_parse(text, (size_t)(p - text), "p", &doc));
	clock_gettime(CLOCK_MONOTONIC, &begin);
	ASSERT_EQ(0, policy_show_digest(doc, fingerprints, digest));
	clock_gettime(CLOCK_MONOTONIC, &end);
	seconds = (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
	EXPECT_LT(seconds, 1) TH_LOG("%.3f s", seconds);
	policy_free(doc);
	free(text);
}

/* --- the command ----------------------------------------------------------------------- */

TEST(command)
{
	char *show[] = { "policy", "show", "p.yaml", NULL }, dir[32];
	struct test_cert t = { .cn = "a" };
	struct capture c;

	enter_temp_dir(dir);
	EVP_PKEY_free(put_cert("a", &t));
	put_text("p.yaml", HEAD "include: [strict]\nsigners: [{name: a, certificate: ./a.crt}]\n");
	capture_begin(&c, 1);
	EXPECT_EQ(EXIT_DONE, cmd_policy(3, show));
	capture_end(&c);
	put_text("canon.yaml", c.text);
	/* What the documentation says of the digest. */
	EXPECT_EQ(0, system("d=$(grep -vE '^(#|mode:|    (certificate|comment|ticket):)' canon.yaml |"
			    "sha256sum); [ \"# digest: ${d%% *}\" = \"$(head -n 1 canon.yaml)\" ]"));
	EXPECT_EQ(0, system("f=$(openssl x509 -in a.crt -outform DER | sha256sum); "
			    "grep -qx \"    fingerprint: \\\"${f%% *}\\\"\" canon.yaml"));
	put_text("want", c.text);
	show[2] = "canon.yaml";
	capture_begin(&c, 1);
	EXPECT_EQ(EXIT_DONE, cmd_policy(3, show));
	capture_end(&c);
	put_text("got", c.text);
	EXPECT_EQ(0, system("cmp want got"));
	/* Another certificate under the same name. */
	EVP_PKEY_free(put_cert("a", &t));
	capture_begin(&c, 2);
	EXPECT_EQ(EXIT_FAILED, cmd_policy(3, show));
	capture_end(&c);
	EXPECT_TRUE(starts_with(c.text, "canon.yaml:8:11: signer a has another fingerprint")) {
		TH_LOG("%s", c.text);
	}
	leave_temp_dir(dir);
}

TEST_HARNESS_MAIN
