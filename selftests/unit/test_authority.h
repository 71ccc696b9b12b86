/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_authority.h - what tests of the policy authority have in common: an authority, a
 * policy it may sign, and the trust store and stored policy below the test's directory.
 */
#ifndef UNIT_TEST_AUTHORITY_H
#define UNIT_TEST_AUTHORITY_H

#include "kselftest_harness.h"

#include <errno.h>
#include <sys/stat.h>
#include "authority.h"
#include "file.h"
#include "hex.h"
#include "statement.h"
#include "store.h"
#include "test_cert.h"

#define ROOT "."
#define NOW 2000000000

FIXTURE(authority) {
	char dir[32];
	EVP_PKEY *key, *other_key, *signer_key;
	struct cert *cert, *other, *signer;
	struct bpfseal_policy *running;
	struct policy_doc *doc;
	struct capture said;
};

/* A policy file whose one signer is s.crt, with its fingerprint, or that line instead. */
static inline void put_policy(FIXTURE_DATA(authority) *self, unsigned int version, const char *line)
{
	char text[512], fingerprint[100];

	snprintf(fingerprint, sizeof(fingerprint), "    fingerprint: \"%s\"\n",
		 hex_of(self->signer->fingerprint).s);
	snprintf(text, sizeof(text), "version: %u\nmode: enforcing\nrequire: metadata\nsigners:\n"
		 "  - name: team\n    certificate: s.crt\n%s", version, line ? line : fingerprint);
	put_text("p.yaml", text);
}

static inline void sign_file(const char *path, const char *sig_path, EVP_PKEY *key,
		      const struct cert *cert)
{
	uint8_t *text, *sig;
	size_t len, sig_len;

	must(!file_read(path, POLICY_FILE_MAX, &text, &len, NULL), path);
	must(!statement_sign(key, cert, text, len, &sig, &sig_len), "statement_sign");
	put_file(sig_path, sig, sig_len);
	free(text);
	free(sig);
}

static inline void put_signed(FIXTURE_DATA(authority) *self, unsigned int version)
{
	put_policy(self, version, NULL);
	sign_file("p.yaml", "p.yaml.p7s", self->key, self->cert);
}

static inline int admit_at(FIXTURE_DATA(authority) *self, const struct bpfseal_policy *running,
		    time_t now)
{
	struct policy_source src;
	int err;

	policy_free(self->doc);
	self->doc = NULL;
	capture_begin(&self->said, 2);
	err = policy_source_read("p.yaml", &src);
	if (!err) {
		err = authority_admit(ROOT, &src, running, now, &self->doc);
		policy_source_free(&src);
	}
	capture_end(&self->said);
	return err;
}

static inline int admit(FIXTURE_DATA(authority) *self, const struct bpfseal_policy *running)
{
	return admit_at(self, running, NOW);
}

static inline int change(FIXTURE_DATA(authority) *self, const struct cert *cert,
		  const struct bpfseal_policy *running, const char *sig_path)
{
	struct authority_change change = { .cert = cert };
	uint8_t *sig = NULL;
	int err;

	if (sig_path)
		must(!file_read(sig_path, STATEMENT_MAX, &sig, &change.sig_len, NULL), sig_path);
	change.sig = sig;
	capture_begin(&self->said, 2);
	err = authority_change(ROOT, running, &change, NOW);
	capture_end(&self->said);
	free(sig);
	return err;
}

/* A statement by @by that @next follows it (or nobody), in s.p7s. */
static inline void put_statement(EVP_PKEY *key, const struct cert *by, const struct cert *next)
{
	uint8_t *data, *sig;
	size_t len, sig_len;

	data = authority_statement(by->fingerprint, next, &len);
	must(data && !statement_sign(key, by, data, len, &sig, &sig_len), "statement");
	put_file("s.p7s", sig, sig_len);
	free(data);
	free(sig);
}

/* Is the trust store's this one? NULL: is there none? */
static inline bool store_is(const struct cert *cert)
{
	struct cert *found;
	bool same;

	if (authority_load(ROOT, &found))
		return false;
	same = !found == !cert && (!cert || !memcmp(cert->fingerprint, found->fingerprint, 32));
	cert_free(found);
	return same;
}

/* What install does after the kernel has taken the policy. */
static inline int store(FIXTURE_DATA(authority) *self, bool commit)
{
	struct compile_signer signer = { .cert = self->signer };
	struct store_change *change;
	struct policy_source src;
	int err;

	must(!policy_source_read("p.yaml", &src), "p.yaml");
	err = store_begin(ROOT, &src, self->doc, &signer, &change);
	if (!err) {
		err = store_commit(change);
		if (!commit)
			store_revert(change);
		store_end(change);
	}
	policy_source_free(&src);
	return err;
}

FIXTURE_SETUP(authority)
{
	struct test_cert t = { .cn = "authority" };

	enter_temp_dir(self->dir);
	umask(022);
	self->key = put_cert("a", &t);
	t.cn = "other";
	self->other_key = put_cert("b", &t);
	t.cn = "signer";
	self->signer_key = put_cert("s", &t);
	ASSERT_EQ(0, cert_load("a.crt", &self->cert));
	ASSERT_EQ(0, cert_load("b.crt", &self->other));
	ASSERT_EQ(0, cert_load("s.crt", &self->signer));
	self->running = calloc(1, sizeof(*self->running));
	self->running->abi = BPFSEAL_ABI;
	self->running->version = 5;
	memcpy(self->running->authority, self->cert->fingerprint, 32);
	ASSERT_EQ(0, change(self, self->cert, NULL, NULL));
}

FIXTURE_TEARDOWN(authority)
{
	EVP_PKEY_free(self->key);
	EVP_PKEY_free(self->other_key);
	EVP_PKEY_free(self->signer_key);
	cert_free(self->cert);
	cert_free(self->other);
	cert_free(self->signer);
	policy_free(self->doc);
	free(self->running);
	leave_temp_dir(self->dir);
}

#define REFUSED(error, why, running) do { \
	EXPECT_EQ(error, admit(self, running)) TH_LOG("%s", self->said.text); \
	EXPECT_NE(NULL, strstr(self->said.text, why)) TH_LOG("%s", self->said.text); \
	EXPECT_EQ(NULL, self->doc); \
} while (0)

#define ADMITTED(running) \
	EXPECT_EQ(0, admit(self, running)) TH_LOG("%s", self->said.text)

#endif
