// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_policy_replay.c - bpfseal policy replay: what would a policy have decided?
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "diag.h"
#include "policy_replay.h"

static const char usage[] =
	"usage: bpfseal policy replay POLICY.yaml --events FILE [--json]\n"
	"\n"
	"Decides loads again that 'bpfseal events --json' has recorded, by another policy,\n"
	"and tells what would change.\n"
	"\n"
	"  --events FILE   the events, one a line; \"-\" is standard input\n"
	"  --json          one JSON object\n";

static int print_json(const struct policy_replay *r)
{
	json_t *o = policy_replay_json(r);
	int err = o ? json_dumpf(o, stdout, JSON_INDENT(2)) : -1;

	json_decref(o);
	putchar('\n');
	return err ? -ENOMEM : 0;
}

static int replay(const char *policy, const char *events, bool json)
{
	struct policy_replay r;
	struct policy_doc *doc;
	int err;

	err = policy_load(policy, &doc);
	if (err)
		return err;
	err = policy_replay(doc, events, &r);
	if (err == -ENOMEM)
		diag_error("cannot replay: %s", strerror(-err));
	if (!err) {
		if (json)
			err = print_json(&r);
		else
			policy_replay_print(stdout, &r);
		policy_replay_free(&r);
	}
	policy_free(doc);
	return err;
}

int cmd_policy_replay(int argc, char **argv)
{
	static const struct option options[] = {
		{ "events", required_argument, NULL, 'e' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	const char *events = NULL;
	bool json = false;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'e': events = optarg; break;
		case 'j': json = true; break;
		case 'h': fputs(usage, stdout); return EXIT_DONE;
		default: return EXIT_USAGE;
		}
	}
	if (argc - optind != 1 || !events) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return diag_exit(replay(argv[optind], events, json));
}
