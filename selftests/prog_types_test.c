// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * prog_types_test.c - an unsigned program of every type the kernel knows is
 * denied, and would load without the policy.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <bpf/btf.h>

#include "crooked.h"
#include "gate_test.h"
#include "insn.h"
#include "prog_types.h"

static const struct gate_policy enforcing = { .mode = "enforcing" };

/**
 * struct kind - a kind of program
 * @type: enum bpf_prog_type
 * @attach: expected_attach_type
 * @ret: what the program may return
 * @flags: prog_flags
 * @function: kernel function it is attached to
 * @ops: struct of operations whose member it is
 * @member: that member
 * @typedef_: typedef of a tracepoint's arguments
 * @ext: replaces another program's function
 * @option: kernel option without which there is no such type
 * @symbol: kernel symbol that is there with that option only
 */
struct kind {
	uint32_t type;
	uint32_t attach;
	int ret;
	uint32_t flags;
	const char *function;
	const char *ops;
	const char *member;
	const char *typedef_;
	bool ext;
	const char *option;
	const char *symbol;
};

FIXTURE(type_control) {
	struct crooked crooked;
	int target;
};

FIXTURE(type) {
	struct gate_events events;
	struct crooked crooked;
	int target;
};

FIXTURE_VARIANT(type_control) {
	struct kind kind;
};

FIXTURE_VARIANT(type) {
	struct kind kind;
};

/* All types that have a variant below; see TEST(complete). */
static uint64_t covered;

#define KIND(variant, type_, attach_, ret_, ...) \
	static void __attribute__((constructor)) cover_##variant(void) \
	{ \
		covered |= 1ULL << (type_); \
	} \
	FIXTURE_VARIANT_ADD(type_control, variant) { \
		.kind = { .type = type_, .attach = attach_, .ret = ret_, ##__VA_ARGS__ } \
	}; \
	FIXTURE_VARIANT_ADD(type, variant) { \
		.kind = { .type = type_, .attach = attach_, .ret = ret_, ##__VA_ARGS__ } \
	}

KIND(socket_filter, BPF_PROG_TYPE_SOCKET_FILTER, 0, 1);
KIND(kprobe, BPF_PROG_TYPE_KPROBE, 0, 1);
KIND(kprobe_multi, BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI, 1);
KIND(uprobe_sleepable, BPF_PROG_TYPE_KPROBE, 0, 1, .flags = BPF_F_SLEEPABLE);
KIND(sched_cls, BPF_PROG_TYPE_SCHED_CLS, 0, 1);
KIND(tcx, BPF_PROG_TYPE_SCHED_CLS, BPF_TCX_INGRESS, 1);
KIND(sched_act, BPF_PROG_TYPE_SCHED_ACT, 0, 1);
KIND(tracepoint, BPF_PROG_TYPE_TRACEPOINT, 0, 1);
KIND(xdp, BPF_PROG_TYPE_XDP, 0, 1);
KIND(xdp_devmap, BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP, 1);
KIND(perf_event, BPF_PROG_TYPE_PERF_EVENT, 0, 1);
KIND(cgroup_skb, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, 1);
KIND(cgroup_sock, BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE, 1);
KIND(lwt_in, BPF_PROG_TYPE_LWT_IN, 0, 1);
KIND(lwt_out, BPF_PROG_TYPE_LWT_OUT, 0, 1);
KIND(lwt_xmit, BPF_PROG_TYPE_LWT_XMIT, 0, 1);
KIND(sock_ops, BPF_PROG_TYPE_SOCK_OPS, 0, 1);
KIND(sk_skb, BPF_PROG_TYPE_SK_SKB, 0, 1);
KIND(cgroup_device, BPF_PROG_TYPE_CGROUP_DEVICE, 0, 1);
KIND(sk_msg, BPF_PROG_TYPE_SK_MSG, 0, 1);
KIND(raw_tracepoint, BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 1);
KIND(cgroup_sock_addr, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND, 1);
KIND(lwt_seg6local, BPF_PROG_TYPE_LWT_SEG6LOCAL, 0, 1);
KIND(lirc_mode2, BPF_PROG_TYPE_LIRC_MODE2, 0, 1, .option = "BPF_LIRC_MODE2",
     .symbol = "lirc_mode2_prog_ops");
KIND(sk_reuseport, BPF_PROG_TYPE_SK_REUSEPORT, BPF_SK_REUSEPORT_SELECT, 1);
KIND(flow_dissector, BPF_PROG_TYPE_FLOW_DISSECTOR, 0, 0);
KIND(cgroup_sysctl, BPF_PROG_TYPE_CGROUP_SYSCTL, 0, 1);
KIND(raw_tracepoint_writable, BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, 0, 1);
KIND(cgroup_sockopt, BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT, 1);
KIND(fentry, BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, 0, .function = "bpf_fentry_test1");
KIND(fexit, BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, 0, .function = "bpf_fentry_test1");
KIND(fmod_ret, BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, 0, .function = "bpf_modify_return_test");
KIND(tp_btf, BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, 0, .typedef_ = "btf_trace_sched_switch");
KIND(iter, BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, 0, .function = "bpf_iter_task");
KIND(struct_ops, BPF_PROG_TYPE_STRUCT_OPS, 0, 0, .ops = "tcp_congestion_ops", .member = "ssthresh");
KIND(ext, BPF_PROG_TYPE_EXT, 0, 0, .ext = true);
KIND(lsm, BPF_PROG_TYPE_LSM, BPF_LSM_MAC, 0, .function = "bpf_lsm_file_open");
KIND(lsm_sleepable, BPF_PROG_TYPE_LSM, BPF_LSM_MAC, 0, .function = "bpf_lsm_file_open",
     .flags = BPF_F_SLEEPABLE);
KIND(sk_lookup, BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP, 1);
KIND(syscall, BPF_PROG_TYPE_SYSCALL, 0, 1, .flags = BPF_F_SLEEPABLE);
KIND(netfilter, BPF_PROG_TYPE_NETFILTER, BPF_NETFILTER, 1, .option = "NETFILTER_BPF_LINK",
     .symbol = "netfilter_prog_ops");

/* The BTF ids a kind needs; 0 or a negative errno. */
static int add_target(const struct kind *kind, union bpf_attr *attr)
{
	int id = 0;

	if (kind->function)
		id = crooked_kernel_id(kind->function, BTF_KIND_FUNC);
	else if (kind->typedef_)
		id = crooked_kernel_id(kind->typedef_, BTF_KIND_TYPEDEF);
	else if (kind->ops)
		id = crooked_kernel_id(kind->ops, BTF_KIND_STRUCT);
	if (id < 0)
		return id;
	attr->attach_btf_id = id;
	if (!kind->member)
		return 0;
	id = crooked_member(kind->ops, kind->member);
	attr->expected_attach_type = id;
	return id < 0 ? id : 0;
}

/* A program whose function main() an extension can replace. */
static int load_target(struct crooked *crooked)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, 1), EXIT() };
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SOCKET_FILTER, "target", insns, 2);

	crooked_add_func(&attr, crooked);
	return gate_load(&attr);
}

/* Load "typed"; *attach is set to what the attach type was in the end. */
static int load_kind(const struct kind *kind, struct crooked *crooked, int target,
		     uint32_t *attach)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, kind->ret), EXIT() };
	union bpf_attr attr = gate_attr(kind->type, "typed", insns, GATE_COUNT(insns));
	int ret;

	attr.expected_attach_type = kind->attach;
	attr.prog_flags = kind->flags;
	if (kind->ext) {
		crooked_add_func(&attr, crooked);
		attr.attach_prog_fd = target;
		attr.attach_btf_id = crooked->func.type_id;
	}
	ret = kind->ext ? 0 : add_target(kind, &attr);
	if (ret)
		return ret;
	*attach = attr.expected_attach_type;
	ret = gate_load(&attr);
	if (ret < 0 && ret != -EPERM)
		gate_load_explain(&attr);
	return ret;
}

/* The type isn't built in, and not for another reason. */
static bool not_built(const struct kind *kind)
{
	struct gate_output grep;
	char pattern[64];
	bool found;

	if (!kind->option)
		return false;
	snprintf(pattern, sizeof(pattern), " %s$", kind->symbol);
	if (gate_run(&grep, "grep", pattern, "/proc/kallsyms"))
		return false;
	found = grep.status == 0;
	gate_output_free(&grep);
	return !found;
}

FIXTURE_SETUP(type_control)
{
	self->target = -1;
	ASSERT_EQ(0, gate_clean());
	ASSERT_EQ(0, crooked_make(&self->crooked));
	if (variant->kind.ext) {
		self->target = load_target(&self->crooked);
		ASSERT_LE(0, self->target);
	}
}

FIXTURE_TEARDOWN(type_control)
{
	close(self->target);
	close(self->crooked.btf_fd);
}

TEST_F(type_control, loads)
{
	uint32_t attach;
	int fd;

	if (not_built(&variant->kind))
		SKIP(return, "this kernel lacks CONFIG_%s", variant->kind.option);
	fd = load_kind(&variant->kind, &self->crooked, self->target, &attach);
	EXPECT_LE(0, fd) TH_LOG("%s", strerror(-fd));
	close(fd);
}

FIXTURE_SETUP(type)
{
	self->target = -1;
	GATE_SHARE(&self->events, &enforcing);
	ASSERT_EQ(0, crooked_make(&self->crooked));
	if (!variant->kind.ext)
		return;
	ASSERT_EQ(0, gate_mode("permissive"));
	self->target = load_target(&self->crooked);
	ASSERT_LE(0, self->target);
	ASSERT_EQ(0, gate_mode("enforcing"));
	gate_events_clear(&self->events);
}

FIXTURE_TEARDOWN(type)
{
	close(self->target);
	close(self->crooked.btf_fd);
	gate_events_close(&self->events);
}

TEST_F(type, denied)
{
	const struct bpfseal_event want = {
		.decision = BPFSEAL_DENY, .mode = BPFSEAL_ENFORCING, .error = -EPERM,
		.hook = BPFSEAL_HOOK_PROG_LOAD, .reason = BPFSEAL_R_UNSIGNED, .name = "typed",
		.object_type = variant->kind.type,
	};
	const struct bpfseal_event *e;
	uint32_t attach;

	if (not_built(&variant->kind))
		SKIP(return, "this kernel lacks CONFIG_%s", variant->kind.option);
	EXPECT_EQ(-EPERM, load_kind(&variant->kind, &self->crooked, self->target, &attach));
	e = gate_expect(_metadata, &self->events, &want);
	if (e)
		EXPECT_EQ(attach, e->attach_type);
}

/* Whoever adds a type to the kernel has to add it above. */
TEST(complete)
{
	struct btf *btf = btf__load_vmlinux_btf();
	const struct btf_enum *value;
	const struct btf_type *type;
	uint64_t known = 0;
	const char *name;
	uint32_t i;
	int id;

	ASSERT_NE(NULL, btf);
	id = btf__find_by_name_kind(btf, "bpf_prog_type", BTF_KIND_ENUM);
	ASSERT_LT(0, id);
	type = btf__type_by_id(btf, id);
	for (i = 0, value = btf_enum(type); i < btf_vlen(type); i++, value++) {
		name = btf__name_by_offset(btf, value->name_off);
		if (!value->val || !strncmp(name, "__MAX", 5))
			continue;
		known |= 1ULL << value->val;
		EXPECT_TRUE(covered >> value->val & 1) TH_LOG("%s isn't tried", name);
		EXPECT_NE(NULL, prog_type_name(value->val)) TH_LOG("%s has no name", name);
	}
	EXPECT_EQ(covered, known);
	btf__free(btf);
}

GATE_MAIN
