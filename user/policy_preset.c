// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_preset.c - the presets: user/presets/NAME.yaml, built into the program.
 */
#include "policy_preset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "policy_value.h"

static const struct {
	const char *name;
	const char *text;
} presets_known[] = {
#include "presets.h"
};

#define N_KNOWN (sizeof(presets_known) / sizeof(presets_known[0]))

const char *policy_preset_name(size_t i)
{
	return i < N_KNOWN ? presets_known[i].name : NULL;
}

const char *policy_preset_text(const char *name)
{
	for (size_t i = 0; i < N_KNOWN; i++)
		if (!strcmp(presets_known[i].name, name))
			return presets_known[i].text;
	return NULL;
}

const char *policy_preset_owner(const char *id)
{
	for (size_t i = 0; i < N_KNOWN; i++) {
		const char *name = presets_known[i].name;
		size_t len = strlen(name);

		if (!strncmp(id, name, len) && id[len] == '.')
			return name;
	}
	return NULL;
}

static int report_unknown(const struct yaml_node *node, const char *file)
{
	char names[256] = "";

	for (size_t i = 0; i < N_KNOWN; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
			 i ? ", " : "", presets_known[i].name);
	diag_at(file, node->line, node->column, "\"%s\" is no preset, expected one of: %s",
		diag_quote(node->text).s, names);
	return -EINVAL;
}

/* Our own text keeps to the schema; if it doesn't, the message says which one. */
static int read_preset(const struct yaml_node *place, const char *file,
		       struct policy_preset *preset)
{
	const char *text = policy_preset_text(place->text);

	if (!text)
		return report_unknown(place, file);
	preset->place = place;
	return policy_tree_read(text, strlen(text), place->text, &policy_preset_schema,
				  &preset->source);
}

int policy_presets_read(const struct policy_tree *policy, struct policy_preset **presets,
			size_t *n)
{
	const struct yaml_node *include = yaml_tree_get(policy->root, "include"), *place;
	struct policy_preset *list;
	size_t count = 0;
	int err;

	err = policy_check_once(include, NULL, "preset", policy->file);
	if (err)
		return err;
	list = calloc(policy->raw->include_count + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (place = include ? include->first : NULL; place; place = place->next) {
		err = read_preset(place, policy->file, &list[count]);
		if (err) {
			policy_presets_free(list, count);
			return err;
		}
		count++;
	}
	*presets = list;
	*n = count;
	return 0;
}

void policy_presets_free(struct policy_preset *presets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		policy_tree_free(&presets[i].source);
	free(presets);
}
