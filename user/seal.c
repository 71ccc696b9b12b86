// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * seal.c - puts a policy out of root's reach until reboot.
 *
 * What only tracks is held by links, and those by pins. For these a bpffs of its own is
 * made, and mounted over PIN_DIR: see seal_fs.c.
 */
#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "attach.h"
#include "audit.h"
#include "diag.h"
#include "measure.h"
#include "pins.h"
#include "seal_fs.h"

/**
 * struct sealing - what it takes
 * @old: the directory with the pins that there were
 * @fs: the root of the new file system, mounted nowhere yet
 * @control, @audit: the programs
 * @authority: whose policies can follow
 */
struct sealing {
	int old;
	int fs;
	int control;
	int audit;
	struct bpfseal_signer authority;
};

static int fail(const char *what, int err)
{
	diag_error("cannot %s: %s", what, strerror(-err));
	return err;
}

/* --- sealing ------------------------------------------------------------------------- */

/* Programs of which only what attaches them is to be left. */
static int drop_pins(int dir)
{
	unsigned int n;
	const struct pin *pins = pins_list(&n);
	int err = 0;

	for (unsigned int i = 0; i < n; i++)
		if (!pins_stays(pins[i].kind) && unlinkat(dir, pins[i].name, 0) < 0 && errno != ENOENT)
			err = -errno;
	return err;
}

/* What stands below the new file system now. */
static void drop_rest(int dir)
{
	unsigned int n;
	const struct pin *pins = pins_list(&n);

	for (unsigned int i = 0; i < n; i++)
		unlinkat(dir, pins[i].name, 0);
	unlinkat(dir, PIN_MEASURE, 0);
}

static int prepare_seal(struct sealing *s)
{
	int err = seal_authority(&s->authority);

	if (err)
		return err;
	s->old = open(PIN_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->old < 0)
		return fail("open " PIN_DIR, -errno);
	err = s->control = pins_open("control");
	if (err >= 0)
		err = s->audit = pins_open("audit");
	if (err >= 0)
		err = measure_begin();
	if (!err)
		err = attach_kind(PIN_GUARD);
	if (err < 0)
		return fail("prepare the seal", err);
	err = seal_fs_make(&s->fs);
	return err ? fail("make a bpffs for the pins", err) : 0;
}

static int close_seal(const struct sealing *s)
{
	struct stat st;
	int err;

	if (fstat(s->fs, &st) < 0)
		return -errno;
	err = audit_run(s->audit);	/* finds out what there is */
	if (err >= 0)
		err = control_close(s->control, minor(st.st_dev), &s->authority);
	if (!err)
		err = drop_pins(s->old);
	if (err)
		return fail("begin to seal", err);
	err = seal_fs_mount(s->fs);
	if (err)
		return fail("mount the pins at " PIN_DIR, err);
	err = audit_run(s->audit);	/* what it finds the kernel knows */
	if (err >= 0)
		err = control_seal(s->control, BPFSEAL_SEAL);
	if (err == -EBUSY)
		diag_error("not sealed: who has one of the policy's objects could still change it");
	return err;
}

static void close_all(struct sealing *s)
{
	const int fds[] = { s->old, s->fs, s->control, s->audit };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

int seal_undo(void)
{
	struct bpfseal_state state;
	int control, err;

	err = report_state(&state);
	if (err || state.seal == BPFSEAL_OPEN)
		return 0;
	control = pins_open("control");
	if (control < 0)
		return control;
	err = control_seal(control, BPFSEAL_REOPEN);
	close(control);
	if (!err)
		err = seal_fs_unmount(PIN_DIR);
	if (!err)
		err = attach_pin_again();
	if (!err)
		err = measure_pin_again();
	if (!err)
		measure_settle();
	return err;
}

bool seal_is_closed(void)
{
	struct bpfseal_state state;

	return !report_state(&state) && state.seal == BPFSEAL_CLOSED;
}

bool seal_has_authority(void)
{
	struct bpfseal_state state;

	return !report_state(&state) && state.seal == BPFSEAL_CLOSED && state.authority.serial;
}

int seal_refuse(void)
{
	if (!seal_is_closed())
		return 0;
	return diag_refuse(-EPERM, "the policy is sealed: nothing changes it before a reboot",
			   "it can be looked at with 'bpfseal status' and 'bpfseal events'");
}

int seal(void)
{
	struct sealing s = { -1, -1, -1, -1, {} };
	int err;

	if (seal_is_closed())
		return -EALREADY;
	err = pins_require_installed();
	if (!err)
		err = prepare_seal(&s);
	if (!err) {
		err = close_seal(&s);
		if (err)
			seal_undo();
		else
			drop_rest(s.old);
	}
	close_all(&s);
	return err;
}

int seal_begin(int *lock)
{
	int err = pins_lock(lock);

	if (err)
		return err;
	err = seal_undo();
	if (err) {
		fail("take back what a seal that was cut short has left", err);
		close(*lock);
	}
	return err;
}
