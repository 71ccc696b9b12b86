// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * host.c - what a policy's conditions mean on this host.
 */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
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

/* A cgroup's id is its inode number (kernfs). */
int host_cgroup(const char *path, __u64 *id)
{
	char full[sizeof(HOST_CGROUPS) + POLICY_CGROUP_MAX + 1];
	struct statfs fs;
	struct stat st;

	snprintf(full, sizeof(full), HOST_CGROUPS "%s", path);
	if (statfs(full, &fs) < 0 || stat(full, &st) < 0 || fs.f_type != CGROUP2_SUPER_MAGIC)
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

int host_cgroup_path(__u64 id, char *path, size_t size)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + sizeof(__u64)];
	} h = { .handle = { .handle_bytes = sizeof(__u64), .handle_type = KERNFS_HANDLE } };
	char link[64], full[sizeof(HOST_CGROUPS) + POLICY_CGROUP_MAX + 1];
	ssize_t n = -1;
	int root, fd = -1, err = 0;

	memcpy(h.handle.f_handle, &id, sizeof(id));
	root = open(HOST_CGROUPS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root >= 0)
		fd = open_by_handle_at(root, &h.handle, O_PATH | O_CLOEXEC);
	if (fd >= 0) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		n = readlink(link, full, sizeof(full) - 1);
	}
	if (n < 0)
		err = -errno;
	if (fd >= 0)
		close(fd);
	if (root >= 0)
		close(root);
	if (err)
		return err;
	full[n] = '\0';
	if (strncmp(full, HOST_CGROUPS, strlen(HOST_CGROUPS)))
		return -EXDEV;
	if ((size_t)snprintf(path, size, "%s", full[strlen(HOST_CGROUPS)] ?
			     full + strlen(HOST_CGROUPS) : "/") >= size)
		return -ENAMETOOLONG;
	return 0;
}
