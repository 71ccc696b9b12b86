// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_policy_lint.c - bpfseal policy lint: what is allowed in a policy, but hardly meant.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "diag.h"
#include "policy_lint.h"

static const char usage[] =
	"usage: bpfseal policy lint [--strict] POLICY.yaml\n"
	"\n"
	"Looks a policy through for rules that never decide, allow more than they seem to,\n"
	"have ended or end soon, and the like. What it says goes to standard output.\n"
	"Documentation/policy.rst lists all checks.\n"
	"\n"
	"  --strict   exit with 3 if there are warnings; notes don't count\n";

static void print_finding(const struct lint_finding *finding, const char *path)
{
	printf("%s:", diag_quote(path).s);
	if (finding->line)
		printf("%zu:%zu:", finding->line, finding->column);
	printf(" %s: %s [%s]\n", finding->note ? "note" : "warning", finding->text,
	       finding->check);
}

static int lint(const char *path, bool strict)
{
	struct policy_lint lint;
	struct policy_doc *doc;
	size_t warnings = 0;
	int err;

	err = policy_load(path, &doc);
	if (err)
		return EXIT_FAILED;
	err = policy_lint(doc, time(NULL), &lint);
	if (err) {
		diag_error("cannot look policy %s through: %s", diag_quote(path).s, strerror(-err));
		policy_free(doc);
		return EXIT_FAILED;
	}
	for (size_t i = 0; i < lint.n; i++) {
		print_finding(&lint.list[i], path);
		warnings += !lint.list[i].note;
	}
	printf("%zu warning%s, %zu note%s\n", warnings, warnings == 1 ? "" : "s",
	       lint.n - warnings, lint.n - warnings == 1 ? "" : "s");
	policy_lint_free(&lint);
	policy_free(doc);
	return strict && warnings ? EXIT_POLICY_NO : EXIT_DONE;
}

int cmd_policy_lint(int argc, char **argv)
{
	static const struct option options[] = {
		{ "strict", no_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	bool strict = false;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 's': strict = true; break;
		case 'h': fputs(usage, stdout); return EXIT_DONE;
		default: return EXIT_USAGE;
		}
	}
	if (argc - optind != 1) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return lint(argv[optind], strict);
}
