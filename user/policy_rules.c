// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_rules.c - sets and rules, from what libcyaml loaded to what callers see.
 */
#include "policy_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "policy_value.h"

/* A rule on its way. */
struct filler {
	struct policy_doc *doc;
	const struct yaml_node *node;
	const struct raw_rule *raw;
	const char *file;
	struct policy_rule *out;
	size_t *n_digests;	/* in the whole policy so far */
};

static int take_text(const char *text, char **out)
{
	if (!text)
		return 0;
	*out = strdup(text);
	return *out ? 0 : -ENOMEM;
}

static size_t count(const struct yaml_node *list)
{
	size_t n = 0;

	for (const struct yaml_node *entry = list->first; entry; entry = entry->next)
		n++;
	return n;
}

/* --- digests ------------------------------------------------------------------- */

static int count_digest(const struct yaml_node *node, const char *file, size_t *n_digests)
{
	if (++*n_digests <= POLICY_DIGESTS_MAX)
		return 0;
	diag_at(file, node->line, node->column,
		"\"%s\" is one digest too many, expected at most %d in all sets and rules",
		diag_quote(node->text).s, POLICY_DIGESTS_MAX);
	return -EINVAL;
}

static int fill_set(const struct policy_item *item, size_t *n_digests, struct policy_set *out)
{
	const struct yaml_node *list = yaml_tree_get(item->node, "digests"), *entry;
	const char *file = item->source->file;
	int err;

	out->line = item->place->line;
	out->column = item->place->column;
	err = take_text(item->source->raw->sets[item->number].name, &out->name);
	if (!err)
		err = policy_check_once(list, NULL, "digest", file);
	if (err)
		return err;
	out->digests = calloc(count(list), sizeof(*out->digests));
	if (!out->digests)
		return -ENOMEM;
	for (entry = list->first; entry; entry = entry->next) {
		err = policy_take_digest(entry, "", file, &out->digests[out->n_digests]);
		if (!err)
			err = count_digest(entry, file, n_digests);
		if (err)
			return err;
		out->n_digests++;
	}
	return 0;
}

int policy_fill_sets(const struct policy_items *items, struct policy_doc *doc)
{
	size_t n_digests = 0;
	int err = 0;

	doc->sets = calloc(items->n + 1, sizeof(*doc->sets));
	if (!doc->sets)
		return -ENOMEM;
	/* One that fails counts too: what there is of it is freed with the rest. */
	for (; doc->n_sets < items->n && !err; doc->n_sets++)
		err = fill_set(&items->list[doc->n_sets], &n_digests, &doc->sets[doc->n_sets]);
	return err;
}

static int find_set(const struct filler *f, const struct yaml_node *node, unsigned int *set)
{
	const char *name = node->text + strlen("set:");

	for (unsigned int i = 0; i < f->doc->n_sets; i++) {
		if (strcmp(f->doc->sets[i].name, name))
			continue;
		*set = i;
		return 0;
	}
	diag_at(f->file, node->line, node->column,
		"\"%s\" names no set, expected \"set:\" and a name from \"sets\"",
		diag_quote(node->text).s);
	return -EINVAL;
}

static int fill_digest(const struct filler *f, const struct yaml_node *node,
		       struct policy_digests *out)
{
	int err;

	if (!strncmp(node->text, "set:", strlen("set:"))) {
		err = find_set(f, node, &out->sets[out->n_sets]);
		if (!err)
			out->n_sets++;
		return err;
	}
	err = policy_take_digest(node, " or \"set:\" and a name", f->file, &out->list[out->n]);
	if (!err)
		err = count_digest(node, f->file, f->n_digests);
	if (!err)
		out->n++;
	return err;
}

/* --- the conditions of a rule ---------------------------------------------------- */

/* What a rule says to a key; if it is there, that is one of its conditions. */
static const struct yaml_node *given(const struct filler *f, const char *key,
				     enum policy_condition condition)
{
	const struct yaml_node *value = yaml_tree_get(f->node, key);

	if (value)
		f->out->conditions |= condition;
	return value;
}

static int fill_digests(const struct filler *f, const char *key,
			enum policy_condition condition, struct policy_digests *out)
{
	const struct yaml_node *list = given(f, key, condition);
	int err;

	if (!list)
		return 0;
	err = policy_check_once(list, NULL, "digest", f->file);
	if (err)
		return err;
	out->list = calloc(count(list), sizeof(*out->list));
	out->sets = calloc(count(list), sizeof(*out->sets));
	if (!out->list || !out->sets)
		return -ENOMEM;
	for (const struct yaml_node *entry = list->first; entry; entry = entry->next) {
		err = fill_digest(f, entry, out);
		if (err)
			return err;
	}
	return 0;
}

static int fill_signer(const struct filler *f, const struct yaml_node *node)
{
	if (!strcmp(node->text, POLICY_SIGNER_NONE)) {
		f->out->unsigned_too = true;
		return 0;
	}
	for (unsigned int i = 0; i < f->doc->n_signers; i++) {
		if (strcmp(f->doc->signers[i].name, node->text))
			continue;
		f->out->signers |= 1ULL << i;
		return 0;
	}
	diag_at(f->file, node->line, node->column,
		"\"%s\" is no signer, expected a name from \"signers\" of the policy, or none",
		diag_quote(node->text).s);
	return -EINVAL;
}

static int fill_signers(const struct filler *f)
{
	const struct yaml_node *list = given(f, "signers", POLICY_IF_SIGNER);
	int err;

	if (!list)
		return 0;
	err = policy_check_once(list, NULL, "signer", f->file);
	for (const struct yaml_node *node = list->first; node && !err; node = node->next)
		err = fill_signer(f, node);
	return err;
}

static int fill_levels(const struct filler *f)
{
	const struct yaml_node *list = given(f, "levels", POLICY_IF_LEVEL);

	for (unsigned int i = 0; i < f->raw->levels_count; i++)
		f->out->levels |= (uint8_t)(1 << f->raw->levels[i]);
	return policy_check_once(list, NULL, "level", f->file);
}

static int fill_types(const struct filler *f)
{
	const struct yaml_node *list = given(f, "types", POLICY_IF_TYPE);
	int err = 0;

	if (list)
		err = policy_take_types(list, f->file, &f->out->types);
	list = given(f, "attach_types", POLICY_IF_ATTACH_TYPE);
	if (list && !err)
		err = policy_take_attach_types(list, f->file, f->out->attach_types);
	return err;
}

static int fill_paths(const struct filler *f, const struct yaml_node *list,
		      const struct policy_path *kind, char ***out, size_t *n)
{
	int err;

	if (!list)
		return 0;
	err = policy_check_once(list, NULL, kind->what, f->file);
	if (err)
		return err;
	*out = calloc(count(list), sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (const struct yaml_node *node = list->first; node; node = node->next) {
		err = policy_check_path(node, kind, f->file);
		if (!err)
			err = take_text(node->text, &(*out)[*n]);
		if (err)
			return err;
		++*n;
	}
	return 0;
}

/* Paths are compared as the host sees them. Elsewhere a rule would never match. */
static int fill_executables(const struct filler *f)
{
	const struct yaml_node *list = given(f, "executables", POLICY_IF_EXE_PATH);
	const struct yaml_node *ns = yaml_tree_get(f->node, "mount_namespace");
	static const struct policy_path kind = { "executable", "/usr/sbin/runc", false };
	int err = fill_paths(f, list, &kind, &f->out->exe_paths, &f->out->n_exe_paths);

	if (err || !list || !ns || f->raw->mount_namespace == POLICY_NS_HOST)
		return err;
	diag_at(f->file, ns->line, ns->column,
		"\"mount_namespace\" is other, where \"executables\" never match; expected host");
	return -EINVAL;
}

static int fill_cgroups(const struct filler *f)
{
	static const struct policy_path kind = { "cgroup", "/system.slice/crio.service", true };

	return fill_paths(f, given(f, "cgroups", POLICY_IF_CGROUP), &kind, &f->out->cgroups,
			  &f->out->n_cgroups);
}

static int fill_uids(const struct filler *f)
{
	const struct yaml_node *list = given(f, "uids", POLICY_IF_UID), *node;
	size_t i = 0;
	int err;

	if (!list)
		return 0;
	err = policy_check_once(list, NULL, "uid", f->file);
	if (err)
		return err;
	f->out->uids = calloc(f->raw->uids_count, sizeof(*f->out->uids));
	if (!f->out->uids)
		return -ENOMEM;
	for (node = list->first; node; node = node->next, i++) {
		if (f->raw->uids[i] == UINT32_MAX) {
			diag_at(f->file, node->line, node->column,
				"\"%s\" is no user id, expected 0 to %u",
				node->text, UINT32_MAX - 1);
			return -EINVAL;
		}
		f->out->uids[i] = f->raw->uids[i];
	}
	f->out->n_uids = i;
	return 0;
}

static void fill_flags(const struct filler *f)
{
	const struct raw_rule *raw = f->raw;

	given(f, "user_namespace", POLICY_IF_USER_NS);
	given(f, "mount_namespace", POLICY_IF_MOUNT_NS);
	given(f, "network_namespace", POLICY_IF_NET_NS);
	given(f, "token", POLICY_IF_TOKEN);
	given(f, "nested", POLICY_IF_NESTED);
	f->out->host_user_ns = raw->user_namespace == POLICY_NS_HOST;
	f->out->host_mount_ns = raw->mount_namespace == POLICY_NS_HOST;
	f->out->host_net_ns = raw->network_namespace == POLICY_NS_HOST;
	f->out->token = raw->token;
	f->out->nested = raw->nested;
}

/* --- rules ----------------------------------------------------------------------- */

static int fill_head(const struct filler *f)
{
	int err;

	f->out->allow = f->raw->action == POLICY_ALLOW;
	err = policy_take_time(yaml_tree_get(f->node, "expires"), f->file, &f->out->expires);
	if (!err)
		err = take_text(f->raw->id, &f->out->id);
	if (!err)
		err = take_text(f->raw->comment, &f->out->comment);
	if (!err)
		err = take_text(f->raw->ticket, &f->out->ticket);
	return err;
}

static int fill_rule(const struct filler *f)
{
	struct policy_rule *out = f->out;
	int err = fill_head(f);

	if (!err)
		err = fill_signers(f);
	if (!err)
		err = fill_levels(f);
	if (!err)
		err = fill_types(f);
	if (!err)
		err = fill_digests(f, "digests", POLICY_IF_DIGEST, &out->digests);
	if (!err)
		err = fill_digests(f, "executable_digests", POLICY_IF_EXE_DIGEST,
				   &out->exe_digests);
	if (!err)
		err = fill_executables(f);
	if (!err)
		err = fill_uids(f);
	if (!err)
		err = fill_cgroups(f);
	if (!err)
		fill_flags(f);
	return err;
}

static size_t digests_in_sets(const struct policy_doc *doc)
{
	size_t n = 0;

	for (unsigned int i = 0; i < doc->n_sets; i++)
		n += doc->sets[i].n_digests;
	return n;
}

int policy_fill_rules(const struct policy_items *items, struct policy_doc *doc)
{
	size_t n_digests = digests_in_sets(doc);
	int err = 0;

	doc->rules = calloc(items->n + 1, sizeof(*doc->rules));
	if (!doc->rules)
		return -ENOMEM;
	for (; doc->n_rules < items->n && !err; doc->n_rules++) {
		const struct policy_item *item = &items->list[doc->n_rules];
		struct policy_rule *out = &doc->rules[doc->n_rules];
		const struct filler f = {
			.doc = doc,
			.node = item->node,
			.raw = &item->source->raw->rules[item->number],
			.file = item->source->file,
			.out = out,
			.n_digests = &n_digests,
		};

		out->line = item->place->line;
		out->column = item->place->column;
		err = fill_rule(&f);
	}
	return err;
}

static void free_texts(char **texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(texts[i]);
	free(texts);
}

static void free_digests(struct policy_digests *digests)
{
	free(digests->list);
	free(digests->sets);
}

void policy_free_rules(struct policy_doc *doc)
{
	for (unsigned int i = 0; i < doc->n_rules; i++) {
		struct policy_rule *rule = &doc->rules[i];

		free(rule->id);
		free(rule->comment);
		free(rule->ticket);
		free_digests(&rule->digests);
		free_digests(&rule->exe_digests);
		free_texts(rule->exe_paths, rule->n_exe_paths);
		free(rule->uids);
		free_texts(rule->cgroups, rule->n_cgroups);
	}
	free(doc->rules);
	for (unsigned int i = 0; i < doc->n_sets; i++) {
		free(doc->sets[i].name);
		free(doc->sets[i].digests);
	}
	free(doc->sets);
}
