/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy_schema.h - the schema of policy files and presets, and reading by it.
 */
#ifndef BPFSEAL_POLICY_SCHEMA_H
#define BPFSEAL_POLICY_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cyaml/cyaml.h>

#include "bpfseal.h"
#include "policy.h"
#include "yaml_tree.h"

enum policy_action { POLICY_DENY, POLICY_ALLOW };
enum policy_namespace { POLICY_NS_OTHER, POLICY_NS_HOST };

/* What libcyaml loads. Member names are the file's keys. */
struct raw_signer {
	char *name;
	char *certificate;
	char *fingerprint;
	enum policy_keyring keyring;
	char **types;
	char **attach_types;
	char *from, *until;
	unsigned int types_count, attach_types_count;
};

struct raw_set {
	char *name;
	char **digests;
	unsigned int digests_count;
};

struct raw_rule {
	char *id;
	enum policy_action action;
	char *comment, *ticket, *expires;
	char **signers;
	enum bpfseal_level *levels;
	char **types, **attach_types;
	char **digests, **executable_digests;
	char **executables;
	uint32_t *uids;
	char **cgroups;
	enum policy_namespace user_namespace, mount_namespace, network_namespace;
	bool token, nested;
	unsigned int signers_count, levels_count, types_count, attach_types_count;
	unsigned int digests_count, executable_digests_count, executables_count;
	unsigned int uids_count, cgroups_count;
};

struct raw_policy {
	char *name;
	uint32_t version;
	enum policy_mode mode;
	enum policy_require require;
	enum policy_action fallback;	/* "default" is a word of C */
	char **include;
	struct raw_signer *signers;
	struct raw_set *sets;
	struct raw_rule *rules;
	unsigned int include_count, signers_count, sets_count, rules_count;
};

/**
 * struct policy_tree - one text, read and held against a schema
 * @file: what it is called in messages
 * @root: where everything stands
 * @raw: what libcyaml loaded
 */
struct policy_tree {
	const char *file;
	struct yaml_node *root;
	struct raw_policy *raw;
};

/* The whole of a policy; and what a preset may have of it. */
extern const cyaml_schema_value_t policy_schema, policy_preset_schema;

/**
 * policy_tree_read - read a text, and print one line if it breaks the schema
 * @text: the text, need not end in NUL
 * @len: its length
 * @file: what to call it in messages; has to outlive @out
 * @schema: one of the two above
 * @out: set on success; free with policy_tree_free()
 *
 * Return: 0, -EINVAL or -ENOMEM
 */
int policy_tree_read(const char *text, size_t len, const char *file,
		       const cyaml_schema_value_t *schema, struct policy_tree *out);

/**
 * policy_tree_free - free what policy_tree_read() made
 * @source: the source, or one that is all zeroes
 */
void policy_tree_free(struct policy_tree *source);

#endif
