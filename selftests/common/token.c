// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * token.c - root of a user namespace of its own, to whom BPF is delegated by a token.
 */
#include "token.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "delegate.h"
#include "gate.h"
#include "insn.h"

static const struct bpf_insn trivial[] = { MOV_IMM(0, 0), EXIT() };

/* --- the child: root of a user namespace of its own ------------------------ */

static int load_with(int token, uint32_t type, const char *name, const struct gate_signature *sig,
		     int32_t keyring)
{
	union bpf_attr attr = gate_attr(type, name, trivial, GATE_COUNT(trivial));
	int fd;

	attr.prog_flags = type == BPF_PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0;
	if (token >= 0) {
		attr.prog_flags |= BPF_F_TOKEN_FD;
		attr.prog_token_fd = token;
	}
	if (sig)
		gate_attr_sign(&attr, sig, keyring);
	fd = gate_load(&attr);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static int child(struct token_report *report, int sock)
{
	struct gate_signature sig;
	struct stat st;

	/* The key's file can't be read from inside. */
	if (gate_sign_insns("signer", trivial, GATE_COUNT(trivial), NULL, 0, &sig))
		return 1;
	report->token = delegate_take(sock);
	report->user_ns = stat("/proc/self/ns/user", &st) ? 0 : st.st_ino;
	if (delegate_tell(sock) || delegate_hear(sock))
		return 2;
	report->without = load_with(-1, BPF_PROG_TYPE_XDP, "tokenless", NULL, 0);
	report->with_token = load_with(report->token, BPF_PROG_TYPE_XDP, "with_token", NULL, 0);
	report->loader_with_token =
		load_with(report->token, BPF_PROG_TYPE_SYSCALL, "loader_token", NULL, 0);
	report->signed_with_token =
		load_with(report->token, BPF_PROG_TYPE_XDP, "signed_token", &sig, report->keyring);
	return 0;
}

/* --- the parent: root, who delegates --------------------------------------- */

int token_begin(struct token_delegate *d)
{
	int err;

	d->pid = 0;
	d->sock[0] = d->sock[1] = -1;
	d->report = mmap(NULL, sizeof(*d->report), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (d->report == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM, 0, d->sock))
		return -errno;
	d->pid = fork();
	if (!d->pid) {
		close(d->sock[0]);
		_exit(child(d->report, d->sock[1]));
	}
	close(d->sock[1]);		/* so that its death is heard */
	err = delegate_give(d->sock[0], d->pid);
	return err ? err : delegate_hear(d->sock[0]);
}

int token_end(struct token_delegate *d)
{
	int status, err = delegate_tell(d->sock[0]);
	pid_t pid = waitpid(d->pid, &status, 0);

	d->pid = 0;
	return !err && pid > 0 && !status ? 0 : -EIO;
}

void token_free(struct token_delegate *d)
{
	close(d->sock[0]);
	if (d->pid > 0)
		waitpid(d->pid, NULL, 0);
	if (d->report != MAP_FAILED)
		munmap(d->report, sizeof(*d->report));
}
