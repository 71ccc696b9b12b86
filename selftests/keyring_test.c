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
#include "keyring_perm.h"

/* Root may have CAP_SYS_ADMIN, but key permissions know no capability. */
#define ALL_PERMS 0x3f3f3f3f

struct target {
	int32_t ring, key;	/* a signer's keyring, and the key in it */
	int32_t holder;		/* the keyring that holds the signer's */
	int32_t mine;		/* a keyring of the attacker */
	int32_t my_key;
	char name[KEYRING_NAME_MAX + sizeof(KEYRING_PREFIX)];	/* the keyring's */
};

static long set_perm(const struct target *t) { return keyctl_setperm(t->ring, ALL_PERMS); }
static long set_perm_key(const struct target *t) { return keyctl_setperm(t->key, ALL_PERMS); }
static long set_perm_holder(const struct target *t) { return keyctl_setperm(t->holder, ALL_PERMS); }
static long own(const struct target *t) { return keyctl_chown(t->ring, 12, 12); }
static long own_holder(const struct target *t) { return keyctl_chown(t->holder, 12, 12); }
static long invalidate(const struct target *t) { return keyctl_invalidate(t->ring); }
static long invalidate_key(const struct target *t) { return keyctl_invalidate(t->key); }
static long invalidate_holder(const struct target *t) { return keyctl_invalidate(t->holder); }
static long revoke_ring(const struct target *t) { return keyctl_revoke(t->ring); }
static long revoke_key(const struct target *t) { return keyctl_revoke(t->key); }
static long revoke_holder(const struct target *t) { return keyctl_revoke(t->holder); }
static long clear(const struct target *t) { return keyctl_clear(t->ring); }
static long clear_holder(const struct target *t) { return keyctl_clear(t->holder); }
static long link_into(const struct target *t) { return keyctl_link(t->my_key, t->ring); }
static long link_into_holder(const struct target *t) { return keyctl_link(t->my_key, t->holder); }
static long link_away(const struct target *t) { return keyctl_link(t->ring, t->mine); }
static long link_key_away(const struct target *t) { return keyctl_link(t->key, t->mine); }
static long link_holder_away(const struct target *t) { return keyctl_link(t->holder, t->mine); }
static long unlink_key(const struct target *t) { return keyctl_unlink(t->key, t->ring); }
static long unlink_ring(const struct target *t) { return keyctl_unlink(t->ring, t->holder); }
static long move_key(const struct target *t) { return keyctl_move(t->key, t->ring, t->mine, 0); }
static long move_ring(const struct target *t) { return keyctl_move(t->ring, t->holder, t->mine, 0); }
static long add(const struct target *t) { return add_key("user", "n", "x", 1, t->ring); }
static long add_to_holder(const struct target *t) { return add_key("user", "n", "x", 1, t->holder); }
static long expire(const struct target *t) { return keyctl_set_timeout(t->ring, 1); }
static long expire_key(const struct target *t) { return keyctl_set_timeout(t->key, 1); }
static long expire_holder(const struct target *t) { return keyctl_set_timeout(t->holder, 1); }
static long restrict_holder(const struct target *t) { return keyctl_restrict_keyring(t->holder, NULL, NULL); }

/* Replace the signer's keyring by another of the same name. */
static long replace(const struct target *t)
{
	return add_key("keyring", KEYRING_PREFIX "alice", NULL, 0, t->holder);
}

/* Become a possessor: make it the session keyring by its name. */
static long join(const struct target *t)
{
	if (keyctl_join_session_keyring(t->name) != t->ring) {
		errno = EACCES;		/* it made a new one */
		return -1;
	}
	return 0;
}

static const struct attack {
	const char *name;
	long (*run)(const struct target *t);
} attacks[] = {
#define A(f) { #f, f }
	A(set_perm), A(set_perm_key), A(set_perm_holder), A(own), A(own_holder),
	A(invalidate), A(invalidate_key), A(invalidate_holder),
	A(revoke_ring), A(revoke_key), A(revoke_holder), A(clear), A(clear_holder),
	A(link_into), A(link_into_holder), A(link_away), A(link_key_away), A(link_holder_away),
	A(unlink_key), A(unlink_ring), A(move_key), A(move_ring), A(add), A(add_to_holder),
	A(expire), A(expire_key), A(expire_holder), A(restrict_holder), A(replace), A(join),
#undef A
};

#define N_ATTACKS (sizeof(attacks) / sizeof(attacks[0]))

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

/* A keyring like a signer's, but open, in the attacker's own hands. */
static void make_open(struct target *t)
{
	t->holder = add_key("keyring", "holder", NULL, 0, KEY_SPEC_SESSION_KEYRING);
	/* A name of its own: those of earlier attacks may not be collected yet. */
	snprintf(t->name, sizeof(t->name), KEYRING_PREFIX "%d", getpid());
	t->ring = add_key("keyring", t->name, NULL, 0, t->holder);
	t->key = add_key("user", "key", "x", 1, t->ring);
	keyctl_setperm(t->ring, ALL_PERMS);
}

/* The errno of one attack by one attacker; ECANCELED if it couldn't be run. */
static int attack(const struct attack *a, size_t who, const struct target *sealed)
{
	struct target t = sealed ? *sealed : (struct target){ 0 };
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
			make_open(&t);
		t.mine = add_key("keyring", "mine", NULL, 0, KEY_SPEC_THREAD_KEYRING);
		t.my_key = add_key("user", "mine", "x", 1, KEY_SPEC_THREAD_KEYRING);
		if (t.mine < 0 || t.my_key < 0 || t.ring <= 0 || t.key <= 0 || t.holder <= 0)
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

/* The keyring that holds another: the user keyring of an anchor uid. */
static int32_t find_holder(int32_t ring)
{
	FILE *f = fopen("/proc/keys", "r");
	int32_t found = 0, *links;
	unsigned int serial;
	char line[512];
	int len;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%x", &serial) != 1 || !strstr(line, " _uid."))
			continue;
		len = keyctl_read_alloc((int32_t)serial, (void **)&links);
		for (int i = 0; i < len / 4; i++)
			if (links[i] == ring)
				found = (int32_t)serial;
		if (len >= 0)
			free(links);
	}
	if (f)
		fclose(f);
	return found;
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
	struct target t = {
		.ring = self->want[0].serial, .key = self->want[0].key,
		.name = KEYRING_PREFIX "alice",
	};
	struct keyring_info info;

	t.holder = find_holder(t.ring);
	ASSERT_NE(0, t.holder);
	for (size_t i = 0; i < N_ATTACKS * N_ATTACKERS; i++) {
		const struct attack *a = &attacks[i / N_ATTACKERS];
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
	for (size_t i = 0; i < N_ATTACKS; i++) {
		EXPECT_EQ(0, attack(&attacks[i], 0, NULL))
			TH_LOG("%s", attacks[i].name);
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
	int32_t ring = self->want[0].serial, holder = find_holder(ring);

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
	EXPECT_EQ(holder, find_holder(ring));
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
