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

SEC("fexit/bpf_check")
int rejected(__u64 *ctx)
{
	struct decision d = {
		.hook = BPFSEAL_HOOK_PROG_CHECK,
		.decision = BPFSEAL_REJECTED,
	};
	union bpf_attr *attr = (void *)ctx[1];
	struct bpf_prog *prog;
	struct signature sig;
	struct bpfseal_policy *p;
	struct bpfseal_event *e;
	__u64 ret;

	if (!attr_has_signature(attr))
		return 0;
	if (bpf_get_func_ret(ctx, &ret) || (int)ret >= 0)
		return 0;
	prog = bpf_core_cast((void *)kernel_u64((void *)ctx[0]), struct bpf_prog);
	signature_of(prog->aux, &sig);
	p = the_policy();
	if (sig.verified || !armed(p))
		return 0;	/* lsm/bpf_prog_load has seen it, or no policy */
	d.error = (int)ret;
	d.j.reason = rejection(attr, d.error);
	e = event_open(p, &d, NULL);
	if (!e)
		return 0;
	event_exe_name(e);
	event_program(e, prog);
	event_close(e);
	return 0;
}

char _license[] SEC("license") = "GPL";
