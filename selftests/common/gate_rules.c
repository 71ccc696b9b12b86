// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gate_rules.c - other rules for the policy in force, fast; and a policy that is spoilt.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

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
	int err, control = control_open();

	if (control < 0)
		return control;
	err = control_switch(control, table, keys);
	close(control);
	return err;
}

int gate_policy_change(const struct bpfseal_policy *policy)
{
	struct bpfseal_table *table = calloc(1, sizeof(*table));
	const struct rules_keys none = {};
	int err;

	if (!table)
		return -ENOMEM;
	table->policy = *policy;
	err = put_into_force(table, &none);
	free(table);
	return err;
}

int gate_own_map(const char *name)
{
	struct bpf_prog_info info = {};
	struct bpf_map_info map = {};
	__u32 ids[64], len = sizeof(info), map_len = sizeof(map);
	int control = control_open(), fd = -ENOENT;

	if (control < 0)
		return control;
	info.nr_map_ids = GATE_COUNT(ids);
	info.map_ids = (uintptr_t)ids;
	if (bpf_prog_get_info_by_fd(control, &info, &len))
		info.nr_map_ids = 0;
	close(control);
	for (__u32 i = 0; i < info.nr_map_ids; i++) {
		fd = bpf_map_get_fd_by_id(ids[i]);
		if (fd < 0)
			return -errno;
		if (!bpf_map_get_info_by_fd(fd, &map, &map_len) && !strcmp(map.name, name))
			return fd;
		close(fd);
		fd = -ENOENT;
	}
	return fd;
}

int gate_policy_remove(void)
{
	const uint32_t zero = 0;
	struct bpfseal_state state;
	int fd = gate_own_map("bpfseal.bss"), err;

	if (fd < 0)
		return fd;
	err = gate_map_lookup(fd, &zero, &state);
	state.banks = 0;
	if (!err)
		err = gate_map_update(fd, &zero, &state);
	close(fd);
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
		err = report_table(&table);
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
