// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_schema.c - user/policy.schema.json, which editors use, says the same as the
 * schema that policies are read by: the same keys, which of them have to be there,
 * the same words and the same limits.
 *
 * Runs in the top directory of the sources.
 */
#include "kselftest_harness.h"

#include <jansson.h>

#include "policy_preset.h"
#include "policy_schema.h"
#include "prog_types.h"

FIXTURE(json)
{
	json_t *root;
};

FIXTURE_SETUP(json)
{
	json_error_t error;

	self->root = json_load_file("user/policy.schema.json", JSON_REJECT_DUPLICATES, &error);
	ASSERT_NE(NULL, self->root) TH_LOG("line %d: %s", error.line, error.text);
}

FIXTURE_TEARDOWN(json)
{
	json_decref(self->root);
}

static unsigned int compared, differences;

/* Prints the path down to what differs. */
static void differ(const char *path, const char *what)
{
	fprintf(stderr, "# policy.schema.json: %s: %s\n", path, what);
	differences++;
}

/* A member of a schema, or of that which it refers to. */
static json_t *member(json_t *root, json_t *schema, const char *key)
{
	const char *ref = json_string_value(json_object_get(schema, "$ref"));
	json_t *value = json_object_get(schema, key);

	if (value || !ref || strncmp(ref, "#/$defs/", strlen("#/$defs/")))
		return value;
	return member(root, json_object_get(json_object_get(root, "$defs"),
					    ref + strlen("#/$defs/")), key);
}

static bool number_is(json_t *root, json_t *schema, const char *key, uint64_t value)
{
	json_t *number = member(root, schema, key);

	return json_is_integer(number) && (uint64_t)json_integer_value(number) == value;
}

static bool has_word(json_t *list, const char *word)
{
	json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry)
		if (!strcmp(json_string_value(entry), word))
			return true;
	return false;
}

static void compare(json_t *root, json_t *schema, const cyaml_schema_value_t *value,
		    const char *path);

static void compare_enum(json_t *list, const cyaml_schema_value_t *value, const char *path)
{
	if (json_array_size(list) != value->enumeration.count)
		differ(path, "has not as many words");
	for (uint32_t i = 0; i < value->enumeration.count; i++)
		if (!has_word(list, value->enumeration.strings[i].str))
			differ(path, value->enumeration.strings[i].str);
}

static void compare_map(json_t *root, json_t *schema, const cyaml_schema_value_t *value,
			const char *path)
{
	json_t *properties = member(root, schema, "properties");
	json_t *required = member(root, schema, "required");
	const cyaml_schema_field_t *field;
	size_t n = 0, needed = 0;
	char below[256];

	if (!json_is_false(member(root, schema, "additionalProperties")))
		differ(path, "lets other keys in");
	for (field = value->mapping.fields; field->key; field++, n++) {
		bool optional = field->value.flags & CYAML_FLAG_OPTIONAL;
		json_t *property = json_object_get(properties, field->key);

		snprintf(below, sizeof(below), "%s.%s", path, field->key);
		if (optional == has_word(required, field->key))
			differ(below, "is not required as it should be");
		needed += !optional;
		if (property)
			compare(root, property, &field->value, below);
		else
			differ(below, "is missing");
	}
	if (json_object_size(properties) != n || json_array_size(required) != needed)
		differ(path, "has other keys or requires others");
}

static void compare_list(json_t *root, json_t *schema, const cyaml_schema_value_t *value,
			 const char *path)
{
	char below[256];

	snprintf(below, sizeof(below), "%s[]", path);
	if (!number_is(root, schema, "minItems", value->sequence.min) ||
	    !number_is(root, schema, "maxItems", value->sequence.max))
		differ(path, "has other limits");
	compare(root, member(root, schema, "items"), value->sequence.entry, below);
}

static void compare(json_t *root, json_t *schema, const cyaml_schema_value_t *value,
		    const char *path)
{
	static const char *const types[] = {
		[CYAML_UINT] = "integer", [CYAML_BOOL] = "boolean", [CYAML_STRING] = "string",
		[CYAML_MAPPING] = "object", [CYAML_SEQUENCE] = "array",
	};
	const char *type = json_string_value(member(root, schema, "type"));

	compared++;
	if (value->type != CYAML_ENUM && (!type || strcmp(type, types[value->type])))
		differ(path, "has another type");
	else if (value->type == CYAML_ENUM)
		compare_enum(member(root, schema, "enum"), value, path);
	else if (value->type == CYAML_MAPPING)
		compare_map(root, schema, value, path);
	else if (value->type == CYAML_SEQUENCE)
		compare_list(root, schema, value, path);
	else if (value->type == CYAML_STRING &&
		 (!number_is(root, schema, "minLength", value->string.min) ||
		  !number_is(root, schema, "maxLength", value->string.max)))
		differ(path, "has another length");
}

TEST_F(json, same_as_libcyaml)
{
	compare(self->root, self->root, &policy_schema, "policy");
	EXPECT_EQ(0, differences);
	EXPECT_GT(compared, 50);
}

/* The comparison would notice. */
TEST_F(json, drift)
{
	json_t *properties = json_object_get(self->root, "properties");

	ASSERT_EQ(0, json_object_set_new(properties, "more", json_object()));
	compare(self->root, self->root, &policy_schema, "expected");
	EXPECT_EQ(1, differences);
	ASSERT_EQ(0, json_object_del(properties, "more"));
	ASSERT_EQ(0, json_object_del(properties, "rules"));
	compare(self->root, self->root, &policy_schema, "expected");
	EXPECT_EQ(3, differences);
}

/* What libcyaml takes as any text, and is looked up later. */
TEST_F(json, words)
{
	json_t *defs = json_object_get(self->root, "$defs");
	json_t *types = json_object_get(json_object_get(defs, "type"), "enum");
	json_t *include = json_object_get(json_object_get(self->root, "properties"), "include");
	json_t *presets = json_object_get(json_object_get(include, "items"), "enum");
	size_t n;

	ASSERT_EQ(PROG_TYPE_LAST, json_array_size(types));
	for (unsigned int type = 1; type <= PROG_TYPE_LAST; type++)
		EXPECT_STREQ(prog_type_name(type),
			     json_string_value(json_array_get(types, type - 1)));
	for (n = 0; policy_preset_name(n); n++)
		EXPECT_STREQ(policy_preset_name(n),
			     json_string_value(json_array_get(presets, n)));
	EXPECT_EQ(n, json_array_size(presets));
}

TEST_HARNESS_MAIN
