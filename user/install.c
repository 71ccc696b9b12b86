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
#include <bpf/libbpf.h>

#include "bpfseal.h"
#include "bpfseal.skel.h"
#include "attach.h"
#include "authority.h"
#include "compat.h"
#include "diag.h"
#include "install.h"
#include "measure.h"
#include "pins.h"
#include "prepare.h"
#include "seal.h"
#include "selftest.h"
#include "store.h"

#define LOG_END 1500

/* What libbpf says when a program is refused; of a long log the end tells why. */
static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	char *text = NULL, *line, *rest;
	size_t len;

	if (level != LIBBPF_WARN || vasprintf(&text, format, args) < 0)
		return 0;
	len = strlen(text);
	rest = len > LOG_END ? text + len - LOG_END : text;
	while ((line = strsep(&rest, "\n")))
		if (*line)
			diag_hint("%s", diag_quote(line).s);
	free(text);
	return 0;
}

static int pin_error(const char *name, int err)
{
	diag_error("cannot pin %s in %s: %s", name, PIN_DIR, strerror(-err));
	return err;
}

/* Those that no link holds, or not always. */
static int pin_programs(struct bpfseal *skel)
{
	char path[sizeof(PIN_DIR) + 32];
	struct bpf_program *prog;
	unsigned int n;
	const struct pin *pins = pins_list(&n);
	int err;

	for (unsigned int i = 0; i < n; i++) {
		if (pins[i].kind == PIN_LINK || pins[i].kind == PIN_AT_TIMES)
			continue;
		prog = bpf_object__find_program_by_name(skel->obj, pins[i].name);
		snprintf(path, sizeof(path), PIN_DIR "/%s", pins[i].name);
		err = bpf_program__pin(prog, path);
		if (err)
			return pin_error(pins[i].name, err);
	}
	return measure_pin(skel->progs.measure);
}

static int pin_link(const struct bpf_prog_skeleton *prog)
{
	char path[sizeof(PIN_DIR) + 32];
	int err;

	snprintf(path, sizeof(path), PIN_DIR "/%s", compat_pin_name(prog->name));
	if (!*prog->link)
		return 0;	/* not chosen for this kernel, or not to be attached yet */
	err = bpf_link__pin(*prog->link, path);
	return err ? pin_error(prog->name, err) : 0;
}

/* Entries are as long as the skeleton says, which may be less than libbpf's struct. */
static int pin_all(struct bpfseal *skel)
{
	const struct bpf_object_skeleton *s = skel->skeleton;
	int i, err;

	if (mkdir(PIN_DIR, 0700) < 0)
		return pin_error("the directory", -errno);
	/* From here on only programs write to it. */
	if (bpf_map_freeze(bpf_map__fd(skel->maps.events)))
		return pin_error("the events", -errno);
	for (i = 0; i < s->prog_cnt; i++) {
		err = pin_link((void *)((char *)s->progs + i * s->prog_skel_sz));
		if (err)
			return err;
	}
	return pin_programs(skel);
}

static int choose(struct bpfseal *skel, const struct probe *probe)
{
	bpf_program__set_autoattach(skel->progs.measure, false);
	bpf_program__set_autoattach(skel->progs.inventory, false);
	bpf_program__set_autoattach(skel->progs.audit, false);
	return compat_choose(skel, probe);
}

static int attach_and_pin(const struct prepared *prepared, struct bpfseal **out)
{
	struct bpfseal *skel;
	int err;

	libbpf_set_print(print_libbpf);
	skel = bpfseal__open();
	if (!skel)
		return -errno;
	err = choose(skel, &prepared->probe);
	if (!err)
		err = bpfseal__load(skel);
	if (err) {
		diag_error("the kernel doesn't take the policy programs: %s", strerror(-err));
		goto out;
	}
	err = bpfseal__attach(skel);
	if (err) {
		diag_error("cannot attach the policy programs: %s", strerror(-err));
		goto out;
	}
	err = pin_all(skel);
	if (!err)
		err = attach_kind(PIN_HOOK);
	if (!err && rules_ask(&prepared->table->rules, BPFSEAL_F_EXE_DIGEST))
		err = measure_begin();
	if (err) {
		pins_remove();
		goto out;
	}
	*out = skel;
	return 0;
out:
	bpfseal__destroy(skel);
	return err;
}

/* It is stored for the next boot when it has shown that it works. */
static int put_into_force(const struct policy_doc *doc, struct prepared *prepared)
{
	struct bpfseal *skel;
	int control, err;

	err = attach_and_pin(prepared, &skel);
	if (err)
		return err;
	control = bpf_program__fd(skel->progs.control);
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
	bpfseal__destroy(skel);
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
	int err, lock = -1;

	err = prepare_root();
	if (!err)
		err = pins_check_bpffs();
	if (!err)
		err = pins_lock(&lock);
	if (err)
		return err;
	err = admit_first(src, &doc);
	if (!err) {
		err = install_admitted(src, doc);
		if (err)
			policy_free(doc);
		else
			*out = doc;
	}
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

	err = prepare_root();
	if (!err)
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

	err = prepare_root();
	if (!err)
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
