// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * host.c - what a policy's conditions mean on this host.
 */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "diag.h"

/* PROC_PID_INIT_INO in include/linux/proc_ns.h: the same on all kernels. */
#define FIRST_PID_NS 0xeffffffcU

#define SECOND 1000000000LL

static __s64 now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

__s64 host_tai_utc(void)
{
	/* Two looks at two clocks: their difference is a whole number of seconds. */
	return (now(CLOCK_TAI) - now(CLOCK_REALTIME) + SECOND / 2) / SECOND * SECOND;
}

__s64 host_utc_boot(void)
{
	return now(CLOCK_REALTIME) - now(CLOCK_BOOTTIME);
}

static int namespace(const char *path, __u32 *inode)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	*inode = (__u32)st.st_ino;
	return 0;
}

/* --- cgroups ------------------------------------------------------------------------- */

/* A mount of our own: the kernel makes one that no other can see. */
static int mount_unseen(void)
{
	int fs, mount = -1, root = -1, err = 0;

	fs = fsopen("cgroup2", FSOPEN_CLOEXEC);
	if (fs < 0)
		return -errno;
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ||
	    (mount = fsmount(fs, FSMOUNT_CLOEXEC, 0)) < 0 ||
	    (root = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		err = -errno;
	if (mount >= 0)
		close(mount);
	close(fs);
	return err ? err : root;
}

static int open_mounted(const char *path)
{
	struct statfs fs;
	int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return -errno;
	if (!fstatfs(root, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC)
		return root;
	close(root);
	return -ENOENT;
}

/* A mount of our own would reset options like nsdelegate for all that there are. */
int host_cgroups_open(void)
{
	int root = open_mounted(HOST_CGROUPS);

	if (root < 0)
		root = open_mounted(HOST_CGROUPS "/unified");
	return root < 0 ? mount_unseen() : root;
}

/* A cgroup's id is its inode number (kernfs). */
int host_cgroup(const char *path, __u64 *id)
{
	int root = host_cgroups_open();
	struct stat st, top;
	bool found;

	if (root < 0)
		return -ENOENT;
	found = !fstat(root, &top) && !fstatat(root, path[1] ? path + 1 : ".", &st, 0) &&
		st.st_dev == top.st_dev;
	close(root);
	if (!found)
		return -ENOENT;
	*id = st.st_ino;
	return 0;
}

int host_namespaces(struct rules_host *host)
{
	struct rules_host h = *host;
	__u32 pid_ns = 0;
	int err;

	err = namespace("/proc/self/ns/pid", &pid_ns);
	if (!err && pid_ns != FIRST_PID_NS)
		err = -EXDEV;
	if (!err)
		err = namespace("/proc/1/ns/user", &h.user_ns);
	if (!err)
		err = namespace("/proc/1/ns/mnt", &h.mount_ns);
	if (!err)
		err = namespace("/proc/1/ns/net", &h.net_ns);
	if (!err)
		*host = h;
	return err;
}

int host_look(struct rules_host *host)
{
	struct rules_host h = { .cgroup = host_cgroup };
	int err = host_namespaces(&h);

	if (err == -EXDEV) {
		diag_error("a policy with rules can't be installed from within a container");
		diag_hint("run this on the host: it has to see the host's namespaces");
	} else if (err) {
		diag_error("cannot look at the host's namespaces in /proc/1/ns: %s",
			   strerror(-err));
	} else {
		*host = h;
	}
	return err;
}

/* A file handle of kernfs: FILEID_KERNFS in include/linux/exportfs.h. */
#define KERNFS_HANDLE 0xfe

static int fd_path(int fd, char *path, size_t size)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, size - 1);
	if (n < 0)
		return -errno;
	path[n] = '\0';
	return 0;
}

/* The path below the root, wherever that is mounted. */
static int path_below(int root, int cgroup, char *path, size_t size)
{
	char full[sizeof(HOST_CGROUPS) + POLICY_CGROUP_MAX + 16], top[sizeof(full)];
	size_t len;
	int err;

	err = fd_path(root, top, sizeof(top));
	if (!err)
		err = fd_path(cgroup, full, sizeof(full));
	if (err)
		return err;
	len = top[1] ? strlen(top) : 0;
	if (strncmp(full, top, len))
		return -EXDEV;
	if ((size_t)snprintf(path, size, "%s", full[len] ? full + len : "/") >= size)
		return -ENAMETOOLONG;
	return 0;
}

int host_cgroup_path(__u64 id, char *path, size_t size)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + sizeof(__u64)];
	} h = { .handle = { .handle_bytes = sizeof(__u64), .handle_type = KERNFS_HANDLE } };
	int root, fd, err;

	memcpy(h.handle.f_handle, &id, sizeof(id));
	root = host_cgroups_open();
	if (root < 0)
		return root;
	fd = open_by_handle_at(root, &h.handle, O_PATH | O_CLOEXEC);
	if (fd >= 0) {
		err = path_below(root, fd, path, size);
		close(fd);
	} else {
		err = -errno;
	}
	close(root);
	return err;
}
