// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_install.c - bpfseal install POLICY.yaml
 */
#include <getopt.h>
#include <stdio.h>

#include "cmd.h"
#include "diag.h"
#include "install.h"

static const char usage[] =
	"usage: bpfseal install POLICY.yaml\n"
	"\n"
	"Installs the policy. It stays in force when this command has ended, until\n"
	"'bpfseal uninstall' or a reboot. If anything is wrong, no policy is installed.\n";

int cmd_install(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	struct policy_doc *doc;
	int c, err;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c != 'h')
			return EXIT_USAGE;
		fputs(usage, stdout);
		return EXIT_DONE;
	}
	if (argc - optind != 1) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	err = policy_load(argv[optind], &doc);
	if (err)
		return EXIT_FAILED;
	err = install_policy(doc, argv[optind]);
	if (!err)
		printf("installed: %s, %s, %u signer%s\n", policy_mode_name(doc->mode),
		       policy_require_name(doc->require), doc->n_signers,
		       doc->n_signers == 1 ? "" : "s");
	policy_free(doc);
	return diag_exit(err);
}
