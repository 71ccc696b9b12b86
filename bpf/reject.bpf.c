// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signed loads that the kernel refuses before the policy is asked.
 *
 * hook                 role                                attack it closes
 * -------------------  ----------------------------------  -------------------------
 * fexit/bpf_check      reports a signed load that failed   tampering tried unseen: a
 *                      before lsm/bpf_prog_load            bad signature never
 *                                                          reaches that hook
 * fexit/bpf_prog_load  the same where bpf_check() doesn't  the same
 *                      verify signatures
 *
 * The controller attaches one of them, see user/compat.c.
 */
#include <vmlinux.h>
#include "event.h"

#define EINVAL 22
#define EACCES 13
#define EBUSY 16
#define EBADMSG 74
#define ENOKEY 126
#define EKEYEXPIRED 127
#define EKEYREVOKED 128
#define EKEYREJECTED 129
#define CAPS_TO_LOAD (1ULL << 21 | 1ULL << 39)	/* CAP_SYS_ADMIN, CAP_BPF */

/* The kernel takes no larger signature (KMALLOC_MAX_CACHE_SIZE). */
#define SIGNATURE_MAX 8192

/*
 * Which check of bpf_prog_verify_signature() refused (7.3: kernel/bpf/verifier.c,
 * before: syscall.c). -EINVAL can also mean that a map in fd_array isn't an array:
 * the sentence says so.
 */
static __always_inline __u8 bad_signature(union bpf_attr *attr, int err)
{
	__u32 size = attr_signature_size(attr);

	if (!size || size > SIGNATURE_MAX)
		return BPFSEAL_R_MALFORMED;
	switch (-err) {
	case EKEYREJECTED:
		return BPFSEAL_R_BAD_SIGNATURE;
	case ENOKEY:
		return BPFSEAL_R_NO_KEY;
	case EKEYEXPIRED:
	case EKEYREVOKED:
		return BPFSEAL_R_KEY_ENDED;
	case EINVAL:
		return BPFSEAL_R_NO_KEYRING;
	case EBADMSG:
		return BPFSEAL_R_MALFORMED;
	default:
		return BPFSEAL_R_KERNEL_REJECTED;
	}
}

/* Maps are verified together with the signature. */
static __always_inline struct judgement why_in_check(union bpf_attr *attr, int err)
{
	struct judgement j = { .reason = bad_signature(attr, err) };

	if (err == -EPERM || err == -EACCES || err == -EBUSY)
		j.reason = BPFSEAL_R_BAD_METADATA;
	return j;
}

/* kernel/patches/7.2 refuse a signed load that brings relocations. */
static __always_inline struct judgement why_before_check(union bpf_attr *attr, int err)
{
	struct judgement j = { .reason = bad_signature(attr, err) };

	if (err == -EPERM && attr->core_relo_cnt) {
		j.reason = BPFSEAL_R_UNCOVERED;
		j.attribute = BPFSEAL_A_CORE_RELOS;
	}
	return j;
}

static __always_inline void event_attr(struct bpfseal_event *e, union bpf_attr *attr)
{
	e->object_type = attr->prog_type;
	e->attach_type = attr->expected_attach_type;
	e->insn_cnt = attr->insn_cnt;
	e->prog_id = 0;
	__builtin_memcpy(e->name, (__u64 *)attr->prog_name, sizeof(e->name));
	clear_words(e->digest, sizeof(e->digest));
}

/* @prog: NULL if it is gone already */
static __always_inline int report(union bpf_attr *attr, struct bpf_prog *prog,
				  struct judgement why, int err)
{
	struct decision d = {
		.j = why,
		.hook = BPFSEAL_HOOK_PROG_CHECK,
		.decision = BPFSEAL_REJECTED,
		.error = err,
	};
	struct bpfseal_policy *p = the_policy();
	struct bpfseal_event *e;

	if (!armed(p))
		return 0;
	e = event_open(p, &d, NULL);
	if (!e)
		return 0;
	event_attr(e, attr);
	if (prog)
		event_digest(e, prog);
	e->time_ns = bpf_ktime_get_boot_ns();
	event_task_name(e);
	event_close(e);
	return 0;
}

/* Not inlined, as most loads don't fail and need none of its registers. */
static __noinline int report_check(__u64 *ctx, int err)
{
	union bpf_attr *attr = (void *)ctx[1];
	struct bpf_prog *prog;
	struct signature sig;
	__u64 at;

	/* 7.0's verifier lets nobody read a pointer to a pointer out of ctx. */
	if (!attr_has_signature(attr) || bpf_get_func_arg(ctx, 0, &at))
		return 0;
	prog = bpf_core_cast((void *)kernel_u64((void *)at), struct bpf_prog);
	signature_of(prog->aux, &sig);
	/* Once it is verified lsm/bpf_prog_load sees it. */
	return sig.verified ? 0 : report(attr, prog, why_in_check(attr, err), err);
}

SEC("fexit/bpf_check")
int rejected(__u64 *ctx)
{
	__u64 ret;

	if (bpf_get_func_ret(ctx, &ret) || (int)ret >= 0)
		return 0;
	return report_check(ctx, (int)ret);
}

/*
 * Whoever may not load at all gets no further than the kernel's checks of that. Outside of
 * the first user namespace a capability counts only with a token.
 */
static __always_inline bool may_load(const union bpf_attr *attr)
{
	const struct cred *cred = bpf_get_current_task_btf()->cred;

	if (cred->user_ns->level && !(attr->prog_flags & BPF_F_TOKEN_FD))
		return false;
	return cred->cap_effective.val & CAPS_TO_LOAD;
}

SEC("fexit/bpf_prog_load")
int refused(__u64 *ctx)
{
	union bpf_attr *attr = (void *)ctx[0];
	__u64 ret;

	if (!attr_has_signature(attr) || bpf_get_func_ret(ctx, &ret) || end_passed() ||
	    (int)ret >= 0 || !may_load(attr))
		return 0;
	return report(attr, NULL, why_before_check(attr, (int)ret), (int)ret);
}

char _license[] SEC("license") = "GPL";
