// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reload.c - puts another policy in the place of the one in force.
 *
 * The hooks stay attached all the while, and each load is judged by one policy
 * only: see control.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "authority.h"
#include "diag.h"
#include "install.h"
#include "measure.h"
#include "pins.h"
#include "prepare.h"
#include "seal.h"

/* The copy for boot goes first: if it can't be had, nothing has changed. */
static int put_in_place(const struct policy_doc *doc, struct prepared *prepared)
{
	int control = -1, err;

	err = store_commit(prepared->store);
	if (err)
		return err;
	if (rules_ask(&prepared->table->rules, BPFSEAL_F_EXE_DIGEST))
		err = measure_begin();
	if (!err)
		err = control = control_open();
	if (control >= 0) {
		err = control_switch(control, prepared->table, &prepared->keys);
		close(control);
	}
	measure_settle();
	if (err) {
		store_revert(prepared->store);
		diag_error("cannot put the policy into force: %s", strerror(-err));
		diag_hint("the policy before it stays in force");
		return err;
	}
	return prepare_confirm(doc->mode);
}

static int reload_admitted(const struct policy_source *src, const struct policy_doc *doc,
			   const struct bpfseal_policy *running)
{
	struct prepared prepared = {};
	int err;

	err = prepare_certificates(doc, src, &prepared);
	if (!err)
		err = prepare_policy(doc, src, running, &prepared);
	if (!err)
		err = put_in_place(doc, &prepared);
	prepare_free(&prepared);
	return err;
}

static int reload_locked(const struct policy_source *src, struct policy_doc **out)
{
	struct bpfseal_policy *running;
	struct policy_doc *doc;
	int err;

	err = seal_refuse();
	if (!err)
		err = pins_require_installed();
	if (err)
		return err;
	err = prepare_running(&running);
	if (err)
		return err;
	err = authority_admit("", src, running, time(NULL), &doc);
	if (!err) {
		err = reload_admitted(src, doc, running);
		if (err)
			policy_free(doc);
		else
			*out = doc;
	}
	free(running);
	return err;
}

int install_reload(const struct policy_source *src, struct policy_doc **doc)
{
	int err, lock;

	err = prepare_root();
	if (!err)
		err = pins_lock(&lock);
	if (err)
		return err;
	err = reload_locked(src, doc);
	close(lock);
	return err;
}
