// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * seal_fs.c - the file system that holds the pins of a sealed policy.
 *
 * It is filled and made read-only before it is mounted: over pins_dir(), and once more on
 * a directory of its own, which is what its life hangs from. What is unmounted elsewhere
 * reaches a mount through the mount that it is on, and nothing reaches one that is private.
 */
#include "seal_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "pins.h"

#define ANCHOR "anchor"

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

int seal_fs_make(int *out)
{
	int fs = -1, err;

	err = make_fs(&fs);
	if (err)
		return err;
	err = fill_fs(fs);
	if (!err)
		err = make_read_only(fs);
	if (err)
		close(fs);
	else
		*out = fs;
	return err;
}

int seal_fs_mount(int fs)
{
	char anchor[PIN_PATH_LEN];
	int again, err;

	again = open_tree(fs, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (again < 0)
		return -errno;
	pins_path(anchor, ANCHOR);
	err = mount_on(fs, pins_dir());
	if (!err)
		err = mount_on(again, anchor);
	close(again);
	return err;
}

int seal_fs_unmount(const char *dir)
{
	struct stat st, parent;

	if (stat(dir, &st) < 0 || stat(PIN_PARENT, &parent) < 0 || st.st_dev == parent.st_dev)
		return 0;
	return umount2(dir, MNT_DETACH) < 0 ? -errno : 0;
}

