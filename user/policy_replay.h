/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy_replay.h - what a policy would have decided about recorded loads.
 */
#ifndef BPFSEAL_POLICY_REPLAY_H
#define BPFSEAL_POLICY_REPLAY_H

#include "event_facts.h"

/**
 * struct replay_group - loads of which the same was and would be decided
 * @was: reason of then, "unsigned"
 * @now: the decision now, and @is in words
 * @n: how many
 * @first: one of them
 */
struct replay_group {
	bool allowed;
	const char *was;
	struct judge_decision now;
	struct judge_words is;
	size_t n;
	struct event_facts first;
};

/**
 * struct policy_replay - all recorded loads
 * @groups: what changes comes first
 * @others: events that rules have no say in
 * @unknown: how many loads lack a fact that the policy's rules ask for, by the bits of
 *	enum event_unknown
 */
struct policy_replay {
	struct judge_policy p;
	struct replay_group *groups;
	size_t n_groups, loads, others, unknown[5];
};

/**
 * policy_replay - decide recorded loads again
 * @doc: the policy; has to outlive @out
 * @path: the file of events, "-" for standard input
 * @out: set on success; policy_replay_free()
 *
 * Prints what is wrong.
 *
 * Return: 0 or a negative errno
 */
int policy_replay(const struct policy_doc *doc, const char *path, struct policy_replay *out);

/** policy_replay_free - free what policy_replay() made */
void policy_replay_free(struct policy_replay *replay);

/** policy_replay_print - tell the result */
void policy_replay_print(FILE *f, const struct policy_replay *replay);

/** policy_replay_json - the result as JSON; NULL: no memory. json_decref() */
json_t *policy_replay_json(const struct policy_replay *replay);

#endif
