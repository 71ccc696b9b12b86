// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * probe_run.c - loads and runs loaders that call bpf_loader_verify_metadata(),
 * the kfunc of kernel/patches/7.2.
 *
 * The loader returns what the kfunc does. It names the function through BTF of
 * its own, which is written here, so that what is signed doesn't depend on the
 * kernel.
 */
#include "probe_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <openssl/sha.h>

#include "cms.h"
#include "probe_loads.h"

/* A call whose target is a function in the program's own BTF (the same patches). */
#define PSEUDO_KFUNC_BTF_CALL 3

#define LOADER_INSNS 19
#define HASH_WORDS (SHA256_DIGEST_LENGTH / sizeof(__u64))

/**
 * struct loader - the loader that is tried
 * @digest: of its instructions, which its map is exclusive to
 * @signed_parts: instructions, then BTF
 * @btf_len: length of the BTF in bytes
 * @btf_fd: the same BTF in the kernel
 */
struct loader {
	struct bpf_insn insns[LOADER_INSNS];
	uint8_t digest[SHA256_DIGEST_LENGTH];
	uint8_t *signed_parts;
	uint32_t btf_len;
	int btf_fd;
	int func_id;
};

/* How one try differs from the one that has to succeed. */
struct variant {
	bool unsigned_btf;
	bool unsigned_insns;
	bool alter;
	bool unfrozen;
};

/* int bpf_loader_verify_metadata(struct bpf_map *map, const u64 *hash, u32 hash__sz) */
static int add_function(struct btf *btf)
{
	int int_id = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	int u32_id = btf__add_int(btf, "unsigned int", 4, 0);
	int u64_id = btf__add_int(btf, "unsigned long long", 8, 0);
	int map_id = btf__add_ptr(btf, btf__add_fwd(btf, "bpf_map", BTF_FWD_STRUCT));
	int hash_id = btf__add_ptr(btf, btf__add_const(btf, u64_id));
	int proto_id = btf__add_func_proto(btf, int_id);
	int err;

	err = btf__add_func_param(btf, "map", map_id);
	if (!err)
		err = btf__add_func_param(btf, "hash", hash_id);
	if (!err)
		err = btf__add_func_param(btf, "hash__sz", u32_id);
	if (err)
		return err;
	return btf__add_func(btf, "bpf_loader_verify_metadata", BTF_FUNC_GLOBAL, proto_id);
}

static int make_btf(struct loader *l)
{
	struct btf *btf = btf__new_empty();
	const void *raw;
	int err = 0;

	if (!btf)
		return -errno;
	l->func_id = add_function(btf);
	raw = l->func_id > 0 ? btf__raw_data(btf, &l->btf_len) : NULL;
	if (raw)
		l->signed_parts = malloc(sizeof(l->insns) + l->btf_len);
	if (l->signed_parts) {
		memcpy(l->signed_parts + sizeof(l->insns), raw, l->btf_len);
		l->btf_fd = bpf_btf_load(raw, l->btf_len, NULL);
		err = l->btf_fd < 0 ? l->btf_fd : 0;
	} else {
		err = -ENOMEM;
	}
	btf__free(btf);
	return err;
}

static void make_insns(struct loader *l)
{
	uint8_t metadata[PROBE_METADATA_LEN];
	struct bpf_insn *i = l->insns;
	__u64 hash[HASH_WORDS];

	probe_metadata(metadata);
	SHA256(metadata, sizeof(metadata), (unsigned char *)hash);
	for (size_t w = 0; w < HASH_WORDS; w++) {
		*i++ = (struct bpf_insn){ .code = BPF_LD | BPF_DW | BPF_IMM,
					  .dst_reg = BPF_REG_3, .imm = (__s32)hash[w] };
		*i++ = (struct bpf_insn){ .imm = (__s32)(hash[w] >> 32) };
		*i++ = (struct bpf_insn){ .code = BPF_STX | BPF_MEM | BPF_DW,
					  .dst_reg = BPF_REG_10, .src_reg = BPF_REG_3,
					  .off = -(__s16)sizeof(hash) + 8 * (__s16)w };
	}
	*i++ = (struct bpf_insn){ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_1,
				  .src_reg = BPF_PSEUDO_MAP_IDX };
	*i++ = (struct bpf_insn){};
	*i++ = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_2,
				  .src_reg = BPF_REG_10 };
	*i++ = (struct bpf_insn){ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_2,
				  .imm = -(__s32)sizeof(hash) };
	*i++ = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3,
				  .imm = sizeof(hash) };
	*i++ = (struct bpf_insn){ .code = BPF_JMP | BPF_CALL,
				  .src_reg = PSEUDO_KFUNC_BTF_CALL, .imm = l->func_id };
	*i++ = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
	memcpy(l->signed_parts, l->insns, sizeof(l->insns));
	SHA256(l->signed_parts, sizeof(l->insns), l->digest);
}

static void drop_loader(struct loader *l)
{
	free(l->signed_parts);
	if (l->btf_fd >= 0)
		close(l->btf_fd);
}

static int make_loader(struct loader *l)
{
	int err;

	memset(l, 0, sizeof(*l));
	l->btf_fd = -1;
	err = make_btf(l);
	if (err)
		drop_loader(l);
	else
		make_insns(l);
	return err;
}

/* Return: a descriptor or a negative errno */
static int load(const struct probe_signer *s, const struct loader *l, const struct variant *v,
		int map)
{
	union bpf_attr attr;
	uint8_t *sig = NULL;
	size_t len = 0;
	int fd, err;

	if (!v->unsigned_insns) {
		err = cms_sign(s->key, &s->cert, l->signed_parts,
			       sizeof(l->insns) + (v->unsigned_btf ? 0 : l->btf_len), &sig,
			       &len);
		if (err)
			return err;
	}
	attr = probe_attr(l->insns, LOADER_INSNS, sig, len, sig ? s->keyring : 0);
	attr.fd_array = (uintptr_t)&map;
	attr.prog_btf_fd = l->btf_fd;
	fd = probe_bpf(BPF_PROG_LOAD, &attr);
	free(sig);
	return fd;
}

/* What the loader returned, or why it didn't run. */
static void run(int fd, struct probe_result *r)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	r->err = probe_bpf(BPF_PROG_TEST_RUN, &attr);
	r->tried = !r->err;
	if (r->tried)
		r->err = (int)attr.test.retval;
}

/*
 * Loads a loader and runs it @runs times.
 * @at_load: set to what became of the load, unless NULL
 * @at_runs: likewise, of each run
 */
static void try(const struct probe_signer *s, const struct loader *l, const struct variant *v,
		struct probe_result *at_load, struct probe_result *at_runs, int runs)
{
	int map = probe_map(l->digest, v->alter, !v->unfrozen);
	int fd = map < 0 ? map : load(s, l, v, map);

	if (at_load) {
		at_load->tried = map >= 0;
		at_load->err = fd < 0 ? fd : 0;
	}
	for (int i = 0; i < runs; i++) {
		if (fd < 0)
			at_runs[i].err = fd;
		else
			run(fd, &at_runs[i]);
	}
	if (fd >= 0)
		close(fd);
	if (map >= 0)
		close(map);
}

void probe_run(const struct probe_signer *s, struct probe_result loads[PROBE_LOADS])
{
	static const struct variant good = {};
	static const struct variant unsigned_btf = { .unsigned_btf = true };
	static const struct variant altered = { .alter = true };
	static const struct variant unfrozen = { .unfrozen = true };
	static const struct variant unsigned_insns = { .unsigned_insns = true };
	struct loader l;
	int err;

	err = make_loader(&l);
	if (err) {
		for (int i = PROBE_LOAD_BTF; i < PROBE_LOADS; i++)
			loads[i].err = err;
		return;
	}
	try(s, &l, &good, &loads[PROBE_LOAD_BTF], &loads[PROBE_RUN_PROMOTED], 2);
	try(s, &l, &unsigned_btf, &loads[PROBE_LOAD_BTF_UNSIGNED], NULL, 0);
	try(s, &l, &altered, NULL, &loads[PROBE_RUN_ALTERED], 1);
	try(s, &l, &unfrozen, NULL, &loads[PROBE_RUN_UNFROZEN], 1);
	try(s, &l, &unsigned_insns, NULL, &loads[PROBE_RUN_UNSIGNED], 1);
	drop_loader(&l);
}
