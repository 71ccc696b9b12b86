// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * extend.c - programs that attach to other programs.
 */
#include "extend.h"

#include <errno.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "gate.h"

/* The only function in the types of all these programs. */
#define FUNCTION 5

/* int function(struct context *ctx __arg_ctx), which an extension may replace */
static int make_btf(void)
{
	struct btf *btf = btf__new_empty();
	int fd = -ENOMEM;

	if (!btf)
		return fd;
	if (btf__add_int(btf, "int", 4, BTF_INT_SIGNED) == 1 &&
	    btf__add_struct(btf, "context", 8) == 2 && btf__add_ptr(btf, 2) == 3 &&
	    btf__add_func_proto(btf, 1) == 4 && !btf__add_func_param(btf, "ctx", 3) &&
	    btf__add_func(btf, "function", BTF_FUNC_GLOBAL, 4) == FUNCTION &&
	    btf__add_decl_tag(btf, "arg:ctx", FUNCTION, 0) > 0)
		fd = btf__load_into_kernel(btf) ? -errno : dup(btf__fd(btf));
	btf__free(btf);
	return fd;
}

static int load(enum bpf_prog_type type, struct bpf_prog_load_opts *opts)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const struct bpf_func_info info = { .type_id = FUNCTION };
	int btf = make_btf(), fd;

	if (btf < 0)
		return btf;
	opts->prog_btf_fd = btf;
	opts->func_info = &info;
	opts->func_info_cnt = 1;
	opts->func_info_rec_size = sizeof(info);
	fd = bpf_prog_load(type, "function", "GPL", insns, GATE_COUNT(insns), opts);
	fd = fd < 0 ? -errno : fd;
	close(btf);
	return fd;
}

int extend_target(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_SLEEPABLE);

	return load(BPF_PROG_TYPE_SYSCALL, &opts);
}

int extend_load(enum bpf_prog_type type, int target)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .attach_prog_fd = target,
		    .attach_btf_id = FUNCTION);

	if (type == BPF_PROG_TYPE_TRACING)
		opts.expected_attach_type = BPF_TRACE_FENTRY;
	return load(type, &opts);
}
