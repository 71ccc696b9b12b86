// SPDX-License-Identifier: GPL-2.0-only
/*
 * The yardstick of the benchmark: the least a load policy can do. It has the
 * function of the sample in the kernel's documentation (signing.rst,
 * "Admission"): loads from the kernel pass; of the others only those signed by
 * a system keyring, or by a user keyring on a list, are admitted; every decision
 * is sent to userspace as five numbers.
 *
 * hook               role
 * -----------------  ------------------------------------------------
 * lsm/bpf_prog_load  decides and reports
 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define EPERM 1

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __s32);
	__type(value, __u8);
} keyrings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);	/* as large as bpfseal's */
} events SEC(".maps");

struct record {
	__u32 type;
	__u32 verdict;
	__u32 keyring_type;
	__s32 serial;
	__s32 error;
};

/* Set by the benchmark: report what would be refused, but refuse nothing. */
volatile bool permissive;

static __always_inline int judge(struct bpf_prog_aux *aux)
{
	__s32 serial = aux->sig.keyring_serial;

	if (aux->sig.verdict != BPF_SIG_VERIFIED)
		return -EPERM;
	if (aux->sig.keyring_type != BPF_SIG_KEYRING_USER)
		return 0;
	return bpf_map_lookup_elem(&keyrings, &serial) ? 0 : -EPERM;
}

SEC("lsm/bpf_prog_load")
int BPF_PROG(minimal_prog_load, struct bpf_prog *prog, union bpf_attr *attr,
	     struct bpf_token *token, bool kernel)
{
	struct record *record;
	int err;

	if (kernel)
		return 0;
	err = judge(prog->aux);
	record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	if (record) {
		record->type = attr->prog_type;
		record->verdict = prog->aux->sig.verdict;
		record->keyring_type = prog->aux->sig.keyring_type;
		record->serial = prog->aux->sig.keyring_serial;
		record->error = err;
		bpf_ringbuf_submit(record, 0);
	}
	return permissive ? 0 : err;
}

char _license[] SEC("license") = "GPL";
