/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host.h - what a policy's conditions mean on this host.
 */
#ifndef BPFSEAL_HOST_H
#define BPFSEAL_HOST_H

#include "rules.h"

#define HOST_CGROUPS "/sys/fs/cgroup"

/**
 * host_look - the host's namespaces and cgroups
 * @host: set on success
 *
 * Prints what is wrong. The host's namespaces are those of process 1, which is the
 * host's only if seen from the first pid namespace.
 *
 * Return: 0, -EXDEV (not in the first pid namespace) or a negative errno
 */
int host_look(struct rules_host *host);

/**
 * host_namespaces - the host's namespaces alone
 * @host: user_ns, mount_ns and net_ns are set on success
 *
 * Prints nothing.
 *
 * Return: 0, -EXDEV (not in the first pid namespace) or a negative errno
 */
int host_namespaces(struct rules_host *host);

/**
 * host_cgroups_open - the root of the cgroups (v2), wherever they are mounted, if they are
 *
 * Return: a descriptor, which the caller closes, or a negative errno
 */
int host_cgroups_open(void);

/**
 * host_cgroup - the cgroup (v2) that a path leads to now
 * @path: the path, as in /proc/PID/cgroup
 * @id: set on success to its id
 *
 * Return: 0, or -ENOENT
 */
int host_cgroup(const char *path, __u64 *id);

/**
 * host_cgroup_path - the path of a cgroup (v2)
 * @id: its id
 * @path: set on success, as in /proc/PID/cgroup
 * @size: room for it
 *
 * Return: 0, -ESTALE (it is gone) or another negative errno
 */
int host_cgroup_path(__u64 id, char *path, size_t size);

/** host_tai_utc - CLOCK_TAI less UTC, in ns */
__s64 host_tai_utc(void);

/** host_utc_boot - UTC less CLOCK_BOOTTIME, in ns */
__s64 host_utc_boot(void);

#endif
