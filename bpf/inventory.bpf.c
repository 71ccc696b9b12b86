// SPDX-License-Identifier: GPL-2.0-only
/*
 * The inventory: every program in the kernel, with what its signature proved
 * and what the policy would say of it.
 *
 * hook           role                               attack it closes
 * -------------  ---------------------------------  --------------------------
 * iter/bpf_prog  one binary record per program      programs loaded before the
 *                                                   policy going unnoticed
 */
#include <vmlinux.h>
#include "judge.h"
#include "seal.h"

static __always_inline void judge_loaded(struct bpfseal_policy *p, struct bpf_prog *prog,
					 struct bpfseal_program *out)
{
	__u64 key = (__u64)prog->aux;
	struct judgement j = {};
	struct signature sig;
	struct nested *n;

	signature_of(prog->aux, &sig);
	judge_signature(p, &sig, required_level(p, prog->type), &j);
	out->level = j.level;
	out->keyring_type = j.keyring;
	out->keyring_serial = j.serial;
	out->signer = j.signer;
	out->reason = j.reason;
	if (j.reason == BPFSEAL_R_SIGNER && prog->aux->load_time < state.armed)
		out->reason = BPFSEAL_R_BEFORE_POLICY;
	n = bpf_map_lookup_elem(&nested, &key);
	if (n && n->state != NESTED_LOADING && n->loaded == prog->aux->load_time) {
		out->level = n->level;
		out->keyring_type = n->keyring;
		out->keyring_serial = n->serial;
		out->signer = n->signer;
		out->loader_id = n->loader_id;
		out->reason = n->reason;
	}
	out->admitted = out->reason == BPFSEAL_R_SIGNER || out->reason == BPFSEAL_R_NESTED;
}

SEC("iter/bpf_prog")
int inventory(struct bpf_iter__bpf_prog *ctx)
{
	struct bpfseal_program out = {};
	struct bpf_prog *prog = ctx->prog;
	const __u64 *digest;
	struct bpfseal_policy *p;

	if (!prog)
		return 0;
	out.id = prog->aux->id;
	out.own = is_own(prog->aux);
	out.type = prog->type;
	out.attach_type = prog->expected_attach_type;
	out.load_time_ns = prog->aux->load_time;
	out.uid = prog->aux->user->uid.val;
	__builtin_memcpy(out.name, prog->aux->name, sizeof(out.name));
	digest = digest_of(prog);
	if (digest)
		__builtin_memcpy(out.digest, digest, sizeof(out.digest));
	p = the_policy();
	if (p)
		judge_loaded(p, prog, &out);
	bpf_seq_write(ctx->meta->seq, &out, sizeof(out));
	return 0;
}

char _license[] SEC("license") = "GPL";
