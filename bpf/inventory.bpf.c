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

static __always_inline void judge_loaded(struct bpfseal_policy *p, struct bpf_prog *prog,
					 struct bpfseal_program *out)
{
	struct judgement j = {};
	struct nested *n;
	__u64 key = (__u64)prog->aux;

	judge_signature(p, prog->aux, &j);
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
	struct bpf_prog___digest *d = (void *)prog;
	struct bpfseal_policy *p;

	if (!prog)
		return 0;
	out.id = prog->aux->id;
	out.type = prog->type;
	out.attach_type = prog->expected_attach_type;
	out.load_time_ns = prog->aux->load_time;
	out.uid = prog->aux->user->uid.val;
	__builtin_memcpy(out.name, prog->aux->name, sizeof(out.name));
	if (bpf_core_field_exists(d->digest))
		__builtin_memcpy(out.digest, d->digest, sizeof(out.digest));
	p = the_policy();
	if (p)
		judge_loaded(p, prog, &out);
	bpf_seq_write(ctx->meta->seq, &out, sizeof(out));
	return 0;
}

char _license[] SEC("license") = "GPL";
