// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy.c - the policy file.
 *
 * Three passes over the same text: yaml_tree.c makes a tree with positions,
 * yaml_check.c holds it against the schema below, libcyaml loads it by that
 * schema. What the schema can't say is checked at the end.
 */
#include "policy.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cyaml/cyaml.h>

#include "diag.h"
#include "file.h"
#include "prog_types.h"
#include "yaml_check.h"
#include "yaml_tree.h"

/* What libcyaml loads. Member names are the file's keys. */
struct raw_signer {
	char *name;
	char *certificate;
	enum policy_keyring keyring;
	char **types;
	unsigned int types_count;
};

struct raw_policy {
	char *name;
	uint32_t version;
	enum policy_mode mode;
	enum policy_require require;
	struct raw_signer *signers;
	unsigned int signers_count;
};

static const cyaml_strval_t modes[] = {
	{ "permissive", POLICY_PERMISSIVE },
	{ "enforcing", POLICY_ENFORCING },
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

static const cyaml_schema_value_t type_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 31),
};

static const cyaml_schema_field_t signer_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct raw_signer, name, 1,
			       POLICY_NAME_MAX),
	CYAML_FIELD_STRING_PTR("certificate", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
			       struct raw_signer, certificate, 1, PATH_MAX - 1),
	CYAML_FIELD_ENUM("keyring", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL,
			 struct raw_signer, keyring, keyrings, CYAML_ARRAY_LEN(keyrings)),
	CYAML_FIELD_SEQUENCE("types", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
			     struct raw_signer, types, &type_schema, 1, PROG_TYPE_LAST),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t signer_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_signer, signer_fields),
};

static const cyaml_schema_field_t policy_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
			       struct raw_policy, name, 1, POLICY_NAME_MAX),
	CYAML_FIELD_UINT("version", CYAML_FLAG_OPTIONAL, struct raw_policy, version),
	CYAML_FIELD_ENUM("mode", CYAML_FLAG_STRICT, struct raw_policy, mode, modes,
			 CYAML_ARRAY_LEN(modes)),
	CYAML_FIELD_ENUM("require", CYAML_FLAG_STRICT, struct raw_policy, require,
			 requirements, CYAML_ARRAY_LEN(requirements)),
	CYAML_FIELD_SEQUENCE("signers", CYAML_FLAG_POINTER, struct raw_policy, signers,
			     &signer_schema, 1, POLICY_SIGNERS_MAX),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t policy_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_policy, policy_fields),
};

static const cyaml_config_t config = {
	.mem_fn = cyaml_mem,
	.flags = CYAML_CFG_NO_ALIAS,
};

static int check_name(const struct yaml_node *node, const char *file)
{
	size_t ok = strspn(node->text, "abcdefghijklmnopqrstuvwxyz0123456789._-");

	if (!node->text[ok])
		return 0;
	diag_at(file, node->line, node->column,
		"\"%s\" is no name, expected 1 to %d of a-z, 0-9, '.', '_' and '-'",
		diag_quote(node->text).s, POLICY_NAME_MAX);
	return -EINVAL;
}

static int check_key_source(const struct yaml_node *signer, const char *file)
{
	const struct yaml_node *cert = yaml_tree_get(signer, "certificate");
	const struct yaml_node *keyring = yaml_tree_get(signer, "keyring");

	if (cert && keyring) {
		const struct yaml_node *second = cert->key_line > keyring->key_line ||
			(cert->key_line == keyring->key_line &&
			 cert->key_column > keyring->key_column) ? cert : keyring;

		diag_at(file, second->key_line, second->key_column,
			"signer \"%s\" has both \"certificate\" and \"keyring\", expected one of them",
			diag_quote(yaml_tree_get(signer, "name")->text).s);
		return -EINVAL;
	}
	if (!cert && !keyring) {
		diag_at(file, signer->line, signer->column,
			"signer \"%s\" lacks a key, expected \"certificate\" or \"keyring\"",
			diag_quote(yaml_tree_get(signer, "name")->text).s);
		return -EINVAL;
	}
	return 0;
}

/* Sets the bits of the listed program types; syscall if there is no list. */
static int check_types(const struct yaml_node *list, const char *file, uint64_t *types)
{
	uint64_t bits = 0;

	if (!list) {
		*types = 1ULL << PROG_TYPE_SYSCALL;
		return 0;
	}
	for (const struct yaml_node *entry = list->first; entry; entry = entry->next) {
		int type = prog_type_find(entry->text);

		if (type < 0) {
			diag_at(file, entry->line, entry->column,
				"\"%s\" is no program type, expected a name such as syscall or sched_cls",
				diag_quote(entry->text).s);
			return -EINVAL;
		}
		if (bits >> type & 1) {
			diag_at(file, entry->line, entry->column,
				"program type \"%s\" is given twice, expected once",
				entry->text);
			return -EINVAL;
		}
		bits |= 1ULL << type;
	}
	*types = bits;
	return 0;
}

/* An earlier signer must not have the same value for this key. */
static int check_unique(const struct yaml_node *signers, const struct yaml_node *signer,
			const char *key, const char *file)
{
	const struct yaml_node *own = yaml_tree_get(signer, key), *other;

	for (const struct yaml_node *s = signers->first; own && s != signer; s = s->next) {
		other = yaml_tree_get(s, key);
		if (!other || strcmp(own->text, other->text))
			continue;
		diag_at(file, own->line, own->column,
			"%s \"%s\" is used twice, first in line %zu; expected a different one for each signer",
			key, diag_quote(own->text).s, other->line);
		return -EINVAL;
	}
	return 0;
}

/* Relative paths start at the policy file's directory. */
static char *resolve(const char *path, const char *policy_path)
{
	char *copy, *full = NULL;

	if (path[0] == '/')
		return strdup(path);
	copy = strdup(policy_path);
	if (copy && asprintf(&full, "%s/%s", dirname(copy), path) < 0)
		full = NULL;
	free(copy);
	return full;
}

static int fill_signer(const struct yaml_node *signers, const struct yaml_node *node,
		       struct raw_signer *raw, const char *path, struct policy_signer *out)
{
	const struct yaml_node *name = yaml_tree_get(node, "name");
	int err = check_name(name, path);

	if (!err)
		err = check_unique(signers, node, "name", path);
	if (!err)
		err = check_key_source(node, path);
	if (!err)
		err = check_unique(signers, node, "keyring", path);
	if (!err)
		err = check_types(yaml_tree_get(node, "types"), path, &out->types);
	if (err)
		return err;
	out->name = strdup(raw->name);
	out->keyring = raw->keyring;
	out->line = name->line;
	out->column = name->column;
	if (raw->certificate)
		out->certificate = resolve(raw->certificate, path);
	return out->name && (out->certificate || !raw->certificate) ? 0 : -ENOMEM;
}

/* Takes the loaded data over into the form callers see. */
static int fill(const struct yaml_node *root, struct raw_policy *raw, const char *path,
		struct policy_doc *doc)
{
	const struct yaml_node *signers = yaml_tree_get(root, "signers"), *node;
	const struct yaml_node *name = yaml_tree_get(root, "name");
	unsigned int i = 0;
	int err;

	doc->version = raw->version;
	doc->mode = raw->mode;
	doc->require = raw->require;
	if (name) {
		err = check_name(name, path);
		if (err)
			return err;
		doc->name = strdup(raw->name);
		if (!doc->name)
			return -ENOMEM;
	}
	doc->signers = calloc(raw->signers_count, sizeof(*doc->signers));
	if (!doc->signers)
		return -ENOMEM;
	doc->n_signers = raw->signers_count;
	for (node = signers->first; node; node = node->next, i++) {
		err = fill_signer(signers, node, &raw->signers[i], path, &doc->signers[i]);
		if (err)
			return err;
	}
	return 0;
}

/* The document has passed yaml_check(), so libcyaml finds no fault with it. */
static int load_raw(const char *text, size_t len, const char *path,
		    struct raw_policy **raw)
{
	cyaml_err_t err = cyaml_load_data((const uint8_t *)text, len, &config,
					  &policy_schema, (cyaml_data_t **)raw, NULL);

	if (err == CYAML_OK && *raw)
		return 0;
	if (err == CYAML_ERR_OOM)
		return -ENOMEM;
	diag_at(path, 0, 0, "libcyaml cannot load the policy: %s", cyaml_strerror(err));
	return -EINVAL;
}

int policy_parse(const char *text, size_t len, const char *path, struct policy_doc **out)
{
	struct yaml_node *root = NULL;
	struct raw_policy *raw = NULL;
	struct policy_doc *doc;
	int err;

	doc = calloc(1, sizeof(*doc));
	if (!doc)
		return -ENOMEM;
	err = yaml_tree_parse(text, len, path, &root);
	if (err)
		goto out;
	err = yaml_check(root, &policy_schema, path);
	if (err)
		goto out;
	err = load_raw(text, len, path, &raw);
	if (err)
		goto out;
	err = fill(root, raw, path, doc);
	if (err)
		goto out;
	*out = doc;
	doc = NULL;
out:
	cyaml_free(&config, &policy_schema, raw, 0);
	yaml_tree_free(root);
	policy_free(doc);
	return err;
}

int policy_load(const char *path, struct policy_doc **out)
{
	uint8_t *text;
	size_t len;
	int err;

	err = file_read(path, POLICY_FILE_MAX, &text, &len, NULL);
	if (err == -EFBIG)
		diag_error("policy %s is larger than %d bytes", diag_quote(path).s,
			   POLICY_FILE_MAX);
	else if (err == -EINVAL)
		diag_error("policy %s is not a regular file", diag_quote(path).s);
	else if (err)
		diag_error("cannot read policy %s: %s", diag_quote(path).s, strerror(-err));
	if (err)
		return err;
	err = policy_parse((const char *)text, len, path, out);
	free(text);
	return err;
}

void policy_free(struct policy_doc *doc)
{
	if (!doc)
		return;
	for (unsigned int i = 0; i < doc->n_signers; i++) {
		free(doc->signers[i].name);
		free(doc->signers[i].certificate);
	}
	free(doc->signers);
	free(doc->name);
	free(doc);
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
