// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * objects_test.c - the policy's own programs are loaded with their signature when a
 * signer of the policy's made it, and then a policy in force admits them like others.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/keyctl.h>

#include "kselftest_harness.h"
#include "cli.h"
#include "compat.h"
#include "gate_test.h"
#include "objects.h"
#include "pins.h"

#define LOADER "__loader.prog"
#define PROGRAMS (BPFSEAL_PROGRAMS + 1)	/* that of other kernels comes along */
#define WITHOUT "are loaded without the signature in"
#define NOTED CLI_TMP "/stderr"

/* Where this kernel's kind of signature stands; the initramfs has no other. */
static const char *signed_file(const struct proof *proof)
{
	static char path[128];

	snprintf(path, sizeof(path), OBJECTS_DIR "/policy.%s.lskel.h",
		 lskel_kind(objects_kind(proof))->name);
	return path;
}

FIXTURE(objects) {
	struct probe probe;
	struct compile_signer signer;
	struct cert *cert;
	struct objects *objects;
	struct gate_events events;
	const char *file;
};

FIXTURE_SETUP(objects)
{
	GATE_NEEDS_SIGNATURES;
	ASSERT_EQ(0, gate_clean());
	ASSERT_EQ(0, probe_kernel(&self->probe));
	self->file = signed_file(&self->probe.proof);
	ASSERT_EQ(0, cert_load(GATE_KEYS "/signer.crt", &self->cert));
	self->signer.cert = self->cert;
}

/* Linux 7.0 lacks what the loaders of 7.2's tools look at. */
#define NEEDS_FILE(self) do { \
	if (access((self)->file, F_OK) < 0) \
		SKIP(return, "no tools sign for this kernel"); \
} while (0)

FIXTURE_TEARDOWN(objects)
{
	if (self->objects)
		objects_close(self->objects);
	gate_events_close(&self->events);
	cert_free(self->cert);
	EXPECT_EQ(0, gate_clean());
}

/* objects_load(), and what it says on stderr */
static int load(struct objects **out, const struct proof *proof,
		const struct compile_signer *signer, char said[4096])
{
	int saved = dup(STDERR_FILENO), err;
	ssize_t n;

	fflush(stderr);
	gate_do("mkdir", "-p", CLI_TMP);
	if (!freopen(NOTED, "w+", stderr))
		return -EIO;
	err = objects_load(proof, signer, 1, out);
	fflush(stderr);
	n = pread(STDERR_FILENO, said, 4095, 0);
	said[n < 0 ? 0 : n] = '\0';
	dup2(saved, STDERR_FILENO);
	close(saved);
	fprintf(stderr, "%s", said);
	return err;
}

/* Each that is pinned, by name. */
TEST_F(objects, all_are_found)
{
	unsigned int n;
	const struct pin *pins = pins_list(&n);

	ASSERT_EQ(0, objects_load(&self->probe.proof, NULL, 0, &self->objects));
	for (unsigned int i = 0; i < n; i++) {
		const char *name = pins[i].kind == PIN_AT_TIMES ? PIN_MEASURE :
				   compat_program(&self->probe, pins[i].name);

		EXPECT_LE(0, objects_prog(self->objects, name)) TH_LOG("no %s", name);
	}
	EXPECT_LE(0, objects_map(self->objects, "events"));
	EXPECT_EQ(-ENOENT, objects_prog(self->objects, "events"));
	EXPECT_EQ(0, cli_unsigned()) TH_LOG("denied without a policy");
}

TEST_F(objects, signature_is_checked)
{
	char said[4096];

	NEEDS_FILE(self);
	self->signer.serial = gate_make_keyring("objects", KEY_SPEC_SESSION_KEYRING);
	ASSERT_LT(0, self->signer.serial);
	EXPECT_EQ(-ENOKEY, load(&self->objects, &self->probe.proof, &self->signer, said));
	EXPECT_NE(NULL, strstr(said, "the kernel doesn't take the policy programs, which are signed"));
	ASSERT_LT(0, gate_add_key("signer", self->signer.serial));
	EXPECT_EQ(0, load(&self->objects, &self->probe.proof, &self->signer, said));
	EXPECT_STREQ("", said);
}

TEST_F(objects, signature_of_others_is_not_taken)
{
	char said[4096];

	NEEDS_FILE(self);
	cert_free(self->cert);
	ASSERT_EQ(0, cert_load(GATE_KEYS "/stranger.crt", &self->cert));
	self->signer = (struct compile_signer){ .cert = self->cert, .serial = 1 };
	ASSERT_EQ(0, load(&self->objects, &self->probe.proof, &self->signer, said));
	EXPECT_NE(NULL, strstr(said, WITHOUT)) TH_LOG("it said: %s", said);
	EXPECT_NE(NULL, strstr(said, "none of the policy's signers has signed it"));
}

TEST_F(objects, other_programs_are_not_taken)
{
	char said[4096];

	NEEDS_FILE(self);
	if (objects_kind(&self->probe.proof) != LSKEL_COVERS_INSNS_MAPS)
		SKIP(return, "the bpftool here makes another kind of signature");
	ASSERT_EQ(0, gate_do("cp", self->file, CLI_TMP "/good"));
	ASSERT_EQ(0, setenv("BPFSEAL_BPFTOOL", "/usr/bin/bpftool", 1));
	ASSERT_EQ(0, gate_do("bpfseal", "sign", GATE_PROGS "/nested.bpf.o", "--name", "bpfseal",
			     "--key", GATE_KEYS "/signer.key", "--cert", GATE_KEYS "/signer.crt",
			     "-o", self->file));
	self->signer.serial = 1;
	EXPECT_EQ(0, load(&self->objects, &self->probe.proof, &self->signer, said));
	EXPECT_EQ(0, gate_do("cp", CLI_TMP "/good", self->file));
	EXPECT_NE(NULL, strstr(said, WITHOUT)) TH_LOG("it said: %s", said);
	EXPECT_NE(NULL, strstr(said, "another build"));
}

/* As an upgrade would: beside the programs of the policy that decides. */
TEST_F(objects, policy_in_force_admits_signed)
{
	const struct gate_match loader = { .hook = BPFSEAL_HOOK_PROG_LOAD, .name = LOADER,
					   .tgid = getpid(), .decision = BPFSEAL_ALLOW };
	const struct gate_match nested = { .hook = BPFSEAL_HOOK_PROG_FD, .tgid = getpid(),
					   .decision = BPFSEAL_ALLOW, .reason = BPFSEAL_R_NESTED };
	const struct gate_match denied = { .tgid = getpid(), .decision = BPFSEAL_DENY };
	char said[4096];

	NEEDS_FILE(self);
	ASSERT_EQ(0, gate_install("enforcing", NULL));
	ASSERT_EQ(0, gate_keyring("signer", &self->signer.serial));
	ASSERT_EQ(0, gate_events_open(&self->events));
	EXPECT_EQ(0, load(&self->objects, &self->probe.proof, &self->signer, said));
	EXPECT_STREQ("", said);
	ASSERT_LT(0, gate_events_drain(&self->events));
	EXPECT_EQ(1, gate_event_count(&self->events, &loader));
	EXPECT_EQ(PROGRAMS, gate_event_count(&self->events, &nested));
	EXPECT_EQ(0, gate_event_count(&self->events, &denied));
}

TEST_F(objects, policy_in_force_denies_unsigned)
{
	const struct gate_match loader = { .hook = BPFSEAL_HOOK_PROG_LOAD, .name = LOADER,
					   .tgid = getpid(), .decision = BPFSEAL_DENY,
					   .reason = BPFSEAL_R_UNSIGNED };
	char said[4096];

	ASSERT_EQ(0, gate_install("enforcing", NULL));
	ASSERT_EQ(0, gate_events_open(&self->events));
	EXPECT_EQ(-EPERM, load(&self->objects, &self->probe.proof, &self->signer, said));
	EXPECT_NE(NULL, strstr(said, "the kernel doesn't take the policy programs: "));
	ASSERT_LT(0, gate_events_drain(&self->events));
	/* Once more for the verifier's log. */
	EXPECT_EQ(2, gate_event_count(&self->events, &loader));
}

GATE_MAIN
