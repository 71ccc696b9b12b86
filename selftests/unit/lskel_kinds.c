// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lskel_kinds.c - what a signature covers is found in the bytes, for each kind of
 * bpftool, and no kind is taken for another.
 */
#include "kselftest_harness.h"

#include "cms.h"
#include "test_lskel.h"

FIXTURE(kinds) {
	char dir[32];
	EVP_PKEY *key;
	struct cert *cert;
	struct lskel skel;
};

FIXTURE_VARIANT(kinds) {
	enum lskel_coverage covers;
	const char *name;
	enum lskel_verdict changed_data;
};

#define KIND(kind, text, changed) \
	FIXTURE_VARIANT_ADD(kinds, kind) { LSKEL_COVERS_##kind, text, changed }
KIND(INSNS, "instructions", LSKEL_BAD_METADATA);
KIND(INSNS_BTF, "btf", LSKEL_BAD_METADATA);
KIND(INSNS_MAPS, "metadata", LSKEL_BAD_SIGNATURE);

FIXTURE_SETUP(kinds)
{
	struct test_cert t = { 0 };

	enter_temp_dir(self->dir);
	self->key = put_cert("a", &t);
	ASSERT_EQ(0, cert_load("a.crt", &self->cert));
	make_lskel_of(&self->skel, variant->covers);
	sign_lskel_as(&self->skel, variant->covers, self->key, self->cert, cms_sign);
}

FIXTURE_TEARDOWN(kinds)
{
	EVP_PKEY_free(self->key);
	cert_free(self->cert);
	lskel_free(&self->skel);
	leave_temp_dir(self->dir);
}

#define EXPECT_FOUND(verdict, kind) do { \
	enum lskel_coverage c_ = 99; \
	enum lskel_verdict v_ = 99; \
	ASSERT_EQ(0, lskel_verify(&self->skel, self->cert, &v_, &c_)); \
	EXPECT_EQ(verdict, v_); \
	EXPECT_EQ(kind, c_); \
} while (0)

TEST_F(kinds, is_read_and_found)
{
	char *text = lskel_text(&self->skel);
	enum lskel_coverage named;
	struct lskel got;

	EXPECT_FOUND(LSKEL_GOOD, variant->covers);
	ASSERT_EQ(0, lskel_parse(text, strlen(text), "f", &got));
	EXPECT_TRUE(same_lskel(&self->skel, &got));
	lskel_free(&got);
	EXPECT_EQ(NULL, got.btf);
	free(text);
	EXPECT_STREQ(variant->name, lskel_kind(variant->covers)->name);
	ASSERT_EQ(0, lskel_kind_parse(variant->name, &named));
	EXPECT_EQ(variant->covers, named);
}

static void flip(uint8_t *byte)
{
	*byte ^= 0x80;
}

TEST_F(kinds, every_byte_counts)
{
	struct lskel *s = &self->skel;

	for (size_t i = 0; i < s->insns_len; i++) {
		flip(&s->insns[i]);
		EXPECT_FOUND(LSKEL_BAD_SIGNATURE, LSKEL_COVERS_NOTHING);
		flip(&s->insns[i]);
	}
	for (size_t i = 0; i < s->btf_len; i++) {
		flip(&s->btf[i]);
		EXPECT_FOUND(LSKEL_BAD_SIGNATURE, LSKEL_COVERS_NOTHING);
		flip(&s->btf[i]);
	}
	for (size_t i = 0; i < s->data_len; i++) {
		flip(&s->data[i]);
		EXPECT_FOUND(variant->changed_data, variant->changed_data == LSKEL_BAD_METADATA ?
			     variant->covers : LSKEL_COVERS_NOTHING);
		flip(&s->data[i]);
	}
	flip(&s->excl[0]);
	EXPECT_FOUND(LSKEL_BAD_EXCL, variant->covers);
	flip(&s->excl[0]);
	EXPECT_FOUND(LSKEL_GOOD, variant->covers);
}

/* With a BTF no other kind is good; without, none is taken for another. */
TEST_F(kinds, not_mixed_up)
{
	struct lskel *s = &self->skel;
	enum lskel_coverage other = variant->covers == LSKEL_COVERS_INSNS ?
				    LSKEL_COVERS_INSNS_MAPS : LSKEL_COVERS_INSNS;
	uint8_t *btf = s->btf;

	sign_lskel_as(s, other, self->key, self->cert, cms_sign);
	if (btf) {
		EXPECT_FOUND(LSKEL_BAD_SIGNATURE, LSKEL_COVERS_NOTHING);
		sign_lskel(s, self->key, self->cert, cms_sign);
		EXPECT_FOUND(LSKEL_BAD_SIGNATURE, LSKEL_COVERS_NOTHING);
		sign_lskel_as(s, variant->covers, self->key, self->cert, cms_sign);
		s->btf = NULL;
		EXPECT_FOUND(LSKEL_BAD_SIGNATURE, LSKEL_COVERS_NOTHING);
		s->btf = btf;
		s->btf_len--;
		EXPECT_FOUND(LSKEL_BAD_SIGNATURE, LSKEL_COVERS_NOTHING);
	} else {
		EXPECT_FOUND(other == LSKEL_COVERS_INSNS ? LSKEL_BAD_METADATA : LSKEL_GOOD, other);
		s->btf = s->insns;
		s->btf_len = s->insns_len;
		EXPECT_FOUND(LSKEL_BAD_SIGNATURE, LSKEL_COVERS_NOTHING);
		s->btf = NULL;
		s->btf_len = 0;
	}
}

/*
 * The hash of the metadata, but not as four constants in their order. Where the
 * signature covers the metadata nothing is asked of the loader.
 */
TEST_F(kinds, loader_compares_another_hash)
{
	static const struct { size_t at; uint8_t bits; } changes[] = {
		{ 0, 0x08 }, { 1, 0x10 }, { 17, 0x10 }, { 48, 0xff }, { 52, 1 }, { 63, 1 },
	};
	enum lskel_verdict wanted = variant->covers == LSKEL_COVERS_INSNS_MAPS ? LSKEL_GOOD :
				    LSKEL_BAD_METADATA;
	uint8_t first[16];

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		self->skel.insns[changes[i].at] ^= changes[i].bits;
		sign_lskel_as(&self->skel, variant->covers, self->key, self->cert, cms_sign);
		EXPECT_FOUND(wanted, variant->covers);
		self->skel.insns[changes[i].at] ^= changes[i].bits;
	}
	memcpy(first, self->skel.insns, 16);
	memcpy(self->skel.insns, self->skel.insns + 16, 16);
	memcpy(self->skel.insns + 16, first, 16);
	sign_lskel_as(&self->skel, variant->covers, self->key, self->cert, cms_sign);
	EXPECT_FOUND(wanted, variant->covers);
	self->skel.insns_len = 8;
	sign_lskel_as(&self->skel, variant->covers, self->key, self->cert, cms_sign);
	EXPECT_FOUND(wanted, variant->covers);
}

TEST(no_such_kind)
{
	enum lskel_coverage covers = 99;
	struct capture c;

	capture_begin(&c, 2);
	EXPECT_EQ(-EINVAL, lskel_kind_parse("maps\n", &covers));
	EXPECT_EQ(-EINVAL, lskel_kind_parse("", &covers));
	capture_end(&c);
	EXPECT_TRUE(starts_with(c.text, "bpfseal: --covers is \"maps\\x0a\", expected one of: instructions, btf, metadata\n"))
		TH_LOG("%s", c.text);
	EXPECT_EQ(99, covers);
}

TEST_HARNESS_MAIN
