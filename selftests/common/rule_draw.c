// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rule_draw.c - draws policies. They are what policy_parse() may give; what is odd
 * about their values is odd on purpose: zeroes, the longest, and one that begins
 * like another.
 */
#include "rule_draw.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/libbpf.h>

#include "prog_types.h"

/* --- random numbers ------------------------------------------------------------------ */

/* splitmix64: any two seeds give unlike sequences. */
static __u64 mix(__u64 z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

__u64 draw_any(struct drawn *d)
{
	d->state += 0x9e3779b97f4a7c15ULL;
	return mix(d->state);
}

unsigned int draw_below(struct drawn *d, unsigned int n)
{
	return (unsigned int)(draw_any(d) % n);
}

bool draw_chance(struct drawn *d, unsigned int percent)
{
	return draw_below(d, 100) < percent;
}

static void *need(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

/* Numbers below @n, each at most once, and at least one; returns how many. */
static size_t draw_subset(struct drawn *d, unsigned int n, unsigned int *list)
{
	unsigned int start = draw_below(d, n);
	/* In a policy of many rules the lists are short, so that late ones get a chance. */
	unsigned int percent = draw_below(d, d->doc->n_rules > 64 ? 8 : 60);
	size_t chosen = 0;

	for (unsigned int i = 0; i < n; i++)
		if (!i || draw_chance(d, percent))
			list[chosen++] = (start + i) % n;
	return chosen;
}

/* --- values -------------------------------------------------------------------------- */

__u32 draw_uid(unsigned int i)
{
	static const __u32 odd[] = { 0, 0xfffffffe, 1, 0x80000000, 0x100, 0x10000, 0x1000000 };

	return i < sizeof(odd) / sizeof(odd[0]) ? odd[i] : 2000 + i;
}

void draw_digest(unsigned int i, __u8 digest[32])
{
	memset(digest, i % 3 == 2 ? 0xff : 0, 32);
	/* They differ at the end, or at the beginning, and one is all zero. */
	digest[i % 3 == 1 ? 0 : 30] = (__u8)(i >> 8);
	digest[i % 3 == 1 ? 1 : 31] = (__u8)i;
}

void draw_path(unsigned int i, char path[POLICY_PATH_MAX + 1])
{
	size_t len = i % 3 == 1 ? POLICY_PATH_MAX : 10 + i % (POLICY_PATH_MAX - 10);
	char end[16];

	if (i % 3 == 0) {
		snprintf(path, POLICY_PATH_MAX + 1, i % 2 ? "/e%u (deleted)" : "/e%u", i);
		return;
	}
	memset(path, 'x', len);
	path[0] = '/';
	sprintf(end, "%08u", i);
	memcpy(path + len - 8, end, 9);
}

__s64 draw_time(unsigned int i)
{
	return 1800000000 + (i % 2 ? i : 86400 * i);
}

/* --- the stock ----------------------------------------------------------------------- */

static const struct draw_stock *cgroups_of;

/* As struct rules_host has it. */
static int find_cgroup(const char *path, __u64 *id)
{
	for (unsigned int i = 0; i < cgroups_of->n_cgroups; i++) {
		const struct draw_cgroup *c = &cgroups_of->cgroups[i];

		if (strcmp(c->path, path) || !c->exists)
			continue;
		*id = c->id;
		return 0;
	}
	return -ENOENT;
}

/* A tree, some of it as deep as may be; "c1" and "c11" stand beside each other. */
static void draw_cgroups(struct drawn *d)
{
	unsigned int chain = draw_chance(d, 30) ? 97 : draw_below(d, 97);
	struct draw_stock *s = &d->stock;

	s->n_cgroups = 1 + draw_below(d, DRAW_CGROUPS);
	s->cgroups[0] = (struct draw_cgroup){ .path = "/", .id = 1, .exists = true };
	for (unsigned int i = 1; i < s->n_cgroups; i++) {
		struct draw_cgroup *c = &s->cgroups[i], *parent;

		c->parent = draw_chance(d, chain) ? i - 1 : draw_below(d, i);
		if (s->cgroups[c->parent].level == BPFSEAL_CGROUP_LEVELS - 1)
			c->parent = 0;
		parent = &s->cgroups[c->parent];
		c->level = parent->level + 1;
		c->exists = parent->exists && draw_chance(d, 90);
		c->id = draw_any(d) | 2;
		snprintf(c->path, sizeof(c->path), "%.400s/c%u", c->parent ? parent->path : "", i);
	}
}

static unsigned int draw_attach_type(struct drawn *d)
{
	unsigned int type;

	do
		type = draw_below(d, ATTACH_TYPES_MAX);
	while (d->yaml && !libbpf_bpf_attach_type_str((enum bpf_attach_type)type));
	return type;
}

static void draw_stock(struct drawn *d, unsigned int n)
{
	struct draw_stock *s = &d->stock;

	s->n = n;
	s->first = draw_chance(d, 50) ? 0 : draw_below(d, 500);
	s->n_types = 1 + draw_below(d, n < DRAW_TYPES ? n : DRAW_TYPES);
	s->n_attach_types = 1 + draw_below(d, n < DRAW_TYPES ? n : DRAW_TYPES);
	for (unsigned int i = 0; i < s->n_types; i++)
		s->types[i] = 1 + draw_below(d, d->yaml ? PROG_TYPE_LAST : BPFSEAL_TYPES - 2);
	for (unsigned int i = 0; i < s->n_attach_types; i++)
		s->attach_types[i] = draw_attach_type(d);
	draw_cgroups(d);
}

/* --- rules --------------------------------------------------------------------------- */

static bool has(struct drawn *d, struct policy_rule *rule, enum policy_condition condition)
{
	if (!draw_chance(d, d->expected))
		return false;
	rule->conditions |= condition;
	return true;
}

static void draw_digests(struct drawn *d, struct policy_digests *out)
{
	unsigned int chosen[d->stock.n + POLICY_SETS_MAX];

	out->list = need(calloc(d->stock.n, sizeof(*out->list)));
	out->sets = need(calloc(POLICY_SETS_MAX, sizeof(*out->sets)));
	if (!d->doc->n_sets || draw_chance(d, 60)) {
		out->n = draw_subset(d, d->stock.n, chosen);
		for (size_t i = 0; i < out->n; i++)
			draw_digest(d->stock.first + chosen[i], out->list[i].bytes);
	}
	if (d->doc->n_sets && (!out->n || draw_chance(d, 50)))
		out->n_sets = draw_subset(d, d->doc->n_sets, out->sets);
}

static void draw_uids(struct drawn *d, struct policy_rule *rule)
{
	unsigned int chosen[d->stock.n];

	rule->n_uids = draw_subset(d, d->stock.n, chosen);
	rule->uids = need(calloc(rule->n_uids, sizeof(*rule->uids)));
	for (size_t i = 0; i < rule->n_uids; i++)
		rule->uids[i] = draw_uid(d->stock.first + chosen[i]);
}

static void draw_paths(struct drawn *d, struct policy_rule *rule)
{
	unsigned int chosen[d->stock.n];

	rule->n_exe_paths = draw_subset(d, d->stock.n, chosen);
	rule->exe_paths = need(calloc(rule->n_exe_paths, sizeof(*rule->exe_paths)));
	for (size_t i = 0; i < rule->n_exe_paths; i++) {
		rule->exe_paths[i] = need(calloc(1, POLICY_PATH_MAX + 1));
		draw_path(d->stock.first + chosen[i], rule->exe_paths[i]);
	}
}

static void draw_rule_cgroups(struct drawn *d, struct policy_rule *rule)
{
	unsigned int chosen[DRAW_CGROUPS];

	/* Each is compared with all: in a policy of 1024 rules there can't be many. */
	rule->n_cgroups = d->doc->n_rules > 64 ? 1 :
			  draw_subset(d, d->stock.n_cgroups, chosen);
	if (rule->n_cgroups == 1)
		chosen[0] = draw_below(d, d->stock.n_cgroups);
	rule->cgroups = need(calloc(rule->n_cgroups, sizeof(*rule->cgroups)));
	for (size_t i = 0; i < rule->n_cgroups; i++)
		rule->cgroups[i] = need(strdup(d->stock.cgroups[chosen[i]].path));
}

static void draw_signers(struct drawn *d, struct policy_rule *rule)
{
	unsigned int chosen[POLICY_SIGNERS_MAX + 1];
	size_t n = draw_subset(d, d->doc->n_signers + 1, chosen);

	for (size_t i = 0; i < n; i++) {
		if (chosen[i] == d->doc->n_signers)
			rule->unsigned_too = true;
		else
			rule->signers |= 1ULL << chosen[i];
	}
}

static void draw_types(struct drawn *d, struct policy_rule *rule)
{
	unsigned int chosen[DRAW_TYPES];
	size_t n;

	if (has(d, rule, POLICY_IF_TYPE)) {
		n = draw_subset(d, d->stock.n_types, chosen);
		for (size_t i = 0; i < n; i++)
			rule->types |= 1ULL << d->stock.types[chosen[i]];
	}
	if (has(d, rule, POLICY_IF_ATTACH_TYPE)) {
		n = draw_subset(d, d->stock.n_attach_types, chosen);
		for (size_t i = 0; i < n; i++) {
			unsigned int type = d->stock.attach_types[chosen[i]];

			rule->attach_types[type / 64] |= 1ULL << type % 64;
		}
	}
}

static void draw_flags(struct drawn *d, struct policy_rule *rule)
{
	if (has(d, rule, POLICY_IF_USER_NS))
		rule->host_user_ns = draw_chance(d, 50);
	/* In YAML, beside "executables", it would be refused. */
	if (has(d, rule, POLICY_IF_MOUNT_NS))
		rule->host_mount_ns = draw_chance(d, 50) ||
				      (d->yaml && rule->conditions & POLICY_IF_EXE_PATH);
	if (has(d, rule, POLICY_IF_NET_NS))
		rule->host_net_ns = draw_chance(d, 50);
	if (has(d, rule, POLICY_IF_TOKEN))
		rule->token = draw_chance(d, 50);
	if (has(d, rule, POLICY_IF_NESTED))
		rule->nested = draw_chance(d, 50);
}

static void draw_rule(struct drawn *d, unsigned int number)
{
	struct policy_rule *rule = &d->doc->rules[number];

	if (asprintf(&rule->id, "r%u", number + 1) < 0)
		abort();
	rule->allow = draw_chance(d, 50);
	if (draw_chance(d, d->expected / 2))
		rule->expires = draw_time(d->stock.first + draw_below(d, d->stock.n));
	if (has(d, rule, POLICY_IF_SIGNER))
		draw_signers(d, rule);
	if (has(d, rule, POLICY_IF_LEVEL))
		rule->levels = (uint8_t)(1 + draw_below(d, 7));
	draw_types(d, rule);
	if (has(d, rule, POLICY_IF_DIGEST))
		draw_digests(d, &rule->digests);
	if (has(d, rule, POLICY_IF_EXE_DIGEST))
		draw_digests(d, &rule->exe_digests);
	if (has(d, rule, POLICY_IF_EXE_PATH))
		draw_paths(d, rule);
	if (has(d, rule, POLICY_IF_UID))
		draw_uids(d, rule);
	if (has(d, rule, POLICY_IF_CGROUP))
		draw_rule_cgroups(d, rule);
	draw_flags(d, rule);
}

/* --- the policy ---------------------------------------------------------------------- */

static void draw_sets(struct drawn *d, unsigned int n)
{
	unsigned int chosen[d->stock.n];
	struct policy_doc *doc = d->doc;

	doc->sets = need(calloc(n + 1, sizeof(*doc->sets)));
	for (doc->n_sets = 0; doc->n_sets < n; doc->n_sets++) {
		struct policy_set *set = &doc->sets[doc->n_sets];

		if (asprintf(&set->name, "set%u", doc->n_sets) < 0)
			abort();
		set->n_digests = draw_subset(d, d->stock.n, chosen);
		set->digests = need(calloc(set->n_digests, sizeof(*set->digests)));
		for (size_t i = 0; i < set->n_digests; i++)
			draw_digest(d->stock.first + chosen[i], set->digests[i].bytes);
	}
}

/* Mostly few. */
static unsigned int draw_size(struct drawn *d, unsigned int most)
{
	unsigned int of_hundred = draw_below(d, 1000), n;

	n = of_hundred < 940 ? draw_below(d, 12) :
	    of_hundred < 990 ? draw_below(d, 160) :
	    of_hundred < 998 ? draw_below(d, 1025) : 1024;
	return n < most ? n : most;
}

void draw_policy(struct drawn *d, __u64 seed, unsigned int number, unsigned int most)
{
	static const unsigned int expected[] = { 3, 8, 20, 40, 70 };
	unsigned int n;

	memset(d, 0, sizeof(*d));
	d->state = mix(seed ^ mix(number));
	n = draw_size(d, most);
	d->yaml = draw_chance(d, 30);
	d->expected = n > 64 ? 30 + draw_below(d, 30) : expected[draw_below(d, 5)];
	d->doc = need(calloc(1, sizeof(*d->doc)));
	d->doc->n_signers = draw_chance(d, 20) ? POLICY_SIGNERS_MAX : 1 + draw_below(d, 5);
	d->doc->signers = need(calloc(d->doc->n_signers, sizeof(*d->doc->signers)));
	d->doc->n_rules = n;
	draw_stock(d, n > 64 ? 30 + draw_below(d, 100) : 1 + draw_below(d, 10));
	draw_sets(d, draw_below(d, n > 64 ? 40 : 5));
	d->doc->rules = need(calloc(n + 1, sizeof(*d->doc->rules)));
	for (unsigned int i = 0; i < n; i++)
		draw_rule(d, i);
	cgroups_of = &d->stock;
	d->host = (struct rules_host){ .cgroup = find_cgroup, .user_ns = 0xf0000001,
				       .mount_ns = 0xf0000002, .net_ns = 0xf0000003 };
}

void draw_end(struct drawn *d)
{
	policy_free(d->doc);
	d->doc = NULL;
}
