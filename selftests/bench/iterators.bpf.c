// SPDX-License-Identifier: GPL-2.0-only
/*
 * Iterators for the benchmark to read through: they do nothing.
 *
 * hook           role
 * -------------  -------------------------
 * iter/bpf_map   goes through all maps
 * iter/bpf_prog  goes through all programs
 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>

SEC("iter/bpf_map")
int all_maps(struct bpf_iter__bpf_map *ctx)
{
	return 0;
}

SEC("iter/bpf_prog")
int all_progs(struct bpf_iter__bpf_prog *ctx)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
