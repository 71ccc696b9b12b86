// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * child.c - the process that an attack runs in: a session keyring of its own, and a
 * process group, of which nothing is left when it ends.
 */
#include <errno.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"
#include "seal.h"

#define SECONDS 900

/* What a child tells back, in memory it shares with its parent. */
struct attack_report {
	int result;
	char why[120];
};

static struct {
	struct attack_report *report;
	bool under_policy;
	int go, ready;	/* pipes, -1 if it needn't wait */
} self = { .go = -1, .ready = -1 };

bool attack_under_policy(void)
{
	return self.under_policy;
}

/* An attack that began before the policy came can be told by nobody but the policy. */
bool attack_sealed(void)
{
	return self.under_policy && seal_is_closed();
}

int32_t attack_keyring(const char *signer)
{
	int32_t serial = gate_key_serial(KEY_SPEC_SESSION_KEYRING);
	int err = 0;

	if (self.under_policy)
		err = gate_keyring(signer, &serial);
	return err ? err : serial;
}

void attack_pause(void)
{
	char byte = 0;

	if (self.go < 0)
		return;
	if (write(self.ready, &byte, 1) != 1 || read(self.go, &byte, 1) != 1)
		_exit(1);
}

static void explain(const char *format, va_list args)
{
	if (self.report)
		vsnprintf(self.report->why, sizeof(self.report->why), format, args);
}

int attack_cannot(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	explain(format, args);
	va_end(args);
	return ATTACK_CANNOT;
}

int attack_broken(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	explain(format, args);
	va_end(args);
	return ATTACK_BROKEN;
}

/* The control's keyring is the attacker's own, with the signer's key in it. */
static int make_session(void)
{
	int err = gate_session();
	int32_t key = 0;

	if (!err && !self.under_policy)
		key = gate_add_key("signer", KEY_SPEC_SESSION_KEYRING);
	return err ? err : key < 0 ? key : 0;
}

static void be_child(const struct attack *attack)
{
	setpgid(0, 0);
	self.report->result = make_session() ? attack_broken("no session keyring") :
		attack->run(attack);
	_exit(0);
}

int attack_start(struct attack_child *child, const struct attack *attack, bool under_policy)
{
	int go[2] = { -1, -1 }, ready[2] = { -1, -1 };

	child->report = mmap(NULL, sizeof(*child->report), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (child->report == MAP_FAILED)
		return -ENOMEM;
	child->report->result = ATTACK_BROKEN;
	strcpy(child->report->why, "it died");
	if (under_policy && attack->before && (pipe(go) || pipe(ready)))
		return -errno;
	child->pid = fork();
	if (!child->pid) {
		self.report = child->report;
		self.under_policy = under_policy;
		self.go = go[0];
		self.ready = ready[1];
		be_child(attack);
	}
	child->go = go[1];
	child->ready = ready[0];
	close(go[0]);
	close(ready[1]);
	setpgid(child->pid, child->pid);
	return child->pid < 0 ? -EAGAIN : 0;
}

int attack_await_pause(const struct attack_child *child)
{
	struct pollfd poll_fd = { .fd = child->ready, .events = POLLIN };
	char byte;

	if (poll(&poll_fd, 1, SECONDS * 1000) != 1)
		return -ETIMEDOUT;
	return read(child->ready, &byte, 1) == 1 ? 0 : -EPIPE;
}

void attack_go_on(const struct attack_child *child)
{
	char byte = 0;

	if (child->go >= 0 && write(child->go, &byte, 1) != 1)
		perror("# cannot wake an attack");
}

/* Until it ends, or has taken too long. */
static void wait_for(struct attack_child *child)
{
	struct pollfd poll_fd = { .fd = syscall(SYS_pidfd_open, child->pid, 0), .events = POLLIN };

	if (poll(&poll_fd, 1, SECONDS * 1000) != 1) {
		child->report->result = ATTACK_BROKEN;
		snprintf(child->report->why, sizeof(child->report->why),
			 "it hung for %d s", SECONDS);
	}
	close(poll_fd.fd);
	kill(-child->pid, SIGKILL);
	waitpid(child->pid, NULL, 0);
}

int attack_finish(struct attack_child *child, char *why, size_t len)
{
	int result;

	wait_for(child);
	result = child->report->result;
	if (result == ATTACK_CANNOT || result == ATTACK_BROKEN)
		snprintf(why, len, "%s", child->report->why);
	munmap(child->report, sizeof(*child->report));
	if (child->go >= 0)
		close(child->go);
	if (child->ready >= 0)
		close(child->ready);
	return result;
}
