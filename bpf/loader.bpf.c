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
 * lsm/bpf_map_create                nested maps only from an   maps of loaders that
 *                                   admitted run; notes them   aren't admitted
 * lsm/bpf_map_free                  forgets the map            -
 */
#include <vmlinux.h>
#include "event.h"
#include "run.h"

static __always_inline struct run *make_run(void)
{
	return bpf_task_storage_get(&runs, bpf_get_current_task_btf(), NULL,
				    BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/* The first run is the only one: a loader writes fds into its metadata map. */
static __always_inline __u32 start_loader(__u64 aux)
{
	struct loader *loader;

	loader = bpf_map_lookup_elem(&loaders, &aux);
	if (!loader)
		return BPFSEAL_R_LOADER_NOT_ADMITTED;
	if (__sync_val_compare_and_swap(&loader->state, LOADER_ADMITTED, LOADER_RUNNING) ==
	    LOADER_ADMITTED)
		return BPFSEAL_R_NESTED;
	loader->state = LOADER_SPENT;
	return BPFSEAL_R_LOADER_RERUN;
}

SEC("fentry/bpf_prog_test_run_syscall")
int BPF_PROG(run_starts, struct bpf_prog *prog)
{
	struct bpf_prog___digest *digest = (void *)prog;
	struct bpfseal_policy *p = the_policy();
	struct seal_state *s = the_state();
	struct judgement j = {};
	struct run *run;

	if (!s || (!p && !armed(false)))
		return 0;
	run = make_run();
	if (!run)
		return 0;
	run->number = 0;
	run->aux = (__u64)prog->aux;
	run->code = (__u64)prog->bpf_func;
	run->code_len = prog->jited_len;
	run->reason = start_loader(run->aux);
	run->pending = 0;
	run->loader_id = prog->aux->id;
	if (p)
		judge_signature(p, prog->aux, &j);
	run->signer = j.signer;
	run->level = j.level;
	run->keyring = j.keyring;
	run->serial = j.serial;
	if (bpf_core_field_exists(digest->digest))
		__builtin_memcpy(run->digest, digest->digest, sizeof(run->digest));
	run->number = __sync_fetch_and_add(&s->run, 1) + 1;
	return 0;
}

SEC("fexit/bpf_prog_test_run_syscall")
int BPF_PROG(run_ends, struct bpf_prog *prog)
{
	struct run *run = current_run();

	if (run)
		run->number = 0;
	return 0;
}

SEC("fentry/kern_sys_bpf")
int BPF_PROG(kernel_starts)
{
	struct seal_state *s = the_state();
	struct run *run;

	if (!s || !armed(the_policy()))
		return 0;
	run = make_run();
	if (!run)
		return 0;
	run->reason = BPFSEAL_R_KERNEL_OWN;
	run->loader_id = 0;
	run->number = __sync_fetch_and_add(&s->run, 1) + 1;
	return 0;
}

SEC("fexit/kern_sys_bpf")
int BPF_PROG(kernel_ends)
{
	struct run *run = current_run();

	if (run)
		run->number = 0;
	return 0;
}

SEC("lsm/bpf_map_create")
int BPF_PROG(make_map, struct bpf_map *map, union bpf_attr *attr,
	     struct bpf_token *token, bool kernel)
{
	struct decision d = { .hook = BPFSEAL_HOOK_MAP_CREATE, .nested = true };
	struct bpfseal_policy *p;
	struct bpfseal_event *e;
	struct run *run = NULL;
	__u64 cookie;
	int err;

	if (!kernel)
		return 0;
	p = the_policy();
	if (p) {
		run = current_run();
		judge_nested(run, p, &d.j);
	} else {
		if (!armed(false))
			return 0;
		d.j.reason = BPFSEAL_R_NO_POLICY;
	}
	cookie = map->cookie;
	if (run && d.j.reason == BPFSEAL_R_NESTED &&
	    bpf_map_update_elem(&made, &cookie, &run->number, BPF_ANY))
		d.j.reason = BPFSEAL_R_STATE_FULL;
	err = decide(p, &d);
	e = event_open(p, &d);
	if (!e)
		return err;
	event_exe(e);
	event_map(e, map);
	if (run)
		event_loader(e, run);
	bpf_ringbuf_submit(e, 0);
	return err;
}

SEC("lsm/bpf_map_free")
int BPF_PROG(forget_map, struct bpf_map *map)
{
	__u64 cookie = map->cookie;

	bpf_map_delete_elem(&made, &cookie);
	return 0;
}

char _license[] SEC("license") = "GPL";
