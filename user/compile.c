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

/* An odd 32-bit number for each @i, well spread (golden ratio). */
static __u32 nth_multiplier(__u32 i)
{
	return (i * 0x9e3779b9u) | 1;
}

static bool place_signers(const struct bpfseal_signer *signers, unsigned int n,
			  struct bpfseal_policy *p)
{
	struct bpfseal_signer *slot;
	unsigned int i;

	memset(p->slots, 0, sizeof(p->slots));
	for (i = 0; i < n; i++) {
		if (!signers[i].serial)
			continue;
		slot = &p->slots[bpfseal_slot(p->multiplier, signers[i].serial)];
		if (slot->id)
			return false;
		*slot = signers[i];
	}
	return true;
}

static int find_multiplier(const struct bpfseal_signer *signers, unsigned int n,
			   struct bpfseal_policy *p)
{
	__u32 i;

	for (i = 1; i <= MULTIPLIERS_TRIED; i++) {
		p->multiplier = nth_multiplier(i);
		if (place_signers(signers, n, p))
			return 0;
	}
	return -ENOSPC;
}

/* UTC in seconds, as CLOCK_TAI in ns; 0 stays "no limit". */
static __u64 tai_ns(int64_t utc)
{
	return utc ? (__u64)(utc + host_tai_utc()) * 1000000000ULL : 0;
}

static void fill_rights(const struct policy_signer *signer, __u32 id, struct bpfseal_signer *out)
{
	out->id = id;
	out->types = signer->types;
	memcpy(out->attach_types, signer->attach_types, sizeof(out->attach_types));
	out->from = tai_ns(signer->from);
	out->until = tai_ns(signer->until);
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

int compile_policy(const struct policy_doc *doc, const struct compile_signer *signers,
		   const struct proof *proof, struct bpfseal_policy *out)
{
	struct bpfseal_signer own[BPFSEAL_SIGNERS_MAX] = {};
	struct bpfseal_policy *p;
	unsigned int i;
	int err;

	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->abi = BPFSEAL_ABI;
	p->mode = doc->mode == POLICY_PERMISSIVE ? BPFSEAL_PERMISSIVE : BPFSEAL_ENFORCING;
	p->require = doc->require == POLICY_REQUIRE_SIGNED ? BPFSEAL_LEVEL_SIGNED :
							     BPFSEAL_LEVEL_METADATA;
	p->require_loader = proof->promotes ? BPFSEAL_LEVEL_SIGNED : p->require;
	p->verified_level = proof->level;
	p->promotes = proof->promotes;
	p->signs_btf = proof->signs_btf;
	p->n_signers = doc->n_signers;
	p->default_allow = doc->default_allow;
	p->tai_offset = host_tai_boot();
	p->version = doc->version;
	memcpy(p->authority, doc->authority, sizeof(p->authority));
	for (i = 0; i < doc->n_signers; i++) {
		snprintf(p->names[i], sizeof(p->names[i]), "%s", doc->signers[i].name);
		if (doc->signers[i].keyring == POLICY_KEYRING_OWN) {
			own[i].serial = signers[i].serial;
			fill_rights(&doc->signers[i], i + 1, &own[i]);
			continue;
		}
		err = add_system(&doc->signers[i], i + 1, p);
		if (err)
			goto out;
	}
	err = find_multiplier(own, doc->n_signers, p);
	if (err)
		goto out;
	err = compile_digest(doc, signers, p->digest);
	if (!err)
		*out = *p;
out:
	free(p);
	return err;
}

int compile_digest(const struct policy_doc *doc, const struct compile_signer *signers,
		   __u8 digest[BPFSEAL_DIGEST_LEN])
{
	struct policy_fingerprint fingerprints[POLICY_SIGNERS_MAX] = {};

	for (unsigned int i = 0; i < doc->n_signers; i++)
		if (signers[i].cert)
			memcpy(fingerprints[i].bytes, signers[i].cert->fingerprint,
			       sizeof(fingerprints[i].bytes));
	return policy_show_digest(doc, fingerprints, digest);
}
