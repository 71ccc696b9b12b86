/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * extend.h - programs that attach to other programs: extensions, which take a function's
 * place, and tracing programs.
 *
 * All of them have one function, which returns 0, of the same type: an extension of one
 * fits all others.
 */
#ifndef EXTEND_H
#define EXTEND_H

#include <linux/bpf.h>

/** extend_target - load a SYSCALL program to attach to; returns a descriptor or a negative errno */
int extend_target(void);

/**
 * extend_load - load a program that attaches to another
 * @type: BPF_PROG_TYPE_EXT, or BPF_PROG_TYPE_TRACING to trace its beginning
 * @target: the other's descriptor
 *
 * Return: a descriptor or a negative errno
 */
int extend_load(enum bpf_prog_type type, int target);

#endif
