// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * host.c - what a policy's conditions mean on this host.
 */
#include "host.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

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
	return (now(CLOCK_TAI) - now(CLOCK_REALTIME) + SECOND / 2) / SECOND;
}

__s64 host_tai_boot(void)
{
	return now(CLOCK_TAI) - now(CLOCK_BOOTTIME);
}

static int namespace(const char *path, __u32 *inode)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		diag_error("cannot look at %s: %s", path, strerror(errno));
		return -errno;
	}
	*inode = (__u32)st.st_ino;
	return 0;
}

/* A cgroup's id is its inode number (kernfs). */
static int find_cgroup(const char *path, __u64 *id, unsigned int *level)
{
	char full[sizeof(HOST_CGROUPS) + POLICY_CGROUP_MAX + 1];
	struct statfs fs;
	struct stat st;

	snprintf(full, sizeof(full), HOST_CGROUPS "%s", path);
	if (statfs(full, &fs) < 0 || stat(full, &st) < 0 || fs.f_type != CGROUP2_SUPER_MAGIC) {
		diag_warn("there is no cgroup \"%s\" now: rules that name it match only after it has been made and the policy reloaded",
			  diag_quote(path).s);
		return -ENOENT;
	}
	*id = st.st_ino;
	*level = 0;
	for (const char *p = path; *p && path[1]; p++)
		*level += *p == '/';
	return 0;
}

int host_look(struct rules_host *host)
{
	struct rules_host h = { .tai_utc = host_tai_utc(), .cgroup = find_cgroup };
	__u32 pid_ns = 0;
	int err;

	err = namespace("/proc/self/ns/pid", &pid_ns);
	if (err)
		return err;
	if (pid_ns != FIRST_PID_NS) {
		diag_error("a policy with rules can't be installed from within a container");
		diag_hint("run this on the host: it has to see the host's namespaces");
		return -EXDEV;
	}
	err = namespace("/proc/1/ns/user", &h.user_ns);
	if (!err)
		err = namespace("/proc/1/ns/mnt", &h.mount_ns);
	if (!err)
		err = namespace("/proc/1/ns/net", &h.net_ns);
	if (!err)
		*host = h;
	return err;
}
