/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * meta.h - loaders made by hand that verify their metadata with the kfunc
 * bpf_loader_verify_metadata() of the patched kernel.
 */
#ifndef META_H
#define META_H

#include "gate.h"
#include "insn.h"

#ifndef BPF_PSEUDO_KFUNC_BTF_CALL
#define BPF_PSEUDO_KFUNC_BTF_CALL 3
#endif

#define META_KFUNC "bpf_loader_verify_metadata"
#define META_SIZE 64
#define META_INSNS_MAX 72

/** enum meta_proto - what a BTF says of the function it names */
enum meta_proto {
	META_PROTO,		/* as it is */
	META_PROTO_STRUCT,	/* the same with a whole struct bpf_map */
	META_PROTO_PARAMS,	/* one parameter too few */
	META_PROTO_RETURN,	/* returns 64 bits */
	META_PROTO_SIGN,	/* a signed size */
	META_PROTO_NARROW,	/* a size of 16 bits */
	META_PROTO_POINTEE,	/* points to another struct */
	META_PROTO_UNION,	/* points to a union of that name */
	META_PROTO_SCALAR,	/* an integer for the map */
	META_PROTO_VARARGS,	/* a variable argument for the last one */
	META_PROTO_SUM,		/* that of bpf_map_sum_elem_count() */
};

/** struct meta_btf - BTF that names one function; meta_btf_make(), meta_btf_free() */
struct meta_btf {
	void *raw;		/* free() */
	uint32_t len;
	int func_id;
	int fd;
};

int meta_btf_make(struct meta_btf *btf, const char *func, enum meta_proto proto);
void meta_btf_free(struct meta_btf *btf);

/**
 * struct meta_insns - instructions of a loader
 * @hash: of themselves, which a map is exclusive to
 */
struct meta_insns {
	struct bpf_insn insns[META_INSNS_MAX];
	size_t n;
	uint8_t hash[32];
};

/** enum meta_arg - what a loader passes to the kfunc for its map */
enum meta_arg {
	META_ARG_MAP,		/* the map it is bound to */
	META_ARG_INNER,		/* what it finds in that one under key 0; -ENOENT if nothing */
	META_ARG_CAST,		/* that map's address, cast to a struct bpf_map */
};

/**
 * struct meta_opts - what a loader made by hand is like
 * @content: metadata whose hash it expects, META_SIZE bytes
 * @arg: the map that it has verified
 * @hash_size: size of the hash that it passes, 32 if 0
 * @write_first: writes to the map before the call
 * @func_id: function in its BTF
 */
struct meta_opts {
	const void *content;
	enum meta_arg arg;
	uint32_t hash_size;
	bool write_first;
	int func_id;
};

/** meta_insns_make - a loader that returns what the kfunc says */
int meta_insns_make(struct meta_insns *out, const struct meta_opts *opts);

/** meta_insns_hash - to be called after a change of the instructions */
int meta_insns_hash(struct meta_insns *insns);

/**
 * struct meta_load - a load of a loader
 * @who: whose signature, NULL for none
 * @signed_btf: BTF that the signature covers, if not @btf
 * @map_fd: the map that it is bound to, -1 if it is not made yet
 * @fd_array_cnt: 1 to have it bound before the instructions are looked at
 */
struct meta_load {
	const struct meta_insns *insns;
	const struct meta_btf *btf;
	const struct meta_btf *signed_btf;
	const char *who;
	int map_fd;
	uint32_t fd_array_cnt;
};

/** meta_load_close_map - close the map if there is one */
void meta_load_close_map(struct meta_load *load);

/** meta_attr - attributes of the load; free() attr.signature's memory with meta_attr_free() */
int meta_attr(const struct meta_load *load, union bpf_attr *attr);
void meta_attr_free(union bpf_attr *attr);

/** meta_load - descriptor of the loaded program or a negative errno */
int meta_load(const struct meta_load *load);

/** meta_run - what the program returned, or -ECANCELED if it could not run */
int meta_run(int prog_fd);

/** meta_map - a map of META_SIZE bytes, exclusive to a loader and frozen */
int meta_map(const struct meta_insns *insns, const void *content);

#endif
