// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that reads two constants of two maps in turn, by an instruction of its own
 * each time, and returns how often it found the other one.
 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>

#define TIMES 100

const volatile __u32 first SEC(".rodata.first") = 1;
const volatile __u32 second SEC(".rodata.second") = 2;

/* The compiler would look each address up once. */
#define COUNT_UNLESS(constant, is) \
	asm volatile("r1 = %[address] ll;" \
		     "r1 = *(u32 *)(r1 + 0);" \
		     "if r1 == " #is " goto +1;" \
		     "%[wrong] += 1;" \
		     : [wrong] "+r"(wrong) : [address] "i"(&(constant)) : "r1")

SEC("socket")
int entwined(void *ctx)
{
	__u64 wrong = 0;
	int i;

#pragma unroll
	for (i = 0; i < TIMES; i++) {
		COUNT_UNLESS(first, 1);
		COUNT_UNLESS(second, 2);
	}
	return wrong;
}

char _license[] SEC("license") = "GPL";
