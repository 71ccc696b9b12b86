// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * compile_test.c - from a policy file to the form the kernel judges by: every
 * signer is found at its only slot, nobody else is, and the digest covers what it
 * has to.
 */
#include "kselftest_harness.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"

static const struct proof at_load = { .level = BPFSEAL_LEVEL_METADATA };
static const struct proof as_it_runs = {
	.level = BPFSEAL_LEVEL_SIGNED, .signs_btf = true, .promotes = true,
};

/* What the hooks do: one multiplication and one comparison. */
static const struct bpfseal_signer *look_up(const struct bpfseal_policy *p, int32_t serial)
{
	const struct bpfseal_signer *slot = &p->slots[bpfseal_slot(p->multiplier, serial)];

	return slot->id && slot->serial == serial ? slot : NULL;
}

FIXTURE(compile) {
	struct policy_doc doc;
	struct policy_signer file[POLICY_SIGNERS_MAX];
	struct compile_signer extra[POLICY_SIGNERS_MAX];
	char names[POLICY_SIGNERS_MAX][POLICY_NAME_MAX + 1];
	struct bpfseal_policy out;
};

FIXTURE_SETUP(compile)
{
	unsigned int i;

	srand(1);	/* the same serials in each run */
	self->doc.mode = POLICY_ENFORCING;
	self->doc.require = POLICY_REQUIRE_METADATA;
	self->doc.signers = self->file;
	for (i = 0; i < POLICY_SIGNERS_MAX; i++) {
		snprintf(self->names[i], sizeof(self->names[i]), "signer-%u", i);
		self->file[i].name = self->names[i];
		self->file[i].types = 1ULL << i % 32;
		self->extra[i].serial = rand() | 1;
	}
}

FIXTURE_TEARDOWN(compile)
{
}

FIXTURE_VARIANT(compile) {
	unsigned int n;
};

FIXTURE_VARIANT_ADD(compile, one) { .n = 1 };
FIXTURE_VARIANT_ADD(compile, eight) { .n = 8 };
FIXTURE_VARIANT_ADD(compile, all) { .n = POLICY_SIGNERS_MAX };

TEST_F(compile, each_at_its_slot)
{
	const struct bpfseal_signer *s;
	unsigned int i, round, used = 0;

	self->doc.n_signers = variant->n;
	for (round = 0; round < 200; round++) {
		ASSERT_EQ(0, compile_policy(&self->doc, self->extra, &at_load,
					    &self->out));
		EXPECT_EQ(variant->n, self->out.n_signers);
		for (i = 0; i < variant->n; i++) {
			s = look_up(&self->out, self->extra[i].serial);
			ASSERT_NE(NULL, s);
			EXPECT_EQ(i + 1, s->id);
			EXPECT_EQ(self->file[i].types, s->types);
			EXPECT_STREQ(self->names[i], self->out.names[s->id - 1]);
			self->extra[i].serial = rand() | 1;
		}
	}
	for (i = 0; i < BPFSEAL_SLOTS; i++)
		used += self->out.slots[i].id != 0;
	EXPECT_EQ(variant->n, used);
}

/* Serials that follow each other, and the least and greatest, collide no less. */
TEST_F(compile, awkward_serials)
{
	unsigned int i;

	self->doc.n_signers = variant->n;
	for (i = 0; i < variant->n; i++)
		self->extra[i].serial = i % 2 ? INT32_MAX - (int32_t)i : 1 + (int32_t)i;
	ASSERT_EQ(0, compile_policy(&self->doc, self->extra, &at_load, &self->out));
	for (i = 0; i < variant->n; i++)
		EXPECT_NE(NULL, look_up(&self->out, self->extra[i].serial));
	EXPECT_EQ(NULL, look_up(&self->out, 0));
	EXPECT_EQ(NULL, look_up(&self->out, -1));
	EXPECT_EQ(NULL, look_up(&self->out, INT32_MIN));
}

/* Two signers with one keyring can't be told apart: no multiplier helps. */
TEST_F(compile, same_serial)
{
	if (variant->n < 2)
		SKIP(return, "it takes two");
	self->doc.n_signers = variant->n;
	self->extra[1].serial = self->extra[0].serial;
	memset(&self->out, 0x55, sizeof(self->out));
	EXPECT_EQ(-ENOSPC, compile_policy(&self->doc, self->extra, &at_load,
					  &self->out));
	EXPECT_EQ(0x55555555, self->out.abi) {
		TH_LOG("the result is set only on success");
	}
}

/* --- the rest of the policy ---------------------------------------------------------------- */

FIXTURE(fields) {
	struct policy_doc doc;
	struct policy_signer file[3];
	struct compile_signer extra[3];
	struct bpfseal_policy out;
};

FIXTURE_SETUP(fields)
{
	self->doc = (struct policy_doc){
		.mode = POLICY_ENFORCING, .require = POLICY_REQUIRE_METADATA,
		.signers = self->file, .n_signers = 3,
	};
	self->file[0] = (struct policy_signer){ .name = "own", .types = 1ULL << 31 };
	self->file[1] = (struct policy_signer){ .name = "built", .keyring = POLICY_KEYRING_BUILTIN,
						.types = 2 };
	self->file[2] = (struct policy_signer){ .name = "board", .keyring = POLICY_KEYRING_PLATFORM,
						.types = 4 };
	self->extra[0].serial = 77;
}

FIXTURE_TEARDOWN(fields)
{
}

TEST_F(fields, all)
{
	struct bpfseal_policy *p = &self->out;

	ASSERT_EQ(0, compile_policy(&self->doc, self->extra, &as_it_runs, p));
	EXPECT_EQ(BPFSEAL_ABI, p->abi);
	EXPECT_EQ(BPFSEAL_ENFORCING, p->mode);
	EXPECT_EQ(BPFSEAL_LEVEL_METADATA, p->require);
	EXPECT_EQ(BPFSEAL_LEVEL_SIGNED, p->require_loader);
	EXPECT_EQ(BPFSEAL_LEVEL_SIGNED, p->verified_level);
	EXPECT_EQ(1, p->promotes);
	EXPECT_EQ(1, p->signs_btf);
	EXPECT_EQ(0, p->generation);	/* the kernel draws it */
	EXPECT_EQ(2, p->system[BPFSEAL_BUILTIN].id);
	EXPECT_EQ(2, p->system[BPFSEAL_BUILTIN].types);
	EXPECT_EQ(0, p->system[BPFSEAL_SECONDARY].id);
	EXPECT_EQ(3, p->system[BPFSEAL_PLATFORM].id);
	EXPECT_EQ(4, p->system[BPFSEAL_PLATFORM].types);
	EXPECT_EQ(1, look_up(p, 77)->id);
	EXPECT_STREQ("board", p->names[2]);

	self->doc.mode = POLICY_PERMISSIVE;
	self->doc.require = POLICY_REQUIRE_SIGNED;
	ASSERT_EQ(0, compile_policy(&self->doc, self->extra, &at_load, p));
	EXPECT_EQ(BPFSEAL_PERMISSIVE, p->mode);
	EXPECT_EQ(BPFSEAL_LEVEL_SIGNED, p->require);
	EXPECT_EQ(BPFSEAL_LEVEL_SIGNED, p->require_loader);
	EXPECT_EQ(BPFSEAL_LEVEL_METADATA, p->verified_level);
	EXPECT_EQ(0, p->promotes);

	self->doc.require = POLICY_REQUIRE_METADATA;
	ASSERT_EQ(0, compile_policy(&self->doc, self->extra, &at_load, p));
	EXPECT_EQ(BPFSEAL_LEVEL_METADATA, p->require_loader);
}

TEST_F(fields, system_keyring_twice)
{
	self->file[2].keyring = POLICY_KEYRING_BUILTIN;
	EXPECT_EQ(-EEXIST, compile_policy(&self->doc, self->extra, &at_load,
					  &self->out));
}

/* Does the digest change when the policy does? */
static bool digest_differs(const FIXTURE_DATA(fields) *self, const uint8_t was[32])
{
	uint8_t is[32];

	return compile_digest(&self->doc, self->extra, is) || memcmp(was, is, sizeof(is));
}

TEST_F(fields, digest)
{
	struct cert one = { .fingerprint = { 1 } }, other = { .fingerprint = { 1, 1 } };
	struct compile_signer extra = self->extra[0];
	struct policy_signer file = self->file[0];
	struct policy_doc doc = self->doc;
	uint8_t was[32];

	self->extra[0].cert = extra.cert = &one;
	ASSERT_EQ(0, compile_digest(&self->doc, self->extra, was));
	EXPECT_FALSE(digest_differs(self, was));
	/* What stands beside it in every event is left out. */
	self->doc.mode = POLICY_PERMISSIVE;
	self->extra[0].serial = 78;
	EXPECT_FALSE(digest_differs(self, was));
	self->doc = doc;
	self->extra[0] = extra;

#define COVERED(member, value, whole, back) do { \
	self->member = value; \
	EXPECT_TRUE(digest_differs(self, was)) { \
		TH_LOG("%s is not covered", #member); \
	} \
	self->whole = back; \
	EXPECT_FALSE(digest_differs(self, was)); \
} while (0)
	COVERED(doc.name, (char *)"site", doc, doc);
	COVERED(doc.version, 7, doc, doc);
	COVERED(doc.require, POLICY_REQUIRE_SIGNED, doc, doc);
	COVERED(doc.n_signers, 2, doc, doc);
	COVERED(file[0].name, (char *)"owm", file[0], file);
	COVERED(file[0].types, file.types | 2, file[0], file);
	COVERED(file[0].types, file.types | 1ULL << 63, file[0], file);
	COVERED(file[0].attach_types[1], 1, file[0], file);
	COVERED(file[0].from, 1700000000, file[0], file);
	COVERED(file[0].until, 1700000000, file[0], file);
	COVERED(doc.default_allow, true, doc, doc);
	COVERED(extra[0].cert, &other, extra[0], extra);
	COVERED(file[1].keyring, POLICY_KEYRING_SECONDARY, file[1].keyring, POLICY_KEYRING_BUILTIN);
#undef COVERED
}

/* Stands in reports and logs: may not change from one bpfseal to the next. */
TEST_F(fields, digest_is_stable)
{
	static const char canonical[] =
		"name: \"site\"\nversion: 7\nrequire: metadata\ndefault: deny\ninclude: []\nsigners:\n"
		"  - name: \"own\"\n    fingerprint: "
		"\"0100000000000000000000000000000000000000000000000000000000000000\"\n"
		"    types: [syscall]\n"
		"  - name: \"built\"\n    keyring: builtin\n    types: [socket_filter]\n"
		"  - name: \"board\"\n    keyring: platform\n    types: [kprobe]\n";
	struct cert one = { .fingerprint = { 1 } };
	uint8_t expected[32], got[32];

	self->doc.name = (char *)"site";
	self->doc.version = 7;
	self->extra[0].cert = &one;
	ASSERT_EQ(1, EVP_Digest(canonical, strlen(canonical), expected, NULL, EVP_sha256(), NULL));
	ASSERT_EQ(0, compile_digest(&self->doc, self->extra, got));
	EXPECT_EQ(0, memcmp(expected, got, sizeof(got)));
}

TEST_HARNESS_MAIN
