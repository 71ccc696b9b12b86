// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rule_reference.c - walks the rules one by one. Slow, and so plain that it can be
 * checked by reading; it shares no code with the product.
 */
#include "rule_reference.h"

#include <string.h>

static bool same_digest(const struct policy_sha256 *a, const __u8 *b)
{
	return !memcmp(a->bytes, b, sizeof(a->bytes));
}

static bool names_digest(const struct policy_doc *doc, const struct policy_digests *named,
			 const __u8 *digest)
{
	for (size_t i = 0; i < named->n; i++)
		if (same_digest(&named->list[i], digest))
			return true;
	for (size_t i = 0; i < named->n_sets; i++) {
		const struct policy_set *set = &doc->sets[named->sets[i]];

		for (size_t j = 0; j < set->n_digests; j++)
			if (same_digest(&set->digests[j], digest))
				return true;
	}
	return false;
}

/* Paths mean something in the host's mount namespace only. */
static bool names_executable(const struct policy_rule *rule, const struct judge_load *l)
{
	const char *path = (const char *)l->exe_path;
	size_t len = strnlen(path, sizeof(l->exe_path));

	for (size_t i = 0; i < rule->n_exe_paths && l->host_mount_ns; i++)
		if (strlen(rule->exe_paths[i]) == len && !memcmp(rule->exe_paths[i], path, len))
			return true;
	return false;
}

static bool names_uid(const struct policy_rule *rule, __u32 uid)
{
	for (size_t i = 0; i < rule->n_uids; i++)
		if (rule->uids[i] == uid)
			return true;
	return false;
}

static bool is_in(const char *cgroup, const char *above)
{
	size_t len = strlen(above);

	if (!strcmp(above, "/") || !strcmp(above, cgroup))
		return true;
	return strlen(cgroup) > len && !memcmp(cgroup, above, len) && cgroup[len] == '/';
}

/* One that didn't exist when the policy was compiled has nothing in it. */
static bool names_cgroup(const struct policy_rule *rule, const struct rules_host *host,
			 const char *cgroup)
{
	__u64 id;

	for (size_t i = 0; i < rule->n_cgroups && host->cgroup; i++)
		if (is_in(cgroup, rule->cgroups[i]) &&
		    !host->cgroup(rule->cgroups[i], &id))
			return true;
	return false;
}

static bool names_signer(const struct policy_rule *rule, __u32 signer)
{
	if (signer == 0)
		return rule->unsigned_too;
	return signer <= POLICY_SIGNERS_MAX && (rule->signers & 1ULL << (signer - 1)) != 0;
}

static bool names_type(const struct policy_rule *rule, __u32 type)
{
	return type < 64 && (rule->types & 1ULL << type) != 0;
}

static bool names_attach_type(const struct policy_rule *rule, __u32 type)
{
	return type < 128 && (rule->attach_types[type / 64] & 1ULL << type % 64) != 0;
}

/* Does what is loaded fulfil the conditions? */
static bool what_fits(const struct policy_doc *doc, const struct policy_rule *rule,
		      const struct judge_load *l)
{
	if (rule->conditions & POLICY_IF_SIGNER && !names_signer(rule, l->signer))
		return false;
	if (rule->conditions & POLICY_IF_LEVEL && !(rule->levels & 1 << l->level))
		return false;
	if (rule->conditions & POLICY_IF_TYPE && !names_type(rule, l->type))
		return false;
	if (rule->conditions & POLICY_IF_ATTACH_TYPE && !names_attach_type(rule, l->attach_type))
		return false;
	if (rule->conditions & POLICY_IF_DIGEST &&
	    !(l->has_digest && names_digest(doc, &rule->digests, l->digest)))
		return false;
	if (rule->conditions & POLICY_IF_NESTED && rule->nested != (l->nested != 0))
		return false;
	return true;
}

/* And who loads it? */
static bool who_fits(const struct policy_doc *doc, const struct policy_rule *rule,
		     const struct judge_load *l)
{
	/* What can't be measured may be anything: it is denied, and not allowed. */
	if (rule->conditions & POLICY_IF_EXE_DIGEST && !l->has_exe_digest && rule->allow)
		return false;
	if (rule->conditions & POLICY_IF_EXE_DIGEST && l->has_exe_digest &&
	    !names_digest(doc, &rule->exe_digests, l->exe_digest))
		return false;
	if (rule->conditions & POLICY_IF_EXE_PATH && !names_executable(rule, l))
		return false;
	if (rule->conditions & POLICY_IF_UID && !names_uid(rule, l->uid))
		return false;
	if (rule->conditions & POLICY_IF_USER_NS && rule->host_user_ns != (l->host_user_ns != 0))
		return false;
	if (rule->conditions & POLICY_IF_MOUNT_NS &&
	    rule->host_mount_ns != (l->host_mount_ns != 0))
		return false;
	if (rule->conditions & POLICY_IF_NET_NS && rule->host_net_ns != (l->host_net_ns != 0))
		return false;
	if (rule->conditions & POLICY_IF_TOKEN && rule->token != (l->token != 0))
		return false;
	return true;
}

static bool has_expired(const struct policy_rule *rule, __u64 now)
{
	return rule->expires && now / 1000000000 >= (__u64)rule->expires;
}

__u32 rule_reference(const struct policy_doc *doc, const struct rules_host *host,
		     const struct rule_load *l)
{
	for (unsigned int i = 0; i < doc->n_rules; i++) {
		const struct policy_rule *rule = &doc->rules[i];

		if (has_expired(rule, l->facts.now))
			continue;
		if (rule->conditions & POLICY_IF_CGROUP && !names_cgroup(rule, host, l->cgroup))
			continue;
		if (what_fits(doc, rule, &l->facts) && who_fits(doc, rule, &l->facts))
			return i + 1;
	}
	return 0;
}
