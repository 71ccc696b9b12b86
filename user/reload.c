// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reload.c - puts another policy in the place of the one in force.
 *
 * The hooks stay attached all the while, and each load is judged by one policy
 * only: see switch.h.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "install.h"
#include "pins.h"
#include "prepare.h"

static int put_in_place(const struct policy_doc *doc, struct prepared *prepared)
{
	struct switch_maps maps;
	int err;

	err = switch_open(&maps);
	if (!err) {
		err = switch_to(&maps, prepared->table, &prepared->keys);
		switch_close(&maps);
	}
	if (err) {
		diag_error("cannot put the policy into force: %s", strerror(-err));
		diag_hint("the policy before it stays in force");
		return err;
	}
	return prepare_confirm(doc->mode);
}

static int reload_locked(const struct policy_doc *doc, const char *path)
{
	struct prepared prepared = {};
	struct bpfseal_policy running;
	int err;

	err = pins_require_installed();
	if (err)
		return err;
	err = pins_policy_read(&running);
	if (err) {
		diag_error("cannot read the policy in force: %s", strerror(-err));
		return err;
	}
	err = prepare_certificates(doc, path, &prepared);
	if (!err)
		err = prepare_policy(doc, &running, &prepared);
	if (!err)
		err = put_in_place(doc, &prepared);
	prepare_free(&prepared);
	return err;
}

int install_reload(const struct policy_doc *doc, const char *path)
{
	int err, lock;

	err = prepare_root();
	if (!err)
		err = pins_lock(&lock);
	if (err)
		return err;
	err = reload_locked(doc, path);
	close(lock);
	return err;
}
