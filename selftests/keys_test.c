// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keys_test.c - bpfseal keys, and the keyring that an installed policy trusts:
 * root can't change it, can't imitate it, and it goes on working.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <keyutils.h>

#include "kselftest_harness.h"
#include "cli.h"
#include "gate_test.h"

#define DIR_KEYS CLI_TMP "/keys"

/* --- the command ----------------------------------------------------------------------- */

FIXTURE(keys) {
	struct gate_output out;
	char name[32];		/* of a signer: its keyring stays until reboot */
};

FIXTURE_SETUP(keys)
{
	ASSERT_TRUE(!mkdir(CLI_TMP, 0755) || errno == EEXIST);
	ASSERT_EQ(0, gate_do("rm", "-rf", DIR_KEYS));
	snprintf(self->name, sizeof(self->name), "test-%d", getpid());
}

FIXTURE_TEARDOWN(keys)
{
	gate_output_free(&self->out);
}

static unsigned int mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_mode & 07777;
}

TEST_F(keys, authority_and_signer)
{
	char *before, *after;

	CLI_RUN(1, &self->out, "bpfseal", "keys", "signer", DIR_KEYS, "--name", "alice", "--ec");
	CLI_HAS(self->out.err, "make an authority first: bpfseal keys ca DIR");
	CLI_RUN(0, &self->out, "bpfseal", "keys", "ca", DIR_KEYS, "--ec");
	EXPECT_EQ(0600, mode_of(DIR_KEYS "/ca.key"));
	EXPECT_EQ(0644, mode_of(DIR_KEYS "/ca.crt"));
	before = cli_read(DIR_KEYS "/ca.key");
	CLI_RUN(1, &self->out, "bpfseal", "keys", "ca", DIR_KEYS, "--ec");
	CLI_HAS(self->out.err, DIR_KEYS "/ca.");
	after = cli_read(DIR_KEYS "/ca.key");
	EXPECT_STREQ(before, after);
	free(before);
	free(after);

	CLI_RUN(0, &self->out, "bpfseal", "keys", "signer", DIR_KEYS, "--name", "alice", "--ec");
	EXPECT_EQ(0600, mode_of(DIR_KEYS "/alice.key"));
	CLI_RUN(0, &self->out, "openssl", "verify", "-x509_strict", "-CAfile", DIR_KEYS "/ca.crt",
		DIR_KEYS "/alice.crt");
	CLI_RUN(0, &self->out, "openssl", "x509", "-in", DIR_KEYS "/alice.crt", "-noout", "-ext",
		"keyUsage,extendedKeyUsage,basicConstraints");
	CLI_HAS(self->out.out, "Digital Signature");
	CLI_HAS(self->out.out, "Code Signing");
	CLI_HAS(self->out.out, "CA:FALSE");
	/* And the kernel takes it. */
	CLI_RUN(0, &self->out, "bpfseal", "keys", "enrol", self->name, "--cert",
		DIR_KEYS "/alice.crt");
}

TEST_F(keys, enrol_and_list)
{
	const json_t *entry = NULL;
	static const char *const list[] = { "bpfseal", "keys", "list", "--json", NULL };
	int status, serial;
	json_t *all;
	size_t i;

	CLI_RUN(0, &self->out, "bpfseal", "keys", "enrol", self->name, "--cert",
		GATE_KEYS "/signer.crt");
	serial = atoi(self->out.out);
	ASSERT_LT(0, serial);
	ASSERT_EQ(0, cli_json(list, &status, &all));
	EXPECT_EQ(0, status);
	for (i = 0; i < json_array_size(all); i++)
		if (cli_number(json_array_get(all, i), "serial") == serial)
			entry = json_array_get(all, i);
	ASSERT_NE(NULL, entry);
	EXPECT_STREQ(self->name, cli_text(entry, "name"));
	EXPECT_EQ(1, cli_number(entry, "keys"));
	EXPECT_TRUE(json_is_true(json_object_get(entry, "sealed")));
	EXPECT_TRUE(json_is_true(json_object_get(entry, "anchored")));
	CLI_HAS(cli_text(entry, "certificate"), "sha256:");
	json_decref(all);

	CLI_RUN(1, &self->out, "bpfseal", "keys", "enrol", self->name, "--cert",
		GATE_KEYS "/signer.crt");
	CLI_HAS(self->out.err, "exists already");
}

TEST_F(keys, list_warns_of_a_look_alike)
{
	char description[64], line[64];
	int32_t serial;

	snprintf(description, sizeof(description), "bpfseal:%s", self->name);
	serial = gate_make_keyring(description, KEY_SPEC_SESSION_KEYRING);
	ASSERT_LT(0, serial);
	CLI_RUN(0, &self->out, "bpfseal", "keys", "list");
	snprintf(line, sizeof(line), " %d  NOT SEALED, trust nothing it holds", serial);
	CLI_HAS(self->out.out, line);
	keyctl_unlink(serial, KEY_SPEC_SESSION_KEYRING);
}

TEST_F(keys, enrol_refuses)
{
	const struct cli_cert expired = { .name = "case", .from = -3600, .until = -60 };
	struct cli_state *before = malloc(sizeof(*before));

	ASSERT_NE(NULL, before);
	ASSERT_EQ(0, cli_cert_make(&expired));
	ASSERT_EQ(0, cli_state_read(before));
	CLI_RUN(1, &self->out, "bpfseal", "keys", "enrol", self->name, "--cert", CLI_TMP "/case.crt");
	CLI_HAS(self->out.err, CLI_TMP "/case.crt expired on ");
	CLI_RUN(1, &self->out, "bpfseal", "keys", "enrol", self->name, "--cert", GATE_KEYS "/ca.crt");
	CLI_HAS(self->out.err, "is a CA's");
	CLI_RUN(2, &self->out, "bpfseal", "keys", "enrol", "Not a name", "--cert",
		GATE_KEYS "/signer.crt");
	CLI_HAS(self->out.err, "\"Not a name\" is no name for a signer");
	EXPECT_EQ(0, cli_state_only(before));
	free(before);
}

/* --- the keyring of the policy in force -------------------------------------------------- */

/* What root tries on a keyring, with a keyring and a key of its own at hand. */
struct target {
	int32_t ring;
	int32_t key;		/* in it */
	int32_t mine;
	int32_t my_key;
};

FIXTURE(sealed) {
	struct target real;
	struct target open;
};

FIXTURE_VARIANT(sealed) {
	long (*attack)(const struct target *t);
	int error;		/* on the policy's keyring */
};

#define ATTACK(name, wrong, call) \
	static long attack_##name(const struct target *t) \
	{ \
		return call; \
	} \
	FIXTURE_VARIANT_ADD(sealed, name) { .attack = attack_##name, .error = wrong }

ATTACK(add_a_key, EACCES, add_key("user", "added", "x", 1, t->ring));
ATTACK(add_a_signer, EACCES, gate_add_key("stranger", t->ring) < 0 ? -1 : 0);
ATTACK(link, EACCES, keyctl_link(t->my_key, t->ring));
ATTACK(link_away, EACCES, keyctl_link(t->ring, t->mine));
ATTACK(unlink, EACCES, keyctl_unlink(t->key, t->ring));
ATTACK(move_away, EACCES, keyctl_move(t->key, t->ring, t->mine, 0));
ATTACK(clear, EACCES, keyctl_clear(t->ring));
ATTACK(revoke, EACCES, keyctl_revoke(t->ring));
ATTACK(revoke_key, EACCES, keyctl_revoke(t->key));
ATTACK(invalidate, EACCES, keyctl_invalidate(t->ring));
ATTACK(invalidate_key, EACCES, keyctl_invalidate(t->key));
ATTACK(set_permissions, EACCES, keyctl_setperm(t->ring, 0x3f3f3f3f));
ATTACK(set_permissions_of_key, EACCES, keyctl_setperm(t->key, 0x3f3f3f3f));
ATTACK(give_away, EACCES, keyctl_chown(t->ring, 1, 1));
ATTACK(time_out, EACCES, keyctl_set_timeout(t->ring, 1000));
ATTACK(time_out_key, EACCES, keyctl_set_timeout(t->key, 1000));
ATTACK(update_key, EACCES, keyctl_update(t->key, "y", 1));
ATTACK(restrict_it, EACCES, keyctl_restrict_keyring(t->ring, NULL, NULL));

FIXTURE_SETUP(sealed)
{
	const struct gate_policy policy = { .mode = "enforcing" };
	struct target *open = &self->open, *real = &self->real;
	uint32_t *content = NULL;

	/* None of them may change anything, so that one policy does for all. */
	ASSERT_EQ(0, gate_install_shared(&policy));
	open->mine = gate_make_keyring("mine", KEY_SPEC_PROCESS_KEYRING);
	open->my_key = add_key("user", "mine", "x", 1, KEY_SPEC_PROCESS_KEYRING);
	open->ring = gate_make_keyring("open", KEY_SPEC_PROCESS_KEYRING);
	open->key = add_key("user", "key", "x", 1, open->ring);
	ASSERT_LT(0, open->key);
	*real = *open;
	ASSERT_EQ(0, gate_keyring("signer", &real->ring));
	ASSERT_EQ(4, keyctl_read_alloc(real->ring, (void **)&content));
	real->key = content[0];
	free(content);
}

FIXTURE_TEARDOWN(sealed)
{
}

TEST_F(sealed, resists_root)
{
	EXPECT_EQ(0, cli_signed("signer", self->real.ring, false));
	errno = 0;
	EXPECT_EQ(-1, variant->attack(&self->real));
	EXPECT_EQ(variant->error, errno) {
		TH_LOG("it failed with: %s", strerror(errno));
	}
	EXPECT_LE(0, variant->attack(&self->open)) {
		TH_LOG("the control, on an ordinary keyring: %s", strerror(errno));
	}
	/* It is trusted as before, and others are not. */
	EXPECT_EQ(0, cli_signed("signer", self->real.ring, false));
	EXPECT_EQ(-ENOKEY, cli_signed("stranger", self->real.ring, false));
	EXPECT_EQ(-EPERM, cli_unsigned());
}

FIXTURE(trust) {
	struct gate_events events;
};

FIXTURE_SETUP(trust)
{
	ASSERT_EQ(0, gate_clean());
}

FIXTURE_TEARDOWN(trust)
{
	gate_events_close(&self->events);
	EXPECT_EQ(0, gate_clean());
}

/* The name and the very key of the signer, in a keyring that isn't the signer's. */
TEST_F(trust, look_alike)
{
	const struct gate_match match = {
		.decision = BPFSEAL_DENY, .reason = BPFSEAL_R_UNTRUSTED_KEYRING, .name = "signed",
	};
	int32_t ring = gate_make_keyring("bpfseal:signer", KEY_SPEC_PROCESS_KEYRING), trusted;
	const struct bpfseal_event *e;

	ASSERT_LT(0, ring);
	ASSERT_LT(0, gate_add_key("signer", ring));
	EXPECT_EQ(0, cli_signed("signer", ring, false)) {
		TH_LOG("the control: without a policy the kernel takes it");
	}
	ASSERT_EQ(0, gate_install("enforcing", NULL));
	ASSERT_EQ(0, gate_keyring("signer", &trusted));
	ASSERT_NE(ring, trusted);
	ASSERT_EQ(0, gate_events_open(&self->events));
	EXPECT_EQ(-EPERM, cli_signed("signer", ring, false));
	e = gate_event_only(&self->events, &match);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(ring, e->keyring_serial);
	EXPECT_EQ(0, cli_signed("signer", trusted, false));
}

/* The kernel doesn't look at a certificate's dates: the key itself has to end. */
TEST_F(trust, ends_with_the_certificate)
{
	static const char mayfly[] = "../" CLI_TMP "/mayfly";	/* from GATE_KEYS */
	const struct cli_cert cert = { .name = "mayfly", .from = -3600, .until = 30 };
	const struct gate_policy policy = {
		.signers = {
			{ .name = "mayfly", .certificate = CLI_TMP "/mayfly.crt" },
			{ .name = "signer", .certificate = GATE_KEYS "/signer.crt" },
		},
	};
	time_t end = time(NULL) + cert.until;
	struct gate_output out = {};
	int32_t ring, signer;
	int err;

	ASSERT_EQ(0, cli_cert_make(&cert));
	ASSERT_EQ(0, gate_install_policy(&policy));
	ASSERT_EQ(0, gate_keyring("mayfly", &ring));
	ASSERT_EQ(0, gate_keyring("signer", &signer));
	EXPECT_EQ(0, cli_signed(mayfly, ring, false));
	ASSERT_LT(time(NULL), end - 1) {
		TH_LOG("the machine is too slow for this test");
	}
	while (!(err = cli_signed(mayfly, ring, false)) && time(NULL) <= end + 2)
		usleep(200000);		/* time is what is tested */
	EXPECT_EQ(-EKEYEXPIRED, err);
	EXPECT_LE(end - 1, time(NULL));
	EXPECT_EQ(0, cli_signed("signer", signer, false));
	CLI_RUN(0, &out, "bpfseal", "status");
	EXPECT_EQ(1, cli_lines(out.out, ": its key has expired or is gone"));
	EXPECT_EQ(1, cli_lines(out.out, ": ok"));
	gate_output_free(&out);
}

GATE_MAIN
