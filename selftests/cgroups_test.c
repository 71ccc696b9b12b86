// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cgroups_test.c - rules that name cgroups which aren't there yet, or have been made
 * anew: nothing is allowed by them, nothing that denies is put into force in vain, and
 * 'bpfseal status' tells.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cli.h"
#include "gate_test.h"
#include "host.h"
#include "pins.h"
#include "store.h"

#define POLICY CLI_TMP "/policy.yaml"
#define PATH "/seal_late"
#define CGROUP HOST_CGROUPS PATH

#define ABSENT "cgroup:    " PATH " doesn't exist: no rule that names it matches there\n"
#define MADE_LATER "cgroup:    " PATH " was made after the policy was put into force: " \
	"no rule that names it matches there\n"
#define RELOAD "           look them up again with 'bpfseal reload POLICY.yaml'\n"
#define NOT_DENIED "rule \"gate\" denies in cgroup \"" PATH "\", which doesn't exist: " \
	"nothing would be denied there\n  make the cgroup first, or name one above it\n"

static const char *const status_json[] = { "bpfseal", "status", "--json", NULL };

FIXTURE(cgroups) {
	struct gate_output out;
	int32_t keyring;
};

static int write_rule(const char *action)
{
	char rules[128];
	const struct gate_policy policy = { .more = rules };

	snprintf(rules, sizeof(rules), "rules:\n- {id: gate, action: %s, cgroups: [" PATH "]}\n",
		 action);
	return gate_policy_write(POLICY, &policy);
}

FIXTURE_SETUP(cgroups)
{
	GATE_NEEDS_SIGNATURES;
	ASSERT_TRUE(!mkdir(CLI_TMP, 0755) || errno == EEXIST);
	ASSERT_EQ(0, gate_clean());
	ASSERT_TRUE(!rmdir(CGROUP) || errno == ENOENT);
	ASSERT_EQ(0, cli_unsigned());
}

FIXTURE_TEARDOWN(cgroups)
{
	gate_output_free(&self->out);
	EXPECT_EQ(0, gate_clean());
	EXPECT_TRUE(!rmdir(CGROUP) || errno == ENOENT);
}

/* What a load in the cgroup comes to; the keyring is a signed one's, 0 for an unsigned. */
static int load_inside(int32_t keyring)
{
	pid_t pid = fork();
	int err;

	if (pid)
		return pid < 0 ? -errno : -cli_end(pid);
	err = gate_write(CGROUP "/cgroup.procs", "0", 1);
	if (err)
		_exit(200);
	_exit(-(keyring ? cli_signed("signer", keyring, false) : cli_unsigned()));
}

/* In a test: status tells this of the cgroup; NULL: nothing. */
#define STATUS(text, in_json) do { \
	const char *text_ = text; \
	json_t *json_; \
	int code_; \
	CLI_RUN(0, &self->out, "bpfseal", "status"); \
	EXPECT_EQ(text_ ? 1 : 0, cli_lines(self->out.out, "cgroup")); \
	if (text_) \
		CLI_HAS(self->out.out, text_); \
	ASSERT_EQ(0, cli_json(status_json, &code_, &json_)); \
	expect_json(_metadata, json_object_get(json_, "lost_cgroups"), in_json); \
	json_decref(json_); \
} while (0)

static void expect_json(struct __test_metadata *_metadata, const json_t *lost, const char *state)
{
	ASSERT_TRUE(json_is_array(lost));
	ASSERT_EQ(state ? 1 : 0, json_array_size(lost));
	if (!state)
		return;
	EXPECT_STREQ(PATH, cli_text(json_array_get(lost, 0), "path"));
	EXPECT_STREQ(state, cli_text(json_array_get(lost, 0), "state"));
}

TEST_F(cgroups, install_refuses_to_deny_nothing)
{
	ASSERT_EQ(0, write_rule("deny"));
	CLI_RUN(1, &self->out, "bpfseal", "install", POLICY);
	EXPECT_STREQ(POLICY ":7:8: " NOT_DENIED, self->out.err);
	EXPECT_STREQ("", self->out.out);
	EXPECT_NE(0, access(PIN_DIR, F_OK));
	EXPECT_EQ(0, cli_unsigned());

	ASSERT_EQ(0, mkdir(CGROUP, 0755));
	CLI_RUN(0, &self->out, "bpfseal", "install", POLICY);
	STATUS(NULL, NULL);
}

TEST_F(cgroups, reload_refuses_to_deny_nothing)
{
	struct bpfseal_table *was, *is;

	ASSERT_EQ(0, gate_install("enforcing", NULL));
	ASSERT_EQ(0, gate_keyring("signer", &self->keyring));
	ASSERT_EQ(0, report_table(&was));
	ASSERT_EQ(0, write_rule("deny"));
	CLI_RUN(1, &self->out, "bpfseal", "reload", POLICY);
	EXPECT_STREQ(POLICY ":7:8: " NOT_DENIED, self->out.err);
	ASSERT_EQ(0, report_table(&is));
	EXPECT_EQ(0, memcmp(was, is, sizeof(*was)));
	free(was);
	free(is);

	ASSERT_EQ(0, mkdir(CGROUP, 0755));
	EXPECT_EQ(0, load_inside(self->keyring));
	CLI_RUN(0, &self->out, "bpfseal", "reload", POLICY);
	EXPECT_EQ(-EPERM, load_inside(self->keyring));
	EXPECT_EQ(0, cli_signed("signer", self->keyring, false));
}

/* Made later, made anew, gone: nothing is allowed by its path alone. */
TEST_F(cgroups, allows_only_what_was_found)
{
	ASSERT_EQ(0, write_rule("allow"));
	CLI_RUN(0, &self->out, "bpfseal", "install", POLICY);
	CLI_HAS(self->out.err, "warning: rule \"gate\" allows nothing in cgroup \"" PATH
		"\", which doesn't exist\n  when it has been made, look it up again: "
		"bpfseal reload POLICY.yaml\n");
	STATUS(ABSENT RELOAD, "absent");
	ASSERT_EQ(0, mkdir(CGROUP, 0755));
	EXPECT_EQ(-EPERM, load_inside(0));
	STATUS(MADE_LATER RELOAD, "made-later");

	CLI_RUN(0, &self->out, "bpfseal", "reload", POLICY);
	STATUS(NULL, NULL);
	EXPECT_EQ(0, load_inside(0));
	EXPECT_EQ(-EPERM, cli_unsigned());

	ASSERT_EQ(0, rmdir(CGROUP));
	STATUS(ABSENT RELOAD, "absent");
	ASSERT_EQ(0, mkdir(CGROUP, 0755));
	EXPECT_EQ(-EPERM, load_inside(0));
	STATUS(MADE_LATER RELOAD, "made-later");
}

/* Boot goes on, and the rule is good again after a reload. */
TEST_F(cgroups, restored_before_it_is_made)
{
	ASSERT_EQ(0, mkdir(CGROUP, 0755));
	ASSERT_EQ(0, write_rule("deny"));
	CLI_RUN(0, &self->out, "bpfseal", "install", POLICY);
	ASSERT_EQ(0, gate_keyring("signer", &self->keyring));
	EXPECT_EQ(-EPERM, load_inside(self->keyring));
	CLI_RUN(0, &self->out, "bpfseal", "uninstall", "--keep");
	ASSERT_EQ(0, rmdir(CGROUP));

	CLI_RUN(0, &self->out, "bpfseal", "restore");
	CLI_HAS(self->out.err, "warning: rule \"gate\" denies nothing in cgroup \"" PATH
		"\", which doesn't exist\n");
	STATUS(ABSENT RELOAD, "absent");
	EXPECT_EQ(-EPERM, cli_unsigned());
	ASSERT_EQ(0, gate_keyring("signer", &self->keyring));
	ASSERT_EQ(0, mkdir(CGROUP, 0755));
	EXPECT_EQ(0, load_inside(self->keyring));
	CLI_RUN(0, &self->out, "bpfseal", "reload", POLICY);
	EXPECT_EQ(-EPERM, load_inside(self->keyring));
	STATUS(NULL, NULL);
}

/* The paths are in the stored policy only. */
TEST_F(cgroups, not_stored)
{
	json_t *json;
	int code;

	ASSERT_EQ(0, mkdir(CGROUP, 0755));
	ASSERT_EQ(0, write_rule("allow"));
	CLI_RUN(0, &self->out, "bpfseal", "install", POLICY);
	ASSERT_EQ(0, gate_do("rm", "-r", STORE_DIR));
	CLI_RUN(0, &self->out, "bpfseal", "status");
	CLI_HAS(self->out.out, "cgroups:   not known: the policy in force isn't the stored one\n");
	ASSERT_EQ(0, cli_json(status_json, &code, &json));
	EXPECT_TRUE(json_is_null(json_object_get(json, "lost_cgroups")));
	json_decref(json);
}

TEST_HARNESS_MAIN
