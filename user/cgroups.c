// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cgroups.c - do a policy's rules mean the cgroups that there are?
 */
#include "cgroups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "host.h"
#include "pins.h"
#include "policy_show.h"
#include "store.h"

static bool exists(const char *path)
{
	__u64 id;

	return !host_cgroup(path, &id);
}

static int refuse(const struct policy_rule *rule, const char *cgroup, const char *path)
{
	diag_at(path, rule->line, rule->column,
		"rule \"%s\" denies in cgroup \"%s\", which doesn't exist: nothing would be denied there",
		rule->id, diag_quote(cgroup).s);
	diag_hint("make the cgroup first, or name one above it");
	return -ENOENT;
}

static void warn(const struct policy_rule *rule, const char *cgroup)
{
	diag_warn("rule \"%s\" %s nothing in cgroup \"%s\", which doesn't exist", rule->id,
		  rule->allow ? "allows" : "denies", diag_quote(cgroup).s);
	diag_hint("when it has been made, look it up again: bpfseal reload POLICY.yaml");
}

int cgroups_check(const struct policy_doc *doc, const struct policy_source *src)
{
	int err = 0;

	for (unsigned int i = 0; i < doc->n_rules; i++) {
		const struct policy_rule *rule = &doc->rules[i];

		for (size_t j = 0; j < rule->n_cgroups; j++) {
			if (exists(rule->cgroups[j]))
				continue;
			if (rule->allow || src->stored)
				warn(rule, rule->cgroups[j]);
			else
				err = refuse(rule, rule->cgroups[j], src->path);
		}
	}
	return err;
}

/* --- of the policy in force --------------------------------------------------- */

static int is_in_force(const struct policy_doc *doc, const char *path,
		       const struct bpfseal_policy *running)
{
	struct policy_fingerprint *fingerprints;
	uint8_t digest[32];
	int err;

	err = policy_fingerprints(doc, path, &fingerprints);
	if (err)
		return err;
	err = policy_show_digest(doc, fingerprints, digest);
	free(fingerprints);
	return err ? err : memcmp(digest, running->digest, sizeof(digest)) ? -ENODATA : 0;
}

static int read_stored(const struct bpfseal_policy *running, struct policy_doc **out)
{
	struct policy_source src;
	struct policy_doc *doc;
	int err;

	err = store_open("", &src);
	if (err)
		return err == -ENOENT ? -ENODATA : err;
	err = policy_source_parse(&src, &doc);
	if (!err) {
		err = is_in_force(doc, src.path, running);
		if (err)
			policy_free(doc);
		else
			*out = doc;
	}
	policy_source_free(&src);
	return err;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The paths that rules name, sorted; some more than once. They stay the document's. */
static int named_paths(const struct policy_doc *doc, const char ***out, size_t *n)
{
	const char **list;

	*n = 0;
	for (unsigned int i = 0; i < doc->n_rules; i++)
		*n += doc->rules[i].n_cgroups;
	list = calloc(*n + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	*n = 0;
	for (unsigned int i = 0; i < doc->n_rules; i++)
		for (size_t j = 0; j < doc->rules[i].n_cgroups; j++)
			list[(*n)++] = doc->rules[i].cgroups[j];
	qsort(list, *n, sizeof(*list), compare_paths);
	*out = list;
	return 0;
}

/* Is it one of the cgroups that were found when the policy was put into force? */
static bool was_found(__u64 id)
{
	const struct bpfseal_key key = { .field = BPFSEAL_F_CGROUP, .value = { id } };
	bool names;

	return !report_names(&key, &names) && names;
}

static int find_lost(const struct policy_doc *doc, cgroups_fn fn, void *arg)
{
	const char **paths;
	size_t n;
	__u64 id;
	int err;

	err = named_paths(doc, &paths, &n);
	if (err)
		return err;
	for (size_t i = 0; i < n; i++) {
		if (i && !strcmp(paths[i], paths[i - 1]))
			continue;
		if (host_cgroup(paths[i], &id))
			fn(arg, paths[i], true);
		else if (!was_found(id))
			fn(arg, paths[i], false);
	}
	free(paths);
	return 0;
}

int cgroups_lost(cgroups_fn fn, void *arg)
{
	struct bpfseal_policy running;
	struct policy_doc *doc;
	bool asks;
	int err;

	err = report_asks(BPFSEAL_F_CGROUP, &asks);
	if (err || !asks)
		return err;
	err = report_policy(&running);
	if (!err)
		err = read_stored(&running, &doc);
	if (err)
		return err;
	err = find_lost(doc, fn, arg);
	policy_free(doc);
	return err;
}
