// SPDX-License-Identifier: GPL-2.0-only
/*
 * verdict.bpf.c - prints the verdict on the signature of one program.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

const volatile __u32 prog_id = 0;

SEC("iter/bpf_prog")
int show(struct bpf_iter__bpf_prog *ctx)
{
	struct bpf_prog *prog = ctx->prog;

	if (prog && prog->aux->id == prog_id)
		BPF_SEQ_PRINTF(ctx->meta->seq, "%u\n", prog->aux->sig.verdict);
	return 0;
}

char _license[] SEC("license") = "GPL";
