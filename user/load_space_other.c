// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load_space_other.c - values that no rule names, found by counting.
 */
#include "load_space_other.h"

#include <string.h>

static bool names_uid(const struct space *s, __u32 uid)
{
	for (unsigned int i = 0; i < s->n; i++)
		for (unsigned int k = 0; k < s->p[i]->doc->n_rules; k++)
			for (size_t j = 0; j < s->p[i]->doc->rules[k].n_uids; j++)
				if (s->p[i]->doc->rules[k].uids[j] == uid)
					return true;
	return false;
}

__u32 space_other_uid(const struct space *s)
{
	__u32 uid = 1000;

	while (names_uid(s, uid))
		uid++;
	return uid;
}

static bool is_in(const struct policy_sha256 *list, size_t n, const uint8_t *digest)
{
	for (size_t i = 0; i < n; i++)
		if (!memcmp(list[i].bytes, digest, sizeof(list[i].bytes)))
			return true;
	return false;
}

static bool names_executable(const struct policy_doc *doc, const uint8_t *digest)
{
	const struct policy_digests *d;

	for (unsigned int i = 0; i < doc->n_rules; i++) {
		d = &doc->rules[i].exe_digests;
		if (is_in(d->list, d->n, digest))
			return true;
	}
	for (unsigned int i = 0; i < doc->n_sets; i++)
		if (is_in(doc->sets[i].digests, doc->sets[i].n_digests, digest))
			return true;
	return false;
}

void space_other_executable(const struct space *s, uint8_t digest[BPFSEAL_DIGEST_LEN])
{
	__u32 number = 0;

	memset(digest, 0, BPFSEAL_DIGEST_LEN);
	while (names_executable(s->p[0]->doc, digest) ||
	       (s->n > 1 && names_executable(s->p[1]->doc, digest))) {
		number++;
		memcpy(digest, &number, sizeof(number));
	}
}
