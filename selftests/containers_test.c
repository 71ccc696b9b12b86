// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * containers_test.c - real container runtimes under a policy: they make a device filter
 * for each container, which nobody has signed. The preset "containers" lets it in, and
 * without the preset there is no container.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "gate_test.h"

#define BUNDLE CLI_TMP "/bundle"

/* The least that they run; denying all devices takes a device filter. */
static const char config[] =
	"{\"ociVersion\": \"1.0.0\","
	" \"process\": {\"user\": {\"uid\": 0, \"gid\": 0}, \"cwd\": \"/\","
	"  \"args\": [\"/bin/busybox\", \"echo\", \"contained\"]},"
	" \"root\": {\"path\": \"rootfs\"},"
	" \"mounts\": [{\"destination\": \"/proc\", \"type\": \"proc\", \"source\": \"proc\"}],"
	" \"linux\": {"
	"  \"namespaces\": [{\"type\": \"pid\"}, {\"type\": \"mount\"}, {\"type\": \"network\"}],"
	"  \"resources\": {\"devices\": [{\"allow\": false, \"access\": \"rwm\"}]},"
	"  \"cgroupsPath\": \"/seal\"}}";

FIXTURE(containers) {
	struct gate_events events;
	struct gate_output out;
};

FIXTURE_VARIANT(containers) {
	const char *command;	/* up to its subcommand */
	const char *executable;
	const char *rule;
};

FIXTURE_VARIANT_ADD(containers, crun) {
	.command = "crun --cgroup-manager=cgroupfs",
	.executable = "/memfd:crun_cloned:/proc/self/exe (deleted)",
	.rule = "containers.crun-device-filter",
};

FIXTURE_VARIANT_ADD(containers, runc) {
	.command = "runc",
	.executable = "/usr/sbin/runc",
	.rule = "containers.runc-device-filter",
};

FIXTURE_SETUP(containers)
{
	GATE_START(&self->events);
	ASSERT_EQ(0, gate_do("mkdir", "-p", BUNDLE "/rootfs/bin", BUNDLE "/rootfs/proc",
			     BUNDLE "/rootfs/dev"));
	ASSERT_EQ(0, gate_do("cp", "/bin/busybox", BUNDLE "/rootfs/bin/busybox"));
	ASSERT_EQ(0, gate_write(BUNDLE "/config.json", config, strlen(config)));
}

FIXTURE_TEARDOWN(containers)
{
	gate_output_free(&self->out);
	GATE_END(&self->events);
}

/* In a test: run the container. The file system that we are in can't be pivoted. */
#define RUN_CONTAINER(want) do { \
	char command[128]; \
	snprintf(command, sizeof(command), "%s run --no-pivot --bundle " BUNDLE " seal", \
		 variant->command); \
	CLI_RUN(want, &self->out, "sh", "-c", command); \
} while (0)

/* All device filters were decided so; a runtime may try again when one is denied. */
static void expect_filters(struct __test_metadata *_metadata, struct gate_events *events,
			   const FIXTURE_VARIANT(containers) *variant, uint8_t decision)
{
	bool allowed = decision == BPFSEAL_ALLOW;
	size_t filters = 0;

	ASSERT_LT(0, gate_events_drain(events));
	for (size_t i = 0; i < events->n; i++) {
		const struct bpfseal_event *e = &events->list[i];

		if (e->object_type != BPF_PROG_TYPE_CGROUP_DEVICE)
			continue;
		filters++;
		EXPECT_EQ(BPFSEAL_HOOK_PROG_LOAD, e->hook);
		EXPECT_EQ(decision, e->decision);
		EXPECT_TRUE(allowed ? e->reason == BPFSEAL_R_RULE_ALLOWS :
			    e->reason == BPFSEAL_R_UNSIGNED ||
			    e->reason == BPFSEAL_R_FEATURE_PROBE);
		EXPECT_EQ(allowed ? 0 : -EPERM, e->error);
		EXPECT_STREQ(allowed ? variant->rule : "", e->rule_id);
		EXPECT_STREQ(variant->executable, e->exe_path);
	}
	EXPECT_LT(0, filters);
}

TEST_F(containers, without_a_policy)
{
	RUN_CONTAINER(0);
	EXPECT_STREQ("contained\n", self->out.out);
}

TEST_F(containers, without_the_preset)
{
	const struct gate_policy policy = {};

	GATE_SEAL(&self->events, &policy);
	RUN_CONTAINER(1);
	EXPECT_STREQ("", self->out.out);
	CLI_HAS(self->out.err, "peration not permitted");
	expect_filters(_metadata, &self->events, variant, BPFSEAL_DENY);
}

TEST_F(containers, with_the_preset)
{
	const struct gate_policy policy = { .more = "include: [containers]\n" };

	GATE_SEAL(&self->events, &policy);
	RUN_CONTAINER(0);
	EXPECT_STREQ("contained\n", self->out.out);
	expect_filters(_metadata, &self->events, variant, BPFSEAL_ALLOW);
	/* A device filter by anybody else, and anything else by root, is none of its business. */
	EXPECT_EQ(-EPERM, gate_load_trivial(BPF_PROG_TYPE_CGROUP_DEVICE, "filter"));
	EXPECT_EQ(-EPERM, gate_load_trivial(BPF_PROG_TYPE_CGROUP_SKB, "probe"));
	EXPECT_EQ(-EPERM, cli_unsigned());
}

TEST_HARNESS_MAIN
