// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * events_test.c - bpfseal events: every decision is shown once, as text and as
 * JSON, whatever names are in it, and again if that is asked for; what was overwritten
 * before is counted exactly; and whoever reads, or doesn't, changes no decision.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cli.h"
#include "gate_test.h"
#include "host.h"
#include "pins.h"

#define OUTPUT CLI_TMP "/events"
#define CURSOR RUN_DIR "/events.cursor"

static const char *const follow[] = { "bpfseal", "events", "--follow", "--no-hints", NULL };

FIXTURE(events) {
	struct gate_output out;
};

FIXTURE_SETUP(events)
{
	GATE_NEEDS_SIGNATURES;
	ASSERT_TRUE(!mkdir(CLI_TMP, 0755) || errno == EEXIST);
	ASSERT_EQ(0, gate_clean());
	ASSERT_EQ(0, cli_unsigned());
	ASSERT_EQ(0, gate_install("enforcing", NULL));
}

FIXTURE_TEARDOWN(events)
{
	gate_output_free(&self->out);
	EXPECT_EQ(0, gate_clean());
}

/* What doesn't count all events since an installation shares one. */
FIXTURE(shared) {
	struct gate_output out;
};

FIXTURE_SETUP(shared)
{
	const struct gate_policy policy = {};

	GATE_NEEDS_SIGNATURES;
	ASSERT_TRUE(!mkdir(CLI_TMP, 0755) || errno == EEXIST);
	ASSERT_EQ(0, gate_install_shared(&policy));
}

FIXTURE_TEARDOWN(shared)
{
	gate_output_free(&self->out);
}

/* In a test: have shown what came before, the self-test of install. */
#define DRAIN() CLI_RUN(0, &self->out, "bpfseal", "events")

/* The JSON objects a command has printed, one a line. */
static json_t *parse_lines(const char *text)
{
	json_t *all = json_array(), *one;
	char *copy = strdup(text), *rest = copy, *line;

	while ((line = strsep(&rest, "\n"))) {
		if (!*line)
			continue;
		one = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		if (!one) {
			fprintf(stderr, "# not JSON: %s\n", line);
			json_decref(all);
			all = NULL;
			break;
		}
		json_array_append_new(all, one);
	}
	free(copy);
	return all;
}

/* Nothing that could drive a terminal or forge a line. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x7f || (*text < 0x20 && *text != '\n'))
			return false;
	return true;
}

TEST_F(events, text)
{
	char process[64];

	DRAIN();
	EXPECT_EQ(1, cli_lines(self->out.out, "bpfseal_test"));
	ASSERT_EQ(-EPERM, cli_unsigned());
	CLI_RUN(0, &self->out, "bpfseal", "events");
	EXPECT_EQ(1, cli_lines(self->out.out,
			       " denied (EPERM) unsigned: socket_filter \"unsigned\", by "));
	snprintf(process, sizeof(process), " pid %d uid 0 exe \"/tests/events_test\"", getpid());
	EXPECT_EQ(1, cli_lines(self->out.out, process));
	EXPECT_EQ(1, cli_lines(self->out.out, "    It carries no signature. "));
	EXPECT_EQ(1, cli_lines(self->out.out, "1 event shown, no event lost"));

	/* Each is shown once. */
	CLI_RUN(0, &self->out, "bpfseal", "events");
	EXPECT_STREQ("0 events shown, no event lost\n", self->out.out);
	ASSERT_EQ(-EPERM, cli_unsigned());
	CLI_RUN(0, &self->out, "bpfseal", "events", "--no-hints");
	EXPECT_EQ(2, cli_lines(self->out.out, ""));
}

TEST_F(shared, json)
{
	const json_t *e, *summary;
	int32_t keyring;
	json_t *all;

	ASSERT_EQ(0, gate_keyring("signer", &keyring));
	DRAIN();
	ASSERT_EQ(-EPERM, cli_unsigned());
	ASSERT_EQ(0, cli_signed("signer", keyring, false));
	CLI_RUN(0, &self->out, "bpfseal", "events", "--json");
	all = parse_lines(self->out.out);
	ASSERT_EQ(3, json_array_size(all));
	e = json_array_get(all, 0);
	EXPECT_STREQ("denied", cli_text(e, "decision"));
	EXPECT_STREQ("unsigned", cli_text(e, "reason"));
	EXPECT_STREQ("unsigned", cli_text(e, "name"));
	EXPECT_STREQ("EPERM", cli_text(e, "error_name"));
	EXPECT_EQ(-EPERM, cli_number(e, "error"));
	EXPECT_STREQ("enforcing", cli_text(e, "mode"));
	EXPECT_STREQ("prog_load", cli_text(e, "hook"));
	EXPECT_STREQ("socket_filter", cli_text(e, "type"));
	EXPECT_STREQ("/tests/events_test", cli_text(e, "exe_path"));
	EXPECT_EQ(getpid(), cli_number(e, "pid"));
	EXPECT_EQ(0, cli_number(e, "uid"));
	EXPECT_EQ(1, cli_number(e, "policy_generation"));
	e = json_array_get(all, 1);
	EXPECT_STREQ("allowed", cli_text(e, "decision"));
	EXPECT_STREQ("signer", cli_text(e, "signer"));
	EXPECT_EQ(keyring, cli_number(e, "keyring_serial"));
	EXPECT_STREQ(gate_require(gate_kernel()->level), cli_text(e, "level"));
	summary = json_object_get(json_array_get(all, 2), "summary");
	EXPECT_EQ(2, cli_number(summary, "shown"));
	EXPECT_EQ(0, cli_number(summary, "lost.total"));
	EXPECT_EQ(0, cli_number(summary, "gone"));
	json_decref(all);
}

/* comm and the path of the executable are the attacker's to choose. */
TEST_F(shared, hostile_names)
{
	static const char evil[] = CLI_TMP "/a\n2026 \"allowed\\\x1b[2J\xff";
	static const char shown[] = "/a\\x0a2026 \\x22allowed\\x5c\\x1b[2J\\xff";
	json_t *all;

	ASSERT_EQ(0, gate_do("cp", "/usr/bin/bpfseal", evil));
	DRAIN();
	ASSERT_EQ(0, gate_do(evil, "status"));
	ASSERT_EQ(0, prctl(PR_SET_NAME, "\"\n\x1b[1m\x01"));
	ASSERT_EQ(-EPERM, cli_unsigned());
	CLI_RUN(0, &self->out, "bpfseal", "events", "--no-hints");
	EXPECT_TRUE(is_plain(self->out.out));
	EXPECT_EQ(3, cli_lines(self->out.out, ""));
	EXPECT_EQ(1, cli_lines(self->out.out, shown));
	EXPECT_EQ(1, cli_lines(self->out.out, "by \"\\x22\\x0a\\x1b[1m\\x01\" pid"));

	ASSERT_EQ(0, gate_do(evil, "status"));
	CLI_RUN(0, &self->out, "bpfseal", "events", "--json");
	EXPECT_TRUE(is_plain(self->out.out));
	all = parse_lines(self->out.out);
	ASSERT_EQ(2, json_array_size(all));
	CLI_HAS(cli_text(json_array_get(all, 0), "exe_path"), shown);
	json_decref(all);
	unlink(evil);
}

static int try_probe(const char *name)
{
	int fd = gate_load_trivial(BPF_PROG_TYPE_SOCKET_FILTER, name);

	if (fd >= 0)
		close(fd);
	return fd;
}

/* Nobody takes anything from anybody else. */
TEST_F(events, follow_and_second_reader)
{
	pid_t reader;

	DRAIN();
	reader = cli_start(follow, OUTPUT);
	ASSERT_GT(reader, 0);
	ASSERT_EQ(-EPERM, cli_unsigned());
	ASSERT_EQ(0, cli_await(OUTPUT, "\"unsigned\""));

	CLI_RUN(0, &self->out, "bpfseal", "events", "--all", "--no-hints");
	EXPECT_EQ(1, cli_lines(self->out.out, "\"unsigned\", by \"events_test\""));
	ASSERT_EQ(-EPERM, cli_unsigned());
	CLI_RUN(0, &self->out, "bpfseal", "events", "--all", "--no-hints");
	EXPECT_EQ(2, cli_lines(self->out.out, "\"unsigned\", by \"events_test\""));
	ASSERT_EQ(0, cli_await(OUTPUT, " [3]\n"));

	kill(reader, SIGTERM);
	EXPECT_EQ(0, cli_end(reader));
	EXPECT_EQ(0, cli_await(OUTPUT, "2 events shown, no event lost\n"));
	/* Together they have shown everything. */
	CLI_RUN(0, &self->out, "bpfseal", "events");
	EXPECT_STREQ("0 events shown, no event lost\n", self->out.out);
}

/* Whoever follows is not left with the events of a policy that is gone. */
TEST_F(events, follow_another_installation)
{
	pid_t reader;

	DRAIN();
	reader = cli_start(follow, OUTPUT);
	ASSERT_GT(reader, 0);
	ASSERT_EQ(-EPERM, cli_unsigned());
	ASSERT_EQ(0, cli_await(OUTPUT, "\"unsigned\""));
	ASSERT_EQ(0, gate_uninstall());
	ASSERT_EQ(0, gate_install("enforcing", NULL));
	ASSERT_EQ(0, cli_await(OUTPUT, "\"bpfseal_test\""));
	ASSERT_EQ(-EPERM, try_probe("of_the_next"));
	ASSERT_EQ(0, cli_await(OUTPUT, "\"of_the_next\""));
	kill(reader, SIGTERM);
	EXPECT_EQ(0, cli_end(reader));
	/* It has noted how far it was in this one. */
	CLI_RUN(0, &self->out, "bpfseal", "events");
	EXPECT_STREQ("0 events shown, no event lost\n", self->out.out);
}

/* --- the cursor ------------------------------------------------------------------ */

TEST_F(events, all)
{
	DRAIN();
	ASSERT_EQ(-EPERM, cli_unsigned());
	CLI_RUN(0, &self->out, "bpfseal", "events", "--all", "--no-hints");
	CLI_HAS(self->out.out, "\n2 events shown, no event lost\n");
	/* It leaves no trace. */
	CLI_RUN(0, &self->out, "bpfseal", "events", "--no-hints");
	CLI_HAS(self->out.out, "\n1 event shown, no event lost\n");
	CLI_RUN(0, &self->out, "bpfseal", "events", "--no-hints");
	EXPECT_STREQ("0 events shown, no event lost\n", self->out.out);
	CLI_RUN(0, &self->out, "bpfseal", "events", "-a", "--no-hints");
	CLI_HAS(self->out.out, "\n2 events shown, no event lost\n");
}

/* What isn't the cursor of this installation counts for nothing. */
TEST_F(events, cursor_altered)
{
	static const char *const edits[] = {
		"rm $0", ": >$0", "echo garbage >$0", "echo >>$0",
		"x=$(cat $0) && printf %s \"$x\" >$0", "truncate -s 1000 $0",
		"rm $0 && mkdir $0", "rm $0 && mkfifo $0",
		/* another boot's, another installation's; numbers that aren't to be had */
		"sed -i 's/^./x/' $0", "sed -i 's/ [0-9]* / 7 /' $0", "sed -i 's/[0-9]*$/-1/' $0",
		"sed -i 's/[0-9]*$/0/' $0", "sed -i 's/[0-9]*$/9999/' $0",
		"sed -i 's/[0-9]*$/99999999999999999999/' $0", "sed -i 's/$/x/' $0",
	};

	for (size_t i = 0; i < GATE_COUNT(edits); i++) {
		DRAIN();
		ASSERT_EQ(0, gate_do("sh", "-c", edits[i], CURSOR)) TH_LOG("%s", edits[i]);
		CLI_RUN(0, &self->out, "bpfseal", "events", "--no-hints");
		EXPECT_NE(NULL, strstr(self->out.out, "\n1 event shown, no event lost\n")) {
			TH_LOG("%s: %s", edits[i], self->out.out);
		}
		rmdir(CURSOR);
	}
	/* One that could be right hides events from who doesn't ask for all. */
	ASSERT_EQ(0, gate_do("sh", "-c", "sed -i 's/[0-9]*$/1/' $0", CURSOR));
	CLI_RUN(0, &self->out, "bpfseal", "events", "--no-hints");
	CLI_HAS(self->out.out, "\n1 event shown, no event lost\n");
	ASSERT_EQ(-EPERM, cli_unsigned());
	ASSERT_EQ(0, gate_do("sh", "-c", "sed -i 's/[0-9]*$/3/' $0", CURSOR));
	CLI_RUN(0, &self->out, "bpfseal", "events");
	EXPECT_STREQ("0 events shown, no event lost\n", self->out.out);
	CLI_RUN(0, &self->out, "bpfseal", "events", "--all", "--no-hints");
	CLI_HAS(self->out.out, "\n2 events shown, no event lost\n");
}

/* --- readers that end ------------------------------------------------------------ */

TEST_F(shared, killed_reader_changes_nothing)
{
	pid_t reader;

	DRAIN();
	reader = cli_start(follow, OUTPUT);
	ASSERT_GT(reader, 0);
	ASSERT_EQ(-EPERM, cli_unsigned());
	ASSERT_EQ(0, cli_await(OUTPUT, "\"unsigned\""));
	kill(reader, SIGKILL);
	EXPECT_EQ(128 + SIGKILL, cli_end(reader));
	EXPECT_EQ(-EPERM, cli_unsigned());
	/* Killed between showing an event and noting that, a reader leaves it: twice, not never. */
	CLI_RUN(0, &self->out, "bpfseal", "events", "--no-hints");
	if (!strstr(self->out.out, "\n2 events shown, no event lost\n"))
		CLI_HAS(self->out.out, "\n1 event shown, no event lost\n");
}

/* A full disk costs nothing: what could not be written is shown the next time. */
TEST_F(shared, output_is_full)
{
	int i;

	DRAIN();
	for (i = 0; i < 5; i++)
		ASSERT_EQ(-EPERM, cli_unsigned());
	CLI_RUN(1, &self->out, "sh", "-c", "exec bpfseal events >/dev/full");
	CLI_HAS(self->out.err, "No space left on device");
	CLI_RUN(0, &self->out, "bpfseal", "events", "--no-hints");
	CLI_HAS(self->out.out, "\n5 events shown, no event lost\n");
}

TEST_F(shared, feature_probes_apart)
{
	json_t *all;

	DRAIN();
	ASSERT_EQ(-EPERM, try_probe("libbpf_nametest"));
	ASSERT_EQ(-EPERM, try_probe(""));
	ASSERT_EQ(-EPERM, try_probe("libbpf_nametes"));
	CLI_RUN(0, &self->out, "bpfseal", "events", "--no-hints");
	EXPECT_EQ(1, cli_lines(self->out.out, "denied (EPERM) unsigned: "));
	CLI_HAS(self->out.out, "1 event shown, 2 libbpf feature probes not shown, no event lost\n");

	ASSERT_EQ(-EPERM, try_probe(""));
	CLI_RUN(0, &self->out, "bpfseal", "events", "--probes");
	EXPECT_EQ(1, cli_lines(self->out.out, "denied (EPERM) feature-probe: "));
	ASSERT_EQ(-EPERM, try_probe(""));
	CLI_RUN(0, &self->out, "bpfseal", "events", "--json");
	all = parse_lines(self->out.out);
	ASSERT_EQ(1, json_array_size(all));
	EXPECT_EQ(1, cli_number(json_array_get(all, 0), "summary.feature_probes_not_shown"));
	json_decref(all);
}

/* Events of a reason among the lines that were shown. */
static size_t count_reason(const json_t *all, const char *reason)
{
	size_t i, n = 0;

	for (i = 0; i < json_array_size(all); i++)
		n += !strcmp(cli_text(json_array_get(all, i), "reason"), reason);
	return n;
}

TEST_F(events, overwritten)
{
	const size_t tries = BPFSEAL_EVENTS / 2 + 500, over = 2 * tries - BPFSEAL_EVENTS;
	const json_t *summary;
	char gone[128];
	json_t *all;

	DRAIN();
	for (size_t i = 0; i < tries; i++) {
		ASSERT_EQ(-EPERM, cli_unsigned());
		ASSERT_EQ(-EPERM, try_probe(""));
	}
	CLI_RUN(0, &self->out, "bpfseal", "events", "--json", "--probes");
	all = parse_lines(self->out.out);
	ASSERT_EQ(BPFSEAL_EVENTS + 1, json_array_size(all));
	EXPECT_EQ(BPFSEAL_EVENTS / 2, count_reason(all, "unsigned"));
	EXPECT_EQ(BPFSEAL_EVENTS / 2, count_reason(all, "feature-probe"));
	/* The newest are there. The first one was of the self-test. */
	EXPECT_EQ(1 + 2 * tries, cli_number(json_array_get(all, BPFSEAL_EVENTS - 1), "seq"));
	summary = json_object_get(json_array_get(all, BPFSEAL_EVENTS), "summary");
	EXPECT_EQ(BPFSEAL_EVENTS, cli_number(summary, "shown"));
	EXPECT_EQ(over, cli_number(summary, "gone"));
	EXPECT_EQ(0, cli_number(summary, "lost.total"));
	json_decref(all);

	/* Who has seen the others misses nothing. */
	ASSERT_EQ(-EPERM, cli_unsigned());
	CLI_RUN(0, &self->out, "bpfseal", "events", "--no-hints");
	CLI_HAS(self->out.out, "\n1 event shown, no event lost\n");
	CLI_RUN(0, &self->out, "bpfseal", "events", "--all", "--probes", "--no-hints");
	snprintf(gone, sizeof(gone), "\n%u events shown, %zu gone before they were shown, no event lost\n",
		 BPFSEAL_EVENTS, over + 2);
	CLI_HAS(self->out.out, gone);
}

/* --- where it was loaded from ---------------------------------------------------- */

#define OUTER HOST_CGROUPS "/seal_events"
#define INNER OUTER "/inner"
#define UNPRIVILEGED "/proc/sys/kernel/unprivileged_bpf_disabled"

static int load_in_cgroup(int namespaces)
{
	pid_t pid = fork();

	if (pid)
		return pid < 0 ? -errno : -cli_end(pid);
	if (gate_write(INNER "/cgroup.procs", "0", 1) || unshare(namespaces))
		_exit(200);
	_exit(-cli_unsigned());
}

static void expect_place(struct __test_metadata *_metadata, FIXTURE_DATA(shared) *self,
			 int namespaces)
{
	static const struct {
		const char *member;
		int namespace;
	} hosts[] = {
		{ "host_user_ns", CLONE_NEWUSER },
		{ "host_mnt_ns", CLONE_NEWNS },
		{ "host_net_ns", CLONE_NEWNET },
	};
	const json_t *e, *host;
	json_t *all;

	DRAIN();
	ASSERT_EQ(-EPERM, load_in_cgroup(namespaces));
	CLI_RUN(0, &self->out, "bpfseal", "events", "--json");
	all = parse_lines(self->out.out);
	ASSERT_EQ(2, json_array_size(all));
	e = json_array_get(all, 0);
	EXPECT_STREQ("denied", cli_text(e, "decision"));
	EXPECT_STREQ("unsigned", cli_text(e, "reason"));
	EXPECT_STREQ("/seal_events/inner", cli_text(e, "cgroup"));
	for (size_t i = 0; i < GATE_COUNT(hosts); i++) {
		host = json_object_get(e, hosts[i].member);
		ASSERT_TRUE(json_is_boolean(host));
		EXPECT_EQ(!(namespaces & hosts[i].namespace), json_is_true(host)) {
			TH_LOG("%s, namespaces %#x", hosts[i].member, namespaces);
		}
	}
	json_decref(all);
}

static int make_cgroups(void)
{
	return (mkdir(OUTER, 0755) && errno != EEXIST) ||
	       (mkdir(INNER, 0755) && errno != EEXIST) ? -errno : 0;
}

TEST_F(shared, place)
{
	ASSERT_EQ(0, make_cgroups());
	expect_place(_metadata, self, 0);
	expect_place(_metadata, self, CLONE_NEWNS);
	expect_place(_metadata, self, CLONE_NEWNET);

	/* Its path is looked up when the event is shown. */
	ASSERT_EQ(-EPERM, load_in_cgroup(0));
	ASSERT_EQ(0, rmdir(INNER));
	CLI_RUN(0, &self->out, "bpfseal", "events", "--json");
	EXPECT_EQ(1, cli_lines(self->out.out, "\"cgroup\":null"));
	EXPECT_EQ(0, rmdir(OUTER));
}

/* Root there is nobody here, and is let through to the policy only if anybody is. */
TEST_F(shared, place_in_another_user_namespace)
{
	if (gate_write(UNPRIVILEGED, "0", 1))
		SKIP(return, UNPRIVILEGED " can't be set to 0 any more");
	ASSERT_EQ(0, make_cgroups());
	expect_place(_metadata, self, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET);
	EXPECT_EQ(0, gate_write(UNPRIVILEGED, "2", 1));
	EXPECT_EQ(0, rmdir(INNER));
	EXPECT_EQ(0, rmdir(OUTER));
}

TEST_F(events, nothing_installed)
{
	ASSERT_EQ(0, gate_uninstall());
	CLI_RUN(1, &self->out, "bpfseal", "events");
	CLI_HAS(self->out.err, "no policy is installed");
}

GATE_MAIN
