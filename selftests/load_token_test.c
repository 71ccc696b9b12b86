// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load_token_test.c - loads with a BPF token, from a user namespace to which
 * BPF was delegated: a token is a right to load, not a reason to trust.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

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

static int tell(int sock)
{
	return write(sock, "", 1) == 1 ? 0 : -EIO;
}

static int hear(int sock)
{
	char byte;

	return read(sock, &byte, 1) == 1 ? 0 : -EIO;
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

static int make_token(int mount)
{
	union bpf_attr attr;
	int dir = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return -errno;
	memset(&attr, 0, sizeof(attr));
	attr.token_create.bpffs_fd = dir;
	return gate_bpf(BPF_TOKEN_CREATE, &attr);
}

static int child(struct report *report, int sock)
{
	struct gate_signature sig;
	struct stat st;
	int fs, mount;

	/* The key's file can't be read from inside. */
	if (gate_sign_insns("signer", trivial, GATE_COUNT(trivial), NULL, 0, &sig) ||
	    unshare(CLONE_NEWUSER | CLONE_NEWNS) || tell(sock) || hear(sock))
		return 1;
	if (setresgid(0, 0, 0) || setresuid(0, 0, 0))
		return 2;
	fs = syscall(SYS_fsopen, "bpf", 0);
	if (fs < 0 || gate_pass_fd(sock, fs))
		return 3;
	mount = gate_take_fd(sock);
	if (mount < 0)
		return 4;
	report->token = make_token(mount);
	report->user_ns = stat("/proc/self/ns/user", &st) ? 0 : st.st_ino;
	if (tell(sock) || hear(sock))
		return 5;
	report->without = load_with(-1, "tokenless", NULL, 0);
	report->with_token = load_with(report->token, "with_token", NULL, 0);
	report->signed_with_token = load_with(report->token, "signed_token", &sig, report->keyring);
	return 0;
}

/* --- the parent: root, who delegates --------------------------------------- */

static int map_root(pid_t pid)
{
	char path[64];
	int err;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	err = gate_write(path, "0 0 1", 5);
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	return err ? err : gate_write(path, "0 0 1", 5);
}

static int delegate(int sock)
{
	static const char *const what[] = { "delegate_cmds", "delegate_maps", "delegate_progs",
					    "delegate_attachs" };
	int fs = gate_take_fd(sock), mount;
	size_t i;

	if (fs < 0)
		return fs;
	for (i = 0; i < GATE_COUNT(what); i++)
		if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, what[i], "any", 0))
			return -errno;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -errno;
	mount = syscall(SYS_fsmount, fs, 0, 0);
	return mount < 0 ? -errno : gate_pass_fd(sock, mount);
}

static void start_child(struct __test_metadata *_metadata, struct report *report, int sock[2],
			pid_t *pid)
{
	*pid = fork();
	if (!*pid) {
		close(sock[0]);
		_exit(child(report, sock[1]));
	}
	close(sock[1]);		/* so that its death is heard */
	ASSERT_EQ(0, hear(sock[0])) TH_LOG("no user namespace");
	ASSERT_EQ(0, map_root(*pid));
	ASSERT_EQ(0, tell(sock[0]));
	ASSERT_EQ(0, delegate(sock[0]));
	ASSERT_EQ(0, hear(sock[0]));
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
	ASSERT_EQ(0, tell(self->sock[0]));
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
