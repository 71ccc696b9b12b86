// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * class_adrift.c - class 8: what is left of the ways to the file system of the policy's
 * pins. It is gone after that, and with it what only tracks; so this comes last.
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

/* Whether the pins are where they were. */
static int is_adrift(int err)
{
	struct stat st;

	if (!err && !stat(stand_in_pin(), &st))
		err = attack_broken("the pins are still there");
	stand_in_remove();
	return err;
}

/* Each mount is made to share what happens to it, for which no hook is called. */
static int share_all(void)
{
	struct mount_attr shared = { .propagation = MS_SHARED };

	return syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &shared, sizeof(shared));
}

static int unshare_all(void)
{
	struct mount_attr private = { .propagation = MS_PRIVATE };

	return syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &private, sizeof(private));
}

static int unmount_there(void *what)
{
	(void)what;
	if (unshare(CLONE_NEWNS))
		return -ECANCELED;
	return umount2(stand_in_top(), MNT_DETACH) ? -errno : 0;
}

/* What is unmounted in a namespace is unmounted in those that share with it. */
static int shared(const struct attack *attack)
{
	int err = stand_in_make();

	(void)attack;
	if (err)
		return err;
	err = share_all() ? -errno : attack_in_child(unmount_there, NULL);
	if (unshare_all())
		return attack_broken("mounts are still shared");
	return is_adrift(err);
}

/*
 * Where nothing is mounted on it a directory can be removed. The kernel then unmounts what
 * is mounted on it elsewhere.
 */
static int remove_there(void)
{
	char path[64];
	int fd;

	fd = open_tree(AT_FDCWD, stand_in_parent(), OPEN_TREE_CLONE);
	if (fd < 0 || umount2(stand_in_parent(), MNT_DETACH) ||
	    move_mount(fd, "", AT_FDCWD, stand_in_aside(), MOVE_MOUNT_F_EMPTY_PATH))
		return -errno;
	snprintf(path, sizeof(path), "%s/bpfseal", stand_in_aside());
	return rmdir(path) ? -errno : 0;
}

static int removed(const struct attack *attack)
{
	const struct place place = { .namespaces = CLONE_NEWNS };
	int err = stand_in_make();

	(void)attack;
	if (!err)
		err = place_load(&place, remove_there);
	return is_adrift(err);
}

static const struct attack attacks[] = {
	{ .name = "unmounted where mounts are shared", .run = shared,
	  .want = SEALED(BPFSEAL_HOOK_MOUNT) },
	{ .name = "directory removed in another namespace", .run = removed,
	  .known = "The file system of the pins", .want = SEALED(BPFSEAL_HOOK_MOUNT) },
};

const struct attack_class attack_adrift = {
	8, "Its pins, from elsewhere", attacks, GATE_COUNT(attacks), .breaks = true,
};
