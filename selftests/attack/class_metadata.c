// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * class_metadata.c - class 3: a signed loader with other metadata.
 *
 * Linux 7.3 verifies metadata when the loader is loaded, and refuses the load. The patched
 * 7.2 lets the loader verify it as it runs; the loader here goes on whatever comes of that,
 * so that the policy has to stop it.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "attack.h"
#include "hand_verified.h"
#include "kind.h"
#include "tamper.h"

/* --- another map, or another content ----------------------------------------------- */

/* Load and run the loader, changed; what it gets for the program that it loads. */
static int run_changed(int (*change)(struct gate_loader *loader))
{
	struct hand_ctx ctx = {};
	struct gate_loader loader;
	int err = hand_take_verified(&loader, "signer");

	loader.keyring = attack_keyring("signer");
	loader.ctx = &ctx;
	loader.ctx_len = sizeof(ctx);
	if (!err)
		err = change(&loader);
	if (err)
		return attack_broken("it could not be changed: %s", strerror(-err));
	err = loader.map_fd < 0 ? gate_loader_map(&loader) : 0;
	if (!err)
		err = gate_loader_load(&loader);
	if (!err)
		err = gate_loader_run(&loader);
	gate_loader_close(&loader);
	return err ? err : ctx.prog < 0 ? ctx.prog : 0;
}

static int metadata(const struct attack *attack)
{
	const struct tamper *tamper = attack->what;

	if (gate_kernel()->level == BPFSEAL_LEVEL_METADATA)
		return attack_tampered(attack);
	if (tamper->change == tamper_insns_only)
		return attack_cannot("metadata is never part of this kernel's signatures");
	if (run_changed(tamper_nothing))
		return attack_broken("the unchanged loader doesn't work");
	return run_changed(tamper->change);
}

/* A map that is exclusive to another program can't be bound at all. */
static const struct attack_want *metadata_want(const struct attack *attack)
{
	static const struct attack_want unbound =
		REFUSED(-EACCES, "the verifier refuses the map before anybody is asked");
	static const struct attack_want unverified = DENIED(BPFSEAL_R_LOADER_UNVERIFIED);
	const struct tamper *tamper = attack->what;

	if (gate_kernel()->level == BPFSEAL_LEVEL_METADATA)
		return attack_tampered_want(attack);
	return tamper->change == tamper_exclusive_to_another ? &unbound : &unverified;
}

/* --- the loader's own map, before and after the freeze -------------------------------- */

/* The map as the loader has it; its descriptor, and the loader for its instructions. */
static int make_map(struct gate_loader *loader, uint32_t flags, bool freeze)
{
	const struct tamper none = {};
	struct gate_map map = { .name = "__loader.map", .flags = flags, .freeze = freeze };
	int err = tamper_take(&none, loader);

	if (err)
		return err;
	loader->keyring = attack_keyring("signer");
	map.data = loader->data;
	map.size = loader->data_len;
	map.excl = loader->excl;
	loader->map_fd = gate_map_make(&map);
	return loader->map_fd < 0 ? loader->map_fd : 0;
}

static int write_frozen(const struct attack *attack)
{
	struct gate_loader loader;
	uint32_t zero = 0;

	(void)attack;
	if (make_map(&loader, 0, true))
		return attack_broken("no map");
	return gate_map_update(loader.map_fd, &zero, loader.data);
}

static int batch_frozen(const struct attack *attack)
{
	struct gate_loader loader;
	union bpf_attr attr = {};
	uint32_t zero = 0;

	(void)attack;
	if (make_map(&loader, 0, true))
		return attack_broken("no map");
	attr.batch.keys = (uintptr_t)&zero;
	attr.batch.values = (uintptr_t)loader.data;
	attr.batch.count = 1;
	attr.batch.map_fd = loader.map_fd;
	return gate_bpf(BPF_MAP_UPDATE_BATCH, &attr);
}

static void *map_memory(const struct gate_loader *loader)
{
	return mmap(NULL, loader->data_len, PROT_READ | PROT_WRITE, MAP_SHARED, loader->map_fd, 0);
}

static int map_frozen(const struct attack *attack)
{
	struct gate_loader loader;

	(void)attack;
	if (make_map(&loader, BPF_F_MMAPABLE, true))
		return attack_broken("no map");
	return map_memory(&loader) == MAP_FAILED ? -errno : 0;
}

/* A mapping that was there first is in the way of the freeze. */
static int freeze_mapped(const struct attack *attack)
{
	struct gate_loader loader;

	(void)attack;
	if (make_map(&loader, BPF_F_MMAPABLE, false) || map_memory(&loader) == MAP_FAILED)
		return attack_broken("no map, or no mapping");
	return gate_map_freeze(loader.map_fd);
}

/* --- writers across the freeze, and swaps in fd_array ---------------------------------- */

#define TRIES 20
#define TRIES_MAX 500	/* on a machine that has much else to do */

struct writer {
	const void *data;
	volatile int fd;	/* the map, -1 while there is none */
	volatile bool stop;
};

static void *write_always(void *arg)
{
	struct writer *w = arg;
	uint32_t zero = 0;

	while (!w->stop)
		if (w->fd >= 0)
			gate_map_update(w->fd, &zero, w->data);
	return NULL;
}

#define CONTENT_MAX (64 * 1024)

/* Is the map's content the signed one? */
static bool is_good(const struct gate_loader *loader)
{
	uint8_t content[CONTENT_MAX];
	uint32_t zero = 0;

	return loader->data_len <= sizeof(content) &&
	       !gate_map_lookup(loader->map_fd, &zero, content) &&
	       !memcmp(content, loader->data, loader->data_len);
}

/*
 * The good content goes in, a thread writes another, the map is frozen: which one stays?
 * The thread's, if it is waited for.
 */
static int race_once(struct gate_loader *loader, struct writer *w, bool wait)
{
	uint32_t zero = 0;
	int err;

	w->fd = loader->map_fd;
	err = gate_map_update(loader->map_fd, &zero, loader->data);
	while (!err && wait && is_good(loader))
		usleep(100);
	if (!err)
		err = gate_map_freeze(loader->map_fd);
	w->fd = -1;
	return err ? err : gate_loader_load(loader);
}

/* Frozen or loaded while the thread writes: the kernel says so (EBUSY, EPERM). */
static int race(struct writer *w)
{
	struct gate_loader loader;
	bool rejected = false;
	int i, err = 0;

	for (i = 0; i < TRIES || (!rejected && i < TRIES_MAX); i++) {
		if (make_map(&loader, 0, false))
			return attack_broken("no map");
		err = race_once(&loader, w, i % 2);
		rejected |= err == -EKEYREJECTED;
		if (!err && is_good(&loader))
			err = -EKEYREJECTED;	/* what was signed got in */
		gate_loader_close(&loader);
		if (err != -EKEYREJECTED && err != -EBUSY && err != -EPERM)
			return err;
	}
	return rejected ? -EKEYREJECTED : attack_broken("the writer never came in between");
}

static int writer_across_freeze(const struct attack *attack)
{
	static uint8_t bad[CONTENT_MAX];
	struct writer w = { .data = bad, .fd = -1 };
	struct gate_loader loader;
	pthread_t thread;
	int err;

	(void)attack;
	if (gate_kernel()->level < BPFSEAL_LEVEL_METADATA)
		return attack_cannot("this kernel doesn't look at metadata when it loads");
	if (make_map(&loader, 0, false) || pthread_create(&thread, NULL, write_always, &w))
		return attack_broken("no map or no thread");
	memcpy(bad, loader.data, loader.data_len);
	bad[loader.data_len / 2] ^= 1;
	gate_loader_close(&loader);
	err = race(&w);
	w.stop = true;
	pthread_join(thread, NULL);
	return err;
}

/* More maps than were signed: the loader could be given one under a number it doesn't use. */
static int one_map_more(const struct attack *attack)
{
	const struct gate_map other = { .name = "other", .size = 8, .freeze = true };
	struct gate_loader loader;
	union bpf_attr attr;
	int fds[2];

	(void)attack;
	if (gate_kernel()->level < BPFSEAL_LEVEL_METADATA)
		return attack_cannot("this kernel doesn't look at metadata when it loads");
	if (make_map(&loader, 0, true))
		return attack_broken("no map");
	fds[0] = loader.map_fd;
	fds[1] = gate_map_make(&other);
	attr = gate_attr(BPF_PROG_TYPE_SYSCALL, "__loader.prog", loader.insns,
			 loader.insns_len / sizeof(struct bpf_insn));
	attr.prog_flags = BPF_F_SLEEPABLE;
	attr.license = (uintptr_t)"Dual BSD/GPL";
	attr.fd_array = (uintptr_t)fds;
	attr.fd_array_cnt = 2;
	attr.signature = (uintptr_t)loader.sig;
	attr.signature_size = loader.sig_len;
	attr.keyring_id = loader.keyring;
	return attack_close(gate_load(&attr));
}

/* A map of maps as metadata, with the signed content in an inner map. */
static int map_of_maps(struct gate_loader *loader)
{
	const struct gate_map inner = { .name = "inner", .data = loader->data,
					.size = loader->data_len, .freeze = true };
	union bpf_attr attr = {};

	attr.inner_map_fd = gate_map_make(&inner);
	attr.map_type = BPF_MAP_TYPE_ARRAY_OF_MAPS;
	attr.key_size = attr.value_size = 4;
	attr.max_entries = 1;
	attr.excl_prog_hash = (uintptr_t)loader->excl;
	attr.excl_prog_hash_size = 32;
	loader->map_fd = gate_bpf(BPF_MAP_CREATE, &attr);
	if (loader->map_fd < 0)
		return loader->map_fd;
	return gate_map_freeze(loader->map_fd);
}

/* The program that writes to the map through an iterator over its elements isn't signed. */
static int map_iterator(const struct attack *attack)
{
	static const struct kind iterator = {
		.type = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_ITER,
		.function = "bpf_iter_bpf_map_elem",
	};
	uint32_t attach;

	(void)attack;
	return attack_close(kind_load(&iterator, NULL, -1, &attach));
}

#define TAMPER(variant, change_, err_, reason_, ...) \
	{ .name = #variant, .run = metadata, .expect = metadata_want, \
	  .want = REJECTED(err_, reason_), \
	  .what = &(const struct tamper){ .change = change_, .err = err_, \
					  .reason = reason_, ##__VA_ARGS__ } },

#define FROZEN "a frozen map refuses by itself"

static const struct attack attacks[] = {
	TAMPERS_METADATA(TAMPER)
	TAMPER(map_of_maps, map_of_maps, -EINVAL, BPFSEAL_R_NO_KEYRING)
	{ .name = "update of the frozen map", .run = write_frozen,
	  .want = REFUSED(-EPERM, FROZEN) },
	{ .name = "batch update of the frozen map", .run = batch_frozen,
	  .want = REFUSED(-EPERM, FROZEN) },
	{ .name = "writable mapping of the frozen map", .run = map_frozen,
	  .want = REFUSED(-EPERM, FROZEN) },
	{ .name = "writable mapping before the freeze", .run = freeze_mapped,
	  .want = REFUSED(-EBUSY, FROZEN) },
	{ .name = "writer across the freeze", .run = writer_across_freeze,
	  .want = REJECTED(-EKEYREJECTED, BPFSEAL_R_BAD_SIGNATURE) },
	{ .name = "one map more in fd_array", .run = one_map_more,
	  .want = REJECTED(-EPERM, BPFSEAL_R_BAD_METADATA) },
	{ .name = "iterator that writes to the map", .run = map_iterator,
	  .want = DENIED(BPFSEAL_R_UNSIGNED) },
};

const struct attack_class attack_metadata = {
	3, "Signed loader, changed metadata", attacks, GATE_COUNT(attacks), .around = NULL,
};
