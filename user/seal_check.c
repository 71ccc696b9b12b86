// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * seal_check.c - what stands in the way of sealing a policy.
 *
 * A seal keeps what there is. So what was loaded before it, what the policy lets in
 * without end, and ways to change the kernel's memory are worth a look first.
 */
#include "seal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "inventory.h"
#include "pins.h"
#include "probe.h"

static const __u8 nobody[BPFSEAL_DIGEST_LEN];

static bool check_inventory(int *err)
{
	struct inventory *inv;
	size_t n;

	*err = inventory_read(&inv);
	if (*err)
		return false;
	n = inventory_not_admitted(inv);
	inventory_free(inv);
	if (!n)
		return false;
	diag_warn("%zu program%s in the kernel that the policy would not admit, and would stay", n,
		  n == 1 ? " is" : "s are");
	diag_hint("list them: bpfseal inventory");
	return true;
}

static bool check_lockdown(void)
{
	char lockdown[PROBE_LOCKDOWN_LEN];

	probe_lockdown(lockdown);
	if (lockdown[0] && strcmp(lockdown, "none"))
		return false;
	diag_warn("kernel lockdown is %s: root can change the kernel's memory, and so the policy",
		  lockdown[0] ? "off" : "unknown");
	diag_hint("boot with lockdown=integrity");
	return true;
}

/* A rule that is left when all deadlines have passed. */
static bool has_no_end(const struct bpfseal_rules *r, __u32 rule)
{
	const struct bpfseal_vector *left;

	left = &r->vectors[r->alive[r->n_deadlines % (2 * BPFSEAL_RULES_MAX)] %
			   BPFSEAL_VECTORS_MAX];
	return left->words[rule / 64] >> (rule % 64) & 1;
}

static bool check_exceptions(const struct bpfseal_rules *r)
{
	unsigned int n = 0;

	for (__u32 i = 0; i < r->n && i < BPFSEAL_RULES_MAX; i++)
		n += r->rules[i].allow && has_no_end(r, i);
	if (!n)
		return false;
	diag_warn("%u rule%s without end", n, n == 1 ? " allows" : "s allow");
	diag_hint("give exceptions an end in the policy: expires: 2027-06-30");
	return true;
}

static bool check_authority(const struct bpfseal_policy *p)
{
	if (memcmp(p->authority, nobody, sizeof(nobody)))
		return false;
	diag_warn("the policy has no authority: nothing can replace it before a reboot");
	diag_hint("name one that signs policies: bpfseal policy authority --help");
	return true;
}

int seal_check(unsigned int *n)
{
	struct bpfseal_table *table;
	bool inventory;
	int err;

	err = pins_require_installed();
	if (!err)
		err = report_table(&table);
	if (err)
		return err;
	if (table->policy.mode == BPFSEAL_PERMISSIVE) {
		diag_error("the policy is permissive, and so would deny nothing");
		diag_hint("let it enforce first: bpfseal mode enforcing");
		err = -EINVAL;
		goto out;
	}
	inventory = check_inventory(&err);
	if (!err)
		*n = inventory + check_lockdown() + check_exceptions(&table->rules) +
		     check_authority(&table->policy);
out:
	free(table);
	return err;
}
