// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * file.c - whole files: read with a limit, create, replace.
 */
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int fd, uint8_t *buf, size_t size, size_t *len)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = read(fd, buf + used, size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		used += n;
	}
	*len = used;
	return 0;
}

static int write_all(int fd, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= n;
	}
	return 0;
}

int file_read(const char *path, size_t max, uint8_t **buf, size_t *len, mode_t *mode)
{
	uint8_t *content = NULL;
	struct stat st;
	size_t used = 0;
	int fd, err;

	/* O_NONBLOCK: a FIFO in place of the file must not hang us. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	err = fstat(fd, &st) ? -errno : 0;
	if (err)
		goto out;
	err = S_ISDIR(st.st_mode) ? -EISDIR : !S_ISREG(st.st_mode) ? -EINVAL :
	      (uintmax_t)st.st_size > max ? -EFBIG : 0;
	if (err)
		goto out;
	/* One byte more than stat saw, to notice a file that grew. */
	content = malloc((size_t)st.st_size + 2);
	err = content ? read_all(fd, content, (size_t)st.st_size + 1, &used) : -ENOMEM;
	if (!err && used > (size_t)st.st_size)
		err = -EAGAIN;
	if (err)
		goto out;
	content[used] = '\0';
	*buf = content;
	*len = used;
	if (mode)
		*mode = st.st_mode & 07777;
	content = NULL;
out:
	if (content)
		explicit_bzero(content, used);	/* it may be a private key */
	free(content);
	close(fd);
	return err;
}

int file_sync_dir(const char *path)
{
	char *copy = strdup(path);
	int fd, err;

	if (!copy)
		return -ENOMEM;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = fd < 0 || fsync(fd) ? -errno : 0;
	if (fd >= 0)
		close(fd);
	free(copy);
	return err;
}

int file_create(const char *path, const void *data, size_t len, mode_t mode)
{
	int fd, err;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	err = write_all(fd, data, len);
	if (!err && fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	if (!err)
		err = file_sync_dir(path);
	if (err)
		unlink(path);
	return err;
}

int file_temp(const char *path, char **temp, int *fd)
{
	char *name;
	int made;

	if (asprintf(&name, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	made = mkostemp(name, O_CLOEXEC);
	if (made < 0) {
		int err = -errno;

		free(name);
		return err;
	}
	*temp = name;
	*fd = made;
	return 0;
}

int file_replace(const char *temp, int fd, const char *path)
{
	mode_t mask = umask(077);

	umask(mask);
	if (fchmod(fd, 0666 & ~mask) || fsync(fd) || rename(temp, path))
		return -errno;
	return file_sync_dir(path);
}

int file_store(const char *path, const void *data, size_t len, mode_t mode)
{
	char *temp = NULL;
	int fd = -1, err;

	err = file_temp(path, &temp, &fd);
	if (err)
		return err;
	err = write_all(fd, data, len);
	if (!err && (fchmod(fd, mode) || fsync(fd) || rename(temp, path)))
		err = -errno;
	if (err)
		unlink(temp);
	else
		err = file_sync_dir(path);
	close(fd);
	free(temp);
	return err;
}

static int check_owner(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return -errno;
	if ((st.st_uid && st.st_uid != geteuid()) || S_ISLNK(st.st_mode))
		return -EPERM;
	return st.st_mode & 022 ? -EPERM : 0;
}

int file_check_owner(const char *path)
{
	char *copy = strdup(path);
	int err;

	if (!copy)
		return -ENOMEM;
	err = check_owner(path);
	if (!err)
		err = check_owner(dirname(copy));
	free(copy);
	return err;
}

int file_make_dirs(const char *path)
{
	char *copy = strdup(path), *slash = copy;
	int err = 0;

	if (!copy)
		return -ENOMEM;
	while (!err && slash) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			err = -errno;
		if (slash)
			*slash = '/';
	}
	free(copy);
	return err;
}

int file_remove_dir(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) < 0)
			err = -errno;
	}
	closedir(dir);
	return err ? err : rmdir(path) < 0 ? -errno : 0;
}
