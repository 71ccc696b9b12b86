// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gate_bpf.c - bpf(2) without a library between the test and the kernel.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gate.h"
#include "insn.h"

#define LOG_SIZE (256 * 1024)

long gate_bpf(int cmd, union bpf_attr *attr)
{
	long ret = syscall(__NR_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

union bpf_attr gate_attr(uint32_t type, const char *name, const struct bpf_insn *insns, size_t n)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = n;
	attr.license = (uintptr_t)"GPL";
	strncpy(attr.prog_name, name, sizeof(attr.prog_name) - 1);
	return attr;
}

int gate_load(union bpf_attr *attr)
{
	union bpf_attr copy = *attr;	/* the kernel writes into it */

	return gate_bpf(BPF_PROG_LOAD, &copy);
}

int gate_load_log(union bpf_attr *attr, char **log)
{
	union bpf_attr copy = *attr;

	*log = calloc(1, LOG_SIZE);
	if (!*log)
		return -ENOMEM;
	copy.log_buf = (uintptr_t)*log;
	copy.log_size = LOG_SIZE;
	copy.log_level = 1;
	return gate_bpf(BPF_PROG_LOAD, &copy);
}

void gate_load_explain(union bpf_attr *attr)
{
	char *log, *rest, *line;
	int fd = gate_load_log(attr, &log);

	if (fd >= 0)
		close(fd);
	fprintf(stderr, "# load: %s; the verifier's log:\n", fd < 0 ? strerror(-fd) : "worked");
	for (rest = log; (line = strsep(&rest, "\n"));)
		fprintf(stderr, "#   %s\n", line);
	free(log);
}

int gate_load_trivial(uint32_t type, const char *name)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, 0), EXIT() };
	union bpf_attr attr = gate_attr(type, name, insns, GATE_COUNT(insns));

	return gate_load(&attr);
}

int gate_map_make(const struct gate_map *map)
{
	const uint32_t zero = 0;
	union bpf_attr attr;
	int fd, err = 0;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = map->type ? map->type : BPF_MAP_TYPE_ARRAY;
	attr.key_size = sizeof(zero);
	attr.value_size = map->size;
	attr.max_entries = 1;
	attr.map_flags = map->flags;
	if (map->name)
		strncpy(attr.map_name, map->name, sizeof(attr.map_name) - 1);
	if (map->excl) {
		attr.excl_prog_hash = (uintptr_t)map->excl;
		attr.excl_prog_hash_size = 32;
	}
	fd = gate_bpf(BPF_MAP_CREATE, &attr);
	if (fd < 0)
		return fd;
	if (map->data)
		err = gate_map_update(fd, &zero, map->data);
	if (!err && map->freeze)
		err = gate_map_freeze(fd);
	if (err)
		close(fd);
	return err ? err : fd;
}

static int map_elem(int cmd, int fd, const void *key, const void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = (uintptr_t)key;
	attr.value = (uintptr_t)value;
	return gate_bpf(cmd, &attr);
}

int gate_map_lookup(int fd, const void *key, void *value)
{
	return map_elem(BPF_MAP_LOOKUP_ELEM, fd, key, value);
}

int gate_map_update(int fd, const void *key, const void *value)
{
	return map_elem(BPF_MAP_UPDATE_ELEM, fd, key, value);
}

int gate_map_freeze(int fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	return gate_bpf(BPF_MAP_FREEZE, &attr);
}

static int test_run(union bpf_attr *attr, int32_t *ret)
{
	int err = gate_bpf(BPF_PROG_RUN, attr);

	if (!err)
		*ret = (int32_t)attr->test.retval;
	return err;
}

int gate_prog_run(int fd, void *ctx, uint32_t size, int32_t *ret)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.ctx_in = (uintptr_t)ctx;
	attr.test.ctx_size_in = size;
	return test_run(&attr, ret);
}

int gate_prog_run_packet(int fd, int32_t *ret)
{
	uint8_t packet[64] = { 0 };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	return test_run(&attr, ret);
}

int gate_pin(int fd, const char *path)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uintptr_t)path;
	attr.bpf_fd = fd;
	return gate_bpf(BPF_OBJ_PIN, &attr);
}

int gate_open_pin(const char *path)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uintptr_t)path;
	return gate_bpf(BPF_OBJ_GET, &attr);
}

uint32_t gate_prog_id(int fd)
{
	struct bpf_prog_info info;
	union bpf_attr attr;

	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info = (uintptr_t)&info;
	attr.info.info_len = sizeof(info);
	return gate_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0 ? 0 : info.id;
}

union control {
	char room[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int gate_pass_fd(int sock, int fd)
{
	char byte = 0;
	struct iovec data = { &byte, 1 };
	union control control = {};
	struct msghdr msg = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control.room,
			      .msg_controllen = sizeof(control.room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(sock, &msg, 0) == 1 ? 0 : -errno;
}

int gate_take_fd(int sock)
{
	char byte;
	struct iovec data = { &byte, 1 };
	union control control = {};
	struct msghdr msg = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control.room,
			      .msg_controllen = sizeof(control.room) };
	struct cmsghdr *c;
	int fd;

	if (recvmsg(sock, &msg, 0) != 1)
		return -EIO;
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_type != SCM_RIGHTS)
		return -EBADMSG;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}
