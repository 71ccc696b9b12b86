// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * probe_test.c - bpfseal probe: tells what is known of this kernel, leaves
 * nothing behind, and tries nothing while a policy is in force.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cli.h"
#include "gate.h"
#include "pins.h"

static const char *const probe_json[] = { "bpfseal", "probe", "--json", NULL };

FIXTURE(probe) {
	struct gate_output out;
	struct cli_state before;
	json_t *json;
	int exit_code;
};

FIXTURE_SETUP(probe)
{
	ASSERT_EQ(0, gate_clean());
	ASSERT_EQ(0, cli_unsigned());
	ASSERT_EQ(0, cli_state_read(&self->before));
}

FIXTURE_TEARDOWN(probe)
{
	json_decref(self->json);
	gate_output_free(&self->out);
	EXPECT_EQ(0, gate_clean());
}

static bool is_true(const json_t *root, const char *name)
{
	return json_is_true(json_object_get(root, name));
}

/* 1: accepted, 0: refused, -1: not tried */
static int accepted(const json_t *root, const char *load)
{
	const json_t *answer = json_object_get(json_object_get(json_object_get(root, "loads"),
							       load), "accepted");

	return json_is_boolean(answer) ? json_is_true(answer) : -1;
}

static const char *level_name(uint8_t level)
{
	return level ? gate_require(level) : "unsigned";
}

/* Has the loader that verifies its metadata done so, and has it failed as specified? */
static bool all_runs(const json_t *root)
{
	static const char *const must_fail[] = {
		"unsigned_btf", "loader_promoted_again", "loader_altered_metadata",
		"loader_unfrozen_metadata", "loader_unsigned",
	};
	bool all = accepted(root, "signed_btf") == 1 && accepted(root, "loader_promoted") == 1;
	size_t i;

	for (i = 0; i < GATE_COUNT(must_fail); i++)
		all &= accepted(root, must_fail[i]) == 0;
	return all;
}

TEST_F(probe, this_kernel)
{
	const struct gate_kernel *kernel = gate_kernel();
	static const char *const must_fail[] = {
		"flipped_signature", "unsigned_metadata", "altered_metadata", "shared_metadata",
		"unfrozen_metadata",
	};
	const char *name;
	json_t *present;
	size_t i;

	ASSERT_EQ(0, cli_json(probe_json, &self->exit_code, &self->json));
	EXPECT_EQ(0, self->exit_code);
	EXPECT_STREQ(kernel->tier, cli_text(self->json, "tier"));
	EXPECT_STREQ(level_name(kernel->level), cli_text(self->json, "verified_level"));
	EXPECT_EQ(kernel->promotes, is_true(self->json, "promotes"));
	EXPECT_EQ(kernel->promotes, is_true(self->json, "signs_btf"));
	EXPECT_EQ(kernel->promotes, is_true(self->json, "runtime_kfunc"));
	EXPECT_EQ(kernel->verdict, is_true(self->json, "verdict_visible"));
	EXPECT_EQ(kernel->promotes, all_runs(self->json));
	EXPECT_TRUE(is_true(self->json, "capable"));
	EXPECT_TRUE(is_true(self->json, "btf"));
	EXPECT_TRUE(is_true(self->json, "lsm_built"));
	EXPECT_TRUE(is_true(self->json, "lsm_active"));
	CLI_HAS(cli_text(self->json, "lsm_list"), "bpf");
	EXPECT_FALSE(is_true(self->json, "installed"));
	EXPECT_FALSE(is_true(self->json, "enforcing"));
	EXPECT_EQ(kernel->level ? 1 : 0, accepted(self->json, "signed"));
	json_object_foreach(json_object_get(self->json, "hooks"), name, present) {
		if (!kernel->level && !strcmp(name, "bpf_stack_liveness_init"))
			continue;	/* it came with signatures */
		EXPECT_TRUE(json_is_true(present)) {
			TH_LOG("%s is said to be missing", name);
		}
	}
	for (i = 0; kernel->level == BPFSEAL_LEVEL_METADATA && i < GATE_COUNT(must_fail); i++)
		EXPECT_EQ(0, accepted(self->json, must_fail[i])) {
			TH_LOG("%s", must_fail[i]);
		}
}

TEST_F(probe, leaves_nothing)
{
	CLI_RUN(0, &self->out, "bpfseal", "probe");
	EXPECT_EQ(1, cli_lines(self->out.out, "Level: "));
	EXPECT_EQ(0, cli_state_only(&self->before));
}

TEST_F(probe, while_enforcing)
{
	struct bpfseal_counters before[BPFSEAL_R_MAX], after[BPFSEAL_R_MAX];

	if (!gate_kernel()->level)
		SKIP(return, GATE_NO_SIGNATURES);
	ASSERT_EQ(0, gate_install("enforcing", NULL));
	ASSERT_EQ(0, cli_state_read(&self->before));
	ASSERT_EQ(0, report_counters(before));
	ASSERT_EQ(0, cli_json(probe_json, &self->exit_code, &self->json));
	EXPECT_EQ(0, self->exit_code);
	EXPECT_TRUE(is_true(self->json, "installed"));
	EXPECT_TRUE(is_true(self->json, "enforcing"));
	EXPECT_TRUE(json_is_null(json_object_get(self->json, "loads")));
	EXPECT_STREQ(level_name(gate_kernel()->level), cli_text(self->json, "verified_level"));
	EXPECT_STREQ(gate_kernel()->tier, cli_text(self->json, "tier"));
	CLI_RUN(0, &self->out, "bpfseal", "probe");
	CLI_HAS(self->out.out, "A policy is installed (enforcing): no program was tried");
	ASSERT_EQ(0, report_counters(after));
	EXPECT_EQ(0, memcmp(before, after, sizeof(before))) {
		TH_LOG("the policy had something to decide");
	}
	EXPECT_EQ(0, cli_state_only(&self->before));
	EXPECT_EQ(-EPERM, cli_unsigned());
}

TEST_F(probe, without_privilege)
{
	pid_t child = fork();

	ASSERT_GE(child, 0);
	if (!child) {
		EXPECT_EQ(0, setresuid(65534, 65534, 65534));
		EXPECT_EQ(0, cli_json(probe_json, &self->exit_code, &self->json));
		EXPECT_EQ(0, self->exit_code);
		EXPECT_FALSE(is_true(self->json, "capable"));
		EXPECT_STREQ("unsigned", cli_text(self->json, "verified_level"));
		EXPECT_EQ(0, gate_run(&self->out, "bpfseal", "probe"));
		CLI_HAS(self->out.out, "this process may not load BPF. Run it as root.");
		_exit(0);
	}
	EXPECT_EQ(0, cli_end(child));
	EXPECT_EQ(0, cli_state_only(&self->before));
}

TEST_HARNESS_MAIN
