// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sign_test.c - bpfseal sign and verify: what is signed verifies, whoever signed
 * it; what can't be signed leaves nothing behind; what was changed is told from
 * what another signed.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cli.h"
#include "gate.h"

#define DIR_OUT CLI_TMP "/out"
#define OUT DIR_OUT "/x.lskel.h"
#define OBJECT GATE_PROGS "/nested.bpf.o"
#define SIGNER_KEY GATE_KEYS "/signer.key"
#define SIGNER_CERT GATE_KEYS "/signer.crt"
#define STRANGER_CERT GATE_KEYS "/stranger.crt"
#define YEAR (365L * 24 * 3600)

/* A fresh, empty directory for what is written. */
static int make_place(void)
{
	if (setenv("BPFSEAL_BPFTOOL", "/usr/bin/bpftool", 1))
		return -errno;
	if (mkdir(CLI_TMP, 0755) < 0 && errno != EEXIST)
		return -errno;
	gate_do("rm", "-rf", DIR_OUT);
	return mkdir(DIR_OUT, 0755) ? -errno : 0;
}

static size_t count_files(const char *path)
{
	struct dirent *d;
	DIR *dir = opendir(path);
	size_t n = 0;

	while (dir && (d = readdir(dir)))
		n += strcmp(d->d_name, ".") && strcmp(d->d_name, "..");
	if (dir)
		closedir(dir);
	return n;
}

static int sign(struct gate_output *out)
{
	return gate_run(out, "bpfseal", "sign", OBJECT, "--key", SIGNER_KEY, "--cert", SIGNER_CERT,
			"-o", OUT);
}

FIXTURE(sign) {
	struct gate_output out;
};

FIXTURE_SETUP(sign)
{
	ASSERT_EQ(0, make_place());
}

FIXTURE_TEARDOWN(sign)
{
	gate_output_free(&self->out);
}

TEST_F(sign, verifies)
{
	ASSERT_EQ(0, sign(&self->out));
	EXPECT_EQ(0, self->out.status);
	EXPECT_STREQ("", self->out.err);
	CLI_HAS(self->out.out, OUT ": signed by ");
	EXPECT_EQ(1, count_files(DIR_OUT));
	CLI_RUN(0, &self->out, "bpfseal", "verify", OUT, "--cert", SIGNER_CERT);
	CLI_HAS(self->out.out, OUT ": good signature by ");
	CLI_RUN(0, &self->out, "bpfseal", "verify", OUT, "--cert", GATE_KEYS "/signer.der");
	CLI_RUN(0, &self->out, "bpfseal", "verify", OUT, "--cert", SIGNER_CERT, "--json");
	CLI_HAS(self->out.out, "\"verdict\": \"good\"");
}

/* The VM has the bpftool of Linux 7.3. */
TEST_F(sign, says_what_is_covered)
{
	ASSERT_EQ(0, sign(&self->out));
	CLI_HAS(self->out.out, "covers: instructions and metadata");
	CLI_HAS(self->out.out, "loads on: Linux 7.3 or later; highest level there: metadata");
	CLI_RUN(0, &self->out, "bpfseal", "verify", OUT, "--cert", SIGNER_CERT, "--covers", "metadata");
	CLI_HAS(self->out.out, "covers: instructions and metadata");
	CLI_RUN(0, &self->out, "bpfseal", "verify", OUT, "--cert", SIGNER_CERT, "--json");
	CLI_HAS(self->out.out, "\"covers\": \"metadata\"");
	CLI_RUN(3, &self->out, "bpfseal", "verify", OUT, "--cert", SIGNER_CERT, "--covers", "btf");
	CLI_HAS(self->out.out, ": good signature by ");
	CLI_HAS(self->out.out, "not as demanded: --covers is \"btf\"");
	CLI_RUN(2, &self->out, "bpfseal", "verify", OUT, "--cert", SIGNER_CERT, "--covers", "all");
	CLI_HAS(self->out.err, "--covers is \"all\", expected one of: ");
}

TEST_F(sign, signs_what_is_demanded_or_nothing)
{
	CLI_RUN(1, &self->out, "bpfseal", "sign", OBJECT, "--key", SIGNER_KEY, "--cert", SIGNER_CERT,
		"--covers", "instructions", "-o", OUT);
	EXPECT_STREQ("", self->out.out);
	CLI_HAS(self->out.err, "--covers is \"instructions\", but the signature that /usr/bin/bpftool "
		"made covers instructions and metadata\n");
	CLI_HAS(self->out.err, "set BPFSEAL_BPFTOOL to the bpftool of Linux 6.18 to 7.2");
	EXPECT_EQ(0, count_files(DIR_OUT));
	CLI_RUN(0, &self->out, "bpfseal", "sign", OBJECT, "--key", SIGNER_KEY, "--cert", SIGNER_CERT,
		"--covers", "metadata", "-o", OUT);
	EXPECT_EQ(1, count_files(DIR_OUT));
}

TEST_F(sign, replaces_what_was_there)
{
	ASSERT_EQ(0, gate_write(OUT, "old", 3));
	ASSERT_EQ(0, sign(&self->out));
	EXPECT_EQ(0, self->out.status);
	CLI_RUN(0, &self->out, "bpfseal", "verify", OUT, "--cert", SIGNER_CERT);
}

TEST_F(sign, verifies_what_bpftool_signed)
{
	CLI_RUN(0, &self->out, "sh", "-c", "exec bpftool gen skeleton -L -S -k " SIGNER_KEY
		" -i " SIGNER_CERT " " OBJECT " >" OUT);
	CLI_RUN(0, &self->out, "bpfseal", "verify", OUT, "--cert", SIGNER_CERT);
	CLI_HAS(self->out.out, "good signature");
}

TEST_F(sign, verify_says_not_signed)
{
	CLI_RUN(0, &self->out, "sh", "-c", "exec bpftool gen skeleton -L " OBJECT " >" OUT);
	CLI_RUN(3, &self->out, "bpfseal", "verify", OUT, "--cert", SIGNER_CERT);
	EXPECT_STREQ(OUT ": not signed\n", self->out.out);
}

TEST_F(sign, verify_says_wrong_key)
{
	ASSERT_EQ(0, sign(&self->out));
	CLI_RUN(3, &self->out, "bpfseal", "verify", OUT, "--cert", STRANGER_CERT);
	CLI_HAS(self->out.out, OUT ": wrong key: ");
	EXPECT_EQ(NULL, strstr(self->out.out, "bad signature"));
}

TEST_F(sign, verify_cannot_read)
{
	CLI_RUN(1, &self->out, "bpfseal", "verify", OUT, "--cert", SIGNER_CERT);
	CLI_HAS(self->out.err, OUT);
	CLI_HAS(self->out.err, "No such file or directory");
	CLI_RUN(1, &self->out, "bpfseal", "verify", OBJECT, "--cert", SIGNER_CERT);
	CLI_HAS(self->out.err, OBJECT ":1:1: ");
}

/* --- a bit changed after signing ---------------------------------------------------- */

FIXTURE(flipped) {
	struct gate_output out;
	char *text;
};

FIXTURE_VARIANT(flipped) {
	const char *array;	/* of the skeleton */
	const char *says;
};

#define FLIPPED(what, text) \
	FIXTURE_VARIANT_ADD(flipped, in_##what) { .array = "char opts_" #what "[]", .says = text }
FLIPPED(data, ": bad signature: ");
FLIPPED(insn, ": bad signature: ");
FLIPPED(sig, ": bad signature: ");
FLIPPED(excl_hash, "the metadata map is not bound to this loader");

FIXTURE_SETUP(flipped)
{
	ASSERT_EQ(0, make_place());
}

FIXTURE_TEARDOWN(flipped)
{
	gate_output_free(&self->out);
	free(self->text);
}

/* The last digit of the last byte of an array that is written as \xNN. */
static char *last_digit(char *text, const char *array)
{
	char *start = strstr(text, array), *end = start ? strstr(start, "\";") : NULL;

	while (end && end > start && strncmp(end, "\\x", 2))
		end--;
	return end && end > start ? end + 3 : NULL;
}

TEST_F(flipped, told)
{
	char *digit;

	ASSERT_EQ(0, sign(&self->out));
	CLI_RUN(0, &self->out, "bpfseal", "verify", OUT, "--cert", SIGNER_CERT);
	self->text = cli_read(OUT);
	ASSERT_NE(NULL, self->text);
	digit = last_digit(self->text, variant->array);
	ASSERT_NE(NULL, digit);
	*digit = *digit == '0' ? '1' : '0';
	ASSERT_EQ(0, gate_write(OUT, self->text, strlen(self->text)));
	CLI_RUN(3, &self->out, "bpfseal", "verify", OUT, "--cert", SIGNER_CERT);
	CLI_HAS(self->out.out, variant->says);
	EXPECT_EQ(NULL, strstr(self->out.out, "wrong key"));
}

/* --- what can't be signed ------------------------------------------------------------ */

FIXTURE(refused) {
	struct gate_output out;
};

FIXTURE_VARIANT(refused) {
	const char *object;	/* the good ones unless given */
	const char *key;
	const char *cert;
	const char *output;
	struct cli_cert made;	/* made if it has a name */
	const char *says;
};

#define REFUSED(name, ...) FIXTURE_VARIANT_ADD(refused, name) { __VA_ARGS__ }
#define MADE(...) .made = { .name = "case", __VA_ARGS__ }, .key = CLI_TMP "/case.key", \
	.cert = CLI_TMP "/case.crt"
REFUSED(missing_object, .object = "/missing.o", .says = "cannot read /missing.o: No such file");
REFUSED(program, .object = "/bin/busybox", .says = "/bin/busybox is not a BPF object");
REFUSED(certificate_as_object, .object = SIGNER_CERT, .says = SIGNER_CERT " is not a BPF object");
REFUSED(directory, .object = GATE_PROGS, .says = GATE_PROGS " is not a BPF object");
REFUSED(key_of_another, .key = GATE_KEYS "/stranger.key",
	.says = "private key " GATE_KEYS "/stranger.key does not belong to certificate " SIGNER_CERT);
REFUSED(key_is_certificate, .key = SIGNER_CERT, .says = SIGNER_CERT " is not a private key");
REFUSED(missing_key, .key = "/missing.key", .says = "private key /missing.key: No such file");
REFUSED(missing_certificate, .cert = "/missing.crt", .says = "certificate /missing.crt: No such");
REFUSED(expired, MADE(.from = -2 * YEAR, .until = -60), .says = CLI_TMP "/case.crt expired on ");
REFUSED(not_yet_valid, MADE(.from = YEAR, .until = 2 * YEAR), .says = "is not valid until ");
REFUSED(wrong_usage, MADE(.usage = "keyAgreement"), .says = "keyUsage lacks digitalSignature");
REFUSED(wrong_extended_usage, MADE(.extended = "clientAuth"),
	.says = "extendedKeyUsage lacks codeSigning");
REFUSED(authority, MADE(.constraints = "critical,CA:TRUE", .usage = "critical,keyCertSign"),
	.says = "is a CA's");
REFUSED(no_such_directory, .output = DIR_OUT "/missing/x.h",
	.says = "cannot write " DIR_OUT "/missing/x.h: No such file or directory");
REFUSED(read_only, .output = "/proc/x.h", .says = "cannot write /proc/x.h: ");
REFUSED(directory_as_output, .output = DIR_OUT,
	.says = DIR_OUT " exists and is not a regular file");
REFUSED(over_its_certificate, .cert = CLI_TMP "/copy.crt", .output = CLI_TMP "/copy.crt",
	.says = "is the same file as input");

FIXTURE_SETUP(refused)
{
	ASSERT_EQ(0, make_place());
	ASSERT_EQ(0, gate_do("cp", SIGNER_CERT, CLI_TMP "/copy.crt"));
	if (variant->made.name) {
		ASSERT_EQ(0, cli_cert_make(&variant->made));
	}
}

FIXTURE_TEARDOWN(refused)
{
	gate_output_free(&self->out);
}

#define OR(given, standard) ((given) ? (given) : (standard))

TEST_F(refused, leaves_nothing)
{
	size_t files = count_files(CLI_TMP);

	CLI_RUN(1, &self->out, "bpfseal", "sign", OR(variant->object, OBJECT),
		"--key", OR(variant->key, SIGNER_KEY), "--cert", OR(variant->cert, SIGNER_CERT),
		"-o", OR(variant->output, OUT));
	EXPECT_STREQ("", self->out.out);
	CLI_HAS(self->out.err, variant->says);
	EXPECT_EQ(0, count_files(DIR_OUT));
	EXPECT_EQ(files, count_files(CLI_TMP));
	/* The same with nothing wrong. */
	ASSERT_EQ(0, sign(&self->out));
	EXPECT_EQ(0, self->out.status);
}

TEST_HARNESS_MAIN
