// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keyring_test.c - signers' keyrings hold against root: nobody can add to them,
 * empty, replace, destroy, reach or reuse them, and they work all the same.
 *
 * Every attack is run as well on a keyring that isn't sealed, where it must
 * succeed: what fails there proves nothing here.
 */
#include "gate_test.h"

#include <grp.h>
#include <keyutils.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "certgen.h"
#include "cms.h"
#include "keyring.h"
#include "keyring_attack.h"
#include "keyring_perm.h"

/* Who attacks: real, effective and saved uid. */
static const struct {
	const char *name;
	uid_t real, effective;
} attackers[] = {
	{ "root", 0, 0 },
	{ "owner of the anchor", KEYRING_ANCHOR_UID, KEYRING_ANCHOR_UID },
	{ "root for the owner of the anchor", KEYRING_ANCHOR_UID, 0 },
	{ "user", 1000, 1000 },
};

#define N_ATTACKERS (sizeof(attackers) / sizeof(attackers[0]))

/* The errno of one attack by one attacker; ECANCELED if it couldn't be run. */
static int attack(const struct keyring_attack *a, size_t who, const struct keyring_target *sealed)
{
	struct keyring_target t = sealed ? *sealed : (struct keyring_target){ 0 };
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (setgroups(0, NULL) || keyctl_join_session_keyring(NULL) < 0 ||
		    setresuid(attackers[who].real, attackers[who].effective,
			      attackers[who].effective))
			_exit(ECANCELED);
		/* What a search of one's own keyrings could reach. */
		keyctl_link(KEY_SPEC_USER_KEYRING, KEY_SPEC_SESSION_KEYRING);
		if (!sealed)
			keyring_attack_open(&t);
		if (keyring_attack_arm(&t))
			_exit(ECANCELED);
		_exit(a->run(&t) < 0 ? errno : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return ECANCELED;
	return WEXITSTATUS(status);
}

static struct cert *make_cert(const char *name, int days, EVP_PKEY **key)
{
	static EVP_PKEY *ca_key;
	static X509 *ca;
	struct certgen_spec spec = { .cn = "ca", .days = 100 };
	char crt[64], pem[64];
	struct cert *cert;
	X509 *x509;

	if (!ca && (certgen_key(true, &ca_key) || (spec.key = ca_key, certgen_cert(&spec, &ca))))
		abort();
	snprintf(pem, sizeof(pem), "/tmp/keyring-test-%s.key", name);
	snprintf(crt, sizeof(crt), "/tmp/keyring-test-%s.crt", name);
	unlink(pem);
	unlink(crt);
	spec = (struct certgen_spec){ .cn = name, .days = days, .ca = ca, .ca_key = ca_key };
	if (certgen_key(true, &spec.key) || certgen_cert(&spec, &x509) ||
	    certgen_write(pem, crt, spec.key, x509) || cert_load(crt, &cert))
		abort();
	X509_free(x509);
	*key = spec.key;
	return cert;
}

/* Load a signed program that names a keyring. */
static int load(EVP_PKEY *key, const struct cert *cert, int32_t keyring)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SYSCALL, .prog_flags = BPF_F_SLEEPABLE,
		.insns = (uintptr_t)insns, .insn_cnt = 2, .license = (uintptr_t)"GPL",
		.keyring_id = keyring,
	};
	uint8_t *sig;
	size_t len;
	int fd, err;

	if (cms_sign(key, cert, insns, sizeof(insns), &sig, &len))
		abort();
	attr.signature = (uintptr_t)sig;
	attr.signature_size = (uint32_t)len;
	fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	err = fd < 0 ? -errno : 0;
	free(sig);
	if (fd >= 0)
		close(fd);
	return err;
}

FIXTURE(keyrings) {
	struct cert *alice, *bob;
	EVP_PKEY *alice_key, *bob_key;
	struct keyring_want want[2];
};

/* What the maker's session keyring is decides what it possesses. */
FIXTURE_VARIANT(keyrings) {
	bool session;
};

FIXTURE_VARIANT_ADD(keyrings, with_session) { .session = true };
FIXTURE_VARIANT_ADD(keyrings, without_session) { .session = false };

FIXTURE_SETUP(keyrings)
{
	GATE_NEEDS_SIGNATURES;
	if (variant->session)
		ASSERT_LT(0, keyctl_join_session_keyring(NULL));
	self->alice = make_cert("alice", 10, &self->alice_key);
	self->bob = make_cert("bob", 10, &self->bob_key);
	self->want[0] = (struct keyring_want){ .name = "alice", .cert = self->alice };
	self->want[1] = (struct keyring_want){ .name = "bob", .cert = self->bob };
	ASSERT_EQ(0, keyring_make_set(self->want, 2));
}

FIXTURE_TEARDOWN(keyrings)
{
	cert_free(self->alice);
	cert_free(self->bob);
	EVP_PKEY_free(self->alice_key);
	EVP_PKEY_free(self->bob_key);
}

TEST_F(keyrings, work)
{
	int32_t alice = self->want[0].serial, bob = self->want[1].serial;

	EXPECT_EQ(0, load(self->alice_key, self->alice, alice));
	EXPECT_EQ(0, load(self->bob_key, self->bob, bob));
	EXPECT_EQ(-ENOKEY, load(self->bob_key, self->bob, alice));
	EXPECT_EQ(-ENOKEY, load(self->alice_key, self->alice, bob));
	EXPECT_EQ(0, keyring_check(alice, "alice", self->alice));
	EXPECT_EQ(-ESTALE, keyring_check(alice, "bob", self->alice));
	EXPECT_EQ(-ESTALE, keyring_check(alice, "alice", self->bob));
	EXPECT_EQ(-EACCES, keyring_destroy(alice));
}

TEST_F(keyrings, hold)
{
	struct keyring_target t = {
		.ring = self->want[0].serial, .key = self->want[0].key,
		.name = KEYRING_PREFIX "alice",
	};
	struct keyring_info info;

	t.holder = keyring_holder(t.ring);
	ASSERT_NE(0, t.holder);
	for (size_t i = 0; i < keyring_attacks_n * N_ATTACKERS; i++) {
		const struct keyring_attack *a = &keyring_attacks[i / N_ATTACKERS];
		size_t who = i % N_ATTACKERS;

		EXPECT_EQ(EACCES, attack(a, who, &t))
			TH_LOG("%s: %s", attackers[who].name, a->name);
	}
	EXPECT_EQ(0, keyring_check(t.ring, "alice", self->alice));
	EXPECT_EQ(0, load(self->alice_key, self->alice, t.ring));
	ASSERT_EQ(0, keyring_describe(t.ring, &info));
	EXPECT_EQ(1, info.n_keys);
	EXPECT_EQ(t.key, info.key);
	keyring_info_clear(&info);
}

/* Positive control: on a keyring that isn't sealed every attack works. */
TEST(attacks_work_on_an_open_keyring)
{
	for (size_t i = 0; i < keyring_attacks_n; i++) {
		EXPECT_EQ(0, attack(&keyring_attacks[i], 0, NULL))
			TH_LOG("%s", keyring_attacks[i].name);
	}
}

/* Nothing else holds them: not the process that made them, not a session. */
TEST_F(keyrings, survive_their_maker)
{
	int32_t serial = 0;
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	if (!fork()) {
		if (keyctl_join_session_keyring(NULL) < 0 ||
		    keyring_ensure("carol", self->bob, &serial) ||
		    write(fds[1], &serial, sizeof(serial)) != sizeof(serial))
			_exit(1);
		_exit(0);
	}
	wait(NULL);
	ASSERT_EQ((ssize_t)sizeof(serial), read(fds[0], &serial, sizeof(serial)));
	sleep(1);	/* keys without a link are collected at once */
	EXPECT_EQ(0, keyring_check(serial, "carol", self->bob));
	EXPECT_EQ(0, load(self->bob_key, self->bob, serial));
}

/* An owner of the anchor's uid can't have its user keyring made anew. */
TEST_F(keyrings, anchor_is_not_replaced)
{
	int32_t ring = self->want[0].serial, holder = keyring_holder(ring);

	if (!fork()) {
		if (setresuid(KEYRING_ANCHOR_UID, KEYRING_ANCHOR_UID, KEYRING_ANCHOR_UID))
			_exit(1);
		keyctl_get_keyring_ID(KEY_SPEC_USER_KEYRING, 1);
		keyctl_clear(KEY_SPEC_USER_SESSION_KEYRING);
		keyctl_revoke(KEY_SPEC_USER_SESSION_KEYRING);
		keyctl_get_keyring_ID(KEY_SPEC_USER_KEYRING, 1);
		_exit(0);
	}
	wait(NULL);
	EXPECT_EQ(holder, keyring_holder(ring));
	EXPECT_EQ(0, keyring_check(ring, "alice", self->alice));
}

/* Names prove nothing: look-alikes are told apart. */
TEST_F(keyrings, look_alike)
{
	int32_t fake, key;

	ASSERT_EQ(0, keyring_create("alice", &fake));
	ASSERT_EQ(0, keyring_enrol(fake, self->alice, &key));
	EXPECT_EQ(-ESTALE, keyring_check(fake, "alice", self->alice));
	/* Even with the permissions of a sealed one. */
	ASSERT_EQ(0, keyctl_setperm(key, PERM_KEY));
	ASSERT_EQ(0, keyctl_setperm(fake, PERM_KEYRING));
	EXPECT_EQ(-ESTALE, keyring_check(fake, "alice", self->alice));
}

TEST_F(keyrings, all_or_none)
{
	struct cert broken = *self->alice;
	struct keyring_want want[2] = {
		{ .name = "dora", .cert = self->bob }, { .name = "emil", .cert = &broken },
	};
	struct keyring_info *list;
	size_t n;

	broken.der_len -= 5;
	EXPECT_EQ(-EBADMSG, keyring_make_set(want, 2));
	EXPECT_EQ(0, want[0].serial);
	sleep(1);
	ASSERT_EQ(0, keyring_list(&list, &n));
	for (size_t i = 0; i < n; i++)
		EXPECT_STRNE("dora", list[i].name);
	keyring_list_free(list, n);
}

TEST_F(keyrings, full_set)
{
	struct keyring_want want[KEYRING_SET_MAX];
	char names[KEYRING_SET_MAX][16];

	for (int i = 0; i < KEYRING_SET_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "s%d", i);
		want[i] = (struct keyring_want){ .name = names[i], .cert = self->bob };
	}
	ASSERT_EQ(0, keyring_make_set(want, KEYRING_SET_MAX));
	EXPECT_EQ(0, load(self->bob_key, self->bob, want[KEYRING_SET_MAX - 1].serial));
}

/* The kernel ignores a certificate's dates; the key's timeout stands in. */
TEST_F(keyrings, expire_with_the_certificate)
{
	int32_t serial;

	self->bob->not_after = time(NULL) + 5;
	ASSERT_EQ(0, keyring_ensure("frank", self->bob, &serial));
	EXPECT_EQ(0, load(self->bob_key, self->bob, serial));
	while (time(NULL) <= self->bob->not_after)
		usleep(100000);
	EXPECT_EQ(-EKEYEXPIRED, load(self->bob_key, self->bob, serial));
	EXPECT_EQ(-ENOKEY, keyring_check(serial, "frank", self->bob));
	EXPECT_EQ(-EKEYEXPIRED, keyring_ensure("gustav", self->bob, &serial));
}

TEST_HARNESS_MAIN
