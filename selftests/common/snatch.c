// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * snatch.c - threads and programs beside a loader's run.
 */
#include "snatch.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gate_skel.h"
#include "delay.signed.lskel.h"
GATE_SKEL(delay_signer)

static long next_id(uint32_t after, uint32_t *id)
{
	union bpf_attr attr;
	long err;

	memset(&attr, 0, sizeof(attr));
	attr.start_id = after;
	err = gate_bpf(BPF_PROG_GET_NEXT_ID, &attr);
	*id = attr.next_id;
	return err;
}

uint32_t snatch_highest_id(void)
{
	uint32_t id = 0, next;

	while (!next_id(id, &next))
		id = next;
	return id;
}

void *snatch(void *arg)
{
	struct snatcher *s = arg;
	union bpf_attr attr;
	uint32_t id;

	while (!s->stop && s->fd < 0) {
		if (next_id(s->after, &id))
			continue;
		memset(&attr, 0, sizeof(attr));
		attr.prog_id = id;
		s->fd = gate_bpf(BPF_PROG_GET_FD_BY_ID, &attr);
	}
	return NULL;
}

int snatch_delay(const struct delay_wait *what, int32_t keyring)
{
	struct gate_loader loader;
	uint32_t zero = 0;
	union bpf_attr attr;
	struct delay_signer *skel;
	int err;

	memset(&attr, 0, sizeof(attr));
	err = delay_signer__take(&loader);
	loader.keyring = keyring;
	if (!err)
		err = gate_loader_all(&loader);
	if (err)
		return err;
	gate_loader_close(&loader);
	skel = loader.ctx;
	err = gate_map_update(skel->maps.delays.map_fd, &zero, what);
	attr.link_create.prog_fd = skel->progs.delay.prog_fd;
	attr.link_create.attach_type = BPF_LSM_MAC;
	if (!err)
		err = gate_bpf(BPF_LINK_CREATE, &attr);
	close(skel->maps.delays.map_fd);
	close(skel->progs.delay.prog_fd);
	return err;
}

int64_t snatch_result(int map)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	uint32_t zero = 0;
	int64_t result = 0;
	int i;

	for (i = 0; i < 1000 && !result; i++) {
		if (gate_map_lookup(map, &zero, &result))
			return -EIO;
		if (!result)
			nanosleep(&pause, NULL);
	}
	return result;
}
