// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rule_draw_load.c - draws loads that rules just match, or just don't.
 */
#include <string.h>

#include "rule_draw.h"

#define SECOND 1000000000ULL

static unsigned int some(struct drawn *d)
{
	/* One more than rules can name. */
	return d->stock.first + draw_below(d, d->stock.n + 1);
}

/* --- one field at a time ------------------------------------------------------------- */

/* In this one, or in one below it that no rule names. */
static void set_cgroup(struct drawn *d, struct rule_load *l, unsigned int number)
{
	const struct draw_cgroup *c = &d->stock.cgroups[number];
	unsigned int level = c->level + 1;

	memset(l->facts.cgroups, 0, sizeof(l->facts.cgroups));
	strcpy(l->cgroup, c->path);
	if (draw_chance(d, 30)) {
		strcpy(l->cgroup + (number ? strlen(c->path) : 0), "/below");
		if (level < BPFSEAL_CGROUP_LEVELS)
			l->facts.cgroups[level] = 0x123456789abcdef0ULL;
	}
	for (;; c = &d->stock.cgroups[c->parent]) {
		l->facts.cgroups[c->level] = c->id;
		if (!c->level)
			break;
	}
}

static void set_path(struct judge_load *l, const char *path)
{
	memset(l->exe_path, 0, sizeof(l->exe_path));
	memcpy(l->exe_path, path, strlen(path));
}

/* What rules_path_hash() does with one word, backwards. */
static __u64 unhash(__u64 hash)
{
	const __u64 factor = 0x9e3779b97f4a7c15ULL;
	__u64 inverse = factor;

	for (int i = 0; i < 5; i++)
		inverse *= 2 - factor * inverse;
	return (hash ^ hash >> 32) * inverse;
}

/* What the hash was before a word, but for that word. */
static __u64 hash_before(const __u64 path[BPFSEAL_PATH_WORDS], __u64 seed, unsigned int word)
{
	__u64 hash = rules_path_hash(seed, path);

	for (unsigned int i = BPFSEAL_PATH_WORDS - 1; i > word; i--)
		hash = unhash(hash) ^ path[i];
	return unhash(hash);
}

void draw_same_hash(__u64 path[BPFSEAL_PATH_WORDS], __u64 seed, unsigned int word)
{
	__u64 before = hash_before(path, seed, word);

	memset(path, 'y', 8 * word);
	path[word] = 0;
	path[word] = hash_before(path, seed, word) ^ before;
}

static void any_path(struct drawn *d, struct judge_load *l)
{
	char path[POLICY_PATH_MAX + 1];
	size_t len;

	draw_path(some(d), path);
	len = strlen(path);
	switch (draw_below(d, 8)) {
	case 0:		/* only begins like one that rules name */
		path[draw_below(d, (unsigned int)len)] = '\0';
		break;
	case 1:
		path[draw_below(d, (unsigned int)len)] ^= 1;
		break;
	}
	set_path(l, path);
	if (draw_chance(d, 10))
		draw_same_hash(l->exe_path, 1, 1 + draw_below(d, BPFSEAL_PATH_WORDS - 1));
	/* As long as there is room, which no rule can name. */
	if (len == POLICY_PATH_MAX && draw_chance(d, 10))
		((char *)l->exe_path)[len] = 'x';
}

static void any_digest(struct drawn *d, __u8 *has, __u8 digest[32])
{
	*has = draw_chance(d, 85);
	draw_digest(some(d), digest);
	if (draw_chance(d, 10))
		digest[draw_below(d, 32)] ^= (__u8)(1u << draw_below(d, 8));
}

static void any_type(struct drawn *d, struct judge_load *l)
{
	static const __u32 odd[] = { 0, 63, 64, 65, 127, 128, 129, 0x80000000, 0xffffffff };
	const struct draw_stock *s = &d->stock;

	l->type = draw_chance(d, 80) ? s->types[draw_below(d, s->n_types)] : draw_below(d, 70);
	l->attach_type = draw_chance(d, 80) ? s->attach_types[draw_below(d, s->n_attach_types)] :
					      draw_below(d, 140);
	if (draw_chance(d, 3))
		l->type = odd[draw_below(d, sizeof(odd) / sizeof(odd[0]))];
	if (draw_chance(d, 3))
		l->attach_type = odd[draw_below(d, sizeof(odd) / sizeof(odd[0]))];
}

/* A nanosecond before, at or after a deadline; or any time. */
static void any_time(struct drawn *d, struct judge_load *l)
{
	l->now = draw_any(d) >> 2;
	if (draw_chance(d, 20))
		return;
	l->now = (__u64)draw_time(some(d)) * SECOND - 1;
	l->now += draw_below(d, 3);
}

static void any_flags(struct drawn *d, struct judge_load *l)
{
	l->nested = draw_chance(d, 50);
	l->token = draw_chance(d, 50);
	l->host_user_ns = draw_chance(d, 50);
	l->host_mount_ns = draw_chance(d, 70);
	l->host_net_ns = draw_chance(d, 50);
}

static void any_field(struct drawn *d, struct rule_load *l, unsigned int field)
{
	switch (field) {
	case 0:
		l->facts.signer = draw_below(d, draw_chance(d, 90) ? d->doc->n_signers + 2 :
								     BPFSEAL_SIGNER_VALUES);
		l->facts.level = (__u8)draw_below(d, 3);
		break;
	case 1:
		any_type(d, &l->facts);
		break;
	case 2:
		any_digest(d, &l->facts.has_digest, l->facts.digest);
		break;
	case 3:
		any_digest(d, &l->facts.has_exe_digest, l->facts.exe_digest);
		break;
	case 4:
		any_path(d, &l->facts);
		break;
	case 5:
		l->facts.uid = draw_uid(some(d));
		break;
	case 6:
		set_cgroup(d, l, draw_below(d, d->stock.n_cgroups));
		break;
	case 7:
		any_time(d, &l->facts);
		break;
	case 8:
		any_flags(d, &l->facts);
		break;
	}
}

/* --- what a rule asks for ------------------------------------------------------------ */

static unsigned int some_bit(struct drawn *d, const uint64_t *words, unsigned int n)
{
	unsigned int bit = draw_below(d, n);

	while (!(words[bit / 64] >> bit % 64 & 1))
		bit = (bit + 1) % n;
	return bit;
}

static void take_digest(struct drawn *d, const struct policy_digests *named, __u8 *has,
			__u8 digest[32])
{
	const struct policy_sha256 *list = named->list;
	size_t n = named->n;

	if (named->n_sets && (!n || draw_chance(d, 50))) {
		const struct policy_set *set =
			&d->doc->sets[named->sets[draw_below(d, (unsigned int)named->n_sets)]];

		list = set->digests;
		n = set->n_digests;
	}
	*has = 1;
	memcpy(digest, list[draw_below(d, (unsigned int)n)].bytes, 32);
}

static void take_cgroup(struct drawn *d, const struct policy_rule *rule, struct rule_load *l)
{
	const char *path = rule->cgroups[draw_below(d, (unsigned int)rule->n_cgroups)];

	for (unsigned int i = 0; i < d->stock.n_cgroups; i++)
		if (!strcmp(d->stock.cgroups[i].path, path))
			set_cgroup(d, l, i);
}

static void take_what(struct drawn *d, const struct policy_rule *rule, struct judge_load *l)
{
	const uint64_t levels = rule->levels;

	if (rule->conditions & POLICY_IF_SIGNER)
		l->signer = rule->signers && !(rule->unsigned_too && draw_chance(d, 50)) ?
			1 + some_bit(d, &rule->signers, 64) : 0;
	if (rule->conditions & POLICY_IF_LEVEL)
		l->level = (__u8)some_bit(d, &levels, 3);
	if (rule->conditions & POLICY_IF_TYPE)
		l->type = some_bit(d, &rule->types, 64);
	if (rule->conditions & POLICY_IF_ATTACH_TYPE)
		l->attach_type = some_bit(d, rule->attach_types, 128);
	if (rule->conditions & POLICY_IF_DIGEST)
		take_digest(d, &rule->digests, &l->has_digest, l->digest);
	/* What can't be measured meets the condition of a rule that denies. */
	if (rule->conditions & POLICY_IF_EXE_DIGEST)
		take_digest(d, &rule->exe_digests, &l->has_exe_digest, l->exe_digest);
	if (rule->conditions & POLICY_IF_EXE_DIGEST && !rule->allow && draw_chance(d, 30))
		l->has_exe_digest = 0;
	if (rule->expires)
		l->now = (__u64)rule->expires * SECOND - 1;
}

static void take_who(struct drawn *d, const struct policy_rule *rule, struct rule_load *l)
{
	struct judge_load *f = &l->facts;

	if (rule->conditions & POLICY_IF_UID)
		f->uid = rule->uids[draw_below(d, (unsigned int)rule->n_uids)];
	if (rule->conditions & POLICY_IF_CGROUP)
		take_cgroup(d, rule, l);
	if (rule->conditions & POLICY_IF_USER_NS)
		f->host_user_ns = rule->host_user_ns;
	if (rule->conditions & POLICY_IF_MOUNT_NS)
		f->host_mount_ns = rule->host_mount_ns;
	if (rule->conditions & POLICY_IF_NET_NS)
		f->host_net_ns = rule->host_net_ns;
	if (rule->conditions & POLICY_IF_TOKEN)
		f->token = rule->token;
	if (rule->conditions & POLICY_IF_NESTED)
		f->nested = rule->nested;
	if (rule->conditions & POLICY_IF_EXE_PATH) {
		set_path(f, rule->exe_paths[draw_below(d, (unsigned int)rule->n_exe_paths)]);
		if (!(rule->conditions & POLICY_IF_MOUNT_NS))
			f->host_mount_ns = 1;
	}
}

void draw_load(struct drawn *d, struct rule_load *l)
{
	const struct policy_rule *rule;

	memset(l, 0, sizeof(*l));
	for (unsigned int field = 0; field <= 8; field++)
		any_field(d, l, field);
	if (!d->doc->n_rules || draw_chance(d, 10))
		return;
	rule = &d->doc->rules[draw_below(d, d->doc->n_rules)];
	take_what(d, rule, &l->facts);
	take_who(d, rule, l);
	while (draw_chance(d, 25))
		any_field(d, l, draw_below(d, 9));
}
