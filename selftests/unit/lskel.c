// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lskel.c - light skeletons are read exactly, or refused with the place; a
 * signature is judged over what the kernel will see.
 */
#include "kselftest_harness.h"

#include "cms.h"
#include "test_lskel.h"

FIXTURE(lskels) {
	char dir[32];
	EVP_PKEY *key, *other_key;
	struct cert *cert, *other;
	struct lskel skel;
};

FIXTURE_SETUP(lskels)
{
	struct test_cert t = { 0 };

	enter_temp_dir(self->dir);
	self->key = put_cert("a", &t);
	self->other_key = put_cert("b", &t);
	ASSERT_EQ(0, cert_load("a.crt", &self->cert));
	ASSERT_EQ(0, cert_load("b.crt", &self->other));
	make_lskel(&self->skel);
}

FIXTURE_TEARDOWN(lskels)
{
	EVP_PKEY_free(self->key);
	EVP_PKEY_free(self->other_key);
	cert_free(self->cert);
	cert_free(self->other);
	lskel_free(&self->skel);
	leave_temp_dir(self->dir);
}

TEST_F(lskels, unsigned_one)
{
	char *text = lskel_text(&self->skel);
	struct lskel got;

	ASSERT_EQ(0, lskel_parse(text, strlen(text), "f", &got));
	EXPECT_STREQ("demo", got.name);
	EXPECT_TRUE(same_lskel(&self->skel, &got));
	EXPECT_EQ(NULL, got.sig);
	EXPECT_FALSE(got.has_excl);
	lskel_free(&got);
	EXPECT_EQ(NULL, got.insns);
	free(text);
}

TEST_F(lskels, signed_one)
{
	struct lskel got;
	char *text;

	sign_lskel(&self->skel, self->key, self->cert, cms_sign);
	text = lskel_text(&self->skel);
	put_text("s.lskel.h", text);
	ASSERT_EQ(0, lskel_read("s.lskel.h", &got));
	EXPECT_TRUE(same_lskel(&self->skel, &got));
	lskel_free(&got);
	free(text);
}

#define PAYLOAD(kind) lskel_payload(&self->skel, LSKEL_COVERS_INSNS##kind, &payload, &len)

TEST_F(lskels, payload_is_instructions_then_metadata)
{
	uint8_t *payload;
	size_t len;

	ASSERT_EQ(0, PAYLOAD(_MAPS));
	ASSERT_EQ(1064, len);
	EXPECT_EQ(0, memcmp(payload, self->skel.insns, 64));
	EXPECT_EQ(0, memcmp(payload + 64, self->skel.data, 1000));
	free(payload);
	self->skel.data_len = LSKEL_PAYLOAD_MAX - 63;
	EXPECT_EQ(-E2BIG, PAYLOAD(_MAPS));
	self->skel.data_len = SIZE_MAX;
	EXPECT_EQ(-E2BIG, PAYLOAD(_MAPS));
	self->skel.data_len = 1000;
}

TEST_F(lskels, payload_is_instructions_then_btf)
{
	uint8_t *payload;
	size_t len;

	EXPECT_EQ(-EINVAL, PAYLOAD(_BTF));
	lskel_free(&self->skel);
	make_lskel_of(&self->skel, LSKEL_COVERS_INSNS_BTF);
	ASSERT_EQ(0, PAYLOAD(_BTF));
	ASSERT_EQ(264, len);
	EXPECT_EQ(0, memcmp(payload, self->skel.insns, 64));
	EXPECT_EQ(0, memcmp(payload + 64, self->skel.btf, 200));
	free(payload);
	self->skel.btf_len = LSKEL_PAYLOAD_MAX - 63;
	EXPECT_EQ(-E2BIG, PAYLOAD(_BTF));
	ASSERT_EQ(0, PAYLOAD());
	ASSERT_EQ(64, len);
	EXPECT_EQ(0, memcmp(payload, self->skel.insns, 64));
	free(payload);
}

TEST_F(lskels, verdicts)
{
	struct lskel *s = &self->skel;
	enum lskel_coverage c;
	enum lskel_verdict v;

	ASSERT_EQ(0, lskel_verify(s, self->cert, &v, &c));
	EXPECT_EQ(LSKEL_UNSIGNED, v);
	EXPECT_EQ(LSKEL_COVERS_NOTHING, c);
	sign_lskel(s, self->key, self->cert, cms_sign);
	ASSERT_EQ(0, lskel_verify(s, self->cert, &v, &c));
	EXPECT_EQ(LSKEL_GOOD, v);
	ASSERT_EQ(0, lskel_verify(s, self->other, &v, &c));
	EXPECT_EQ(LSKEL_WRONG_KEY, v);
	EXPECT_EQ(LSKEL_COVERS_NOTHING, c);
	s->excl[31] ^= 1;
	ASSERT_EQ(0, lskel_verify(s, self->cert, &v, &c));
	EXPECT_EQ(LSKEL_BAD_EXCL, v);
	s->excl[31] ^= 1;
	s->has_excl = false;
	ASSERT_EQ(0, lskel_verify(s, self->cert, &v, &c));
	EXPECT_EQ(LSKEL_BAD_EXCL, v);
	s->has_excl = true;
	s->sig_len--;
	ASSERT_EQ(0, lskel_verify(s, self->cert, &v, &c));
	EXPECT_EQ(LSKEL_MALFORMED, v);
	s->sig_len++;
}

/* The signature covers every byte of both parts, and the border between them. */
TEST_F(lskels, every_byte_counts)
{
	struct lskel *s = &self->skel;
	enum lskel_coverage c;
	enum lskel_verdict v;

	sign_lskel(s, self->key, self->cert, cms_sign);
	for (size_t i = 0; i < s->insns_len + s->data_len; i++) {
		uint8_t *p = i < s->insns_len ? &s->insns[i] : &s->data[i - s->insns_len];

		*p ^= 0x80;
		ASSERT_EQ(0, lskel_verify(s, self->cert, &v, &c));
		EXPECT_EQ(LSKEL_BAD_SIGNATURE, v);
		*p ^= 0x80;
	}
	s->data_len--;
	ASSERT_EQ(0, lskel_verify(s, self->cert, &v, &c));
	EXPECT_EQ(LSKEL_BAD_SIGNATURE, v);
	s->data_len++;
	ASSERT_EQ(0, lskel_verify(s, self->cert, &v, &c));
	EXPECT_EQ(LSKEL_GOOD, v);
}

/*
 * A border moved by 8 bytes signs the same payload, but the map isn't bound to
 * that loader then.
 */
TEST_F(lskels, moved_border)
{
	struct lskel *s = &self->skel;
	uint8_t *whole = malloc(s->insns_len + s->data_len);
	struct lskel moved = *s;
	enum lskel_coverage c;
	enum lskel_verdict v;

	memcpy(whole, s->insns, s->insns_len);
	memcpy(whole + s->insns_len, s->data, s->data_len);
	sign_lskel(s, self->key, self->cert, cms_sign);
	moved = *s;
	moved.insns = whole;
	moved.insns_len += 8;
	moved.data = whole + moved.insns_len;
	moved.data_len -= 8;
	ASSERT_EQ(0, lskel_verify(&moved, self->cert, &v, &c));
	EXPECT_EQ(LSKEL_BAD_EXCL, v);
	free(whole);
}

/* Replace the first @find by @with, and expect this message. */
static const struct {
	const char *find, *with, *message;
} cases[] = {
	{ "demo__load(struct demo *skel)\n", "demo__load(struct other *skel)\n",
	  "f:52:1: not a light skeleton: there is no function NAME__load()" },
	{ "demo__load(struct demo *skel)\n", "x__load(struct demo *skel)\n",
	  "f:52:1: not a light skeleton: there is no function NAME__load()" },
	{ "__load(struct", "__lead(struct",
	  "f:1:1: not a light skeleton: there is no function NAME__load()" },
	{ "\tint err;\n", "\tint err = evil();\n",
	  "f:28:1: found \"\\x09int err = evil();\", expected \"\\x09int err;\"" },
	{ "\tint err;\n", "\tint err;\n\topts_data_evil();\n", "f:29:1: found \"\\x09opts_data_evil();\"" },
	{ " opts_data[] ", " opts_date[] ", "f:29:1: found" },
	{ "opts_insn[] __attribute__((__aligned__(8)))", "opts_insn[]", "f:31:1: found" },
	{ "\\x01\\x02", "\\x01\\x0", "f:30:7: found \"\\x5cx0\\x5cx03" },
	{ "\\x01\\x02", "\\x01\\xFE", "f:30:7: found" },
	{ "\\x01\\x02", "\\x012", "f:30:7: found \"2" },
	{ "\\x01\\x02", "\\x01\\01", "f:30:9: found" },
	{ "\\x01\\x02", "\\x01\\n", "f:30:7: found" },
	{ "\\x01\\x02", "\\x01 \\x02", "f:30:7: found" },
	{ "\\x01\\x02", "\\x01\" \"\\x02", "f:30:7: found" },
	{ "\\x01\\x02", "\\x01\";\n", "f:31:1: found" },
	{ "\\0\\x01\\x02\\x03\\x04\\x05\\x06\\x07\";", "\";", "f:30:1: array opts_data is empty" },
	{ "\\x03\\x06\\x09", "\\x03\\x06", "f:32:1: the loader has 7 bytes, which is no multiple of 8" },
	{ "\topts.data = (void *)opts_data;\n", "",
	  "f:37:1: the load function lacks \"opts.data = (void *)opts_data;\"" },
	{ "\topts.data = (void *)opts_data;\n", "\topts.data = (void *)other;\n",
	  "f:35:1: unexpected \"\\x09opts.data = (void *)other;\" in the load function" },
	{ "\topts.ctx =", "\topts.insns = evil;\n\topts.ctx =", "f:33:1: unexpected \"\\x09opts.insns = evil;\"" },
	{ "\topts.insns = (void *)opts_insn;\n",
	  "\topts.insns = (void *)opts_insn;\n\topts.insns = (void *)opts_insn;\n",
	  "f:38:1: unexpected" },
	{ "\topts.ctx =", "\topts.keyring_id = skel->keyring_id;\n\topts.ctx =",
	  "f:39:1: the load function must not have \"opts.keyring_id = skel->keyring_id;\"" },
	{ "bpf_load_and_run(&opts)", "bpf_load_and_run(&mine)", "f:39:1: found" },
	{ "#include <bpf/skel_internal.h>", "#include \"evil.h\"", "f:6:1: unexpected directive \"#include \"evil.h" },
	{ "#include <bpf/skel_internal.h>\n", "#include <bpf/skel_internal.h>\n#define bpf_load_and_run evil\n",
	  "f:7:1: unexpected directive" },
	{ "#define __DEMO_SKEL_H__\n", "#define __DEMO_SKEL_H__ #if 0\n", "f:4:1: unexpected directive" },
	{ "#define __DEMO_SKEL_H__\n", "#define __load(x) x_SKEL_H__\n", "f:4:1: unexpected directive" },
	{ "struct demo {\n", "  #if 0\nstruct demo {\n", "f:8:3: unexpected directive" },
	{ "struct demo {\n", "%:if 0\nstruct demo {\n", "f:8:1: unexpected directive" },
	{ "struct demo {\n", "\f#if 0\nstruct demo {\n", "f:8:1: control character \"\\x0c\"" },
	{ "struct demo {\n", "/\\\n* x\nstruct demo {\n", "f:8:2: unexpected line continuation" },
	{ "struct demo {\n", "// x \\\nstruct demo {\n", "f:8:6: unexpected line continuation" },
	{ "struct demo {\n", "// x ?\?/\nstruct demo {\n", "f:8:8: unexpected line continuation" },
	{ "struct demo {\n", "struct demo { /* hidden\n", "f:8:15: a comment over several lines" },
	{ "struct demo {\n", "struct demo { /* a */ /* hidden\n", "f:8:23: a comment over several lines" },
	{ "\treturn 0;\n", "\treturn 0;\n}\ndemo__load(struct demo *skel)\n{\n",
	  "f:44:1: a second load function" },
};

TEST_F(lskels, refused)
{
	char *text;

	self->skel.data_len = 8;	/* one line for each array */
	self->skel.insns_len = 8;
	text = lskel_text(&self->skel);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *at = strstr(text, cases[i].find), *changed;
		struct lskel got = { .name = (char *)1 };
		struct capture c;

		ASSERT_NE(NULL, at) TH_LOG("case %zu finds nothing", i);
		ASSERT_LT(0, asprintf(&changed, "%.*s%s%s", (int)(at - text), text,
				      cases[i].with, at + strlen(cases[i].find)));
		capture_begin(&c, 2);
		EXPECT_EQ(-EBADMSG, lskel_parse(changed, strlen(changed), "f", &got));
		capture_end(&c);
		EXPECT_TRUE(starts_with(c.text, cases[i].message))
			TH_LOG("case %zu: got %s, expected %s", i, c.text, cases[i].message);
		EXPECT_EQ(strlen(c.text) - 1, strcspn(c.text, "\n"));
		EXPECT_EQ((char *)1, got.name);
		free(changed);
	}
	free(text);
}

/* The signed form has its own rules. */
static const struct {
	const char *find, *with, *message;
} signed_cases[] = {
	{ "\topts.signature = (void *)opts_sig;\n", "", "lacks \"opts.signature = " },
	{ "\topts.keyring_id = skel->keyring_id;\n", "", "lacks \"opts.keyring_id = " },
	{ "\topts.excl_prog_hash = (void *)opts_excl_hash;\n", "", "lacks \"opts.excl_prog_hash = " },
	{ "\topts.keyring_id = skel->keyring_id;\n", "\topts.keyring_id = 5;\n", "unexpected \"" },
	{ " opts_sig[] ", " opts_sag[] ", "unexpected \"" },
	{ "opts_excl_hash[] __attribute__((__aligned__(8))) = \"\\\n",
	  "opts_excl_hash[] __attribute__((__aligned__(8))) = \"\\\n\\0\\\n",
	  "the array is longer than 32 bytes" },
	{ "\topts.btf = (void *)opts_btf;\n", "", "lacks \"opts.btf = " },
	{ "\topts.btf_sz = sizeof(opts_btf) - 1;\n", "\topts.btf_sz = 8;\n", "unexpected \"" },
	{ " opts_btf[] ", " opts_bdf[] ", "unexpected \"" },
	{ " opts_btf[] = ", " opts_btf[] __attribute__((__aligned__(8))) = ", "unexpected \"" },
	{ " opts_btf[] = \"\\\n", " opts_btf[] = \"\\\n\";\n", "array opts_btf is empty" },
	{ "\\\n\";\n\topts.signature", "\n\";\n\topts.signature", "the line ends inside the array" },
};

TEST_F(lskels, signed_refused)
{
	char *text;

	lskel_free(&self->skel);
	make_lskel_of(&self->skel, LSKEL_COVERS_INSNS_BTF);
	sign_lskel_as(&self->skel, LSKEL_COVERS_INSNS_BTF, self->key, self->cert, cms_sign);
	text = lskel_text(&self->skel);
	for (size_t i = 0; i < sizeof(signed_cases) / sizeof(signed_cases[0]); i++) {
		char *at = strstr(text, signed_cases[i].find), *changed;
		struct capture c;
		struct lskel got;

		ASSERT_NE(NULL, at);
		ASSERT_LT(0, asprintf(&changed, "%.*s%s%s", (int)(at - text), text,
				      signed_cases[i].with, at + strlen(signed_cases[i].find)));
		capture_begin(&c, 2);
		EXPECT_EQ(-EBADMSG, lskel_parse(changed, strlen(changed), "f", &got));
		capture_end(&c);
		EXPECT_NE(NULL, strstr(c.text, signed_cases[i].message))
			TH_LOG("case %zu: got %s", i, c.text);
		free(changed);
	}
	free(text);
}

/* bpftool makes a BTF only for a loader it signs. */
TEST_F(lskels, btf_unsigned_refused)
{
	struct capture c;
	struct lskel got;
	char *text;

	lskel_free(&self->skel);
	make_lskel_of(&self->skel, LSKEL_COVERS_INSNS_BTF);
	text = lskel_text(&self->skel);
	capture_begin(&c, 2);
	EXPECT_EQ(-EBADMSG, lskel_parse(text, strlen(text), "f", &got));
	capture_end(&c);
	EXPECT_NE(NULL, strstr(c.text, ": there is opts_btf, but no opts_sig; bpftool writes none such\n"))
		TH_LOG("%s", c.text);
	free(text);
}

/* Cut anywhere before the call, it is refused, and nothing beyond is read. */
TEST_F(lskels, truncated)
{
	size_t end, n;
	char *text, *copy;
	struct lskel got;
	struct capture c;

	sign_lskel(&self->skel, self->key, self->cert, cms_sign);
	text = lskel_text(&self->skel);
	end = (size_t)(strstr(text, "bpf_load_and_run(&opts);") - text) + 24;
	capture_begin(&c, 2);
	for (n = 0; n < end; n++) {
		copy = malloc(n ? n : 1);
		memcpy(copy, text, n);
		ASSERT_EQ(-EBADMSG, lskel_parse(copy, n, "f", &got)) TH_LOG("cut at %zu", n);
		free(copy);
	}
	ASSERT_EQ(0, lskel_parse(text, end, "f", &got));
	capture_end(&c);
	lskel_free(&got);
	free(text);
}

TEST_F(lskels, read_refused)
{
	static const char too_large[] = "bpfseal: big is larger than 67108864 bytes\n";
	struct lskel got;
	struct capture c;

	put_text("big", "");
	ASSERT_EQ(0, truncate("big", LSKEL_FILE_MAX + 1));
	capture_begin(&c, 2);
	EXPECT_EQ(-EFBIG, lskel_read("big", &got));
	EXPECT_EQ(-ENOENT, lskel_read("none", &got));
	capture_end(&c);
	EXPECT_TRUE(starts_with(c.text, too_large));
	EXPECT_STREQ("bpfseal: cannot read none: No such file or directory\n",
		     c.text + strlen(too_large));
}

TEST_HARNESS_MAIN
