// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can only be decided once the kernel has verified a program, and before it
 * hands it out: at its first fd.
 *
 * hook                 role                            attack it closes
 * -------------------  ------------------------------  ---------------------------
 * lsm/bpf_prog         a nested program's maps and     maps and BTF swapped under
 *                      BTF are its loader's, and hold  a nested program by fd games,
 *                      what that wrote; rules that     or changed (run_maps.bpf.c);
 *                      ask for a digest, which is      an fd by id before a program
 *                      known from here on              is decided
 *                      no descriptor of a sealed       detaching, replacing, attaching
 *                      policy's programs, but for      tracing or extension programs
 *                      those that are there to be run
 */
#include <vmlinux.h>
#include "admit.h"
#include "heir.h"
#include "run_maps.h"

/*
 * A nested program, whose run may be over: who took a reference early may ask
 * late. Returns true if rules may have a say.
 */
static __always_inline bool judge_made(struct bpfseal_policy *p, struct bpf_prog_aux *aux,
				       const struct nested *n, struct run *run,
				       struct judgement *j)
{
	j->reason = BPFSEAL_R_NO_LOADER;
	if (!run || run->number != n->run)
		return false;
	judge_nested(run, p, j);
	if (!run_believed(j->reason))
		return false;
	if (!judge_maps(run, aux, j))
		return false;
	if (own_btf(run, aux->btf))
		return true;
	j->reason = BPFSEAL_R_FOREIGN_BTF;
	return false;
}

static __always_inline bool judge_kept(struct bpf_prog_aux *aux, const struct nested *n,
				       struct judgement *j)
{
	j->reason = BPFSEAL_R_UNDECIDED;
	if ((__u64)bpf_get_current_task_btf() != n->task)
		return false;
	j->reason = n->reason;
	j->attribute = n->attribute;
	j->level = n->level;
	j->keyring = n->keyring;
	j->serial = n->serial;
	j->signer = n->signer;
	return true;
}

static __always_inline void apply_rules(struct bpfseal_policy *p, struct bpf_prog *prog,
					const struct nested *n, struct decision *d)
{
	const struct bpfseal_rules *r = rules_of(p);
	struct vectors vectors = n->vectors;

	if (!rules_decide(p))
		return;
	if (ASKED(r, DIGEST))
		match_digest(r, digest_of(prog), &vectors);
	d->rule = match_first(r, &vectors);
	d->j.reason = judge_by_rule(p, d->rule, d->j.reason);
}

/* Not inlined, as most programs need none of its registers. */
static __noinline int check_first_fd(struct bpf_prog *prog)
{
	struct decision d = {};
	struct bpfseal_policy *p;
	struct run *run = NULL;
	struct nested *n;
	bool open = false;
	__u64 key;
	int err;

	key = (__u64)prog->aux;
	n = bpf_map_lookup_elem(&nested, &key);
	if (!n || n->state != NESTED_LOADING || n->loaded != prog->aux->load_time)
		return 0;
	d.hook = BPFSEAL_HOOK_PROG_FD;
	d.nested = n->nested;
	d.by_signature = n->reason;
	p = policy_since(n->generation);
	if (!p) {
		p = the_policy();
		d.j.reason = p ? BPFSEAL_R_POLICY_CHANGED : BPFSEAL_R_NO_POLICY;
	} else {
		if (n->run)
			run = current_run();
		open = n->run ? judge_made(p, prog->aux, n, run, &d.j) :
				judge_kept(prog->aux, n, &d.j);
		if (open)
			apply_rules(p, prog, n, &d);
		if (!policy_still(n->generation))
			d.j.reason = BPFSEAL_R_POLICY_CHANGED;
		else if (open && !d.nested)
			admit_loader(prog, p, &d);
	}
	err = decide(p, &d);
	if (d.j.reason != BPFSEAL_R_UNDECIDED) {
		n->reason = d.j.reason;
		if (!err)
			nested_checked(n, d.decision == BPFSEAL_ALLOW ?
				       NESTED_CONFIRMED : NESTED_TOLERATED);
	}
	if (run && open && d.decision == BPFSEAL_ALLOW)
		note_heir(run, prog);
	record(table_of(p), &d, prog, NULL, run);
	return err;
}

static __noinline int deny_prog(struct bpf_prog *prog)
{
	struct bpfseal_event *e;
	int ret;

	e = open_sealed(BPFSEAL_HOOK_PROG_FD, &ret);
	if (!e)
		return ret;
	event_program(e, prog);
	copy_words(e->name, prog->aux->name, sizeof(e->name));
	e->prog_id = prog->aux->id;
	event_close(e);
	return ret;
}

/* One program for both, as calling a second one costs more than what it looks at. */
SEC("lsm_cgroup/bpf_prog")
int BPF_PROG(first_fd, struct bpf_prog *prog)
{
	if (seals_prog(prog->aux->id) && !is_public(prog))
		return deny_prog(prog);
	return hook_returns((__u32)state.unchecked ? check_first_fd(prog) : 0);
}

char _license[] SEC("license") = "GPL";
