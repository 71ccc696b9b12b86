// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_refused_test.c - ill-formed policies given to the real commands: each is refused
 * with its place and value, and the policy in force stays what it is, byte for byte.
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
#include "pins.h"
#include "policy_refused.h"
#include "store.h"

#define POLICY CLI_TMP "/p.yaml"
#define STORED STORE_DIR "/current/policy.yaml"

/* What has to stay: the frozen map in force, what is in it, and the copy for boot. */
struct in_force {
	struct bpfseal_state state;
	struct bpfseal_table *table;
	struct cli_state objects;
	char *stored;
};

FIXTURE(refused) {
	struct gate_output out;
	struct in_force *was, *is;
};

static int read_in_force(struct in_force *f)
{
	int err = report_state(&f->state);

	if (!err)
		err = report_table(&f->table);
	if (!err)
		err = cli_state_read(&f->objects);
	f->stored = cli_read(STORED);
	return err ? err : f->stored ? 0 : -ENOENT;
}

static void free_in_force(struct in_force *f)
{
	if (f) {
		free(f->table);
		free(f->stored);
	}
	free(f);
}

FIXTURE_SETUP(refused)
{
	GATE_NEEDS_SIGNATURES;
	ASSERT_TRUE(mkdir(CLI_TMP, 0755) == 0 || errno == EEXIST);
	ASSERT_EQ(0, gate_clean());
	ASSERT_EQ(0, gate_install("enforcing", NULL));
	self->was = calloc(1, sizeof(*self->was));
	self->is = calloc(1, sizeof(*self->is));
	ASSERT_EQ(0, read_in_force(self->was));
	ASSERT_EQ(-EPERM, cli_unsigned());
}

FIXTURE_TEARDOWN(refused)
{
	gate_output_free(&self->out);
	free_in_force(self->was);
	free_in_force(self->is);
	EXPECT_EQ(0, gate_clean());
}

static void expect_same_ids(struct __test_metadata *_metadata, FIXTURE_DATA(refused) *self,
			    enum cli_kind kind)
{
	const struct cli_state *was = &self->was->objects, *is = &self->is->objects;

	ASSERT_EQ(was->n[kind], is->n[kind]);
	EXPECT_EQ(0, memcmp(was->ids[kind], is->ids[kind], is->n[kind] * sizeof(is->ids[0][0])));
}

static void expect_untouched(struct __test_metadata *_metadata, FIXTURE_DATA(refused) *self)
{
	ASSERT_EQ(0, cli_state_only(&self->was->objects));
	ASSERT_EQ(0, read_in_force(self->is));
	EXPECT_EQ(0, memcmp(self->was->table, self->is->table, sizeof(*self->is->table)));
	EXPECT_EQ(self->was->table->policy.generation, self->is->table->policy.generation);
	EXPECT_STREQ(self->was->stored, self->is->stored);
	expect_same_ids(_metadata, self, CLI_LINKS);
	expect_same_ids(_metadata, self, CLI_PROGS);
	expect_same_ids(_metadata, self, CLI_MAPS);
	expect_same_ids(_metadata, self, CLI_PINS);
}

static void refuse_one(struct __test_metadata *_metadata, FIXTURE_DATA(refused) *self,
		       const char *command, size_t i)
{
	struct bpfseal_state state;
	char message[1024];

	ASSERT_EQ(0, gate_write(POLICY, policy_refused[i].text, strlen(policy_refused[i].text)));
	snprintf(message, sizeof(message), POLICY ":%s\n", policy_refused[i].message);
	CLI_RUN(1, &self->out, "bpfseal", command, POLICY);
	EXPECT_STREQ("", self->out.out);
	EXPECT_STREQ(message, self->out.err) TH_LOG("%s of case %zu", command, i);
	ASSERT_EQ(0, report_state(&state));
	EXPECT_EQ(self->was->state.generation, state.generation) {
		TH_LOG("%s of case %zu", command, i);
	}
	EXPECT_EQ(-EPERM, cli_unsigned()) TH_LOG("%s of case %zu", command, i);
}

static void refuse_all(struct __test_metadata *_metadata, FIXTURE_DATA(refused) *self,
		       const char *command)
{
	ASSERT_LT(100, N_POLICY_REFUSED);
	for (size_t i = 0; i < N_POLICY_REFUSED; i++)
		refuse_one(_metadata, self, command, i);
	expect_untouched(_metadata, self);
}

TEST_F(refused, by_reload)
{
	refuse_all(_metadata, self, "reload");
	/* Not because reload refuses everything. */
	ASSERT_EQ(0, gate_reload(&(struct gate_policy){ .mode = "permissive" }));
	ASSERT_EQ(0, report_state(&self->is->state));
	EXPECT_NE(self->was->state.generation, self->is->state.generation);
	EXPECT_EQ(0, cli_unsigned());
}

TEST_F(refused, by_install)
{
	refuse_all(_metadata, self, "install");
}

TEST_HARNESS_MAIN
