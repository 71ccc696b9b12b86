// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lskel_load.c - loads and runs a light skeleton's loader.
 */
#include "lskel_load.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/skel_internal.h>

#include "probe_loads.h"

static int fill(int map, const struct lskel *skel)
{
	union bpf_attr attr = {};
	__u32 zero = 0;
	int err;

	attr.map_fd = map;
	attr.key = (uintptr_t)&zero;
	attr.value = (uintptr_t)skel->data;
	err = probe_bpf(BPF_MAP_UPDATE_ELEM, &attr);
	if (err)
		return err;
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map;
	return probe_bpf(BPF_MAP_FREEZE, &attr);
}

/*
 * Loaders that compare the hash themselves find it in the kernel's map once it was asked
 * for, and so does a sealed policy that expects this loader (bpf/heir.h).
 */
static int have_hashed(int map)
{
	uint8_t hash[LSKEL_HASH_LEN];
	struct bpf_map_info info = { .hash = (uintptr_t)hash, .hash_size = sizeof(hash) };
	union bpf_attr attr = {};

	attr.info.bpf_fd = map;
	attr.info.info = (uintptr_t)&info;
	attr.info.info_len = sizeof(info);
	return probe_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

/* Return: a descriptor or a negative errno */
static int make_map(const struct lskel *skel, const struct lskel_signed *by)
{
	union bpf_attr attr = {};
	int map, err;

	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = sizeof(__u32);
	attr.value_size = skel->data_len;
	attr.max_entries = 1;
	strcpy(attr.map_name, "__loader.map");
	if (by && skel->has_excl) {
		attr.excl_prog_hash = (uintptr_t)skel->excl;
		attr.excl_prog_hash_size = sizeof(skel->excl);
	}
	map = probe_bpf(BPF_MAP_CREATE, &attr);
	if (map < 0)
		return map;
	err = fill(map, skel);
	if (!err && by)
		err = have_hashed(map);
	if (!err)
		return map;
	close(map);
	return err;
}

/* Return: a descriptor, 0 if it is loaded without BTF, or a negative errno */
static int load_btf(const struct lskel *skel)
{
	union bpf_attr attr = {};

	if (!skel->btf)
		return 0;
	attr.btf = (uintptr_t)skel->btf;
	attr.btf_size = skel->btf_len;
	return probe_bpf(BPF_BTF_LOAD, &attr);
}

static int load_loader(const struct lskel *skel, const struct lskel_signed *by,
		       const struct bpf_loader_ctx *ctx, int map)
{
	union bpf_attr attr = probe_attr((const struct bpf_insn *)skel->insns,
					 skel->insns_len / sizeof(struct bpf_insn), NULL, 0, 0);
	int btf = load_btf(skel), prog;

	if (btf < 0)
		return btf;
	attr.prog_btf_fd = btf;
	attr.fd_array = (uintptr_t)&map;
	attr.log_level = ctx->log_level;
	attr.log_size = ctx->log_size;
	attr.log_buf = ctx->log_buf;
	strcpy(attr.prog_name, "__loader.prog");
	if (by) {
		attr.signature = (uintptr_t)skel->sig;
		attr.signature_size = skel->sig_len;
		attr.keyring_id = by->keyring;
		/* Where it isn't signed the verifier finds the map by itself. */
		attr.fd_array_cnt = by->covers == LSKEL_COVERS_INSNS_MAPS;
	}
	prog = probe_bpf(BPF_PROG_LOAD, &attr);
	if (btf)
		close(btf);
	return prog;
}

static int run(int prog, struct bpf_loader_ctx *ctx)
{
	union bpf_attr attr = {};
	int err;

	attr.test.prog_fd = prog;
	attr.test.ctx_in = (uintptr_t)ctx;
	attr.test.ctx_size_in = ctx->sz;
	err = probe_bpf(BPF_PROG_TEST_RUN, &attr);
	return err ? err : (int)attr.test.retval;
}

int lskel_load(const struct lskel *skel, const struct lskel_signed *by, struct bpf_loader_ctx *ctx)
{
	int map, prog, err;

	map = make_map(skel, by);
	if (map < 0)
		return map;
	err = prog = load_loader(skel, by, ctx, map);
	if (prog >= 0) {
		err = run(prog, ctx);
		close(prog);
	}
	close(map);
	return err;
}
