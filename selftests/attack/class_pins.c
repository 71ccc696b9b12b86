// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * class_pins.c - class 8: the policy's pins, and the file system they are in.
 *
 * What changes a file there the kernel refuses by itself, as the file system is
 * read-only; that it stays so, and mounted where it is, is the policy's to see to.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"
#include "place.h"
#include "stand_in.h"

/* Each returns 0, or -1 with errno. */
static int fails_with(int err)
{
	errno = -err;
	return err ? -1 : 0;
}

/* --- pins ---------------------------------------------------------------------------- */

static int unlink_pin(void) { return unlink(stand_in_pin()); }
static int rename_pin(void) { return rename(stand_in_pin(), stand_in_new()); }
static int link_pin(void) { return link(stand_in_pin(), stand_in_new()); }
static int symlink_pin(void) { return symlink(stand_in_pin(), stand_in_new()); }
static int chmod_pin(void) { return chmod(stand_in_pin(), 0666); }
static int chown_pin(void) { return chown(stand_in_pin(), 1000, 1000); }
static int touch_pin(void) { return utimensat(AT_FDCWD, stand_in_pin(), NULL, 0); }
static int make_dir(void) { return mkdir(stand_in_new(), 0755); }

static int open_pin(void)
{
	return fails_with(attack_close(gate_open_pin(stand_in_pin())));
}

static int add_pin(void)
{
	const struct gate_map map = { .name = "other", .size = 8 };
	int fd = gate_map_make(&map), err = gate_pin(fd, stand_in_new());

	close(fd);
	return fails_with(err);
}

/* Another pin in its place. */
static int rename_over(void)
{
	return add_pin() ?: rename(stand_in_new(), stand_in_pin());
}

static int cover_pin(void)
{
	return mount("/dev/null", stand_in_pin(), NULL, MS_BIND, NULL);
}

/* --- its file system ------------------------------------------------------------------- */

static int remove_dir(void) { return rmdir(stand_in_dir()); }
static int remount(void) { return mount(NULL, stand_in_dir(), NULL, MS_REMOUNT, NULL); }
static int unmount(void) { return umount(stand_in_anchor()) ?: umount(stand_in_dir()); }
static int unmount_lazily(void) { return umount2(stand_in_dir(), MNT_DETACH); }
static int unmount_forced(void) { return umount2(stand_in_anchor(), MNT_FORCE); }
static int unmount_anchor(void) { return umount2(stand_in_anchor(), MNT_DETACH); }
static int unmount_parent(void) { return umount2(stand_in_parent(), MNT_DETACH); }
static int unmount_top(void) { return umount2(stand_in_top(), MNT_DETACH); }
static int unmount_parent_at_once(void) { return umount(stand_in_parent()); }
static int cover(void) { return mount("tmpfs", stand_in_dir(), "tmpfs", 0, NULL); }
static int cover_parent(void) { return mount("tmpfs", stand_in_parent(), "tmpfs", 0, NULL); }
static int cover_top(void) { return mount("tmpfs", stand_in_top(), "tmpfs", 0, NULL); }
static int cover_anchor(void) { return mount("tmpfs", stand_in_anchor(), "tmpfs", 0, NULL); }
static int share(void) { return mount(NULL, stand_in_dir(), NULL, MS_SHARED, NULL); }

static int rename_dir(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/attack_away", stand_in_parent());
	return rename(stand_in_dir(), path);
}

/* The kernel looks at the first flag, and not at the second. */
static int bind_over_parent(void)
{
	return mount("/tmp", stand_in_parent(), NULL, MS_BIND | MS_SHARED, NULL);
}

/* The first time only marks it. */
static int expire(void)
{
	umount2(stand_in_anchor(), MNT_EXPIRE);
	return umount2(stand_in_anchor(), MNT_EXPIRE);
}

static int reconfigure(void)
{
	int fs = fspick(AT_FDCWD, stand_in_dir(), 0);

	return fs < 0 || fsconfig(fs, FSCONFIG_SET_FLAG, "rw", NULL, 0) ||
	       fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) ? -1 : 0;
}

static int move(void)
{
	return move_mount(AT_FDCWD, stand_in_dir(), AT_FDCWD, stand_in_aside(), 0);
}

static int move_by_flag(void)
{
	return mount(stand_in_dir(), stand_in_aside(), NULL, MS_MOVE, NULL);
}

static int move_anchor(void)
{
	return move_mount(AT_FDCWD, stand_in_anchor(), AT_FDCWD, stand_in_aside(), 0);
}

static int move_anchor_by_flag(void)
{
	return mount(stand_in_anchor(), stand_in_aside(), NULL, MS_MOVE, NULL);
}

static int move_by_descriptor(void)
{
	int fd = open_tree(AT_FDCWD, stand_in_dir(), 0);

	return move_mount(fd, "", AT_FDCWD, stand_in_aside(), MOVE_MOUNT_F_EMPTY_PATH);
}

/* Another file system, on top of it or below it. */
static int put_there(const char *path, unsigned int flags)
{
	int fs = fsopen("tmpfs", 0), fd;

	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -1;
	fd = fsmount(fs, 0, 0);
	return fd < 0 ? -1 : move_mount(fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH | flags);
}

static int cover_by_move(void) { return put_there(stand_in_dir(), 0); }
static int cover_parent_by_move(void) { return put_there(stand_in_parent(), 0); }
static int put_beneath(void) { return put_there(stand_in_dir(), MOVE_MOUNT_BENEATH); }

/* --- by a descriptor from before the seal ------------------------------------------------ */

static int unlink_by_kept(void) { return unlinkat(stand_in_kept(), STAND_IN_PIN, 0); }

static int rename_by_kept(void)
{
	return renameat(stand_in_kept(), STAND_IN_PIN, stand_in_kept(), "attack_away");
}

static int open_by_kept(void)
{
	union bpf_attr attr = {};

	attr.pathname = (uintptr_t)STAND_IN_PIN;
	attr.file_flags = BPF_F_PATH_FD;
	attr.path_fd = stand_in_kept();
	return fails_with(attack_close(gate_bpf(BPF_OBJ_GET, &attr)));
}

/* --- by whom ---------------------------------------------------------------------------- */

static int here(const struct attack *attack)
{
	int (*use)(void) = attack->what;
	int err = stand_in_make();

	if (err)
		return err;
	err = use() ? -errno : 0;
	stand_in_remove();
	return err;
}

static int (*use_there)(void);

static int with_errno(void)
{
	return use_there() ? -errno : 0;
}

static int from_namespace(const struct attack *attack)
{
	const struct place place = { .namespaces = CLONE_NEWNS };
	int err = stand_in_make();

	use_there = attack->what;
	if (!err)
		err = place_load(&place, with_errno);
	stand_in_remove();
	return err;
}

#define ATTACK(name_, how, what_, ...) \
	{ .name = name_, .run = how, .what = what_, .want = __VA_ARGS__ }
#define READ_ONLY(name_, what_) \
	ATTACK(name_, here, what_, QUIET(-EROFS, "its file system is read-only")), \
	ATTACK(name_ ", other namespace", from_namespace, what_, \
	       QUIET(-EROFS, "its file system is read-only"))
#define KEPT(name_, what_) \
	ATTACK(name_, here, what_, QUIET(-ENOENT, "the directory is empty, and below another"))
#define MOUNTED(name_, what_) \
	ATTACK(name_, here, what_, REFUSED(-EBUSY, "the kernel keeps what is mounted on"))
#define GUARDED(name_, what_) \
	ATTACK(name_, here, what_, SEALED(BPFSEAL_HOOK_MOUNT)), \
	ATTACK(name_ ", other namespace", from_namespace, what_, SEALED(BPFSEAL_HOOK_MOUNT))
#define GUARDED_HERE(name_, what_) \
	ATTACK(name_, here, what_, SEALED(BPFSEAL_HOOK_MOUNT))

static const struct attack attacks[] = {
	READ_ONLY("pin unlinked", unlink_pin),
	READ_ONLY("pin renamed", rename_pin),
	READ_ONLY("pin linked", link_pin),
	READ_ONLY("pin linked symbolically", symlink_pin),
	READ_ONLY("pin's mode changed", chmod_pin),
	READ_ONLY("pin's owner changed", chown_pin),
	READ_ONLY("pin's times changed", touch_pin),
	READ_ONLY("pin opened to write", open_pin),
	READ_ONLY("pin added", add_pin),
	READ_ONLY("another pin over it", rename_over),
	READ_ONLY("directory made", make_dir),
	KEPT("pin unlinked by a kept directory", unlink_by_kept),
	KEPT("pin renamed by a kept directory", rename_by_kept),
	KEPT("pin opened by a kept directory", open_by_kept),
	GUARDED("file mounted over a pin", cover_pin),
	MOUNTED("directory removed", remove_dir),
	MOUNTED("directory renamed", rename_dir),
	GUARDED("remounted", remount),
	GUARDED("reconfigured by fsconfig()", reconfigure),
	GUARDED("unmounted", unmount),
	GUARDED("unmounted lazily", unmount_lazily),
	GUARDED("unmounted by force", unmount_forced),
	GUARDED("unmounted once it expires", expire),
	GUARDED("its second mount unmounted lazily", unmount_anchor),
	GUARDED_HERE("unmounted by its parent, lazily", unmount_parent),
	GUARDED_HERE("unmounted by what that is on, lazily", unmount_top),
	MOUNTED("unmounted by its parent", unmount_parent_at_once),
	GUARDED("mounted over", cover),
	GUARDED_HERE("its parent mounted over", cover_parent),
	GUARDED_HERE("its parent mounted over by move_mount()", cover_parent_by_move),
	GUARDED_HERE("its parent bound over, as if to share", bind_over_parent),
	GUARDED_HERE("what that is on mounted over", cover_top),
	GUARDED("its second mount mounted over", cover_anchor),
	GUARDED("mounted over by move_mount()", cover_by_move),
	GUARDED("another one put beneath", put_beneath),
	GUARDED("moved by move_mount()", move),
	GUARDED("moved by a descriptor", move_by_descriptor),
	GUARDED_HERE("moved by mount()", move_by_flag),
	GUARDED("its second mount moved", move_anchor),
	GUARDED_HERE("its second mount moved by mount()", move_anchor_by_flag),
	GUARDED("made to share what happens to it", share),
};

const struct attack_class attack_pins = {
	8, "Its pins", attacks, GATE_COUNT(attacks), .around = NULL,
};
