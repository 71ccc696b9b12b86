// SPDX-License-Identifier: GPL-2.0-only
/*
 * The upgrade: how other programs take the place of a sealed policy's, by leave of its
 * authority, while both decide.
 *
 * The authority names the loader of the new ones, and "first_fd" notes what that makes.
 * Once the new ones are attached nobody gets at them any more, and an audit sees that
 * nobody has any of them from before. Then they begin anew: what was written to their
 * maps until then is gone, and there is nobody who could write more. They take a policy
 * of the authority's only, and tell under what terms they did. The old ones compare
 * these with their own, and make room.
 *
 * hook           role                            attack it closes
 * -------------  ------------------------------  -------------------------------------
 * BPF_PROG_RUN   expects, isolates and follows   programs that aren't the authority's
 *                the new programs; begins        take over; the new ones judge by what
 *                anew                            was written to their maps before
 * iter/bpf_prog  the audit of the new programs   descriptors of them from before; hooks
 *                                                that nothing is attached to
 */
#include <vmlinux.h>
#include "verify.h"
#include "heir.h"
#include "wipe.h"

#define HANDOVER_WORDS	(sizeof(struct bpfseal_handover) / 8)
#define BPF_F_ALLOW_MULTI (1U << 1)	/* linux/bpf.h */
#define ATTACHED_MAX	64	/* programs on a hook of a cgroup: BPF_CGROUP_MAX_PROGS */

/* --- the programs that decide: what they expect ----------------------------------- */

static __always_inline int take_adoption(const struct bpfseal_upgrade *u)
{
	static const char purpose[sizeof(verification.adoption.purpose)] = BPFSEAL_ADOPTION_PURPOSE;
	struct bpfseal_adoption *a = &verification.adoption;
	const __u64 *is = (const __u64 *)a->purpose, *want = (const __u64 *)purpose;

	if (bpf_copy_from_user(a, sizeof(*a), (const void *)u->adoption))
		return -EFAULT;
	if (is[0] != want[0] || is[1] != want[1] || is[2] != want[2] || is[3] != want[3])
		return -EBADMSG;
	return verify(a, sizeof(*a), u->signature_len);
}

static __always_inline int adopt(const struct bpfseal_policy *p, const struct bpfseal_upgrade *u)
{
	struct bpfseal_heir *heir = &state.heir;
	int err;

	if (!state.authority.serial)
		return -EPERM;
	if (is_isolated())
		return -EBUSY;
	err = take_signature(p, u->signature, u->signature_len);
	if (!err)
		err = take_adoption(u);
	if (!err && verification.adoption.version <= p->version)
		err = -ESTALE;
	if (err)
		return err;
	heir->stage -= heir_stage();
	heir->run = heir->handover = 0;
	heir->wanted = verification.adoption.deciding;
	heir->deciding = heir->attached = 0;
	clear_words(&heir->progs, sizeof(heir->progs));
	clear_words(&heir->maps, sizeof(heir->maps));
	copy_words(heir->loaders, verification.adoption.loaders, sizeof(heir->loaders));
	copy_words(heir->metadata, verification.adoption.metadata, sizeof(heir->metadata));
	heir->stage += BPFSEAL_HEIR_ADOPTED;
	return 0;
}

/* An audit that has begun before that doesn't count. */
static __always_inline int isolate(void)
{
	struct bpfseal_heir *heir = &state.heir;

	if (heir_stage() != BPFSEAL_HEIR_ADOPTED || !heir->handover ||
	    heir->deciding != heir->wanted)
		return -EINVAL;
	heir->stage += 8 + BPFSEAL_HEIR_ISOLATED - BPFSEAL_HEIR_ADOPTED;
	return 0;
}

static __always_inline int disown(void)
{
	state.heir.stage -= heir_stage();
	return 0;
}

/* --- and what they compare ---------------------------------------------------------- */

static __always_inline __u64 word_at(__u64 address)
{
	return kernel_u64((void *)address);
}

static __always_inline __u64 handover_at(void)
{
	return state.heir.handover + bpf_core_field_offset(struct bpf_array, value);
}

/* Nobody writes to it but the new programs, which are done with it. */
static __noinline int read_handover(void)
{
	__u64 *to = (__u64 *)&verification.handover;
	__u64 at = handover_at();
	__u32 i;

	bpf_for(i, 0, HANDOVER_WORDS)
		if (i < HANDOVER_WORDS)
			to[i] = word_at(at + i * 8);
	return 0;
}

/* Each keyring is the one that its certificate has here. */
static __noinline int check_serials(const struct bpfseal_policy *p)
{
	const struct bpfseal_handover *h = &verification.handover;
	__s32 serial;
	__u32 i;

	bpf_for(i, 0, BPFSEAL_SIGNERS_MAX) {
		serial = h->serials[i];
		if (serial && serial != serial_of(p, (const __u64 *)h->fingerprints[i]))
			return -EINVAL;
	}
	return 0;
}

static __always_inline bool same_authority(const struct bpfseal_policy *p)
{
	const struct bpfseal_handover *h = &verification.handover;

	return h->authority.serial == state.authority.serial &&
	       h->authority.from == state.authority.from &&
	       h->authority.until == state.authority.until &&
	       same_digest((const __u64 *)h->certificate, (const __u64 *)p->authority);
}

static __always_inline bool same_host(const struct bpfseal_table *table)
{
	const struct bpfseal_handover *h = &verification.handover;
	const struct bpfseal_policy *p = &table->policy;

	return h->verified_level == p->verified_level && h->promotes == p->promotes &&
	       h->signs_btf == p->signs_btf && h->tai_utc == p->tai_utc &&
	       h->utc_offset == p->utc_offset && h->user_ns == table->rules.user_ns &&
	       h->mount_ns == table->rules.mount_ns && h->net_ns == table->rules.net_ns;
}

/* They go on deciding until they are detached, which nothing keeps anybody from now. */
static __always_inline int retire(struct bpfseal_policy *p)
{
	if (heir_stage() != BPFSEAL_HEIR_AUDITED)
		return -EBUSY;
	read_handover();
	if (verification.handover.stage != BPFSEAL_HANDOVER_DONE)
		return -EAGAIN;
	if (verification.handover.version <= p->version)
		return -ESTALE;
	if (!same_authority(p) || !same_host(table_of(p)) || check_serials(p))
		return -EINVAL;
	state.heir.stage += BPFSEAL_HEIR_RULES - BPFSEAL_HEIR_AUDITED;
	record_control(p, BPFSEAL_R_UPGRADED, 0);
	*(volatile __u32 *)&state.seal = BPFSEAL_OPEN;
	return 0;
}

/* --- the audit of the new programs --------------------------------------------------- */

/* What is attached to the root cgroup. */
static __always_inline __u64 root_bpf(void)
{
	struct cgroup *own = bpf_get_current_task_btf()->cgroups->dfl_cgrp;
	__u64 root = (__u64)bpf_core_cast(own, struct cgroup)->root;

	return root + bpf_core_field_offset(struct cgroup_root, cgrp) +
	       bpf_core_field_offset(struct cgroup, bpf);
}

/*
 * Without a link, whose last descriptor would take it along, and so that it takes a
 * descriptor to detach it: see find_detach_entry() in kernel/bpf/cgroup.c. Global, so that
 * what follows is verified once.
 */
__weak __noinline bool runs_on(__u32 hook, __u64 prog)
{
	const __u32 to_prog = bpf_core_field_offset(struct bpf_prog_list, prog) -
			      bpf_core_field_offset(struct bpf_prog_list, node);
	__u64 bpf = root_bpf(), node;
	__u32 i;

	if (!(word_at(bpf + bpf_core_field_offset(struct cgroup_bpf, flags) + hook) &
	      BPF_F_ALLOW_MULTI))
		return false;
	node = word_at(bpf + bpf_core_field_offset(struct cgroup_bpf, progs) +
		       hook * sizeof(struct hlist_head));
	bpf_for(i, 0, ATTACHED_MAX) {
		if (!node)
			return false;
		if (word_at(node + to_prog) == prog)
			return true;
		node = word_at(node);	/* next is the first member */
	}
	return false;
}

static __noinline bool is_attached(const struct bpf_prog *prog)
{
	__u64 address = kernel_u64(&prog->aux->prog);	/* as a number, to be compared with one */
	const __u32 hooks = bpf_core_enum_value(enum cgroup_bpf_attach_type,
						MAX_CGROUP_BPF_ATTACH_TYPE);
	__u32 i;

	bpf_for(i, 0, hooks)
		if (runs_on(i, address))
			return true;
	return false;
}

/*
 * Who runs one has a reference as well: none may have begun under a state of root's making
 * and go on under that of the seal. From then on they wait for each other.
 */
static __always_inline bool is_in_use(const struct bpf_prog *prog)
{
	return prog->expected_attach_type != BPF_TRACE_ITER &&
	       prog->aux->refcnt.counter > OWN_REFS;
}

static __always_inline void check_heir(struct seq_file *seq, struct bpf_prog *prog)
{
	struct bpf_map *map;
	__u32 i;

	if (is_in_use(prog))
		report_held(seq, BPFSEAL_HELD_PROG, prog->aux->id, prog->aux->name);
	if (is_for_cgroup(prog))
		state.heir.attached += is_attached(prog);
	bpf_for(i, 0, prog->aux->used_map_cnt) {
		map = used_map(prog->aux, i);
		if (!ids_have(&state.heir.maps, map->id))
			continue;
		count_references(map);
		if (map->usercnt.counter)
			report_held(seq, BPFSEAL_HELD_MAP, map->id, map->name);
	}
}

static __always_inline void check_stranger(struct seq_file *seq, struct bpf_prog *prog)
{
	__u32 i;

	bpf_for(i, 0, prog->aux->used_map_cnt) {
		if (!ids_have(&state.heir.maps, used_map(prog->aux, i)->id))
			continue;
		report_held(seq, BPFSEAL_STRANGER, prog->aux->id, prog->aux->name);
		break;
	}
}

/* What they tell later was not there before, so they have written it. */
static __always_inline bool handover_is_empty(void)
{
	__u64 at = handover_at();
	__u32 i;

	bpf_for(i, 0, HANDOVER_WORDS)
		if (word_at(at + i * 8))
			return false;
	return true;
}

static __always_inline void end_heir_audit(struct seq_file *seq, __u64 session, __u64 stage)
{
	struct bpfseal_heir *heir = &state.heir;

	if (heir->attached != heir->wanted)
		report_held(seq, BPFSEAL_DETACHED, heir->attached, NULL);
	if (state.refs != state.uses && !state.held)
		report_held(seq, BPFSEAL_REFERRED, state.refs - state.uses, NULL);
	if (!handover_is_empty())
		report_held(seq, BPFSEAL_WRITTEN, 0, NULL);
	if (end_reading(session))
		__sync_val_compare_and_swap(&heir->stage, stage, stage + BPFSEAL_HEIR_AUDITED -
							    BPFSEAL_HEIR_ISOLATED);
}

/* It counts only if nobody else begins to read it meanwhile. */
SEC("iter/bpf_prog")
int audit_heir(struct bpf_iter__bpf_prog *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct bpf_prog *prog = ctx->prog;
	__u64 session = ctx->meta->session_id;

	if (!the_policy() || state.seal != BPFSEAL_CLOSED || heir_stage() != BPFSEAL_HEIR_ISOLATED)
		return 0;
	if (!ctx->meta->seq_num) {
		begin_reading(session);
		state.heir.attached = 0;
		state.audit_stage = state.heir.stage;
	}
	if (state.audit != session || state.audit_stage != state.heir.stage)
		return 0;
	if (!prog)
		end_heir_audit(seq, session, state.audit_stage);
	else if (ids_have(&state.heir.progs, prog->aux->id))
		check_heir(seq, prog);
	else
		check_stranger(seq, prog);
	return 0;
}

/* --- the new programs: they begin anew -------------------------------------------------- */

static __always_inline int mark_begun(void)
{
	struct bpfseal_handover *h;
	__u32 zero = 0;

	h = bpf_map_lookup_elem(&handover, &zero);
	if (!h)
		return -ENOENT;
	h->stage = BPFSEAL_HANDOVER_BEGUN;
	return 0;
}

static __always_inline int begin_anew(const struct bpfseal_upgrade *u)
{
	if (is_sealed())
		return -EPERM;
	*(volatile __u32 *)&state.seal = BPFSEAL_INHERITS;
	wipe_all();
	state.dev = u->dev;
	state.authority = u->handover.authority;
	return mark_begun();
}

/* --- the program -------------------------------------------------------------------------- */

static __always_inline int tell(struct bpfseal_upgrade *u)
{
	struct bpfseal_handover *h;
	__u32 zero = 0;

	h = bpf_map_lookup_elem(&handover, &zero);
	if (!h || !the_policy())
		return -ENOENT;
	/* Before Linux 7.2 no helper writes there, and only at offsets that are known in advance. */
#pragma unroll
	for (__u32 i = 0; i < HANDOVER_WORDS; i++)
		((__u64 *)&u->handover)[i] = ((__u64 *)h)[i];
	return 0;
}

static __always_inline int of_sealed(const struct bpfseal_upgrade *u)
{
	struct bpfseal_policy *p = the_policy();

	if (!p)
		return -ENOENT;
	if (state.seal != BPFSEAL_CLOSED)
		return -EPERM;
	switch (u->op) {
	case BPFSEAL_UPGRADE_ADOPT:
		return adopt(p, u);
	case BPFSEAL_UPGRADE_ISOLATE:
		return isolate();
	case BPFSEAL_UPGRADE_DISOWN:
		return disown();
	case BPFSEAL_UPGRADE_RETIRE:
		return retire(p);
	default:
		return -EINVAL;
	}
}

static __always_inline int change(const struct bpfseal_upgrade *u)
{
	int err;

	if (u->op == BPFSEAL_UPGRADE_INHERIT)
		return begin_anew(u);
	err = of_sealed(u);
	if (err && state.seal == BPFSEAL_CLOSED)
		record_control(the_policy(), BPFSEAL_R_SEALED, err);
	return err;
}

/* Returns 0 or a negative errno. */
SEC("syscall")
int upgrade(struct bpfseal_upgrade *ctx)
{
	int err;

	if (ctx->op == BPFSEAL_UPGRADE_TELL)
		return tell(ctx);
	if (!begin_switch())
		return -EBUSY;
	err = change(ctx);
	end_switch();
	return err;
}

char _license[] SEC("license") = "GPL";
