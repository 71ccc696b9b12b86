// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * prog.c - loads of small programs: signed by the key that the policy trusts, by a
 * stranger's, altered after that, or not at all.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "insn.h"
#include "random.h"

#define INSNS_MAX 8

/* Harmless wherever they are attached, as some of them will be. */
static const struct {
	uint32_t n;
	struct bpf_insn insns[INSNS_MAX];
} sources[] = {
	{ 2, { MOV_IMM(0, 0), EXIT() } },
	{ 2, { MOV_IMM(0, 1), EXIT() } },
	{ 2, { MOV_IMM(0, 2), EXIT() } },
	{ 3, { CALL(BPF_FUNC_ktime_get_ns), MOV_IMM(0, 0), EXIT() } },
	{ 3, { CALL(BPF_FUNC_get_smp_processor_id), MOV_IMM(0, 1), EXIT() } },
	{ 3, { MOV_REG(6, 1), MOV_IMM(0, 1), EXIT() } },
	{ 2, { MOV_REG(0, 3), EXIT() } },	/* the verifier refuses it */
};

/* A program with two signatures, in memory that is never written. */
struct signed_prog {
	const struct bpf_insn *insns;
	uint32_t n;
	const uint8_t *sig[2];
	uint32_t sig_len[2];
};

enum { SIGNER, STRANGER };

static struct signed_prog progs[GATE_COUNT(sources)];
static const char *license;

static int sign(struct signed_prog *prog, int who)
{
	static const char *const names[] = { [SIGNER] = "signer", [STRANGER] = "stranger" };
	struct gate_signature signature;
	int err = gate_sign_insns(names[who], prog->insns, prog->n, NULL, 0, &signature);

	if (err)
		return err;
	prog->sig[who] = memory_fixed(signature.sig, signature.len);
	prog->sig_len[who] = signature.len;
	free(signature.sig);
	return prog->sig[who] ? 0 : -ENOMEM;
}

int prog_prepare(void)
{
	int err = 0;
	size_t i;

	license = memory_fixed("GPL", 4);
	for (i = 0; !err && i < GATE_COUNT(sources); i++) {
		progs[i].n = sources[i].n;
		progs[i].insns = memory_fixed(sources[i].insns, sources[i].n * 8);
		if (!progs[i].insns)
			return -ENOMEM;
		err = sign(&progs[i], SIGNER);
		if (!err)
			err = sign(&progs[i], STRANGER);
	}
	return err;
}

#define VALUE 48	/* the last bytes of a signature belong to its value */

/* The kernel takes no offence at bytes that follow a signature. */
static bool is_that(const struct worker *w, const union bpf_attr *attr,
		    const struct signed_prog *prog)
{
	const void *insns = (void *)(uintptr_t)attr->insns;
	const uint8_t *sig = (void *)(uintptr_t)attr->signature;
	const uint32_t len = prog->sig_len[SIGNER];

	if (attr->insn_cnt != prog->n || attr->signature_size < len ||
	    !memory_readable(w, attr->insns, prog->n * 8) ||
	    !memory_readable(w, attr->signature, len))
		return false;
	return !memcmp(insns, prog->insns, prog->n * 8) &&
	       !memcmp(sig + len - VALUE, prog->sig[SIGNER] + len - VALUE, VALUE);
}

bool prog_is_signed(const struct worker *w, const union bpf_attr *attr, uint32_t size)
{
	size_t i;

	if (size < offsetof(union bpf_attr, keyring_id) + sizeof(attr->keyring_id) ||
	    attr->keyring_id != w->setup->keyring)
		return false;
	for (i = 0; i < GATE_COUNT(progs); i++)
		if (is_that(w, attr, &progs[i]))
			return true;
	return false;
}

/* --- signatures ----------------------------------------------------------------- */

static void sign_as(struct worker *w, union bpf_attr *attr, const struct signed_prog *prog, int who)
{
	attr->signature = (uintptr_t)prog->sig[who];
	attr->signature_size = prog->sig_len[who];
	attr->keyring_id = who == SIGNER ? w->setup->keyring : w->setup->stranger;
}

/* One bit is another, or the end is missing. */
static void alter_signature(struct worker *w, union bpf_attr *attr)
{
	uint32_t size = attr->signature_size;
	uint64_t copy = memory_copy(w, (void *)(uintptr_t)attr->signature, size);

	attr->signature = copy;
	if (random_once_in(w, 4))
		attr->signature_size = random_below(w, size);
	else
		((uint8_t *)(uintptr_t)copy)[random_below(w, size)] ^= 1 << random_below(w, 8);
}

static void alter_insns(struct worker *w, union bpf_attr *attr)
{
	uint32_t size = attr->insn_cnt * 8;
	uint64_t copy = memory_copy(w, (void *)(uintptr_t)attr->insns, size);

	attr->insns = copy;
	((uint8_t *)(uintptr_t)copy)[random_below(w, size)] ^= 1 << random_below(w, 8);
}

/* Of the process, of the system, of nobody; the stranger's can be had in many ways. */
static int32_t other_keyring(struct worker *w)
{
	static const int32_t keyrings[] = { 0, 1, 2, -1, -2, -3, -4, -5 };

	return random_once_in(w, 4) ? (int32_t)random_number(w) : RANDOM_OF(w, keyrings);
}

static void fill_signature(struct worker *w, union bpf_attr *attr, const struct signed_prog *prog)
{
	uint32_t sort = random_below(w, 12);

	if (sort < 4)
		return;
	sign_as(w, attr, prog, sort == 4 ? STRANGER : SIGNER);
	if (sort == 5)
		alter_signature(w, attr);
	else if (sort == 6)
		alter_insns(w, attr);
	else if (sort == 7)
		attr->keyring_id = other_keyring(w);
	else if (sort == 8)
		attr->signature_size += random_below(w, 256);
}

/* --- what signatures don't cover ------------------------------------------------ */

static void fill_btf(struct worker *w, union bpf_attr *attr)
{
	attr->prog_btf_fd = pool_fd(w, POOL_BTF);
	if (random_once_in(w, 2)) {
		attr->func_info = memory_any(w);
		attr->func_info_cnt = random_below(w, 3);
		attr->func_info_rec_size = sizeof(struct bpf_func_info);
	}
	if (random_once_in(w, 2)) {
		attr->line_info = memory_any(w);
		attr->line_info_cnt = random_below(w, 3);
		attr->line_info_rec_size = sizeof(struct bpf_line_info);
	}
	if (random_once_in(w, 2)) {
		attr->core_relos = memory_any(w);
		attr->core_relo_cnt = random_below(w, 3);
		attr->core_relo_rec_size = sizeof(struct bpf_core_relo);
	}
}

static void fill_target(struct worker *w, union bpf_attr *attr)
{
	attr->expected_attach_type = random_below(w, __MAX_BPF_ATTACH_TYPE + 2);
	if (random_once_in(w, 2))
		attr->attach_btf_id = random_below(w, 1 << 17);
	if (random_once_in(w, 4))
		attr->attach_prog_fd = pool_fd(w, POOL_PROG);
}

static void fill_rest(struct worker *w, union bpf_attr *attr)
{
	if (random_once_in(w, 8))
		fill_btf(w, attr);
	if (random_once_in(w, 8))
		fill_target(w, attr);
	if (random_once_in(w, 8))
		attr->prog_ifindex = random_below(w, 3);
	if (random_once_in(w, 8)) {
		attr->fd_array = memory_any(w);
		attr->fd_array_cnt = random_below(w, 4);
	}
	if (random_once_in(w, 16) && w->token >= 0) {
		attr->prog_token_fd = w->token;
		attr->prog_flags |= BPF_F_TOKEN_FD;
	}
	if (random_once_in(w, 4)) {
		attr->log_level = random_below(w, 8);
		attr->log_buf = memory_any(w);
		attr->log_size = random_number(w);
	}
}

/* Half of what the kernel knows can be loaded without more; so can loaders. */
static uint32_t any_type(struct worker *w)
{
	static const uint32_t likely[] = {
		BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_XDP,
		BPF_PROG_TYPE_KPROBE, BPF_PROG_TYPE_CGROUP_SKB, BPF_PROG_TYPE_CGROUP_DEVICE,
		BPF_PROG_TYPE_SYSCALL,
	};

	return random_once_in(w, 2) ? random_below(w, __MAX_BPF_PROG_TYPE + 2) :
		RANDOM_OF(w, likely);
}

/* Instructions that nobody has signed: any bytes, or any map. */
static void unsigned_insns(struct worker *w, union bpf_attr *attr)
{
	struct bpf_insn insns[INSNS_MAX] = {
		LD_MAP_FD(1, pool_fd(w, POOL_MAP)), MOV_IMM(0, 0), EXIT(),
	};
	uint32_t n = 4, i;

	if (random_once_in(w, 2)) {
		n = 1 + random_below(w, INSNS_MAX);
		for (i = 0; i < n; i++) {
			const uint64_t word = random_next(w);

			memcpy(&insns[i], &word, sizeof(word));
		}
	}
	attr->insns = memory_copy(w, insns, sizeof(insns));
	attr->insn_cnt = n;
}

void prog_fill(struct worker *w, union bpf_attr *attr)
{
	const struct signed_prog *prog = &RANDOM_OF(w, progs);

	*attr = gate_attr(any_type(w), random_once_in(w, 2) ? "fuzz" : "", prog->insns, prog->n);
	attr->license = (uintptr_t)license;
	if (attr->prog_type == BPF_PROG_TYPE_SYSCALL)
		attr->prog_flags = BPF_F_SLEEPABLE;
	if (random_once_in(w, 8))
		unsigned_insns(w, attr);
	else
		fill_signature(w, attr, prog);
	if (random_once_in(w, 8))
		attr->prog_flags |= random_flags(w);
	if (random_once_in(w, 3))
		fill_rest(w, attr);
}
