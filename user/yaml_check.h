/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * yaml_check.h - does a document keep to a libcyaml schema, and if not, where?
 */
#ifndef BPFSEAL_YAML_CHECK_H
#define BPFSEAL_YAML_CHECK_H

#include <cyaml/cyaml.h>
#include "yaml_tree.h"

/**
 * yaml_check - check a document against a schema
 * @root: the document
 * @schema: the schema that libcyaml will load it by
 * @what: what it is, for messages: "the policy"
 * @file: what to call it in messages
 *
 * Knows the types our schemas use: mapping, sequence, text, enum, unsigned number
 * and truth value. Stricter than libcyaml: a number has no sign, no leading zero
 * and no quotes; a truth value is true or false; text that YAML takes for a number,
 * a truth value or null must be quoted. Prints one line for the first fault.
 *
 * Return: 0 or -EINVAL
 */
int yaml_check(const struct yaml_node *root, const cyaml_schema_value_t *schema,
	       const char *what, const char *file);

#endif
