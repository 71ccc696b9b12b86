/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz.h - calls bpf(2) at random, with attributes that mostly make sense, while a policy
 * is in force.
 *
 *   main.c     the workers, and who watches over them
 *   watch.c    has the policy changed, has it let anything in?
 *   worker.c   one worker: a call, what it may have, what came back
 *   random.h   numbers
 *   memory.c   what user pointers may point to
 *   pool.c     descriptors, ids and paths to give to the kernel
 *   prog.c     loads: signed, signed by others, altered, unsigned
 *   loader.c   light skeletons, whole and altered
 *   attach.c   what programs can be attached to
 *   calls.c    attributes of all other commands
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/bpf.h>

#include "gate.h"

#define FUZZ_PINS "/sys/fs/bpf/fuzz"	/* what workers pin */

/* --- what all workers share ----------------------------------------------------- */

enum fuzz_kind { FUZZ_PROGS, FUZZ_MAPS, FUZZ_LINKS, FUZZ_BTFS, FUZZ_IDS };

#define FUZZ_ID_MAX 4096	/* ids in use when the fuzzer starts are small */

/**
 * struct fuzz_tally - what a worker has done, in memory that main.c reads
 * @calls: of bpf(2)
 * @done: of these, those that succeeded
 * @loads: BPF_PROG_LOAD with all a load needs
 * @admitted: of these, those that gave a descriptor
 * @denied: those that failed with EPERM
 * @runs: light skeletons that were run
 * @wrong: loads that gave a descriptor without a good signature; has to be 0
 * @command: calls by command, and how many succeeded
 */
struct fuzz_tally {
	uint64_t calls;
	uint64_t done;
	uint64_t loads;
	uint64_t admitted;
	uint64_t denied;
	uint64_t runs;
	uint64_t wrong;
	uint64_t command[__MAX_BPF_CMD][2];
};

/**
 * struct fuzz_setup - made before the workers start, and not changed by them
 * @keyring: that of the signer whom the policy trusts
 * @stranger: a session keyring with a stranger's key
 * @over: tells the workers to end
 * @no_arenas: make none: KASAN takes half a gigabyte for the shadow of each
 * @sealed: the policy's own objects may be tried
 * @off_limits: ids that nobody may ask for unless @sealed: bit N % 64 of word N / 64
 */
struct fuzz_setup {
	int32_t keyring;
	int32_t stranger;
	volatile bool *over;
	bool no_arenas;
	bool sealed;
	uint64_t off_limits[FUZZ_IDS][FUZZ_ID_MAX / 64];
};

/* --- a worker ------------------------------------------------------------------- */

enum pool_kind { POOL_MAP, POOL_PROG, POOL_LINK, POOL_BTF, POOL_OTHER, POOL_KINDS };

#define POOL_MAX 48

/* What stays open, to attach to: descriptors, or an ifindex. */
enum pool_target { TARGET_NONE, TARGET_CGROUP, TARGET_NETNS, TARGET_PERF, TARGET_LOOPBACK,
		   TARGET_SOCKMAP, TARGETS };

struct pool {
	int fds[POOL_KINDS][POOL_MAX];
	int n[POOL_KINDS];
	int targets[TARGETS];	/* by enum pool_target */
	int keep;	/* descriptors below this one stay open */
};

struct worker {
	uint64_t random;
	int number;
	int token;	/* a BPF token, or -1 */
	const struct fuzz_setup *setup;
	struct fuzz_tally *tally;
	uint8_t *memory;
	uint64_t memory_size;
	struct pool pool;
};

/** worker_main - call until it is over; doesn't return */
void worker_main(struct worker *w) __attribute__((noreturn));

/** worker_call - one bpf(2) with these attributes, counted; its result or a negative errno */
long worker_call(struct worker *w, int cmd, union bpf_attr *attr, uint32_t size);

/* --- memory (memory.c) ---------------------------------------------------------- */

/** memory_make - buffers that the kernel may read and write; 0 or a negative errno */
int memory_make(struct worker *w);

/**
 * memory_fixed - a copy that can only be read, once memory_seal() was called
 *
 * Both are for the time before the workers start. Return: the copy, NULL if there is no room
 */
const void *memory_fixed(const void *data, size_t len);
int memory_seal(void);

/** memory_any - a pointer to a buffer, now and then to one that ends, or to nothing */
uint64_t memory_any(struct worker *w);

/** memory_copy - a pointer to a copy of bytes */
uint64_t memory_copy(struct worker *w, const void *data, size_t len);

/** memory_readable - do these bytes lie in buffers, or in what memory_fixed() has made? */
bool memory_readable(const struct worker *w, uint64_t at, size_t len);

/** memory_guard - make user pointers that a mutation may have made point to buffers */
void memory_guard(struct worker *w, void *attr, size_t len);

/* --- the pool (pool.c) ---------------------------------------------------------- */

int pool_make(struct worker *w);

/** pool_fd - a descriptor of a kind, mostly */
int pool_fd(struct worker *w, enum pool_kind kind);

/** pool_sweep - find out what descriptors there are, and close some if there are many */
void pool_sweep(struct worker *w);

/** pool_id - an id of something that there is, mostly */
uint32_t pool_id(struct worker *w, enum fuzz_kind kind);

/** pool_off_limits - would this id get at what was there before the fuzzer? */
bool pool_off_limits(const struct worker *w, enum fuzz_kind kind, uint32_t id);

/** pool_path - a path in bpffs, mostly one of the fuzzer's own */
uint64_t pool_path(struct worker *w);

/* --- loads (prog.c, loader.c) --------------------------------------------------- */

/** prog_prepare - sign what the workers will load; before they start */
int prog_prepare(void);
void prog_fill(struct worker *w, union bpf_attr *attr);

/**
 * prog_is_signed - has the trusted key signed what this loads?
 *
 * Instructions and the signature's value are compared. What stands before that value, in the
 * signature's envelope, or after it may be altered without making it another's.
 */
bool prog_is_signed(const struct worker *w, const union bpf_attr *attr, uint32_t size);

/** loader_prepare - take the light skeletons apart; before the workers start */
int loader_prepare(void);

/** loader_round - load and run a light skeleton */
void loader_round(struct worker *w);

/* --- the other commands (attach.c, calls.c) ------------------------------------- */

/** attach_fill - attributes of BPF_LINK_CREATE or BPF_PROG_ATTACH that fit the program */
void attach_fill(struct worker *w, int cmd, union bpf_attr *attr);

/** calls_fill - attributes of a command that make sense, mostly */
void calls_fill(struct worker *w, int cmd, union bpf_attr *attr);

/* --- the watch (watch.c) -------------------------------------------------------- */

/** watch_install - put the policy into force that the workers try; sets the keyring */
int watch_install(struct fuzz_setup *setup);

/** watch_begin - remember the policy, and what there is in the kernel */
int watch_begin(struct fuzz_setup *setup);

/** watch_policy - is the policy as it was, and does it deny? Prints what is wrong. */
bool watch_policy(void);

/** watch_programs - has the policy admitted all programs there are? Prints which not. */
bool watch_programs(unsigned int *n);

/** watch_decisions - the policy's own count of decisions since the beginning */
int watch_decisions(struct bpfseal_counters *sum);

#endif
