// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kfunc_call_test.c - kfunc calls that name the function through the program's
 * own BTF: what the verifier takes them for, and which ones it refuses.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "meta.h"

static const char content[META_SIZE] = "metadata";

/* A loader whose BTF names @func with prototype @proto; unsigned. */
static int load(const char *func, enum meta_proto proto)
{
	struct meta_opts opts = { .content = content };
	struct meta_insns insns;
	struct meta_load load = { .insns = &insns };
	struct meta_btf btf;
	int fd;

	fd = meta_btf_make(&btf, func, proto);
	if (fd)
		return -ENOTRECOVERABLE;
	opts.func_id = btf.func_id;
	load.btf = &btf;
	fd = meta_insns_make(&insns, &opts);
	if (!fd)
		fd = load.map_fd = meta_map(&insns, content);
	if (fd >= 0) {
		fd = meta_load(&load);
		close(load.map_fd);
	}
	meta_btf_free(&btf);
	return fd;
}

FIXTURE(prototype) {
};

FIXTURE_SETUP(prototype)
{
}

FIXTURE_TEARDOWN(prototype)
{
}

FIXTURE_VARIANT(prototype) {
	const char *func;
	enum meta_proto proto;
	int err;
};

#define PROTOTYPE(_name, _func, _proto, _err) \
	FIXTURE_VARIANT_ADD(prototype, _name) { .func = _func, .proto = _proto, .err = _err }

PROTOTYPE(same, META_KFUNC, META_PROTO, 0);
PROTOTYPE(whole_struct, META_KFUNC, META_PROTO_STRUCT, 0);
PROTOTYPE(params, META_KFUNC, META_PROTO_PARAMS, -EINVAL);
PROTOTYPE(return_type, META_KFUNC, META_PROTO_RETURN, -EINVAL);
PROTOTYPE(signedness, META_KFUNC, META_PROTO_SIGN, -EINVAL);
PROTOTYPE(narrow, META_KFUNC, META_PROTO_NARROW, -EINVAL);
PROTOTYPE(pointee, META_KFUNC, META_PROTO_POINTEE, -EINVAL);
PROTOTYPE(is_union, META_KFUNC, META_PROTO_UNION, -EINVAL);
PROTOTYPE(scalar, META_KFUNC, META_PROTO_SCALAR, -EINVAL);
PROTOTYPE(varargs, META_KFUNC, META_PROTO_VARARGS, -EINVAL);
PROTOTYPE(another, "bpf_map_sum_elem_count", META_PROTO_SUM, 0);
PROTOTYPE(anothers, "bpf_map_sum_elem_count", META_PROTO, -EINVAL);
PROTOTYPE(unknown, META_KFUNC "_", META_PROTO, -ENOENT);
PROTOTYPE(prefix, "bpf_loader_verify_", META_PROTO, -ENOENT);
/* The function with its implicit argument cannot be named. */
PROTOTYPE(implementation, META_KFUNC "_impl", META_PROTO, -EINVAL);
/* A function of the kernel with the same prototype, but no kfunc. */
PROTOTYPE(no_kfunc, "array_map_direct_value_addr", META_PROTO, -EACCES);

TEST_F(prototype, load)
{
	int fd = load(variant->func, variant->proto);

	if (variant->err) {
		EXPECT_EQ(variant->err, fd);
	} else {
		ASSERT_LE(0, fd);
		close(fd);
	}
}

/* --- malformed calls ------------------------------------------------------- */

FIXTURE(call) {
	struct meta_btf btf;
	struct meta_insns insns;
	struct meta_load load;
	struct bpf_insn *call;
};

FIXTURE_SETUP(call)
{
	struct meta_opts opts = { .content = content };

	ASSERT_EQ(0, meta_btf_make(&self->btf, META_KFUNC, META_PROTO));
	opts.func_id = self->btf.func_id;
	ASSERT_EQ(0, meta_insns_make(&self->insns, &opts));
	self->load = (struct meta_load){ .insns = &self->insns, .btf = &self->btf, .map_fd = -1 };
	self->call = &self->insns.insns[self->insns.n - 2];
	ASSERT_EQ(BPF_JMP | BPF_CALL, self->call->code);
}

FIXTURE_TEARDOWN(call)
{
	meta_btf_free(&self->btf);
}

/* A load after a change of the instructions. */
static int load_changed(struct meta_insns *insns, struct meta_load *load, uint32_t type,
			uint32_t flags)
{
	union bpf_attr attr;
	int fd;

	if (meta_insns_hash(insns))
		return -ENOTRECOVERABLE;
	load->map_fd = meta_map(insns, content);
	if (load->map_fd < 0 || meta_attr(load, &attr))
		return -ENOTRECOVERABLE;
	attr.prog_type = type;
	attr.prog_flags = flags;
	fd = gate_load(&attr);
	meta_attr_free(&attr);
	close(load->map_fd);
	return fd;
}

static int load_syscall(struct meta_insns *insns, struct meta_load *load)
{
	return load_changed(insns, load, BPF_PROG_TYPE_SYSCALL, BPF_F_SLEEPABLE);
}

TEST_F(call, unchanged)
{
	int fd = load_syscall(&self->insns, &self->load);

	ASSERT_LE(0, fd);
	close(fd);
}

TEST_F(call, offset)
{
	self->call->off = 1;
	EXPECT_EQ(-EINVAL, load_syscall(&self->insns, &self->load));
	self->call->off = -1;
	EXPECT_EQ(-EINVAL, load_syscall(&self->insns, &self->load));
}

TEST_F(call, no_function)
{
	static const int ids[] = { 0, 1, -1, 1000, 0x7fffffff };
	size_t i;

	for (i = 0; i < GATE_COUNT(ids); i++) {
		self->call->imm = ids[i];
		EXPECT_EQ(-EINVAL, load_syscall(&self->insns, &self->load)) TH_LOG("%d", ids[i]);
	}
}

TEST_F(call, destination)
{
	self->call->dst_reg = 1;
	EXPECT_EQ(-EINVAL, load_syscall(&self->insns, &self->load));
}

TEST_F(call, no_btf)
{
	int fd;

	self->btf.fd = -1;
	EXPECT_EQ(-EBADF, load_syscall(&self->insns, &self->load));
	fd = open("/dev/null", O_RDONLY);
	self->btf.fd = fd;
	EXPECT_EQ(-EINVAL, load_syscall(&self->insns, &self->load));
	close(fd);
	self->btf.fd = -1;
}

/* The kernel's own BTF isn't a program's. */
TEST_F(call, kernel_btf)
{
	union bpf_attr attr = {};
	uint32_t id;
	int fd = -1;

	close(self->btf.fd);
	for (id = 1; id < 8 && fd < 0; id++) {
		attr.btf_id = id;
		fd = gate_bpf(BPF_BTF_GET_FD_BY_ID, &attr);
	}
	ASSERT_LE(0, fd);
	self->btf.fd = fd;
	EXPECT_EQ(-EACCES, load_syscall(&self->insns, &self->load));
}

static int set_unprivileged_bpf(const char *value)
{
	int fd = open("/proc/sys/kernel/unprivileged_bpf_disabled", O_WRONLY);
	int err = fd < 0 || write(fd, value, strlen(value)) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return err;
}

/* Where the function isn't offered, its name doesn't help. */
TEST_F(call, program_type)
{
	EXPECT_EQ(-EACCES, load_changed(&self->insns, &self->load,
					BPF_PROG_TYPE_SOCKET_FILTER, 0));
}

TEST_F(call, not_sleepable)
{
	EXPECT_GT(0, load_changed(&self->insns, &self->load, BPF_PROG_TYPE_SYSCALL, 0));
}

/*
 * A kfunc call needs CAP_BPF, for a program type that anybody may load where
 * kernel.unprivileged_bpf_disabled is 0.
 */
TEST_F(call, unprivileged)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};
	const struct bpf_insn call[] = { *self->call, EXIT() };
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SOCKET_FILTER, "call", call,
					GATE_COUNT(call));
	const struct bpf_insn none[] = { MOV_IMM(BPF_REG_0, 0), EXIT() };
	union bpf_attr control = gate_attr(BPF_PROG_TYPE_SOCKET_FILTER, "none", none,
					   GATE_COUNT(none));
	int fd;

	if (set_unprivileged_bpf("0"))
		SKIP(return, "kernel.unprivileged_bpf_disabled cannot be set to 0 any more");
	attr.prog_btf_fd = self->btf.fd;
	ASSERT_EQ(0, syscall(SYS_capset, &header, data));
	fd = gate_load(&control);
	EXPECT_LE(0, fd);
	close(fd);
	EXPECT_EQ(-EPERM, gate_load(&attr));
}

/* --- what is loaded -------------------------------------------------------- */

static int prog_info(int fd, struct bpf_prog_info *info)
{
	union bpf_attr attr = {};

	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(*info);
	attr.info.info = (uintptr_t)info;
	return gate_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

/* Name and tag are those of the instructions as they were signed. */
TEST_F(call, tag)
{
	struct bpf_prog_info info = {};
	int fd = load_syscall(&self->insns, &self->load);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, prog_info(fd, &info));
	EXPECT_EQ(0, memcmp(info.tag, self->insns.hash, sizeof(info.tag)));
	close(fd);
}

TEST_HARNESS_MAIN
