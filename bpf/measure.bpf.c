// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures the executable that makes a load, for rules that ask for its digest.
 * Attached only while the policy in force has such rules.
 *
 * hook                   role                            attack it closes
 * ---------------------  ------------------------------  ---------------------------
 * lsm.s/bpf_prog_load    notes the digest of the file    another program under the
 *                        that the task executes; comes   path of one that rules allow
 *                        before "admit" and denies
 *                        nothing
 *
 * Of the programs at one hook the kernel runs that first which was attached last. If
 * this one is missing, comes too late or fails, there is no note of the load, and
 * "admit" takes the digest for unknown.
 */
#include <vmlinux.h>
#include "exe.h"
#include "measured.h"

#define FS_VERITY_HASH_ALG_SHA256 1	/* linux/fsverity.h */

extern int bpf_get_fsverity_digest(struct file *file, struct bpf_dynptr *digest) __ksym __weak;

/* The kernel has it at hand, and verifies whatever is read of the file. */
static __always_inline void ask_verity(struct file *file, struct measured *m)
{
	struct bpf_dynptr to;

	if (!bpf_get_fsverity_digest || bpf_dynptr_from_mem(&m->algorithm, VERITY_LEN, 0, &to))
		return;
	m->has_verity = !bpf_get_fsverity_digest(file, &to) &&
			m->algorithm == FS_VERITY_HASH_ALG_SHA256 &&
			m->size == BPFSEAL_DIGEST_LEN;
	if (m->has_verity)
		m->shown = BPFSEAL_MEASURED_VERITY;
}

/* Reads all of the file, unless an IMA policy has had it measured already. */
static __always_inline void ask_ima(struct file *file, struct measured *m)
{
	m->has_ima = bpf_ima_file_hash(file, m->ima, sizeof(m->ima)) == HASH_ALGO_SHA256;
	m->complete = 1;
	if (m->has_ima && !m->has_verity)
		m->shown = BPFSEAL_MEASURED_IMA;
}

static __always_inline void ask(const struct bpfseal_rules *r, struct measured *m)
{
	struct file *file = bpf_get_task_exe_file(bpf_get_current_task_btf());

	if (!file)
		return;
	ask_verity(file, m);
	if (r->denies_by_exe || !m->has_verity || !measured_named(r, m->verity))
		ask_ima(file, m);
	bpf_put_file(file);
}

SEC("lsm.s/bpf_prog_load")
int BPF_PROG(measure, struct bpf_prog *prog)
{
	struct bpfseal_policy *p = the_policy();
	struct measured *m;

	if (!p || !ASKED(rules_of(p), EXE_DIGEST))
		return 0;
	m = bpf_task_storage_get(&measured, bpf_get_current_task_btf(), NULL,
				 BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!m)
		return 0;
	clear_words(m, sizeof(*m));
	__sync_fetch_and_add(&state.measuring, 1);
	ask(rules_of(p), m);
	__sync_fetch_and_sub(&state.measuring, 1);
	m->of = load_id(prog->aux);
	return 0;
}

char _license[] SEC("license") = "GPL";
