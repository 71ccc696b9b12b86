// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy.c - the policy file.
 *
 * policy_schema.c reads it and checks what a schema can say. What it can't is
 * checked here and, of sets and rules, in policy_rules.c.
 */
#include "policy.h"

#include <errno.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "file.h"
#include "hex.h"
#include "policy_merge.h"
#include "policy_rules.h"
#include "policy_schema.h"
#include "policy_value.h"
#include "prog_types.h"

static int check_signer_name(const struct yaml_node *name, const char *file)
{
	int err = policy_check_name(name, file);

	if (err || strcmp(name->text, POLICY_SIGNER_NONE))
		return err;
	diag_at(file, name->line, name->column,
		"\"%s\" means no trusted signer in rules, expected another name", name->text);
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

static int check_fingerprint(const struct yaml_node *signer, const char *file,
			     struct policy_signer *out)
{
	const struct yaml_node *node = yaml_tree_get(signer, "fingerprint");

	if (!node)
		return 0;
	if (!yaml_tree_get(signer, "certificate")) {
		diag_at(file, node->key_line, node->key_column,
			"\"fingerprint\" without \"certificate\", expected both or none");
		return -EINVAL;
	}
	out->has_fingerprint = hex_parse(node->text, out->fingerprint);
	if (out->has_fingerprint)
		return 0;
	diag_at(file, node->line, node->column,
		"\"%s\" is no fingerprint, expected the certificate's SHA-256 in 64 hexadecimal digits",
		diag_quote(node->text).s);
	return -EINVAL;
}

/* Without a list only the loaders of light skeletons, with no special attach type. */
static int take_types(const struct yaml_node *signer, const char *file,
		      struct policy_signer *out)
{
	const struct yaml_node *types = yaml_tree_get(signer, "types");
	const struct yaml_node *attach_types = yaml_tree_get(signer, "attach_types");
	int err = 0;

	out->types = 1ULL << PROG_TYPE_SYSCALL;
	if (types)
		err = policy_take_types(types, file, &out->types);
	if (attach_types && !err)
		err = policy_take_attach_types(attach_types, file, out->attach_types);
	return err;
}

static int take_period(const struct yaml_node *signer, const char *file,
		       struct policy_signer *out)
{
	const struct yaml_node *until = yaml_tree_get(signer, "until");
	int err;

	err = policy_take_time(yaml_tree_get(signer, "from"), file, &out->from);
	if (!err)
		err = policy_take_time(until, file, &out->until);
	if (err || !until || out->from < out->until)
		return err;
	diag_at(file, until->line, until->column,
		"\"until\" is \"%s\", expected a time later than \"from\", which is \"%s\"",
		until->text, yaml_tree_get(signer, "from")->text);
	return -EINVAL;
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
	int err = check_signer_name(name, path);

	if (!err)
		err = check_unique(signers, node, "name", path);
	if (!err)
		err = check_key_source(node, path);
	if (!err)
		err = check_unique(signers, node, "keyring", path);
	if (!err)
		err = check_fingerprint(node, path, out);
	if (!err)
		err = take_types(node, path, out);
	if (!err)
		err = take_period(node, path, out);
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

static int fill_signers(const struct policy_tree *source, struct policy_doc *doc)
{
	const struct yaml_node *signers = yaml_tree_get(source->root, "signers"), *node;
	struct raw_signer *raw = source->raw->signers;
	struct policy_signer *out;
	int err = 0;

	doc->signers = calloc(source->raw->signers_count, sizeof(*doc->signers));
	if (!doc->signers)
		return -ENOMEM;
	doc->n_signers = source->raw->signers_count;
	out = doc->signers;
	for (node = signers->first; node && !err; node = node->next)
		err = fill_signer(signers, node, raw++, source->file, out++);
	return err;
}

/* An enforcing policy that lets in what it doesn't know would enforce nothing. */
static int check_default(const struct policy_tree *source)
{
	const struct yaml_node *node = yaml_tree_get(source->root, "default");

	if (source->raw->fallback == POLICY_DENY || source->raw->mode == POLICY_PERMISSIVE)
		return 0;
	diag_at(source->file, node->line, node->column,
		"\"default\" is \"%s\", expected deny in mode %s, or mode %s", node->text,
		policy_mode_name(source->raw->mode), policy_mode_name(POLICY_PERMISSIVE));
	return -EINVAL;
}

static int fill_head(const struct policy_tree *source, struct policy_doc *doc)
{
	const struct yaml_node *name = yaml_tree_get(source->root, "name");
	const struct yaml_node *fallback = yaml_tree_get(source->root, "default");
	const struct raw_policy *raw = source->raw;
	int err = check_default(source);

	if (!err && name)
		err = policy_check_name(name, source->file);
	if (err)
		return err;
	doc->version = raw->version;
	doc->mode = raw->mode;
	doc->require = raw->require;
	doc->default_allow = raw->fallback == POLICY_ALLOW;
	doc->default_line = fallback ? fallback->line : 0;
	doc->default_column = fallback ? fallback->column : 0;
	doc->name = name ? strdup(raw->name) : NULL;
	return doc->name || !name ? 0 : -ENOMEM;
}

/* Sets come first: rules refer to them. */
static int fill_rules(const struct policy_tree *source, struct policy_doc *doc)
{
	struct policy_items sets = { 0 }, rules = { 0 };
	struct policy_preset *presets = NULL;
	size_t n = 0;
	int err;

	err = policy_presets_read(source, &presets, &n);
	if (!err)
		err = policy_merge(&policy_kind_sets, source, presets, n, &sets);
	if (!err)
		err = policy_merge(&policy_kind_rules, source, presets, n, &rules);
	if (!err)
		err = policy_fill_sets(&sets, doc);
	if (!err)
		err = policy_fill_rules(&rules, doc);
	free(sets.list);
	free(rules.list);
	policy_presets_free(presets, n);
	return err;
}

int policy_parse(const char *text, size_t len, const char *path, struct policy_doc **out)
{
	struct policy_tree source;
	struct policy_doc *doc;
	int err;

	err = policy_tree_read(text, len, path, &policy_schema, &source);
	if (err)
		return err;
	doc = calloc(1, sizeof(*doc));
	err = doc ? fill_head(&source, doc) : -ENOMEM;
	if (!err)
		err = fill_signers(&source, doc);
	if (!err)
		err = fill_rules(&source, doc);
	policy_tree_free(&source);
	if (err) {
		policy_free(doc);
		return err;
	}
	*out = doc;
	return 0;
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
	policy_free_rules(doc);
	free(doc->name);
	free(doc);
}
