/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inject.h - has a process load an unsigned program that it didn't mean to load.
 */
#ifndef INJECT_H
#define INJECT_H

#include <stddef.h>
#include <sys/types.h>

/** inject_writer - writes into a stopped process's memory; 0 or a negative errno */
typedef int inject_writer(pid_t pid, unsigned long address, const void *data, size_t len);
inject_writer inject_by_ptrace, inject_by_proc_mem;

/**
 * inject - start an executable and have it load, before its first own instruction
 * @path: the executable
 * @write: how
 *
 * Return: what its load came to, or attack_broken()
 */
int inject(const char *path, inject_writer *write);

#endif
