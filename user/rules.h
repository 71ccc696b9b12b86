/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules.h - lays a policy's rules out for matching: see bpf/rules_layout.h.
 */
#ifndef BPFSEAL_RULES_USER_H
#define BPFSEAL_RULES_USER_H

#include <stddef.h>

#include "policy.h"
#include "rules_layout.h"

/**
 * struct rules_host - what rules mean on a host
 * @user_ns: inode numbers of its namespaces; likewise the other two
 * @cgroup: sets a cgroup's id, or returns a negative errno, after which no load is in
 *	that cgroup; NULL: none exists
 */
struct rules_host {
	__u32 user_ns;
	__u32 mount_ns;
	__u32 net_ns;
	int (*cgroup)(const char *path, __u64 *id);
};

/**
 * struct rules_keys - all that the rules look up by hash
 * @list: in the order of memcmp() over the keys
 */
struct rules_keys {
	struct rules_key *list;
	size_t n;
};

/**
 * rules_compile - lay out the rules of a policy
 * @doc: the policy
 * @host: what they mean here
 * @out: set on success
 * @keys: set on success; free with rules_keys_free()
 *
 * Prints what is wrong.
 *
 * Return: 0, -ENOMEM, -ENOSPC (the rules tell more values apart than there is room
 * for) or -E2BIG (too many executables or cgroups, or a cgroup that is too deep)
 */
int rules_compile(const struct policy_doc *doc, const struct rules_host *host,
		  struct bpfseal_rules *out, struct rules_keys *keys);

/** rules_keys_free - free what rules_compile() made */
void rules_keys_free(struct rules_keys *keys);

/**
 * rules_key_find - the number a key leads to
 * @keys: the keys
 * @key: the key
 *
 * Return: the number, or NULL
 */
const __u32 *rules_key_find(const struct rules_keys *keys, const struct bpfseal_key *key);

/**
 * rules_cgroup_find - the vector of a cgroup
 * @keys: the keys
 * @id: the cgroup's, on the host that the rules were compiled for
 *
 * Return: the vector's number, or NULL if no rule names it
 */
const __u32 *rules_cgroup_find(const struct rules_keys *keys, __u64 id);

/** rules_ask - does any of the rules look at this field of a load? */
static inline bool rules_ask(const struct bpfseal_rules *rules, enum bpfseal_field field)
{
	return rules->fields >> field & 1;
}

#endif
