// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_restore.c - bpfseal restore: what the service runs at boot.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "control.h"
#include "diag.h"
#include "install.h"
#include "pins.h"
#include "store.h"

#define OPTION "bpfseal=recover"

static const char usage[] =
	"usage: bpfseal restore\n"
	"\n"
	"Installs the policy that was installed last, from the copy in " STORE_DIR ".\n"
	"If there is a policy authority, its signature is checked again. Does nothing\n"
	"if a policy is in force, or none is stored.\n"
	"\n"
	"A policy with 'mode: sealed' is sealed. If the kernel was booted with the option\n"
	OPTION " the policy is permissive instead, and that is recorded.\n";

/* Is it among the options that the kernel was booted with? */
static bool asked_to_recover(void)
{
	char *line = NULL, *rest, *option;
	size_t room = 0;
	bool found = false;
	FILE *f = fopen("/proc/cmdline", "re");

	if (!f)
		return false;
	if (getline(&line, &room, f) > 0) {
		rest = line;
		while (!found && (option = strsep(&rest, " \n")))
			found = !strcmp(option, OPTION);
	}
	free(line);
	fclose(f);
	return found;
}

static int record_recovery(void)
{
	int control = control_open(), err;

	if (control < 0)
		return control;
	err = control_recovery(control);
	close(control);
	if (err)
		diag_error("cannot record the recovery: %s", strerror(-err));
	return err;
}

static int finish(const struct policy_doc *doc, bool recover)
{
	printf("restored: %s, version %u, %s\n", doc->name ? doc->name : "policy", doc->version,
	       recover ? "permissive" :
	       policy_mode_name(doc->mode == POLICY_SEALED ? POLICY_ENFORCING : doc->mode));
	if (recover) {
		diag_warn("the policy is permissive: the kernel was booted with \"" OPTION "\"");
		return record_recovery();
	}
	/* Nobody is there to ask, and what stands in the way was there when it was installed. */
	if (doc->mode == POLICY_SEALED && cmd_seal_policy(true))
		return -EIO;
	return 0;
}

static int install_stored(void)
{
	bool recover = asked_to_recover();
	struct policy_source src;
	struct policy_doc *doc;
	int err;

	err = store_open("", &src);
	if (err == -ENOENT) {
		puts("no policy is stored: there is nothing to restore");
		return 0;
	}
	if (err)
		return err;
	src.recover = recover;
	err = install_alone(install_policy, &src, &doc);
	if (!err) {
		err = finish(doc, recover);
		policy_free(doc);
	}
	policy_source_free(&src);
	return err;
}

static int restore(void)
{
	enum pin_state state;
	int err;

	err = pins_state(&state);
	if (err) {
		diag_error("cannot read %s: %s", PIN_DIR, strerror(-err));
		return err;
	}
	if (state == PIN_INSTALLED) {
		puts("a policy is in force: there is nothing to restore");
		return 0;
	}
	return install_stored();
}

int cmd_restore(int argc, char **argv)
{
	char **none;
	int code;

	code = cmd_arguments(argc, argv, usage, 0, &none);
	if (code != CMD_GO_ON)
		return code;
	return diag_exit(restore());
}
