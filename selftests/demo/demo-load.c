// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * demo-load.c - loads BPF the ways the demo shows, and says what became of it.
 *
 *   demo-load plain                      an unsigned two-instruction program
 *   demo-load skeleton FILE [SERIAL]     a light skeleton made from count.bpf.c
 *   demo-load flipped FILE SERIAL        the same with one metadata byte changed
 *   demo-load relocated KEY CERT SERIAL  a signed program whose instructions an
 *                                        unsigned CO-RE relocation would change
 *
 * Exit code: 0 it ran, 3 it was refused, 1 the demo itself failed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/skel_internal.h>

#include "cert.h"
#include "cms.h"
#include "diag.h"
#include "lskel.h"

/* What count.bpf.c's loader fills in: one map and one program. */
struct count_ctx {
	struct bpf_loader_ctx ctx;
	struct bpf_map_desc map;
	struct bpf_prog_desc prog;
};

static const struct bpf_insn two_insns[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
	{ .code = BPF_JMP | BPF_EXIT },
};

static int refused(const char *what, int err)
{
	printf("    %s: refused, %s\n", what, strerror(err));
	return EXIT_POLICY_NO;
}

/* Not by libbpf, which would try the kernel with probes of its own first. */
static int load_plain(void)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (unsigned long)two_insns,
		.insn_cnt = 2,
		.license = (unsigned long)"GPL",
		.prog_name = "plain",
	};
	int fd;

	fd = skel_sys_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		return refused("unsigned program", errno);
	printf("    unsigned program: loaded\n");
	close(fd);
	return EXIT_DONE;
}

/* Run the nested program three times and read what it counted. */
static int run_nested(const struct count_ctx *c)
{
	char packet[64] = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));
	__u64 n = 0;
	__u32 zero = 0;
	int i;

	for (i = 0; i < 3; i++)
		if (bpf_prog_test_run_opts(c->prog.prog_fd, &opts) < 0)
			return refused("nested program's run", errno);
	if (bpf_map_lookup_elem(c->map.map_fd, &zero, &n) < 0)
		return refused("nested program's map", errno);
	printf("    nested program: ran 3 times, counted %llu\n", n);
	return n == 3 ? EXIT_DONE : EXIT_FAILED;
}

static int load_skeleton(const char *path, int serial, bool flip)
{
	struct count_ctx c = { .ctx.sz = sizeof(c) };
	struct bpf_load_and_run_opts opts = { .ctx = &c.ctx, .keyring_id = serial };
	struct lskel skel;
	int err;

	if (lskel_read(path, &skel))
		return EXIT_FAILED;
	if (flip)
		skel.data[skel.data_len / 2] ^= 1;
	opts.data = skel.data;
	opts.data_sz = skel.data_len;
	opts.insns = skel.insns;
	opts.insns_sz = skel.insns_len;
	opts.signature = skel.sig;
	opts.signature_sz = skel.sig_len;
	opts.excl_prog_hash = skel.has_excl ? skel.excl : NULL;
	opts.excl_prog_hash_sz = skel.has_excl ? sizeof(skel.excl) : 0;
	err = bpf_load_and_run(&opts);
	lskel_free(&skel);
	if (err)
		return refused(opts.errstr, -err);
	printf("    loader: ran\n");
	return run_nested(&c);
}

/* BTF with "int" and a function: what a relocation needs to name a type. */
static int make_btf(struct btf **out)
{
	struct btf *btf = btf__new_empty();
	int proto;

	if (!btf)
		return -errno;
	btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	btf__add_struct(btf, "task_struct", 4);
	proto = btf__add_func_proto(btf, 1);
	btf__add_func(btf, "main", BTF_FUNC_GLOBAL, proto);
	btf__add_str(btf, "0");
	if (btf__load_into_kernel(btf)) {
		btf__free(btf);
		return -errno;
	}
	*out = btf;
	return 0;
}

/* Signed "r0 = 0; exit", which the relocation makes return a type's size. */
static int load_relocated(const char *key_path, const char *cert_path, int serial)
{
	struct bpf_func_info func = { .insn_off = 0, .type_id = 4 };
	struct bpf_core_relo relo = { .insn_off = 0, .type_id = 2, .kind = BPF_CORE_TYPE_SIZE };
	union bpf_attr attr = {};
	struct btf *btf = NULL;
	struct cert *cert = NULL;
	EVP_PKEY *key = NULL;
	uint8_t *sig = NULL;
	size_t sig_len;
	int fd, code = EXIT_FAILED;

	if (cert_load(cert_path, &cert) || cert_key_load(key_path, &key) ||
	    cms_sign(key, cert, two_insns, sizeof(two_insns), &sig, &sig_len) || make_btf(&btf))
		goto out;
	relo.access_str_off = btf__find_str(btf, "0");
	attr.prog_type = BPF_PROG_TYPE_SYSCALL;
	attr.prog_flags = BPF_F_SLEEPABLE;
	attr.insns = (unsigned long)two_insns;
	attr.insn_cnt = 2;
	attr.license = (unsigned long)"GPL";
	attr.signature = (unsigned long)sig;
	attr.signature_size = sig_len;
	attr.keyring_id = serial;
	attr.prog_btf_fd = btf__fd(btf);
	attr.func_info = (unsigned long)&func;
	attr.func_info_cnt = 1;
	attr.func_info_rec_size = sizeof(func);
	attr.core_relos = (unsigned long)&relo;
	attr.core_relo_cnt = 1;
	attr.core_relo_rec_size = sizeof(relo);
	memcpy(attr.prog_name, "relocated", sizeof("relocated"));
	fd = skel_sys_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0) {
		code = refused("signed program with a relocation", errno);
		goto out;
	}
	printf("    signed program with a relocation: loaded\n");
	close(fd);
	code = EXIT_DONE;
out:
	btf__free(btf);
	free(sig);
	EVP_PKEY_free(key);
	cert_free(cert);
	return code;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "plain"))
		return load_plain();
	if ((argc == 3 || argc == 4) && !strcmp(argv[1], "skeleton"))
		return load_skeleton(argv[2], argc == 4 ? atoi(argv[3]) : 0, false);
	if (argc == 4 && !strcmp(argv[1], "flipped"))
		return load_skeleton(argv[2], atoi(argv[3]), true);
	if (argc == 5 && !strcmp(argv[1], "relocated"))
		return load_relocated(argv[2], argv[3], atoi(argv[4]));
	fputs("usage: demo-load plain | skeleton FILE [SERIAL] | flipped FILE SERIAL |\n"
	      "       relocated KEY CERT SERIAL\n", stderr);
	return EXIT_USAGE;
}
