/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of the executable that makes a load: its digest, as fs-verity has it
 * and as IMA computes it. measure.bpf.c finds it out, as only it may sleep; the
 * hooks that decide look it up here.
 */
#ifndef BPFSEAL_MEASURED_H
#define BPFSEAL_MEASURED_H

#include "maps.h"

/**
 * struct load_id - which load
 * @aux: address of the program's aux
 * @loaded: when it was loaded
 */
struct load_id {
	__u64 aux;
	__u64 loaded;
};

static __always_inline struct load_id load_id(const struct bpf_prog_aux *aux)
{
	return (struct load_id){ .aux = (__u64)aux, .loaded = aux->load_time };
}

/**
 * struct measured - what was measured for a task's last load
 * @of: that load
 * @complete: all that rules may name was asked for
 * @has_verity: @verity is set; likewise @has_ima
 * @shown: enum bpfseal_measure: the digest that the decision went by
 * @algorithm: what bpf_get_fsverity_digest() writes, and @verity behind it
 */
struct measured {
	struct load_id of;
	__u8 complete;
	__u8 has_verity;
	__u8 has_ima;
	__u8 shown;
	__u16 algorithm;
	__u16 size;
	__u64 verity[BPFSEAL_DIGEST_LEN / 8];
	__u64 ima[BPFSEAL_DIGEST_LEN / 8];
};

#define VERITY_LEN (2 * sizeof(__u16) + BPFSEAL_DIGEST_LEN)

_Static_assert(__builtin_offsetof(struct measured, verity) ==
	       __builtin_offsetof(struct measured, algorithm) + VERITY_LEN - BPFSEAL_DIGEST_LEN,
	       "struct fsverity_digest is followed by its digest");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct measured);
} measured __weak SEC(".maps");

/**
 * measured_named - the vector of an executable's digest
 * @r: the rules
 * @digest: the digest
 *
 * Return: its vector's number, or NULL if no rule names it
 */
static __always_inline struct bpfseal_key_value *measured_named(const struct bpfseal_rules *r,
							const __u64 *digest)
{
	struct bpfseal_key key = { .field = BPFSEAL_F_EXE_DIGEST, .bank = r->bank };

	copy_words(key.value, digest, sizeof(key.value));
	return bpf_map_lookup_elem(&keys, &key);
}

#endif /* BPFSEAL_MEASURED_H */
