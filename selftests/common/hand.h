/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hand.h - the context of the hand-made loader progs/hand.bpf.c.
 */
#ifndef GATE_HAND_H
#define GATE_HAND_H

/**
 * struct hand_ctx - what the loader is to do, and what it did
 * @wait_first: address in the caller's memory to read first; 0: none
 * @wait_one: the same, after the first of two maps was made
 * @wait_new: the same, after the maps were made and before it writes into them
 * @wait_made: the same, after that and before it freezes them
 * @wait_frozen: the same, before the program is loaded
 * @map: descriptor of the map the nested program reads; 0: make one
 * @map_btf: BTF for the map it makes, whose type @map_type has 4 bytes; 0: none
 * @prog_btf: BTF for the nested program, whose function is @prog_func; 0: none
 * @map_flags: of the maps it makes
 * @unfrozen: 1: don't freeze them
 * @second: HAND_ARRAY: make another map, which the program reads, too; HAND_OUTER: make
 *	a map of maps like the first one, which it doesn't read
 * @values: what to write into the maps
 * @made, @made_second: set to the descriptors of the maps that were made, or an errno
 * @frozen: set to the result of freezing the first
 * @prog: set to the descriptor of the nested program, or an errno
 *
 * The nested program is a socket filter "reader" that returns the first four bytes of
 * its map; if there are two, of the second in its upper 16 bits. Whoever lets a read
 * wait (userfaultfd) holds the loader up.
 */
struct hand_ctx {
	__u64 wait_first;
	__u64 wait_one;
	__u64 wait_new;
	__u64 wait_made;
	__u64 wait_frozen;
	__s32 map;
	__u32 map_btf;
	__u32 map_type;
	__u32 prog_btf;
	__u32 prog_func;
	__u32 map_flags;
	__u32 unfrozen;
	__u32 second;
	__u32 values[2];
	__s32 made;
	__s32 made_second;
	__s32 frozen;
	__s32 prog;
};

#define HAND_ARRAY 1
#define HAND_OUTER 2

#endif
