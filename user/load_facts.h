/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load_facts.h - loads that aren't under way: told by a test case or an event.
 *
 * They are judged against a host that doesn't exist, on which every cgroup does.
 */
#ifndef BPFSEAL_LOAD_FACTS_H
#define BPFSEAL_LOAD_FACTS_H

#include "judge.h"

/**
 * load_facts_host - a host for policies that nothing will be loaded under
 * @host: set
 *
 * A cgroup's id is a hash of its path, as for load_facts_cgroup().
 */
void load_facts_host(struct rules_host *host);

/**
 * load_facts_begin - an unsigned load by root on the host, now
 * @l: set; of no type yet
 */
void load_facts_begin(struct judge_load *l);

/**
 * load_facts_cgroup - place a load in a cgroup
 * @l: the load
 * @path: as in /proc/PID/cgroup; NULL: in none that is known, not even the root
 */
void load_facts_cgroup(struct judge_load *l, const char *path);

/**
 * load_facts_executable - let an executable make the load
 * @l: the load
 * @path: its path, at most POLICY_PATH_MAX bytes; NULL: not known
 */
void load_facts_executable(struct judge_load *l, const char *path);

/**
 * load_facts_time - let the load be made at another time
 * @l: the load
 * @utc: seconds since 1970
 */
void load_facts_time(struct judge_load *l, int64_t utc);

/**
 * load_facts_attach_type - the attach type of a load that gives none
 * @type: program type
 *
 * Return: what the kernel makes of it, 0 for most types
 */
__u32 load_facts_attach_type(__u32 type);

#endif
