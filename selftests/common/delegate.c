// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * delegate.c - a BPF token: made in a user namespace to which root has delegated BPF.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "delegate.h"
#include "gate.h"

int delegate_tell(int sock)
{
	return write(sock, "", 1) == 1 ? 0 : -EIO;
}

int delegate_hear(int sock)
{
	char byte;

	return read(sock, &byte, 1) == 1 ? 0 : -EIO;
}

/* --- the child ------------------------------------------------------------------ */

static int make_token(int mount)
{
	union bpf_attr attr;
	int dir = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), token;

	if (dir < 0)
		return -errno;
	memset(&attr, 0, sizeof(attr));
	attr.token_create.bpffs_fd = dir;
	token = gate_bpf(BPF_TOKEN_CREATE, &attr);
	close(dir);
	return token;
}

int delegate_take(int sock)
{
	int fs, mount, token;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) || delegate_tell(sock) || delegate_hear(sock))
		return -EIO;
	if (setresgid(0, 0, 0) || setresuid(0, 0, 0))
		return -EIO;
	fs = syscall(SYS_fsopen, "bpf", 0);
	if (fs < 0)
		return -EIO;
	mount = gate_pass_fd(sock, fs) ? -EIO : gate_take_fd(sock);
	close(fs);
	if (mount < 0)
		return -EIO;
	token = make_token(mount);
	close(mount);
	return token;
}

/* --- the parent ----------------------------------------------------------------- */

static int map_root(pid_t pid)
{
	char path[64];
	int err;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	err = gate_write(path, "0 0 1", 5);
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	return err ? err : gate_write(path, "0 0 1", 5);
}

/* The file system is configured here, as only root may delegate. */
static int delegate(int sock)
{
	static const char *const what[] = { "delegate_cmds", "delegate_maps", "delegate_progs",
					    "delegate_attachs" };
	int fs = gate_take_fd(sock), mount, err = 0;
	size_t i;

	if (fs < 0)
		return fs;
	for (i = 0; !err && i < GATE_COUNT(what); i++)
		if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, what[i], "any", 0))
			err = -errno;
	if (!err && syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		err = -errno;
	mount = err ? err : (int)syscall(SYS_fsmount, fs, 0, 0);
	if (!err && mount < 0)
		err = -errno;
	if (!err) {
		err = gate_pass_fd(sock, mount);
		close(mount);
	}
	close(fs);
	return err;
}

int delegate_give(int sock, pid_t pid)
{
	int err = delegate_hear(sock);

	if (!err)
		err = map_root(pid);
	if (!err)
		err = delegate_tell(sock);
	return err ? err : delegate(sock);
}
