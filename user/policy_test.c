// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_test.c - reads cases in three passes, as policy_schema.c reads policies.
 */
#include "policy_test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <cyaml/cyaml.h>

#include "diag.h"
#include "load_facts.h"
#include "policy_value.h"
#include "prog_types.h"
#include "yaml_check.h"

enum outcome { OUTCOME_DENY, OUTCOME_ALLOW };
enum place { PLACE_OTHER, PLACE_HOST };

/* What libcyaml loads. Member names are the file's keys. */
struct raw_case {
	char *name;
	enum outcome expect;
	char *rule, *type, *attach_type, *signer;
	enum bpfseal_level level;
	char *digest, *executable, *executable_digest;
	uint32_t uid;
	char *cgroup;
	enum place user_namespace, mount_namespace, network_namespace;
	bool token, nested;
	char *time;
};

static const cyaml_strval_t outcomes[] = {
	{ "allow", OUTCOME_ALLOW },
	{ "deny", OUTCOME_DENY },
};

static const cyaml_strval_t levels[] = {
	{ "unsigned", BPFSEAL_LEVEL_UNSIGNED },
	{ "signed", BPFSEAL_LEVEL_SIGNED },
	{ "metadata", BPFSEAL_LEVEL_METADATA },
};

static const cyaml_strval_t places[] = {
	{ "host", PLACE_HOST },
	{ "other", PLACE_OTHER },
};

#define TEXT(key, flags, max) \
	CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER | (flags), struct raw_case, key, 1, max)
#define WORD(key, flags, words) \
	CYAML_FIELD_ENUM(#key, CYAML_FLAG_STRICT | (flags), struct raw_case, key, words, \
			 CYAML_ARRAY_LEN(words))
#define OPTIONAL CYAML_FLAG_OPTIONAL

static const cyaml_schema_field_t case_fields[] = {
	TEXT(name, 0, POLICY_COMMENT_MAX),
	WORD(expect, 0, outcomes),
	TEXT(rule, OPTIONAL, POLICY_NAME_MAX),
	TEXT(type, 0, POLICY_NAME_MAX),
	TEXT(attach_type, OPTIONAL, POLICY_NAME_MAX),
	TEXT(signer, OPTIONAL, POLICY_NAME_MAX),
	WORD(level, OPTIONAL, levels),
	TEXT(digest, OPTIONAL, 2 * BPFSEAL_DIGEST_LEN),
	TEXT(executable, OPTIONAL, POLICY_PATH_MAX),
	TEXT(executable_digest, OPTIONAL, 2 * BPFSEAL_DIGEST_LEN),
	CYAML_FIELD_UINT("uid", OPTIONAL, struct raw_case, uid),
	TEXT(cgroup, OPTIONAL, POLICY_CGROUP_MAX),
	WORD(user_namespace, OPTIONAL, places),
	WORD(mount_namespace, OPTIONAL, places),
	WORD(network_namespace, OPTIONAL, places),
	CYAML_FIELD_BOOL("token", OPTIONAL, struct raw_case, token),
	CYAML_FIELD_BOOL("nested", OPTIONAL, struct raw_case, nested),
	TEXT(time, OPTIONAL, POLICY_NAME_MAX),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t case_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_case, case_fields),
};

static const cyaml_schema_value_t cases_schema = {
	CYAML_VALUE_SEQUENCE(CYAML_FLAG_POINTER, struct raw_case, &case_schema, 1,
			     POLICY_CASES_MAX),
};

static const cyaml_config_t config = {
	.mem_fn = cyaml_mem,
	.flags = CYAML_CFG_NO_ALIAS,
};

/* A case on its way. */
struct filler {
	const struct policy_doc *doc;
	const struct yaml_node *node;
	const struct raw_case *raw;
	const char *file;
	struct policy_case *out;
};

static const struct yaml_node *given(const struct filler *f, const char *key)
{
	return yaml_tree_get(f->node, key);
}

static int fill_rule(const struct filler *f)
{
	const struct yaml_node *node = given(f, "rule");

	for (unsigned int i = 0; node && i < f->doc->n_rules; i++) {
		if (strcmp(f->doc->rules[i].id, node->text))
			continue;
		f->out->rule = i + 1;
		return 0;
	}
	if (!node)
		return 0;
	diag_at(f->file, node->line, node->column,
		"\"%s\" is no rule, expected the id of a rule of the policy or its presets",
		diag_quote(node->text).s);
	return -EINVAL;
}

static int fill_types(const struct filler *f)
{
	const struct yaml_node *node = given(f, "type");
	int type = prog_type_find(node->text);

	if (type < 0) {
		diag_at(f->file, node->line, node->column,
			"\"%s\" is no program type, expected a name such as syscall or sched_cls",
			diag_quote(node->text).s);
		return -EINVAL;
	}
	f->out->load.type = (__u32)type;
	f->out->load.attach_type = load_facts_attach_type((__u32)type);
	node = given(f, "attach_type");
	if (!node)
		return 0;
	type = attach_type_find(node->text);
	if (type < 0) {
		diag_at(f->file, node->line, node->column,
			"\"%s\" is no attach type, expected a name such as cgroup_device or trace_fentry",
			diag_quote(node->text).s);
		return -EINVAL;
	}
	f->out->load.attach_type = (__u32)type;
	return 0;
}

/* A signature counts only if a signer of the policy made it. */
static int fill_level(const struct filler *f, const struct yaml_node *signer)
{
	const struct yaml_node *level = given(f, "level");

	f->out->load.level = level ? f->raw->level :
			     signer ? BPFSEAL_LEVEL_METADATA : BPFSEAL_LEVEL_UNSIGNED;
	if (!level || !signer == (f->raw->level == BPFSEAL_LEVEL_UNSIGNED))
		return 0;
	diag_at(f->file, level->line, level->column, signer ?
		"\"level\" is unsigned beside \"signer\", expected signed or metadata" :
		"\"level\" is %s without \"signer\", expected a signer or unsigned", level->text);
	return -EINVAL;
}

static int fill_signer(const struct filler *f)
{
	const struct yaml_node *node = given(f, "signer");

	if (node && !strcmp(node->text, POLICY_SIGNER_NONE))
		node = NULL;
	for (unsigned int i = 0; node && i < f->doc->n_signers; i++) {
		if (strcmp(f->doc->signers[i].name, node->text))
			continue;
		f->out->load.signer = i + 1;
		break;
	}
	if (!node || f->out->load.signer)
		return fill_level(f, node);
	diag_at(f->file, node->line, node->column,
		"\"%s\" is no signer, expected a name from \"signers\" of the policy, or none",
		diag_quote(node->text).s);
	return -EINVAL;
}

static int fill_digest(const struct filler *f, const char *key, __u8 *digest, __u8 *has)
{
	const struct yaml_node *node = given(f, key);
	struct policy_sha256 value;
	int err;

	if (!node)
		return 0;
	err = policy_take_digest(node, "", f->file, &value);
	if (err)
		return err;
	memcpy(digest, value.bytes, sizeof(value.bytes));
	*has = 1;
	return 0;
}

static int fill_paths(const struct filler *f)
{
	static const struct policy_path exe = { "executable", "/usr/sbin/runc", false };
	static const struct policy_path cgroup = { "cgroup", "/system.slice/crio.service", true };
	const struct yaml_node *node = given(f, "executable");
	int err = node ? policy_check_path(node, &exe, f->file) : 0;

	if (err)
		return err;
	load_facts_executable(&f->out->load, f->raw->executable);
	node = given(f, "cgroup");
	err = node ? policy_check_path(node, &cgroup, f->file) : 0;
	if (!err && node)
		load_facts_cgroup(&f->out->load, f->raw->cgroup);
	return err;
}

static int fill_time(const struct filler *f)
{
	const struct yaml_node *node = given(f, "time");
	int64_t time;
	int err;

	if (!node)
		return 0;
	err = policy_take_time(node, f->file, &time);
	if (!err)
		load_facts_time(&f->out->load, time);
	return err;
}

static void fill_flags(const struct filler *f)
{
	const struct raw_case *raw = f->raw;
	struct judge_load *l = &f->out->load;

	l->uid = raw->uid;
	l->token = raw->token;
	l->nested = raw->nested;
	l->host_user_ns = !given(f, "user_namespace") || raw->user_namespace == PLACE_HOST;
	l->host_mount_ns = !given(f, "mount_namespace") || raw->mount_namespace == PLACE_HOST;
	l->host_net_ns = !given(f, "network_namespace") || raw->network_namespace == PLACE_HOST;
}

static int fill_case(const struct filler *f)
{
	const struct yaml_node *name = given(f, "name");
	struct policy_case *out = f->out;
	struct judge_load *l = &out->load;
	int err;

	out->line = name->line;
	out->column = name->column;
	out->allow = f->raw->expect == OUTCOME_ALLOW;
	out->name = strdup(f->raw->name);
	if (!out->name)
		return -ENOMEM;
	load_facts_begin(l);
	fill_flags(f);
	err = fill_rule(f);
	if (!err)
		err = fill_types(f);
	if (!err)
		err = fill_signer(f);
	if (!err)
		err = fill_digest(f, "digest", l->digest, &l->has_digest);
	if (!err)
		err = fill_digest(f, "executable_digest", l->exe_digest, &l->has_exe_digest);
	if (!err)
		err = fill_paths(f);
	return err ? err : fill_time(f);
}

static int fill_cases(const struct yaml_node *root, const struct raw_case *raw, unsigned int n,
		      const char *file, const struct policy_doc *doc, struct policy_cases *out)
{
	struct policy_cases cases = { .list = calloc(n, sizeof(*cases.list)) };
	struct filler f = { .doc = doc, .node = root->first, .raw = raw, .file = file };
	int err = cases.list ? 0 : -ENOMEM;

	for (; !err && f.node; f.node = f.node->next, f.raw++) {
		f.out = &cases.list[cases.n++];
		err = fill_case(&f);
	}
	if (err)
		policy_cases_free(&cases);
	else
		*out = cases;
	return err;
}

int policy_cases_parse(const char *text, size_t len, const char *file,
		       const struct policy_doc *doc, struct policy_cases *out)
{
	struct yaml_node *root = NULL;
	struct raw_case *raw = NULL;
	unsigned int n = 0;
	cyaml_err_t load;
	int err;

	err = yaml_tree_parse(text, len, file, &root);
	if (!err)
		err = yaml_check(root, &cases_schema, "the list of cases", file);
	if (!err)
		err = policy_check_once(root, "name", "case", file);
	if (err)
		goto out;
	load = cyaml_load_data((const uint8_t *)text, len, &config, &cases_schema,
			       (cyaml_data_t **)&raw, &n);
	if (load != CYAML_OK) {
		diag_at(file, 0, 0, "libcyaml cannot load the cases: %s", cyaml_strerror(load));
		err = load == CYAML_ERR_OOM ? -ENOMEM : -EINVAL;
		goto out;
	}
	err = fill_cases(root, raw, n, file, doc, out);
	cyaml_free(&config, &cases_schema, raw, n);
out:
	yaml_tree_free(root);
	return err;
}

void policy_cases_free(struct policy_cases *cases)
{
	for (size_t i = 0; i < cases->n; i++)
		free(cases->list[i].name);
	free(cases->list);
	*cases = (struct policy_cases){};
}

bool policy_case_holds(const struct judge_policy *p, const struct policy_case *c,
		       struct judge_decision *decision)
{
	judge_decide(p, &c->load, decision);
	return decision->allow == c->allow && (!c->rule || decision->rule == c->rule);
}
