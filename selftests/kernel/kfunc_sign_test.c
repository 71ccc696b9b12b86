// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kfunc_sign_test.c - what a signature covers on the patched kernel: the
 * instructions, the program's BTF if there is one, and nothing that would change
 * the instructions later.
 */
#include <errno.h>
#include <linux/btf.h>
#include <linux/keyctl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "meta_test.h"

static const char content[META_SIZE] = "metadata";

FIXTURE(sign) {
	META_LOADER;
	struct meta_btf other;
};

FIXTURE_SETUP(sign)
{
	META_SETUP(self, content);
	ASSERT_EQ(0, meta_btf_make(&self->other, "bpf_map_sum_elem_count", META_PROTO_SUM));
	ASSERT_EQ(self->btf.func_id, self->other.func_id);
	self->load.map_fd = meta_map(&self->insns, content);
	ASSERT_LE(0, self->load.map_fd);
}

FIXTURE_TEARDOWN(sign)
{
	META_TEARDOWN(self);
	meta_btf_free(&self->other);
}

TEST_F(sign, covers_btf)
{
	int fd = meta_load(&self->load);

	ASSERT_LE(0, fd);
	EXPECT_EQ(META_VERIFIED, meta_verdict(fd));
	close(fd);
}

TEST_F(sign, other_btf)
{
	int fd;

	self->load.signed_btf = &self->btf;
	self->load.btf = &self->other;
	EXPECT_EQ(-EKEYREJECTED, meta_load(&self->load));
	/* It is the signature that is in the way. */
	self->load.signed_btf = NULL;
	fd = meta_load(&self->load);
	ASSERT_LE(0, fd);
	close(fd);
}

/* One byte of the BTF's strings, which no BTF check would mind. */
TEST_F(sign, changed_btf)
{
	struct meta_btf changed = self->btf;

	((char *)changed.raw)[changed.len - 2] ^= 1;
	self->load.signed_btf = &changed;
	EXPECT_EQ(-EKEYREJECTED, meta_load(&self->load));
	((char *)changed.raw)[changed.len - 2] ^= 1;
}

/* BTF that the signer did not sign. */
TEST_F(sign, added_btf)
{
	const struct meta_btf none = { .fd = -1 };

	self->load.signed_btf = &none;
	EXPECT_EQ(-EKEYREJECTED, meta_load(&self->load));
}

TEST_F(sign, removed_btf)
{
	self->load.signed_btf = &self->btf;
	self->load.btf = NULL;
	EXPECT_EQ(-EKEYREJECTED, meta_load(&self->load));
}

TEST_F(sign, changed_instruction)
{
	union bpf_attr attr;

	ASSERT_EQ(0, meta_attr(&self->load, &attr));
	self->insns.insns[0].imm ^= 1;
	EXPECT_EQ(-EKEYREJECTED, gate_load(&attr));
	meta_attr_free(&attr);
}

/* Not BTF, and the kernel's. */
TEST_F(sign, no_btf)
{
	union bpf_attr attr;

	ASSERT_EQ(0, meta_attr(&self->load, &attr));
	attr.prog_btf_fd = self->load.map_fd;
	EXPECT_EQ(-EINVAL, gate_load(&attr));
	attr.prog_btf_fd = 12345;
	EXPECT_EQ(-EBADF, gate_load(&attr));
	meta_attr_free(&attr);
}

/* --- without BTF ----------------------------------------------------------- */

static const struct bpf_insn trivial[] = { MOV_IMM(BPF_REG_0, 0), EXIT() };

static int sign_trivial(union bpf_attr *attr, const struct meta_btf *btf)
{
	struct gate_signature signature;
	int err = gate_sign_insns("signer", trivial, GATE_COUNT(trivial), btf ? btf->raw : NULL,
				  btf ? btf->len : 0, &signature);

	*attr = gate_attr(BPF_PROG_TYPE_SYSCALL, "trivial", trivial, GATE_COUNT(trivial));
	attr->prog_flags = BPF_F_SLEEPABLE;
	attr->prog_btf_fd = btf ? btf->fd : 0;
	if (!err)
		gate_attr_sign(attr, &signature, KEY_SPEC_SESSION_KEYRING);
	return err;
}

TEST_F(sign, instructions_only)
{
	union bpf_attr attr;
	int fd;

	ASSERT_EQ(0, sign_trivial(&attr, NULL));
	fd = gate_load(&attr);
	ASSERT_LE(0, fd);
	EXPECT_EQ(META_VERIFIED, meta_verdict(fd));
	close(fd);
	meta_attr_free(&attr);
}

/*
 * Function information makes the verifier use prog_btf_fd even if that is 0,
 * so descriptor 0 counts as BTF then.
 */
TEST_F(sign, descriptor_zero)
{
	const struct bpf_func_info func = { .type_id = self->btf.func_id };
	int saved = dup(0);
	union bpf_attr attr;

	ASSERT_EQ(0, sign_trivial(&attr, NULL));
	ASSERT_EQ(0, dup2(self->btf.fd, 0));
	attr.func_info = (uintptr_t)&func;
	attr.func_info_cnt = 1;
	attr.func_info_rec_size = sizeof(func);
	EXPECT_EQ(-EKEYREJECTED, gate_load(&attr));
	if (saved >= 0)
		dup2(saved, 0);
	else
		close(0);
	close(saved);
	meta_attr_free(&attr);
}

/* --- relocations ----------------------------------------------------------- */

/* One that makes the first instruction return the size of a type. */
static void relocate(union bpf_attr *attr, const struct meta_btf *btf,
		     const struct bpf_func_info *func, struct bpf_core_relo *relo)
{
	*relo = (struct bpf_core_relo){
		.insn_off = 0, .type_id = 1, .kind = BPF_CORE_TYPE_SIZE,
	};
	attr->prog_btf_fd = btf->fd;
	attr->func_info = (uintptr_t)func;
	attr->func_info_cnt = 1;
	attr->func_info_rec_size = sizeof(*func);
	attr->core_relos = (uintptr_t)relo;
	attr->core_relo_cnt = 1;
	attr->core_relo_rec_size = sizeof(*relo);
}

TEST_F(sign, relocations)
{
	const struct bpf_func_info func = { .type_id = self->btf.func_id };
	struct bpf_core_relo relo;
	union bpf_attr attr;

	ASSERT_EQ(0, sign_trivial(&attr, &self->btf));
	relocate(&attr, &self->btf, &func, &relo);
	EXPECT_EQ(-EPERM, gate_load(&attr));
	/* Even if nothing else is there that would make the kernel look at them. */
	attr.func_info_cnt = 0;
	EXPECT_EQ(-EPERM, gate_load(&attr));
	meta_attr_free(&attr);
}

/* --- the descriptor changes while the program is loaded --------------------- */

#define LOADS 400

struct swap {
	int target, good, other;
	volatile bool stop;
};

static void *swap_btf(void *arg)
{
	struct swap *swap = arg;

	while (!swap->stop) {
		dup2(swap->other, swap->target);
		dup2(swap->good, swap->target);
	}
	return NULL;
}

static uint32_t btf_id_of(int fd, bool prog)
{
	union {
		struct bpf_prog_info prog;
		struct bpf_btf_info btf;
	} info = {};
	union bpf_attr attr = {};

	attr.info.bpf_fd = fd;
	attr.info.info_len = prog ? sizeof(info.prog) : sizeof(info.btf);
	attr.info.info = (uintptr_t)&info;
	if (gate_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr))
		return 0;
	return prog ? info.prog.btf_id : info.btf.id;
}

/* Whatever was behind the descriptor: a program that loads has the signed BTF. */
TEST_F(sign, swapped_while_loading)
{
	struct swap swap = { .good = self->btf.fd, .other = self->other.fd };
	uint32_t good_id = btf_id_of(self->btf.fd, false);
	int i, fd, loaded = 0, rejected = 0;
	union bpf_attr attr;
	pthread_t thread;

	ASSERT_NE(0, good_id);
	ASSERT_EQ(0, meta_attr(&self->load, &attr));
	swap.target = dup(self->btf.fd);
	attr.prog_btf_fd = swap.target;
	ASSERT_EQ(0, pthread_create(&thread, NULL, swap_btf, &swap));
	for (i = 0; i < LOADS; i++) {
		fd = gate_load(&attr);
		if (fd >= 0) {
			EXPECT_EQ(good_id, btf_id_of(fd, true));
			loaded++;
			close(fd);
		} else {
			EXPECT_EQ(-EKEYREJECTED, fd);
			rejected++;
		}
	}
	swap.stop = true;
	pthread_join(thread, NULL);
	TH_LOG("%d loaded, %d rejected", loaded, rejected);
	/* Both happened, or there was no race. */
	EXPECT_LT(0, loaded);
	EXPECT_LT(0, rejected);
	meta_attr_free(&attr);
	close(swap.target);
}

TEST_HARNESS_MAIN
