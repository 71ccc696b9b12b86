// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * learn_risk.c - what is risky about a rule.
 */
#include "learn_risk.h"

#include <string.h>
#include <strings.h>
#include <linux/types.h>
#include <bpf/libbpf.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Fewer digests than this are listed, however often each was seen. */
#define FEW_DIGESTS 16

static const char *const shells[] = {
	"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "csh", "tcsh", "fish", "busybox",
	"toybox", "env", "sudo", "su", "nsenter", "unshare", "chroot",
};

static const char *const interpreters[] = {
	"python", "pypy", "perl", "ruby", "node", "nodejs", "deno", "bun", "lua", "luajit",
	"php", "java", "guile", "tclsh", "awk", "gawk", "mawk", "Rscript", "expect",
};

static const char *const tools[] = {
	"bpftool", "bpftrace", "perf", "tc", "ip", "iptables", "xtables-nft-multi", "xdp-loader",
	"stap", "stapbpf", "ply", "gdb", "veristat",
};

static const char *const runtimes[] = {
	"runc", "crun", "youki", "systemd", "containerd-shim", "systemd-nspawn", "lxc-start",
};

/* Not only root can make files in there. */
static const char *const writable[] = {
	"/tmp/", "/var/tmp/", "/dev/shm/", "/home/", "/run/user/", "/mnt/", "/media/",
};

static const struct {
	const char *text, *advice;
} words[LEARN_RISKS] = {
	{ "shell: a shell, or what runs any program, loaded it",
	  "shell: none loads BPF by itself, so something was smuggled into it: find out what." },
	{ "interpreter: it loads what a script tells it to",
	  "interpreter: whoever runs a script as this user may then load it; better sign it." },
	{ "tool: it loads what it is told to",
	  "tool: sign what it loads, or see the preset observability." },
	{ "path-only: root can pass for this executable and load anything of the type",
	  "path-only: to learn digests, take the inventory while it is loaded; or put a rule with the same conditions, and \"digests\" of 64 zeros, before this one, and record again." },
	{ "writable: not only root can put an executable there",
	  "writable: move it to where only root writes, and record again." },
	{ "gone: the executable has no file any more, or never had; others can use the name",
	  "gone: if it was upgraded, restart it, and record again." },
	{ "powerful: programs of this type can replace others or decide for the kernel",
	  "powerful: sign them; at least, let a rule for them have digests." },
	{ "unstable: nearly each load was another program, so that others will follow",
	  "unstable: digests don't help; sign their loader, or see the presets." },
	{ "container: it ran in another mount namespace, where paths mean nothing: goes for any executable",
	  "container: without digests, nothing tells it from others of its user elsewhere." },
	{ "loader-unknown: found loaded, no event tells by whom; any process of the user may",
	  "loader-unknown: record events while it is started." },
	{ "unsigned-loader: a light skeleton that isn't signed",
	  "unsigned-loader: 'bpfseal sign' it, and none of its rules is needed. A loader's digest doesn't cover what it makes, so that this needs rules with digests, too (nested: true)." },
	{ "not-root: a user other than root loads it",
	  "not-root: find out whether this user should." },
	{ "no-room: a policy has room for no more rules, and others are used more often",
	  "no-room: take out other rules, or sign what they allow." },
};

const char *learn_risk_text(unsigned int i)
{
	return i < LEARN_RISKS ? words[i].text : NULL;
}

const char *learn_risk_advice(unsigned int i)
{
	return i < LEARN_RISKS ? words[i].advice : NULL;
}

static const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : "";
}

/* python3.12 is python and perf_6.1 perf, but tc-legacy isn't tc. */
static bool is_one_of(const char *path, const char *const *names, size_t n)
{
	const char *base = base_name(path);

	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(names[i]), rest;

		if (strncmp(base, names[i], len))
			continue;
		rest = strspn(base + len, "0123456789._-");
		if (!base[len + rest] || !strcmp(base + len + rest, " (deleted)"))
			return true;
	}
	return false;
}

static bool begins_with_one_of(const char *path, const char *const *starts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (path && !strncmp(path, starts[i], strlen(starts[i])))
			return true;
	return false;
}

static bool is_gone(const char *path)
{
	static const char end[] = " (deleted)";
	size_t len = path ? strlen(path) : 0;

	return path && (!strncmp(path, "/memfd:", strlen("/memfd:")) ||
			(len >= strlen(end) && !strcmp(path + len - strlen(end), end)));
}

static bool attaches(const struct learn_group *group, unsigned int type)
{
	return group->attach_types[type / 64] >> (type % 64) & 1;
}

static bool is_powerful(const struct learn_group *group)
{
	switch (group->type) {
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
	case BPF_PROG_TYPE_STRUCT_OPS:
	case BPF_PROG_TYPE_EXT:
	case BPF_PROG_TYPE_LSM:
	case BPF_PROG_TYPE_SYSCALL:
		return true;
	case BPF_PROG_TYPE_TRACING:
		return attaches(group, BPF_MODIFY_RETURN);
	default:
		return false;
	}
}

bool learn_is_unstable(const struct learn_group *group)
{
	return group->n_digests > FEW_DIGESTS &&
	       2 * group->n_digests > group->loads + group->loaded;
}

bool learn_is_generated(const struct learn_group *group)
{
	return group->type == BPF_PROG_TYPE_CGROUP_DEVICE && group->exe &&
	       group->host_mount_ns && !group->nested &&
	       (learn_is_unstable(group) ||
		is_one_of(group->exe, runtimes, ARRAY_SIZE(runtimes)));
}

static unsigned int risks_of_executable(const char *exe)
{
	unsigned int risks = 0;

	if (is_one_of(exe, shells, ARRAY_SIZE(shells)))
		risks |= LEARN_SHELL;
	if (is_one_of(exe, interpreters, ARRAY_SIZE(interpreters)))
		risks |= LEARN_INTERPRETER;
	if (is_one_of(exe, tools, ARRAY_SIZE(tools)))
		risks |= LEARN_TOOL;
	if (begins_with_one_of(exe, writable, ARRAY_SIZE(writable)))
		risks |= LEARN_WRITABLE;
	if (is_gone(exe))
		risks |= LEARN_GONE;
	return risks;
}

unsigned int learn_risks(const struct learn_group *group, enum learn_form form)
{
	unsigned int risks = risks_of_executable(group->exe);

	if (form == LEARN_BY_PATH || form == LEARN_GENERATED)
		risks |= LEARN_PATH_ONLY;
	if (is_powerful(group))
		risks |= LEARN_POWERFUL;
	if (learn_is_unstable(group) && form != LEARN_GENERATED)
		risks |= LEARN_UNSTABLE;
	if (!group->exe)
		risks |= LEARN_LOADER_UNKNOWN;
	else if (!group->host_mount_ns)
		risks |= LEARN_CONTAINER;
	if (group->nested || group->type == BPF_PROG_TYPE_SYSCALL)
		risks |= LEARN_UNSIGNED_LOADER;
	if (group->uid)
		risks |= LEARN_NOT_ROOT;
	return risks;
}

bool learn_too_risky(enum learn_form form, unsigned int risks)
{
	unsigned int never = LEARN_SHELL | LEARN_INTERPRETER;

	if (form != LEARN_BY_DIGEST)
		never |= LEARN_TOOL | LEARN_WRITABLE | LEARN_GONE | LEARN_POWERFUL | LEARN_UNSTABLE |
			 LEARN_CONTAINER | LEARN_LOADER_UNKNOWN | LEARN_UNSIGNED_LOADER;
	return risks & never;
}
