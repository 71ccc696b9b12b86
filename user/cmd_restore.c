// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_restore.c - bpfseal restore: what the service runs at boot.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "diag.h"
#include "install.h"
#include "pins.h"
#include "store.h"

static const char usage[] =
	"usage: bpfseal restore\n"
	"\n"
	"Installs the policy that was installed last, from the copy in " STORE_DIR ".\n"
	"If there is a policy authority, its signature is checked again. Does nothing\n"
	"if a policy is in force, or none is stored.\n";

static int install_stored(void)
{
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
	err = install_policy(&src, &doc);
	if (!err) {
		printf("restored: %s, version %u, %s\n", doc->name ? doc->name : "policy",
		       doc->version, policy_mode_name(doc->mode));
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
