// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loader runs: what a loader may do while it runs, and only then.
 *
 * hook                              role                       attack it closes
 * --------------------------------  -------------------------  -----------------------
 * fentry/bpf_prog_test_run_syscall  notes which loader runs,   second and concurrent
 *                                   and whether for the first  runs, loaders from
 *                                   time                       before the policy
 * fexit/bpf_prog_test_run_syscall   ends the note              a note outliving its run
 * fentry, fexit/kern_sys_bpf        marks the kernel's own     (names them in events;
 *                                   commands                   decides nothing)
 * fexit/btf_alloc_id                notes the BTF that the     BTF swapped under a
 *                                   loader loads               nested program
 * lsm/bpf_map_create                nested maps only from an   maps of loaders that
 *                                   admitted run; notes them   aren't admitted
 * fentry/bpf_prog_free_deferred     forgets loaders and        -
 *                                   nested programs
 */
#include <vmlinux.h>
#include "event.h"
#include "run_maps.h"

static __always_inline struct run *make_run(void)
{
	return bpf_task_storage_get(&runs, bpf_get_current_task_btf(), NULL,
				    BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/* The first run is the only one: a loader writes fds into its metadata map. */
static __always_inline __u32 start_loader(struct loader *loader)
{
	if (!loader)
		return BPFSEAL_R_LOADER_NOT_ADMITTED;
	if (__sync_val_compare_and_swap(&loader->state, LOADER_ADMITTED, LOADER_RUNNING) ==
	    LOADER_ADMITTED)
		return BPFSEAL_R_NESTED;
	loader->state = LOADER_SPENT;
	return BPFSEAL_R_LOADER_RERUN;
}

static __always_inline void judge_loader(struct bpfseal_policy *p, struct bpf_prog *prog,
					 const struct loader *loader, struct run *run)
{
	struct judgement j = {};
	struct signature sig;

	if (p) {
		signature_of_loader(prog->aux, loader, &sig);
		judge_signature(p, &sig, p->require_loader, &j);
	}
	run->signer = j.signer;
	run->level = j.level;
	run->keyring = j.keyring;
	run->serial = j.serial;
}

SEC("fentry/bpf_prog_test_run_syscall")
int BPF_PROG(run_starts, struct bpf_prog *prog)
{
	struct bpfseal_policy *p = the_policy();
	struct loader *loader;
	const __u64 *digest;
	struct run *run;

	if (!p && !armed(false))
		return 0;
	run = make_run();
	if (!run)
		return 0;
	run->aux = (__u64)prog->aux;
	run->code = (__u64)prog->bpf_func;
	run->code_len = prog->jited_len;
	run->loaded = prog->aux->load_time;
	loader = loader_find(run->aux, run->loaded);
	run->reason = start_loader(loader);
	run->n_btfs = 0;
	begin_run_maps(run);
	run->loader_id = prog->aux->id;
	judge_loader(p, prog, loader, run);
	digest = digest_of(prog);
	if (digest)
		copy_words(run->digest, digest, sizeof(run->digest));
	begin_run(run);
	return 0;
}

SEC("fexit/bpf_prog_test_run_syscall")
int BPF_PROG(run_ends, struct bpf_prog *prog)
{
	struct run *run = current_run();

	if (run)
		end_run(run);
	return 0;
}

SEC("fexit/btf_alloc_id")
int BPF_PROG(note_btf, struct btf *btf, int err)
{
	struct run *run = current_run();
	__u32 i;

	if (!run || err)
		return 0;
	i = run->n_btfs;
	if (i >= RUN_BTFS)
		return 0;
	run->btfs[i] = btf->id;
	run->n_btfs = i + 1;
	return 0;
}

SEC("fentry/kern_sys_bpf")
int BPF_PROG(kernel_starts)
{
	struct run *run;

	if (!armed(the_policy()))
		return 0;
	run = make_run();
	if (!run)
		return 0;
	run->reason = BPFSEAL_R_KERNEL_OWN;
	run->loader_id = 0;
	begin_run(run);
	return 0;
}

SEC("fexit/kern_sys_bpf")
int BPF_PROG(kernel_ends)
{
	struct run *run = current_run();

	if (run)
		end_run(run);
	return 0;
}

/* Global, so that it is verified once, whatever was decided. */
__weak __noinline int record_map(struct bpfseal_table *t, struct decision *d __arg_nonnull,
				 struct bpf_map *map __arg_trusted, struct run *run)
{
	struct bpfseal_event *e = event_open(t ? &t->policy : NULL, d, run);

	if (!e)
		return 0;
	e->time_ns = bpf_ktime_get_boot_ns();
	event_map(e, map);
	event_task(e);
	event_close(e);
	return 0;
}

SEC("lsm_cgroup/bpf_map_create")
int BPF_PROG(make_map, struct bpf_map *map, union bpf_attr *attr)
{
	struct decision d = {};
	struct bpfseal_policy *p;
	struct run *run = NULL;
	__u64 generation = 0;
	int err;

	if (!FROM_KERNEL(ctx))
		return hook_returns(0);
	d.hook = BPFSEAL_HOOK_MAP_CREATE;
	d.nested = true;
	p = the_policy();
	if (p) {
		generation = p->generation;
		run = current_run();
		judge_nested(run, p, &d.j);
	} else {
		if (!armed(false))
			return hook_returns(0);
		d.j.reason = BPFSEAL_R_NO_POLICY;
	}
	/* A map does nothing by itself; rules decide about the programs that use it. */
	if (d.j.reason == BPFSEAL_R_LOADER_BY_RULE) {
		d.j.reason = BPFSEAL_R_RULE_ALLOWS;
		d.rule = d.j.rule;
	}
	if (p && !policy_still(generation))
		d.j.reason = BPFSEAL_R_POLICY_CHANGED;
	if (run && reason_allows(d.j.reason))
		take_map(run, map, attr, &d.j);
	err = decide(p, &d);
	record_map(table_of(p), &d, map, run);
	return hook_returns(err);
}

/*
 * The last that is seen of a program, in a kernel worker: unlike
 * lsm/bpf_prog_free it costs the load nothing. What is forgotten too late is
 * never mistaken for another program, as that has another time of loading.
 */
SEC("fentry/bpf_prog_free_deferred")
int forget(__u64 *ctx)
{
	struct loader *loader;
	struct nested *n;
	__u64 work, key, loaded;
	__u32 i;

	if (bpf_get_func_arg(ctx, 0, &work))	/* as a number, to calculate with */
		return 0;
	key = work - bpf_core_field_offset(struct bpf_prog_aux, work);
	loaded = kernel_u64((void *)(key + bpf_core_field_offset(struct bpf_prog_aux, load_time)));
	for (i = 0; i < LOADER_PROBES; i++) {
		loader = loader_slot(loaded, i);
		if (loader && loader->aux == key)
			loader->aux = 0;
	}
	n = bpf_map_lookup_elem(&nested, &key);
	if (n) {
		nested_checked(n, NESTED_TOLERATED);
		bpf_map_delete_elem(&nested, &key);
	}
	return 0;
}

char _license[] SEC("license") = "GPL";
