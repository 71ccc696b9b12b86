// SPDX-License-Identifier: GPL-2.0-only
/*
 * Admission: which programs enter the kernel.
 *
 * hook                 role                            attack it closes
 * -------------------  ------------------------------  ---------------------------
 * lsm/bpf_prog_load    decides every load by level,    unsigned BPF; strangers'
 *                      signer and uncovered            keys; signed instructions
 *                      attributes; nested loads by     with another meaning; loads
 *                      the run they come from          by loaders not admitted
 * lsm/bpf_prog         at a nested program's first     maps and BTF swapped under
 *                      fd: maps and BTF are its        a nested program by fd games
 *                      loader's
 */
#include <vmlinux.h>
#include "event.h"
#include "run.h"

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
 * Return: the first such attribute, BPFSEAL_A_NONE if there is none.
 */
static __always_inline __u8 uncovered_attribute(struct bpfseal_policy *p,
						union bpf_attr *attr,
						const struct bpfseal_signer *signer)
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
	if (!default_attach_type(attr))
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

static __always_inline bool admit_loader(struct bpf_prog *prog, const struct signature *sig)
{
	__u64 loaded = prog->aux->load_time;
	struct loader *loader;
	__u32 i;

	for (i = 0; i < LOADER_PROBES; i++) {
		loader = loader_slot(loaded, i);
		if (!loader || __sync_val_compare_and_swap(&loader->aux, 0, (__u64)prog->aux))
			continue;
		loader->serial = sig->serial;
		loader->keyring = sig->keyring;
		loader->loaded = loaded;
		loader->state = LOADER_ADMITTED;
		return true;
	}
	return false;
}

static __always_inline void judge_direct(struct bpfseal_policy *p, struct bpf_prog *prog,
					 union bpf_attr *attr, struct judgement *j)
{
	bool loader = attr->prog_type == BPF_PROG_TYPE_SYSCALL;
	struct bpfseal_signer *signer;
	struct signature sig;

	signature_at_load(prog->aux, attr, &sig);
	signer = judge_signature(p, &sig, required_level(p, attr->prog_type), j);
	if (!signer) {
		if (j->reason == BPFSEAL_R_UNSIGNED && is_feature_probe(prog, attr))
			j->reason = BPFSEAL_R_FEATURE_PROBE;
		return;
	}
	j->attribute = uncovered_attribute(p, attr, signer);
	if (j->attribute) {
		j->reason = BPFSEAL_R_UNCOVERED;
		j->level = BPFSEAL_LEVEL_UNSIGNED;
		return;
	}
	if (loader && !admit_loader(prog, &sig))
		j->reason = BPFSEAL_R_STATE_FULL;
}

/*
 * Between this and its first fd a program has an id, under which others could
 * ask for it: until it is confirmed only its loader gets an fd.
 */
static __always_inline bool remember_nested(struct bpf_prog_aux *aux, struct run *run)
{
	struct nested n = {
		.loaded = aux->load_time,
		.run = run->number,
		.loader_id = run->loader_id,
		.signer = run->signer,
		.serial = run->serial,
		.level = run->level,
		.keyring = run->keyring,
		.reason = BPFSEAL_R_NESTED,
	};
	__u64 key = (__u64)aux;

	if (bpf_map_update_elem(&nested, &key, &n, BPF_ANY))
		return false;
	__sync_fetch_and_add(&state.unchecked, 1);
	return true;
}

/*
 * For the inventory, of which it is all the harm if there is no room for the
 * note. With its signature alone a tolerated program would pass for admitted;
 * and where the kernel keeps no verdict, an admitted one for unsigned.
 */
static __always_inline void remember_direct(struct bpf_prog_aux *aux, const struct decision *d)
{
	const struct judgement *j = &d->j;
	bool admitted = d->decision == BPFSEAL_ALLOW;
	struct nested n = {
		.loaded = aux->load_time,
		.state = admitted ? NESTED_CONFIRMED : NESTED_TOLERATED,
		.signer = j->signer,
		.serial = j->serial,
		.level = j->level,
		.keyring = j->keyring,
		.reason = j->reason,
	};
	__u64 key = (__u64)aux;

	if (!j->signer || d->decision == BPFSEAL_DENY || (admitted && HAS_VERDICT))
		return;
	bpf_map_update_elem(&nested, &key, &n, BPF_ANY);
}

static __always_inline void record(struct bpfseal_policy *p, struct decision *d,
				   struct bpf_prog *prog, union bpf_attr *attr,
				   struct run *run)
{
	struct bpfseal_event *e;

	e = event_open(p, d, run);
	if (!e)
		return;
	event_exe(e);
	event_program(e, prog);
	if (attr) {	/* has the same name, and no id has been given yet */
		__builtin_memcpy(e->name, (__u64 *)attr->prog_name, sizeof(e->name));
	} else {
		__builtin_memcpy(e->name, (__u64 *)prog->aux->name, sizeof(e->name));
		e->prog_id = prog->aux->id;
	}
	event_close(e);
}

SEC("lsm/bpf_prog_load")
int BPF_PROG(admit, struct bpf_prog *prog, union bpf_attr *attr)
{
	struct bpfseal_policy *p = the_policy();
	struct decision d = { .hook = BPFSEAL_HOOK_PROG_LOAD, .nested = FROM_KERNEL(ctx) };
	struct run *run = NULL;
	int err;

	if (!p) {
		if (!armed(false))
			return 0;
		d.j.reason = BPFSEAL_R_NO_POLICY;
	} else if (d.nested) {
		run = current_run();
		judge_nested(run, p, &d.j);
	} else {
		judge_direct(p, prog, attr, &d.j);
		/* Where bpf_check() verifies signatures it has got past that: fexit sees. */
		if (p->verified_level < BPFSEAL_LEVEL_METADATA && attr_has_signature(attr))
			begin_passed();
	}
	armed(p);
	if (run && d.j.reason == BPFSEAL_R_NESTED && !remember_nested(prog->aux, run))
		d.j.reason = BPFSEAL_R_STATE_FULL;
	err = decide(p, &d);
	if (d.j.reason == BPFSEAL_R_NESTED)
		return 0;	/* recorded at its first fd */
	remember_direct(prog->aux, &d);
	record(p, &d, prog, attr, run);
	return err;
}

/* Every map the verifier bound was made in this run. */
static __always_inline bool own_maps(struct bpf_prog_aux *aux, __u64 run)
{
	struct bpf_map **maps = aux->used_maps;
	struct bpf_map *map;
	__u64 cookie, *made_in;
	__u32 i;

	bpf_for(i, 0, aux->used_map_cnt) {
		map = bpf_core_cast((void *)kernel_u64(maps + i), struct bpf_map);
		cookie = map->cookie;
		made_in = bpf_map_lookup_elem(&made, &cookie);
		if (!made_in || *made_in != run)
			return false;
	}
	return true;
}

static __always_inline void judge_first_fd(struct run *run, struct bpfseal_policy *p,
					   struct bpf_prog_aux *aux, struct judgement *j)
{
	judge_nested(run, p, j);
	if (j->reason != BPFSEAL_R_NESTED)
		return;
	if (!own_maps(aux, run->number))
		j->reason = BPFSEAL_R_FOREIGN_MAP;
	else if (!own_btf(run, aux->btf))
		j->reason = BPFSEAL_R_FOREIGN_BTF;
}

/*
 * Whether or not its run is over: who took a reference early may ask late.
 * Not inlined, as most programs aren't nested and need none of its registers.
 */
static __noinline int check_first_fd(struct bpf_prog *prog)
{
	struct decision d = { .hook = BPFSEAL_HOOK_PROG_FD, .nested = true };
	struct bpfseal_policy *p;
	struct nested *n;
	struct run *run;
	__u64 key;
	int err;

	key = (__u64)prog->aux;
	n = bpf_map_lookup_elem(&nested, &key);
	if (!n || n->state != NESTED_LOADING || n->loaded != prog->aux->load_time)
		return 0;
	run = current_run();
	p = the_policy();
	if (!p)
		d.j.reason = BPFSEAL_R_NO_POLICY;
	else if (run && run->number == n->run)
		judge_first_fd(run, p, prog->aux, &d.j);
	else
		d.j.reason = BPFSEAL_R_NO_LOADER;
	err = decide(p, &d);
	n->reason = d.j.reason;
	if (!err)
		nested_checked(n, d.decision == BPFSEAL_ALLOW ?
			       NESTED_CONFIRMED : NESTED_TOLERATED);
	record(p, &d, prog, NULL, run);
	return err;
}

SEC("lsm/bpf_prog")
int BPF_PROG(first_fd, struct bpf_prog *prog)
{
	return state.unchecked ? check_first_fd(prog) : 0;
}

char _license[] SEC("license") = "GPL";
