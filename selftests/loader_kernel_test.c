// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * loader_kernel_test.c - loads that the kernel makes of its own accord: no loader
 * runs and userspace asks for nothing. No module of Debian's kernels makes any, so
 * one of the tests' own does (modules/own_bpf.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "gate_test.h"

#define MODULE "/tests/own_bpf.ko"

/* 0, or what the module's command failed with. */
static int insert(const char *options)
{
	int fd = open(MODULE, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = syscall(SYS_finit_module, fd, options, 0) ? -errno : 0;
	close(fd);
	if (!err && syscall(SYS_delete_module, "own_bpf", O_NONBLOCK))
		return -errno;
	return err;
}

FIXTURE(own) {
	struct gate_events events;
};

FIXTURE_VARIANT(own) {
	const char *mode;	/* NULL: no policy */
	int err;
	uint8_t decision;
};

FIXTURE_VARIANT_ADD(own, control) { };
FIXTURE_VARIANT_ADD(own, enforcing) {
	.mode = "enforcing", .err = -EPERM, .decision = BPFSEAL_DENY,
};
FIXTURE_VARIANT_ADD(own, permissive) {
	.mode = "permissive", .decision = BPFSEAL_WOULD_DENY,
};

FIXTURE_SETUP(own)
{
	const struct gate_policy policy = { .mode = variant->mode };

	GATE_START(&self->events);
	if (access(MODULE, R_OK))
		SKIP(return, "there are no headers to build a module for this kernel with");
	if (variant->mode)
		GATE_SEAL(&self->events, &policy);
}

FIXTURE_TEARDOWN(own)
{
	GATE_END(&self->events);
}

TEST_F(own, program)
{
	const struct bpfseal_event want = {
		.decision = variant->decision, .hook = BPFSEAL_HOOK_PROG_LOAD,
		.reason = BPFSEAL_R_KERNEL_OWN, .error = variant->err, .nested = 1,
		.object_type = BPF_PROG_TYPE_SOCKET_FILTER, .name = "own_bpf",
	};

	EXPECT_EQ(variant->err, insert(""));
	if (variant->mode)
		gate_expect(_metadata, &self->events, &want);
}

TEST_F(own, map)
{
	const struct bpfseal_event want = {
		.decision = variant->decision, .hook = BPFSEAL_HOOK_MAP_CREATE,
		.reason = BPFSEAL_R_KERNEL_OWN, .error = variant->err, .nested = 1,
		.object_type = BPF_MAP_TYPE_ARRAY, .name = "own_bpf",
	};

	EXPECT_EQ(variant->err, insert("map=1"));
	if (variant->mode)
		gate_expect(_metadata, &self->events, &want);
}

/* The mark ends with the command: what the same task asks for next is its own. */
TEST_F(own, only_that)
{
	const struct bpfseal_event want = {
		.decision = variant->decision, .hook = BPFSEAL_HOOK_PROG_LOAD,
		.reason = BPFSEAL_R_UNSIGNED, .error = variant->err,
		.object_type = BPF_PROG_TYPE_SOCKET_FILTER, .name = "plain",
	};
	int fd;

	EXPECT_EQ(variant->err, insert(""));
	fd = gate_load_trivial(BPF_PROG_TYPE_SOCKET_FILTER, "plain");
	EXPECT_EQ(variant->err, fd < 0 ? fd : 0);
	close(fd);
	if (variant->mode)
		gate_expect(_metadata, &self->events, &want);
}

GATE_MAIN
