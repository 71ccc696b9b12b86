// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sign.c - bpfseal sign and verify as commands. A script stands in for bpftool,
 * so that it can do what the real one never should.
 */
#include "kselftest_harness.h"

#include <elf.h>
#include <sys/stat.h>
#include "cmd.h"
#include "cms.h"
#include "diag.h"
#include "test_lskel.h"

static char out[CAPTURE_MAX], err[CAPTURE_MAX];

static int run(int (*cmd)(int, char **), const char *words)
{
	return capture_command(cmd, "command", words, out, err);
}

/* A file with a string's content? */
static bool file_is(const char *path, const char *text)
{
	char buf[64] = "";
	FILE *f = fopen(path, "r");

	if (!f || !fread(buf, 1, sizeof(buf) - 1, f))
		abort();
	fclose(f);
	return !strcmp(buf, text);
}

/* How many files are here? A temporary one that stays is a fault. */
static int count_files(void)
{
	FILE *f = popen("ls -A | wc -l", "r");
	int n = -1;

	if (!f || fscanf(f, "%d", &n) != 1)
		abort();
	pclose(f);
	return n;
}

static void put_tool(const char *script)
{
	put_text("tool", script);
	if (chmod("tool", 0755))
		abort();
}

static void put_skel(const char *path, const struct lskel *skel)
{
	char *text = lskel_text(skel);

	put_text(path, text);
	free(text);
}

/* A good one of this kind, and one with other metadata: x-PATH. */
static void put_kind(const char *path, enum lskel_coverage covers, EVP_PKEY *key,
		     const struct cert *cert)
{
	char changed[32];
	struct lskel skel;

	make_lskel_of(&skel, covers);
	sign_lskel_as(&skel, covers, key, cert, cms_sign);
	put_skel(path, &skel);
	skel.data[5] ^= 1;
	snprintf(changed, sizeof(changed), "x-%s", path);
	put_skel(changed, &skel);
	lskel_free(&skel);
}

FIXTURE(signs) {
	char dir[32];
	EVP_PKEY *key, *other_key;
	struct cert *cert, *other;
	struct lskel skel;
};

FIXTURE_SETUP(signs)
{
	Elf64_Ehdr elf = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64 },
		.e_type = ET_REL, .e_machine = EM_BPF,
	};
	struct test_cert t = { 0 };

	enter_temp_dir(self->dir);
	umask(022);
	self->key = put_cert("a", &t);
	self->other_key = put_cert("b", &t);
	ASSERT_EQ(0, cert_load("a.crt", &self->cert));
	ASSERT_EQ(0, cert_load("b.crt", &self->other));
	put_file("o.bpf.o", &elf, sizeof(elf));
	make_lskel(&self->skel);
	put_skel("unsigned.h", &self->skel);
	sign_lskel(&self->skel, self->key, self->cert, cms_sign);
	put_skel("good.h", &self->skel);
	self->skel.data[5] ^= 1;
	put_skel("bad.h", &self->skel);
	put_kind("insns.h", LSKEL_COVERS_INSNS, self->key, self->cert);
	put_kind("btf.h", LSKEL_COVERS_INSNS_BTF, self->key, self->cert);
	put_text("out.h", "old");
	put_tool("#!/bin/sh\necho \"$@\" >args\ncat good.h\n");
	ASSERT_EQ(0, setenv("BPFSEAL_BPFTOOL", "./tool", 1));
}

FIXTURE_TEARDOWN(signs)
{
	EVP_PKEY_free(self->key);
	EVP_PKEY_free(self->other_key);
	cert_free(self->cert);
	cert_free(self->other);
	lskel_free(&self->skel);
	leave_temp_dir(self->dir);
}

#define SIGN "o.bpf.o --key a.key --cert a.crt -o out.h"

/* What is said of each kind. */
#define INSNS \
	"  covers: the instructions alone\n" \
	"  but: the metadata is not covered; only the loader itself compares its hash\n" \
	"  loads on: Linux 6.18 to 7.2, but none older than its bpftool; highest level there: signed\n"
#define BTF \
	"  covers: instructions and BTF\n" \
	"  but: the metadata is not covered; the loader has the kernel verify its hash\n" \
	"  loads on: Linux 7.2 with bpfseal's patches; highest level there: metadata\n"
#define METADATA \
	"  covers: instructions and metadata\n" \
	"  loads on: Linux 7.3 or later; highest level there: metadata\n"

static const struct {
	const char *name, *file, *words, *says, *bpftool;
} kinds[] = {
	{ "instructions", "insns.h", "the instructions alone", INSNS,
	  "the bpftool of Linux 6.18 to 7.2, without bpfseal's patches" },
	{ "btf", "btf.h", "instructions and BTF", BTF,
	  "the bpftool of Linux 7.2 with bpfseal's patches" },
	{ "metadata", "good.h", "instructions and metadata", METADATA,
	  "the bpftool of Linux 7.3 or later" },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Sign with a bpftool of kind @made, demanding kind @asked. */
static int sign_demanding(size_t made, size_t asked)
{
	char text[256];

	snprintf(text, sizeof(text), "#!/bin/sh\ncat %s\n", kinds[made].file);
	put_tool(text);
	snprintf(text, sizeof(text), SIGN " --covers %s", kinds[asked].name);
	return run(cmd_sign, text);
}

TEST_F(signs, each_kind_if_demanded)
{
	char text[1024];

	for (size_t i = 0; i < N_KINDS; i++) {
		put_text("out.h", "old");
		for (size_t j = 0; j < N_KINDS; j++) {
			if (i == j)
				continue;
			EXPECT_EQ(EXIT_FAILED, sign_demanding(i, j));
			snprintf(text, sizeof(text), "bpfseal: --covers is \"%s\", but the signature that ./tool made covers %s\n"
				 "  set BPFSEAL_BPFTOOL to %s\n", kinds[j].name, kinds[i].words,
				 kinds[j].bpftool);
			EXPECT_STREQ(text, err);
			EXPECT_STREQ("", out);
			EXPECT_TRUE(file_is("out.h", "old"));
		}
		EXPECT_EQ(EXIT_DONE, sign_demanding(i, i)) TH_LOG("%s", err);
		snprintf(text, sizeof(text), "out.h: signed by CN=test\n%s", kinds[i].says);
		EXPECT_STREQ(text, out);
		EXPECT_EQ(EXIT_DONE, run(cmd_sign, SIGN));
		EXPECT_STREQ(text, out);
	}
}

TEST_F(signs, verify_each_kind)
{
	char words[256], text[1024];

	for (size_t i = 0; i < N_KINDS; i++) {
		snprintf(words, sizeof(words), "%s --cert a.crt", kinds[i].file);
		EXPECT_EQ(EXIT_DONE, run(cmd_verify, words));
		snprintf(text, sizeof(text), "%s: good signature by CN=test\n%s", kinds[i].file,
			 kinds[i].says);
		EXPECT_STREQ(text, out);
		strcat(words, " --json");
		EXPECT_EQ(EXIT_DONE, run(cmd_verify, words));
		snprintf(words, sizeof(words), "\n  \"covers\": \"%s\",\n", kinds[i].name);
		EXPECT_NE(NULL, strstr(out, words)) TH_LOG("got %s", out);
		for (size_t j = 0; j < N_KINDS; j++) {
			snprintf(words, sizeof(words), "%s --cert a.crt --covers %s",
				 kinds[i].file, kinds[j].name);
			EXPECT_EQ(i == j ? EXIT_DONE : EXIT_POLICY_NO, run(cmd_verify, words));
			snprintf(text, sizeof(text), "%s: good signature by CN=test\n%s"
				 "  not as demanded: --covers is \"%s\", this signature covers %s\n",
				 kinds[i].file, kinds[i].says, kinds[j].name, kinds[i].words);
			EXPECT_EQ(i != j, !strcmp(text, out)) TH_LOG("got %s", out);
			strcat(words, " --json");
			EXPECT_EQ(i == j ? EXIT_DONE : EXIT_POLICY_NO, run(cmd_verify, words));
		}
	}
}

TEST_F(signs, good)
{
	int files = count_files();
	struct stat st;

	EXPECT_EQ(EXIT_DONE, run(cmd_sign, SIGN)) TH_LOG("%s", err);
	EXPECT_STREQ("out.h: signed by CN=test\n" METADATA, out);
	EXPECT_STREQ("", err);
	EXPECT_EQ(0, system("cmp -s out.h good.h"));
	EXPECT_TRUE(file_is("args", "-L -S -k a.key -i a.crt gen skeleton o.bpf.o\n"));
	EXPECT_EQ(files + 1, count_files());
	ASSERT_EQ(0, stat("out.h", &st));
	EXPECT_EQ(0644, st.st_mode & 07777);
	EXPECT_EQ(EXIT_DONE, run(cmd_sign, SIGN " --name demo_2"));
	EXPECT_TRUE(file_is("args", "-L -S -k a.key -i a.crt gen skeleton o.bpf.o name demo_2\n"));
	ASSERT_EQ(0, rename("o.bpf.o", "-o.bpf.o"));
	EXPECT_EQ(EXIT_DONE, run(cmd_sign, "--key a.key --cert a.crt -o new.h -- -o.bpf.o"));
	EXPECT_TRUE(file_is("args", "-L -S -k a.key -i a.crt gen skeleton ./-o.bpf.o\n"));
}

/* Whatever goes wrong, the old output stays and nothing else is left. */
static const struct {
	const char *tool, *words;
	int code;
	const char *message;
} failures[] = {
	{ NULL, "a.crt --key a.key --cert a.crt -o out.h", EXIT_FAILED, "bpfseal: a.crt is not a BPF object\n" },
	{ NULL, "none --key a.key --cert a.crt -o out.h", EXIT_FAILED, "bpfseal: cannot read none: No such file" },
	{ NULL, ". --key a.key --cert a.crt -o out.h", EXIT_FAILED, "bpfseal: . is not a BPF object\n" },
	{ NULL, "o.bpf.o --key b.key --cert a.crt -o out.h", EXIT_FAILED,
	  "bpfseal: private key b.key does not belong to certificate a.crt\n" },
	{ NULL, "o.bpf.o --key a.crt --cert a.crt -o out.h", EXIT_FAILED, "bpfseal: a.crt is not a private key (PEM)\n" },
	{ NULL, "o.bpf.o --key a.key --cert a.key -o out.h", EXIT_FAILED, "bpfseal: a.key is not a certificate" },
	{ NULL, "o.bpf.o --key a.key --cert a.crt -o a.key", EXIT_FAILED,
	  "bpfseal: output a.key is the same file as input a.key\n" },
	{ NULL, "o.bpf.o --key a.key --cert a.crt -o link", EXIT_FAILED,
	  "bpfseal: output link is the same file as input o.bpf.o\n" },
	{ NULL, "o.bpf.o --key a.key --cert a.crt -o .", EXIT_FAILED,
	  "bpfseal: output . exists and is not a regular file\n" },
	{ NULL, "o.bpf.o --key a.key --cert a.crt -o none/out.h", EXIT_FAILED,
	  "bpfseal: cannot write none/out.h: No such file" },
	{ NULL, SIGN " --name 1a", EXIT_USAGE, "bpfseal: --name is \"1a\", expected a C identifier" },
	{ NULL, SIGN " --name a;b", EXIT_USAGE, "bpfseal: --name is \"a;b\", expected" },
	{ NULL, SIGN " more", EXIT_USAGE, "usage: " },
	{ NULL, SIGN " --covers maps", EXIT_USAGE, "bpfseal: --covers is \"maps\", expected one of: instructions, " },
	{ NULL, SIGN " --covers", EXIT_USAGE, "command: option '--covers' requires an argument\nusage: " },
	{ NULL, "o.bpf.o --cert a.crt -o out.h", EXIT_USAGE, "usage: " },
	{ NULL, "o.bpf.o --key a.key --cert a.crt", EXIT_USAGE, "usage: " },
	{ "#!/bin/sh\ncat good.h; exit 3\n", SIGN, EXIT_FAILED,
	  "bpfseal: bpftool could not make a signed skeleton of o.bpf.o (status 3)\n" },
	{ "#!/bin/sh\nkill -9 $$\n", SIGN, EXIT_FAILED,
	  "bpfseal: bpftool could not make a signed skeleton of o.bpf.o (signal 9)\n" },
	{ "#!/bin/sh\ncat bad.h\n", SIGN, EXIT_FAILED,
	  "bpfseal: bpftool made a skeleton whose signature is not good: bad-signature\n" },
	{ "#!/bin/sh\ncat x-btf.h\n", SIGN, EXIT_FAILED,
	  "bpfseal: bpftool made a skeleton whose signature is not good: bad-metadata\n" },
	{ "#!/bin/sh\ncat unsigned.h\n", SIGN, EXIT_FAILED,
	  "bpfseal: bpftool made a skeleton whose signature is not good: unsigned\n" },
	{ "#!/bin/sh\ncat good.h\n", "o.bpf.o --key b.key --cert b.crt -o out.h", EXIT_FAILED,
	  "bpfseal: bpftool made a skeleton whose signature is not good: wrong-key\n" },
	{ "#!/bin/sh\nhead -c 900 good.h\n", SIGN, EXIT_FAILED, "out.h." },
	{ "#!/bin/sh\n", SIGN, EXIT_FAILED, "out.h." },
	{ "#!/no/such/interpreter\n", SIGN, EXIT_FAILED, "bpfseal: cannot run ./tool: No such file" },
};

TEST_F(signs, failures)
{
	ASSERT_EQ(0, link("o.bpf.o", "link"));
	put_tool("#!/bin/sh\nexit 9\n");
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		int files = count_files();

		if (failures[i].tool)
			put_tool(failures[i].tool);
		EXPECT_EQ(failures[i].code, run(cmd_sign, failures[i].words));
		EXPECT_TRUE(starts_with(err, failures[i].message))
			TH_LOG("case %zu: got %s", i, err);
		EXPECT_STREQ("", out);
		EXPECT_TRUE(file_is("out.h", "old"));
		EXPECT_EQ(files, count_files());
	}
}

TEST_F(signs, verify)
{
	static const struct {
		const char *words;
		int code;
		const char *out, *err;
	} cases[] = {
		{ "good.h --cert a.crt", EXIT_DONE, "good.h: good signature by CN=test\n", "" },
		{ "bad.h --cert a.crt", EXIT_POLICY_NO, "bad.h: bad signature: it names the key of CN=test", "" },
		{ "good.h --cert b.crt", EXIT_POLICY_NO, "good.h: wrong key: signed by key ", "" },
		{ "unsigned.h --cert a.crt", EXIT_POLICY_NO, "unsigned.h: not signed\n", "" },
		{ "good.h --cert old.crt", EXIT_POLICY_NO, "", "bpfseal: certificate old.crt expired on " },
		{ "none.h --cert a.crt", EXIT_FAILED, "", "bpfseal: cannot read none.h: " },
		{ "a.crt --cert a.crt", EXIT_FAILED, "", "a.crt:1:1: not a light skeleton" },
		{ "good.h --cert good.h", EXIT_FAILED, "", "bpfseal: good.h is not a certificate" },
		{ "x-insns.h --cert a.crt", EXIT_POLICY_NO, "x-insns.h: good signature by CN=test, but the metadata is not covered, and not what the loader compares it with\n", "" },
		{ "x-btf.h --cert a.crt --covers btf", EXIT_POLICY_NO, "x-btf.h: good signature by CN=test, but the metadata is not covered, and", "" },
		{ "x-btf.h --cert a.crt --json", EXIT_POLICY_NO, "{\n  \"file\": \"x-btf.h\",\n  \"name\": \"demo\",\n  \"verdict\": \"bad-metadata\",\n  \"covers\": \"btf\",\n", "" },
		{ "good.h --cert a.crt --covers maps", EXIT_USAGE, "", "bpfseal: --covers is \"maps\", expected one of: instructions, btf, metadata\n" },
		{ "good.h --cert a.crt --covers", EXIT_USAGE, "", "command: option '--covers' requires an argument\nusage: " },
		{ "good.h", EXIT_USAGE, "", "usage: " },
		{ "--cert a.crt", EXIT_USAGE, "", "usage: " },
		{ "good.h --cert a.crt --bogus", EXIT_USAGE, "", "command: unrecognized option" },
		{ "--help", EXIT_DONE, "usage: bpfseal verify", "" },
		{ "good.h --cert a.crt --json", EXIT_DONE, "{\n  \"file\": \"good.h\",\n  \"name\": \"demo\",\n  \"verdict\": \"good\",\n", "" },
		{ "unsigned.h --cert a.crt --json", EXIT_POLICY_NO, "{\n  \"file\": \"unsigned.h\",\n  \"name\": \"demo\",\n  \"verdict\": \"unsigned\",\n  \"covers\": null,\n  \"signer_key_id\": null,\n", "" },
		{ "bad.h --cert a.crt --json", EXIT_POLICY_NO, "{\n  \"file\": \"bad.h\",\n  \"name\": \"demo\",\n  \"verdict\": \"bad-signature\",\n", "" },
	};
	struct test_cert t = { .after = 1500000000 };
	X509 *x509 = test_x509(&t, self->key);

	put_x509("old.crt", x509);
	X509_free(x509);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EXPECT_EQ(cases[i].code, run(cmd_verify, cases[i].words)) TH_LOG("%s", cases[i].words);
		EXPECT_TRUE(starts_with(out, cases[i].out)) TH_LOG("%s: got %s", cases[i].words, out);
		EXPECT_TRUE(starts_with(err, cases[i].err)) TH_LOG("%s: got %s", cases[i].words, err);
	}
}

TEST_HARNESS_MAIN
