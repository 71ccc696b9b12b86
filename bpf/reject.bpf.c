// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signed loads that the kernel refuses before the policy is asked.
 *
 * hook             role                                attack it closes
 * ---------------  ----------------------------------  -----------------------------
 * fexit/bpf_check  reports a signed load that failed   tampering tried unseen: a bad
 *                  before lsm/bpf_prog_load            signature never reaches it
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

/* The kernel takes no larger signature (KMALLOC_MAX_CACHE_SIZE). */
#define SIGNATURE_MAX 8192

/*
 * Which check of bpf_check() refused (7.3: bpf_prog_verify_signature()). -EINVAL
 * can also mean that a map in fd_array isn't an array: the sentence says so.
 */
static __always_inline __u8 rejection(union bpf_attr *attr, int err)
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
	case EPERM:
	case EACCES:
	case EBUSY:
		return BPFSEAL_R_BAD_METADATA;
	case EBADMSG:
		return BPFSEAL_R_MALFORMED;
	default:
		return BPFSEAL_R_KERNEL_REJECTED;
	}
}

/* Not inlined, as most loads don't fail and need none of its registers. */
static __noinline int report(__u64 *ctx, int err)
{
	struct decision d = {
		.hook = BPFSEAL_HOOK_PROG_CHECK,
		.decision = BPFSEAL_REJECTED,
		.error = err,
	};
	union bpf_attr *attr = (void *)ctx[1];
	struct bpf_prog *prog;
	struct signature sig;
	struct bpfseal_policy *p;
	struct bpfseal_event *e;

	if (!attr_has_signature(attr))
		return 0;
	prog = bpf_core_cast((void *)kernel_u64((void *)ctx[0]), struct bpf_prog);
	signature_of(prog->aux, &sig);
	p = the_policy();
	if (sig.verified || !armed(p))
		return 0;	/* lsm/bpf_prog_load has seen it, or no policy */
	d.j.reason = rejection(attr, err);
	e = event_open(p, &d, NULL);
	if (!e)
		return 0;
	event_exe_name(e);
	event_program(e, prog);
	__builtin_memcpy(e->name, (__u64 *)prog->aux->name, sizeof(e->name));
	event_close(e);
	return 0;
}

SEC("fexit/bpf_check")
int rejected(__u64 *ctx)
{
	__u64 ret;

	if (bpf_get_func_ret(ctx, &ret) || (int)ret >= 0)
		return 0;
	return report(ctx, (int)ret);
}

char _license[] SEC("license") = "GPL";
