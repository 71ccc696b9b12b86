// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * seal_test.c - from the seal on nobody takes the policy away, and it can still be read.
 *
 * A sealed policy stays until reboot. So this comes after all other tests of a VM, and
 * what needs an open policy comes first.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "kselftest_harness.h"
#include "cli.h"
#include "extend.h"
#include "gate_test.h"
#include "inventory.h"
#include "pins.h"
#include "seal.h"
#include "sealed.h"
#include "store.h"


FIXTURE(open) {
	struct gate_output out;
};

FIXTURE_SETUP(open)
{
	GATE_NEEDS_SIGNATURES;
	ASSERT_EQ(0, gate_clean());
	ASSERT_EQ(0, gate_install("enforcing", NULL));
}

FIXTURE_TEARDOWN(open)
{
	gate_output_free(&self->out);
	EXPECT_EQ(0, gate_clean());
}

/* As if sealing hadn't been tried. */
static void expect_open(struct __test_metadata *_metadata, FIXTURE_DATA(open) *self)
{
	CLI_RUN(0, &self->out, "bpfseal", "status");
	EXPECT_EQ(-EPERM, cli_unsigned());
	CLI_RUN(0, &self->out, "bpfseal", "mode", "permissive");
	EXPECT_EQ(0, cli_unsigned());
	CLI_RUN(0, &self->out, "bpfseal", "uninstall");
	EXPECT_EQ(0, cli_unsigned());
}

TEST_F(open, a_program_is_held)
{
	int fd = gate_open_pin(PIN_DIR "/admit");

	ASSERT_GE(fd, 0);
	CLI_RUN(1, &self->out, "bpfseal", "seal", "--force");
	CLI_HAS(self->out.err, "another process has the policy's program \"admit\"");
	CLI_HAS(self->out.err, "not sealed");
	close(fd);
	expect_open(_metadata, self);
}

TEST_F(open, a_map_is_held)
{
	int fd = gate_own_map("policies");

	ASSERT_GE(fd, 0);
	CLI_RUN(1, &self->out, "bpfseal", "seal", "--force");
	CLI_HAS(self->out.err, "another process has the policy's map \"policies\"");
	close(fd);
	expect_open(_metadata, self);
}

TEST_F(open, the_events_are_held)
{
	int fd = gate_own_map("events");

	ASSERT_GE(fd, 0);
	CLI_RUN(1, &self->out, "bpfseal", "seal", "--force");
	CLI_HAS(self->out.err, "another process has the policy's map \"events\"");
	close(fd);
	expect_open(_metadata, self);
}

/* Open maps stay open in a mapping, without any descriptor. */
TEST_F(open, a_map_is_mapped)
{
	int fd = gate_own_map("bpfseal.bss");
	void *state = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	ASSERT_NE(MAP_FAILED, state);
	close(fd);
	CLI_RUN(1, &self->out, "bpfseal", "seal", "--force");
	CLI_HAS(self->out.err, "another process has the policy's map \"bpfseal.bss\"");
	munmap(state, 4096);
	expect_open(_metadata, self);
}

/* An extension of a program that is there to be run would lie about the policy. */
TEST_F(open, an_extension_could_lie)
{
	int target, extension;

	ASSERT_EQ(0, gate_mode("permissive"));
	ASSERT_LE(0, target = extend_target());
	ASSERT_LE(0, extension = extend_load(BPF_PROG_TYPE_EXT, target));
	ASSERT_EQ(0, gate_mode("enforcing"));
	CLI_RUN(1, &self->out, "bpfseal", "seal", "--force");
	CLI_HAS(self->out.err, "the program \"function\"");
	CLI_HAS(self->out.err, "is older than the seal and could overrule the policy");
	close(extension);
	close(target);
	expect_open(_metadata, self);
}

TEST_F(open, permissive)
{
	ASSERT_EQ(0, gate_mode("permissive"));
	CLI_RUN(1, &self->out, "bpfseal", "seal", "--force");
	CLI_HAS(self->out.err, "the policy is permissive");
	ASSERT_EQ(0, gate_mode("enforcing"));
	expect_open(_metadata, self);
}

/* As it would without being told to by the policy. */
TEST_F(open, mode_sealed)
{
	const struct gate_policy policy = { .mode = "sealed" };

	CLI_RUN(0, &self->out, "bpfseal", "uninstall");
	ASSERT_EQ(0, gate_policy_write(GATE_TMP "/policy.yaml", &policy));
	CLI_RUN(3, &self->out, "bpfseal", "install", GATE_TMP "/policy.yaml");
	EXPECT_EQ(self->out.out, strstr(self->out.out, "installed: enforcing, "));
	CLI_HAS(self->out.err, "not sealed: ");
	expect_open(_metadata, self);
}

TEST_F(open, what_stands_in_the_way)
{
	CLI_RUN(3, &self->out, "bpfseal", "seal");
	CLI_HAS(self->out.err, "kernel lockdown is off");
	CLI_HAS(self->out.err, "the policy has no authority");
	CLI_HAS(self->out.err, "not sealed: ");
	expect_open(_metadata, self);
}

/* --- sealed ------------------------------------------------------------------------- */

FIXTURE(sealed) {
	struct gate_output out;
	struct gate_events events;
};

FIXTURE_SETUP(sealed)
{
	GATE_NEEDS_SIGNATURES;
	if (!seal_is_closed()) {
		ASSERT_EQ(0, sealed_install());
		ASSERT_EQ(0, gate_do("bpfseal", "uninstall", "--keep"));
		CLI_RUN(0, &self->out, "bpfseal", "restore");
		EXPECT_STREQ("restored: policy, version 1, enforcing\n"
			     "sealed: until reboot nobody can weaken or remove the policy\n",
			     self->out.out);
	}
	ASSERT_EQ(0, gate_events_open(&self->events));
}

FIXTURE_TEARDOWN(sealed)
{
	EXPECT_EQ(-EPERM, cli_unsigned());
	gate_events_close(&self->events);
	gate_output_free(&self->out);
}

static void expect_denied(struct __test_metadata *_metadata, struct gate_events *events,
			  uint8_t hook)
{
	const struct gate_match match = {
		.decision = BPFSEAL_DENY, .reason = BPFSEAL_R_SEALED, .hook = hook,
	};

	ASSERT_LE(0, gate_events_drain(events));
	EXPECT_LT(0, gate_event_count(events, &match)) TH_LOG("no event of hook %u", hook);
	gate_events_clear(events);
}

TEST_F(sealed, tells)
{
	CLI_RUN(0, &self->out, "bpfseal", "status");
	CLI_HAS(self->out.out, "enforcing: yes\n");
	CLI_HAS(self->out.out, "mode:      sealed\n");
	CLI_RUN(0, &self->out, "bpfseal", "mode");
	EXPECT_STREQ("sealed\n", self->out.out);
	CLI_RUN(0, &self->out, "bpfseal", "seal");
	EXPECT_STREQ("sealed already\n", self->out.out);
	CLI_RUN(0, &self->out, "bpfseal", "inventory");
	CLI_HAS(self->out.out, "bpfseal's own");
}

TEST_F(sealed, commands_refuse)
{
	static const char *const commands[][4] = {
		{ "bpfseal", "mode", "permissive" }, { "bpfseal", "mode", "enforcing" },
		{ "bpfseal", "uninstall" }, { "bpfseal", "uninstall", "--keep" },
	};

	for (size_t i = 0; i < GATE_COUNT(commands); i++) {
		gate_output_free(&self->out);
		ASSERT_EQ(0, gate_run_argv(&self->out, commands[i]));
		EXPECT_EQ(1, self->out.status) TH_LOG("command %zu", i);
		CLI_HAS(self->out.err, "bpfseal: the policy is sealed: nothing changes it before a reboot\n");
	}
	EXPECT_EQ(0, access(STORE_DIR "/current", F_OK)) TH_LOG("the stored policy is gone");
}

/* What the commands do, without their asking first. */
TEST_F(sealed, control_refuses)
{
	struct bpfseal_table *table = calloc(1, sizeof(*table));
	const struct bpfseal_signer nobody = {};
	const struct rules_keys none = {};
	int control = control_open();

	ASSERT_NE(NULL, table);
	ASSERT_LE(0, control);
	EXPECT_EQ(-EPERM, control_mode(control, BPFSEAL_PERMISSIVE));
	expect_denied(_metadata, &self->events, BPFSEAL_HOOK_CONTROL);
	table->policy.abi = BPFSEAL_ABI;
	table->policy.mode = BPFSEAL_PERMISSIVE;
	EXPECT_EQ(-EBADMSG, control_switch(control, table, &none));
	expect_denied(_metadata, &self->events, BPFSEAL_HOOK_CONTROL);
	EXPECT_EQ(-EPERM, control_seal(control, BPFSEAL_REOPEN));
	EXPECT_EQ(-EPERM, control_close(control, 0, &nobody));
	EXPECT_EQ(-EPERM, control_seal(control, BPFSEAL_SEAL));
	close(control);
	free(table);
}

/* Is it there to be run, or to be read through? */
static bool is_public(const char *name)
{
	unsigned int n;
	const struct pin *pins = pins_list(&n);

	for (unsigned int i = 0; i < n; i++)
		if (!strcmp(pins[i].name, name))
			return pins[i].kind == PIN_PROGRAM;
	return false;
}

TEST_F(sealed, programs_by_id)
{
	struct inventory *list;
	unsigned int kept = 0;
	int fd;

	ASSERT_EQ(0, inventory_read(&list));
	for (size_t i = 0; i < list->n; i++) {
		const struct bpfseal_program *prog = &list->entries[i].prog;

		if (!prog->own)
			continue;
		fd = bpf_prog_get_fd_by_id(prog->id);
		if (is_public(prog->name)) {
			EXPECT_LE(0, fd) TH_LOG("%s", prog->name);
			close(fd);
			continue;
		}
		EXPECT_EQ(-EPERM, fd) TH_LOG("%s", prog->name);
		kept++;
	}
	EXPECT_LE(18, kept);
	inventory_free(list);
	expect_denied(_metadata, &self->events, BPFSEAL_HOOK_PROG_FD);
}

TEST_F(sealed, maps_by_id)
{
	struct bpf_prog_info info = {};
	const struct gate_match events = {
		.decision = BPFSEAL_DENY, .reason = BPFSEAL_R_SEALED,
		.hook = BPFSEAL_HOOK_MAP_FD, .name = "events",
	};
	uint32_t ids[64], len = sizeof(info);
	int control = control_open();

	ASSERT_LE(0, control);
	info.nr_map_ids = GATE_COUNT(ids);
	info.map_ids = (uintptr_t)ids;
	ASSERT_EQ(0, bpf_prog_get_info_by_fd(control, &info, &len));
	EXPECT_LE(3, info.nr_map_ids);
	for (uint32_t i = 0; i < info.nr_map_ids; i++) {
		LIBBPF_OPTS(bpf_get_fd_by_id_opts, read_only, .open_flags = BPF_F_RDONLY);

		EXPECT_EQ(-EPERM, bpf_map_get_fd_by_id(ids[i]));
		EXPECT_EQ(-EPERM, bpf_map_get_fd_by_id_opts(ids[i], &read_only));
	}
	close(control);
	ASSERT_LE(0, gate_events_drain(&self->events));
	EXPECT_EQ(2, gate_event_count(&self->events, &events)) TH_LOG("no event of \"events\"");
	expect_denied(_metadata, &self->events, BPFSEAL_HOOK_MAP_FD);
}

/* All that is there; 0 or a negative errno. */
static int read_all(struct gate_events *all)
{
	int err = gate_events_open(all);

	if (err)
		return err;
	all->log.next = 1;
	err = gate_events_drain(all);
	return err < 0 ? err : 0;
}

TEST_F(sealed, events_stay)
{
	struct gate_events before, after;

	EXPECT_EQ(-EPERM, cli_unsigned());
	ASSERT_EQ(0, read_all(&before));
	CLI_RUN(0, &self->out, "bpfseal", "events", "--json");
	ASSERT_EQ(0, read_all(&after));
	EXPECT_LT(2, before.n);
	EXPECT_EQ(0, before.log.gone);
	ASSERT_LE(before.n, after.n);
	EXPECT_EQ(0, memcmp(before.list, after.list, before.n * sizeof(*before.list)));
	gate_events_close(&before);
	gate_events_close(&after);
	/* What says how far the command was is root's to change: it hides nothing. */
	CLI_RUN(0, &self->out, "bpfseal", "events", "--all", "--no-hints");
	EXPECT_LT(1, cli_lines(self->out.out, " denied (EPERM) unsigned: "));
	EXPECT_EQ(1, cli_lines(self->out.out, " [1]"));
}

/* --- its file system ------------------------------------------------------------------ */

#define FAILS(with, call) do { \
	errno = 0; \
	EXPECT_EQ(-1, (long)(call)); \
	EXPECT_EQ(with, errno) TH_LOG("%s", #call); \
} while (0)

TEST_F(sealed, pins_are_read_only)
{
	FAILS(EROFS, unlink(PIN_DIR "/run_starts"));
	FAILS(EROFS, rename(PIN_DIR "/run_starts", PIN_DIR "/other"));
	FAILS(EROFS, link(PIN_DIR "/run_starts", PIN_DIR "/other"));
	FAILS(EROFS, symlink("/tmp", PIN_DIR "/other"));
	FAILS(EROFS, mkdir(PIN_DIR "/other", 0700));
	FAILS(EROFS, chmod(PIN_DIR "/run_starts", 0777));
	EXPECT_EQ(-EROFS, gate_open_pin(PIN_DIR "/run_starts"));
	FAILS(EBUSY, rmdir(PIN_DIR));
}

static void attack_mounts(struct __test_metadata *_metadata)
{
	FAILS(EPERM, mount(NULL, PIN_DIR, NULL, MS_REMOUNT, NULL));
	FAILS(EPERM, umount2(PIN_DIR, 0));
	FAILS(EPERM, umount2(PIN_DIR, MNT_DETACH));
	FAILS(EPERM, umount2(PIN_DIR, MNT_FORCE));
	FAILS(EPERM, umount2(PIN_DIR "/anchor", MNT_DETACH));
	FAILS(EPERM, mount("none", PIN_DIR, "tmpfs", 0, NULL));
	FAILS(EPERM, mount("none", PIN_DIR "/anchor", "tmpfs", 0, NULL));
	FAILS(EPERM, mount(NULL, PIN_DIR, NULL, MS_SHARED, NULL));
	FAILS(EPERM, move_mount(AT_FDCWD, PIN_DIR, AT_FDCWD, "/tmp", 0));
}

TEST_F(sealed, mounts)
{
	attack_mounts(_metadata);
	expect_denied(_metadata, &self->events, BPFSEAL_HOOK_MOUNT);
	/* What it is below of, with all that is mounted there. */
	FAILS(EPERM, umount2("/sys/fs/bpf", MNT_DETACH));
	FAILS(EPERM, umount2("/sys", MNT_DETACH));
	expect_denied(_metadata, &self->events, BPFSEAL_HOOK_MOUNT);
	EXPECT_EQ(0, access(PIN_DIR "/run_starts", F_OK));
}

TEST_F(sealed, mounts_in_another_namespace)
{
	int status;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		ASSERT_EQ(0, unshare(CLONE_NEWNS));
		attack_mounts(_metadata);
		_exit(_metadata->exit_code);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(KSFT_PASS, WEXITSTATUS(status));
	EXPECT_EQ(0, access(PIN_DIR "/run_starts", F_OK));
}

/* --- what it rests upon ---------------------------------------------------------------- */

/* Up to Linux 7.2 this would detach all that is attached to kernel functions. */
TEST_F(sealed, ftrace_stays_on)
{
	int fd = open("/proc/sys/kernel/ftrace_enabled", O_WRONLY);

	if (fd < 0)
		SKIP(return, "this kernel has no such setting");
	FAILS(EPERM, write(fd, "0", 1));
	close(fd);
	expect_denied(_metadata, &self->events, BPFSEAL_HOOK_SYSCTL);
}

/* Nothing is to be removed in the end. */
TEST_HARNESS_MAIN
