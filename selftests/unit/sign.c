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

static char out[8192], err[8192];

static int run(int (*cmd)(int, char **), const char *words)
{
	char copy[256], *argv[16] = { "command" }, *rest = copy;
	struct capture c1, c2;
	int argc = 1, code;

	strcpy(copy, words);
	while ((argv[argc] = strsep(&rest, " ")))
		argc++;
	capture_begin(&c1, 1);
	capture_begin(&c2, 2);
	code = cmd(argc, argv);
	capture_end(&c2);
	capture_end(&c1);
	strcpy(out, c1.text);
	strcpy(err, c2.text);
	return code;
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
	char *text;

	enter_temp_dir(self->dir);
	umask(022);
	self->key = put_cert("a", &t);
	self->other_key = put_cert("b", &t);
	ASSERT_EQ(0, cert_load("a.crt", &self->cert));
	ASSERT_EQ(0, cert_load("b.crt", &self->other));
	put_file("o.bpf.o", &elf, sizeof(elf));
	make_lskel(&self->skel);
	text = lskel_text(&self->skel);
	put_text("unsigned.h", text);
	free(text);
	sign_lskel(&self->skel, self->key, self->cert, cms_sign);
	text = lskel_text(&self->skel);
	put_text("good.h", text);
	free(text);
	self->skel.data[5] ^= 1;
	text = lskel_text(&self->skel);
	put_text("bad.h", text);
	free(text);
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

TEST_F(signs, good)
{
	int files = count_files();
	struct stat st;

	EXPECT_EQ(EXIT_DONE, run(cmd_sign, SIGN)) TH_LOG("%s", err);
	EXPECT_STREQ("out.h: signed by CN=test\n", out);
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
	{ NULL, "o.bpf.o --cert a.crt -o out.h", EXIT_USAGE, "usage: " },
	{ NULL, "o.bpf.o --key a.key --cert a.crt", EXIT_USAGE, "usage: " },
	{ "#!/bin/sh\ncat good.h; exit 3\n", SIGN, EXIT_FAILED,
	  "bpfseal: bpftool could not make a signed skeleton of o.bpf.o (status 3)\n" },
	{ "#!/bin/sh\nkill -9 $$\n", SIGN, EXIT_FAILED,
	  "bpfseal: bpftool could not make a signed skeleton of o.bpf.o (signal 9)\n" },
	{ "#!/bin/sh\ncat bad.h\n", SIGN, EXIT_FAILED,
	  "bpfseal: bpftool made a skeleton whose signature is not good: bad-signature\n" },
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
		{ "good.h", EXIT_USAGE, "", "usage: " },
		{ "--cert a.crt", EXIT_USAGE, "", "usage: " },
		{ "good.h --cert a.crt --bogus", EXIT_USAGE, "", "command: unrecognized option" },
		{ "--help", EXIT_DONE, "usage: bpfseal verify", "" },
		{ "good.h --cert a.crt --json", EXIT_DONE, "{\n  \"file\": \"good.h\",\n  \"name\": \"demo\",\n  \"verdict\": \"good\",\n", "" },
		{ "unsigned.h --cert a.crt --json", EXIT_POLICY_NO, "{\n  \"file\": \"unsigned.h\",\n  \"name\": \"demo\",\n  \"verdict\": \"unsigned\",\n  \"signer_key_id\": null,\n", "" },
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
