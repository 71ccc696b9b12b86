// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kfunc_loader_test.c - real loaders, made and signed by the patched bpftool,
 * from their generation to what they install.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/skel_internal.h>

#include "kselftest_harness.h"
#include "meta.h"
#include "meta_verdict.h"

/* What a skeleton's load function gave to bpf_load_and_run(), which is not run. */
static struct bpf_load_and_run_opts taken;

static int take(struct bpf_load_and_run_opts *opts)
{
	taken = *opts;
	return -ECANCELED;
}

/* One skeleton runs, the others are taken apart. */
#include "nested.signer.lskel.h"
#define bpf_load_and_run take
#include "nested.parts.lskel.h"
#include "nested.stranger.lskel.h"
#undef bpf_load_and_run

FIXTURE(loader) {
	struct nested_parts *skel;
	struct bpf_load_and_run_opts opts;
	void *data;
	int map_fd, btf_fd, prog_fd;
};

FIXTURE_SETUP(loader)
{
	ASSERT_EQ(0, gate_session());
	ASSERT_LT(0, gate_add_key("signer", KEY_SPEC_SESSION_KEYRING));
	self->skel = nested_parts__open();
	ASSERT_NE(NULL, self->skel);
	self->skel->keyring_id = KEY_SPEC_SESSION_KEYRING;
	ASSERT_EQ(-ECANCELED, nested_parts__load(self->skel));
	self->opts = taken;
	self->data = malloc(taken.data_sz);
	ASSERT_NE(NULL, self->data);
	memcpy(self->data, taken.data, taken.data_sz);
	self->map_fd = self->btf_fd = self->prog_fd = -1;
}

FIXTURE_TEARDOWN(loader)
{
	skel_closenz(self->map_fd);
	skel_closenz(self->btf_fd);
	skel_closenz(self->prog_fd);
	free(self->data);
	free(self->skel);
}

/* Map and BTF as bpf_load_and_run() makes them. */
static void prepare(struct __test_metadata *_metadata, FIXTURE_DATA(loader) *self,
		    const void *data, bool exclusive, bool freeze)
{
	const struct gate_map map = {
		.name = "__loader.map", .data = data, .size = self->opts.data_sz,
		.excl = exclusive ? self->opts.excl_prog_hash : NULL, .freeze = freeze,
	};

	self->map_fd = gate_map_make(&map);
	ASSERT_LE(0, self->map_fd);
	self->btf_fd = skel_btf_load(self->opts.btf, self->opts.btf_sz);
	ASSERT_LE(0, self->btf_fd);
}

static int load(FIXTURE_DATA(loader) *self, bool with_signature)
{
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SYSCALL, "__loader.prog", self->opts.insns,
					self->opts.insns_sz / sizeof(struct bpf_insn));

	attr.prog_flags = BPF_F_SLEEPABLE;
	attr.fd_array = (uintptr_t)&self->map_fd;
	attr.prog_btf_fd = self->btf_fd;
	if (with_signature) {
		attr.signature = (uintptr_t)self->opts.signature;
		attr.signature_size = self->opts.signature_sz;
		attr.keyring_id = KEY_SPEC_SESSION_KEYRING;
	}
	self->prog_fd = gate_load(&attr);
	return self->prog_fd;
}

static int run(FIXTURE_DATA(loader) *self)
{
	int32_t ret;
	int err = gate_prog_run(self->prog_fd, self->opts.ctx, self->opts.ctx->sz, &ret);

	return err ? -ECANCELED : ret;
}

/* The whole skeleton, as its user calls it. */
TEST_F(loader, skeleton)
{
	struct nested_signer *skel = nested_signer__open();
	int32_t ret = 0;

	ASSERT_NE(NULL, skel);
	skel->keyring_id = KEY_SPEC_SESSION_KEYRING;
	ASSERT_EQ(0, nested_signer__load(skel));
	EXPECT_EQ(0, gate_prog_run_packet(skel->progs.count.prog_fd, &ret));
	EXPECT_EQ(7, ret);
	nested_signer__destroy(skel);
}

TEST_F(loader, steps)
{
	prepare(_metadata, self, self->data, true, true);
	ASSERT_LE(0, load(self, true));
	EXPECT_EQ(META_VERIFIED, meta_verdict(self->prog_fd));
	EXPECT_EQ(0, run(self));
	EXPECT_EQ(META_METADATA_VERIFIED, meta_verdict(self->prog_fd));
}

/* Each of the steps that userspace could leave out or do wrong. */
TEST_F(loader, changed_data)
{
	((char *)self->data)[self->opts.data_sz - 1] ^= 1;
	prepare(_metadata, self, self->data, true, true);
	ASSERT_LE(0, load(self, true));
	EXPECT_EQ(-EBADMSG, run(self));
	EXPECT_EQ(META_VERIFIED, meta_verdict(self->prog_fd));
	EXPECT_EQ(0, self->skel->maps.hits.map_fd);
}

TEST_F(loader, not_exclusive)
{
	prepare(_metadata, self, self->data, false, true);
	ASSERT_LE(0, load(self, true));
	EXPECT_EQ(-EINVAL, run(self));
}

TEST_F(loader, not_frozen)
{
	prepare(_metadata, self, self->data, true, false);
	ASSERT_LE(0, load(self, true));
	EXPECT_EQ(-EPERM, run(self));
}

TEST_F(loader, unsigned_loader)
{
	prepare(_metadata, self, self->data, true, true);
	ASSERT_LE(0, load(self, false));
	EXPECT_EQ(-EPERM, run(self));
	EXPECT_EQ(META_UNSIGNED, meta_verdict(self->prog_fd));
}

TEST_F(loader, without_btf)
{
	prepare(_metadata, self, self->data, true, true);
	close(self->btf_fd);
	self->btf_fd = 0;
	EXPECT_EQ(-EKEYREJECTED, load(self, true));
}

TEST_F(loader, stranger)
{
	struct nested_stranger *skel = nested_stranger__open();

	ASSERT_NE(NULL, skel);
	skel->keyring_id = KEY_SPEC_SESSION_KEYRING;
	ASSERT_EQ(-ECANCELED, nested_stranger__load(skel));
	self->opts = taken;
	prepare(_metadata, self, taken.data, true, true);
	EXPECT_EQ(-ENOKEY, load(self, true));
	free(skel);
}

/* A second run does nothing; above all it leaves the first one's descriptors alone. */
TEST_F(loader, second_run)
{
	int32_t ret = 0;
	int i;

	prepare(_metadata, self, self->data, true, true);
	ASSERT_LE(0, load(self, true));
	ASSERT_EQ(0, run(self));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(-EPERM, run(self));
	EXPECT_EQ(0, gate_prog_run_packet(self->skel->progs.count.prog_fd, &ret));
	EXPECT_EQ(7, ret);
	EXPECT_LT(0, gate_prog_id(self->skel->progs.count.prog_fd));
}

/* The same instructions and BTF, however often and by whomever they are signed. */
TEST_F(loader, reproducible)
{
	struct nested_stranger *skel = nested_stranger__open();
	struct bpf_load_and_run_opts first = self->opts;

	ASSERT_NE(NULL, skel);
	ASSERT_EQ(-ECANCELED, nested_stranger__load(skel));
	ASSERT_EQ(first.insns_sz, taken.insns_sz);
	EXPECT_EQ(0, memcmp(first.insns, taken.insns, first.insns_sz));
	ASSERT_EQ(first.btf_sz, taken.btf_sz);
	EXPECT_EQ(0, memcmp(first.btf, taken.btf, first.btf_sz));
	free(skel);
}

TEST_HARNESS_MAIN
