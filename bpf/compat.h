/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All differences between kernels, in one place; the controller's are in
 * user/compat.c.
 *
 * Fields and enum values that some kernel lacks are described here as CO-RE
 * flavours, so that the same object loads everywhere and any vmlinux.h will
 * do at build time. Nothing is decided by a version number: those beside the
 * flavours say which kernel brought what they describe.
 */
#ifndef BPFSEAL_COMPAT_H
#define BPFSEAL_COMPAT_H

#include <bpf/bpf_core_read.h>
#include "bpfseal.h"

/* Macros of the kernel's headers, which BTF doesn't carry. */
#define EPERM		1
#define ENOENT		2
#define E2BIG		7
#define EAGAIN		11
#define EFAULT		14
#define EBUSY		16
#define EEXIST		17
#define EINVAL		22
#define ENODATA		61
#define EBADMSG		74
#define EPROTONOSUPPORT	93
#define EOPNOTSUPP	95
#define ESTALE		116
#define ENOKEY		126
#define EKEYEXPIRED	127
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

/* METADATA_VERIFIED: kernel/patches/7.2, set as the loader runs. */
enum bpf_sig_verdict___compat {
	BPF_SIG_VERIFIED___compat = 1,
	BPF_SIG_METADATA_VERIFIED___compat = 2,
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

/* 6.18: map->sha, which BPF_OBJ_GET_INFO_BY_FD fills in for a frozen map. */
struct bpf_map___sha {
	u8 sha[BPFSEAL_DIGEST_LEN];
} __attribute__((preserve_access_index));

/**
 * struct signature - what a program's signature proved, in this project's terms
 * @serial: of the keyring it was verified by, if that is a user's
 * @keyring: enum bpfseal_keyring
 * @verified: the kernel has verified it, over what struct bpfseal_policy says
 * @promoted: and the loader's metadata later
 */
struct signature {
	__s32 serial;
	__u8 keyring;
	bool verified;
	bool promoted;
};

/* Does the kernel keep its verdict? If not, what the hook saw has to be kept here. */
#define HAS_VERDICT \
	(bpf_core_field_exists(((struct bpf_prog_aux___sig *)0)->sig) && \
	 bpf_core_enum_value_exists(enum bpf_sig_verdict___compat, BPF_SIG_VERIFIED___compat))

/* Does it verify signatures at all? Since then programs that are run can do it as well. */
#define TAKES_SIGNATURES bpf_core_field_exists(((union bpf_attr___sig *)0)->signature)

/*
 * The last argument of the LSM hooks, after @token: does the command come from the kernel,
 * which is where loaders' commands come from? It came with 6.15, before signatures did. Asking
 * for these will do where a policy can be installed, and is what a kernel that relocates by
 * itself can answer: it follows types two levels deep only.
 */
#define FROM_KERNEL(ctx) \
	(TAKES_SIGNATURES && (bool)(ctx)[3])

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

static __always_inline bool is_promoted(const struct bpf_prog_aux *aux)
{
	struct bpf_prog_aux___sig *a = (void *)aux;

	return HAS_VERDICT &&
	       bpf_core_enum_value_exists(enum bpf_sig_verdict___compat,
					  BPF_SIG_METADATA_VERIFIED___compat) &&
	       a->sig.verdict == bpf_core_enum_value(enum bpf_sig_verdict___compat,
						     BPF_SIG_METADATA_VERIFIED___compat);
}

static __always_inline void signature_of(struct bpf_prog_aux *aux, struct signature *sig)
{
	struct bpf_prog_aux___sig *a = (void *)aux;

	__builtin_memset(sig, 0, sizeof(*sig));
	if (!HAS_VERDICT)
		return;
	sig->promoted = is_promoted(aux);
	sig->verified = sig->promoted || a->sig.verdict ==
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
 * 6.18 to 7.1 keep no verdict, but lsm/bpf_prog_load is only asked about a
 * signed program once its signature has been verified (bpf_prog_load() in
 * kernel/bpf/syscall.c). 0 to 2 are VERIFY_USE_*_KEYRING; what is negative
 * (KEY_SPEC_*) names a keyring of the caller's own, and is no signer's; the rest
 * are serials.
 */
static __always_inline void signature_of_attr(union bpf_attr *attr, struct signature *sig)
{
	union bpf_attr___sig *a = (void *)attr;

	__builtin_memset(sig, 0, sizeof(*sig));
	if (!attr_has_signature(attr))
		return;
	sig->verified = true;
	sig->keyring = BPFSEAL_KEYRING_USER;
	sig->serial = a->keyring_id;
	if (a->keyring_id < 0 || a->keyring_id > 2)
		return;
	sig->keyring = BPFSEAL_KEYRING_BUILTIN + a->keyring_id;
	sig->serial = 0;
}

static __always_inline void signature_at_load(struct bpf_prog_aux *aux, union bpf_attr *attr,
					      struct signature *sig)
{
	if (HAS_VERDICT)
		signature_of(aux, sig);
	else
		signature_of_attr(attr, sig);
}

/** digest_of - a program's SHA-256 as words, or NULL if the kernel has none */
static __always_inline const __u64 *digest_of(struct bpf_prog *prog)
{
	struct bpf_prog___digest *p = (void *)prog;

	return bpf_core_field_exists(p->digest) ? (const __u64 *)p->digest : NULL;
}

/** hash_of_map - a frozen map's SHA-256 as words, if somebody has asked for it since; false if the kernel has none */
static __always_inline bool hash_of_map(const struct bpf_map *map, __u64 out[BPFSEAL_DIGEST_LEN / 8])
{
	const struct bpf_map___sha *m = (const void *)map;
	__u32 i;

	if (!bpf_core_field_exists(m->sha) || !map->frozen)
		return false;
	for (i = 0; i < BPFSEAL_DIGEST_LEN / 8; i++)
		out[i] = ((const __u64 *)m->sha)[i];
	return true;
}

/*
 * Kernel memory the verifier can't follow a typed pointer to. Unlike
 * bpf_probe_read_kernel() this also works under lockdown=confidentiality, and
 * it is a single load. A fault reads as 0. The struct is one that begins with 64
 * bits: a cast to plain memory came with 6.17.
 *
 * Not inlined: where a program calls a function of the kernel, its loader has a dozen
 * instructions to say which.
 */
static __noinline __attribute__((unused)) __u64 kernel_u64(const void *address)
{
	return bpf_core_cast(address, struct timespec64)->tv_sec;
}

#endif /* BPFSEAL_COMPAT_H */
