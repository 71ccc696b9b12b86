// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * recover_test.c - the way back: a kernel that was booted with "bpfseal=recover" gets a
 * permissive policy from the service, and that is recorded.
 *
 * The kernel's command line is a file of the test's, mounted over /proc/cmdline.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cli.h"
#include "control.h"
#include "gate_test.h"
#include "report.h"

#define LINE GATE_TMP "/cmdline"
#define RESTORED(mode) "restored: policy, version 0, " mode "\n"

FIXTURE(recover) {
	struct gate_output out;
};

static int boot_with(const char *line)
{
	umount2("/proc/cmdline", MNT_DETACH);
	return gate_write(LINE, line, strlen(line)) ?:
	       mount(LINE, "/proc/cmdline", NULL, MS_BIND, NULL);
}

FIXTURE_SETUP(recover)
{
	GATE_NEEDS_SIGNATURES;
	ASSERT_EQ(0, gate_clean());
	ASSERT_EQ(0, gate_install("enforcing", NULL));
	ASSERT_EQ(0, gate_do("bpfseal", "uninstall", "--keep"));
	EXPECT_EQ(0, cli_unsigned());
}

FIXTURE_TEARDOWN(recover)
{
	umount2("/proc/cmdline", MNT_DETACH);
	gate_output_free(&self->out);
	EXPECT_EQ(0, gate_clean());
}

TEST_F(recover, permissive)
{
	ASSERT_EQ(0, boot_with("root=/dev/vda quiet bpfseal=recover lockdown=integrity\n"));
	CLI_RUN(0, &self->out, "bpfseal", "restore");
	EXPECT_STREQ(RESTORED("permissive"), self->out.out);
	CLI_HAS(self->out.err, "the policy is permissive: the kernel was booted with \"bpfseal=recover\"");
	EXPECT_EQ(0, cli_unsigned());
	CLI_RUN(0, &self->out, "bpfseal", "events", "--json");
	CLI_HAS(self->out.out, "\"reason\":\"recovery\"");
	CLI_RUN(3, &self->out, "bpfseal", "status");
	CLI_HAS(self->out.out, "recovery:  the kernel was booted with 'bpfseal=recover'");
	CLI_RUN(0, &self->out, "bpfseal", "restore");
	EXPECT_STREQ("a policy is in force: there is nothing to restore\n", self->out.out);
	CLI_RUN(0, &self->out, "bpfseal", "mode", "enforcing");
	EXPECT_EQ(-EPERM, cli_unsigned());
	CLI_RUN(0, &self->out, "bpfseal", "status", "--json");
	CLI_HAS(self->out.out, "\"recovery\": true");
}

/* A policy that is in force is none of the option's business. */
TEST_F(recover, not_while_it_runs)
{
	int control;

	CLI_RUN(0, &self->out, "bpfseal", "restore");
	EXPECT_STREQ(RESTORED("enforcing"), self->out.out);
	ASSERT_EQ(0, boot_with("bpfseal=recover\n"));
	CLI_RUN(0, &self->out, "bpfseal", "restore");
	EXPECT_STREQ("a policy is in force: there is nothing to restore\n", self->out.out);
	EXPECT_EQ(-EPERM, cli_unsigned());
	control = control_open();
	ASSERT_LE(0, control);
	EXPECT_EQ(-EINVAL, control_recovery(control));
	close(control);
	CLI_RUN(0, &self->out, "bpfseal", "status", "--json");
	CLI_HAS(self->out.out, "\"recovery\": false");
}

TEST_F(recover, other_options)
{
	static const char *const lines[] = {
		"bpfseal=recovery\n", "xbpfseal=recover\n", "bpfseal=recover=1\n",
		"bpfseal.bpfseal=recover\n", "bpfseal=\n", "\n",
	};

	for (size_t i = 0; i < GATE_COUNT(lines); i++) {
		ASSERT_EQ(0, boot_with(lines[i]));
		CLI_RUN(0, &self->out, "bpfseal", "restore");
		EXPECT_STREQ(RESTORED("enforcing"), self->out.out) TH_LOG("%s", lines[i]);
		EXPECT_EQ(-EPERM, cli_unsigned());
		ASSERT_EQ(0, gate_do("bpfseal", "uninstall", "--keep"));
	}
}

TEST_HARNESS_MAIN
