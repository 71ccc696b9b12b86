// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * compile.c - lays a policy out for the kernel, so that a decision needs no
 * search: each keyring's serial has one slot it can stand in.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "diag.h"
#include "host.h"
#include "policy_show.h"

_Static_assert(POLICY_SIGNERS_MAX == BPFSEAL_SIGNERS_MAX, "file and kernel agree");
_Static_assert(POLICY_NAME_MAX + 1 == BPFSEAL_SIGNER_NAME_LEN, "file and kernel agree");

/* With 64 signers in 512 slots about one multiplier in 60 will do. */
#define MULTIPLIERS_TRIED 100000

#define SECOND 1000000000ULL

/* An odd 32-bit number for each @i, well spread (golden ratio). */
static __u32 nth_multiplier(__u32 i)
{
	return (i * 0x9e3779b9u) | 1;
}

static bool place_signers(struct bpfseal_policy *p)
{
	struct bpfseal_signer *slot;
	unsigned int i;

	memset(p->slots, 0, sizeof(p->slots));
	for (i = 0; i < p->n_signers; i++) {
		if (!p->serials[i])
			continue;
		slot = &p->slots[bpfseal_slot(p->multiplier, p->serials[i])];
		if (slot->id)
			return false;
		*slot = p->signers[i];
		slot->serial = p->serials[i];
	}
	return true;
}

static int find_multiplier(struct bpfseal_policy *p)
{
	__u32 i;

	for (i = 1; i <= MULTIPLIERS_TRIED; i++) {
		p->multiplier = nth_multiplier(i);
		if (place_signers(p))
			return 0;
	}
	return -ENOSPC;
}

static void fill_rights(const struct policy_signer *signer, __u32 id, struct bpfseal_signer *out)
{
	out->id = id;
	out->types = signer->types;
	memcpy(out->attach_types, signer->attach_types, sizeof(out->attach_types));
	out->from = (__u64)signer->from * SECOND;
	out->until = (__u64)signer->until * SECOND;
}

static int add_system(const struct policy_signer *signer, __u32 id, struct bpfseal_policy *p)
{
	unsigned int slot = signer->keyring - POLICY_KEYRING_BUILTIN + BPFSEAL_BUILTIN;

	if (p->system[slot].id) {
		diag_error("signer %s: another signer has the %s keyring already",
			   signer->name, policy_keyring_name(signer->keyring));
		return -EEXIST;
	}
	fill_rights(signer, id, &p->system[slot]);
	return 0;
}

static int add_signers(const struct policy_doc *doc, const struct policy_fingerprint *fingerprints,
		       struct bpfseal_policy *p)
{
	int err = 0;

	p->n_signers = doc->n_signers;
	for (unsigned int i = 0; i < doc->n_signers && !err; i++) {
		snprintf(p->names[i], sizeof(p->names[i]), "%s", doc->signers[i].name);
		memcpy(p->fingerprints[i], fingerprints[i].bytes, sizeof(p->fingerprints[i]));
		if (doc->signers[i].keyring == POLICY_KEYRING_OWN)
			fill_rights(&doc->signers[i], i + 1, &p->signers[i]);
		else
			err = add_system(&doc->signers[i], i + 1, p);
	}
	return err;
}

int compile_anywhere(const struct policy_doc *doc, const struct policy_fingerprint *fingerprints,
		     struct bpfseal_policy *p)
{
	p->require = doc->require == POLICY_REQUIRE_SIGNED ? BPFSEAL_LEVEL_SIGNED :
							     BPFSEAL_LEVEL_METADATA;
	p->default_allow = doc->default_allow;
	p->version = doc->version;
	return add_signers(doc, fingerprints, p) ?: policy_show_digest(doc, fingerprints, p->digest);
}

static void take_fingerprints(const struct policy_doc *doc, const struct compile_signer *signers,
			      struct policy_fingerprint *out)
{
	for (unsigned int i = 0; i < doc->n_signers; i++)
		if (signers[i].cert)
			memcpy(out[i].bytes, signers[i].cert->fingerprint, sizeof(out[i].bytes));
}

static int fill_host(const struct policy_doc *doc, const struct compile_signer *signers,
		     const struct proof *proof, struct bpfseal_policy *p)
{
	p->abi = BPFSEAL_ABI;
	p->mode = doc->mode == POLICY_PERMISSIVE ? BPFSEAL_PERMISSIVE : BPFSEAL_ENFORCING;
	p->require_loader = proof->promotes ? BPFSEAL_LEVEL_SIGNED : p->require;
	p->verified_level = proof->level;
	p->promotes = proof->promotes;
	p->signs_btf = proof->signs_btf;
	p->tai_utc = host_tai_utc();
	p->utc_offset = host_utc_boot();
	memcpy(p->authority, doc->authority, sizeof(p->authority));
	for (unsigned int i = 0; i < doc->n_signers; i++)
		if (doc->signers[i].keyring == POLICY_KEYRING_OWN)
			p->serials[i] = signers[i].serial;
	return find_multiplier(p);
}

int compile_policy(const struct policy_doc *doc, const struct compile_signer *signers,
		   const struct proof *proof, struct bpfseal_policy *out)
{
	struct policy_fingerprint fingerprints[POLICY_SIGNERS_MAX] = {};
	struct bpfseal_policy *p;
	int err;

	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	take_fingerprints(doc, signers, fingerprints);
	err = compile_anywhere(doc, fingerprints, p);
	if (!err)
		err = fill_host(doc, signers, proof, p);
	if (!err)
		*out = *p;
	free(p);
	return err;
}

int compile_digest(const struct policy_doc *doc, const struct compile_signer *signers,
		   __u8 digest[BPFSEAL_DIGEST_LEN])
{
	struct policy_fingerprint fingerprints[POLICY_SIGNERS_MAX] = {};

	take_fingerprints(doc, signers, fingerprints);
	return policy_show_digest(doc, fingerprints, digest);
}
