/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the benchmarks have in common: the loads they time, the signer, and bpfseal's
 * programs.
 */
#ifndef BPFSEAL_BENCH_CALL_H
#define BPFSEAL_BENCH_CALL_H

#include <errno.h>
#include <keyutils.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/bpf.h>
#include <bpf/libbpf.h>
#include "bpfseal.h"
#include "bpfseal.skel.h"
#include "cert.h"
#include "cms.h"
#include "compat.h"
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

/* With the programs that install would choose for this kernel. */
static inline struct bpfseal *load_bpfseal(void)
{
	struct bpfseal *seal = bpfseal__open();
	struct probe here;

	if (!seal || probe_kernel(&here) || compat_choose(seal, &here))
		return NULL;
	/* As install does it: no rule asks for the digest of an executable. */
	bpf_program__set_autoattach(seal->progs.measure, false);
	return bpfseal__load(seal) ? NULL : seal;
}

#endif /* BPFSEAL_BENCH_CALL_H */
