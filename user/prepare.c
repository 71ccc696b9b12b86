// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * prepare.c - everything a policy needs before it can be put into force.
 */
#include "prepare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cgroups.h"
#include "diag.h"
#include "hex.h"
#include "host.h"
#include "keyring.h"
#include "measure.h"
#include "pins.h"
#include "selftest.h"

static int check_fingerprint(const struct policy_signer *signer, const struct cert *cert)
{
	if (!signer->has_fingerprint || !memcmp(signer->fingerprint, cert->fingerprint, 32))
		return 0;
	diag_error("certificate %s has the fingerprint %s, not the one in the policy",
		   diag_quote(cert->path).s, hex_of(cert->fingerprint).s);
	diag_hint("subject: %s", cert->subject);
	return -EKEYREJECTED;
}

/*
 * When to judge a certificate at. A stored policy was judged when it was installed:
 * at boot, one signer too few is better than no policy, and the clock may be wrong.
 */
static time_t judge_at(const struct policy_source *src, const struct cert *cert, bool *expired)
{
	time_t now = time(NULL);

	*expired = src->stored && now > cert->not_after;
	if (!src->stored)
		return now;
	return *expired ? cert->not_after : now < cert->not_before ? cert->not_before : now;
}

static int load_certificate(const struct policy_signer *signer, const struct policy_source *src,
			    struct compile_signer *out)
{
	struct cert *cert = NULL;
	bool expired = false;
	int err;

	err = cert_load(signer->certificate, &cert);
	if (!err)
		err = check_fingerprint(signer, cert);
	if (!err)
		err = cert_check_signer(cert, judge_at(src, cert, &expired));
	if (err) {
		diag_at(src->path, signer->line, signer->column,
			"signer %s can't be trusted with this certificate", signer->name);
		cert_free(cert);
		return err;
	}
	if (expired)
		diag_warn("signer %s is left out: its certificate has expired", signer->name);
	out->cert = cert;
	out->expired = expired;
	return 0;
}

int prepare_certificates(const struct policy_doc *doc, const struct policy_source *src,
			 struct prepared *out)
{
	unsigned int i;
	int err = 0;

	out->signers = calloc(doc->n_signers, sizeof(*out->signers));
	if (!out->signers)
		return -ENOMEM;
	out->n_signers = doc->n_signers;
	for (i = 0; i < doc->n_signers && !err; i++)
		if (doc->signers[i].keyring == POLICY_KEYRING_OWN)
			err = load_certificate(&doc->signers[i], src, &out->signers[i]);
	return err;
}

/* The keyring that a signer has in the policy in force, or 0. */
static __s32 running_keyring(const struct bpfseal_policy *running, const char *name)
{
	for (unsigned int i = 0; running && i < BPFSEAL_SIGNERS_MAX; i++)
		if (!strncmp(running->names[i], name, BPFSEAL_SIGNER_NAME_LEN))
			return running->serials[i];
	return 0;
}

/* Who loads with a keyring's serial shouldn't need another one after each reload. */
static void keep_keyring(const struct policy_signer *signer, const struct bpfseal_policy *running,
			 struct compile_signer *out)
{
	__s32 serial = running_keyring(running, signer->name);

	if (serial && keyring_is(serial, signer->name, out->cert))
		out->serial = serial;
}

/*
 * The kernel hands a certificate's keyring on from one sealed policy to the next. It takes
 * no other, as it can't tell whether that will last.
 */
static void keep_sealed(const struct policy_signer *signer, const struct bpfseal_policy *running,
			struct compile_signer *out)
{
	for (unsigned int i = 0; i < BPFSEAL_SIGNERS_MAX && !out->serial; i++)
		if (!memcmp(running->fingerprints[i], out->cert->fingerprint, BPFSEAL_DIGEST_LEN))
			out->serial = running->serials[i];
	if (!out->serial)
		diag_warn("signer %s is new, and the policy is sealed: it is trusted from the next boot on",
			  signer->name);
}

/* A sealed keyring of its own for each signer that comes with a certificate. */
static int make_keyrings(const struct policy_doc *doc, const struct bpfseal_policy *running,
			 struct compile_signer *signers)
{
	bool sealed = running && running->mode == BPFSEAL_SEALED;
	struct keyring_want want[POLICY_SIGNERS_MAX] = {};
	unsigned int signer_of[POLICY_SIGNERS_MAX], i, n = 0;
	int err;

	for (i = 0; i < doc->n_signers; i++) {
		if (!signers[i].cert || signers[i].expired)
			continue;
		if (sealed) {
			keep_sealed(&doc->signers[i], running, &signers[i]);
			continue;
		}
		keep_keyring(&doc->signers[i], running, &signers[i]);
		if (signers[i].serial)
			continue;
		want[n].name = doc->signers[i].name;
		want[n].cert = signers[i].cert;
		signer_of[n++] = i;
	}
	if (!n)
		return 0;
	err = keyring_make_set(want, n);
	for (i = 0; i < n && !err; i++)
		signers[signer_of[i]].serial = want[i].serial;
	return err;
}

static int check_kernel(const struct policy_doc *doc, struct probe *probe)
{
	enum bpfseal_level need = doc->require == POLICY_REQUIRE_SIGNED ?
		BPFSEAL_LEVEL_SIGNED : BPFSEAL_LEVEL_METADATA;
	int err;

	err = probe_kernel(probe);
	return err ? err : probe_require(probe, need);
}

static int lay_out(const struct policy_doc *doc, struct prepared *p)
{
	struct rules_host host;
	int err;

	p->table = calloc(1, sizeof(*p->table));
	if (!p->table)
		return -ENOMEM;
	err = compile_policy(doc, p->signers, &p->probe.proof, &p->table->policy);
	if (err)
		return err;
	if (!doc->n_rules)
		return 0;
	err = host_look(&host);
	return err ? err : rules_compile(doc, &host, &p->table->rules, &p->keys);
}

int prepare_running(struct bpfseal_policy **running)
{
	struct bpfseal_policy *p;
	int err;

	p = malloc(sizeof(*p));
	if (!p)
		return -ENOMEM;
	err = report_policy(p);
	if (!err) {
		*running = p;
		return 0;
	}
	free(p);
	if (err == -EPROTONOSUPPORT)
		return pins_refuse_foreign();
	if (err != -ENOENT)
		diag_error("cannot read the policy in force: %s", strerror(-err));
	return err;
}

int prepare_policy(const struct policy_doc *doc, const struct policy_source *src,
		   const struct bpfseal_policy *running, struct prepared *p)
{
	int err = cgroups_check(doc, src);

	if (!err)
		err = check_kernel(doc, &p->probe);
	if (!err)
		err = measure_check(doc, src->path, &p->probe);
	if (!err && !src->stored)
		err = store_begin("", src, doc, p->signers, &p->store);
	if (!err)
		err = make_keyrings(doc, running, p->signers);
	if (!err)
		err = lay_out(doc, p);
	return err;
}

void prepare_free(struct prepared *p)
{
	for (unsigned int i = 0; p->signers && i < p->n_signers; i++)
		cert_free((struct cert *)p->signers[i].cert);
	store_end(p->store);
	free(p->signers);
	free(p->table);
	rules_keys_free(&p->keys);
	*p = (struct prepared){};
}

int prepare_confirm(enum policy_mode mode)
{
	enum selftest_result want = mode == POLICY_PERMISSIVE ? SELFTEST_REPORTED :
								SELFTEST_DENIED;
	enum selftest_result result;
	int err, load_error;

	err = selftest_run(&result, &load_error);
	if (err) {
		diag_error("cannot read the policy's counters: %s", strerror(-err));
		return err;
	}
	if (result == want || result == SELFTEST_ALLOWED)
		return 0;
	diag_error("the policy doesn't work: an unsigned load %s",
		   load_error ? strerror(load_error) : "was let through unnoticed");
	return -EIO;
}
