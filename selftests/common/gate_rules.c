// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gate_rules.c - other rules for the policy in force, fast.
 */
#include <errno.h>
#include <stdlib.h>

#include "gate.h"
#include "host.h"
#include "pins.h"

#define POLICY GATE_TMP "/rules.yaml"

/* The identity isn't computed: each policy only has to have another one. */
static void name_policy(struct bpfseal_policy *p)
{
	p->generation++;
	p->digest[0] = (__u8)p->generation;
	p->digest[1] = (__u8)(p->generation >> 8);
}

static int put_into_force(struct bpfseal_table *table, const struct rules_keys *keys)
{
	struct switch_maps maps;
	int err = switch_open(&maps);

	if (err)
		return err;
	err = switch_to(&maps, table, keys);
	switch_close(&maps);
	return err;
}

int gate_rules(const struct gate_policy *policy)
{
	struct bpfseal_table *table = NULL;
	struct policy_doc *doc = NULL;
	struct rules_keys keys = {};
	struct rules_host host;
	int err;

	err = gate_policy_write(POLICY, policy);
	if (!err)
		err = policy_load(POLICY, &doc);
	if (!err)
		err = pins_table_read(&table);
	if (!err)
		err = host_look(&host);
	if (!err)
		err = rules_compile(doc, &host, &table->rules, &keys);
	if (!err) {
		name_policy(&table->policy);
		err = put_into_force(table, &keys);
	}
	rules_keys_free(&keys);
	free(table);
	policy_free(doc);
	return err;
}
