// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_learn_test.c - from a permissive policy to one that was learned, with the
 * commands that an administrator types: what was seen goes on to load, and nothing
 * else; replay and explain say beforehand and afterwards what the kernel does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "gate_test.h"
#include "insn.h"

#define POLICY CLI_TMP "/policy.yaml"
#define LEARNED CLI_TMP "/learned.yaml"
#define EVENTS CLI_TMP "/seen.json"
#define LATER CLI_TMP "/later.json"

static const char *const record[] = { "bpfseal", "events", "--json", "--probes", NULL };

FIXTURE(learn) {
	struct gate_output out;
	int seen;	/* stays loaded, so that its digest can be learned */
};

/* A program that does nothing but to return a number: another digest for each. */
static int load(uint32_t type, int number)
{
	const struct bpf_insn insns[] = { MOV_IMM(BPF_REG_0, number), EXIT() };
	union bpf_attr attr = gate_attr(type, "agent", insns, GATE_COUNT(insns));

	return gate_load(&attr);
}

static int try_load(uint32_t type, int number)
{
	int fd = load(type, number);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

FIXTURE_SETUP(learn)
{
	static const struct gate_policy permissive = { .mode = "permissive" };

	self->seen = -1;
	GATE_NEEDS_SIGNATURES;
	ASSERT_TRUE(!mkdir(CLI_TMP, 0755) || errno == EEXIST);
	ASSERT_EQ(0, gate_clean());
	ASSERT_EQ(0, gate_policy_write(POLICY, &permissive));
	ASSERT_EQ(0, gate_do("bpfseal", "install", POLICY));
}

FIXTURE_TEARDOWN(learn)
{
	gate_output_free(&self->out);
	if (self->seen >= 0)
		close(self->seen);
	EXPECT_EQ(0, gate_clean());
}

/* What is learned is permissive: a person who has read it changes that. */
static int enforce(const char *path)
{
	static const char was[] = "mode: permissive\n", is[] = "mode: enforcing \n";
	char *text = cli_read(path), *mode = text ? strstr(text, was) : NULL;
	int err = -ENOENT;

	if (mode) {
		memcpy(mode, is, strlen(is));
		err = gate_write(path, text, strlen(text));
	}
	free(text);
	return err;
}

/* The number of the event of a denied program of ours, as text. */
static int seq_of_denied(const char *events, char seq[24])
{
	char *copy = strdup(events), *rest = copy, *line;
	int err = -ENOENT;
	json_t *e;

	while ((line = strsep(&rest, "\n"))) {
		e = json_loads(line, 0, NULL);
		if (!strcmp(cli_text(e, "decision"), "denied") &&
		    !strcmp(cli_text(e, "name"), "agent")) {
			snprintf(seq, 24, "%lld", (long long)cli_number(e, "seq"));
			err = 0;
		}
		json_decref(e);
	}
	free(copy);
	return err;
}

/* In a test: what was recorded since the last time goes into a file. */
#define RECORD(path) do { \
	gate_output_free(&self->out); \
	ASSERT_EQ(0, gate_run_argv(&self->out, record)); \
	ASSERT_EQ(0, self->out.status); \
	ASSERT_EQ(0, gate_write(path, self->out.out, strlen(self->out.out))); \
} while (0)

/* In a test: by digest what stayed loaded, by path what didn't, and not bpfseal itself. */
#define CHECK_LEARNED() do { \
	char *text_ = cli_read(LEARNED); \
	ASSERT_NE(NULL, text_); \
	CLI_HAS(text_, "    digests: [\"set:policy-learn-test-socket_filter\"]\n"); \
	CLI_HAS(text_, "    executables: [\"/tests/policy_learn_test\"]\n"); \
	EXPECT_EQ(2, cli_lines(text_, "  - id:")); \
	EXPECT_EQ(1, cli_lines(text_, "RISK: path-only")); \
	EXPECT_EQ(NULL, strstr(text_, "/usr/bin/bpfseal")); \
	free(text_); \
} while (0)

TEST_F(learn, enforced)
{
	char seq[24];

	self->seen = load(BPF_PROG_TYPE_SOCKET_FILTER, 41);
	ASSERT_LE(0, self->seen);
	ASSERT_EQ(0, try_load(BPF_PROG_TYPE_CGROUP_SKB, 0));
	RECORD(EVENTS);
	CLI_RUN(0, &self->out, "bpfseal", "policy", "learn", "--events", EVENTS, "--base", POLICY,
		"-o", LEARNED);
	CHECK_LEARNED();
	CLI_RUN(0, &self->out, "bpfseal", "policy", "replay", LEARNED, "--events", EVENTS);
	/* Events of direct loads lack the digest, so that replay can only tell of the other rule. */
	CLI_HAS(self->out.out, "3 loads: 1 now allowed, 0 now denied, 2 as before");
	ASSERT_EQ(0, enforce(LEARNED));
	CLI_RUN(0, &self->out, "bpfseal", "reload", LEARNED);
	CLI_RUN(0, &self->out, "bpfseal", "status");

	EXPECT_EQ(0, try_load(BPF_PROG_TYPE_SOCKET_FILTER, 41));
	EXPECT_EQ(0, try_load(BPF_PROG_TYPE_CGROUP_SKB, 0));
	EXPECT_EQ(-EPERM, try_load(BPF_PROG_TYPE_SOCKET_FILTER, 42)) TH_LOG("another digest");
	EXPECT_EQ(-EPERM, try_load(BPF_PROG_TYPE_XDP, 41)) TH_LOG("another type");
	RECORD(LATER);
	ASSERT_EQ(0, seq_of_denied(self->out.out, seq));
	CLI_RUN(0, &self->out, "bpfseal", "events", "--explain", seq, "--file", LATER);
	CLI_HAS(self->out.out, ": xdp by /tests/policy_learn_test, uid 0: denied (unsigned)\n");
	CLI_HAS(self->out.out, "type is xdp, wanted: socket_filter\n");
	CLI_HAS(self->out.out, "type is xdp, wanted: cgroup_skb\n");
	CLI_HAS(self->out.out, "so the default decides, which is deny\n");
	CLI_HAS(self->out.out, "        types: [xdp]\n");
}

GATE_MAIN
