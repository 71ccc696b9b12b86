// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_compile.c - how large a policy is once it is laid out for the kernel.
 */
#include "policy_compile.h"

#include "judge_decide.h"

/* An entry of a hash map beside key and value, and one of its buckets: on 64 bits. */
#define ENTRY_BYTES	48
#define BUCKET_BYTES	16

static size_t key_bytes(size_t n)
{
	size_t buckets = 1;

	while (buckets < n)
		buckets *= 2;
	return n * (ENTRY_BYTES + sizeof(struct bpfseal_key) + sizeof(__u64)) +
	       buckets * BUCKET_BYTES;
}

/* They are numbered without gaps, and only the first has no rule. */
static size_t count_vectors(const struct bpfseal_rules *rules)
{
	size_t n = BPFSEAL_V_ALL + 1;

	while (n < BPFSEAL_VECTORS_MAX && rules->vectors[n].filled)
		n++;
	return n;
}

static size_t count_digests(const struct policy_doc *doc)
{
	size_t n = 0;

	for (unsigned int i = 0; i < doc->n_sets; i++)
		n += doc->sets[i].n_digests;
	for (unsigned int i = 0; i < doc->n_rules; i++)
		n += doc->rules[i].digests.n + doc->rules[i].exe_digests.n;
	return n;
}

int policy_compile(const struct policy_doc *doc, struct policy_sizes *out)
{
	struct judge_policy p = {};
	int err = judge_policy_make(doc, &p);

	if (err)
		return err;
	*out = (struct policy_sizes){
		.signers = doc->n_signers,
		.rules = doc->n_rules,
		.sets = doc->n_sets,
		.digests = count_digests(doc),
		.vectors = count_vectors(p.rules),
		.keys = p.keys.n,
		.bytes = sizeof(struct bpfseal_table) + key_bytes(p.keys.n),
		.cgroups = rules_ask(p.rules, BPFSEAL_F_CGROUP),
	};
	judge_policy_free(&p);
	return 0;
}
