// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_learn.c - makes a policy from what was seen.
 */
#include "policy_learn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "learn_rule.h"
#include "learn_write.h"
#include "rules.h"

/* The policy may be written elsewhere, where a relative path means another file. */
static int make_absolute(char **path)
{
	char *whole, *here;
	int err = 0;

	if (!*path || **path == '/')
		return 0;
	here = get_current_dir_name();
	if (!here)
		return -errno;
	if (asprintf(&whole, "%s/%s", here, strncmp(*path, "./", 2) ? *path : *path + 2) < 0) {
		err = -ENOMEM;
	} else {
		free(*path);
		*path = whole;
	}
	free(here);
	return err;
}

static int make_certificates_absolute(struct policy_doc *base)
{
	int err = 0;

	for (unsigned int i = 0; base && i < base->n_signers && !err; i++)
		err = make_absolute(&base->signers[i].certificate);
	if (err)
		diag_error("cannot tell the certificates' absolute paths: %s", strerror(-err));
	return err;
}

static int write_text(const struct learn_input *in, const struct learn_plan *plan,
		      const struct policy_doc *base, struct policy_learned *out)
{
	struct policy_learned made = {
		.n_off = plan->n_off, .n_preset = plan->n_preset,
		.n_rules = plan->n - plan->n_off - plan->n_preset,
	};
	FILE *f = open_memstream(&made.text, &made.len);
	int err;

	if (!f)
		return -ENOMEM;
	learn_write(f, in, plan, base);
	err = ferror(f);
	if (fclose(f) || err) {
		free(made.text);
		return -ENOMEM;
	}
	*out = made;
	return 0;
}

/* Input that was not foreseen shows here, not when the policy is to be installed. */
static int check_text(const struct policy_learned *made)
{
	const struct rules_host host = {};
	struct bpfseal_rules *rules = malloc(sizeof(*rules));
	struct rules_keys keys = {};
	struct policy_doc *doc = NULL;
	int err;

	if (!rules)
		return -ENOMEM;
	err = policy_parse(made->text, made->len, "learned policy", &doc);
	if (!err)
		err = rules_compile(doc, &host, rules, &keys);
	if (err == -EINVAL)
		diag_hint("this policy was made from the events and is wrong: report it as a bug, with the events");
	rules_keys_free(&keys);
	policy_free(doc);
	free(rules);
	return err;
}

static int make(const struct learn_input *in, const struct policy_doc *base, size_t most,
		struct policy_learned *out)
{
	struct policy_learned made = {};
	struct learn_plan plan = {};
	int err;

	err = learn_plan_make(&in->groups, most, &plan);
	if (!err)
		err = write_text(in, &plan, base, &made);
	if (!err)
		err = check_text(&made);
	learn_plan_free(&plan);
	if (err)
		free(made.text);
	else
		*out = made;
	return err;
}

int policy_learn(struct learn_input *in, struct policy_doc *base, struct policy_learned *out)
{
	size_t most = LEARN_RULES_MAX;
	int err;

	err = make_certificates_absolute(base);
	if (!err)
		err = learn_add_loaded(in);
	if (err)
		return err;
	learn_sort(&in->groups);
	err = make(in, base, most, out);
	/* Many rules that share some of their digests each may be too many. */
	while (err == -ENOSPC && most > 1) {
		most /= 2;
		diag_warn("trying with %zu rules, those that are used most", most);
		err = make(in, base, most, out);
	}
	return err;
}
