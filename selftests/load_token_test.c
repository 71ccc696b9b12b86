// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load_token_test.c - loads with a BPF token, from a user namespace to which
 * BPF was delegated: a token is a right to load, not a reason to trust.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "delegate.h"
#include "gate_test.h"
#include "insn.h"

static const struct gate_policy enforcing = { .mode = "enforcing", .require = GATE_AT_LOAD };
static const struct bpf_insn trivial[] = { MOV_IMM(0, 0), EXIT() };

/* What the delegate is to do, and what it tells back. */
struct report {
	int32_t keyring;
	int token;		/* a descriptor in the child, or an errno */
	int without;		/* result of a load without the token */
	int with_token;
	int signed_with_token;
	uint32_t user_ns;
};

FIXTURE(token) {
	struct gate_events events;
	struct report *report;	/* shared with the child */
	int sock[2];
	pid_t pid;
};

FIXTURE_VARIANT(token) {
	bool sealed;	/* under a policy, or the control without one */
	bool late;	/* the policy comes when the token exists already */
};

FIXTURE_VARIANT_ADD(token, control) { .sealed = false };
FIXTURE_VARIANT_ADD(token, sealed) { .sealed = true };
FIXTURE_VARIANT_ADD(token, sealed_later) { .sealed = true, .late = true };

FIXTURE_SETUP(token)
{
	GATE_START(&self->events);
	self->report = mmap(NULL, sizeof(*self->report), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->report);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, self->sock));
}

FIXTURE_TEARDOWN(token)
{
	munmap(self->report, sizeof(*self->report));
	GATE_END(&self->events);
}

/* --- the child: root of a user namespace of its own ------------------------ */

static int load_with(int token, const char *name, const struct gate_signature *sig,
		     int32_t keyring)
{
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_XDP, name, trivial, GATE_COUNT(trivial));
	int fd;

	if (token >= 0) {
		attr.prog_flags = BPF_F_TOKEN_FD;
		attr.prog_token_fd = token;
	}
	if (sig)
		gate_attr_sign(&attr, sig, keyring);
	fd = gate_load(&attr);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static int child(struct report *report, int sock)
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
	report->without = load_with(-1, "tokenless", NULL, 0);
	report->with_token = load_with(report->token, "with_token", NULL, 0);
	report->signed_with_token = load_with(report->token, "signed_token", &sig, report->keyring);
	return 0;
}

/* --- the parent: root, who delegates --------------------------------------- */

static void start_child(struct __test_metadata *_metadata, struct report *report, int sock[2],
			pid_t *pid)
{
	*pid = fork();
	if (!*pid) {
		close(sock[0]);
		_exit(child(report, sock[1]));
	}
	close(sock[1]);		/* so that its death is heard */
	ASSERT_EQ(0, delegate_give(sock[0], *pid)) TH_LOG("no user namespace");
	ASSERT_EQ(0, delegate_hear(sock[0]));
}

static void expect_denied(struct __test_metadata *_metadata, struct gate_events *events,
			  const struct report *report, pid_t pid)
{
	struct bpfseal_event want = {
		.decision = BPFSEAL_DENY, .hook = BPFSEAL_HOOK_PROG_LOAD, .error = -EPERM,
		.reason = BPFSEAL_R_UNSIGNED, .object_type = BPF_PROG_TYPE_XDP,
		.name = "with_token", .tgid = pid,
	};
	const struct bpfseal_event *e;

	EXPECT_EQ(-EPERM, report->with_token);
	e = gate_expect(_metadata, events, &want);
	if (e) {
		EXPECT_EQ(report->user_ns, e->user_ns);
		EXPECT_EQ(1, e->token);
	}
	/* A token adds rights, so what it is used for isn't what was signed. */
	EXPECT_EQ(-EPERM, report->signed_with_token);
	strcpy(want.name, "signed_token");
	want.reason = BPFSEAL_R_UNCOVERED;
	want.attribute = BPFSEAL_A_PROG_TYPE;	/* named before the flag */
	want.keyring_type = BPFSEAL_KEYRING_USER;
	want.keyring_serial = report->keyring;
	want.signer = 1;
	e = gate_expect(_metadata, events, &want);
	if (e)
		EXPECT_EQ(1, e->token);
}

TEST_F(token, loads)
{
	struct report *report = self->report;
	int status;

	if (variant->sealed && !variant->late) {
		GATE_SEAL(&self->events, &enforcing);
		ASSERT_EQ(0, gate_keyring("signer", &report->keyring));
	}
	start_child(_metadata, report, self->sock, &self->pid);
	if (report->token == -EINVAL || report->token == -EOPNOTSUPP)
		SKIP(goto out, "this kernel makes no BPF tokens: %s", strerror(-report->token));
	EXPECT_LE(0, report->token) TH_LOG("%s", strerror(-report->token));
	if (variant->late) {
		GATE_SEAL(&self->events, &enforcing);
		ASSERT_EQ(0, gate_keyring("signer", &report->keyring));
	}
	ASSERT_EQ(0, delegate_tell(self->sock[0]));
	EXPECT_EQ(self->pid, waitpid(self->pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(-EPERM, report->without) TH_LOG("the token must be what makes the difference");
	if (variant->sealed)
		expect_denied(_metadata, &self->events, report, self->pid);
	else
		EXPECT_EQ(0, report->with_token) TH_LOG("%s", strerror(-report->with_token));
	return;
out:
	close(self->sock[0]);
}

GATE_MAIN
