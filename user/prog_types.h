/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prog_types.h - names of BPF program types and attach types, as libbpf and bpftool
 * spell them.
 */
#ifndef BPFSEAL_PROG_TYPES_H
#define BPFSEAL_PROG_TYPES_H

#include <stdbool.h>

#define PROG_TYPE_SYSCALL 31
#define PROG_TYPE_LAST 32
#define ATTACH_TYPES_MAX 127	/* room for twice as many as the kernel has */

/**
 * prog_type_name - name of a program type
 * @type: 1..PROG_TYPE_LAST, a value of enum bpf_prog_type
 *
 * Return: the name, NULL if the number is not known
 */
const char *prog_type_name(unsigned int type);

/**
 * prog_type_find - number of a program type
 * @name: its name, e.g. "sched_cls"
 *
 * Return: 1..PROG_TYPE_LAST or -ENOENT
 */
int prog_type_find(const char *name);

/**
 * attach_type_find - number of an attach type
 * @name: its name, e.g. "cgroup_device"
 *
 * Return: 0..ATTACH_TYPES_MAX - 1 or -ENOENT
 */
int attach_type_find(const char *name);

/**
 * attach_type_possible - may a program of a type be loaded with an attach type?
 * @type: program type
 * @attach: attach type
 *
 * Return: false only if every kernel refuses it
 */
bool attach_type_possible(unsigned int type, unsigned int attach);

#endif
