/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy_preset.h - sets and rules that come with bpfseal, for policies to include.
 */
#ifndef BPFSEAL_POLICY_PRESET_H
#define BPFSEAL_POLICY_PRESET_H

#include <stdbool.h>
#include <stddef.h>

#include "policy_schema.h"

/**
 * policy_preset_name - what there is
 * @i: counted from 0
 *
 * Return: the name, NULL if there are no more
 */
const char *policy_preset_name(size_t i);

/**
 * policy_preset_text - a preset as YAML
 * @name: its name
 *
 * Return: the text, NULL if there is no such preset
 */
const char *policy_preset_text(const char *name);

/**
 * policy_preset_owner - the preset whose rules and sets have ids like this one
 * @id: the id of a rule or name of a set
 *
 * All ids of a preset begin with its name and a dot. Nobody else's may.
 *
 * Return: name of the preset, or NULL
 */
const char *policy_preset_owner(const char *id);

/**
 * struct policy_preset - an included preset
 * @source: what it says
 * @place: where the policy includes it
 */
struct policy_preset {
	struct policy_tree source;
	const struct yaml_node *place;
};

/**
 * policy_presets_read - read what a policy includes
 * @policy: the policy
 * @presets: set on success; free with policy_presets_free()
 * @n: set on success to their number
 *
 * Return: 0, -EINVAL or -ENOMEM
 */
int policy_presets_read(const struct policy_tree *policy, struct policy_preset **presets,
			size_t *n);

/**
 * policy_presets_free - free what policy_presets_read() made
 * @presets: the presets, or NULL
 * @n: their number
 */
void policy_presets_free(struct policy_preset *presets, size_t n);

#endif
