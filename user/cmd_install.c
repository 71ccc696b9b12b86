// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_install.c - bpfseal install POLICY.yaml, bpfseal reload POLICY.yaml,
 * bpfseal upgrade POLICY.yaml
 */
#include <stdio.h>

#include "cmd.h"
#include "diag.h"
#include "install.h"
#include "seal.h"
#include "upgrade.h"

static const char install_usage[] =
	"usage: bpfseal install POLICY.yaml\n"
	"\n"
	"Installs the policy. It stays in force when this command has ended, until\n"
	"'bpfseal uninstall' or a reboot, and is stored for 'bpfseal restore' at boot.\n"
	"If there is a policy authority, it has to be signed: POLICY.yaml.p7s. If\n"
	"anything is wrong, no policy is installed.\n";

static const char reload_usage[] =
	"usage: bpfseal reload POLICY.yaml\n"
	"\n"
	"Puts another policy in the place of the installed one, in one step: each load is\n"
	"judged by the one or the other. If there is a policy authority, it has to be\n"
	"signed, as for install. If anything is wrong, the old one stays in force.\n";

static const char upgrade_usage[] =
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

static void report(const char *done, const struct policy_doc *doc)
{
	const char *mode = seal_is_closed() ? "sealed" :
		policy_mode_name(doc->mode == POLICY_SEALED ? POLICY_ENFORCING : doc->mode);

	printf("%s: %s, %s, %u signer%s", done, mode,
	       policy_require_name(doc->require), doc->n_signers, doc->n_signers == 1 ? "" : "s");
	if (doc->n_rules)
		printf(", %u rule%s", doc->n_rules, doc->n_rules == 1 ? "" : "s");
	putchar('\n');
}

static int run(int argc, char **argv, const char *usage, const char *done, install_fn install)
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
	err = install_alone(install, &src, &doc);
	code = diag_exit(err);
	if (!err) {
		report(done, doc);
		if (doc->mode == POLICY_SEALED && !seal_is_closed())
			code = cmd_seal_policy(false);
		policy_free(doc);
	}
	policy_source_free(&src);
	return code;
}

int cmd_install(int argc, char **argv)
{
	return run(argc, argv, install_usage, "installed", install_policy);
}

int cmd_reload(int argc, char **argv)
{
	return run(argc, argv, reload_usage, "reloaded", install_reload);
}

int cmd_upgrade(int argc, char **argv)
{
	return run(argc, argv, upgrade_usage, "upgraded to bpfseal " BPFSEAL_VERSION, upgrade_policy);
}
