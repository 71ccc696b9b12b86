// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy.c - any bytes as a policy file. If they are one, its rules are laid out, and
 * loads drawn for it are judged in two ways that have to agree.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rule_draw.h"

#define LOADS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Drawn loads are in "/" and "/below"; other cgroups have nothing in them. */
static int find_cgroup(const char *path, __u64 *id)
{
	unsigned int level = 0;

	for (const char *p = path; path[1] && *p; p++)
		level += *p == '/';
	*id = 2 + level;
	if (!level)
		*id = 1;
	else if (!strcmp(path, "/below"))
		*id = 0x123456789abcdef0ULL;
	return strlen(path) % 5 ? 0 : -ENOENT;
}

/* Equal bytes are judged in the same way each time. */
static __u64 sum(const uint8_t *data, size_t size)
{
	__u64 state = size;

	for (size_t i = 0; i < size; i++)
		state = (state ^ data[i]) * 0x100000001b3ULL;
	return state;
}

static void judge(struct drawn *d, const struct bpfseal_rules *rules,
		  const struct rules_keys *keys)
{
	struct rule_load l;

	for (int i = 0; i < LOADS; i++) {
		draw_load(d, &l);
		if (judge_first_rule(rules, keys, &l.facts) ==
		    rule_reference(d->doc, &d->host, &l))
			continue;
		draw_show(d, &l);
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bpfseal_rules rules;
	struct drawn d = {
		.state = sum(data, size),
		.stock = { .n = 10, .n_types = 1, .n_attach_types = 1, .n_cgroups = 1 },
		.host = { .cgroup = find_cgroup },
	};
	struct rules_keys keys;
	int err;

	if (policy_parse((const char *)data, size, "dir/fuzz.yaml", &d.doc))
		return 0;
	d.stock.cgroups[0] = (struct draw_cgroup){ .path = "/", .id = 1 };
	err = rules_compile(d.doc, &d.host, &rules, &keys);
	if (!err) {
		judge(&d, &rules, &keys);
		rules_keys_free(&keys);
	} else if (err != -E2BIG && err != -ENOSPC) {
		abort();
	}
	draw_end(&d);
	return 0;
}
