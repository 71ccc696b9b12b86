// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * judge.c - which rule decides a load; the counterpart of bpf/match.h.
 */
#include "judge.h"

#include <string.h>

static __u16 vector_of(const struct bpfseal_rules *r, const struct rules_keys *keys,
		       unsigned int field, const void *value, size_t len)
{
	struct bpfseal_key key = { .field = field };
	const __u32 *number;

	memcpy(key.value, value, len);
	number = rules_key_find(keys, &key);
	return number ? (__u16)*number : r->other[field];
}

static __u16 context_vector(const struct bpfseal_rules *r, const struct judge_load *l)
{
	unsigned int context = l->level & BPFSEAL_C_LEVEL;

	context |= l->nested ? BPFSEAL_C_NESTED : 0;
	context |= l->token ? BPFSEAL_C_TOKEN : 0;
	context |= l->host_user_ns ? BPFSEAL_C_HOST_USER_NS : 0;
	context |= l->host_mount_ns ? BPFSEAL_C_HOST_MOUNT_NS : 0;
	context |= l->host_net_ns ? BPFSEAL_C_HOST_NET_NS : 0;
	return r->contexts[context];
}

/* The nearest of the cgroup and its ancestors that a rule names. */
static __u16 cgroup_vector(const struct bpfseal_rules *r, const struct rules_keys *keys,
			   const struct judge_load *l)
{
	const __u32 *number;

	if (!rules_ask(r, BPFSEAL_F_CGROUP))
		return r->other[BPFSEAL_F_CGROUP];
	for (int level = BPFSEAL_CGROUP_LEVELS - 1; level >= 0; level--) {
		if (!l->cgroups[level])
			continue;
		number = rules_cgroup_find(keys, l->cgroups[level]);
		if (number)
			return (__u16)*number;
	}
	return r->other[BPFSEAL_F_CGROUP];
}

static __u16 path_vector(const struct bpfseal_rules *r, const struct rules_keys *keys,
			 const struct judge_load *l)
{
	struct bpfseal_key key = { .field = BPFSEAL_F_EXE_PATH };
	const __u32 *number;

	key.value[0] = rules_path_hash(r->path_seed, l->exe_path);
	number = l->host_mount_ns ? rules_key_find(keys, &key) : NULL;
	if (!number || memcmp(r->paths[*number], l->exe_path, sizeof(l->exe_path)))
		return r->other[BPFSEAL_F_EXE_PATH];
	return r->path_vectors[*number];
}

static __u16 digest_vector(const struct bpfseal_rules *r, const struct rules_keys *keys,
			   const struct judge_load *l)
{
	if (!l->has_digest)
		return r->other[BPFSEAL_F_DIGEST];
	return vector_of(r, keys, BPFSEAL_F_DIGEST, l->digest, sizeof(l->digest));
}

static __u16 exe_digest_vector(const struct bpfseal_rules *r, const struct rules_keys *keys,
			       const struct judge_load *l)
{
	if (!l->has_exe_digest)
		return r->unmeasured;
	return vector_of(r, keys, BPFSEAL_F_EXE_DIGEST, l->exe_digest, sizeof(l->exe_digest));
}

void judge_vectors(const struct bpfseal_rules *r, const struct rules_keys *keys,
		   const struct judge_load *l, __u16 vectors[BPFSEAL_FIELDS])
{
	vectors[BPFSEAL_F_CONTEXT] = context_vector(r, l);
	vectors[BPFSEAL_F_SIGNER] = r->signers[l->signer % BPFSEAL_SIGNER_VALUES];
	vectors[BPFSEAL_F_TYPE] = rules_type(r, l->type, l->attach_type);
	vectors[BPFSEAL_F_ALIVE] = rules_alive(r, l->now);
	vectors[BPFSEAL_F_UID] = vector_of(r, keys, BPFSEAL_F_UID, &l->uid, sizeof(l->uid));
	vectors[BPFSEAL_F_CGROUP] = cgroup_vector(r, keys, l);
	vectors[BPFSEAL_F_EXE_PATH] = path_vector(r, keys, l);
	vectors[BPFSEAL_F_EXE_DIGEST] = exe_digest_vector(r, keys, l);
	vectors[BPFSEAL_F_DIGEST] = digest_vector(r, keys, l);
}

__u32 judge_first_rule(const struct bpfseal_rules *r, const struct rules_keys *keys,
		       const struct judge_load *l)
{
	__u16 vectors[BPFSEAL_FIELDS];

	judge_vectors(r, keys, l, vectors);
	return rules_first(r, vectors, 0);
}
