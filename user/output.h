/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output.h - the file a command is to write.
 */
#ifndef BPFSEAL_OUTPUT_H
#define BPFSEAL_OUTPUT_H

#include <stddef.h>

/**
 * output_check - may this file be written? Prints if not.
 * @output: the file
 * @inputs: files it is made from, which it must not replace
 * @n: how many
 *
 * Return: 0 or -EINVAL (one of them, or not a regular file)
 */
int output_check(const char *output, const char *const inputs[], size_t n);

#endif
