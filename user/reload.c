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

static int take_place(const struct prepared *prepared)
{
	int control = -1, err = 0;

	if (rules_ask(&prepared->table->rules, BPFSEAL_F_EXE_DIGEST))
		err = measure_begin();
	if (!err)
		err = control = control_open();
	if (control >= 0) {
		err = control_switch(control, prepared->table, &prepared->keys);
		close(control);
	}
	measure_settle();
	return err;
}

static const char *kernel_says(int err)
{
	switch (err) {
	case -EKEYREJECTED:
	case -EBADMSG:
		return "the kernel finds that the authority's signature doesn't match the policy";
	case -ENOKEY:
		return "the kernel finds that the signature isn't that of the authority it was sealed under";
	case -EKEYEXPIRED:
		return "the authority's certificate has expired";
	default:
		return strerror(-err);
	}
}

/* What measures is attached for as long as the seal lasts. */
static int follow_sealed(const struct prepared *prepared, const struct policy_source *src)
{
	uint8_t *sig;
	size_t len;
	int control, err;

	err = policy_source_read_kernel(src, &sig, &len);
	if (err)
		return err;
	err = control = control_open();
	if (control >= 0) {
		err = control_follow(control, prepared->table, &prepared->keys, sig, len);
		close(control);
	}
	free(sig);
	return err;
}

/* The copy for boot goes first: if it can't be had, nothing has changed. */
static int put_in_place(const struct policy_source *src, const struct policy_doc *doc,
			struct prepared *prepared, bool sealed)
{
	int err;

	err = store_commit(prepared->store);
	if (err)
		return err;
	err = sealed ? follow_sealed(prepared, src) : take_place(prepared);
	if (err) {
		store_revert(prepared->store);
		diag_error("cannot put the policy into force: %s", kernel_says(err));
		diag_hint("the policy before it stays in force");
		return err;
	}
	return prepare_confirm(doc->mode);
}

static int refuse_permissive(const struct policy_source *src)
{
	diag_error("policy %s is permissive, and the one in force is sealed until reboot",
		   diag_quote(src->path).s);
	diag_hint("let it say 'mode: enforcing'");
	return -EINVAL;
}

static int reload_admitted(const struct policy_source *src, const struct policy_doc *doc,
			   const struct bpfseal_policy *running)
{
	bool sealed = running->mode == BPFSEAL_SEALED;
	struct prepared prepared = {};
	int err;

	if (sealed && doc->mode == POLICY_PERMISSIVE)
		return refuse_permissive(src);
	err = prepare_certificates(doc, src, &prepared);
	if (!err)
		err = prepare_policy(doc, src, running, &prepared);
	if (!err)
		err = put_in_place(src, doc, &prepared, sealed);
	prepare_free(&prepared);
	return err;
}

int install_reload(const struct policy_source *src, struct policy_doc **out)
{
	struct bpfseal_policy *running;
	struct policy_doc *doc;
	int err;

	err = seal_has_authority() ? 0 : seal_refuse();
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
