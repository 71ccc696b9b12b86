/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file.h - bounded reading of whole files, and writing that replaces only on
 * success. None of these functions prints.
 */
#ifndef BPFSEAL_FILE_H
#define BPFSEAL_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * file_read - read a whole regular file
 * @path: the file
 * @max: largest size accepted
 * @buf: set on success, with a NUL after the content; free()
 * @len: set on success, without that NUL
 * @mode: set on success to the file's permission bits, may be NULL
 *
 * Return: 0, -EFBIG (larger than @max), -EISDIR, -EINVAL (neither file nor
 * directory), -ENOMEM or an errno of open(2) and read(2)
 */
int file_read(const char *path, size_t max, uint8_t **buf, size_t *len, mode_t *mode);

/**
 * file_create - write a new file, which must not exist
 * @path: the file; a symbolic link there is not followed
 * @data: its content
 * @len: length of the content
 * @mode: its permissions, before umask
 *
 * The content has reached the disk on return. On failure there is no file.
 *
 * Return: 0, -EEXIST or an errno of open(2), write(2) and fsync(2)
 */
int file_create(const char *path, const void *data, size_t len, mode_t mode);

/**
 * file_temp - make an empty temporary file beside another
 * @path: the file it will replace
 * @temp: set on success to its name; free()
 * @fd: set on success, open for writing
 *
 * Return: 0, -ENOMEM or an errno of open(2)
 */
int file_temp(const char *path, char **temp, int *fd);

/**
 * file_replace - put a finished temporary file in its place
 * @temp: name of the temporary file, on the same file system
 * @fd: open on it; synced, not closed
 * @path: the name it gets; what was there before is replaced at once
 *
 * The new file gets the permissions 0666 less umask.
 *
 * Return: 0 or an errno of fsync(2) and rename(2)
 */
int file_replace(const char *temp, int fd, const char *path);

/**
 * file_store - replace a file by another content, or make it
 * @path: the file
 * @data: its content
 * @len: length of the content
 * @mode: its permissions, whatever the umask
 *
 * Whoever reads it meanwhile, or after a crash, finds the old or the new, whole.
 *
 * Return: 0 or a negative errno
 */
int file_store(const char *path, const void *data, size_t len, mode_t mode);

/**
 * file_check_owner - can only we, or root, change what is called this?
 * @path: a file or directory, not a symbolic link
 *
 * Looks at it and at the directory it is in.
 *
 * Return: 0, -EPERM (others can) or a negative errno
 */
int file_check_owner(const char *path);

/**
 * file_make_dirs - make a directory, and those above it, where missing
 * @path: the directory
 *
 * Return: 0 or a negative errno
 */
int file_make_dirs(const char *path);

/**
 * file_remove_dir - remove a directory that holds files only
 * @path: the directory
 *
 * Return: 0, -ENOENT or another negative errno
 */
int file_remove_dir(const char *path);

/**
 * file_sync_dir - make a change of names in a file's directory last
 * @path: the file
 *
 * Return: 0 or an errno
 */
int file_sync_dir(const char *path);

#endif
