// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_policy_show.c - bpfseal policy show: a policy in its canonical form.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "diag.h"
#include "policy_show.h"

static const char usage[] =
	"usage: bpfseal policy show POLICY.yaml\n"
	"\n"
	"Prints a policy in its canonical form, which is a policy itself: presets written\n"
	"out, defaults spelled out, lists sorted. The first line tells the policy's digest,\n"
	"as 'bpfseal status' shows it when it is installed.\n"
	"\n"
	"The digest is the SHA-256 of the form without the lines that decide nothing:\n"
	"  grep -vE '^(#|mode:|    (certificate|comment|ticket):)' | sha256sum\n";

static int show(const char *path)
{
	struct policy_fingerprint *fingerprints = NULL;
	struct policy_doc *doc;
	int err;

	err = policy_load(path, &doc);
	if (err)
		return err;
	err = policy_fingerprints(doc, path, &fingerprints);
	if (!err) {
		err = policy_show_write(stdout, doc, fingerprints);
		if (err)
			diag_error("cannot show the policy: %s", strerror(-err));
	}
	free(fingerprints);
	policy_free(doc);
	return err;
}

int cmd_policy_show(int argc, char **argv)
{
	char **arguments;
	int code;

	code = cmd_arguments(argc, argv, usage, 1, &arguments);
	if (code != CMD_GO_ON)
		return code;
	return diag_exit(show(arguments[0]));
}
