/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gate_skel.h - take a generated light skeleton apart instead of running it.
 *
 * Include this before any *.lskel.h. A skeleton's load function ends in a call
 * of bpf_load_and_run(); here that call only notes what it was given.
 * GATE_SKEL(NAME) then defines NAME__take(struct gate_loader *), after which
 * loader.ctx is the struct NAME, with the descriptors it made after a run.
 */
#ifndef GATE_SKEL_H
#define GATE_SKEL_H

#include <errno.h>
#include <string.h>
#include <bpf/skel_internal.h>

#include "gate.h"

static struct gate_loader *gate_skel_into;

static inline int gate_skel_note(struct bpf_load_and_run_opts *opts)
{
	*gate_skel_into = (struct gate_loader){
		.data = opts->data,
		.data_len = opts->data_sz,
		.insns = opts->insns,
		.insns_len = opts->insns_sz,
		.sig = opts->signature,
		.sig_len = opts->signature_sz,
		.excl = opts->excl_prog_hash,
		.ctx = opts->ctx,
		.ctx_len = opts->ctx->sz,
#ifdef GATE_SIGNS_BTF
		.btf = opts->btf,
		.btf_len = opts->btf_sz,
#endif
		.map_fd = -1,
		.prog_fd = -1,
	};
	return -ECANCELED;
}

#define bpf_load_and_run gate_skel_note

#define GATE_SKEL(name) \
	static inline int name##__take(struct gate_loader *loader) \
	{ \
		struct name *skel = name##__open(); \
		int err; \
		\
		gate_skel_into = loader; \
		err = skel ? name##__load(skel) : -ENOMEM; \
		gate_skel_into = NULL; \
		if (err != -ECANCELED) \
			return -ENOMEM; \
		return gate_loader_fit(loader, strstr(#name, "_stranger") ? "stranger" : "signer"); \
	}

#endif
