// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * measure_verity_test.c - rules that name an executable by its fs-verity digest.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fsverity.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "exec.h"
#include "gate_test.h"
#include "hex.h"

#define DISK "/tmp/measure_disk"
#define DISK_SIZE (32 << 20)
#define MOUNT "/tmp/measure_mount"
#define SEALED MOUNT "/sealed"

/* A file system that has fs-verity; those in memory don't. */
static int make_disk(void)
{
	int fd = open(DISK, O_RDWR | O_CREAT | O_CLOEXEC, 0600), err = 0;

	if (fd < 0 || ftruncate(fd, DISK_SIZE))
		err = -errno;
	if (fd >= 0)
		close(fd);
	if (!err && mkdir(MOUNT, 0755) && errno != EEXIST)
		err = -errno;
	if (!err)
		err = gate_do("mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-O", "verity", DISK);
	return err ? err : gate_do("mount", "-t", "ext4", "-o", "loop", DISK, MOUNT);
}

/* Where the kernel's package has the module at all. */
static bool has_loop(void)
{
	int fd = open("/tests/loop.ko", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		syscall(SYS_finit_module, fd, "", 0);
		close(fd);
	}
	return !access("/dev/loop-control", F_OK);
}

static int seal_file(const char *path, uint8_t hash[32])
{
	const struct fsverity_enable_arg how = {
		.version = 1, .hash_algorithm = FS_VERITY_HASH_ALG_SHA256, .block_size = 4096,
	};
	struct {
		struct fsverity_digest head;
		uint8_t bytes[32];
	} digest = { .head.digest_size = 32 };
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0 || ioctl(fd, FS_IOC_ENABLE_VERITY, &how) ||
	    ioctl(fd, FS_IOC_MEASURE_VERITY, &digest))
		err = -errno;
	if (fd >= 0)
		close(fd);
	memcpy(hash, digest.bytes, 32);
	return err;
}

FIXTURE(verity) {
	struct gate_events events;
	uint8_t digest[32];
	bool ima;
};

FIXTURE_SETUP(verity)
{
	pid_t pid;

	memset(&self->events, 0, sizeof(self->events));
	if (!has_loop())
		SKIP(return, "there is no loop module of this kernel, and so no disk with fs-verity");
	GATE_SHARE(&self->events, &exec_measuring);
	ASSERT_EQ(0, exec_has_ima(&self->ima));
	ASSERT_EQ(0, make_disk());
	ASSERT_EQ(0, gate_do("cp", "/tests/measure_verity_test", SEALED));
	ASSERT_EQ(0, seal_file(SEALED, self->digest));
	ASSERT_EQ(0, gate_mode("permissive"));
	ASSERT_EQ(0, exec_load_by(SEALED, &pid));
	ASSERT_EQ(0, gate_mode("enforcing"));
}

FIXTURE_TEARDOWN(verity)
{
	umount(MOUNT);
	unlink(DISK);
	gate_events_close(&self->events);
}

static int put_verity(FIXTURE_DATA(verity) *self, const char *format)
{
	char rules[512];

	snprintf(rules, sizeof(rules), format, hex_of(self->digest).s);
	return exec_put(rules, gate_rules);
}

/* The event of a load by the file that is sealed. */
static const struct bpfseal_event *event_of(FIXTURE_DATA(verity) *self, pid_t pid)
{
	const struct gate_match match = { .name = "measured", .tgid = (uint32_t)pid };

	return gate_event_only(&self->events, &match);
}

TEST_F(verity, allows)
{
	const struct bpfseal_event *e;
	pid_t pid;

	ASSERT_EQ(0, put_verity(self, ALLOW("executable_digests: ['%s']")));
	EXPECT_EQ(0, exec_load_by(SEALED, &pid));
	e = event_of(self, pid);
	ASSERT_NE(NULL, e);
	EXPECT_STREQ("good", e->rule_id);
	EXPECT_EQ(BPFSEAL_MEASURED_VERITY, e->measured);
	EXPECT_EQ(0, memcmp(self->digest, e->exe_digest, sizeof(self->digest)));
	EXPECT_EQ(-EPERM, exec_load()) TH_LOG("the same file without fs-verity");
}

TEST_F(verity, denies)
{
	const struct bpfseal_event *e;
	pid_t pid;

	ASSERT_EQ(0, put_verity(self, DENY("executable_digests: ['%s']") OTHERS));
	EXPECT_EQ(-EPERM, exec_load_by(SEALED, &pid));
	e = event_of(self, pid);
	ASSERT_NE(NULL, e);
	EXPECT_STREQ("bad", e->rule_id);
	EXPECT_EQ(self->ima ? BPFSEAL_MEASURED_VERITY : BPFSEAL_MEASURED_NONE, e->measured);
	EXPECT_EQ(self->ima ? 0 : -EPERM, exec_load());
}

/* By one of its digests a rule denies it, by the other one a rule allows it. */
TEST_F(verity, both)
{
	const struct bpfseal_event *e;
	pid_t pid;

	ASSERT_EQ(0, put_verity(self, DENY(OWN) ALLOW("executable_digests: ['%s']")));
	EXPECT_EQ(-EPERM, exec_load_by(SEALED, &pid));
	e = event_of(self, pid);
	ASSERT_NE(NULL, e);
	EXPECT_STREQ("bad", e->rule_id);
	EXPECT_EQ(BPFSEAL_MEASURED_NONE, e->measured);
	/* The same where nobody denies the file. */
	ASSERT_EQ(0, put_verity(self, DENY(OTHER) ALLOW("executable_digests: ['%s']")));
	EXPECT_EQ(self->ima ? 0 : -EPERM, exec_load_by(SEALED, &pid));
	e = event_of(self, pid);
	ASSERT_NE(NULL, e);
	EXPECT_STREQ(self->ima ? "good" : "bad", e->rule_id);
}

/* A file has two digests then, and rules may name either. */
TEST_F(verity, whole_file)
{
	const struct bpfseal_event *e;
	pid_t pid;

	ASSERT_EQ(0, exec_put(ALLOW(OWN), gate_rules));
	EXPECT_EQ(self->ima ? 0 : -EPERM, exec_load_by(SEALED, &pid));
	e = event_of(self, pid);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(self->ima ? BPFSEAL_MEASURED_IMA : BPFSEAL_MEASURED_VERITY, e->measured);
	ASSERT_EQ(0, exec_put(ALLOW(OTHER), gate_rules));
	EXPECT_EQ(-EPERM, exec_load_by(SEALED, &pid));
	e = event_of(self, pid);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(BPFSEAL_MEASURED_VERITY, e->measured) TH_LOG("of two that nobody names");
}

EXEC_MAIN
