// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * install.c - puts a policy into the kernel, takes it out, changes its mode.
 *
 * Everything that can fail comes first; the single map update that puts the
 * policy into force comes last. See pins.h for what a crash leaves behind.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "bpfseal.h"
#include "attach.h"
#include "authority.h"
#include "compat.h"
#include "diag.h"
#include "install.h"
#include "measure.h"
#include "objects.h"
#include "pins.h"
#include "prepare.h"
#include "seal.h"
#include "selftest.h"
#include "store.h"
#include "upgrade.h"

static int pin_error(const char *name, int err)
{
	diag_error("cannot pin %s in %s: %s", name, pins_dir(), strerror(-err));
	return err;
}

static int pin(int fd, const char *name)
{
	char path[PIN_PATH_LEN];

	if (fd < 0)
		return pin_error(name, fd);
	pins_path(path, name);
	return bpf_obj_pin(fd, path) < 0 ? pin_error(name, -errno) : 0;
}

static int attach_link(int prog, const char *name)
{
	int link, err;

	link = prog < 0 ? prog : bpf_raw_tracepoint_open(NULL, prog);
	if (link < 0) {
		err = prog < 0 ? prog : -errno;
		diag_error("cannot attach the program %s: %s", name, strerror(-err));
		return err;
	}
	err = pin(link, name);
	close(link);
	return err;
}

static int pin_one(const struct objects *objects, const struct pin *p, const struct probe *probe)
{
	switch (p->kind) {
	case PIN_LINK:
		return attach_link(objects_prog(objects, compat_program(probe, p->name)), p->name);
	case PIN_AT_TIMES:
		return pin(objects_prog(objects, PIN_MEASURE), p->name);
	default:
		return pin(objects_prog(objects, p->name), p->name);
	}
}

static int pin_all(const struct objects *objects, const struct probe *probe)
{
	unsigned int n;
	const struct pin *pins = pins_list(&n);
	int err = 0;

	if (mkdir(pins_dir(), 0700) < 0)
		return pin_error("the directory", -errno);
	/* From here on only programs write to it. */
	if (bpf_map_freeze(objects_map(objects, "events")))
		return pin_error("the events", -errno);
	for (unsigned int i = 0; i < n && !err; i++)
		err = pin_one(objects, &pins[i], probe);
	return err;
}

int install_programs(const struct prepared *prepared, struct objects **out)
{
	struct objects *objects;
	int err;

	err = objects_load(&prepared->probe.proof, prepared->signers, prepared->n_signers, &objects);
	if (err)
		return err;
	err = pin_all(objects, &prepared->probe);
	if (!err)
		err = attach_kind(PIN_HOOK);
	if (!err && rules_ask(&prepared->table->rules, BPFSEAL_F_EXE_DIGEST))
		err = measure_begin();
	if (!err) {
		*out = objects;
		return 0;
	}
	pins_remove();
	objects_close(objects);
	return err;
}

/* It is stored for the next boot when it has shown that it works. */
static int put_into_force(const struct policy_doc *doc, struct prepared *prepared)
{
	struct objects *objects;
	int control, err;

	err = install_programs(prepared, &objects);
	if (err)
		return err;
	control = objects_prog(objects, "control");
	err = control_switch(control, prepared->table, &prepared->keys);
	if (err) {
		diag_error("cannot put the policy into force: %s", strerror(-err));
	} else {
		err = prepare_confirm(doc->mode);
		if (!err && prepared->store)
			err = store_commit(prepared->store);
		/* Cut short, the removal leaves nothing that denies by halves. */
		if (err)
			control_mode(control, BPFSEAL_PERMISSIVE);
	}
	if (err)
		pins_remove();
	objects_close(objects);
	return err;
}

static int clear_unfinished(void)
{
	enum pin_state state;
	int err;

	err = pins_state(&state);
	if (err) {
		diag_error("cannot read %s: %s", PIN_DIR, strerror(-err));
		return err;
	}
	if (state == PIN_INSTALLED) {
		diag_error("a policy is installed already");
		diag_hint("put this one in its place: bpfseal reload POLICY.yaml");
		return -EEXIST;
	}
	if (state == PIN_FOREIGN)
		return pins_refuse_foreign();
	if (state == PIN_DAMAGED) {
		diag_error("a policy is installed, but damaged");
		diag_hint("remove what is left of it first: bpfseal uninstall");
		return -EUCLEAN;
	}
	if (state == PIN_ABSENT)
		return 0;
	diag_warn("replacing an unfinished installation");
	err = pins_remove();
	if (err)
		diag_error("cannot remove %s: %s", PIN_DIR, strerror(-err));
	return err;
}

static int install_admitted(const struct policy_source *src, const struct policy_doc *doc)
{
	struct prepared prepared = {};
	int err;

	err = prepare_certificates(doc, src, &prepared);
	if (!err)
		err = clear_unfinished();
	if (!err)
		err = prepare_policy(doc, src, NULL, &prepared);
	if (!err)
		err = put_into_force(doc, &prepared);
	prepare_free(&prepared);
	return err;
}

/* The policy in force has a say in what follows it. */
static int admit_first(const struct policy_source *src, struct policy_doc **doc)
{
	struct bpfseal_policy *running = NULL;
	int err;

	err = prepare_running(&running);
	if (!err || err == -ENOENT)
		err = authority_admit("", src, running, time(NULL), doc);
	free(running);
	return err;
}

int install_policy(const struct policy_source *src, struct policy_doc **out)
{
	struct policy_doc *doc;
	int err;

	err = pins_check_bpffs();
	if (!err)
		err = admit_first(src, &doc);
	if (err)
		return err;
	err = install_admitted(src, doc);
	if (err)
		policy_free(doc);
	else
		*out = doc;
	return err;
}

int install_alone(install_fn install, const struct policy_source *src, struct policy_doc **doc)
{
	int err, lock;

	err = pins_lock(&lock);
	if (err)
		return err;
	err = install(src, doc);
	close(lock);
	return err;
}

static int switch_mode(enum bpfseal_mode mode)
{
	struct bpfseal_policy policy;
	int err, control;

	err = report_policy(&policy);
	if (err)
		return err;
	if (mode == BPFSEAL_ENFORCING && policy.default_allow) {
		diag_error("the policy allows by default what nothing decides, which is for permissive mode");
		diag_hint("change \"default\" to deny and reload the policy");
		return -EINVAL;
	}
	control = control_open();
	if (control < 0)
		return control;
	err = control_mode(control, mode);
	close(control);
	return err;
}

int install_mode(enum policy_mode mode)
{
	int err, lock;

	err = pins_lock(&lock);
	if (err)
		return err;
	err = seal_refuse();
	if (!err)
		err = pins_require_installed();
	if (err)
		goto out;
	err = switch_mode(mode == POLICY_PERMISSIVE ? BPFSEAL_PERMISSIVE : BPFSEAL_ENFORCING);
	if (err)
		diag_error("cannot change the mode: %s", strerror(-err));
	else
		err = prepare_confirm(mode);
out:
	close(lock);
	return err;
}

/* Boot is not to bring back what is being removed. */
static int forget_stored(bool *had_one)
{
	struct store_change *store = NULL;
	int err;

	err = store_begin_removal("", &store);
	*had_one = err != -ENOENT;
	if (!err)
		err = store_commit(store);
	store_end(store);
	if (!*had_one)
		return 0;
	if (err)
		diag_hint("'bpfseal uninstall --keep' leaves the stored policy alone");
	return err;
}

static int remove_installed(enum pin_state state)
{
	int err = 0;

	/* Nobody but its own version knows where another's mode stands. */
	if (state != PIN_UNFINISHED && state != PIN_FOREIGN)
		err = switch_mode(BPFSEAL_PERMISSIVE);
	if (!err || state == PIN_DAMAGED)
		err = pins_remove();
	if (err)
		diag_error("cannot remove the policy: %s", strerror(-err));
	else if (selftest_wait_gone())
		diag_warn("the policy is gone, but an unsigned program still doesn't load");
	return err;
}

int install_remove(bool keep_stored)
{
	bool had_stored = false;
	enum pin_state state;
	int err, lock;

	err = pins_lock(&lock);
	if (err)
		return err;
	err = seal_refuse();
	if (err)
		goto out;
	err = seal_undo();
	if (err) {
		diag_error("cannot take back a seal that was cut short: %s", strerror(-err));
		goto out;
	}
	err = upgrade_clear();
	if (err)
		goto out;
	err = pins_state(&state);
	if (err)
		diag_error("cannot read %s: %s", PIN_DIR, strerror(-err));
	else if (!keep_stored)
		err = forget_stored(&had_stored);
	if (!err && state != PIN_ABSENT) {
		err = remove_installed(state);
	} else if (!err && !had_stored) {
		diag_error("no policy is installed");
		err = -ENOENT;
	}
out:
	close(lock);
	return err;
}
