// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cli_test.c - the command line: help, wrong use, and policy files that bpfseal
 * install refuses.
 *
 * Each fixtures/policies/NAME.yaml is one bad policy. Its first line,
 * "# LINE:COLUMN: TEXT" or "# TEXT", is what has to be said of it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cli.h"
#include "gate.h"

#define POLICIES "/fixtures/policies"

/* --- help and wrong use ---------------------------------------------------------------- */

FIXTURE(command) {
	struct gate_output out;
};

FIXTURE_VARIANT(command) {
	const char *name;
	const char *argument;	/* the first that is too many, after what it needs */
	const char *needed[6];
};

FIXTURE_SETUP(command)
{
}

FIXTURE_TEARDOWN(command)
{
	gate_output_free(&self->out);
}

#define COMMAND(what, ...) \
	FIXTURE_VARIANT_ADD(command, what) { .name = #what, .needed = { __VA_ARGS__ } }
COMMAND(probe);
COMMAND(keys, "list");
COMMAND(sign, "a.o", "--key", "k", "--cert", "c");	/* and -o is missing */
COMMAND(verify, "f.h", "--cert", "c");
COMMAND(policy, "authority", "show");
COMMAND(install, "policy.yaml");
COMMAND(restore);
COMMAND(mode, "enforcing");
COMMAND(status);
COMMAND(events);
COMMAND(inventory);
COMMAND(uninstall);

static int run(FIXTURE_DATA(command) *self, const char *const args[])
{
	const char *argv[16] = { "bpfseal" };
	size_t i;

	for (i = 0; args[i]; i++)
		argv[i + 1] = args[i];
	gate_output_free(&self->out);
	return gate_run_argv(&self->out, argv);
}

TEST_F(command, help)
{
	char begins[64];

	snprintf(begins, sizeof(begins), "usage: bpfseal %s", variant->name);
	ASSERT_EQ(0, run(self, (const char *const[]){ variant->name, "--help", NULL }));
	EXPECT_EQ(0, self->out.status);
	EXPECT_EQ(0, strncmp(self->out.out, begins, strlen(begins))) {
		TH_LOG("stdout: %s", self->out.out);
	}
	EXPECT_STREQ("", self->out.err);
	ASSERT_EQ(0, run(self, (const char *const[]){ variant->name, "-h", NULL }));
	EXPECT_EQ(0, self->out.status);

	/* The list of commands has it too. */
	ASSERT_EQ(0, run(self, (const char *const[]){ "--help", NULL }));
	EXPECT_EQ(0, self->out.status);
	snprintf(begins, sizeof(begins), "  %-10s ", variant->name);
	EXPECT_EQ(1, cli_lines(self->out.out, begins));
}

TEST_F(command, unknown_option)
{
	ASSERT_EQ(0, run(self, (const char *const[]){ variant->name, "--no-such-option", NULL }));
	EXPECT_EQ(2, self->out.status);
	EXPECT_STREQ("", self->out.out);
	EXPECT_STRNE("", self->out.err);
}

TEST_F(command, too_many_arguments)
{
	const char *args[16] = { variant->name };
	size_t n;

	for (n = 0; variant->needed[n]; n++)
		args[n + 1] = variant->needed[n];
	args[n + 1] = "one-too-many";
	ASSERT_EQ(0, run(self, args));
	EXPECT_EQ(2, self->out.status);
	EXPECT_STREQ("", self->out.out);
	CLI_HAS(self->out.err, "usage: bpfseal ");
}

FIXTURE(line) {
	struct gate_output out;
};

FIXTURE_SETUP(line)
{
}

FIXTURE_TEARDOWN(line)
{
	gate_output_free(&self->out);
}

TEST_F(line, no_command)
{
	CLI_RUN(2, &self->out, "bpfseal");
	EXPECT_STREQ("", self->out.out);
	CLI_HAS(self->out.err, "usage: bpfseal COMMAND");
}

TEST_F(line, unknown_command)
{
	CLI_RUN(2, &self->out, "bpfseal", "unins\x1b[2Jtall");
	EXPECT_STREQ("bpfseal: unknown command 'unins\\x1b[2Jtall'\n"
		     "  'bpfseal --help' lists the commands\n", self->out.err);
}

TEST_F(line, version)
{
	CLI_RUN(0, &self->out, "bpfseal", "--version");
	EXPECT_STREQ("bpfseal " BPFSEAL_VERSION "\n", self->out.out);
}

/* Options and values that are wrong in ways of their own. */
TEST_F(line, wrong_values)
{
	static const char *const lines[][8] = {
		{ "bpfseal", "install" },
		{ "bpfseal", "mode", "off" },
		{ "bpfseal", "keys" },
		{ "bpfseal", "keys", "frobnicate" },
		{ "bpfseal", "keys", "ca" },
		{ "bpfseal", "keys", "ca", "/tmp/x", "--days", "0" },
		{ "bpfseal", "keys", "ca", "/tmp/x", "--days", "9x" },
		{ "bpfseal", "keys", "ca", "/tmp/x", "--days", "99999999999999999999" },
		{ "bpfseal", "keys", "signer", "/tmp/x", "--name", "../x" },
		{ "bpfseal", "keys", "signer", "/tmp/x", "--name", "ca" },
		{ "bpfseal", "keys", "enrol", "alice" },
		{ "bpfseal", "verify", "x.h" },
		{ "bpfseal", "sign", "x.o" },
		{ "bpfseal", "status", "--js=1" },
	};
	size_t i;

	for (i = 0; i < GATE_COUNT(lines); i++) {
		gate_output_free(&self->out);
		ASSERT_EQ(0, gate_run_argv(&self->out, lines[i]));
		EXPECT_EQ(2, self->out.status) {
			TH_LOG("%s %s %s: %s", lines[i][1], lines[i][2], lines[i][3], self->out.err);
		}
		EXPECT_STREQ("", self->out.out);
		EXPECT_STRNE("", self->out.err);
	}
}

/* What can't be written is a failure. */
TEST_F(line, output_is_full)
{
	CLI_RUN(1, &self->out, "sh", "-c", "exec bpfseal probe >/dev/full");
	CLI_HAS(self->out.err, "No space left on device");
	CLI_RUN(1, &self->out, "sh", "-c", "exec bpfseal status >/dev/full");
}

/* --- bad policies -------------------------------------------------------------------------- */

FIXTURE(policy) {
	struct gate_output out;
};

FIXTURE_SETUP(policy)
{
	ASSERT_EQ(0, gate_clean());
}

FIXTURE_TEARDOWN(policy)
{
	gate_output_free(&self->out);
	EXPECT_EQ(0, gate_clean());
}

/* What the first line says after "# "; free(). */
static char *expectation(const char *path)
{
	char *text = cli_read(path), *end = text ? strchr(text, '\n') : NULL;

	if (end)
		*end = '\0';
	if (end && !strncmp(text, "# ", 2))
		memmove(text, text + 2, strlen(text) - 1);
	return text;
}

static void check_policy(struct __test_metadata *_metadata, struct gate_output *out,
			 const char *name)
{
	char path[300], line[900], *says;

	snprintf(path, sizeof(path), POLICIES "/%s", name);
	says = expectation(path);
	ASSERT_NE(NULL, says);
	CLI_RUN(1, out, "bpfseal", "install", path);
	EXPECT_STREQ("", out->out);
	/* The first line, with a position if the fixture gives one. */
	if (says[0] >= '0' && says[0] <= '9')
		snprintf(line, sizeof(line), "%s:%s\n", path, says);
	else
		snprintf(line, sizeof(line), "%s", says);
	EXPECT_NE(NULL, strstr(out->err, line)) {
		TH_LOG("%s: expected \"%s\", stderr: %s", name, line, out->err);
	}
	EXPECT_LT(0, cli_lines(out->err, path));
	free(says);
}

TEST_F(policy, refused)
{
	struct cli_state *before = malloc(sizeof(*before));
	DIR *dir = opendir(POLICIES);
	struct dirent *d;
	int n = 0;

	ASSERT_NE(NULL, before);
	ASSERT_NE(NULL, dir);
	ASSERT_EQ(0, cli_state_read(before));
	while ((d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		check_policy(_metadata, &self->out, d->d_name);
		n++;
	}
	closedir(dir);
	EXPECT_LT(20, n);
	EXPECT_EQ(0, cli_state_only(before));
	EXPECT_EQ(0, cli_unsigned());
	free(before);
}

TEST_F(policy, file_cannot_be_read)
{
	CLI_RUN(1, &self->out, "bpfseal", "install", "/missing\n.yaml");
	EXPECT_STREQ("bpfseal: cannot read policy /missing\\x0a.yaml: No such file or directory\n",
		     self->out.err);
	CLI_RUN(1, &self->out, "bpfseal", "install", "/fixtures");
	EXPECT_STREQ("bpfseal: cannot read policy /fixtures: Is a directory\n", self->out.err);
	CLI_RUN(1, &self->out, "bpfseal", "install", "/dev/null");
	EXPECT_STREQ("bpfseal: policy /dev/null is not a regular file\n", self->out.err);
}

TEST_HARNESS_MAIN
