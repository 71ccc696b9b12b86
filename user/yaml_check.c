// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * yaml_check.c - check a document against a libcyaml schema, with positions.
 *
 * libcyaml stops at the first fault too, but names the place of the last event
 * it has read, prints several lines, takes "010" for 8, -1 for a large number
 * and "yes" for true. The schema stays the only description of the format.
 */
#include "yaml_check.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"

struct names {
	char s[256];
};

static int check(const struct yaml_node *node, const cyaml_schema_value_t *schema,
		 const char *what, const char *file);

static void add_name(struct names *names, const char *name)
{
	size_t used = strlen(names->s);

	snprintf(names->s + used, sizeof(names->s) - used, "%s%s", used ? ", " : "", name);
}

static struct names enum_names(const cyaml_schema_value_t *schema)
{
	struct names names = { "" };

	for (uint32_t i = 0; i < schema->enumeration.count; i++)
		add_name(&names, schema->enumeration.strings[i].str);
	return names;
}

static struct names field_names(const cyaml_schema_field_t *field)
{
	struct names names = { "" };

	for (; field->key; field++)
		add_name(&names, field->key);
	return names;
}

/* What a schema expects, in words. */
static struct names expected(const cyaml_schema_value_t *schema)
{
	struct names names = { "" };

	switch (schema->type) {
	case CYAML_ENUM:
		return enum_names(schema);
	case CYAML_UINT:
		add_name(&names, "a whole number");
		break;
	case CYAML_BOOL:
		add_name(&names, "true, false");
		break;
	case CYAML_SEQUENCE:
		add_name(&names, "a list");
		break;
	case CYAML_MAPPING:
		add_name(&names, "a map");
		break;
	default:
		add_name(&names, "text");
	}
	return names;
}

/* Would YAML's core schema take this for something else than text? */
static bool is_other_scalar(const struct yaml_node *node)
{
	static const char *const words[] = {
		"~", "null", "true", "false", "yes", "no", "on", "off", ".nan", ".inf",
	};
	const char *text = node->text;
	char *end;

	if (!node->plain)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(text, words[i]))
			return true;
	if (!isdigit((unsigned char)text[0]) && !strchr("+-.", text[0]))
		return false;
	if (!strncmp(text, "0o", 2))
		return true;
	strtod(text, &end);
	return end != text && !*end;
}

static int check_text(const struct yaml_node *node, const cyaml_schema_value_t *schema,
		      const char *what, const char *file)
{
	size_t len = strlen(node->text);

	if (!len) {
		diag_at(file, node->line, node->column, "%s is empty, expected text", what);
		return -EINVAL;
	}
	if (is_other_scalar(node)) {
		diag_at(file, node->line, node->column,
			"%s is %s, which is not text; expected text, if need be in quotes",
			what, diag_quote(node->text).s);
		return -EINVAL;
	}
	if (len < schema->string.min || len > schema->string.max) {
		diag_at(file, node->line, node->column,
			"%s is \"%s\", which has %zu bytes; expected %" PRIu32 " to %" PRIu32,
			what, diag_quote(node->text).s, len, schema->string.min,
			schema->string.max);
		return -EINVAL;
	}
	return 0;
}

static int check_enum(const struct yaml_node *node, const cyaml_schema_value_t *schema,
		      const char *what, const char *file)
{
	for (uint32_t i = 0; i < schema->enumeration.count; i++)
		if (!strcmp(node->text, schema->enumeration.strings[i].str))
			return 0;
	diag_at(file, node->line, node->column, "%s is \"%s\", expected one of: %s", what,
		diag_quote(node->text).s, enum_names(schema).s);
	return -EINVAL;
}

static int check_uint(const struct yaml_node *node, const cyaml_schema_value_t *schema,
		      const char *what, const char *file)
{
	uint64_t max = UINT64_MAX >> (64 - 8 * schema->data_size);
	const char *text = node->text;
	size_t digits = strspn(text, "0123456789");
	uint64_t value;

	errno = 0;
	value = strtoull(text, NULL, 10);
	if (node->plain && digits && !text[digits] && (text[0] != '0' || digits == 1) &&
	    !errno && value <= max)
		return 0;
	diag_at(file, node->line, node->column,
		"%s is \"%s\", expected a whole number from 0 to %" PRIu64, what,
		diag_quote(text).s, max);
	return -EINVAL;
}

/* Elsewhere "yes" and "on" are true; here one spelling is enough. */
static int check_bool(const struct yaml_node *node, const char *what, const char *file)
{
	if (node->plain && (!strcmp(node->text, "true") || !strcmp(node->text, "false")))
		return 0;
	diag_at(file, node->line, node->column, "%s is \"%s\", expected true or false", what,
		diag_quote(node->text).s);
	return -EINVAL;
}

static int check_list(const struct yaml_node *node, const cyaml_schema_value_t *schema,
		      const char *what, const char *file)
{
	const struct yaml_node *entry;
	char entry_what[80];
	size_t n = 0;
	int err;

	snprintf(entry_what, sizeof(entry_what), "an entry of %s", what);
	for (entry = node->first; entry; entry = entry->next) {
		if (++n > schema->sequence.max) {
			diag_at(file, entry->line, entry->column,
				"%s has more than %" PRIu32 " entries", what,
				schema->sequence.max);
			return -EINVAL;
		}
		err = check(entry, schema->sequence.entry, entry_what, file);
		if (err)
			return err;
	}
	if (n < schema->sequence.min) {
		diag_at(file, node->line, node->column,
			"%s has %zu entries, expected %" PRIu32 " to %" PRIu32, what, n,
			schema->sequence.min, schema->sequence.max);
		return -EINVAL;
	}
	return 0;
}

static const cyaml_schema_field_t *find_field(const cyaml_schema_field_t *field,
					      const char *key)
{
	while (field->key && strcmp(field->key, key))
		field++;
	return field->key ? field : NULL;
}

static int check_map(const struct yaml_node *node, const cyaml_schema_value_t *schema,
		     const char *what, const char *file)
{
	const cyaml_schema_field_t *field;
	const struct yaml_node *entry;
	char entry_what[80];
	int err;

	for (entry = node->first; entry; entry = entry->next) {
		field = find_field(schema->mapping.fields, entry->key);
		if (!field) {
			diag_at(file, entry->key_line, entry->key_column,
				"unknown key \"%s\" in %s, expected one of: %s",
				diag_quote(entry->key).s, what,
				field_names(schema->mapping.fields).s);
			return -EINVAL;
		}
		snprintf(entry_what, sizeof(entry_what), "\"%s\"", field->key);
		err = check(entry, &field->value, entry_what, file);
		if (err)
			return err;
	}
	for (field = schema->mapping.fields; field->key; field++) {
		if ((field->value.flags & CYAML_FLAG_OPTIONAL) ||
		    yaml_tree_get(node, field->key))
			continue;
		diag_at(file, node->line, node->column, "%s lacks \"%s\", expected %s", what,
			field->key, expected(&field->value).s);
		return -EINVAL;
	}
	return 0;
}

static int check(const struct yaml_node *node, const cyaml_schema_value_t *schema,
		 const char *what, const char *file)
{
	enum yaml_kind wanted = schema->type == CYAML_MAPPING ? YAML_MAP :
				schema->type == CYAML_SEQUENCE ? YAML_LIST : YAML_TEXT;

	if (node->kind != wanted) {
		diag_at(file, node->line, node->column, "%s is %s, expected %s", what,
			node->kind == YAML_TEXT && !*node->text ? "empty" :
			yaml_tree_kind(node), expected(schema).s);
		return -EINVAL;
	}
	switch (schema->type) {
	case CYAML_MAPPING:
		return check_map(node, schema, what, file);
	case CYAML_SEQUENCE:
		return check_list(node, schema, what, file);
	case CYAML_ENUM:
		return check_enum(node, schema, what, file);
	case CYAML_UINT:
		return check_uint(node, schema, what, file);
	case CYAML_BOOL:
		return check_bool(node, what, file);
	default:
		return check_text(node, schema, what, file);
	}
}

int yaml_check(const struct yaml_node *root, const cyaml_schema_value_t *schema,
	       const char *what, const char *file)
{
	return check(root, schema, what, file);
}
