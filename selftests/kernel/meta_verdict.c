// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * meta_verdict.c - verdicts, as an iterator sees them.
 */
#include "meta_verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "gate.h"
#include "verdict.skel.h"

static int read_verdict(struct bpf_link *link)
{
	char text[16] = "";
	int fd = bpf_iter_create(bpf_link__fd(link));
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n > 0 ? atoi(text) : -ENOENT;
}

int meta_verdict(int prog_fd)
{
	struct verdict *skel = verdict__open();
	int ret = -ENOMEM;

	if (!skel)
		return -errno;
	skel->rodata->prog_id = gate_prog_id(prog_fd);
	if (verdict__load(skel) || verdict__attach(skel))
		ret = -EINVAL;
	else
		ret = read_verdict(skel->links.show);
	verdict__destroy(skel);
	return ret;
}
