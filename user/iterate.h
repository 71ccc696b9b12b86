/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iterate.h - reads through a BPF iterator.
 */
#ifndef BPFSEAL_ITERATE_H
#define BPFSEAL_ITERATE_H

#include <stddef.h>
#include <stdint.h>

/**
 * iterate - all that an iterator says, as one block
 * @prog: fd of its program; it is attached for as long as this takes
 * @out: set on success; free with free()
 * @len: set on success
 *
 * Return: 0 or a negative errno
 */
int iterate(int prog, uint8_t **out, size_t *len);

#endif
