// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_lint.c - collects remarks, and makes those on signers, sets and the default.
 */
#include "policy_lint.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cert.h"

static int add(struct policy_lint *lint, bool note, const char *check, struct lint_place at,
	       const char *fmt, va_list ap)
{
	struct lint_finding finding = { note, check, at.line, at.column, NULL };
	struct lint_finding *list;

	list = realloc(lint->list, (lint->n + 1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	lint->list = list;
	if (vasprintf(&finding.text, fmt, ap) < 0)
		return -ENOMEM;
	list[lint->n++] = finding;
	return 0;
}

int lint_warn(struct policy_lint *lint, const char *check, struct lint_place at,
	      const char *fmt, ...)
{
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = add(lint, false, check, at, fmt, ap);
	va_end(ap);
	return err;
}

int lint_note(struct policy_lint *lint, const char *check, struct lint_place at,
	      const char *fmt, ...)
{
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = add(lint, true, check, at, fmt, ap);
	va_end(ap);
	return err;
}

int lint_end(struct policy_lint *lint, const char *check, struct lint_place at,
	     const char *what, int64_t end)
{
	time_t t = end;
	char when[32];
	struct tm tm;

	if (!end || end > lint->now + LINT_SOON)
		return 0;
	gmtime_r(&t, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (end <= lint->now)
		return lint_warn(lint, check, at, "%s ended at %s", what, when);
	return lint_note(lint, check, at, "%s ends at %s, within 30 days", what, when);
}

static int check_certificate(struct policy_lint *lint, const struct policy_signer *s)
{
	const struct lint_place at = { s->line, s->column };
	struct cert *cert;
	char what[128];
	int err;

	if (!s->certificate || access(s->certificate, R_OK) < 0)
		return 0;
	err = cert_load(s->certificate, &cert);
	if (err)
		return err;
	snprintf(what, sizeof(what), "the certificate of signer \"%s\"", s->name);
	err = lint_end(lint, "certificate-ends", at, what, cert->not_after);
	cert_free(cert);
	return err;
}

static int check_signers(struct policy_lint *lint)
{
	char what[128];
	int err = 0;

	for (unsigned int i = 0; i < lint->doc->n_signers && !err; i++) {
		const struct policy_signer *s = &lint->doc->signers[i];
		const struct lint_place at = { s->line, s->column };

		snprintf(what, sizeof(what), "the trust in signer \"%s\"", s->name);
		err = lint_end(lint, "signer-ends", at, what, s->until);
		if (!err)
			err = check_certificate(lint, s);
	}
	return err;
}

static bool uses(const struct policy_digests *digests, unsigned int set)
{
	for (size_t i = 0; i < digests->n_sets; i++)
		if (digests->sets[i] == set)
			return true;
	return false;
}

static bool is_used(const struct policy_doc *doc, unsigned int set)
{
	for (unsigned int i = 0; i < doc->n_rules; i++)
		if (uses(&doc->rules[i].digests, set) || uses(&doc->rules[i].exe_digests, set))
			return true;
	return false;
}

static int check_sets(struct policy_lint *lint)
{
	int err = 0;

	for (unsigned int i = 0; i < lint->doc->n_sets && !err; i++) {
		const struct policy_set *set = &lint->doc->sets[i];

		if (!is_used(lint->doc, i))
			err = lint_warn(lint, "unused-set", (struct lint_place){ set->line, set->column },
					"no rule names set \"%s\"", set->name);
	}
	return err;
}

static int check_default(struct policy_lint *lint)
{
	const struct policy_doc *doc = lint->doc;
	const struct lint_place at = { doc->default_line, doc->default_column };

	if (!doc->default_allow)
		return 0;
	return lint_warn(lint, "default-allow", at,
			 "what nothing decides is allowed; before the policy can enforce, make this deny");
}

/* Where two stand at the same place, as first found: it stays in order. */
static void sort(struct policy_lint *lint)
{
	struct lint_finding *list = lint->list, moved;
	size_t k;

	for (size_t i = 1; i < lint->n; i++) {
		moved = list[i];
		for (k = i; k && (list[k - 1].line > moved.line ||
				  (list[k - 1].line == moved.line &&
				   list[k - 1].column > moved.column)); k--)
			list[k] = list[k - 1];
		list[k] = moved;
	}
}

int policy_lint(const struct policy_doc *doc, int64_t now, struct policy_lint *out)
{
	struct policy_lint lint = { .doc = doc, .now = now };
	int err;

	err = check_default(&lint);
	if (!err)
		err = check_signers(&lint);
	if (!err)
		err = check_sets(&lint);
	for (unsigned int i = 0; i < doc->n_rules && !err; i++)
		err = lint_rule(&lint, &doc->rules[i]);
	if (!err)
		err = lint_reach(&lint);
	if (err) {
		policy_lint_free(&lint);
		return err;
	}
	sort(&lint);
	*out = lint;
	return 0;
}

void policy_lint_free(struct policy_lint *lint)
{
	for (size_t i = 0; i < lint->n; i++)
		free(lint->list[i].text);
	free(lint->list);
	*lint = (struct policy_lint){};
}
