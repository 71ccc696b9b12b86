// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * upgrade_test.c - other programs take the place of a policy's, and at no moment is there
 * none. That of a sealed policy is in sealed_upgrade_test.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "kselftest_harness.h"
#include "cli.h"
#include "gate_test.h"
#include "objects.h"
#include "pins.h"
#include "report.h"
#include "storm.h"

#define POLICY GATE_TMP "/upgrade.yaml"

FIXTURE(upgrade) {
	struct gate_output out;
	struct gate_policy policy;
	__u32 admit;	/* id of the program that decides loads */
};

static __u32 pinned_id(const char *path)
{
	int fd = gate_open_pin(path);
	__u32 id = gate_prog_id(fd);

	close(fd);
	return id;
}

FIXTURE_SETUP(upgrade)
{
	GATE_NEEDS_SIGNATURES;
	ASSERT_EQ(0, gate_clean());
	if (!storm_is_signed())
		SKIP(return, "no tools sign for this kernel");
	ASSERT_EQ(0, gate_install("enforcing", NULL));
	self->admit = pinned_id(PIN_DIR "/admit");
	self->policy = (struct gate_policy){ .mode = "enforcing",
		.signers = { { .name = "signer", .certificate = GATE_KEYS "/signer.crt" } } };
	ASSERT_EQ(0, gate_policy_write(POLICY, &self->policy));
}

FIXTURE_TEARDOWN(upgrade)
{
	gate_output_free(&self->out);
	EXPECT_EQ(0, gate_clean());
	EXPECT_EQ(0, cli_unsigned());
}

static bool is_loaded(__u32 id)
{
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* The kernel frees what was detached some time later. */
static bool goes(__u32 id)
{
	for (int i = 0; i < 100 && is_loaded(id); i++)
		usleep(50000);
	return !is_loaded(id);
}

static bool is_there(const char *path)
{
	struct stat st;

	return !stat(path, &st);
}

TEST_F(upgrade, denies_all_the_while)
{
	struct storm storm;

	ASSERT_EQ(0, storm_begin(&storm));
	CLI_RUN(0, &self->out, "bpfseal", "upgrade", POLICY);
	ASSERT_EQ(0, storm_end(&storm));
	EXPECT_LT(100, storm.denied);
	EXPECT_EQ(0, storm.allowed);
	CLI_HAS(self->out.out, "upgraded to bpfseal ");
	EXPECT_NE(self->admit, pinned_id(PIN_DIR "/admit"));
	EXPECT_TRUE(goes(self->admit));
	EXPECT_FALSE(is_there(PIN_NEXT));
	CLI_RUN(0, &self->out, "bpfseal", "status");
	EXPECT_EQ(-EPERM, cli_unsigned());
	EXPECT_EQ(0, gate_uninstall());
	EXPECT_EQ(0, cli_unsigned());
}

TEST_F(upgrade, unsigned_programs_are_denied)
{
	ASSERT_EQ(0, gate_do("mkdir", "-p", CLI_TMP));
	ASSERT_EQ(0, gate_do("mv", storm_signed_file(), CLI_TMP "/signed"));
	CLI_RUN(1, &self->out, "bpfseal", "upgrade", POLICY);
	ASSERT_EQ(0, gate_do("mv", CLI_TMP "/signed", storm_signed_file()));
	CLI_HAS(self->out.err, "the kernel doesn't take the policy programs");
	CLI_HAS(self->out.err, "the programs before these stay in force");
	EXPECT_EQ(self->admit, pinned_id(PIN_DIR "/admit"));
	EXPECT_FALSE(is_there(PIN_NEXT));
	EXPECT_EQ(-EPERM, cli_unsigned());
}

/* What a crash leaves: programs that decide as well, and pins that nobody needs. */
TEST_F(upgrade, cut_short)
{
	__u32 next;

	ASSERT_EQ(0, storm_upgrade_half(POLICY));
	ASSERT_TRUE(is_there(PIN_NEXT "/admit"));
	next = pinned_id(PIN_NEXT "/admit");
	EXPECT_EQ(-EPERM, cli_unsigned());
	CLI_RUN(0, &self->out, "bpfseal", "status");
	CLI_RUN(0, &self->out, "bpfseal", "upgrade", POLICY);
	EXPECT_TRUE(goes(next));
	EXPECT_TRUE(goes(self->admit));
	EXPECT_FALSE(is_there(PIN_NEXT));
	EXPECT_EQ(-EPERM, cli_unsigned());
}

TEST_F(upgrade, cut_short_and_uninstalled)
{
	ASSERT_EQ(0, storm_upgrade_half(POLICY));
	EXPECT_EQ(0, gate_uninstall());
	EXPECT_FALSE(is_there(PIN_NEXT));
	EXPECT_EQ(0, cli_unsigned());
}

/* As for install: something stands in the way here, at least that kernel lockdown is off. */
TEST_F(upgrade, seals_if_nothing_stands_in_the_way)
{
	struct bpfseal_policy p;

	self->policy.mode = "sealed";
	ASSERT_EQ(0, gate_policy_write(POLICY, &self->policy));
	CLI_RUN(3, &self->out, "bpfseal", "upgrade", POLICY);
	CLI_HAS(self->out.out, "upgraded to bpfseal ");
	CLI_HAS(self->out.out, ": enforcing, ");
	CLI_HAS(self->out.err, "not sealed: ");
	EXPECT_NE(self->admit, pinned_id(PIN_DIR "/admit"));
	EXPECT_EQ(0, report_policy(&p));
	EXPECT_EQ(BPFSEAL_ENFORCING, p.mode);
	EXPECT_EQ(-EPERM, cli_unsigned());
}

TEST_F(upgrade, needs_a_policy)
{
	ASSERT_EQ(0, gate_uninstall());
	CLI_RUN(1, &self->out, "bpfseal", "upgrade", POLICY);
	CLI_HAS(self->out.err, "no policy is installed");
}

GATE_MAIN
