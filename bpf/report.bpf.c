// SPDX-License-Identifier: GPL-2.0-only
/*
 * The report: what can be read of a policy in force. It only reads, so that anybody
 * who may run BPF programs may run it, also where nobody gets at the policy's maps.
 *
 * hook                 role                            attack it closes
 * -------------------  ------------------------------  ---------------------------
 * BPF_PROG_RUN         copies state, policy,           reading that takes the right
 *                      counters or events to the       to write, or takes events out
 *                      caller
 */
#include <vmlinux.h>
#include "maps.h"

/* Before Linux 7.2 no helper writes there, and only at offsets that are known in advance. */
static __always_inline void copy_part(struct bpfseal_report *out, const __u64 *from, __u32 words)
{
	__u32 i;

#pragma unroll
	for (i = 0; i < words; i++)
		out->part[i] = from[i];
}

/* -EAGAIN if another policy has taken the place of the one that was begun with. */
static __always_inline int report_policy(struct bpfseal_report *out)
{
	struct bpfseal_policy *p = the_policy();
	__u32 offset = out->offset;

	if (!p)
		return -ENOENT;
	if (!offset)
		out->generation = p->generation;
	if (offset > sizeof(struct bpfseal_table) - sizeof(out->part))
		return -EINVAL;
	copy_part(out, (void *)table_of(p) + offset / sizeof(__u64) * sizeof(__u64),
		  BPFSEAL_REPORT_WORDS);
	return p->generation == out->generation && policy_still(out->generation) ? 0 : -EAGAIN;
}

/* Reading it is a run as well, of no interest to anybody. */
static __always_inline void report_state(struct bpfseal_report *out)
{
	out->state = state;
	if (out->state.running)
		out->state.running--;
}

static __always_inline int report_counters(struct bpfseal_report *out)
{
	struct bpfseal_counters sum = {}, *c;
	__u32 reason = out->reason, cpu;

	bpf_for(cpu, 0, CPUS_MAX) {
		c = bpf_map_lookup_percpu_elem(&counters, &reason, cpu);
		if (!c)
			break;
		sum.allowed += c->allowed;
		sum.would_deny += c->would_deny;
		sum.denied += c->denied;
		sum.rejected += c->rejected;
		sum.lost += c->lost;
	}
	out->counters = sum;
	return 0;
}

static __always_inline int report_key(struct bpfseal_report *out)
{
	struct bpfseal_policy *p = the_policy();
	struct bpfseal_key key = out->key;

	if (!p)
		return -ENOENT;
	key.bank = rules_of(p)->bank;
	out->found = bpf_map_lookup_elem(&keys, &key) != NULL;
	return 0;
}

/* x86 keeps the order of loads: a record is whole if its number stands there before and after. */
static __always_inline int copy_event(struct bpfseal_report *out, struct bpfseal_event *e)
{
	volatile __u64 *seq = &e->seq;
	__u64 wanted = out->seq, number = *seq;

	if (number == wanted) {
		barrier();
		copy_part(out, (__u64 *)e, sizeof(*e) / sizeof(__u64));
		barrier();
		return *seq == wanted ? 0 : -ENODATA;
	}
	return (number & ~BPFSEAL_EVENT_BUSY) > wanted ? -ENODATA : -EAGAIN;
}

/* -ENOENT: not decided yet; -EAGAIN: not written yet, or lost; -ENODATA: overwritten. */
static __always_inline int report_event(struct bpfseal_report *out)
{
	__u32 slot = out->seq % BPFSEAL_EVENTS;
	struct bpfseal_event *e = bpf_map_lookup_elem(&events, &slot);

	out->newest = *(volatile __u64 *)&state.seq;
	if (!e || out->seq > out->newest)
		return -ENOENT;
	return copy_event(out, e);
}

/* Returns 0 or a negative errno. */
SEC("syscall")
int report(struct bpfseal_report *ctx)
{
	ctx->abi = BPFSEAL_ABI;
	switch (ctx->what) {
	case BPFSEAL_REPORT_STATE:
		report_state(ctx);
		return 0;
	case BPFSEAL_REPORT_POLICY:
		return report_policy(ctx);
	case BPFSEAL_REPORT_COUNTERS:
		return report_counters(ctx);
	case BPFSEAL_REPORT_KEY:
		return report_key(ctx);
	case BPFSEAL_REPORT_EVENT:
		return report_event(ctx);
	default:
		return -EINVAL;
	}
}

char _license[] SEC("license") = "GPL";
