/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seal_fs.h - the file system that holds the pins of a sealed policy.
 */
#ifndef BPFSEAL_SEAL_FS_H
#define BPFSEAL_SEAL_FS_H

/**
 * seal_fs_make - make a bpffs of what stays pinned in pins_dir() under the seal
 * @out: set on success to the root of the file system, which isn't mounted yet and is
 *	read-only; close() it
 *
 * Return: 0 or a negative errno
 */
int seal_fs_make(int *out);

/**
 * seal_fs_mount - mount it over pins_dir()
 * @fs: from seal_fs_make()
 *
 * Return: 0 or a negative errno
 */
int seal_fs_mount(int fs);

/**
 * seal_fs_unmount - unmount what seal_fs_mount() has mounted over a directory
 * @dir: the directory
 *
 * Return: 0, also if nothing is mounted there, or a negative errno
 */
int seal_fs_unmount(const char *dir);

#endif
