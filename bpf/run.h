/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loader run a nested command belongs to. Tracking hooks note it in task
 * storage; before it is believed, the task's own stack must show the loader's
 * code, because a tracing program can be skipped and a note outlive its run.
 */
#ifndef BPFSEAL_RUN_H
#define BPFSEAL_RUN_H

#include "judge.h"

/** current_run - the run noted for this task, or NULL */
static __always_inline struct run *current_run(void)
{
	struct run *run;

	if (!state.running)
		return NULL;
	run = bpf_task_storage_get(&runs, bpf_get_current_task_btf(), NULL, 0);
	return run && run->number ? run : NULL;
}

/* As the signature of its load, but the kernel may not have kept that. */
static __always_inline void signature_of_loader(struct bpf_prog_aux *aux,
						const struct loader *loader,
						struct signature *sig)
{
	signature_of(aux, sig);
	if (HAS_VERDICT || !loader)
		return;
	sig->verified = true;
	sig->serial = loader->serial;
	sig->keyring = loader->keyring;
}

static __always_inline void begin_run(struct run *run)
{
	if (!run->number)
		__sync_fetch_and_add(&state.running, 1);
	run->number = __sync_fetch_and_add(&state.run, 1) + 1;
}

static __always_inline void end_run(struct run *run)
{
	run->number = 0;
	__sync_fetch_and_sub(&state.running, 1);
}

/* The loader's machine code is among the return addresses of this task. */
static __always_inline bool on_stack(struct run *run)
{
	long size;
	int i;

	size = bpf_get_task_stack(bpf_get_current_task_btf(), run->stack,
				  sizeof(run->stack), 0);
	for (i = 0; i < STACK_DEPTH; i++) {
		if (i * (long)sizeof(__u64) >= size)
			break;
		if (run->stack[i] - run->code < run->code_len)
			return true;
	}
	return false;
}

/**
 * judge_nested - may the loader that runs in this task do what it asks for?
 * @run: current_run()
 * @p: the policy
 * @j: set to level and signer of the loader and the reason
 *
 * Global, so that what follows is verified once, whatever this comes to.
 *
 * Return: 0, as a global function has to return a number
 */
__weak __noinline int judge_nested(struct run *run, struct bpfseal_policy *p __arg_nonnull,
				   struct judgement *j __arg_nonnull)
{
	struct bpfseal_signer *signer;
	struct signature sig;
	struct loader *loader;

	__builtin_memset(j, 0, sizeof(*j));
	j->reason = BPFSEAL_R_NO_LOADER;
	if (!run)
		return 0;
	j->level = run->level;
	j->keyring = run->keyring;
	j->serial = run->serial;
	j->signer = run->signer;
	j->reason = run->reason;
	if (j->reason != BPFSEAL_R_NESTED)
		return 0;
	j->reason = BPFSEAL_R_LOADER_GONE;
	if (!on_stack(run))
		return 0;
	if (p->promotes && run->level < BPFSEAL_LEVEL_METADATA &&
	    is_promoted(bpf_core_cast((void *)run->aux, struct bpf_prog_aux)))
		j->level = run->level = BPFSEAL_LEVEL_METADATA;
	j->reason = BPFSEAL_R_LOADER_NOT_ADMITTED;
	loader = loader_find(run->aux, run->loaded);
	if (!loader)
		return 0;
	j->reason = BPFSEAL_R_LOADER_RERUN;
	if (loader->state != LOADER_RUNNING)
		return 0;
	j->reason = BPFSEAL_R_LOADER_DISTRUSTED;
	if (loader->by_rule) {
		if (loader->generation == p->generation) {
			j->reason = BPFSEAL_R_LOADER_BY_RULE;
			j->rule = loader->by_rule;
		}
		return 0;
	}
	sig.serial = run->serial;
	sig.keyring = run->keyring;
	signer = trusted_signer(p, &sig);
	if (!signer || run->level < p->require_loader)
		return 0;
	j->signer = signer->id;	/* in this policy, which may number them anew */
	j->reason = BPFSEAL_R_LOADER_UNVERIFIED;
	if (run->level < p->require)
		return 0;
	j->reason = BPFSEAL_R_NESTED;
	return 0;
}

/** run_believed - does a judgement's reason say that an admitted loader's run asks for this? */
static __always_inline bool run_believed(__u8 reason)
{
	return reason == BPFSEAL_R_NESTED || reason == BPFSEAL_R_LOADER_BY_RULE;
}

/**
 * own_btf - did the loader load this BTF in this run?
 *
 * BTF decides what relocations turn a program into, and a loader names it by an
 * fd, which others may have swapped. No BTF at all is fine: nothing is relocated.
 */
static __always_inline bool own_btf(struct run *run, struct btf *btf)
{
	__u32 i;

	if (!btf)
		return true;
	for (i = 0; i < RUN_BTFS; i++)
		if (i < run->n_btfs && run->btfs[i] == btf->id)
			return true;
	return false;
}

#endif /* BPFSEAL_RUN_H */
