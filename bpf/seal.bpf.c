// SPDX-License-Identifier: GPL-2.0-only
/*
 * The seal: from then on until reboot nobody gets at the policy's own programs and maps,
 * nor at what holds the programs that only track.
 *
 * What decides is attached to the root cgroup without a link. It takes a descriptor of
 * the program to detach it or to attach to it, and a descriptor of a map to write to it.
 * These hooks see every descriptor before it is handed out, those of programs in
 * first_fd.bpf.c; an audit before the seal makes sure that nobody has one already.
 *
 * hook            role                              attack it closes
 * --------------  --------------------------------  -----------------------------------
 * lsm/bpf_map     no descriptor of the policy's     writing, freezing, batches; binding
 *                 maps, by id, pin or iterator      a program to them
 * lsm/sb_remount  its bpffs stays read-only         pins unlinked, renamed, linked
 * lsm/sb_umount   and mounted                       pins lost with their file system
 * lsm/sb_mount    with nothing on top or above      other pins in their place
 * lsm/move_mount  and where it is                   likewise
 * cgroup/sysctl   ftrace stays on                   tracing and LSM programs silenced
 *                                                   all at once (Linux 7.2 and before)
 * iter/bpf_prog   the audit                         descriptors from before the seal
 */
#include <vmlinux.h>
#include "seal.h"

#define MNT_DETACH	2	/* umount2(2) */
#define MS_REMOUNT	(1 << 5)	/* mount(2) */
#define MS_BIND		(1 << 12)
#define MS_MOVE		(1 << 13)
#define MS_PROPAGATION	(0xf << 17)	/* MS_UNBINDABLE to MS_SHARED */
#define DIR_DEPTH	64
#define MOUNT_DEPTH	64

static __noinline int deny_map(struct bpf_map *map)
{
	struct bpfseal_event *e;
	int ret;

	e = open_sealed(BPFSEAL_HOOK_MAP_FD, &ret);
	if (!e)
		return ret;
	event_map(e, map);
	event_close(e);
	return ret;
}

/* --- descriptors ----------------------------------------------------------------- */

SEC("lsm_cgroup/bpf_map")
int BPF_PROG(guard_map, struct bpf_map *map)
{
	return seals_map(map->id) ? deny_map(map) : hook_returns(0);
}

/* --- the file system of its pins --------------------------------------------------- */

static __always_inline bool is_own_sb(const struct super_block *sb)
{
	return is_sealed() && sb->s_dev == state.dev;
}

SEC("lsm_cgroup/sb_remount")
int BPF_PROG(guard_remount, struct super_block *sb)
{
	return is_own_sb(sb) ? deny_other(BPFSEAL_HOOK_MOUNT) : hook_returns(0);
}

/* Is our mount below this one? What can't be told is denied. */
static __noinline bool is_above(__u64 mnt)
{
	__u64 at = state.anchor, above;
	__u32 i;

	bpf_for(i, 0, MOUNT_DEPTH) {
		if (at == mnt)
			return true;
		above = (__u64)bpf_core_cast((void *)at, struct mount)->mnt_parent;
		if (!above || above == at)
			return false;
		at = above;
	}
	return true;
}

/*
 * Has somebody made our mount share what happens to it? Then it could be unmounted from
 * another namespace, where it can't be told from what containers do with theirs.
 */
static __noinline bool is_shared(void)
{
	struct mount *anchor = bpf_core_cast((void *)state.anchor, struct mount);
	struct mount *dir = bpf_core_cast((void *)(__u64)anchor->mnt_parent, struct mount);

	return dir->mnt_t_flags & T_SHARED;
}

SEC("lsm_cgroup/sb_umount")
int BPF_PROG(guard_umount, struct vfsmount *mnt, int flags)
{
	__u64 mount = (__u64)mnt - bpf_core_field_offset(struct mount, mnt);

	if (!is_sealed())
		return hook_returns(0);
	if (mnt->mnt_sb->s_dev == state.dev)
		return deny_other(BPFSEAL_HOOK_MOUNT);
	/* Only a lazy one takes along what is mounted below. */
	if (!(flags & MNT_DETACH) || !state.anchor || (!is_above(mount) && !is_shared()))
		return hook_returns(0);
	return deny_other(BPFSEAL_HOOK_MOUNT);
}

/*
 * Can this task move our mount? The kernel moves those of one's own namespace only; in
 * another one there may be a copy, which matters to nobody.
 */
static __always_inline bool shares_mounts(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return state.anchor && bpf_core_cast((void *)state.anchor, struct mount)->mnt_ns ==
			       task->nsproxy->mnt_ns;
}

static __noinline bool is_at_or_below(__u64 at, __u64 dentry)
{
	__u64 above;
	__u32 i;

	bpf_for(i, 0, DIR_DEPTH) {
		if (at == dentry)
			return true;
		above = (__u64)bpf_core_cast((void *)at, struct dentry)->d_parent;
		if (!above || above == at)
			return false;
		at = above;
	}
	return true;
}

/* Would something that is mounted there hide our mount from the commands? */
static __noinline bool hides(__u64 mnt, __u64 dentry)
{
	__u64 at = state.anchor, above;
	struct mount *m;
	__u32 i;

	mnt -= bpf_core_field_offset(struct mount, mnt);
	bpf_for(i, 0, MOUNT_DEPTH) {
		if (!at)
			return false;
		m = bpf_core_cast((void *)at, struct mount);
		above = (__u64)m->mnt_parent;
		if (above == mnt)
			return is_at_or_below((__u64)m->mnt_mountpoint, dentry);
		if (above == at)
			return false;
		at = above;
	}
	return true;
}

static __always_inline bool hidden_by(const struct path *path)
{
	return is_own_sb(path->mnt->mnt_sb) ||
	       (is_sealed() && hides((__u64)path->mnt, (__u64)path->dentry));
}

/* Of a mount that is there. The kernel looks at the flags in this order. */
static __always_inline bool is_change(unsigned long flags)
{
	return flags & MS_REMOUNT || (!(flags & MS_BIND) && flags & MS_PROPAGATION);
}

/* The hook isn't told what is moved, only where to: so nothing is moved this way. */
SEC("lsm_cgroup/sb_mount")
int BPF_PROG(guard_mount, const char *source, const struct path *path, const char *type,
	     unsigned long flags)
{
	if (is_change(flags) ? is_own_sb(path->mnt->mnt_sb) : hidden_by(path))
		return deny_other(BPFSEAL_HOOK_MOUNT);
	if (is_sealed() && flags & MS_MOVE && shares_mounts())
		return deny_other(BPFSEAL_HOOK_MOUNT);
	return hook_returns(0);
}

/* The controller mounts its own while the seal is being closed; the last one is what counts. */
SEC("lsm_cgroup/move_mount")
int BPF_PROG(guard_move, const struct path *from, const struct path *to)
{
	if (is_own_sb(from->mnt->mnt_sb)) {
		if (state.seal == BPFSEAL_CLOSED)
			return deny_other(BPFSEAL_HOOK_MOUNT);
		state.anchor = (__u64)from->mnt - bpf_core_field_offset(struct mount, mnt);
		return hook_returns(0);
	}
	return hidden_by(to) ? deny_other(BPFSEAL_HOOK_MOUNT) : hook_returns(0);
}

/* --- what the hooks rest upon ------------------------------------------------------ */

static __noinline int check_sysctl(struct bpf_sysctl *ctx)
{
	char name[32] = {};

	bpf_sysctl_get_name(ctx, name, sizeof(name), 0);
	if (bpf_strncmp(name, sizeof(name), "kernel/ftrace_enabled"))
		return 1;
	return deny_other(BPFSEAL_HOOK_SYSCTL);
}

/* The helper takes 400 instructions to tell a name. One load tells nearly all from ours. */
static __always_inline bool may_be_ftrace(struct bpf_sysctl *ctx)
{
	const struct ctl_table *table = bpf_core_cast(ctx, struct bpf_sysctl_kern)->table;
	__u64 first = kernel_u64(table->procname);

	return !first || first == *(const __u64 *)"ftrace_e";
}

SEC("cgroup/sysctl")
int guard_sysctl(struct bpf_sysctl *ctx)
{
	if (!ctx->write || !is_sealed() || !may_be_ftrace(ctx))
		return 1;
	return check_sysctl(ctx);
}

/* --- the audit --------------------------------------------------------------------- */

static __always_inline void add_hook(__u32 id)
{
	__u32 n = state.n_hooks;

	if (n < BPFSEAL_CGROUP_HOOKS)
		state.hooks[n] = id;
	else
		state.held++;
	state.n_hooks = n + 1;
}

static __always_inline bool on_own_hook(__u32 id)
{
	__u32 i;

	for (i = 0; i < BPFSEAL_CGROUP_HOOKS; i++)
		if (state.hooks[i] == id)
			return true;
	return false;
}

static __always_inline void mark_own(const struct bpf_prog *prog)
{
	const struct bpf_prog_aux *aux = prog->aux;
	bool fits = add_id(&state.progs, aux->id);
	__u32 i;

	if (is_for_cgroup(prog))
		add_hook(aux->attach_btf_id);	/* 0 for a sysctl, which no other has */

	bpf_for(i, 0, aux->used_map_cnt)
		fits &= add_id(&state.maps, used_map(aux, i)->id);
	if (!fits)
		state.held++;
}

static __always_inline void check_own(struct seq_file *seq, struct bpf_prog *prog)
{
	struct bpf_map *map;
	__u32 i;

	if (is_held(prog))
		report_held(seq, BPFSEAL_HELD_PROG, prog->aux->id, prog->aux->name);
	bpf_for(i, 0, prog->aux->used_map_cnt) {
		map = used_map(prog->aux, i);
		if (!ids_have(&state.maps, map->id))
			continue;
		count_references(map);
		if (map->usercnt.counter)
			report_held(seq, BPFSEAL_HELD_MAP, map->id, map->name);
	}
}

/* Whoever uses the policy's maps passes for one of its programs. So they are counted. */
static __always_inline void end_audit(struct seq_file *seq, __u64 session)
{
	if (state.seal == BPFSEAL_CLOSING && state.owns != BPFSEAL_PROGRAMS)
		report_held(seq, BPFSEAL_ADDED, state.owns, NULL);
	if (state.refs != state.uses && !state.held)
		report_held(seq, BPFSEAL_REFERRED, state.refs - state.uses, NULL);
	end_reading(session);
}

/*
 * Of the programs on a hook of a cgroup the last one has the last word, with
 * bpf_set_retval(). What attaches to programs that are there to be run could lie for
 * them. What is loaded from now on has to be admitted; what is there already could still
 * be attached.
 */
static __always_inline void check_other(struct seq_file *seq, struct bpf_prog *prog)
{
	bool on_hook = prog->expected_attach_type == BPF_LSM_CGROUP &&
		       on_own_hook(prog->aux->attach_btf_id);

	if (state.seal == BPFSEAL_CLOSING && (on_hook || fits_public(prog->aux->saved_dst_prog_type)))
		report_held(seq, BPFSEAL_OVERRULES, prog->aux->id, prog->aux->name);
}

/* Nobody else has what inherits: see upgrade.bpf.c. */
static __always_inline bool is_marking(void)
{
	return state.seal == BPFSEAL_OPEN || state.seal == BPFSEAL_INHERITS;
}

static __always_inline void begin_audit(__u64 session)
{
	begin_reading(session);
	state.owns = 0;
	if (!is_marking())
		return;
	__builtin_memset(&state.progs, 0, sizeof(state.progs));
	__builtin_memset(&state.maps, 0, sizeof(state.maps));
	__builtin_memset(state.hooks, 0, sizeof(state.hooks));
	state.n_hooks = 0;
}

/*
 * Read through before the seal is being closed, it finds what is to be sealed; after that,
 * who holds any of it. It counts only if nobody else begins to read it meanwhile.
 */
SEC("iter/bpf_prog")
int audit(struct bpf_iter__bpf_prog *ctx)
{
	struct bpf_prog *prog = ctx->prog;
	__u64 session = ctx->meta->session_id;

	if (state.seal == BPFSEAL_CLOSED)
		return 0;
	if (!ctx->meta->seq_num)
		begin_audit(session);
	if (state.audit != session)
		return 0;
	if (!prog) {
		end_audit(ctx->meta->seq, session);
		return 0;
	}
	if (!is_own(prog->aux)) {
		check_other(ctx->meta->seq, prog);
		return 0;
	}
	state.owns++;
	if (is_marking())
		mark_own(prog);
	else
		check_own(ctx->meta->seq, prog);
	return 0;
}

char _license[] SEC("license") = "GPL";
