/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * event_facts.h - a load as an event of 'bpfseal events --json' tells it.
 */
#ifndef BPFSEAL_EVENT_FACTS_H
#define BPFSEAL_EVENT_FACTS_H

#include <jansson.h>

#include "judge_decide.h"

/**
 * enum event_unknown - what an event doesn't tell; no rule that asks for it matches,
 *	but for rules that deny by the executable's digest
 */
enum event_unknown {
	EVENT_NO_DIGEST = 1 << 0,
	EVENT_NO_PATH = 1 << 1,		/* or the last name only */
	EVENT_NO_CGROUP = 1 << 2,
	EVENT_NO_SIGNER = 1 << 3,	/* there is one, but its name isn't told */
	EVENT_NO_EXE_DIGEST = 1 << 4,	/* the policy didn't ask, or nobody could tell */
};

/**
 * struct event_facts - a recorded load
 * @l: what rules see of it
 * @cgroup, @exe_path: texts of it, NULL if not known; in the event
 * @allowed: what was decided, whatever the mode
 * @reason: why: enum bpfseal_reason
 * @unknown: enum event_unknown
 */
struct event_facts {
	struct judge_load l;
	char cgroup[POLICY_CGROUP_MAX + 1];
	char exe_path[POLICY_PATH_MAX + 1];
	uint64_t seq;
	bool allowed;
	__u8 reason, attribute;
	unsigned int unknown;
};

/**
 * event_facts_read - take the facts from an event
 * @event: the JSON object
 * @doc: whose signers it may be signed by
 * @out: set on success
 *
 * Return: 0; -ENOENT: it isn't a load that rules may decide (a map, a refusal by the
 * kernel, the summary); -EBADMSG: it isn't an event, or not a complete one
 */
int event_facts_read(const json_t *event, const struct policy_doc *doc,
		     struct event_facts *out);

/**
 * event_facts_decide - what a policy makes of a recorded load
 * @p: the policy
 * @f: the load; of @f->l a signature that doesn't count is taken away
 * @out: set
 *
 * What the state of a loader decided, and what a signature doesn't cover, stays as it
 * was recorded.
 */
void event_facts_decide(const struct judge_policy *p, struct event_facts *f,
			struct judge_decision *out);

/**
 * event_facts_base - the same without rules and default
 */
void event_facts_base(const struct judge_policy *p, struct event_facts *f,
		      struct judge_decision *out);

/**
 * event_lines_read - call a function for each event of a file
 * @path: the file of JSON lines, "-" for standard input
 * @fn: called with each object; what it returns, if not 0, ends the reading
 * @ctx: for @fn
 *
 * Prints FILE:LINE: what is wrong.
 *
 * Return: 0, what @fn returned, -EBADMSG (not JSON) or another negative errno
 */
int event_lines_read(const char *path, int (*fn)(void *ctx, const json_t *event), void *ctx);

#endif
