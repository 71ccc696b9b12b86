// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_mode.c - bpfseal mode [permissive|enforcing]
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "diag.h"
#include "install.h"
#include "pins.h"
#include "reason.h"

static const char usage[] =
	"usage: bpfseal mode [permissive|enforcing]\n"
	"\n"
	"Shows or changes the mode of the policy in force. The change holds until the\n"
	"next change or a reboot; the policy file is not touched.\n"
	"\n"
	"  permissive  report what would be denied, deny nothing\n"
	"  enforcing   deny it\n"
	"\n"
	"To let nobody change it any more: bpfseal seal.\n";

static int show_mode(void)
{
	struct bpfseal_policy policy;
	int err;

	err = pins_require_installed();
	if (err)
		return EXIT_FAILED;
	err = report_policy(&policy);
	if (err) {
		diag_error("cannot read the policy: %s", strerror(-err));
		return EXIT_FAILED;
	}
	puts(reason_mode(policy.mode));
	return EXIT_DONE;
}

int cmd_mode(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	enum policy_mode mode;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c != 'h')
			return EXIT_USAGE;
		fputs(usage, stdout);
		return EXIT_DONE;
	}
	if (argc == optind)
		return show_mode();
	if (argc - optind != 1) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[optind], policy_mode_name(POLICY_PERMISSIVE))) {
		mode = POLICY_PERMISSIVE;
	} else if (!strcmp(argv[optind], policy_mode_name(POLICY_ENFORCING))) {
		mode = POLICY_ENFORCING;
	} else {
		diag_error("unknown mode '%s': use permissive or enforcing",
			   diag_quote(argv[optind]).s);
		if (!strcmp(argv[optind], policy_mode_name(POLICY_SEALED)))
			diag_hint("to seal the policy: bpfseal seal");
		return EXIT_USAGE;
	}
	return diag_exit(install_mode(mode));
}
