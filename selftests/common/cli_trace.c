// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cli_trace.c - commands stopped at a system call. For x86-64, like the VM.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <keyutils.h>
#include <linux/bpf.h>

#include "control_layout.h"
#include "cli.h"

static bool bpf_changes(long cmd)
{
	switch (cmd) {
	case BPF_MAP_CREATE:
	case BPF_MAP_UPDATE_ELEM:
	case BPF_MAP_DELETE_ELEM:
	case BPF_MAP_FREEZE:
	case BPF_PROG_LOAD:
	case BPF_BTF_LOAD:
	case BPF_OBJ_PIN:
	case BPF_LINK_CREATE:
	case BPF_LINK_DETACH:
	case BPF_PROG_ATTACH:
	case BPF_PROG_DETACH:
	case BPF_RAW_TRACEPOINT_OPEN:
		return true;
	default:
		return false;
	}
}

/* Of the programs that are run this is the one that changes something; they have other contexts. */
static bool runs_control(pid_t pid, const union bpf_attr *attr)
{
	long words = ptrace(PTRACE_PEEKDATA, pid, &attr->test.ctx_size_in, NULL);

	return (__u32)words == sizeof(struct bpfseal_control);
}

static bool is_step(pid_t pid, long nr, long arg, long attr)
{
	switch (nr) {
	case SYS_bpf:
		return arg == BPF_PROG_TEST_RUN ? runs_control(pid, (void *)attr) :
						  bpf_changes(arg);
	case SYS_keyctl:
		return arg != KEYCTL_READ && arg != KEYCTL_DESCRIBE &&
		       arg != KEYCTL_GET_KEYRING_ID;
	case SYS_add_key:
	case SYS_mkdir:
	case SYS_rmdir:
	case SYS_unlink:
	case SYS_unlinkat:
	case SYS_rename:
	case SYS_flock:
	case SYS_fork:
	case SYS_vfork:
	case SYS_clone:
	case SYS_clone3:
		return true;
	default:
		return false;
	}
}

bool cli_step_is(const struct cli_step *step, long nr, long arg)
{
	return step->nr == nr && (arg == -1 || step->arg == arg);
}

const char *cli_step_name(const struct cli_step *step)
{
	static char text[64];
	const char *name = step->nr == SYS_bpf ? "bpf" : step->nr == SYS_keyctl ? "keyctl" :
		step->nr == SYS_unlink ? "unlink" : step->nr == SYS_mkdir ? "mkdir" :
		step->nr == SYS_rmdir ? "rmdir" : step->nr == SYS_add_key ? "add_key" : "call";

	snprintf(text, sizeof(text), "%s %ld %ld%s", name, step->nr,
		 step->nr == SYS_bpf || step->nr == SYS_keyctl ? step->arg : 0,
		 step->child ? " in a child" : "");
	return text;
}

static void set_register(pid_t pid, size_t offset, long value)
{
	ptrace(PTRACE_POKEUSER, pid, offset, value);
}

static void act(struct cli_trace *t, pid_t pid)
{
	t->done = true;
	if (t->action == CLI_KILL_AFTER)
		kill(t->leader ? t->pid : pid, SIGKILL);
}

/* At the start of a system call; true if the command is to stay there. */
static bool enters(struct cli_trace *t, pid_t pid, const struct __ptrace_syscall_info *info)
{
	long nr = info->entry.nr, arg = info->entry.args[0];

	if (!is_step(pid, nr, arg, info->entry.args[1]) || t->n == CLI_STEPS_MAX)
		return false;
	t->steps[t->n++] = (struct cli_step){ .nr = nr, .arg = arg, .child = pid != t->pid };
	if (t->action == CLI_VISIT && t->visit)
		t->visit(t->n, t->arg);
	if (t->action == CLI_VISIT || t->n != t->step)
		return false;
	if (t->action == CLI_FAIL) {
		set_register(pid, offsetof(struct user_regs_struct, orig_rax), -1);
		t->waiting = pid;
	} else if (t->action == CLI_KILL_AFTER) {
		t->waiting = pid;
	} else {
		t->done = true;
		return true;
	}
	return false;
}

static void leaves(struct cli_trace *t, pid_t pid)
{
	if (pid != t->waiting)
		return;
	t->waiting = 0;
	if (t->action == CLI_FAIL)
		set_register(pid, offsetof(struct user_regs_struct, rax), -ENOMEM);
	act(t, pid);
}

/* A stop of a tracee; true if the command is to stay there. */
static bool stopped(struct cli_trace *t, pid_t pid, int status)
{
	struct __ptrace_syscall_info info = {};
	int signal = WSTOPSIG(status);

	if (signal == (SIGTRAP | 0x80)) {
		ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
			if (enters(t, pid, &info))
				return true;
		} else {
			leaves(t, pid);
		}
		signal = 0;
	} else if (status >> 16 || signal == SIGSTOP) {
		signal = 0;	/* an event, or a new child's first stop */
	}
	ptrace(PTRACE_SYSCALL, pid, NULL, (long)signal);
	return false;
}

/* Until all processes of the command have ended, or it is to stay somewhere. */
static int follow(struct cli_trace *t)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid < 0)
			continue;
		if (WIFSTOPPED(status)) {
			if (stopped(t, pid, status)) {
				t->waiting = pid;
				return 0;
			}
		} else if (pid == t->pid) {
			t->status = cli_exit_code(status);
		}
	}
	return errno == ECHILD ? 0 : -errno;
}

int cli_trace_run(struct cli_trace *t, const char *const argv[])
{
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	int status;

	t->done = false;
	t->n = 0;
	t->waiting = 0;
	t->pid = fork();
	if (t->pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		cli_become(argv, CLI_TRACE_OUTPUT);
	}
	if (t->pid < 0 || waitpid(t->pid, &status, 0) < 0 || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, t->pid, NULL, options) ||
	    ptrace(PTRACE_SYSCALL, t->pid, NULL, NULL))
		return -errno;
	return follow(t);
}

int cli_trace_resume(struct cli_trace *t)
{
	if (ptrace(PTRACE_SYSCALL, t->waiting, NULL, NULL))
		return -errno;
	t->waiting = 0;
	return follow(t);
}
