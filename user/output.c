// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * output.c - keeps a command from replacing what it reads.
 */
#include "output.h"

#include <errno.h>
#include <sys/stat.h>

#include "diag.h"

int output_check(const char *output, const char *const inputs[], size_t n)
{
	struct stat out, in;

	if (stat(output, &out))
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (stat(inputs[i], &in) || in.st_dev != out.st_dev || in.st_ino != out.st_ino)
			continue;
		diag_error("output %s is the same file as input %s", diag_quote(output).s,
			   diag_quote(inputs[i]).s);
		return -EINVAL;
	}
	if (S_ISREG(out.st_mode))
		return 0;
	diag_error("output %s exists and is not a regular file", diag_quote(output).s);
	return -EINVAL;
}
