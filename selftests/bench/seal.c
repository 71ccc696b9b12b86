// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a sealed policy costs calls that load nothing: those of bpf(2) that its guards
 * see, those of bpf(2) that they don't, and some that have nothing to do with BPF. As
 * bench.c says, in instructions of a guest that counts them.
 *
 * Columns: no policy; empty programs on the guards' hooks; a policy that enforces; the
 * same, sealed. What counts is the last one against the empty programs; for iterators,
 * which go through all that there is, the policy's own included, against the policy
 * before it was sealed. A seal lasts until reboot, so that this has to be the last
 * benchmark of a VM, as it is by its name.
 *
 * The objects of the calls are made shortly before the policy's, so that the guards can't
 * tell by the range of their ids that they aren't its own.
 *
 * Exits with 0 if the targets below are reached, with 1 if one is missed, with 2 if
 * nothing can be said.
 */
#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>
#include <bpf/bpf.h>
#include "call.h"
#include "gate.h"
#include "guards.skel.h"
#include "iterators.skel.h"

#define TARGET_ACCESS	1.0	/* percent that the seal adds to a lookup or an update */
#define TARGET_GUARDED	2.0	/* to what passes a guard, and to iterators */
#define TARGET_NOTHING	0.0	/* to all else */
#define NO_TARGET	-1.0	/* varies by more, with the state of the allocators */

#define SETTING		"/proc/sys/kernel/printk_delay"
#define MOUNT		"/tmp/bench"
#define BUSY		"/tmp/busy"
#define MAP_PIN		"/sys/fs/bpf/bench_map"
#define PROG_PIN	"/sys/fs/bpf/bench_prog"

enum setup { NONE, EMPTY, ENFORCING, SEALED, N_SETUPS };

enum call {
	LOOKUP,
	UPDATE,
	MAP_BY_ID,
	PROG_BY_ID,
	LINK_BY_ID,
	OPEN_MAP,	/* a pin */
	OPEN_PROG,
	MAPS,		/* read through an iterator */
	PROGS,
	READ,
	OPEN,
	SYSCTL_READ,
	SYSCTL_WRITE,
	REMOUNT,
	UMOUNT_BUSY,
	MOUNT_FS,
	UMOUNT_FS,
	N_CALLS,
};

struct bench {
	struct guards *guards;
	struct iterators *iters;
	int map;
	int prog;
	int zero;
	int setting;
	int iter;
	union bpf_attr attr[N_CALLS];
	struct sample samples[N_SETUPS][N_CALLS];
};

/* --- the calls ------------------------------------------------------------------- */

static long read_iter(struct bench *b)
{
	char byte;

	return read(b->iter, &byte, sizeof(byte));
}

static long read_zero(struct bench *b)
{
	char byte;

	return read(b->zero, &byte, sizeof(byte));
}

static long open_zero(struct bench *b)
{
	int fd = open("/dev/zero", O_RDONLY);

	(void)b;
	return fd < 0 ? -1 : close(fd);
}

static long read_setting(struct bench *b)
{
	char text[16];

	return pread(b->setting, text, sizeof(text), 0);
}

static long write_setting(struct bench *b)
{
	return pwrite(b->setting, "0", 1, 0);
}

static long mount_fs(struct bench *b)
{
	(void)b;
	return mount("none", MOUNT, "tmpfs", 0, NULL);
}

static long umount_fs(struct bench *b)
{
	(void)b;
	return umount2(MOUNT, 0);
}

static long remount(struct bench *b)
{
	(void)b;
	return mount(NULL, BUSY, NULL, MS_REMOUNT, NULL);
}

static long umount_busy(struct bench *b)
{
	(void)b;
	return umount2(BUSY, 0) < 0 && errno == EBUSY ? 0 : -1;
}

struct row {
	const char *name;
	double target;
	int command;			/* of bpf(2), if there is no function */
	long (*run)(struct bench *b);
};

static const struct row rows[N_CALLS] = {
	[LOOKUP] = { "map lookup", TARGET_ACCESS, BPF_MAP_LOOKUP_ELEM, NULL },
	[UPDATE] = { "map update", TARGET_ACCESS, BPF_MAP_UPDATE_ELEM, NULL },
	[MAP_BY_ID] = { "map fd by id", TARGET_GUARDED, BPF_MAP_GET_FD_BY_ID, NULL },
	[PROG_BY_ID] = { "program fd by id", TARGET_GUARDED, BPF_PROG_GET_FD_BY_ID, NULL },
	[LINK_BY_ID] = { "link fd by id", TARGET_GUARDED, BPF_LINK_GET_FD_BY_ID, NULL },
	[OPEN_MAP] = { "open a map's pin", TARGET_GUARDED, BPF_OBJ_GET, NULL },
	[OPEN_PROG] = { "open a program's pin", TARGET_GUARDED, BPF_OBJ_GET, NULL },
	[MAPS] = { "iterate over maps", TARGET_GUARDED, 0, read_iter },
	[PROGS] = { "iterate over programs", TARGET_GUARDED, 0, read_iter },
	[READ] = { "read a byte", TARGET_NOTHING, 0, read_zero },
	[OPEN] = { "open and close", TARGET_NOTHING, 0, open_zero },
	[SYSCTL_READ] = { "read a sysctl", TARGET_GUARDED, 0, read_setting },
	[SYSCTL_WRITE] = { "write a sysctl", TARGET_GUARDED, 0, write_setting },
	[REMOUNT] = { "remount", TARGET_GUARDED, 0, remount },
	[UMOUNT_BUSY] = { "umount what is busy", TARGET_GUARDED, 0, umount_busy },
	[MOUNT_FS] = { "mount", NO_TARGET, 0, mount_fs },
	[UMOUNT_FS] = { "umount", NO_TARGET, 0, umount_fs },
};

static void expect(bool ok, const char *what)
{
	if (!ok)
		die("cannot %s", what);
}

static void before_call(struct bench *b, enum call call)
{
	if (call == MAPS || call == PROGS) {
		b->iter = bpf_iter_create(bpf_link__fd(call == MAPS ?
						       b->iters->links.all_maps :
						       b->iters->links.all_progs));
		expect(b->iter >= 0, "begin to iterate");
	}
	if (call == UMOUNT_FS)
		expect(!mount_fs(b), "mount");
}

static void after_call(struct bench *b, enum call call, long ret)
{
	if (call >= MAP_BY_ID && call <= OPEN_PROG)
		close(ret);
	if (call == MAPS || call == PROGS)
		close(b->iter);
	if (call == MOUNT_FS)
		expect(!umount_fs(b), "umount");
}

/* Nothing but the call lies between the two readings. */
static __s64 time_call(struct bench *b, enum call call)
{
	const struct row *row = &rows[call];
	union bpf_attr *attr = &b->attr[call];
	__u64 start, end;
	long ret;

	before_call(b, call);
	start = __rdtsc();
	ret = row->run ? row->run(b) : syscall(SYS_bpf, row->command, attr, sizeof(*attr));
	end = __rdtsc();
	expect(ret >= 0, row->name);
	after_call(b, call, ret);
	return end - start;
}

/* A call may always find the allocators one object short, and always swap lists for it. */
static void settle(void)
{
	glob_t caches;

	expect(!glob("/sys/kernel/slab/*/shrink", 0, NULL, &caches), "find the slabs");
	for (size_t i = 0; i < caches.gl_pathc; i++)
		expect(!gate_write(caches.gl_pathv[i], "1", 1), "shrink a slab");
	globfree(&caches);
	usleep(SETTLE_US);
}

static void measure(struct bench *b, enum setup setup)
{
	for (int round = 0; round < ROUNDS; round++) {
		settle();
		for (int call = 0; call < N_CALLS; call++)
			for (int i = 0; i < CALLS; i++)
				b->samples[setup][call].ticks[round][i] = time_call(b, call);
	}
}

/* --- what there is ---------------------------------------------------------------- */

static int make_map(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "bench", sizeof(__u32), sizeof(__u64), 1, NULL);

	expect(fd >= 0, "make a map");
	return fd;
}

static int make_prog(void)
{
	int fd = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "bench", "GPL", two_insns,
			       ARRAY_SIZE(two_insns), NULL);

	expect(fd >= 0, "load a program");
	return fd;
}

static __u32 map_id(int fd)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	expect(!bpf_map_get_info_by_fd(fd, &info, &len), "ask for a map's id");
	return info.id;
}

static __u32 link_id(int fd)
{
	struct bpf_link_info info = {};
	__u32 len = sizeof(info);

	expect(!bpf_link_get_info_by_fd(fd, &info, &len), "ask for a link's id");
	return info.id;
}

static void make_objects(struct bench *b)
{
	b->iters = iterators__open_and_load();
	b->guards = guards__open_and_load();
	if (!b->iters || !b->guards || iterators__attach(b->iters))
		die("cannot load the programs");
	b->map = make_map();
	b->prog = make_prog();
	expect(!bpf_obj_pin(b->map, MAP_PIN) && !bpf_obj_pin(b->prog, PROG_PIN), "pin");
	b->zero = open("/dev/zero", O_RDONLY);
	b->setting = open(SETTING, O_RDWR);
	expect(b->zero >= 0 && b->setting >= 0, "open /dev/zero and " SETTING);
	mkdir(MOUNT, 0755);
	mkdir(BUSY, 0755);
	expect(!mount("none", BUSY, "tmpfs", 0, NULL) && open(BUSY, O_RDONLY) >= 0, "mount " BUSY);
}

static void prepare_calls(struct bench *b)
{
	static __u64 value;
	static __u32 key;

	for (int call = LOOKUP; call <= UPDATE; call++) {
		b->attr[call].map_fd = b->map;
		b->attr[call].key = (__u64)&key;
		b->attr[call].value = (__u64)&value;
	}
	b->attr[MAP_BY_ID].map_id = map_id(b->map);
	b->attr[PROG_BY_ID].prog_id = pins_prog_id(b->prog);
	b->attr[LINK_BY_ID].link_id = link_id(bpf_link__fd(b->iters->links.all_maps));
	b->attr[OPEN_MAP].pathname = (__u64)MAP_PIN;
	b->attr[OPEN_PROG].pathname = (__u64)PROG_PIN;
}

/* --- the setups ------------------------------------------------------------------- */

/* Each guard has an empty program beside it, and so has first_fd, which guards as well. */
static void check_hooks(const struct guards *guards)
{
	struct bpfseal *seal = bpfseal__open();
	unsigned int n, n_guards = 0, n_empty = 0;
	const struct pin *pins = pins_list(&n);
	struct bpf_program *prog, *guard;

	expect(seal, "open bpfseal's programs");
	for (unsigned int i = 0; i < n; i++) {
		if (pins[i].kind != PIN_GUARD && strcmp(pins[i].name, "first_fd"))
			continue;
		n_guards++;
		guard = bpf_object__find_program_by_name(seal->obj, pins[i].name);
		bpf_object__for_each_program(prog, guards->obj)
			n_empty += !strcmp(bpf_program__section_name(prog),
					   bpf_program__section_name(guard));
	}
	if (n_empty != n_guards)
		die("bpfseal has %u guards, guards.bpf.c %u of their hooks", n_guards, n_empty);
	bpfseal__destroy(seal);
}

/* The id of a map that a program uses. */
static __u32 used_map_id(int prog)
{
	__u32 id = 0, size = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = { .map_ids = (__u64)(uintptr_t)&id, .nr_map_ids = 1 };

	expect(!bpf_prog_get_info_by_fd(prog, &info, &size) && id, "read a program's maps");
	return id;
}

/* The guards look up only what has an id close to those of the policy's own. */
static void check_ids(const struct bench *b)
{
	int control = pins_open("control");

	expect(control >= 0, "open the policy's pin \"control\"");
	if (pins_prog_id(control) - b->attr[PROG_BY_ID].prog_id >= BPFSEAL_IDS / 2 ||
	    used_map_id(control) - b->attr[MAP_BY_ID].map_id >= BPFSEAL_IDS / 2)
		die("the policy's ids are too far from those of the calls");
	close(control);
}

static void enter(struct bench *b, enum setup setup)
{
	static const struct gate_policy policy = { .mode = "enforcing" };

	switch (setup) {
	case EMPTY:
		attach_all(b->guards->skeleton);
		break;
	case ENFORCING:
		guards__destroy(b->guards);
		expect(!gate_install_policy(&policy), "install a policy");
		check_ids(b);
		break;
	case SEALED:
		expect(!gate_do("bpfseal", "seal", "--force"), "seal it");
		break;
	default:
		break;
	}
}

static bool report_row(const struct bench *b, enum call call)
{
	const struct row *row = &rows[call];
	__s64 calls[N_SETUPS], base;
	double percent;
	bool reached;

	for (int setup = 0; setup < N_SETUPS; setup++)
		calls[setup] = typical(&b->samples[setup][call]);
	base = calls[call == MAPS || call == PROGS ? ENFORCING : EMPTY];
	percent = 100.0 * (calls[SEALED] - base) / base;
	printf("%-22s %10lld %10lld %10lld %10lld   %+.2f %%", row->name, calls[NONE], calls[EMPTY],
	       calls[ENFORCING], calls[SEALED], percent);
	if (row->target == NO_TARGET) {
		puts("");
		return true;
	}
	reached = percent <= row->target;
	printf(", target %+.1f %%: %s\n", row->target, reached ? "reached" : "missed");
	return reached;
}

int main(void)
{
	static struct bench b;
	bool reached = true;

	setvbuf(stdout, NULL, _IOLBF, 0);
	libbpf_set_print(print);
	make_objects(&b);
	check_hooks(b.guards);
	prepare_calls(&b);
	for (int setup = 0; setup < N_SETUPS; setup++) {
		enter(&b, setup);
		measure(&b, setup);
	}
	printf("%-22s %10s %10s %10s %10s\n", "instructions", "no policy", "empty", "enforcing",
	       "sealed");
	for (int call = 0; call < N_CALLS; call++)
		reached &= report_row(&b, call);
	return reached ? 0 : 1;
}
