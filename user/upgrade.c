// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * upgrade.c - puts this bpfseal's programs in the place of those in the kernel.
 *
 * The new ones are attached beside the old ones and get their policy, so that both
 * decide. Then the directories of their pins change places, in one step, and the old ones
 * are detached. Cut short, it leaves programs that decide more, never less.
 */
#include "upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "authority.h"
#include "diag.h"
#include "install.h"
#include "objects.h"
#include "pins.h"
#include "takeover.h"

int upgrade_told(struct bpfseal_handover *out)
{
	struct bpfseal_upgrade u = { .op = BPFSEAL_UPGRADE_TELL };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &u, .ctx_size_in = sizeof(u));
	int prog = pins_open("upgrade"), err;

	if (prog < 0)
		return prog;
	err = bpf_prog_test_run_opts(prog, &opts) < 0 ? -errno : (int)opts.retval;
	close(prog);
	if (!err)
		*out = u.handover;
	return err;
}

int upgrade_clear(void)
{
	struct stat st;
	int err;

	if (stat(PIN_NEXT, &st) < 0 && errno == ENOENT)
		return 0;
	pins_use(PIN_NEXT);
	err = pins_remove();
	pins_use(PIN_DIR);
	if (err)
		diag_error("cannot remove what an upgrade that was cut short has left in %s: %s",
			   PIN_NEXT, strerror(-err));
	return err;
}

/* --- a policy that isn't sealed ----------------------------------------------------- */

static int install_next(struct prepared *prepared)
{
	struct objects *objects;
	int err;

	pins_use(PIN_NEXT);
	err = install_programs(prepared, &objects);
	if (!err) {
		err = control_switch(objects_prog(objects, "control"), prepared->table,
				     &prepared->keys);
		if (err)
			diag_error("cannot put the policy into force: %s", strerror(-err));
		objects_close(objects);
	}
	pins_use(PIN_DIR);
	return err;
}

static int change_places(void)
{
	if (renameat2(AT_FDCWD, PIN_NEXT, AT_FDCWD, PIN_DIR, RENAME_EXCHANGE) == 0)
		return 0;
	diag_error("cannot let %s and %s change places: %s", PIN_NEXT, PIN_DIR, strerror(errno));
	return -errno;
}

/* The copy for boot goes first: if it can't be had, nothing has changed. */
static int upgrade_open(const struct policy_doc *doc, struct prepared *prepared)
{
	int err;

	err = install_next(prepared);
	if (!err)
		err = store_commit(prepared->store);
	if (!err) {
		err = change_places();
		if (!err) {
			err = prepare_confirm(doc->mode);
			if (err)
				change_places();
		}
		if (err)
			store_revert(prepared->store);
	}
	if (err)
		diag_hint("the programs before these stay in force");
	if (upgrade_clear() && !err)
		diag_hint("the programs before these still decide, too; 'bpfseal upgrade' tries once more");
	return err;
}

/* --- any -------------------------------------------------------------------------------- */

static int check_installed(void)
{
	enum pin_state state;
	int err;

	err = pins_state(&state);
	if (!err && state == PIN_FOREIGN)
		return 0;
	return pins_require_installed();
}

/* What an upgrade that was cut short has left comes first. */
static int take_up(void)
{
	struct bpfseal_handover told;
	int err;

	err = upgrade_told(&told);
	if (err || !told.sealed)
		return check_installed();
	err = takeover_resume();
	if (err)
		diag_error("cannot clear up what an upgrade that was cut short has left: %s",
			   strerror(-err));
	return err;
}

/* Of another version's policy that is all there is. */
static void fill_in(const struct bpfseal_handover *told, struct bpfseal_policy *out)
{
	*out = (struct bpfseal_policy){
		.abi = BPFSEAL_ABI, .version = told->version,
		.mode = told->sealed ? BPFSEAL_SEALED : BPFSEAL_ENFORCING,
	};
	memcpy(out->authority, told->certificate, sizeof(out->authority));
	memcpy(out->serials, told->serials, sizeof(out->serials));
	memcpy(out->fingerprints, told->fingerprints, sizeof(out->fingerprints));
}

static int read_running(const struct bpfseal_handover *told, struct bpfseal_policy **out)
{
	struct bpfseal_policy *p = malloc(sizeof(*p));
	int err = p ? report_policy(p) : -ENOMEM;

	if (err == -EPROTONOSUPPORT) {
		fill_in(told, p);
		err = 0;
	}
	if (!err) {
		*out = p;
		return 0;
	}
	free(p);
	diag_error("cannot read the policy in force: %s", strerror(-err));
	return err;
}

static int refuse_same(const struct policy_source *src, unsigned int version)
{
	diag_error("policy %s has version %u, as the sealed one in force", diag_quote(src->path).s,
		   version);
	diag_hint("programs come with a policy of a higher version");
	return -ESTALE;
}

static int upgrade_admitted(const struct policy_source *src, const struct policy_doc *doc,
			    const struct bpfseal_policy *running,
			    const struct bpfseal_handover *told)
{
	struct prepared prepared = {};
	int err;

	if (told && doc->version <= told->version)
		return refuse_same(src, doc->version);
	err = prepare_certificates(doc, src, &prepared);
	if (!err)
		err = prepare_policy(doc, src, running, &prepared);
	if (!err)
		err = told ? takeover(src, &prepared, told) : upgrade_open(doc, &prepared);
	if (!err && told)
		err = prepare_confirm(doc->mode);
	prepare_free(&prepared);
	return err;
}

int upgrade_policy(const struct policy_source *src, struct policy_doc **out)
{
	struct bpfseal_policy *running = NULL;
	struct bpfseal_handover told;
	struct policy_doc *doc;
	int err;

	err = take_up();
	if (!err) {
		err = upgrade_told(&told);
		if (err)
			diag_error("cannot ask the programs in force what they hand on: %s", strerror(-err));
	}
	if (!err && !told.sealed)
		err = upgrade_clear();
	if (!err)
		err = read_running(&told, &running);
	if (!err)
		err = authority_admit("", src, running, time(NULL), &doc);
	if (!err) {
		err = upgrade_admitted(src, doc, running, told.sealed ? &told : NULL);
		if (err)
			policy_free(doc);
		else
			*out = doc;
	}
	free(running);
	return err;
}
