// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rules_build.c - the vectors of a policy's rules, and the keys of those values
 * that are looked up by hash.
 */
#include "rules_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#include "diag.h"

#define PATH_SEEDS 64
#define CGROUPS_MAX 4096	/* each is compared with all */

/* --- vectors ------------------------------------------------------------------------ */

static __u32 hash_set(const struct rule_set *set)
{
	__u64 hash = 0;

	for (unsigned int i = 0; i < BPFSEAL_RULE_WORDS; i++) {
		hash = (hash ^ set->words[i]) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 29;
	}
	return (__u32)(hash % RULES_BUCKETS);
}

int rules_build_vector(struct rules_build *b, const struct rule_set *set, __u16 *number)
{
	__u32 bucket = hash_set(set);
	struct bpfseal_vector *v;

	for (; b->buckets[bucket]; bucket = (bucket + 1) % RULES_BUCKETS) {
		v = &b->out->vectors[b->buckets[bucket] - 1];
		if (memcmp(v->words, set->words, sizeof(v->words)))
			continue;
		*number = (__u16)(b->buckets[bucket] - 1);
		return 0;
	}
	if (b->n_vectors == BPFSEAL_VECTORS_MAX)
		return -ENOSPC;
	v = &b->out->vectors[b->n_vectors];
	memcpy(v->words, set->words, sizeof(v->words));
	for (unsigned int i = 0; i < BPFSEAL_RULE_WORDS; i++)
		if (v->words[i])
			v->filled |= 1ULL << i;
	*number = (__u16)b->n_vectors++;
	b->buckets[bucket] = b->n_vectors;
	return 0;
}

int rules_build_begin(struct rules_build *b)
{
	struct rule_set none = {}, all = {};
	__u16 number;
	int err;

	b->buckets = calloc(RULES_BUCKETS, sizeof(*b->buckets));
	if (!b->buckets)
		return -ENOMEM;
	for (unsigned int i = 0; i < b->doc->n_rules; i++)
		rule_set_add(&all, i);
	err = rules_build_vector(b, &none, &number);
	if (!err && b->doc->n_rules)
		err = rules_build_vector(b, &all, &number);
	else
		b->n_vectors = 2;	/* both are empty */
	return err;
}

void rules_build_end(struct rules_build *b)
{
	free(b->buckets);
	rules_keys_free(&b->keys);
}

/* --- keys --------------------------------------------------------------------------- */

static int add_key(struct rules_build *b, const struct bpfseal_key *key, __u32 number, __u64 host)
{
	struct rules_key *list;

	if (b->keys.n == b->room) {
		b->room = b->room ? 2 * b->room : 64;
		list = realloc(b->keys.list, b->room * sizeof(*list));
		if (!list)
			return -ENOMEM;
		b->keys.list = list;
	}
	b->keys.list[b->keys.n++] = (struct rules_key){
		.key = *key, .number = number, .host = host,
	};
	return 0;
}

/**
 * struct mention - a value that rules name
 * @value: as in struct bpfseal_key
 * @source: who names it: index into mentions.sources
 * @host: as in struct rules_key
 */
struct mention {
	__u64 value[BPFSEAL_DIGEST_LEN / 8];
	unsigned int source;
	__u64 host;
};

/* What is named in a field; @sources are the rules that name something at once. */
struct mentions {
	struct mention *list;
	size_t n, room;
	struct rule_set *sources;
	unsigned int n_sources;
};

static int mentions_begin(struct mentions *m, unsigned int n_sources)
{
	*m = (struct mentions){ .n_sources = n_sources };
	m->sources = calloc(n_sources ? n_sources : 1, sizeof(*m->sources));
	return m->sources ? 0 : -ENOMEM;
}

static void mentions_end(struct mentions *m)
{
	free(m->list);
	free(m->sources);
}

static int mention(struct mentions *m, const void *value, size_t len, unsigned int source)
{
	struct mention *list;

	if (m->n == m->room) {
		m->room = m->room ? 2 * m->room : 64;
		list = realloc(m->list, m->room * sizeof(*list));
		if (!list)
			return -ENOMEM;
		m->list = list;
	}
	m->list[m->n] = (struct mention){ .source = source };
	memcpy(m->list[m->n++].value, value, len);
	return 0;
}

static int compare_mentions(const void *a, const void *b)
{
	return memcmp(((const struct mention *)a)->value, ((const struct mention *)b)->value,
		      sizeof(((const struct mention *)a)->value));
}

/* The rules that don't ask for a field accept any value. */
static void indifferent(const struct rules_build *b, unsigned int field, struct rule_set *set)
{
	memset(set, 0, sizeof(*set));
	for (unsigned int i = 0; i < b->doc->n_rules; i++)
		if (!(b->out->rules[i].fields >> field & 1))
			rule_set_add(set, i);
}

/* A key for each value that is named. */
static int build_field(struct rules_build *b, unsigned int field, struct mentions *m)
{
	struct bpfseal_key key = { .field = field };
	struct rule_set others, set;
	__u16 number;
	size_t i, j;
	int err;

	indifferent(b, field, &others);
	err = rules_build_vector(b, &others, &b->out->other[field]);
	if (m->n)
		qsort(m->list, m->n, sizeof(*m->list), compare_mentions);
	for (i = 0; i < m->n && !err; i = j) {
		set = others;
		for (j = i; j < m->n && !compare_mentions(&m->list[i], &m->list[j]); j++)
			rule_set_join(&set, &m->sources[m->list[j].source]);
		memcpy(key.value, m->list[i].value, sizeof(key.value));
		err = rules_build_vector(b, &set, &number);
		if (!err)
			err = add_key(b, &key, number, m->list[i].host);
	}
	return err;
}

static int mention_digests(struct mentions *m, const struct policy_sha256 *list, size_t n,
			   unsigned int source)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		err = mention(m, list[i].bytes, sizeof(list[i].bytes), source);
	return err;
}

static const struct policy_digests *digests_of(const struct policy_rule *rule, unsigned int field)
{
	return field == BPFSEAL_F_DIGEST ? &rule->digests : &rule->exe_digests;
}

/* Sets are sources as well as rules: a set's digests are taken once, not for each rule. */
static int build_digests(struct rules_build *b, unsigned int field)
{
	const struct policy_doc *doc = b->doc;
	const struct policy_digests *d;
	struct mentions m;
	bool *used;
	int err;

	used = calloc(doc->n_sets + 1, sizeof(*used));
	err = mentions_begin(&m, doc->n_rules + doc->n_sets);
	if (!used)
		err = -ENOMEM;
	for (unsigned int i = 0; i < doc->n_rules && !err; i++) {
		d = digests_of(&doc->rules[i], field);
		rule_set_add(&m.sources[i], i);
		err = mention_digests(&m, d->list, d->n, i);
		for (size_t j = 0; j < d->n_sets && !err; j++) {
			rule_set_add(&m.sources[doc->n_rules + d->sets[j]], i);
			used[d->sets[j]] = true;
		}
	}
	for (unsigned int i = 0; i < doc->n_sets && !err; i++)
		if (used[i])
			err = mention_digests(&m, doc->sets[i].digests, doc->sets[i].n_digests,
					      doc->n_rules + i);
	if (!err)
		err = build_field(b, field, &m);
	mentions_end(&m);
	free(used);
	return err;
}

/* A digest that nobody can tell may be one that rules deny, and is none that rules allow. */
static int build_unmeasured(struct rules_build *b)
{
	struct rule_set set;

	indifferent(b, BPFSEAL_F_EXE_DIGEST, &set);
	for (unsigned int i = 0; i < b->doc->n_rules; i++) {
		const struct bpfseal_rule *rule = &b->out->rules[i];

		if (rule->allow)
			continue;
		rule_set_add(&set, i);
		if (rule->fields >> BPFSEAL_F_EXE_DIGEST & 1)
			b->out->denies_by_exe = 1;
	}
	return rules_build_vector(b, &set, &b->out->unmeasured);
}

static int build_uids(struct rules_build *b)
{
	struct mentions m;
	int err = mentions_begin(&m, b->doc->n_rules);

	for (unsigned int i = 0; i < b->doc->n_rules && !err; i++) {
		const struct policy_rule *rule = &b->doc->rules[i];

		rule_set_add(&m.sources[i], i);
		for (size_t j = 0; j < rule->n_uids && !err; j++)
			err = mention(&m, &rule->uids[j], sizeof(rule->uids[j]), i);
	}
	if (!err)
		err = build_field(b, BPFSEAL_F_UID, &m);
	mentions_end(&m);
	return err;
}

/* Is @path, or something below it, @of? "/" is above all. */
static bool is_above(const char *path, const char *of)
{
	size_t len = strlen(path);

	if (len == 1)
		return true;
	return !strncmp(path, of, len) && (!of[len] || of[len] == '/');
}

/* The rules that name a cgroup or one above it. */
static void rules_above(const struct rules_build *b, const char *cgroup, struct rule_set *set)
{
	for (unsigned int i = 0; i < b->doc->n_rules; i++) {
		const struct policy_rule *rule = &b->doc->rules[i];

		for (size_t j = 0; j < rule->n_cgroups; j++) {
			if (!is_above(rule->cgroups[j], cgroup))
				continue;
			rule_set_add(set, i);
			break;
		}
	}
}

static unsigned int level_of(const char *path)
{
	unsigned int level = 0;

	for (const char *p = path; *p && path[1]; p++)
		level += *p == '/';
	return level;
}

/* Whatever cgroups there are: what the rules say of them is the same on each host. */
static int mention_cgroup(struct rules_build *b, struct mentions *m, const char *path,
			  unsigned int source)
{
	uint8_t digest[BPFSEAL_DIGEST_LEN];
	unsigned int level = level_of(path);
	__u64 id = 0;
	int err;

	if (level >= BPFSEAL_CGROUP_LEVELS) {
		diag_error("cgroup \"%s\" is %u levels below the root, expected at most %d",
			   diag_quote(path).s, level, BPFSEAL_CGROUP_LEVELS - 1);
		return -E2BIG;
	}
	if (b->host->cgroup && !b->host->cgroup(path, &id))
		b->out->cgroup_levels |= 1ULL << level;
	rules_above(b, path, &m->sources[source]);
	if (EVP_Digest(path, strlen(path), digest, NULL, EVP_sha256(), NULL) != 1)
		return -EIO;
	err = mention(m, digest, sizeof(digest), source);
	if (!err)
		m->list[m->n - 1].host = id;
	return err;
}

static int build_cgroups(struct rules_build *b)
{
	const struct policy_doc *doc = b->doc;
	unsigned int n = 0, source = 0;
	struct mentions m;
	int err;

	for (unsigned int i = 0; i < doc->n_rules; i++)
		n += doc->rules[i].n_cgroups;
	if (n > CGROUPS_MAX) {
		diag_error("the rules name %u cgroups, expected at most %d", n, CGROUPS_MAX);
		return -E2BIG;
	}
	err = mentions_begin(&m, n);
	for (unsigned int i = 0; i < doc->n_rules && !err; i++)
		for (size_t j = 0; j < doc->rules[i].n_cgroups && !err; j++)
			err = mention_cgroup(b, &m, doc->rules[i].cgroups[j], source++);
	if (!err)
		err = build_field(b, BPFSEAL_F_CGROUP, &m);
	mentions_end(&m);
	return err;
}

/* --- paths -------------------------------------------------------------------------- */

struct named_path {
	const char *path;
	unsigned int rule;
};

static int compare_paths(const void *a, const void *b)
{
	return strcmp(((const struct named_path *)a)->path, ((const struct named_path *)b)->path);
}

/* Fills in @out's paths and their vectors. Sets how many there are. */
static int take_paths(struct rules_build *b, struct named_path *list, size_t n, __u32 *kept)
{
	struct rule_set others, set;
	__u32 paths = 0;
	size_t i, j;
	int err;

	indifferent(b, BPFSEAL_F_EXE_PATH, &others);
	err = rules_build_vector(b, &others, &b->out->other[BPFSEAL_F_EXE_PATH]);
	qsort(list, n, sizeof(*list), compare_paths);
	for (i = 0; i < n && !err; i = j) {
		if (paths == BPFSEAL_PATHS_MAX) {
			diag_error("the rules name more than %d executables", BPFSEAL_PATHS_MAX);
			return -E2BIG;
		}
		set = others;
		for (j = i; j < n && !strcmp(list[i].path, list[j].path); j++)
			rule_set_add(&set, list[j].rule);
		strncpy((char *)b->out->paths[paths], list[i].path, BPFSEAL_EXE_LEN - 1);
		err = rules_build_vector(b, &set, &b->out->path_vectors[paths++]);
	}
	*kept = paths;
	return err;
}

/* No two paths may have the same hash. */
static int hash_paths(struct rules_build *b, __u32 n)
{
	struct bpfseal_key key = { .field = BPFSEAL_F_EXE_PATH };
	size_t first = b->keys.n;
	int err = 0;

	for (__u64 seed = 1; seed <= PATH_SEEDS; seed++) {
		bool clash = false;

		b->keys.n = first;
		for (__u32 i = 0; i < n && !err; i++) {
			key.value[0] = rules_path_hash(seed, b->out->paths[i]);
			for (size_t j = first; j < b->keys.n; j++)
				clash |= b->keys.list[j].key.value[0] == key.value[0];
			err = add_key(b, &key, i, 0);
		}
		b->out->path_seed = seed;
		if (err || !clash)
			return err;
	}
	return -ENOSPC;
}

static int build_paths(struct rules_build *b)
{
	const struct policy_doc *doc = b->doc;
	struct named_path *list;
	size_t n = 0, used = 0;
	__u32 kept = 0;
	int err;

	for (unsigned int i = 0; i < doc->n_rules; i++)
		n += doc->rules[i].n_exe_paths;
	list = calloc(n + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (unsigned int i = 0; i < doc->n_rules; i++)
		for (size_t j = 0; j < doc->rules[i].n_exe_paths; j++)
			list[used++] = (struct named_path){ doc->rules[i].exe_paths[j], i };
	err = take_paths(b, list, n, &kept);
	if (!err)
		err = hash_paths(b, kept);
	free(list);
	return err;
}

static int compare_keys(const void *a, const void *b)
{
	return memcmp(&((const struct rules_key *)a)->key, &((const struct rules_key *)b)->key,
		      sizeof(struct bpfseal_key));
}

int rules_build_keys(struct rules_build *b)
{
	int err = build_uids(b);

	if (!err)
		err = build_cgroups(b);
	if (!err)
		err = build_paths(b);
	if (!err)
		err = build_digests(b, BPFSEAL_F_EXE_DIGEST);
	if (!err)
		err = build_unmeasured(b);
	if (!err)
		err = build_digests(b, BPFSEAL_F_DIGEST);
	if (!err && b->keys.n)
		qsort(b->keys.list, b->keys.n, sizeof(*b->keys.list), compare_keys);
	return err;
}
