/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * delay.h - the only element of the map of progs/delay.bpf.c.
 */
#ifndef GATE_DELAY_H
#define GATE_DELAY_H

#define DELAYS 2

/**
 * struct delay_wait - who has to wait on the way to a descriptor of "reader"
 * @calls: how many have come
 * @address: in the memory of the one who comes as number N: read it first
 */
struct delay_wait {
	__u64 calls;
	__u64 address[DELAYS];
};

#endif
