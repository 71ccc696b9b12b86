// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * iterate.c - reads through a BPF iterator.
 */
#include "iterate.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>

#define READ_SIZE 4096

static int read_all(int fd, uint8_t **out, size_t *out_len)
{
	uint8_t *buf = NULL, *bigger;
	size_t len = 0;
	ssize_t n;
	int err;

	do {
		bigger = realloc(buf, len + READ_SIZE);
		if (!bigger) {
			err = -ENOMEM;
			goto out;
		}
		buf = bigger;
		n = read(fd, buf + len, READ_SIZE);
		if (n < 0 && errno != EINTR && errno != EAGAIN) {
			err = -errno;
			goto out;
		}
		len += n > 0 ? (size_t)n : 0;
	} while (n);
	*out = buf;
	*out_len = len;
	return 0;
out:
	free(buf);
	return err;
}

int iterate(int prog, uint8_t **out, size_t *len)
{
	int link, fd, err;

	link = bpf_link_create(prog, 0, BPF_TRACE_ITER, NULL);
	if (link < 0)
		return -errno;
	fd = bpf_iter_create(link);
	err = fd < 0 ? -errno : read_all(fd, out, len);
	if (fd >= 0)
		close(fd);
	close(link);
	return err;
}
