/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All differences between kernels, in one place.
 *
 * Fields and enum values that some kernel lacks are described here as CO-RE
 * flavours, so that the same object loads everywhere and any vmlinux.h will
 * do at build time. Nothing is decided by a version number.
 */
#ifndef BPFSEAL_COMPAT_H
#define BPFSEAL_COMPAT_H

#include <bpf/bpf_core_read.h>
#include "bpfseal.h"

/* Macros of the kernel's headers, which BTF doesn't carry. */
#define EPERM 1
#define BPF_F_SLEEPABLE (1U << 4)	/* linux/bpf.h */
#define INSN_R0_IS_0	0xb7ULL		/* BPF_MOV64_IMM(BPF_REG_0, 0) */
#define INSN_EXIT	0x95ULL		/* BPF_EXIT_INSN() */
#define INSN_GET_TIME	(0x85ULL | 160ULL << 32)	/* BPF_FUNC_ktime_get_coarse_ns */

/* 7.2: prog->aux->sig. */

struct bpf_prog_aux___sig {
	struct {
		s32 keyring_serial;
		u8 keyring_type;
		u8 verdict;
	} sig;
} __attribute__((preserve_access_index));

enum bpf_sig_verdict___compat {
	BPF_SIG_VERIFIED___compat = 1,
};

enum bpf_sig_keyring___compat {
	BPF_SIG_KEYRING_BUILTIN___compat = 1,
	BPF_SIG_KEYRING_SECONDARY___compat = 2,
	BPF_SIG_KEYRING_PLATFORM___compat = 3,
	BPF_SIG_KEYRING_USER___compat = 4,
};

/* 6.18: attr->signature and its companions. */
union bpf_attr___sig {
	struct {
		__u64 signature;
		__u32 signature_size;
		__s32 keyring_id;
	};
} __attribute__((preserve_access_index));

/* 6.18: prog->digest, the SHA-256 that the tag is the head of. */
struct bpf_prog___digest {
	u8 digest[BPFSEAL_DIGEST_LEN];
} __attribute__((preserve_access_index));

/* What a program's signature proved, in this project's terms. */
struct signature {
	__s32 serial;
	__u8 keyring;	/* enum bpfseal_keyring */
	bool verified;
};

static __always_inline __u8 keyring_class(__u8 type)
{
#define KEYRING_IS(name) \
	(bpf_core_enum_value_exists(enum bpf_sig_keyring___compat, \
		BPF_SIG_KEYRING_##name##___compat) && \
	 type == bpf_core_enum_value(enum bpf_sig_keyring___compat, \
		BPF_SIG_KEYRING_##name##___compat))
	if (!type)
		return BPFSEAL_KEYRING_NONE;
	if (KEYRING_IS(USER))
		return BPFSEAL_KEYRING_USER;
	if (KEYRING_IS(BUILTIN))
		return BPFSEAL_KEYRING_BUILTIN;
	if (KEYRING_IS(SECONDARY))
		return BPFSEAL_KEYRING_SECONDARY;
	if (KEYRING_IS(PLATFORM))
		return BPFSEAL_KEYRING_PLATFORM;
	return BPFSEAL_KEYRING_OTHER;
#undef KEYRING_IS
}

static __always_inline void signature_of(struct bpf_prog_aux *aux, struct signature *sig)
{
	struct bpf_prog_aux___sig *a = (void *)aux;

	sig->serial = 0;
	sig->keyring = BPFSEAL_KEYRING_NONE;
	sig->verified = false;
	if (!bpf_core_field_exists(a->sig) ||
	    !bpf_core_enum_value_exists(enum bpf_sig_verdict___compat, BPF_SIG_VERIFIED___compat))
		return;
	sig->verified = a->sig.verdict ==
		bpf_core_enum_value(enum bpf_sig_verdict___compat, BPF_SIG_VERIFIED___compat);
	if (!sig->verified)
		return;
	sig->serial = a->sig.keyring_serial;
	sig->keyring = keyring_class(a->sig.keyring_type);
}

static __always_inline bool attr_has_signature(union bpf_attr *attr)
{
	union bpf_attr___sig *a = (void *)attr;

	return bpf_core_field_exists(a->signature) && a->signature;
}

static __always_inline __u32 attr_signature_size(union bpf_attr *attr)
{
	union bpf_attr___sig *a = (void *)attr;

	return bpf_core_field_exists(a->signature_size) ? a->signature_size : 0;
}

/*
 * Kernel memory the verifier can't follow a typed pointer to. Unlike
 * bpf_probe_read_kernel() this also works under lockdown=confidentiality, and
 * it is a single load. A fault reads as 0. 6.17: btf_id 0 for plain memory.
 */
static __always_inline __u64 kernel_u64(const void *address)
{
	return *(const __u64 *)bpf_rdonly_cast(address, 0);
}

#endif /* BPFSEAL_COMPAT_H */
