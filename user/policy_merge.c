// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_merge.c - a policy's own sets and rules, and those of its presets.
 */
#include "policy_merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "policy_value.h"

const struct policy_kind policy_kind_sets = { "sets", "name", "set", POLICY_SETS_MAX };
const struct policy_kind policy_kind_rules = { "rules", "id", "rule", POLICY_RULES_MAX };

static const struct yaml_node *first_of(const struct policy_kind *kind,
					const struct policy_tree *source)
{
	const struct yaml_node *list = yaml_tree_get(source->root, kind->list);

	return list ? list->first : NULL;
}

static struct policy_item find(const struct policy_kind *kind,
			       const struct policy_tree *source, const char *id)
{
	struct policy_item item = { .source = source, .node = first_of(kind, source) };

	for (; item.node; item.node = item.node->next, item.number++) {
		item.place = yaml_tree_get(item.node, kind->id);
		if (!strcmp(item.place->text, id))
			break;
	}
	return item;
}

static int add(const struct policy_kind *kind, const char *file,
	       const struct policy_item *item, struct policy_items *items)
{
	if (items->n == kind->max) {
		diag_at(file, item->place->line, item->place->column,
			"the policy and its presets have more than %u %s, expected 0 to %u",
			kind->max, kind->list, kind->max);
		return -EINVAL;
	}
	items->list[items->n++] = *item;
	return 0;
}

/*
 * An id like a preset's has to be one of a preset that is included. Misspelled, it
 * would replace nothing, and the preset's rule would go on deciding.
 */
static int check_override(const struct policy_kind *kind, const struct policy_item *item,
			  const char *owner, const struct policy_preset *presets, size_t n)
{
	const struct yaml_node *id = item->place;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(presets[i].place->text, owner))
			continue;
		if (find(kind, &presets[i].source, id->text).node)
			return 0;
		diag_at(item->source->file, id->line, id->column,
			"\"%s\" is no %s of preset \"%s\", expected one that it has, or another beginning",
			diag_quote(id->text).s, kind->what, owner);
		return -EINVAL;
	}
	diag_at(item->source->file, id->line, id->column,
		"\"%s\" begins like a %s of preset \"%s\", expected this in \"include\", or another beginning",
		diag_quote(id->text).s, kind->what, owner);
	return -EINVAL;
}

/*
 * "include: []" says that presets play no part: the canonical form of a policy has
 * their rules as its own, and this or another bpfseal's presets don't matter.
 */
static bool is_closed(const struct policy_tree *policy)
{
	const struct yaml_node *include = yaml_tree_get(policy->root, "include");

	return include && !include->first;
}

static int add_own(const struct policy_kind *kind, const struct policy_tree *policy,
		   const struct policy_preset *presets, size_t n, struct policy_items *items)
{
	struct policy_item item = { .source = policy, .node = first_of(kind, policy) };
	const char *owner;
	int err;

	for (; item.node; item.node = item.node->next, item.number++) {
		item.place = yaml_tree_get(item.node, kind->id);
		err = policy_check_name(item.place, policy->file);
		if (err)
			return err;
		owner = is_closed(policy) ? NULL : policy_preset_owner(item.place->text);
		err = owner ? check_override(kind, &item, owner, presets, n) :
			      add(kind, policy->file, &item, items);
		if (err)
			return err;
	}
	return 0;
}

static int add_preset(const struct policy_kind *kind, const struct policy_tree *policy,
		      const struct policy_preset *preset, struct policy_items *items)
{
	struct policy_item item = {
		.source = &preset->source,
		.node = first_of(kind, &preset->source),
		.place = preset->place,
	};
	int err;

	for (; item.node; item.node = item.node->next, item.number++) {
		const char *id = yaml_tree_get(item.node, kind->id)->text;
		struct policy_item own = find(kind, policy, id);

		err = add(kind, policy->file, own.node ? &own : &item, items);
		if (err)
			return err;
	}
	return 0;
}

int policy_merge(const struct policy_kind *kind, const struct policy_tree *policy,
		 const struct policy_preset *presets, size_t n, struct policy_items *out)
{
	struct policy_items items = { 0 };
	int err;

	err = policy_check_once(yaml_tree_get(policy->root, kind->list), kind->id, kind->what,
				policy->file);
	if (err)
		return err;
	items.list = calloc(kind->max, sizeof(*items.list));
	if (!items.list)
		return -ENOMEM;
	err = add_own(kind, policy, presets, n, &items);
	for (size_t i = 0; !err && i < n; i++)
		err = add_preset(kind, policy, &presets[i], &items);
	if (err) {
		free(items.list);
		return err;
	}
	*out = items;
	return 0;
}
