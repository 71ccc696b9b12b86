// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kfunc_verify_test.c - each result of bpf_loader_verify_metadata(), with a
 * loader made by hand and the verdict it leaves.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "meta_test.h"

static const char good[META_SIZE] = "metadata";
static const char bad[META_SIZE] = "metadatb";

FIXTURE(verify) {
	META_LOADER;
};

FIXTURE_SETUP(verify)
{
	META_SETUP(self, good);
}

FIXTURE_TEARDOWN(verify)
{
	META_TEARDOWN(self);
}

/* Load and run once; look at result and verdict. */
static void expect_result(struct __test_metadata *_metadata, const struct meta_load *load,
			  int result, int verdict)
{
	int fd = meta_load(load);

	ASSERT_LE(0, fd);
	EXPECT_EQ(result, meta_run(fd));
	EXPECT_EQ(verdict, meta_verdict(fd));
	close(fd);
}

TEST_F(verify, promotes)
{
	self->load.map_fd = meta_map(&self->insns, good);
	ASSERT_LE(0, self->load.map_fd);
	expect_result(_metadata, &self->load, 0, META_METADATA_VERIFIED);
}

TEST_F(verify, once)
{
	int fd, i;

	self->load.map_fd = meta_map(&self->insns, good);
	ASSERT_LE(0, self->load.map_fd);
	fd = meta_load(&self->load);
	ASSERT_LE(0, fd);
	EXPECT_EQ(META_VERIFIED, meta_verdict(fd));
	EXPECT_EQ(0, meta_run(fd));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(-EPERM, meta_run(fd));
	EXPECT_EQ(META_METADATA_VERIFIED, meta_verdict(fd));
	close(fd);
}

TEST_F(verify, unsigned_caller)
{
	self->load.map_fd = meta_map(&self->insns, good);
	self->load.who = NULL;
	expect_result(_metadata, &self->load, -EPERM, META_UNSIGNED);
}

TEST_F(verify, not_exclusive)
{
	const struct gate_map map = { .data = good, .size = META_SIZE, .freeze = true };

	self->load.map_fd = gate_map_make(&map);
	expect_result(_metadata, &self->load, -EINVAL, META_VERIFIED);
}

TEST_F(verify, hash_size)
{
	static const uint32_t sizes[] = { 8, 24, 31 };
	struct meta_opts opts = { .content = good, .func_id = self->btf.func_id };
	size_t i;

	for (i = 0; i < GATE_COUNT(sizes); i++) {
		opts.hash_size = sizes[i];
		ASSERT_EQ(0, meta_insns_make(&self->insns, &opts));
		self->load.map_fd = meta_map(&self->insns, good);
		expect_result(_metadata, &self->load, -EINVAL, META_VERIFIED);
		meta_load_close_map(&self->load);
	}
}

/* The verifier doesn't let such a map near the program. */
TEST_F(verify, exclusive_to_another)
{
	struct meta_insns other = self->insns;

	other.hash[0] ^= 1;
	self->load.map_fd = meta_map(&other, good);
	ASSERT_LE(0, self->load.map_fd);
	EXPECT_EQ(-EACCES, meta_load(&self->load));
}

TEST_F(verify, not_frozen)
{
	const struct gate_map map = { .data = good, .size = META_SIZE, .excl = self->insns.hash };
	int fd;

	self->load.map_fd = gate_map_make(&map);
	fd = meta_load(&self->load);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EPERM, meta_run(fd));
	EXPECT_EQ(META_VERIFIED, meta_verdict(fd));
	/* Nothing but the freeze was missing. */
	EXPECT_EQ(0, gate_map_freeze(self->load.map_fd));
	EXPECT_EQ(0, meta_run(fd));
	close(fd);
}

/* A former mapping may have left a page that can still be written. */
TEST_F(verify, mmapable)
{
	const struct gate_map map = {
		.data = good, .size = META_SIZE, .excl = self->insns.hash,
		.flags = BPF_F_MMAPABLE, .freeze = true,
	};

	self->load.map_fd = gate_map_make(&map);
	ASSERT_LE(0, self->load.map_fd);
	expect_result(_metadata, &self->load, -EPERM, META_VERIFIED);
}

TEST_F(verify, no_content_hash)
{
	static const uint32_t types[] = { BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_PERCPU_ARRAY };
	struct gate_map map = { .size = META_SIZE, .excl = self->insns.hash, .freeze = true };
	size_t i;

	for (i = 0; i < GATE_COUNT(types); i++) {
		map.type = types[i];
		self->load.map_fd = gate_map_make(&map);
		ASSERT_LE(0, self->load.map_fd);
		expect_result(_metadata, &self->load, -EINVAL, META_VERIFIED);
		meta_load_close_map(&self->load);
	}
}

TEST_F(verify, other_content)
{
	int fd, i;

	self->load.map_fd = meta_map(&self->insns, bad);
	fd = meta_load(&self->load);
	ASSERT_LE(0, fd);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(-EBADMSG, meta_run(fd));
	EXPECT_EQ(META_VERIFIED, meta_verdict(fd));
	close(fd);
}

/* What the loader itself has written is content like any other. */
TEST_F(verify, written_before)
{
	struct meta_opts opts = {
		.content = good, .func_id = self->btf.func_id, .write_first = true,
	};

	ASSERT_EQ(0, meta_insns_make(&self->insns, &opts));
	self->load.map_fd = meta_map(&self->insns, good);
	expect_result(_metadata, &self->load, -EBADMSG, META_VERIFIED);
}

/* --- a second program with the same instructions --------------------------- */

/* As long as both are bound to the map, neither has it to itself. */
TEST_F(verify, twin)
{
	int fd, twin;

	self->load.map_fd = meta_map(&self->insns, good);
	fd = meta_load(&self->load);
	twin = meta_load(&self->load);
	ASSERT_LE(0, fd);
	ASSERT_LE(0, twin);
	EXPECT_EQ(-EPERM, meta_run(fd));
	EXPECT_EQ(-EPERM, meta_run(twin));
	EXPECT_EQ(META_VERIFIED, meta_verdict(fd));
	close(twin);
	close(fd);
}

/* Unsigned, and with BTF by which the same call returns 0 without a look. */
TEST_F(verify, twin_with_other_btf)
{
	struct meta_load load = self->load;
	struct meta_btf sum;
	int fd, twin;

	ASSERT_EQ(0, meta_btf_make(&sum, "bpf_map_sum_elem_count", META_PROTO_SUM));
	ASSERT_EQ(self->btf.func_id, sum.func_id);
	self->load.map_fd = load.map_fd = meta_map(&self->insns, good);
	load.btf = &sum;
	load.who = NULL;
	twin = meta_load(&load);
	fd = meta_load(&self->load);
	ASSERT_LE(0, twin);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, meta_run(twin));
	EXPECT_EQ(-EPERM, meta_run(fd));
	close(twin);
	close(fd);
	meta_btf_free(&sum);
}

/* Once verified, the map is the loader's alone, even when the loader is gone. */
TEST_F(verify, claimed)
{
	int fd, i;

	self->load.map_fd = meta_map(&self->insns, good);
	fd = meta_load(&self->load);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, meta_run(fd));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(-EACCES, meta_load(&self->load));
		if (!i)
			close(fd);
		usleep(200000);
	}
}

/* A program that does not use the map can be bound to it as well. */
TEST_F(verify, claimed_bind)
{
	union bpf_attr attr = {};
	int fd, other;

	self->load.map_fd = meta_map(&self->insns, good);
	fd = meta_load(&self->load);
	other = gate_load_trivial(BPF_PROG_TYPE_SOCKET_FILTER, "other");
	ASSERT_LE(0, fd);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, meta_run(fd));
	attr.prog_bind_map.prog_fd = other;
	attr.prog_bind_map.map_fd = self->load.map_fd;
	EXPECT_EQ(-EACCES, gate_bpf(BPF_PROG_BIND_MAP, &attr));
	close(other);
	close(fd);
}

TEST_HARNESS_MAIN
