// SPDX-License-Identifier: GPL-2.0-only
/*
 * Admission: which programs enter the kernel.
 *
 * hook                 role                            attack it closes
 * -------------------  ------------------------------  ---------------------------
 * lsm/bpf_prog_load    decides every load by rule,     unsigned BPF; strangers'
 *                      or by level, signer and         keys; signed instructions
 *                      uncovered attributes; nested    with another meaning; loads
 *                      ones by the run they come from  by loaders not admitted
 */
#include <vmlinux.h>
#include "admit.h"
#include "run_maps.h"
#include "seal.h"

/* A signed load may set these: a loader has to sleep; a token only lends rights. */
#define COVERED_FLAGS (BPF_F_SLEEPABLE | BPF_F_TOKEN_FD)

/* Set by bpf_prog_load_fixup_attach_type() (kernel/bpf/syscall.c) when zero. */
static __always_inline bool default_attach_type(union bpf_attr *attr)
{
	switch (attr->prog_type) {
	case BPF_PROG_TYPE_CGROUP_SOCK:
		return attr->expected_attach_type == BPF_CGROUP_INET_SOCK_CREATE;
	case BPF_PROG_TYPE_SK_REUSEPORT:
		return attr->expected_attach_type == BPF_SK_REUSEPORT_SELECT;
	default:
		return !attr->expected_attach_type;
	}
}

static __always_inline bool signer_attaches(const struct bpfseal_signer *signer, __u32 type)
{
	return type < 128 && signer->attach_types[type / 64 % 2] >> (type % 64) & 1;
}

/* func_info would make it a program that others can replace functions of. */
static __always_inline __u32 unsigned_btf(struct bpfseal_policy *p, union bpf_attr *attr)
{
	return p->signs_btf ? 0 : attr->prog_btf_fd;
}

/* All at once, since nearly no load sets any: see uncovered_attribute(). */
static __always_inline bool all_covered(struct bpfseal_policy *p, union bpf_attr *attr,
					const struct bpfseal_signer *signer)
{
	__u32 set = attr->core_relo_cnt | unsigned_btf(p, attr) | attr->func_info_cnt |
		    attr->line_info_cnt | attr->attach_btf_id | attr->attach_prog_fd |
		    (attr->prog_flags & ~COVERED_FLAGS) | attr->prog_ifindex |
		    attr->expected_attach_type;

	return !set && attr->prog_type < 64 && signer->types >> attr->prog_type & 1;
}

/**
 * uncovered_attribute - what changes a signed load outside its signature
 * @p: the policy
 * @attr: the kernel's copy of the load's attributes
 * @signer: who signed
 *
 * Global, so that what follows is verified once, whichever it is.
 *
 * Return: the first such attribute, BPFSEAL_A_NONE if there is none.
 */
__weak __noinline __u8 uncovered_attribute(struct bpfseal_policy *p __arg_nonnull,
					   union bpf_attr *attr __arg_trusted,
					   const struct bpfseal_signer *signer __arg_nonnull)
{
	if (all_covered(p, attr, signer))
		return BPFSEAL_A_NONE;
	if (attr->core_relo_cnt)
		return BPFSEAL_A_CORE_RELOS;
	if (unsigned_btf(p, attr) || attr->func_info_cnt || attr->line_info_cnt)
		return BPFSEAL_A_PROG_BTF;
	if (attr->prog_type >= 64 || !(signer->types & (1ULL << attr->prog_type)))
		return BPFSEAL_A_PROG_TYPE;
	if (attr->attach_btf_id || attr->attach_prog_fd)
		return BPFSEAL_A_ATTACH_TARGET;
	if (!default_attach_type(attr) && !signer_attaches(signer, attr->expected_attach_type))
		return BPFSEAL_A_ATTACH_TYPE;
	if (attr->prog_flags & ~COVERED_FLAGS)
		return BPFSEAL_A_PROG_FLAGS;
	if (attr->prog_ifindex)
		return BPFSEAL_A_IFINDEX;
	return BPFSEAL_A_NONE;
}

/*
 * The programs libbpf tries a kernel with: "r0 = 0; exit", and one that asks for
 * the time. The name is only looked at because the instructions can do no harm;
 * either way the load is denied.
 */
static __always_inline bool is_feature_probe(struct bpf_prog *prog, union bpf_attr *attr)
{
	static const char nametest[BPFSEAL_NAME_LEN] = "libbpf_nametest";
	__u64 first, *name = (__u64 *)attr->prog_name, *want = (__u64 *)nametest;

	if (prog->len != 2)
		return false;
	if (name[0] && (name[0] != want[0] || name[1] != want[1]))
		return false;
	first = kernel_u64(&prog->insnsi[0]);
	return (first == INSN_R0_IS_0 || first == INSN_GET_TIME) &&
	       kernel_u64(&prog->insnsi[1]) == INSN_EXIT;
}

static __always_inline void judge_attributes(struct bpfseal_policy *p, union bpf_attr *attr,
					     const struct bpfseal_signer *signer,
					     struct judgement *j)
{
	__u8 uncovered = uncovered_attribute(p, attr, signer);

	j->covered = !uncovered;
	if (!uncovered || j->reason != BPFSEAL_R_SIGNER)
		return;
	j->attribute = uncovered;
	j->reason = BPFSEAL_R_UNCOVERED;
	j->level = BPFSEAL_LEVEL_UNSIGNED;
}

/* Global, so that what follows is verified once, whatever this comes to. */
__weak __noinline int judge_direct(struct bpfseal_policy *p __arg_nonnull,
				   struct bpf_prog *prog __arg_trusted,
				   union bpf_attr *attr __arg_trusted,
				   struct judgement *j __arg_nonnull)
{
	struct bpfseal_signer *signer;
	struct signature sig;

	signature_at_load(prog->aux, attr, &sig);
	signer = judge_signature(p, &sig, required_level(p, attr->prog_type), j);
	if (signer)
		judge_attributes(p, attr, signer, j);
	else if (j->reason == BPFSEAL_R_UNSIGNED && is_feature_probe(prog, attr))
		j->reason = BPFSEAL_R_FEATURE_PROBE;
	/* Where bpf_check() verifies signatures it has got past that: fexit sees. */
	if (p->verified_level < BPFSEAL_LEVEL_METADATA && attr_has_signature(attr))
		begin_passed();
	return 0;
}

/*
 * What the rules may believe of it. The signer of a loader is that of what it makes
 * only if the policy takes the loader's level for proof of it.
 */
static __always_inline void describe_load(struct bpf_prog *prog, union bpf_attr *attr,
					  const struct decision *d, struct load *l)
{
	bool proved = d->nested ? d->j.reason == BPFSEAL_R_NESTED : d->j.covered;

	l->type = attr->prog_type;
	l->attach_type = attr->expected_attach_type;
	l->signer = proved ? d->j.signer : 0;
	l->level = proved ? d->j.level : BPFSEAL_LEVEL_UNSIGNED;
	l->nested = d->nested;
	l->token = prog->aux->token != NULL;
}

/*
 * Not inlined, as most policies have few rules or none. Returns true if the load
 * can only be decided at its first fd.
 */
__weak __noinline bool judge_by_rules(struct bpf_prog *prog __arg_trusted,
				      union bpf_attr *attr __arg_trusted,
				      struct bpfseal_table *t __arg_nonnull,
				      struct decision *d __arg_nonnull,
				      struct nested *n __arg_nonnull)
{
	struct bpfseal_policy *p = &t->policy;
	struct load l;
	__u32 rule;

	describe_load(prog, attr, d, &l);
	match_load(p, &l, &n->vectors);
	rule = match_first(&t->rules, &n->vectors);
	if (rule_asks_for_digest(p, rule)) {
		n->vectors.start = (rule - 1) / 64 * 64;
		return true;
	}
	d->rule = rule;
	d->j.reason = judge_by_rule(p, rule, d->j.reason);
	return false;
}

static __always_inline __u16 executable_vector(const struct bpfseal_rules *r,
					       const struct bpf_prog_aux *aux)
{
	const struct load_id id = load_id(aux);

	return ASKED(r, EXE_DIGEST) ? match_executable(r, &id) : BPFSEAL_V_ALL;
}

/* Whatever the signature and the rules say. Returns true if that is decided by something else. */
__weak __noinline bool overrule(struct bpf_prog *prog __arg_trusted, __u64 generation,
				struct judgement *j __arg_nonnull)
{
	if (j->reason != BPFSEAL_R_NO_POLICY && !policy_still(generation))
		j->reason = BPFSEAL_R_POLICY_CHANGED;
	else if (attaches_to_own(prog))
		j->reason = BPFSEAL_R_SEALED;
	else
		return false;
	return true;
}

SEC("lsm_cgroup/bpf_prog_load")
int BPF_PROG(admit, struct bpf_prog *prog, union bpf_attr *attr)
{
	struct bpfseal_policy *p = the_policy();
	struct decision d = { .hook = BPFSEAL_HOOK_PROG_LOAD, .nested = FROM_KERNEL(ctx) };
	struct run *run = NULL;
	struct nested n;
	__u64 generation = p ? p->generation : 0;
	bool later = false;
	int err;

	if (!p) {
		if (!armed(false))
			return hook_returns(0);
		d.j.reason = BPFSEAL_R_NO_POLICY;
	} else if (d.nested) {
		run = current_run();
		judge_nested(run, p, &d.j);
	} else {
		judge_direct(p, prog, attr, &d.j);
	}
	armed(p);
	n.reason = d.by_signature = d.j.reason;
	n.run = p && run && run_believed(n.reason) ? run->number : 0;
	if (n.run)
		begin_load(run, prog->aux, attr);
	if (p && rules_decide(p)) {
		n.vectors.of[BPFSEAL_F_EXE_PATH] = ASKED(rules_of(p), EXE_PATH) ?
			match_path(rules_of(p)) : BPFSEAL_V_ALL;
		n.vectors.of[BPFSEAL_F_EXE_DIGEST] = executable_vector(rules_of(p), prog->aux);
		later = judge_by_rules(prog, attr, table_of(p), &d, &n);
	}
	if (overrule(prog, generation, &d.j))
		later = false;
	/* What a believed run makes has its maps and BTF looked at then. */
	else if (n.run && reason_allows(d.j.reason))
		later = true;
	if (p && later) {
		if (remember_until_fd(prog, table_of(p), run, &d, &n))
			return hook_returns(0);	/* recorded at its first fd */
		d.j.reason = BPFSEAL_R_STATE_FULL;
	}
	if (!d.nested)
		admit_loader(prog, p, &d);
	err = decide(p, &d);
	remember_direct(prog, &d);
	record(table_of(p), &d, prog, attr, run);
	return hook_returns(err);
}

char _license[] SEC("license") = "GPL";
