// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_diff.c - bpfseal policy diff: what becomes allowed or denied, by whom, and
 * nothing where two policies say the same in other words.
 */
#include "kselftest_harness.h"

#include <time.h>

#include "cmd.h"
#include "diag.h"
#include "policy_diff.h"
#include "test_cert.h"

#define HEAD "mode: permissive\nrequire: metadata\n"
#define TEAM "signers: [{name: team, keyring: builtin}]\n"
#define D "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define NOTHING "no load is decided otherwise\n"
#define NOW 1800000000	/* 2027-01-15T08:00:00Z */

static const char *diff(struct __test_metadata *_metadata, const char *old, const char *new)
{
	static char all[8192];
	const char *const texts[2] = { old, new };
	struct policy_doc *docs[2];
	struct policy_diff d;
	char *text = NULL;
	size_t len;
	FILE *f;

	for (int i = 0; i < 2; i++)
		if (policy_parse(texts[i], strlen(texts[i]), "p", &docs[i])) {
			TH_LOG("refused: %s", texts[i]);
			return "refused";
		}
	if (policy_diff((const struct policy_doc *const *)docs, NOW, &d))
		abort();
	f = open_memstream(&text, &len);
	policy_diff_print(f, &d);
	fclose(f);
	snprintf(all, sizeof(all), "%s", text);
	free(text);
	policy_diff_free(&d);
	policy_free(docs[0]);
	policy_free(docs[1]);
	return all;
}

TEST(rules)
{
	static const struct {
		const char *old, *new, *says;
	} cases[] = {
		{ "", "", NOTHING },
		{ "", "rules: [{id: r, action: allow, types: [xdp], uids: [7]}]\n",
		  "now allowed: such as unsigned xdp as uid 7 (allowed by rule r; was denied: unsigned)\n"
		  "1 kind of loads now allowed, 0 now denied, and nothing else\n" },
		{ "rules: [{id: r, action: allow, types: [lsm], digests: ['" D "']}]\n", "",
		  "now denied: such as unsigned lsm with digest " D " as uid 0"
		  " (denied: unsigned; was allowed by rule r)\n"
		  "0 kinds of loads now allowed, 1 now denied, and nothing else\n" },
		{ "", "rules: [{id: r, action: deny, nested: false, token: false, signers: [team]}]\n",
		  "now denied: such as syscall signed by team (metadata) as uid 0"
		  " (denied by rule r; was allowed: signer)\n"
		  "0 kinds of loads now allowed, 1 now denied, and nothing else\n" },
		{ "", "rules: [{id: r, action: allow, executables: [/usr/sbin/runc], cgroups: [/a/b],"
		  " network_namespace: other, types: [kprobe]}]\n",
		  "now allowed: such as unsigned kprobe by /usr/sbin/runc as uid 0 in cgroup /a/b,"
		  " in another network namespace (allowed by rule r; was denied: unsigned)\n"
		  "1 kind of loads now allowed, 0 now denied, and nothing else\n" },
		{ "", "rules: [{id: r, action: allow, executable_digests: ['" D "'], types: [xdp]}]\n",
		  "now allowed: such as unsigned xdp by an executable of digest " D " as uid 0"
		  " (allowed by rule r; was denied: unsigned)\n"
		  "1 kind of loads now allowed, 0 now denied, and nothing else\n" },
		/* And, with that executable, those that can't be measured. */
		{ "rules: [{id: r, action: allow, types: [xdp]}]\n",
		  "rules: [{id: d, action: deny, executable_digests: ['" D "'], signers: [none]},"
		  " {id: r, action: allow, types: [xdp]}]\n",
		  "now denied: such as unsigned xdp by an executable that can't be measured as uid 0"
		  " (denied by rule d; was allowed by rule r)\n"
		  "0 kinds of loads now allowed, 1 now denied, and nothing else\n" },
		/* The same in other words. */
		{ "rules: [{id: r, action: allow, types: [xdp, lsm]}]\n",
		  "rules: [{id: a, action: allow, types: [lsm]}, {id: b, action: allow, types: [xdp]}]\n",
		  NOTHING },
		{ "sets: [{name: s, digests: ['" D "']}]\nrules: [{id: r, action: deny, digests: [set:s]}]\n",
		  "rules: [{id: r, action: deny, digests: ['" D "']}]\n", NOTHING },
		{ "", "rules: [{id: r, action: deny, signers: [none]}]\n", NOTHING },
		{ "rules: [{id: a, action: allow, uids: [1]}, {id: b, action: deny, uids: [1], token: true}]\n",
		  "rules: [{id: a, action: allow, uids: [1]}]\n", NOTHING },
		/* Not the same: the order. */
		{ "rules: [{id: a, action: allow, uids: [1]}, {id: b, action: deny, types: [xdp]}]\n",
		  "rules: [{id: b, action: deny, types: [xdp]}, {id: a, action: allow, uids: [1]}]\n",
		  "now denied: such as unsigned xdp as uid 1 (denied by rule b; was allowed by rule a)\n"
		  "0 kinds of loads now allowed, 1 now denied, and nothing else\n" },
		/* What ends later. */
		{ "rules: [{id: r, action: allow, types: [xdp]}]\n",
		  "rules: [{id: r, action: allow, types: [xdp], expires: 2028-01-01}]\n",
		  "from 2028-01-01T00:00:00Z on now denied: such as unsigned xdp as uid 0"
		  " (denied: unsigned; was allowed by rule r)\n"
		  "0 kinds of loads now allowed, 1 now denied, and nothing else, now and at 1 later times"
		  " at which rules or signers begin or end\n" },
		{ "", "rules: [{id: r, action: allow, types: [xdp], expires: 2027-01-15}]\n", NOTHING },
		{ "", "default: allow\n",
		  "default: was deny, is allow\n"
		  "now allowed: such as unsigned socket_filter as uid 0 (allowed by default; was denied: unsigned)\n"
		  "1 kind of loads now allowed, 0 now denied, and nothing else\n" },
	};
	char texts[2][1024];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(texts[0], sizeof(texts[0]), HEAD TEAM "%s", cases[i].old);
		snprintf(texts[1], sizeof(texts[1]), HEAD TEAM "%s", cases[i].new);
		EXPECT_STREQ(cases[i].says, diff(_metadata, texts[0], texts[1]));
	}
}

TEST(signers)
{
	EXPECT_STREQ("name: was none, is x\nversion: was 0, is 3\nmode: was permissive, is enforcing\n"
		     "require: was metadata, is signed\n"
		     "now allowed: such as syscall signed by team (signed) as uid 0"
		     " (allowed: signer; was denied: level)\n"
		     "now allowed: such as nested socket_filter signed by team (signed) as uid 0"
		     " (allowed: nested; was denied: loader-unverified)\n"
		     "2 kinds of loads now allowed, 0 now denied, and nothing else\n",
		     diff(_metadata, HEAD TEAM,
			  "name: x\nversion: 3\nmode: enforcing\nrequire: signed\n" TEAM));
	/* Another name for the same keys, and what rules say of them. */
	EXPECT_STREQ("signer crew: was called team\n" NOTHING,
		     diff(_metadata, HEAD TEAM "rules: [{id: a, action: deny, signers: [team]}]\n",
			  HEAD "signers: [{name: crew, keyring: builtin}]\n"
			  "rules: [{id: a, action: deny, signers: [crew]}]\n"));
	/* The same name for other keys. */
	EXPECT_STREQ("signer team: gone, or has another key\nsigner team: new\n"
		     "now allowed: such as syscall signed by team (metadata) as uid 0"
		     " (allowed: signer; was denied: unsigned)\n"
		     "now allowed: such as nested socket_filter signed by team (metadata) as uid 0"
		     " (allowed: nested; was denied: loader-by-rule)\n"
		     "now denied: such as syscall signed by team (metadata) as uid 0"
		     " (denied: unsigned; was allowed: signer)\n"
		     "now denied: such as nested socket_filter signed by team (metadata) as uid 0"
		     " (denied: loader-by-rule; was allowed: nested)\n"
		     "2 kinds of loads now allowed, 2 now denied, and nothing else\n",
		     diff(_metadata, HEAD TEAM, HEAD "signers: [{name: team, keyring: platform}]\n"));
	EXPECT_STREQ("signer team: may load other types directly\n"
		     "now allowed: such as xdp signed by team (metadata) as uid 0"
		     " (allowed: signer; was denied: uncovered:prog_type)\n"
		     "1 kind of loads now allowed, 0 now denied, and nothing else\n",
		     diff(_metadata, HEAD TEAM,
			  HEAD "signers: [{name: team, keyring: builtin, types: [syscall, xdp]}]\n"));
	EXPECT_STREQ("note: the certificates of signer a can't be compared, and were taken to be the same\n"
		     NOTHING, diff(_metadata, HEAD "signers: [{name: a, certificate: /no/a}]\n",
				   HEAD "signers: [{name: a, certificate: /no/b}]\n"));
}

/* A preset written out is the preset; without it all that it decides changes. */
TEST(presets)
{
	EXPECT_STREQ(NOTHING, diff(_metadata, HEAD TEAM "include: [strict]\n",
		HEAD TEAM "include: []\nrules:\n"
		"- {id: a, action: deny, token: true}\n- {id: b, action: deny, user_namespace: other}\n"
		"- {id: c, action: deny, types: [ext]}\n"
		"- {id: d, action: deny, types: [tracing], attach_types: [modify_return]}\n"
		"- {id: e, action: deny, types: [raw_tracepoint_writable]}\n"));
	EXPECT_NE(NULL, strstr(diff(_metadata, HEAD TEAM "include: [strict]\n", HEAD TEAM),
			       "(allowed: signer; was denied by rule strict.token)\n"));
}

/* As many rules as there may be: in time, or it says that it can't. */
TEST(large)
{
	struct timespec begin, end;
	char *old = malloc(1 << 20), *new = malloc(1 << 20), *t = old;
	double seconds;

	t += sprintf(t, HEAD TEAM "rules:\n");
	for (unsigned int i = 0; i < 1000; i++)
		t += sprintf(t, "- {id: r%u, action: allow, types: [%s], uids: [%u], executables: [/x%u]}\n",
			     i, i & 1 ? "xdp" : "kprobe", i, i / 2);
	strcpy(new, old);
	*strstr(new, "/x300") = '\0';
	clock_gettime(CLOCK_MONOTONIC, &begin);
	EXPECT_STREQ(NOTHING, diff(_metadata, old, old));
	strcpy(new, old);
	memcpy(strstr(new, "/x300"), "/y300", 5);
	EXPECT_NE(NULL, strstr(diff(_metadata, old, new), "\n1 kind of loads now allowed, 1 now denied, and"));
	clock_gettime(CLOCK_MONOTONIC, &end);
	seconds = (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
	TH_LOG("%.3f s", seconds);
	EXPECT_LT(seconds, 10);
	free(old);
	free(new);
}

TEST(command)
{
	char *args[] = { "policy", "diff", "a.yaml", "b.yaml", NULL }, dir[32];
	struct test_cert t = { .cn = "a" };
	struct capture c;

	enter_temp_dir(dir);
	EVP_PKEY_free(put_cert("a", &t));
	EVP_PKEY_free(put_cert("b", &t));
	put_text("a.yaml", HEAD "signers: [{name: a, certificate: a.crt}]\n");
	put_text("b.yaml", HEAD "signers: [{name: b, certificate: ./a.crt}]\n");
	capture_begin(&c, 1);
	EXPECT_EQ(EXIT_DONE, cmd_policy(4, args));
	capture_end(&c);
	EXPECT_STREQ("signer b: was called a\n" NOTHING, c.text);
	put_text("b.yaml", HEAD "signers: [{name: a, certificate: ./b.crt}]\n");
	capture_begin(&c, 1);
	EXPECT_EQ(EXIT_DONE, cmd_policy(4, args));
	capture_end(&c);
	EXPECT_TRUE(starts_with(c.text, "signer a: gone, or has another key\nsigner a: new\nnow allowed"));
	capture_begin(&c, 2);
	EXPECT_EQ(EXIT_USAGE, cmd_policy(3, args));
	put_text("b.yaml", "[]\n");
	EXPECT_EQ(EXIT_FAILED, cmd_policy(4, args));
	capture_end(&c);
	leave_temp_dir(dir);
}

TEST_HARNESS_MAIN
