// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * systemd_test.c - under systemd as the first process: bpfseal.service brings the stored
 * policy back before other services start, and the preset "systemd" lets in what systemd
 * loads for units.
 *
 * vm/init runs it twice: "prepare" before systemd starts, and the tests as its service.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "gate_test.h"

#define UNIT "/run/systemd/system/limited.service"
#define REPORT "/run/limited"

/* A unit that asks for each kind of filter, and reports what they leave it. */
static const char unit[] =
	"[Service]\n"
	"Type=oneshot\n"
	"DevicePolicy=closed\n"
	"IPAddressDeny=any\n"
	"SocketBindDeny=any\n"
	"RestrictNetworkInterfaces=lo\n"
	"ExecStart=/bin/sh -c '{ head -c 1 /dev/kmsg; ping -c 1 127.0.0.1; timeout 1 nc -l -p 9; } "
		">" REPORT " 2>&1; true'\n";

FIXTURE(systemd) {
	struct gate_events events;
	struct gate_output out;
};

FIXTURE_SETUP(systemd)
{
	ASSERT_EQ(0, gate_write(UNIT, unit, strlen(unit)));
	CLI_RUN(0, &self->out, "systemctl", "daemon-reload");
}

FIXTURE_TEARDOWN(systemd)
{
	gate_output_free(&self->out);
	gate_events_close(&self->events);
}

/* Monotonic, in us. */
static long long active_since(const char *unit_name)
{
	struct gate_output out;
	long long usec;

	if (gate_run(&out, "systemctl", "show", "--value", "--property=ActiveEnterTimestampMonotonic",
		     unit_name))
		return -1;
	usec = atoll(out.out);
	gate_output_free(&out);
	return usec;
}

TEST_F(systemd, brings_the_policy_back)
{
	CLI_RUN(0, &self->out, "systemctl", "is-active", "bpfseal.service");
	EXPECT_LT(0, active_since("bpfseal.service"));
	EXPECT_LT(active_since("bpfseal.service"), active_since("sysinit.target"));
	CLI_RUN(0, &self->out, "bpfseal", "status");
	CLI_HAS(self->out.out, "enforcing");
	EXPECT_EQ(-EPERM, cli_unsigned());
}

/* How many of the three things it tries the unit may not do; a negative errno. */
static int start_unit(void)
{
	char *report = NULL;
	int err, n;

	unlink(REPORT);
	err = gate_do("systemctl", "start", "limited.service");
	if (!err)
		report = cli_read(REPORT);
	if (!report)
		return err ? err : -ENOENT;
	n = (int)cli_lines(report, "not permitted");
	free(report);
	return n;
}

/* All that PID 1 loads is decided so, and of each type there is one. */
static void expect_loads(struct __test_metadata *_metadata, struct gate_events *events,
			 uint8_t decision, const char *rule)
{
	static const uint32_t types[] = {
		BPF_PROG_TYPE_CGROUP_DEVICE, BPF_PROG_TYPE_CGROUP_SKB, BPF_PROG_TYPE_SOCKET_FILTER,
	};

	ASSERT_LT(0, gate_events_drain(events));
	for (size_t i = 0; i < events->n; i++) {
		const struct bpfseal_event *e = &events->list[i];

		if (e->tgid != 1)
			continue;
		EXPECT_EQ(decision, e->decision);
		EXPECT_EQ(decision == BPFSEAL_DENY ? -EPERM : 0, e->error);
		EXPECT_STREQ(rule, e->rule_id);
		EXPECT_STREQ("/usr/lib/systemd/systemd", e->exe_path);
	}
	for (size_t i = 0; i < GATE_COUNT(types); i++) {
		const struct gate_match match = { .tgid = 1, .object_type = types[i] };

		EXPECT_LT(0, gate_event_count(events, &match)) TH_LOG("type %u", types[i]);
	}
}

TEST_F(systemd, limits_units_without_a_policy)
{
	ASSERT_EQ(0, gate_clean());
	EXPECT_EQ(3, start_unit());
}

TEST_F(systemd, limits_units_under_the_preset)
{
	const struct gate_policy policy = { .more = "include: [systemd]\n" };
	const struct gate_match bind = { .tgid = 1, .object_type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR };

	ASSERT_EQ(0, gate_clean());
	GATE_SEAL(&self->events, &policy);
	EXPECT_EQ(3, start_unit());
	expect_loads(_metadata, &self->events, BPFSEAL_ALLOW, "systemd.units");
	EXPECT_LT(0, gate_event_count(&self->events, &bind));
	EXPECT_EQ(-EPERM, cli_unsigned());
}

/* It warns and goes on: what a unit was to be kept from it can do. */
TEST_F(systemd, leaves_units_unlimited_without_the_preset)
{
	const struct gate_policy policy = {};

	ASSERT_EQ(0, gate_clean());
	GATE_SEAL(&self->events, &policy);
	EXPECT_EQ(0, start_unit());
	expect_loads(_metadata, &self->events, BPFSEAL_DENY, "");
}

/* Leaves a policy for the boot that follows. */
static int prepare(void)
{
	const struct gate_policy policy = { .more = "include: [systemd]\n" };
	int err = gate_install_policy(&policy);

	if (!err)
		err = gate_do("bpfseal", "uninstall", "--keep");
	if (!err)
		err = gate_do("systemctl", "enable", "bpfseal.service");
	return err;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "prepare"))
		return prepare() ? KSFT_FAIL : KSFT_PASS;
	return gate_main(argc, argv);
}
