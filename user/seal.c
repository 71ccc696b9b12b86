// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * seal.c - puts a policy out of root's reach until reboot.
 *
 * What only tracks is held by links, and those by pins. For these a bpffs of its own is
 * made, filled and made read-only; it is mounted over PIN_DIR, and once more on a
 * directory of its own, which is what its life hangs from: what is unmounted elsewhere
 * reaches a mount through the mount that it is on, and nothing reaches one that is
 * private.
 */
#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "attach.h"
#include "diag.h"
#include "iterate.h"
#include "measure.h"
#include "pins.h"

#define ANCHOR "anchor"

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

/* --- the file system of the pins --------------------------------------------------- */

static int make_fs(int *out)
{
	int fs, mount = -1, err = 0;

	fs = fsopen("bpf", FSOPEN_CLOEXEC);
	if (fs < 0)
		return -errno;
	if (fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0700", 0) < 0 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ||
	    (mount = fsmount(fs, FSMOUNT_CLOEXEC, 0)) < 0)
		err = -errno;
	close(fs);
	if (!err)
		*out = mount;
	return err;
}

static int pin_there(int fs, const char *name)
{
	LIBBPF_OPTS(bpf_obj_pin_opts, opts, .path_fd = fs, .file_flags = BPF_F_PATH_FD);
	int fd = pins_open(name), err = 0;

	if (fd < 0)
		return fd;
	if (bpf_obj_pin_opts(fd, name, &opts) < 0)
		err = -errno;
	close(fd);
	return err;
}

static int fill_fs(int fs)
{
	unsigned int n;
	const struct pin *pins = pins_list(&n);
	int err;

	err = mkdirat(fs, ANCHOR, 0700) < 0 ? -errno : 0;
	for (unsigned int i = 0; i < n && !err; i++)
		if (pins_stays(pins[i].kind))
			err = pin_there(fs, pins[i].name);
	return err ? err : pin_there(fs, PIN_MEASURE);
}

static int make_read_only(int fs)
{
	int picked = fspick(fs, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC), err = 0;

	if (picked < 0)
		return -errno;
	if (fsconfig(picked, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0 ||
	    fsconfig(picked, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0)
		err = -errno;
	close(picked);
	return err;
}

static int mount_on(int mount, const char *path)
{
	struct mount_attr private = { .propagation = MS_PRIVATE };

	if (move_mount(mount, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
	    mount_setattr(AT_FDCWD, path, 0, &private, sizeof(private)) < 0)
		return -errno;
	return 0;
}

static int mount_fs(int fs)
{
	int again, err;

	again = open_tree(fs, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (again < 0)
		return -errno;
	err = mount_on(fs, PIN_DIR);
	if (!err)
		err = mount_on(again, PIN_DIR "/" ANCHOR);
	close(again);
	return err;
}

static int unmount_fs(void)
{
	struct stat st, parent;

	if (stat(PIN_DIR, &st) < 0 || stat(PIN_PARENT, &parent) < 0 || st.st_dev == parent.st_dev)
		return 0;
	return umount2(PIN_DIR, MNT_DETACH) < 0 ? -errno : 0;
}

/* --- the audit ----------------------------------------------------------------------- */

static void print_held(const struct bpfseal_held *held)
{
	bool prog = held->kind == BPFSEAL_HELD_PROG;

	if (held->kind == BPFSEAL_OVERRULES) {
		diag_error("the program \"%.*s\", id %u, is older than the seal and could overrule the policy",
			   BPFSEAL_NAME_LEN, held->name, held->id);
		diag_hint("end what has it loaded: bpftool prog show id %u", held->id);
		return;
	}
	if (held->kind == BPFSEAL_ADDED) {
		diag_error("%u programs use the policy's maps, and %u are its own", held->id,
			   BPFSEAL_PROGRAMS);
		diag_hint("look for those that aren't: bpftool prog show");
		return;
	}
	if (held->kind == BPFSEAL_REFERRED) {
		diag_error("a map of maps, or something like it, refers to the policy's maps");
		diag_hint("look for it: bpftool map show");
		return;
	}
	diag_error("another process has the policy's %s \"%.*s\", id %u",
		   prog ? "program" : "map", BPFSEAL_NAME_LEN, held->name, held->id);
	diag_hint("find it with: grep -l '%s_id:.%u$' /proc/[0-9]*/fdinfo/*",
		  prog ? "prog" : "map", held->id);
}

/* Returns 0 also if somebody has something: the kernel knows. */
static int run_audit(int audit)
{
	struct bpfseal_held held;
	uint8_t *buf;
	size_t len;
	int err;

	err = iterate(audit, &buf, &len);
	if (err)
		return fail("run the audit", err);
	for (size_t i = 0; i + sizeof(held) <= len; i += sizeof(held)) {
		memcpy(&held, buf + i, sizeof(held));
		print_held(&held);
	}
	free(buf);
	return 0;
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
	err = make_fs(&s->fs);
	if (!err)
		err = fill_fs(s->fs);
	if (!err)
		err = make_read_only(s->fs);
	return err ? fail("make a bpffs for the pins", err) : 0;
}

static int close_seal(const struct sealing *s)
{
	struct stat st;
	int err;

	if (fstat(s->fs, &st) < 0)
		return -errno;
	err = run_audit(s->audit);	/* finds out what there is */
	if (!err)
		err = control_close(s->control, minor(st.st_dev), &s->authority);
	if (!err)
		err = drop_pins(s->old);
	if (err)
		return fail("begin to seal", err);
	err = mount_fs(s->fs);
	if (err)
		return fail("mount the pins at " PIN_DIR, err);
	err = run_audit(s->audit);
	if (!err)
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
		err = unmount_fs();
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
