// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gate_loader.c - what a light skeleton does, one step at a time, and programs
 * taken out of BPF objects without loading them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "gate.h"

#ifndef BPF_F_SLEEPABLE
#define BPF_F_SLEEPABLE (1U << 4)
#endif

int gate_loader_map(struct gate_loader *loader)
{
	const struct gate_map map = {
		.name = "__loader.map",
		.data = loader->data,
		.size = loader->data_len,
		.excl = loader->excl,
		.freeze = true,
	};

	loader->map_fd = gate_map_make(&map);
	return loader->map_fd < 0 ? loader->map_fd : 0;
}

int gate_loader_load(struct gate_loader *loader)
{
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SYSCALL, "__loader.prog", loader->insns,
					loader->insns_len / sizeof(struct bpf_insn));

	attr.prog_flags = BPF_F_SLEEPABLE;
	attr.license = (uintptr_t)"Dual BSD/GPL";
	attr.fd_array = (uintptr_t)&loader->map_fd;
	if (loader->sig) {
		attr.signature = (uintptr_t)loader->sig;
		attr.signature_size = loader->sig_len;
		attr.keyring_id = loader->keyring;
		attr.fd_array_cnt = 1;
	}
	loader->prog_fd = gate_load(&attr);
	return loader->prog_fd < 0 ? loader->prog_fd : 0;
}

int gate_loader_run(struct gate_loader *loader)
{
	return gate_prog_run(loader->prog_fd, loader->ctx, loader->ctx_len, &loader->ret);
}

void gate_loader_close(struct gate_loader *loader)
{
	if (loader->map_fd >= 0)
		close(loader->map_fd);
	if (loader->prog_fd >= 0)
		close(loader->prog_fd);
	loader->map_fd = loader->prog_fd = -1;
}

int gate_loader_all(struct gate_loader *loader)
{
	int err = gate_loader_map(loader);

	if (!err)
		err = gate_loader_load(loader);
	if (!err)
		err = gate_loader_run(loader);
	if (!err)
		err = loader->ret;
	return err;
}

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level, (void)format, (void)args;
	return 0;
}

int gate_object_read(const char *file, const char *prog, struct gate_object *out)
{
	struct bpf_program *program;
	struct bpf_object *object;
	char path[128];
	int err = 0;

	libbpf_set_print(silent);
	snprintf(path, sizeof(path), GATE_PROGS "/%s.bpf.o", file);
	object = bpf_object__open_file(path, NULL);
	if (!object)
		return -errno;
	program = bpf_object__find_program_by_name(object, prog);
	if (!program) {
		err = -ENOENT;
		goto out;
	}
	out->n = bpf_program__insn_cnt(program);
	out->insns = calloc(out->n, sizeof(*out->insns));
	if (out->insns)
		memcpy(out->insns, bpf_program__insns(program), out->n * sizeof(*out->insns));
	else
		err = -ENOMEM;
out:
	bpf_object__close(object);
	return err;
}
