// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * file.c - reading keeps its limit, creating never overwrites, replacing is
 * all or nothing.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <sys/stat.h>
#include "capture.h"
#include "file.h"

FIXTURE(files) {
	char dir[32];
};

FIXTURE_SETUP(files)
{
	enter_temp_dir(self->dir);
}

FIXTURE_TEARDOWN(files)
{
	leave_temp_dir(self->dir);
}

TEST_F(files, read)
{
	uint8_t *buf = NULL;
	size_t len = 99;
	mode_t mode = 0;

	put_text("five", "12345");
	ASSERT_EQ(0, chmod("five", 0640));
	ASSERT_EQ(0, file_read("five", 5, &buf, &len, &mode));
	EXPECT_EQ(5, len);
	EXPECT_STREQ("12345", (char *)buf);
	EXPECT_EQ(0640, mode);
	free(buf);
	put_text("empty", "");
	ASSERT_EQ(0, file_read("empty", 5, &buf, &len, NULL));
	EXPECT_EQ(0, len);
	EXPECT_EQ(0, buf[0]);
	free(buf);
}

TEST_F(files, read_refused)
{
	uint8_t *buf = (uint8_t *)1;
	size_t len = 99;

	put_text("five", "12345");
	ASSERT_EQ(0, mkfifo("fifo", 0600));
	EXPECT_EQ(-EFBIG, file_read("five", 4, &buf, &len, NULL));
	EXPECT_EQ(-ENOENT, file_read("none", 4, &buf, &len, NULL));
	EXPECT_EQ(-EISDIR, file_read(".", 1 << 20, &buf, &len, NULL));
	EXPECT_EQ(-EINVAL, file_read("fifo", 4, &buf, &len, NULL));
	EXPECT_EQ(-EINVAL, file_read("/dev/zero", 4, &buf, &len, NULL));
	EXPECT_EQ((uint8_t *)1, buf);
	EXPECT_EQ(99, len);
}

TEST_F(files, create)
{
	struct stat st;
	uint8_t *buf;
	size_t len;

	umask(022);
	EXPECT_EQ(0, file_create("new", "secret", 6, 0600));
	ASSERT_EQ(0, stat("new", &st));
	EXPECT_EQ(0600, st.st_mode & 07777);
	EXPECT_EQ(-EEXIST, file_create("new", "other", 5, 0600));
	ASSERT_EQ(0, file_read("new", 100, &buf, &len, NULL));
	EXPECT_STREQ("secret", (char *)buf);
	free(buf);
	/* A link in the way is not followed, dangling or not. */
	ASSERT_EQ(0, symlink("target", "link"));
	EXPECT_EQ(-EEXIST, file_create("link", "x", 1, 0600));
	EXPECT_EQ(-1, access("target", F_OK));
	EXPECT_EQ(-ENOENT, file_create("none/new", "x", 1, 0600));
}

TEST_F(files, replace)
{
	char *temp = NULL;
	struct stat st;
	uint8_t *buf;
	size_t len;
	int fd = -1;

	umask(027);
	put_text("out", "old");
	ASSERT_EQ(0, file_temp("out", &temp, &fd));
	ASSERT_EQ(0, stat(temp, &st));
	EXPECT_EQ(0600, st.st_mode & 07777);
	ASSERT_EQ(3, write(fd, "new", 3));
	ASSERT_EQ(0, file_replace(temp, fd, "out"));
	close(fd);
	EXPECT_EQ(-1, access(temp, F_OK));
	ASSERT_EQ(0, file_read("out", 100, &buf, &len, NULL));
	EXPECT_STREQ("new", (char *)buf);
	ASSERT_EQ(0, stat("out", &st));
	EXPECT_EQ(0640, st.st_mode & 07777);
	free(buf);
	free(temp);
	temp = NULL;
	EXPECT_EQ(-ENOENT, file_temp("none/out", &temp, &fd));
	EXPECT_EQ(NULL, temp);
}

TEST_HARNESS_MAIN
