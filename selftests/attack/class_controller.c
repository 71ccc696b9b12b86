// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * class_controller.c - class 8: the process of a controller, and what the policy's
 * programs hang from: the kernel's switches, and the root cgroup.
 *
 * Root may do to a process what root wants. So what counts is what that is good for:
 * no descriptor of the policy's is had by it, and an unsigned load is still denied.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"
#include "cli.h"
#include "decoy.h"
#include "host.h"
#include "inject.h"

/* --- its process ------------------------------------------------------------------------ */

#define FDS 64
#define OUTPUT ATTACK_DIR "/controller"
#define CGROUP HOST_CGROUPS "/attack_controller"

/* In a control: a process that holds the descriptor of a map. */
static pid_t start_stand_in(void)
{
	pid_t pid;

	if (decoy_make(DECOY_MAP))
		return -ECANCELED;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid;
}

/* One that reads on and on, and has shown something. */
static pid_t start_controller(void)
{
	static const char *const follow[] = { "bpfseal", "events", "--follow", "--no-hints", NULL };
	pid_t pid;

	if (!attack_under_policy())
		return start_stand_in();
	unlink(OUTPUT);
	pid = cli_start(follow, OUTPUT);
	if (pid > 0 && (gate_load_trivial(BPF_PROG_TYPE_XDP, "first") != -EPERM ||
			cli_await(OUTPUT, "\"first\"")))
		return -EIO;
	return pid;
}

/* Whether a descriptor is of one of the policy's programs or maps; in a control, of the decoy. */
static bool is_worth_it(int fd)
{
	char path[64], *text, *line;
	unsigned int id = 0;
	bool is = false;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	text = cli_read(path);
	if (!text)
		return false;
	line = strstr(text, "map_id:");
	if (line && sscanf(line, "map_id: %u", &id) == 1)
		is = attack_under_policy() ? decoy_is_own(DECOY_MAP, id) :
					     id == decoy_id(DECOY_MAP, "");
	line = strstr(text, "prog_id:");
	if (line && !strstr(text, "link_id:") && sscanf(line, "prog_id: %u", &id) == 1)
		is = is || decoy_is_own(DECOY_PROG, id);
	free(text);
	return is;
}

/* How many descriptors of a process were had that are worth it; negative: it didn't work. */
static int by_pidfd(pid_t pid)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0), fd, n = 0;

	for (int i = 0; i < FDS; i++) {
		fd = syscall(SYS_pidfd_getfd, pidfd, i, 0);
		if (fd < 0)
			continue;
		n += is_worth_it(fd);
		close(fd);
	}
	close(pidfd);
	return n;
}

/* Files of bpf(2) can't be opened once more, whoever's they are. */
static int by_proc_fd(pid_t pid)
{
	char path[64];
	int fd, n = 0;

	for (int i = 0; i < FDS; i++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		n += is_worth_it(fd);
		close(fd);
	}
	return n;
}

/* What the policy says to it is what it says to the load that follows. */
static int robbed(const struct attack *attack)
{
	int (*by)(pid_t pid) = attack->what;
	pid_t pid = start_controller();
	int n;

	if (pid < 0)
		return attack_broken("no controller");
	n = by(pid);
	kill(pid, SIGKILL);
	cli_end(pid);
	if (attack_under_policy())
		return n ? 0 : attack_unsigned();
	if (by == by_pidfd && !n)
		return attack_broken("nothing was had");
	return attack_unsigned();
}

static int stop_it(pid_t pid) { return kill(pid, SIGSTOP); }
static int kill_it(pid_t pid) { return kill(pid, SIGKILL); }

static int seize_it(pid_t pid)
{
	return ptrace(PTRACE_SEIZE, pid, NULL, NULL) || ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
}

static int enter_cgroup(pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	if (mkdir(CGROUP, 0755) && errno != EEXIST)
		return -errno;
	return gate_write(CGROUP "/cgroup.procs", text, strlen(text));
}

static int freeze_it(pid_t pid)
{
	return enter_cgroup(pid) ?: gate_write(CGROUP "/cgroup.freeze", "1", 1);
}

static int kill_by_cgroup(pid_t pid)
{
	return enter_cgroup(pid) ?: gate_write(CGROUP "/cgroup.kill", "1", 1);
}

/* Nobody needs it: with it gone, or standing still, all is decided as before. */
static int hindered(const struct attack *attack)
{
	int (*how)(pid_t pid) = attack->what;
	pid_t pid = start_controller();
	int err;

	if (pid < 0)
		return attack_broken("no controller");
	if (how(pid))
		return attack_broken("it isn't to be hindered");
	err = attack_unsigned();
	kill(pid, SIGKILL);
	if (!access(CGROUP, F_OK))
		gate_write(CGROUP "/cgroup.freeze", "0", 1);
	cli_end(pid);
	rmdir(CGROUP);
	return err;
}

/* Loads as the controller's own: its executable, with other code. */
static int as_controller(const struct attack *attack)
{
	return inject("/usr/bin/bpfseal", attack->what);
}

/* --- switches --------------------------------------------------------------------------- */

static int set_switch(const struct attack *attack)
{
	const char *path = attack->what;
	char *was = cli_read(path);
	int fd, err;

	if (!was)
		return attack_cannot("this kernel has no %s", path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	err = fd < 0 || write(fd, "0", 1) != 1 ? -errno : 0;
	close(fd);
	if (!err)
		gate_write(path, was, strlen(was));
	free(was);
	return err;
}

/* --- the root cgroup ---------------------------------------------------------------------- */

/* The hierarchy is there without a mount. */
static int unmount_cgroups(const struct attack *attack)
{
	int err;

	(void)attack;
	if (umount2(HOST_CGROUPS, MNT_DETACH))
		return attack_broken("it can't be unmounted");
	err = attack_unsigned();
	if (mount("cgroup2", HOST_CGROUPS, "cgroup2", 0, NULL))
		return attack_broken("it can't be mounted again");
	return err;
}

/* From a cgroup, of whatever kind. */
static int from_cgroup(const struct attack *attack)
{
	const char *prepare = attack->what;
	int err;

	if (gate_do("sh", "-c", prepare))
		return attack_broken("no such cgroup");
	err = enter_cgroup(getpid());
	err = err ? attack_broken("it can't be entered: %s", strerror(-err)) : attack_unsigned();
	gate_write(HOST_CGROUPS "/cgroup.procs", "0", 1);
	gate_do("sh", "-c", "rmdir " CGROUP "/below " CGROUP " 2>/dev/null || true");
	return err;
}

/* An entry of its own on a hook of the policy's, in the cgroup of the one who loads. */
static int overrule(const struct attack *attack)
{
	int cgroup = open(HOST_CGROUPS, O_RDONLY | O_CLOEXEC), prog, err;

	(void)attack;
	prog = decoy_prog_at("bpf_lsm_bpf_prog_load");
	if (prog < 0)
		return prog;
	err = decoy_cgroup(BPF_PROG_ATTACH, cgroup, prog, -1);
	if (!err)
		err = attack_unsigned();
	decoy_cgroup(BPF_PROG_DETACH, cgroup, prog, -1);
	return err;
}

#define ATTACK(name_, function, what_) \
	{ .name = name_, .run = function, .what = what_, .want = DENIED(BPFSEAL_R_UNSIGNED) }

static const struct attack attacks[] = {
	ATTACK("pidfd_getfd of all it has", robbed, by_pidfd),
	ATTACK("/proc/PID/fd of all it has", robbed, by_proc_fd),
	ATTACK("controller ptraced", hindered, seize_it),
	ATTACK("controller killed", hindered, kill_it),
	ATTACK("controller stopped", hindered, stop_it),
	ATTACK("controller frozen by its cgroup", hindered, freeze_it),
	ATTACK("controller killed by its cgroup", hindered, kill_by_cgroup),
	ATTACK("as the controller, by ptrace", as_controller, inject_by_ptrace),
	ATTACK("as the controller, by /proc/PID/mem", as_controller, inject_by_proc_mem),
	{ .name = "kernel.ftrace_enabled = 0", .run = set_switch,
	  .what = "/proc/sys/kernel/ftrace_enabled", .promoting = SEALED(BPFSEAL_HOOK_SYSCTL),
	  .want = { .error = -EPERM, .control = -EOPNOTSUPP, .decision = BPFSEAL_DENY,
		    .reason = BPFSEAL_R_SEALED, .hook = BPFSEAL_HOOK_SYSCTL } },
	ATTACK("cgroups unmounted", unmount_cgroups, NULL),
	ATTACK("from a new cgroup", from_cgroup, "mkdir " CGROUP),
	ATTACK("from a threaded cgroup's place", from_cgroup, "mkdir -p " CGROUP
	       "/below && echo threaded >" CGROUP "/below/cgroup.type"),
	ATTACK("a program that has the last word", overrule, NULL),
};

const struct attack_class attack_controller = {
	8, "Its controller, and what it hangs from", attacks, GATE_COUNT(attacks), .around = NULL,
};
