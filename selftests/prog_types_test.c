// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * prog_types_test.c - an unsigned program of every type the kernel knows is
 * denied, and would load without the policy.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <bpf/btf.h>

#include "gate_test.h"
#include "kind.h"
#include "prog_types.h"

static const struct gate_policy enforcing = { .mode = "enforcing" };

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
	};

KINDS(KIND)
KINDS_EXT(KIND)

FIXTURE_SETUP(type_control)
{
	self->target = -1;
	ASSERT_EQ(0, gate_clean());
	ASSERT_EQ(0, crooked_make(&self->crooked));
	if (variant->kind.ext) {
		self->target = kind_target(&self->crooked);
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

	if (kind_not_built(&variant->kind))
		SKIP(return, "this kernel lacks CONFIG_%s", variant->kind.option);
	fd = kind_load(&variant->kind, &self->crooked, self->target, &attach);
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
	self->target = kind_target(&self->crooked);
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

	if (kind_not_built(&variant->kind))
		SKIP(return, "this kernel lacks CONFIG_%s", variant->kind.option);
	EXPECT_EQ(-EPERM, kind_load(&variant->kind, &self->crooked, self->target, &attach));
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
