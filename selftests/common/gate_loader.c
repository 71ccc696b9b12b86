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
#include "insn.h"

#ifndef BPF_F_SLEEPABLE
#define BPF_F_SLEEPABLE (1U << 4)
#endif

/* Loaders that compare their metadata's hash themselves read it from the kernel's map. */
static bool compares_itself(void)
{
	return gate_kernel()->level == BPFSEAL_LEVEL_SIGNED && !gate_kernel()->promotes;
}

static int have_hashed(int map)
{
	struct bpf_map_info info;
	union bpf_attr attr;
	uint8_t hash[32];

	memset(&info, 0, sizeof(info));
	info.hash = (uintptr_t)hash;
	info.hash_size = sizeof(hash);
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = map;
	attr.info.info = (uintptr_t)&info;
	attr.info.info_len = sizeof(info);
	return gate_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

/* r2 = bpf_map.excl, which is to be 1, becomes r2 = 1. */
static bool take_look_out(struct bpf_insn *insns, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (insns[i].code != (BPF_LDX | BPF_MEM | BPF_W) || insns[i].off != 32 ||
		    insns[i].dst_reg != BPF_REG_2 || insns[i].src_reg != BPF_REG_1)
			continue;
		insns[i] = MOV_IMM(BPF_REG_2, 1);
		return true;
	}
	return false;
}

int gate_loader_fit(struct gate_loader *loader, const char *who)
{
	size_t n = loader->insns_len / sizeof(struct bpf_insn);
	struct gate_signature signature;
	struct bpf_insn *insns;
	uint8_t *hash;
	int err;

	if (!loader->sig || gate_kernel()->sees_excl)
		return 0;
	insns = malloc(loader->insns_len);	/* as long as the test runs */
	hash = malloc(32);
	if (!insns || !hash)
		return -ENOMEM;
	memcpy(insns, loader->insns, loader->insns_len);
	if (!take_look_out(insns, n))
		return -ENOENT;
	err = gate_insns_hash(insns, loader->insns_len, hash);
	if (!err)
		err = gate_sign_insns(who, insns, n, NULL, 0, &signature);
	if (err)
		return err;
	loader->insns = insns;
	loader->excl = hash;
	loader->sig = signature.sig;
	loader->sig_len = signature.len;
	return 0;
}

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
	if (loader->map_fd < 0)
		return loader->map_fd;
	return compares_itself() ? have_hashed(loader->map_fd) : 0;
}

/* Return: a descriptor, 0 if the loader has none, or a negative errno */
static int load_btf(const struct gate_loader *loader)
{
	union bpf_attr attr;

	if (!loader->btf)
		return 0;
	memset(&attr, 0, sizeof(attr));
	attr.btf = (uintptr_t)loader->btf;
	attr.btf_size = loader->btf_len;
	return gate_bpf(BPF_BTF_LOAD, &attr);
}

int gate_loader_load(struct gate_loader *loader)
{
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SYSCALL, "__loader.prog", loader->insns,
					loader->insns_len / sizeof(struct bpf_insn));
	int btf_fd;

	attr.prog_flags = BPF_F_SLEEPABLE;
	attr.license = (uintptr_t)"Dual BSD/GPL";
	attr.fd_array = (uintptr_t)&loader->map_fd;
	if (loader->sig) {
		attr.signature = (uintptr_t)loader->sig;
		attr.signature_size = loader->sig_len;
		attr.keyring_id = loader->keyring;
		/* Where it isn't signed the verifier finds the map by itself. */
		attr.fd_array_cnt = gate_kernel()->level == BPFSEAL_LEVEL_METADATA;
	}
	btf_fd = load_btf(loader);
	if (btf_fd < 0)
		return btf_fd;
	attr.prog_btf_fd = btf_fd;
	loader->prog_fd = gate_load(&attr);
	if (btf_fd)
		close(btf_fd);
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
