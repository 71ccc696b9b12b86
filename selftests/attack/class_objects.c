// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * class_objects.c - class 8: the policy's programs, maps and links, and what can be done
 * with a descriptor of one. Nobody gets one, so it mostly comes to the same in the end;
 * the controls do it to a decoy.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "attack.h"
#include "crooked.h"
#include "decoy.h"
#include "host.h"
#include "insn.h"
#include "kind.h"

/**
 * struct object - what is attacked
 * @by: how a descriptor is to be had
 * @use: what is done with it; NULL: to have it is enough
 */
struct object {
	enum decoy_kind kind;
	const char *name;
	int (*by)(enum decoy_kind kind, const char *name);
	int (*use)(int fd);
};

static int on_object(const struct attack *attack)
{
	const struct object *o = attack->what;
	int fd, err = decoy_make(o->kind);

	if (err)
		return err;
	fd = o->by(o->kind, o->name);
	err = fd < 0 ? fd : o->use ? o->use(fd) : 0;
	if (fd >= 0)
		close(fd);
	decoy_remove();
	return err;
}

/* --- maps ------------------------------------------------------------------------ */

static const uint32_t zero;

static int update(int fd)
{
	const uint64_t value = 0;

	return gate_map_update(fd, &zero, &value);
}

static int lookup(int fd)
{
	uint64_t value;
	int err = update(fd);

	return err ? err : gate_map_lookup(fd, &zero, &value);
}

static int on_element(int fd, int command)
{
	uint64_t value = 0;
	union bpf_attr attr = {};
	int err = update(fd);

	attr.map_fd = fd;
	attr.key = (uintptr_t)&zero;
	attr.value = (uintptr_t)&value;
	return err ? err : gate_bpf(command, &attr);
}

static int delete(int fd)
{
	union bpf_attr attr = {};
	int err = update(fd);

	attr.map_fd = fd;
	attr.key = (uintptr_t)&zero;
	return err ? err : gate_bpf(BPF_MAP_DELETE_ELEM, &attr);
}

static int take_out(int fd)
{
	return on_element(fd, BPF_MAP_LOOKUP_AND_DELETE_ELEM);
}

static int in_batch(int fd, int command)
{
	union bpf_attr attr = {};
	uint64_t value = 0;
	int err = update(fd);

	attr.batch.keys = (uintptr_t)&zero;
	attr.batch.values = command == BPF_MAP_DELETE_BATCH ? 0 : (uintptr_t)&value;
	attr.batch.count = 1;
	attr.batch.map_fd = fd;
	return err ? err : gate_bpf(command, &attr);
}

static int update_batch(int fd) { return in_batch(fd, BPF_MAP_UPDATE_BATCH); }
static int delete_batch(int fd) { return in_batch(fd, BPF_MAP_DELETE_BATCH); }

static int take_out_batch(int fd)
{
	uint32_t key, next;
	uint64_t value = 0;
	union bpf_attr attr = {};
	int err = update(fd);

	attr.batch.out_batch = (uintptr_t)&next;
	attr.batch.keys = (uintptr_t)&key;
	attr.batch.values = (uintptr_t)&value;
	attr.batch.count = 1;
	attr.batch.map_fd = fd;
	if (!err)
		err = gate_bpf(BPF_MAP_LOOKUP_AND_DELETE_BATCH, &attr);
	return err == -ENOENT && attr.batch.count == 1 ? 0 : err;	/* that was all */
}

static int map_memory(int fd)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return page == MAP_FAILED ? -errno : munmap(page, 4096);
}

/* As what a map of maps holds: no descriptor keeps it there. */
static int put_into_map(int fd)
{
	union bpf_attr attr = {};
	int outer, err;

	attr.map_type = BPF_MAP_TYPE_ARRAY_OF_MAPS;
	attr.key_size = attr.value_size = 4;
	attr.max_entries = 1;
	attr.inner_map_fd = fd;
	outer = gate_bpf(BPF_MAP_CREATE, &attr);
	if (outer < 0)
		return outer;
	err = gate_map_update(outer, &zero, &fd);
	close(outer);
	return err;
}

/* A program that writes to it. */
static int write_by_program(int fd)
{
	struct bpf_insn insns[ATTACK_WRITER_LEN];
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SOCKET_FILTER, "attack", insns,
					attack_writer(insns, fd));

	return attack_close(gate_load(&attr));
}

static int bind(int fd)
{
	union bpf_attr attr = {};
	int err, prog = gate_load_trivial(BPF_PROG_TYPE_SOCKET_FILTER, "attack");

	attr.prog_bind_map.prog_fd = prog;
	attr.prog_bind_map.map_fd = fd;
	err = prog < 0 ? prog : gate_bpf(BPF_PROG_BIND_MAP, &attr);
	close(prog);
	return err;
}

/* --- programs --------------------------------------------------------------------- */

static int pin_elsewhere(int fd)
{
	const char *path = GATE_TMP "/fs";
	int err;

	err = gate_do("sh", "-c", "mkdir -p " GATE_TMP "/fs && mount -t bpf bpf " GATE_TMP "/fs");
	if (err)
		return attack_broken("no bpffs");
	err = gate_pin(fd, GATE_TMP "/fs/attack");
	gate_do("umount", "-l", path);
	return err;
}

static int open_root(void)
{
	return open(HOST_CGROUPS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int detach(int fd)
{
	return decoy_cgroup(BPF_PROG_DETACH, open_root(), fd, -1);
}

/* By the root of another mount of the same hierarchy. */
static int detach_elsewhere(int fd)
{
	const char *dir = ATTACK_DIR "/cgroups";
	int root, err;

	if (gate_do("sh", "-c", "mkdir -p " ATTACK_DIR "/cgroups && mount -t cgroup2 cgroup2 "
		    ATTACK_DIR "/cgroups"))
		return attack_broken("no cgroups");
	root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = decoy_cgroup(BPF_PROG_DETACH, root, fd, -1);
	close(root);
	gate_do("umount", dir);
	return err;
}

static int replace(int fd)
{
	int root = open_root(), other = decoy_prog_at("bpf_lsm_path_chroot"), err;

	if (other < 0)
		return attack_broken("no other program: %s", strerror(-other));
	err = decoy_cgroup(BPF_PROG_ATTACH, root, other, fd);
	if (!err)
		decoy_cgroup(BPF_PROG_DETACH, root, other, -1);
	return err;
}

/* Without a descriptor: it might be enough to say what hook. */
static int detach_any(const struct attack *attack)
{
	int err = decoy_make(DECOY_PROG);

	(void)attack;
	if (!err)
		err = decoy_cgroup(BPF_PROG_DETACH, open_root(), -1, -1);
	decoy_remove();
	return err;
}

/* --- programs attached to the policy's ------------------------------------------------ */

struct attachment {
	const char *name;
	uint32_t type;
	uint32_t attach;
};

/* The control's target is a program with BTF. */
static int attached_to(const struct attack *attack)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, 0), EXIT() };
	const struct attachment *a = attack->what;
	union bpf_attr attr = gate_attr(a->type, "attack", insns, 2);
	struct crooked crooked;
	int target;

	if (crooked_make(&crooked))
		return attack_broken("no BTF");
	target = attack_under_policy() ? decoy_by_id(DECOY_PROG, a->name) : kind_target(&crooked);
	if (target < 0)
		return target;
	crooked_add_func(&attr, &crooked);
	attr.expected_attach_type = a->attach;
	attr.attach_prog_fd = target;
	attr.attach_btf_id = crooked.func.type_id;
	return attack_close(gate_load(&attr));
}

/* --- links ---------------------------------------------------------------------------- */

static int detach_link(int fd)
{
	union bpf_attr attr = {};

	attr.link_detach.link_fd = fd;
	return gate_bpf(BPF_LINK_DETACH, &attr);
}

static int update_link(int fd)
{
	union bpf_attr attr = {};

	attr.link_update.link_fd = fd;
	attr.link_update.new_prog_fd = attack_under_policy() ?
		decoy_by_id(DECOY_PROG, "report") : decoy_prog_at("bpf_lsm_path_chroot");
	return gate_bpf(BPF_LINK_UPDATE, &attr);
}

#define PROGS(PROG) \
	PROG("admit") PROG("first_fd") PROG("make_map") PROG("forget") PROG("run_starts") \
	PROG("run_ends") PROG("kernel_starts") PROG("kernel_ends") PROG("note_btf") \
	PROG("note_nested") PROG("note_close") PROG("maps_bound") PROG("rejected") \
	PROG("measure_program") PROG("guard_map") PROG("guard_remount") PROG("guard_umount") \
	PROG("guard_mount") PROG("guard_move") PROG("guard_sysctl")
#define MAPS(MAP) \
	MAP("policies") MAP("keys") MAP("bpfseal.bss") MAP("counters") MAP("loaders") \
	MAP("runs") MAP("nested") MAP("exes") MAP("passed") MAP("measured") \
	MAP("events") MAP(".rodata.str1.1")
#define LINKS(LINK) \
	LINK("forget") LINK("run_starts") LINK("run_ends") LINK("kernel_starts") \
	LINK("kernel_ends") LINK("note_btf") LINK("note_nested") LINK("note_close") \
	LINK("maps_bound") LINK("rejected")

#define ON(name_, want_, ...) \
	{ .name = name_, .run = on_object, .want = want_, \
	  .what = &(const struct object){ __VA_ARGS__ } },
#define PROG(how, name, by, use) \
	ON(how name, SEALED(BPFSEAL_HOOK_PROG_FD), DECOY_PROG, name, by, use)
#define MAP(how, name, by, use) \
	ON(how name, SEALED(BPFSEAL_HOOK_MAP_FD), DECOY_MAP, name, by, use)
#define LINK(how, name, error, use) \
	ON(how name, REFUSED(error, "the kernel can't do that to such a link"), DECOY_LINK, name, \
	   decoy_by_id, use)

#define PROG_BY_ID(name) PROG("program by id: ", name, decoy_by_id, pin_elsewhere)
#define MAP_BY_ID(name) MAP("map by id: ", name, decoy_by_id, NULL)
#define LINK_BY_ID(name) LINK("link detached: ", name, -EOPNOTSUPP, detach_link)
#define ATTACHED(name_, ...) \
	{ .name = name_, .run = attached_to, .want = SEALED(BPFSEAL_HOOK_PROG_FD), \
	  .what = &(const struct attachment){ __VA_ARGS__ } },
/* Such a program can be had, to be run: it is the attacker's own that isn't let in. */
#define ATTACHED_TO_PUBLIC(name_, ...) \
	{ .name = name_, .run = attached_to, .want = SEALED(BPFSEAL_HOOK_PROG_LOAD), \
	  .what = &(const struct attachment){ __VA_ARGS__ } },

static const struct attack attacks[] = {
	PROGS(PROG_BY_ID)
	PROG("program by walk: ", "admit", decoy_by_walk, NULL)
	PROG("program by iterator: ", "admit", decoy_by_iterator, NULL)
	PROG("detached from the root cgroup: ", "admit", decoy_by_id, detach)
	PROG("detached from the root cgroup: ", "guard_umount", decoy_by_id, detach)
	PROG("detached by another mount of it: ", "admit", decoy_by_id, detach_elsewhere)
	PROG("replaced on the root cgroup: ", "admit", decoy_by_id, replace)
	PROG("replaced on the root cgroup: ", "guard_map", decoy_by_id, replace)
	{ .name = "detached without a descriptor", .run = detach_any,
	  .want = REFUSED(-ENOENT, "the kernel wants to know which one") },
	ATTACHED("fentry on admit", "admit", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY)
	ATTACHED("fexit on admit", "admit", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT)
	{ .name = "fmod_ret on admit", .run = attached_to,
	  .want = { .error = -EPERM, .control = -EINVAL, .decision = BPFSEAL_DENY,
		    .reason = BPFSEAL_R_SEALED, .hook = BPFSEAL_HOOK_PROG_FD },
	  .what = &(const struct attachment){ "admit", BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN } },
	ATTACHED("freplace of admit", "admit", BPF_PROG_TYPE_EXT, 0)
	ATTACHED("fentry on run_starts", "run_starts", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY)
	ATTACHED("freplace of guard_map", "guard_map", BPF_PROG_TYPE_EXT, 0)
	ATTACHED_TO_PUBLIC("fentry on control", "control", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY)
	ATTACHED_TO_PUBLIC("freplace of control", "control", BPF_PROG_TYPE_EXT, 0)
	ATTACHED_TO_PUBLIC("fexit on report", "report", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT)
	MAPS(MAP_BY_ID)
	MAP("map by id, to read: ", "policies", decoy_by_id_to_read, NULL)
	MAP("map by walk: ", "policies", decoy_by_walk, NULL)
	MAP("map by iterator: ", "policies", decoy_by_iterator, NULL)
	MAP("lookup in map ", "keys", decoy_by_id, lookup)
	MAP("update of map ", "policies", decoy_by_id, update)
	MAP("update of map ", "counters", decoy_by_id, update)
	MAP("update of map ", "events", decoy_by_id, update)
	MAP("delete in map ", "loaders", decoy_by_id, delete)
	MAP("taken out of map ", "nested", decoy_by_id, take_out)
	MAP("batch update of map ", "policies", decoy_by_id, update_batch)
	MAP("batch delete in map ", "keys", decoy_by_id, delete_batch)
	MAP("batch taken out of map ", "keys", decoy_by_id, take_out_batch)
	MAP("freeze of map ", "policies", decoy_by_id, gate_map_freeze)
	MAP("freeze of map ", "bpfseal.bss", decoy_by_id, gate_map_freeze)
	ON("mapping of map bpfseal.bss", SEALED(BPFSEAL_HOOK_MAP_FD), DECOY_ARRAY, "bpfseal.bss",
	   decoy_by_id, map_memory)
	MAP("program that writes to map ", "policies", decoy_by_id, write_by_program)
	MAP("program bound to map ", "policies", decoy_by_id, bind)
	MAP("map of maps with map ", "policies", decoy_by_id, put_into_map)
	LINKS(LINK_BY_ID)
	LINK("link updated: ", "run_starts", -EINVAL, update_link)
	LINK("link updated: ", "note_nested", -EINVAL, update_link)
};

const struct attack_class attack_objects = {
	8, "Its programs, maps and links", attacks, GATE_COUNT(attacks), .around = NULL,
};
