/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of a program once it is decided: loaders are admitted, and what
 * the first fd or the inventory will ask for is kept.
 */
#ifndef BPFSEAL_ADMIT_H
#define BPFSEAL_ADMIT_H

#include "event.h"
#include "match.h"
#include "run.h"

/* Global, as what follows, so that each is verified once, and what comes after it from one state. */

__weak __noinline bool take_loader_slot(struct bpf_prog *prog __arg_trusted,
					const struct bpfseal_policy *p __arg_nonnull,
					const struct decision *d __arg_nonnull)
{
	__u64 loaded = prog->aux->load_time;
	struct loader *loader;
	__u32 i;

	for (i = 0; i < LOADER_PROBES; i++) {
		loader = loader_slot(loaded, i);
		if (!loader || __sync_val_compare_and_swap(&loader->aux, 0, (__u64)prog->aux))
			continue;
		loader->serial = d->j.serial;
		loader->keyring = d->j.keyring;
		loader->by_rule = d->by_signature == BPFSEAL_R_SIGNER ? 0 : d->rule;
		loader->generation = p->generation;
		loader->loaded = loaded;
		loader->state = LOADER_ADMITTED;
		return true;
	}
	return false;
}

/**
 * admit_loader - let a loader run, if the judgement on its load is good
 * @prog: the program
 * @p: the policy, NULL if it is missing
 * @d: the decision; denied if there is no room for another loader
 *
 * Return: 0, as a global function has to return a number
 */
__weak __noinline int admit_loader(struct bpf_prog *prog __arg_trusted,
				   const struct bpfseal_policy *p,
				   struct decision *d __arg_nonnull)
{
	if (!p || prog->type != BPF_PROG_TYPE_SYSCALL || !reason_allows(d->j.reason))
		return 0;
	if (d->j.reason == BPFSEAL_R_DEFAULT_ALLOWS)
		return 0;	/* what it makes is allowed by default as well */
	if (!take_loader_slot(prog, p, d))
		d->j.reason = BPFSEAL_R_STATE_FULL;
	return 0;
}

/**
 * remember_until_fd - keep what the decision at the first fd will need
 * @prog: the program
 * @t: the policy
 * @run: the run that makes it, or NULL
 * @d: what is known of the decision
 * @n: what to keep, with reason, run and vectors set; the rest is filled in
 *
 * Between this and its first fd a program has an id, under which others could
 * ask for it: until it is decided only who loads it gets an fd.
 *
 * Return: false if there is no room
 */
__weak __noinline bool remember_until_fd(struct bpf_prog *prog __arg_trusted,
					 struct bpfseal_table *t __arg_nonnull, struct run *run,
					 const struct decision *d __arg_nonnull,
					 struct nested *n __arg_nonnull)
{
	__u64 key = (__u64)prog->aux;

	n->loaded = prog->aux->load_time;
	n->state = NESTED_LOADING;
	n->loader_id = run ? run->loader_id : 0;
	n->signer = d->j.signer;
	n->serial = d->j.serial;
	n->level = d->j.level;
	n->keyring = d->j.keyring;
	n->attribute = d->j.attribute;
	n->nested = d->nested;
	n->epoch = EPOCH(state.unchecked);
	n->pad2 = 0;
	__builtin_memset(n->pad, 0, sizeof(n->pad));
	if (!rules_decide(&t->policy))
		__builtin_memset(&n->vectors, 0, sizeof(n->vectors));
	n->generation = t->policy.generation;
	n->task = (__u64)bpf_get_current_task_btf();
	if (bpf_map_update_elem(&nested, &key, n, BPF_ANY))
		return false;
	__sync_fetch_and_add(&state.unchecked, 1);
	return true;
}

static __always_inline bool is_worth_a_note(const struct decision *d)
{
	if (d->decision == BPFSEAL_DENY || (!d->j.signer && d->decision != BPFSEAL_ALLOW))
		return false;
	return d->j.reason != BPFSEAL_R_SIGNER || !HAS_VERDICT;
}

/* Not inlined, so that loads that need no note don't clear the room for one. */
__weak __noinline int note_direct(struct bpf_prog *prog __arg_trusted,
				  const struct decision *d __arg_nonnull)
{
	const struct judgement *j = &d->j;
	struct nested n = {
		.loaded = prog->aux->load_time,
		.state = d->decision == BPFSEAL_ALLOW ? NESTED_CONFIRMED : NESTED_TOLERATED,
		.signer = j->signer,
		.serial = j->serial,
		.level = j->level,
		.keyring = j->keyring,
		.reason = j->reason,
	};
	__u64 key = (__u64)prog->aux;

	return bpf_map_update_elem(&nested, &key, &n, BPF_ANY);
}

/*
 * For the inventory, of which it is all the harm if there is no room for the
 * note. With its signature alone a tolerated program would pass for admitted;
 * where the kernel keeps no verdict, an admitted one for unsigned; and one that
 * a rule allows, for denied.
 */
static __always_inline void remember_direct(struct bpf_prog *prog, const struct decision *d)
{
	if (is_worth_a_note(d))
		note_direct(prog, d);
}

/* The digest that the rules went by; the task is still the one that loads. */
static __always_inline void event_measured(struct bpfseal_event *e, struct bpf_prog_aux *aux)
{
	const struct load_id id = load_id(aux);
	struct measured *m = fact_measured(&id);

	if (!m)
		return;
	e->measured = m->shown;
	if (m->shown == BPFSEAL_MEASURED_VERITY)
		copy_words(e->exe_digest, m->verity, sizeof(e->exe_digest));
	else if (m->shown == BPFSEAL_MEASURED_IMA)
		copy_words(e->exe_digest, m->ima, sizeof(e->exe_digest));
}

/**
 * record - count and record the decision on a program
 * @t: the policy in force, NULL if it is missing
 * @d: the decision
 * @prog: the program
 * @attr: what it is loaded with, NULL at its first fd
 * @run: the run it came in, or NULL
 *
 * Return: 0, as a global function has to return a number
 */
__weak __noinline int record(struct bpfseal_table *t, struct decision *d __arg_nonnull,
			     struct bpf_prog *prog __arg_trusted,
			     union bpf_attr *attr __arg_trusted __arg_nullable, struct run *run)
{
	struct bpfseal_policy *p = t ? &t->policy : NULL;
	struct bpfseal_event *e;

	e = event_open(p, d, run);
	if (!e)
		return 0;
	if (p && ASKED(rules_of(p), EXE_DIGEST))
		event_measured(e, prog->aux);
	if (attr) {	/* has the same name; the kernel has just asked for the time; no id yet */
		__builtin_memcpy(e->name, (__u64 *)attr->prog_name, sizeof(e->name));
		e->time_ns = prog->aux->load_time;
		e->prog_id = 0;
	} else {
		__builtin_memcpy(e->name, (__u64 *)prog->aux->name, sizeof(e->name));
		e->time_ns = bpf_ktime_get_boot_ns();
		e->prog_id = prog->aux->id;
	}
	event_program(e, prog);
	event_task(e);
	event_close(e);
	return 0;
}

#endif /* BPFSEAL_ADMIT_H */
