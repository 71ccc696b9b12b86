/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroups.h - do a policy's rules mean the cgroups that there are?
 *
 * A rule names a cgroup by its path, which is looked up when the policy is put into
 * force; from then on the cgroup's id counts. A rule that names one that isn't there
 * never matches for it, which for a rule that denies is the wrong side to err on.
 */
#ifndef BPFSEAL_CGROUPS_H
#define BPFSEAL_CGROUPS_H

#include <stdbool.h>

#include "policy.h"
#include "source.h"

/**
 * cgroups_check - are the cgroups there that a policy's rules name?
 * @doc: the policy
 * @src: the same, as it was read
 *
 * Warns of those that aren't. For a rule that denies that is an error, unless the policy
 * is the stored one: at boot, cgroups that are made later are better than no policy.
 *
 * Return: 0, or -ENOENT
 */
int cgroups_check(const struct policy_doc *doc, const struct policy_source *src);

/** cgroups_fn - called for a path; @absent: nothing is there now, or else another cgroup */
typedef void (*cgroups_fn)(void *arg, const char *path, bool absent);

/**
 * cgroups_lost - the cgroups that rules of the policy in force name, and don't match
 * @fn: called for each of them once, in the order of their paths
 * @arg: for @fn
 *
 * The kernel has their ids only, so the paths are taken from the stored policy.
 *
 * Return: 0, -ENODATA (the policy in force isn't stored) or another negative errno
 */
int cgroups_lost(cgroups_fn fn, void *arg);

#endif
