/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the benchmarks have in common: the loads they time, the signer, and bpfseal's
 * programs.
 */
#ifndef BPFSEAL_BENCH_CALL_H
#define BPFSEAL_BENCH_CALL_H

#include <errno.h>
#include <fcntl.h>
#include <keyutils.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <bpf/libbpf.h>
#include "bpfseal.h"
#include "verification.h"	/* for the skeleton */
#include "bpfseal.skel.h"
#include "cert.h"
#include "cms.h"
#include "compat.h"
#include "host.h"
#include "pins.h"
#include "sample.h"

#define SETTLE_US	30000	/* of the guest's time: RCU and the work queues */

/** struct signer - who signs the loads, and the keyring to check them by */
struct signer {
	struct cert *cert;
	EVP_PKEY *key;
	__s32 keyring;
};

/* "r0 = 0; exit" */
static const struct bpf_insn two_insns[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

__attribute__((noreturn, format(printf, 1, 2)))
static inline void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("bench: ", stderr);
	vfprintf(stderr, format, args);
	fprintf(stderr, " (%s)\n", strerror(errno));
	va_end(args);
	exit(2);
}

static inline int print(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

static inline void prepare_load(union bpf_attr *attr, __u32 type, __u32 flags)
{
	attr->prog_type = type;
	attr->prog_flags = flags;
	attr->insns = (__u64)two_insns;
	attr->insn_cnt = ARRAY_SIZE(two_insns);
	attr->license = (__u64)"GPL";
	strcpy(attr->prog_name, "bench");
}

static inline void sign(const struct signer *s, union bpf_attr *attr)
{
	__u8 *sig;
	size_t len;
	int err;

	err = cms_sign(s->key, s->cert, two_insns, sizeof(two_insns), &sig, &len);
	if (err) {
		errno = -err;
		die("cannot sign");
	}
	attr->signature = (__u64)sig;
	attr->signature_size = len;
	attr->keyring_id = s->keyring;
}

static inline void make_keyring(struct signer *s)
{
	if (cert_load("/keys/signer.crt", &s->cert) || cert_key_load("/keys/signer.key", &s->key))
		die("cannot read the test keys");
	s->keyring = add_key("keyring", "bench", NULL, 0, KEY_SPEC_SESSION_KEYRING);
	if (s->keyring < 0 || add_key("asymmetric", NULL, s->cert->der, s->cert->der_len,
				      s->keyring) < 0)
		die("cannot make a keyring");
}

static inline int count_event(void *count, void *data, size_t size)
{
	(void)data, (void)size;
	(*(unsigned int *)count)++;
	return 0;
}

/* Not what is run, read through or attached only at times; nor the guards. */
static inline void choose_attached(struct bpfseal *seal)
{
	unsigned int n;
	const struct pin *pins = pins_list(&n);
	struct bpf_program *prog;

	for (unsigned int i = 0; i < n; i++) {
		prog = bpf_object__find_program_by_name(seal->obj, pins[i].name);
		if (prog && pins[i].kind != PIN_HOOK && pins[i].kind != PIN_LINK)
			bpf_program__set_autoattach(prog, false);
	}
	/* No rule asks for the digest of an executable. */
	bpf_program__set_autoattach(seal->progs.measure, false);
}

/* With the programs that install would attach on this kernel. */
static inline struct bpfseal *load_bpfseal(void)
{
	struct bpfseal *seal = bpfseal__open();
	struct probe here;
	bool in_check;

	if (!seal || probe_kernel(&here))
		return NULL;
	choose_attached(seal);
	in_check = !strcmp(compat_program(&here, "rejected"), "rejected");
	bpf_program__set_autoload(in_check ? seal->progs.refused : seal->progs.rejected, false);
	return bpfseal__load(seal) ? NULL : seal;
}

/** attach_to_root - attach a program to the root of all cgroups, by a link */
static inline struct bpf_link *attach_to_root(struct bpf_program *prog)
{
	int root = open(HOST_CGROUPS, O_RDONLY | O_DIRECTORY);
	struct bpf_link *link;

	if (root < 0)
		die("cannot open " HOST_CGROUPS);
	link = bpf_program__attach_cgroup(prog, root);
	if (!link)
		die("cannot attach %s", bpf_program__name(prog));
	close(root);
	return link;
}

static inline bool is_for_cgroups(const struct bpf_program *prog)
{
	enum bpf_attach_type type = bpf_program__expected_attach_type(prog);

	return type == BPF_LSM_CGROUP || type == BPF_CGROUP_SYSCTL;
}

/**
 * attach_all - attach the programs of a skeleton that are to be attached
 * @s: the skeleton
 *
 * Also those that decide, which libbpf leaves to whoever knows the cgroup. install has
 * no links for these; the kernel runs them the same way.
 */
static inline void attach_all(const struct bpf_object_skeleton *s)
{
	const struct bpf_prog_skeleton *entry;

	if (bpf_object__attach_skeleton((struct bpf_object_skeleton *)s))
		die("cannot attach %s", s->name);
	for (int i = 0; i < s->prog_cnt; i++) {
		entry = (void *)((char *)s->progs + i * s->prog_skel_sz);
		if (bpf_program__autoattach(*entry->prog) && is_for_cgroups(*entry->prog))
			*entry->link = attach_to_root(*entry->prog);
	}
}

#endif /* BPFSEAL_BENCH_CALL_H */
