// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rules.c - lays a policy's rules out for matching.
 *
 * For each field of a load, and each value that rules tell apart, there is a
 * vector of the rules that accept it. Equal vectors are kept once: forty digests
 * of one set share theirs.
 */
#include "rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "rules_build.h"

static bool accepts_context(const struct policy_rule *rule, unsigned int context)
{
	static const struct {
		uint32_t condition;
		unsigned int bit;
		size_t member;
	} flags[] = {
		{ POLICY_IF_NESTED, BPFSEAL_C_NESTED, offsetof(struct policy_rule, nested) },
		{ POLICY_IF_TOKEN, BPFSEAL_C_TOKEN, offsetof(struct policy_rule, token) },
		{ POLICY_IF_USER_NS, BPFSEAL_C_HOST_USER_NS,
		  offsetof(struct policy_rule, host_user_ns) },
		{ POLICY_IF_MOUNT_NS, BPFSEAL_C_HOST_MOUNT_NS,
		  offsetof(struct policy_rule, host_mount_ns) },
		{ POLICY_IF_NET_NS, BPFSEAL_C_HOST_NET_NS,
		  offsetof(struct policy_rule, host_net_ns) },
	};

	if (rule->conditions & POLICY_IF_LEVEL && !(rule->levels >> (context & BPFSEAL_C_LEVEL) & 1))
		return false;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		bool wanted = *((const bool *)((const char *)rule + flags[i].member));

		if (rule->conditions & flags[i].condition &&
		    wanted != !!(context & flags[i].bit))
			return false;
	}
	return true;
}

static bool accepts_signer(const struct policy_rule *rule, unsigned int signer)
{
	if (!(rule->conditions & POLICY_IF_SIGNER))
		return true;
	if (!signer)
		return rule->unsigned_too;
	return signer <= 64 && rule->signers >> (signer - 1) & 1;
}

static bool accepts_type(const struct policy_rule *rule, unsigned int type)
{
	return !(rule->conditions & POLICY_IF_TYPE) || rule->types >> type & 1;
}

static bool accepts_attach_type(const struct policy_rule *rule, unsigned int type)
{
	return !(rule->conditions & POLICY_IF_ATTACH_TYPE) ||
	       rule->attach_types[type / 64] >> (type % 64) & 1;
}

typedef bool (*accepts_fn)(const struct policy_rule *rule, unsigned int value);

static void accepting(const struct policy_doc *doc, accepts_fn accepts, unsigned int value,
		      struct rule_set *set)
{
	memset(set, 0, sizeof(*set));
	for (unsigned int i = 0; i < doc->n_rules; i++)
		if (accepts(&doc->rules[i], value))
			rule_set_add(set, i);
}

static int build_array(struct rules_build *b, accepts_fn accepts, __u16 *numbers, unsigned int n)
{
	struct rule_set set;
	int err = 0;

	for (unsigned int i = 0; i < n && !err; i++) {
		accepting(b->doc, accepts, i, &set);
		err = rules_build_vector(b, &set, &numbers[i]);
	}
	return err;
}

static bool same_set(const struct rule_set *a, const struct rule_set *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* The product of two: 64 and 128 sets make all of the table. */
static int build_types(struct rules_build *b)
{
	struct rule_set types[BPFSEAL_TYPES], attach_types[BPFSEAL_ATTACH_TYPES], both;
	int err = 0;

	for (unsigned int i = 0; i < BPFSEAL_TYPES; i++)
		accepting(b->doc, accepts_type, i, &types[i]);
	for (unsigned int i = 0; i < BPFSEAL_ATTACH_TYPES; i++)
		accepting(b->doc, accepts_attach_type, i, &attach_types[i]);
	for (unsigned int i = 0; i < BPFSEAL_TYPES && !err; i++) {
		__u16 *row = b->out->types[i];

		if (i && same_set(&types[i], &types[i - 1])) {
			memcpy(row, row - BPFSEAL_ATTACH_TYPES, sizeof(b->out->types[i]));
			continue;
		}
		for (unsigned int j = 0; j < BPFSEAL_ATTACH_TYPES && !err; j++) {
			if (j && same_set(&attach_types[j], &attach_types[j - 1])) {
				row[j] = row[j - 1];
				continue;
			}
			both = types[i];
			rule_set_keep(&both, &attach_types[j]);
			err = rules_build_vector(b, &both, &row[j]);
		}
	}
	return err;
}

static int compare_deadlines(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return x < y ? -1 : x > y;
}

static __u64 deadline(const struct policy_rule *rule)
{
	return (__u64)rule->expires * 1000000000ULL;
}

static int build_alive(struct rules_build *b)
{
	struct bpfseal_rules *out = b->out;
	struct rule_set set;
	__u32 n = 0, kept = 0;
	int err = 0;

	for (unsigned int i = 0; i < b->doc->n_rules; i++)
		if (b->doc->rules[i].expires)
			out->deadlines[n++] = deadline(&b->doc->rules[i]);
	qsort(out->deadlines, n, sizeof(out->deadlines[0]), compare_deadlines);
	for (__u32 i = 0; i < n; i++)
		if (!kept || out->deadlines[i] != out->deadlines[kept - 1])
			out->deadlines[kept++] = out->deadlines[i];
	for (__u32 i = kept; i < BPFSEAL_RULES_MAX; i++)
		out->deadlines[i] = BPFSEAL_NEVER;
	out->n_deadlines = kept;
	for (__u32 passed = 0; passed <= kept && !err; passed++) {
		memset(&set, 0, sizeof(set));
		for (unsigned int i = 0; i < b->doc->n_rules; i++)
			if (!b->doc->rules[i].expires || !passed ||
			    deadline(&b->doc->rules[i]) > out->deadlines[passed - 1])
				rule_set_add(&set, i);
		err = rules_build_vector(b, &set, &out->alive[passed]);
	}
	return err;
}

static void build_rules(struct rules_build *b)
{
	static const struct {
		uint32_t conditions;
		unsigned int field;
	} fields[] = {
		{ POLICY_IF_LEVEL | POLICY_IF_USER_NS | POLICY_IF_MOUNT_NS | POLICY_IF_NET_NS |
		  POLICY_IF_TOKEN | POLICY_IF_NESTED, BPFSEAL_F_CONTEXT },
		{ POLICY_IF_SIGNER, BPFSEAL_F_SIGNER },
		{ POLICY_IF_TYPE | POLICY_IF_ATTACH_TYPE, BPFSEAL_F_TYPE },
		{ POLICY_IF_UID, BPFSEAL_F_UID },
		{ POLICY_IF_CGROUP, BPFSEAL_F_CGROUP },
		{ POLICY_IF_EXE_PATH, BPFSEAL_F_EXE_PATH },
		{ POLICY_IF_EXE_DIGEST, BPFSEAL_F_EXE_DIGEST },
		{ POLICY_IF_DIGEST, BPFSEAL_F_DIGEST },
	};
	struct bpfseal_rules *out = b->out;

	out->n = b->doc->n_rules;
	for (unsigned int i = 0; i < b->doc->n_rules; i++) {
		const struct policy_rule *rule = &b->doc->rules[i];
		struct bpfseal_rule *to = &out->rules[i];

		to->allow = rule->allow;
		strncpy(to->id, rule->id, sizeof(to->id) - 1);
		for (size_t f = 0; f < sizeof(fields) / sizeof(fields[0]); f++)
			if (rule->conditions & fields[f].conditions)
				to->fields |= 1u << fields[f].field;
		if (rule->expires)
			to->fields |= 1u << BPFSEAL_F_ALIVE;
		out->fields |= to->fields;
	}
	out->user_ns = b->host->user_ns;
	out->mount_ns = b->host->mount_ns;
	out->net_ns = b->host->net_ns;
}

int rules_compile(const struct policy_doc *doc, const struct rules_host *host,
		  struct bpfseal_rules *out, struct rules_keys *keys)
{
	struct rules_build b = { .doc = doc, .host = host, .out = out };
	int err;

	memset(out, 0, sizeof(*out));
	err = rules_build_begin(&b);
	if (err)
		return err;
	build_rules(&b);
	err = build_array(&b, accepts_context, out->contexts, BPFSEAL_CONTEXTS);
	if (!err)
		err = build_array(&b, accepts_signer, out->signers, BPFSEAL_SIGNER_VALUES);
	if (!err)
		err = build_types(&b);
	if (!err)
		err = build_alive(&b);
	if (!err)
		err = rules_build_keys(&b);
	if (err == -ENOSPC)
		diag_error("the rules tell too many values apart: there is room for %d combinations of rules that accept a value",
			   BPFSEAL_VECTORS_MAX - 2);
	if (!err) {
		*keys = b.keys;
		b.keys = (struct rules_keys){};
	}
	rules_build_end(&b);
	return err;
}

void rules_keys_free(struct rules_keys *keys)
{
	free(keys->list);
	*keys = (struct rules_keys){};
}

static int compare_key(const void *key, const void *entry)
{
	return memcmp(key, &((const struct rules_key *)entry)->key, sizeof(struct bpfseal_key));
}

const __u32 *rules_key_find(const struct rules_keys *keys, const struct bpfseal_key *key)
{
	const struct rules_key *found;

	if (!keys->n)
		return NULL;
	found = bsearch(key, keys->list, keys->n, sizeof(*keys->list), compare_key);
	return found ? &found->number : NULL;
}

const __u32 *rules_cgroup_find(const struct rules_keys *keys, __u64 id)
{
	for (size_t i = 0; i < keys->n; i++)
		if (keys->list[i].key.field == BPFSEAL_F_CGROUP && keys->list[i].host == id)
			return &keys->list[i].number;
	return NULL;
}
