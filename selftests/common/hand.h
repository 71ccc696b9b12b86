/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hand.h - the context of the hand-made loader progs/hand.bpf.c.
 */
#ifndef GATE_HAND_H
#define GATE_HAND_H

/**
 * struct hand_ctx - what the loader is to do, and what it did
 * @wait_first: address in the caller's memory to read first; 0: none
 * @wait_made: the same, after the map was made and before it is frozen
 * @wait_frozen: the same, before the program is loaded
 * @map: descriptor of the map the nested program reads; 0: make one
 * @map_btf: BTF for the map it makes, whose type @map_type has 4 bytes; 0: none
 * @prog_btf: BTF for the nested program, whose function is @prog_func; 0: none
 * @made: set to the descriptor of the map that was made, or an errno
 * @frozen: set to the result of freezing it
 * @prog: set to the descriptor of the nested program, or an errno
 *
 * The nested program is a socket filter "reader" that returns the first four
 * bytes of its map. Whoever lets a read wait (userfaultfd) holds the loader up.
 */
struct hand_ctx {
	__u64 wait_first;
	__u64 wait_made;
	__u64 wait_frozen;
	__s32 map;
	__u32 map_btf;
	__u32 map_type;
	__u32 prog_btf;
	__u32 prog_func;
	__s32 made;
	__s32 frozen;
	__s32 prog;
};

#endif
