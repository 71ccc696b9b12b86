// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_schema.c - what may stand in a policy file or a preset.
 *
 * Three passes over the same text: yaml_tree.c makes a tree with positions,
 * yaml_check.c holds it against the schema below, libcyaml loads it by that
 * schema. user/policy.schema.json says the same for editors; a unit test
 * compares the two.
 */
#include "policy_schema.h"

#include <errno.h>
#include <limits.h>

#include "diag.h"
#include "prog_types.h"
#include "yaml_check.h"

#define OPTIONAL	CYAML_FLAG_OPTIONAL
#define OPTIONAL_PTR	(CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_strval_t modes[] = {
	{ "permissive", POLICY_PERMISSIVE },
	{ "enforcing", POLICY_ENFORCING },
	{ "sealed", POLICY_SEALED },
};

static const cyaml_strval_t requirements[] = {
	{ "metadata", POLICY_REQUIRE_METADATA },
	{ "signed", POLICY_REQUIRE_SIGNED },
};

static const cyaml_strval_t keyrings[] = {
	{ "builtin", POLICY_KEYRING_BUILTIN },
	{ "secondary", POLICY_KEYRING_SECONDARY },
	{ "platform", POLICY_KEYRING_PLATFORM },
};

static const cyaml_strval_t actions[] = {
	{ "allow", POLICY_ALLOW },
	{ "deny", POLICY_DENY },
};

static const cyaml_strval_t levels[] = {
	{ "unsigned", BPFSEAL_LEVEL_UNSIGNED },
	{ "signed", BPFSEAL_LEVEL_SIGNED },
	{ "metadata", BPFSEAL_LEVEL_METADATA },
};

static const cyaml_strval_t namespaces[] = {
	{ "host", POLICY_NS_HOST },
	{ "other", POLICY_NS_OTHER },
};

/* Texts in lists. What they have to look like is checked by who takes them. */
static const cyaml_schema_value_t name_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, POLICY_NAME_MAX),
};

static const cyaml_schema_value_t digest_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 2 * BPFSEAL_DIGEST_LEN),
};

static const cyaml_schema_value_t executable_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, POLICY_PATH_MAX),
};

static const cyaml_schema_value_t cgroup_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, POLICY_CGROUP_MAX),
};

static const cyaml_schema_value_t level_schema = {
	CYAML_VALUE_ENUM(CYAML_FLAG_STRICT, enum bpfseal_level, levels,
			 CYAML_ARRAY_LEN(levels)),
};

static const cyaml_schema_value_t uid_schema = {
	CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint32_t),
};

static const cyaml_schema_field_t signer_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct raw_signer, name, 1,
			       POLICY_NAME_MAX),
	CYAML_FIELD_STRING_PTR("certificate", OPTIONAL_PTR, struct raw_signer, certificate, 1,
			       PATH_MAX - 1),
	CYAML_FIELD_STRING_PTR("fingerprint", OPTIONAL_PTR, struct raw_signer, fingerprint, 1, 255),
	CYAML_FIELD_ENUM("keyring", CYAML_FLAG_STRICT | OPTIONAL, struct raw_signer, keyring,
			 keyrings, CYAML_ARRAY_LEN(keyrings)),
	CYAML_FIELD_SEQUENCE("types", OPTIONAL_PTR, struct raw_signer, types, &name_schema, 1,
			     PROG_TYPE_LAST),
	CYAML_FIELD_SEQUENCE("attach_types", OPTIONAL_PTR, struct raw_signer, attach_types,
			     &name_schema, 1, ATTACH_TYPES_MAX),
	CYAML_FIELD_STRING_PTR("from", OPTIONAL_PTR, struct raw_signer, from, 1,
			       POLICY_NAME_MAX),
	CYAML_FIELD_STRING_PTR("until", OPTIONAL_PTR, struct raw_signer, until, 1,
			       POLICY_NAME_MAX),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t signer_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_signer, signer_fields),
};

static const cyaml_schema_field_t set_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct raw_set, name, 1,
			       POLICY_NAME_MAX),
	CYAML_FIELD_SEQUENCE("digests", CYAML_FLAG_POINTER, struct raw_set, digests,
			     &digest_schema, 1, POLICY_DIGESTS_MAX),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t set_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_set, set_fields),
};

#define RULE_LIST(key, entry, max) \
	CYAML_FIELD_SEQUENCE(#key, OPTIONAL_PTR, struct raw_rule, key, entry, 1, max)
#define RULE_TEXT(key, max) \
	CYAML_FIELD_STRING_PTR(#key, OPTIONAL_PTR, struct raw_rule, key, 1, max)
#define RULE_NAMESPACE(key) \
	CYAML_FIELD_ENUM(#key, CYAML_FLAG_STRICT | OPTIONAL, struct raw_rule, key, namespaces, \
			 CYAML_ARRAY_LEN(namespaces))

static const cyaml_schema_field_t rule_fields[] = {
	CYAML_FIELD_STRING_PTR("id", CYAML_FLAG_POINTER, struct raw_rule, id, 1,
			       POLICY_NAME_MAX),
	CYAML_FIELD_ENUM("action", CYAML_FLAG_STRICT, struct raw_rule, action, actions,
			 CYAML_ARRAY_LEN(actions)),
	RULE_TEXT(comment, POLICY_COMMENT_MAX),
	RULE_TEXT(ticket, POLICY_COMMENT_MAX),
	RULE_TEXT(expires, POLICY_NAME_MAX),
	RULE_LIST(signers, &name_schema, POLICY_SIGNERS_MAX + 1),
	RULE_LIST(levels, &level_schema, CYAML_ARRAY_LEN(levels)),
	RULE_LIST(types, &name_schema, PROG_TYPE_LAST),
	RULE_LIST(attach_types, &name_schema, ATTACH_TYPES_MAX),
	RULE_LIST(digests, &digest_schema, POLICY_LIST_MAX),
	RULE_LIST(executable_digests, &digest_schema, POLICY_LIST_MAX),
	RULE_LIST(executables, &executable_schema, POLICY_LIST_MAX),
	RULE_LIST(uids, &uid_schema, POLICY_LIST_MAX),
	RULE_LIST(cgroups, &cgroup_schema, POLICY_LIST_MAX),
	RULE_NAMESPACE(user_namespace),
	RULE_NAMESPACE(mount_namespace),
	RULE_NAMESPACE(network_namespace),
	CYAML_FIELD_BOOL("token", OPTIONAL, struct raw_rule, token),
	CYAML_FIELD_BOOL("nested", OPTIONAL, struct raw_rule, nested),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t rule_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_rule, rule_fields),
};

#define SETS_FIELD \
	CYAML_FIELD_SEQUENCE("sets", OPTIONAL_PTR, struct raw_policy, sets, &set_schema, 1, \
			     POLICY_SETS_MAX)
#define RULES_FIELD \
	CYAML_FIELD_SEQUENCE("rules", OPTIONAL_PTR, struct raw_policy, rules, &rule_schema, 1, \
			     POLICY_RULES_MAX)

static const cyaml_schema_field_t policy_fields[] = {
	CYAML_FIELD_STRING_PTR("name", OPTIONAL_PTR, struct raw_policy, name, 1,
			       POLICY_NAME_MAX),
	CYAML_FIELD_UINT("version", OPTIONAL, struct raw_policy, version),
	CYAML_FIELD_ENUM("mode", CYAML_FLAG_STRICT, struct raw_policy, mode, modes,
			 CYAML_ARRAY_LEN(modes)),
	CYAML_FIELD_ENUM("require", CYAML_FLAG_STRICT, struct raw_policy, require,
			 requirements, CYAML_ARRAY_LEN(requirements)),
	CYAML_FIELD_ENUM("default", CYAML_FLAG_STRICT | OPTIONAL, struct raw_policy, fallback,
			 actions, CYAML_ARRAY_LEN(actions)),
	CYAML_FIELD_SEQUENCE("include", OPTIONAL_PTR, struct raw_policy, include, &name_schema,
			     0, POLICY_INCLUDE_MAX),
	CYAML_FIELD_SEQUENCE("signers", CYAML_FLAG_POINTER, struct raw_policy, signers,
			     &signer_schema, 1, POLICY_SIGNERS_MAX),
	SETS_FIELD,
	RULES_FIELD,
	CYAML_FIELD_END
};

const cyaml_schema_value_t policy_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_policy, policy_fields),
};

static const cyaml_schema_field_t preset_fields[] = {
	SETS_FIELD,
	RULES_FIELD,
	CYAML_FIELD_END
};

const cyaml_schema_value_t policy_preset_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_policy, preset_fields),
};

static const cyaml_config_t config = {
	.mem_fn = cyaml_mem,
	.flags = CYAML_CFG_NO_ALIAS,
};

/* The text has passed yaml_check(), so libcyaml finds no fault with it. */
static int load_raw(const char *text, size_t len, const char *file,
		    const cyaml_schema_value_t *schema, struct raw_policy **raw)
{
	cyaml_err_t err = cyaml_load_data((const uint8_t *)text, len, &config, schema,
					  (cyaml_data_t **)raw, NULL);

	if (err == CYAML_OK && *raw)
		return 0;
	if (err == CYAML_ERR_OOM)
		return -ENOMEM;
	diag_at(file, 0, 0, "libcyaml cannot load the policy: %s", cyaml_strerror(err));
	return -EINVAL;
}

int policy_tree_read(const char *text, size_t len, const char *file,
		       const cyaml_schema_value_t *schema, struct policy_tree *out)
{
	struct policy_tree source = { .file = file };
	int err;

	err = yaml_tree_parse(text, len, file, &source.root);
	if (err)
		return err;
	err = yaml_check(source.root, schema, "the policy", file);
	if (!err)
		err = load_raw(text, len, file, schema, &source.raw);
	if (err) {
		policy_tree_free(&source);
		return err;
	}
	*out = source;
	return 0;
}

void policy_tree_free(struct policy_tree *source)
{
	/* The fields of a preset are among those of a policy. */
	cyaml_free(&config, &policy_schema, source->raw, 0);
	yaml_tree_free(source->root);
}

static const char *name_of(const cyaml_strval_t *names, size_t n, int64_t value)
{
	for (size_t i = 0; i < n; i++)
		if (names[i].val == value)
			return names[i].str;
	return "unknown";
}

const char *policy_mode_name(enum policy_mode mode)
{
	return name_of(modes, CYAML_ARRAY_LEN(modes), mode);
}

const char *policy_require_name(enum policy_require require)
{
	return name_of(requirements, CYAML_ARRAY_LEN(requirements), require);
}

const char *policy_keyring_name(enum policy_keyring keyring)
{
	return keyring == POLICY_KEYRING_OWN ? "own" :
	       name_of(keyrings, CYAML_ARRAY_LEN(keyrings), keyring);
}
