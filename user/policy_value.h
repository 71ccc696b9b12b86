/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy_value.h - checks of single values and lists in a policy, beyond what its
 * schema says. Each prints one line if it fails.
 */
#ifndef BPFSEAL_POLICY_VALUE_H
#define BPFSEAL_POLICY_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "policy.h"
#include "yaml_tree.h"

/**
 * policy_check_name - is a text a name?
 * @node: the text
 * @file: what to call the file in messages
 *
 * Return: 0 or -EINVAL
 */
int policy_check_name(const struct yaml_node *node, const char *file);

/**
 * struct policy_path - a kind of paths
 * @what: what to call one in messages
 * @example: one of them
 * @root: "/" is one, too
 */
struct policy_path {
	const char *what;
	const char *example;
	bool root;
};

/**
 * policy_check_path - is a text an absolute path, spelled in the only way there is?
 * @node: the text
 * @kind: of what it should be a path
 * @file: what to call the file in messages
 *
 * The kernel makes no "//", "/./" or "/../", so that a rule with one never matches.
 *
 * Return: 0 or -EINVAL
 */
int policy_check_path(const struct yaml_node *node, const struct policy_path *kind,
		      const char *file);

/**
 * policy_check_once - does a list have nothing twice?
 * @list: the list, or NULL
 * @key: compare what the entries, which are maps, have here; NULL if they are text
 * @what: what to call an entry in messages
 * @file: what to call the file in messages
 *
 * Return: 0, -EINVAL or -ENOMEM
 */
int policy_check_once(const struct yaml_node *list, const char *key, const char *what,
		      const char *file);

/**
 * policy_take_types - the program types in a list
 * @list: the list
 * @file: what to call the file in messages
 * @types: set on success: bit N for type N
 *
 * Return: 0, -EINVAL or -ENOMEM
 */
int policy_take_types(const struct yaml_node *list, const char *file, uint64_t *types);

/**
 * policy_take_attach_types - the attach types in a list
 * @list: the list
 * @file: what to call the file in messages
 * @types: set on success: bit N for type N
 *
 * Return: 0, -EINVAL or -ENOMEM
 */
int policy_take_attach_types(const struct yaml_node *list, const char *file,
			     uint64_t types[2]);

/**
 * policy_take_digest - a SHA-256
 * @node: the text
 * @expected: what else it could be, for the message: "" or " or ..."
 * @file: what to call the file in messages
 * @digest: set on success
 *
 * Return: 0 or -EINVAL
 */
int policy_take_digest(const struct yaml_node *node, const char *expected, const char *file,
		       struct policy_sha256 *digest);

/**
 * policy_take_time - a point in time
 * @node: the text, a date or a time in UTC; NULL if there is none
 * @file: what to call the file in messages
 * @time: set on success to seconds since 1970; to 0 if there is none
 *
 * Return: 0 or -EINVAL
 */
int policy_take_time(const struct yaml_node *node, const char *file, int64_t *time);

#endif
