// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kfunc_verify_test.c - each result of bpf_loader_verify_metadata(), with a
 * loader made by hand and the verdict it leaves.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "meta_test.h"

static const char good[META_SIZE] = "metadata";
static const char bad[META_SIZE] = "metadatb";

/* The kernel's own, which reaches userspace nevertheless. */
#define ENOTSUPP 524

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

static int make_map_of_maps(int inner_fd)
{
	union bpf_attr attr = {};

	attr.map_type = BPF_MAP_TYPE_ARRAY_OF_MAPS;
	attr.key_size = sizeof(uint32_t);
	attr.value_size = sizeof(uint32_t);
	attr.max_entries = 1;
	attr.inner_map_fd = inner_fd;
	return gate_bpf(BPF_MAP_CREATE, &attr);
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

/* --- a map that is exclusive to another program ----------------------------- */

/* The verifier doesn't let such a map near the program. */
TEST_F(verify, exclusive_to_another)
{
	struct meta_insns other = self->insns;

	other.hash[0] ^= 1;
	self->load.map_fd = meta_map(&other, good);
	ASSERT_LE(0, self->load.map_fd);
	EXPECT_EQ(-EACCES, meta_load(&self->load));
}

/*
 * What a program finds in a map of maps it may pass to the kfunc, but no exclusive
 * map can be in one, not even the program's own.
 */
TEST_F(verify, exclusive_inner)
{
	struct meta_opts opts = {
		.content = good, .func_id = self->btf.func_id, .arg = META_ARG_INNER,
	};
	const struct gate_map map = { .data = good, .size = META_SIZE, .freeze = true };
	int plain = gate_map_make(&map), exclusive;
	const uint32_t zero = 0;

	ASSERT_EQ(0, meta_insns_make(&self->insns, &opts));
	exclusive = meta_map(&self->insns, good);
	ASSERT_LE(0, exclusive);
	EXPECT_EQ(-ENOTSUPP, make_map_of_maps(exclusive));
	self->load.map_fd = make_map_of_maps(plain);
	ASSERT_LE(0, self->load.map_fd);
	expect_result(_metadata, &self->load, -ENOENT, META_VERIFIED);
	EXPECT_EQ(-ENOTSUPP, gate_map_update(self->load.map_fd, &zero, &exclusive));
	ASSERT_EQ(0, gate_map_update(self->load.map_fd, &zero, &plain));
	expect_result(_metadata, &self->load, -EINVAL, META_VERIFIED);
	close(exclusive);
	close(plain);
}

/* Any address can be cast to a map, but then it isn't trusted, not even the own map's. */
TEST_F(verify, cast)
{
	struct meta_opts opts = {
		.content = good, .func_id = self->btf.func_id, .arg = META_ARG_CAST,
	};
	union bpf_attr attr;
	char *log;

	ASSERT_EQ(0, meta_insns_make(&self->insns, &opts));
	self->load.map_fd = meta_map(&self->insns, good);
	ASSERT_LE(0, self->load.map_fd);
	ASSERT_EQ(0, meta_attr(&self->load, &attr));
	EXPECT_EQ(-EINVAL, gate_load_log(&attr, &log));
	ASSERT_NE(NULL, log);
	EXPECT_NE(NULL, strstr(log, "R1 must be referenced or trusted")) TH_LOG("%s", log);
	free(log);
	meta_attr_free(&attr);
}

/*
 * But there is a way. With fd_array_cnt, maps are bound before the program's digest
 * is computed. The verifier compares with zeros, and does not look at the map again
 * when it finds it in the instructions. So a map that is exclusive to a digest of
 * zeros, which no program has, gets to the kfunc.
 *
 * A type without hash tells this -EPERM from those of later checks: were the map
 * the program's own, the result would be -EINVAL, see no_content_hash.
 */
TEST_F(verify, exclusive_to_zeros)
{
	static const uint32_t types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH };
	static const uint8_t zeros[32];
	struct gate_map map = { .data = good, .size = META_SIZE, .excl = zeros, .freeze = true };
	size_t i;
	int fd;

	for (i = 0; i < GATE_COUNT(types); i++) {
		map.type = types[i];
		self->load.map_fd = gate_map_make(&map);
		ASSERT_LE(0, self->load.map_fd);
		self->load.fd_array_cnt = 0;
		EXPECT_EQ(-EACCES, meta_load(&self->load));
		self->load.fd_array_cnt = 1;
		fd = meta_load(&self->load);
		if (fd == -EACCES)
			SKIP(return, "this kernel computes the digest before it binds maps");
		ASSERT_LE(0, fd);
		EXPECT_EQ(-EPERM, meta_run(fd));
		EXPECT_EQ(META_VERIFIED, meta_verdict(fd));
		close(fd);
		meta_load_close_map(&self->load);
	}
}

/* Being bound that way makes no difference to what is looked at before. */
TEST_F(verify, not_exclusive_fd_array_cnt)
{
	const struct gate_map map = { .data = good, .size = META_SIZE, .freeze = true };

	self->load.map_fd = gate_map_make(&map);
	self->load.fd_array_cnt = 1;
	expect_result(_metadata, &self->load, -EINVAL, META_VERIFIED);
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
