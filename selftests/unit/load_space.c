// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load_space.c - the walk over all loads finds what trying loads one by one does, and
 * ends in time.
 */
#include "kselftest_harness.h"

#include <time.h>

#include "capture.h"
#include "load_facts.h"
#include "load_space.h"

#define HEAD \
	"mode: enforcing\nrequire: metadata\n" \
	"signers: [{name: a, keyring: builtin, types: [syscall, xdp]}, {name: b, keyring: platform}]\n"
#define D "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define E "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct space_signer signers[] = { { { 1, 1 } }, { { 2, 2 } } };

/* Which rule of the one, with which of the other, decides some load. */
struct found {
	const struct space *s;
	bool pairs[12][12];
	unsigned int n, wrong;
};

static void on_load(void *ctx, const struct space_load *load, const struct judge_decision *d)
{
	struct found *found = ctx;
	struct judge_decision again;
	struct judge_load l = load->l;

	for (unsigned int i = 0; i < found->s->n; i++) {
		l.signer = load->signer.in[i];
		judge_decide(found->s->p[i], &l, &again);
		if (memcmp(&again, &d[i], sizeof(again)))
			found->wrong++;
	}
	found->n++;
	if (d[0].rule < 12 && d[1].rule < 12)
		found->pairs[d[0].rule][found->s->n > 1 ? d[1].rule : 0] = true;
}

static unsigned int any(unsigned int n)
{
	return (unsigned int)rand() % n;
}

static void add_list(FILE *f, const char *key, const char *const *words, size_t n)
{
	size_t i = any(3 * n);

	if (i + 1 < n)
		fprintf(f, ", %s: [%s, %s]", key, words[i], words[i + 1]);
	else if (i < n)
		fprintf(f, ", %s: [%s]", key, words[i]);
}

#define LIST(f, key, ...) do { \
	static const char *const words[] = { __VA_ARGS__ }; \
	add_list(f, key, words, sizeof(words) / sizeof(words[0])); \
} while (0)

static struct policy_doc *random_policy(void)
{
	unsigned int n = 1 + any(10);
	struct policy_doc *doc;
	struct capture c;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fputs(HEAD "sets: [{name: s, digests: ['" E "']}]\nrules:\n", f);
	for (unsigned int i = 0; i < n; i++) {
		fprintf(f, "- {id: r%u, action: %s", i, any(2) ? "allow" : "deny");
		LIST(f, "types", "xdp", "syscall", "lsm");
		LIST(f, "signers", "none", "a", "b");
		LIST(f, "levels", "metadata", "unsigned", "signed");
		LIST(f, "digests", "set:s", "'" D "'");
		LIST(f, "executables", "/x", "/y");
		LIST(f, "uids", "0", "7");
		LIST(f, "cgroups", "/a/b", "/a");
		if (!any(4))
			fputs(any(2) ? ", token: true" : ", mount_namespace: other", f);
		fputs("}\n", f);
	}
	fclose(f);
	capture_begin(&c, 2);
	if (policy_parse(text, len, "p", &doc))	/* executables elsewhere than on the host */
		doc = NULL;
	capture_end(&c);
	free(text);
	return doc;
}

/* A load at random, of values the policies name and others. */
static void random_load(struct judge_load *l, const struct policy_doc *doc)
{
	static const char *const cgroups[] = { "/", "/a", "/a/b", "/a/b/c", "/c" };
	static const char *const paths[] = { NULL, "/x", "/y", "/z" };
	static const __u32 types[] = { 31, 6, 29, 2 };

	load_facts_begin(l);
	l->type = types[any(4)];
	l->signer = any(3);
	l->level = l->signer ? 1 + any(2) : 0;
	l->nested = !any(3);
	l->token = !any(3);
	l->host_mount_ns = any(2);
	l->uid = any(2) ? 0 : 7 + any(2);
	load_facts_cgroup(l, cgroups[any(5)]);
	load_facts_executable(l, paths[any(4)]);
	l->has_digest = any(2);
	memcpy(l->digest, doc->sets[0].digests[0].bytes, 32);
	if (any(2))
		l->digest[0] = 1;
}

static struct policy_doc *some_policy(void)
{
	struct policy_doc *doc = NULL;

	while (!doc)
		doc = random_policy();
	return doc;
}

TEST(against_single_loads)
{
	srand(5);
	for (int round = 0; round < 100; round++) {
		struct policy_doc *docs[2] = { some_policy(), some_policy() };
		struct judge_policy p[2];
		struct judge_decision d[2];
		struct found found = {};
		struct space s = { .p = { &p[0], &p[1] }, .n = 2, .signers = signers,
				   .n_signers = 2, .fn = on_load, .ctx = &found };
		struct judge_load l;

		found.s = &s;
		ASSERT_EQ(0, judge_policy_make(docs[0], &p[0]));
		ASSERT_EQ(0, judge_policy_make(docs[1], &p[1]));
		ASSERT_EQ(0, space_walk(&s, time(NULL)));
		EXPECT_EQ(0, found.wrong);
		for (int i = 0; i < 500; i++) {
			random_load(&l, docs[0]);
			judge_decide(&p[0], &l, &d[0]);
			judge_decide(&p[1], &l, &d[1]);
			EXPECT_TRUE(found.pairs[d[0].rule][d[1].rule]);
		}
		judge_policy_free(&p[0]);
		judge_policy_free(&p[1]);
		policy_free(docs[0]);
		policy_free(docs[1]);
	}
}

/* As many rules as there may be, each with values of its own. */
TEST(large)
{
	struct timespec begin, end;
	struct found found = {};
	struct judge_policy p;
	struct space s = { .p = { &p }, .n = 1, .signers = signers, .n_signers = 2,
			   .fn = on_load, .ctx = &found };
	struct policy_doc *doc;
	char *text = malloc(1 << 20), *t = text;
	double seconds;

	t += sprintf(t, HEAD "rules:\n");
	for (unsigned int i = 0; i < 1000; i++)
		t += sprintf(t, "- {id: r%u, action: allow, types: [%s], uids: [%u], executables: [/x%u],"
			     " digests: ['%064x']}\n", i, i & 1 ? "xdp" : "kprobe", i, i / 2, i);
	ASSERT_EQ(0, policy_parse(text, (size_t)(t - text), "p", &doc));
	ASSERT_EQ(0, judge_policy_make(doc, &p));
	found.s = &s;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	EXPECT_EQ(0, space_walk(&s, time(NULL)));
	clock_gettime(CLOCK_MONOTONIC, &end);
	seconds = (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
	TH_LOG("%u kinds of loads in %.3f s", found.n, seconds);
	EXPECT_LT(seconds, 10);
	EXPECT_LT(1000, found.n);
	EXPECT_EQ(0, found.wrong);
	judge_policy_free(&p);
	policy_free(doc);
	free(text);
}

TEST_HARNESS_MAIN
