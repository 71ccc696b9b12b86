// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_upgrade.c - bpfseal upgrade POLICY.yaml
 */
#include <stdio.h>

#include "cmd.h"
#include "diag.h"
#include "policy.h"
#include "seal.h"
#include "upgrade.h"

static const char usage[] =
	"usage: bpfseal upgrade POLICY.yaml\n"
	"\n"
	"Loads the programs of this bpfseal with the policy, and removes those in the kernel,\n"
	"another version's or not. Until then both decide, so that there is no moment without\n"
	"a policy. If anything is wrong, those before stay in force.\n"
	"\n"
	"If the policy in force is sealed, its authority has to have signed the programs:\n"
	"POLICY.yaml.p7s.programs, by 'bpfseal policy sign --programs'. The policy is sealed,\n"
	"too, and its version has to be higher.\n"
	"\n"
	"Counters and events begin anew.\n";

int cmd_upgrade(int argc, char **argv)
{
	struct policy_source src;
	struct policy_doc *doc;
	char **arguments;
	int code, err;

	code = cmd_arguments(argc, argv, usage, 1, &arguments);
	if (code != CMD_GO_ON)
		return code;
	err = policy_source_read(arguments[0], &src);
	if (err)
		return EXIT_FAILED;
	err = upgrade_policy(&src, &doc);
	if (!err) {
		printf("upgraded: bpfseal " BPFSEAL_VERSION ", policy version %u, %s\n", doc->version,
		       seal_is_closed() ? "sealed" : policy_mode_name(doc->mode));
		policy_free(doc);
	}
	policy_source_free(&src);
	return diag_exit(err);
}
