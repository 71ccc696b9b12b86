/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts and records a decision. Nothing here changes one: a record that can't be
 * written only raises the reason's loss counter.
 *
 * Records are written over the oldest ones, and nobody takes them out: reading is
 * copying (report.bpf.c).
 */
#ifndef BPFSEAL_EVENT_H
#define BPFSEAL_EVENT_H

#include "exe.h"
#include "judge.h"

/**
 * struct decision - one decision on its way to the counters and the records
 * @j: the judgement
 * @hook: enum bpfseal_hook
 * @decision: enum bpfseal_decision
 * @error: errno that the caller of bpf() gets
 * @nested: the command came from a loader or another part of the kernel
 * @by_signature: enum bpfseal_reason, before the rules
 * @rule: the rule that decided, 0 if none did
 */
struct decision {
	struct judgement j;
	__u8 hook;
	__u8 decision;
	__u8 nested;
	__u8 by_signature;
	__s32 error;
	__u32 rule;
};

static __always_inline void event_digest(struct bpfseal_event *e, struct bpf_prog *prog)
{
	const __u64 *from = digest_of(prog);

	if (from)
		copy_words(e->digest, from, sizeof(e->digest));
	else
		clear_words(e->digest, sizeof(e->digest));
}

/* The caller adds the name, from wherever it is cheapest, and the id, 0 if there is none. */
static __always_inline void event_program(struct bpfseal_event *e, struct bpf_prog *prog)
{
	e->object_type = prog->type;
	e->attach_type = prog->expected_attach_type;
	e->insn_cnt = prog->len;
	e->token = prog->aux->token != NULL;
	event_digest(e, prog);
}

static __always_inline void event_map(struct bpfseal_event *e, struct bpf_map *map)
{
	e->object_type = map->map_type;
	e->attach_type = 0;
	e->insn_cnt = 0;
	e->prog_id = 0;
	copy_words(e->name, map->name, sizeof(e->name));
	clear_words(e->digest, sizeof(e->digest));
}

static __always_inline void event_loader(struct bpfseal_event *e, struct run *run)
{
	if (run) {
		e->loader_id = run->loader_id;
		copy_words(e->loader_digest, run->digest, sizeof(e->loader_digest));
	} else {
		e->loader_id = 0;
		clear_words(e->loader_digest, sizeof(e->loader_digest));
	}
}

static __always_inline void event_decision(struct bpfseal_event *e, const struct decision *d)
{
	e->decision = d->decision;
	e->hook = d->hook;
	e->nested = d->nested;
	e->error = d->error;
	e->reason = d->j.reason;
	e->attribute = d->j.attribute;
	e->level = d->j.level;
	e->keyring_type = d->j.keyring;
	e->keyring_serial = d->j.serial;
	e->signer = d->j.signer;
}

static __always_inline void event_policy(struct bpfseal_event *e, const struct decision *d,
					 struct bpfseal_policy *p)
{
	e->policy_generation = p ? p->generation : 0;
	e->mode = p ? p->mode : 0;
	e->rule = d->rule;
	if (p)
		copy_words(e->policy_digest, p->digest, sizeof(e->policy_digest));
	else
		clear_words(e->policy_digest, sizeof(e->policy_digest));
	if (p && d->rule)
		copy_words(e->rule_id, rule_at(p, d->rule)->id, sizeof(e->rule_id));
	else
		clear_words(e->rule_id, sizeof(e->rule_id));
}

/* What only some programs have, and no map. */
static __always_inline void event_defaults(struct bpfseal_event *e)
{
	clear_words(&e->token, sizeof(__u64));	/* to the end of the padding */
	clear_words(e->exe_digest, sizeof(e->exe_digest));
}

/* Raises the counter of the decision, and tells where its loss is counted. */
static __always_inline __u64 *count(const struct decision *d)
{
	struct bpfseal_counters *c;
	__u32 reason = d->j.reason;

	c = bpf_map_lookup_elem(&counters, &reason);
	if (!c)
		return NULL;
	if (d->decision == BPFSEAL_ALLOW)
		__sync_fetch_and_add(&c->allowed, 1);
	else if (d->decision == BPFSEAL_DENY)
		__sync_fetch_and_add(&c->denied, 1);
	else if (d->decision == BPFSEAL_WOULD_DENY)
		__sync_fetch_and_add(&c->would_deny, 1);
	else
		__sync_fetch_and_add(&c->rejected, 1);
	return &c->lost;
}

/*
 * The slot of a number. It isn't to be had while another record is being written there,
 * or if a later one stands there: a task can be held up anywhere, for as long as it takes
 * to fill all slots. BPFSEAL_EVENT_BUSY makes a number higher than all others.
 */
static __always_inline struct bpfseal_event *event_claim(__u64 seq)
{
	__u32 slot = seq % BPFSEAL_EVENTS;
	struct bpfseal_event *e = bpf_map_lookup_elem(&events, &slot);
	__u64 old;

	if (!e)
		return NULL;
	old = *(volatile __u64 *)&e->seq;
	if (old > seq)
		return NULL;
	if (__sync_val_compare_and_swap(&e->seq, old, seq | BPFSEAL_EVENT_BUSY) != old)
		return NULL;
	return e;
}

/**
 * event_open - count a decision and start its record
 * @p: the policy, NULL if it is missing
 * @d: the decision
 * @run: the run it came in, or NULL
 *
 * The caller adds time, task and object, every byte of them, and closes. What may be missing comes
 * first, here and there: the verifier follows what comes after it once for each possibility.
 *
 * Return: the record, to be finished with event_close(), or NULL if its slot is
 * being written to; the loss is counted then.
 */
static __always_inline struct bpfseal_event *
event_open(struct bpfseal_policy *p, const struct decision *d, struct run *run)
{
	__u64 seq = __sync_fetch_and_add(&state.seq, 1) + 1;
	struct bpfseal_event *e = event_claim(seq);
	__u64 *lost = count(d);

	if (!e) {
		if (lost)
			__sync_fetch_and_add(lost, 1);
		return NULL;
	}
	event_defaults(e);
	event_policy(e, d, p);
	event_loader(e, run);
	event_decision(e, d);
	return e;
}

/** event_close - the record is whole: x86 keeps the order of stores */
static __always_inline void event_close(struct bpfseal_event *e)
{
	barrier();
	*(volatile __u64 *)&e->seq &= ~BPFSEAL_EVENT_BUSY;
}

/**
 * decide - turn a judgement into a decision under the policy's mode
 * @p: the policy, NULL if it is missing
 * @d: the decision, with judgement and hook set; the rest is filled in
 *
 * Global, so that what follows is verified once, whatever this comes to.
 *
 * Return: 0 or -EPERM, what the hook returns.
 */
__weak __noinline int decide(const struct bpfseal_policy *p, struct decision *d __arg_nonnull)
{
	d->decision = BPFSEAL_ALLOW;
	d->error = 0;
	if (reason_allows(d->j.reason))
		return 0;
	if (p && p->mode == BPFSEAL_PERMISSIVE) {
		d->decision = BPFSEAL_WOULD_DENY;
		return 0;
	}
	d->decision = BPFSEAL_DENY;
	d->error = -EPERM;
	return -EPERM;
}

#endif /* BPFSEAL_EVENT_H */
