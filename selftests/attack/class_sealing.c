// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * class_sealing.c - class 8: something of the policy's, kept from before it is sealed.
 * Sealing has to find it, and to leave the policy unsealed.
 *
 * The controls keep a decoy, and use it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attack.h"
#include "decoy.h"
#include "host.h"
#include "place.h"

#define CGROUP HOST_CGROUPS "/attack_kept"
#define BPFFS ATTACK_DIR "/kept"
#define PIN BPFFS "/kept"

/**
 * struct kept - what is kept
 * @keep: keeps it without the descriptor; 0 or a negative errno. NULL: the descriptor is kept
 * @drop: lets go of what would stay when the attack's process ends
 * @says: what bpfseal says of it
 */
struct kept {
	enum decoy_kind kind;
	const char *name;
	int (*keep)(int fd);
	void (*drop)(void);
	const char *says;
};

/* It isn't sealed then; what "bpfseal seal" has begun it takes back. */
static int seal(const char *says)
{
	struct gate_output out;
	int err;

	if (gate_run(&out, "bpfseal", "seal", "--force"))
		return attack_broken("bpfseal can't be run");
	err = out.status ? ATTACK_EXIT(out.status) : 0;
	if (out.status && !strstr(out.err, says)) {
		fprintf(stderr, "# bpfseal seal says: %s", out.err);
		err = -EBADMSG;
	}
	gate_output_free(&out);
	return err;
}

static int keep(const struct attack *attack)
{
	const struct kept *k = attack->what;
	int fd, err = decoy_make(k->kind);

	if (!err && attack_under_policy())
		err = decoy_note();
	if (err)
		return attack_broken("there is nothing to keep");
	fd = decoy_by_id(k->kind, k->name);
	if (fd < 0)
		return attack_broken("it can't be had: %s", strerror(-fd));
	if (k->keep) {
		err = k->keep(fd);
		close(fd);
	}
	if (err)
		err = attack_broken("it can't be kept: %s", strerror(-err));
	else if (attack_under_policy())
		err = seal(k->says);
	if (k->drop)
		k->drop();
	decoy_remove();
	return err;
}

/* --- where it is kept ---------------------------------------------------------------- */

static int in_memory(int fd)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ?
		-errno : 0;
}

/* On its way to nobody. */
static int in_flight(int fd)
{
	int sock[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, sock) ? -errno : gate_pass_fd(sock[0], fd);
}

static int in_bpffs(int fd)
{
	if ((mkdir(BPFFS, 0700) && errno != EEXIST) || mount("bpf", BPFFS, "bpf", 0, NULL))
		return -errno;
	return gate_pin(fd, PIN);
}

/* The same pin by another name, once the first is gone. */
static int by_second_name(int fd)
{
	int err = in_bpffs(fd);

	if (!err && (link(PIN, PIN "2") || unlink(PIN)))
		err = -errno;
	return err;
}

static void leave_bpffs(void)
{
	umount2(BPFFS, MNT_DETACH);
}

static int in_cgroup(int fd)
{
	int cgroup, err;

	if (mkdir(CGROUP, 0755) && errno != EEXIST)
		return -errno;
	cgroup = open(CGROUP, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = decoy_cgroup(BPF_PROG_ATTACH, cgroup, fd, -1);
	close(cgroup);
	return err;
}

static void leave_cgroup(void)
{
	rmdir(CGROUP);
}

/* What a map holds counts as no descriptor. */
static int in_map(int fd)
{
	const uint32_t zero = 0;
	union bpf_attr attr = {};
	int outer;

	attr.map_type = BPF_MAP_TYPE_ARRAY_OF_MAPS;
	attr.key_size = attr.value_size = 4;
	attr.max_entries = 1;
	attr.inner_map_fd = fd;
	outer = gate_bpf(BPF_MAP_CREATE, &attr);
	return outer < 0 ? outer : gate_map_update(outer, &zero, &fd);
}

/* --- programs of the attacker's, from an exception or from before the policy --------------- */

static int writers_map;

/* Attached to a socket, which then has the only reference. */
static int attach_writer(void)
{
	struct bpf_insn insns[ATTACK_WRITER_LEN];
	union bpf_attr attr;
	int sock[2], prog;

	attr = gate_attr(BPF_PROG_TYPE_SOCKET_FILTER, "writer", insns,
			 attack_writer(insns, writers_map));
	prog = gate_load(&attr);
	if (prog < 0)
		return prog;
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, sock) ||
	    setsockopt(sock[1], SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)))
		return -errno;
	close(prog);
	return 0;
}

static int by_program(int fd)
{
	int err;

	writers_map = fd;
	err = attack_enter(ATTACK_CGROUP);
	if (!err)
		err = attach_writer();
	close(writers_map);
	return err ? err : attack_enter("/");
}

/* One that could have the last word on a load, as it stands on the same hook. */
static int overrule(const struct attack *attack)
{
	int prog, err;

	(void)attack;
	prog = attack_enter(ATTACK_CGROUP) ?: decoy_prog_at("bpf_lsm_bpf_prog_load");
	if (prog < 0 || attack_enter("/"))
		return attack_broken("no such program");
	err = attack_under_policy() ? seal("could overrule the policy") : 0;
	close(prog);
	return err;
}

#define HELD "another process has the policy's"
#define KEPT(name_, ...) \
	{ .name = name_, .run = keep, .what = &(const struct kept){ __VA_ARGS__ }, \
	  .want = QUIET(ATTACK_EXIT(1), "sealing finds it, and isn't done") }

static const struct attack attacks[] = {
	KEPT("program kept: admit", DECOY_PROG, "admit", NULL, NULL, HELD),
	KEPT("program kept: run_starts", DECOY_PROG, "run_starts", NULL, NULL, HELD),
	KEPT("program kept: guard_map", DECOY_PROG, "guard_map", NULL, NULL, HELD),
	KEPT("program kept in a bpffs", DECOY_PROG, "admit", in_bpffs, leave_bpffs, HELD),
	KEPT("program kept by a pin's second name", DECOY_PROG, "admit", by_second_name,
	     leave_bpffs, HELD),
	KEPT("program kept on another cgroup", DECOY_PROG, "admit", in_cgroup, leave_cgroup, HELD),
	KEPT("program kept in flight", DECOY_PROG, "admit", in_flight, NULL, HELD),
	KEPT("map kept: policies", DECOY_MAP, "policies", NULL, NULL, HELD),
	KEPT("map kept: loaders", DECOY_MAP, "loaders", NULL, NULL, HELD),
	KEPT("map kept in a bpffs", DECOY_MAP, "policies", in_bpffs, leave_bpffs, HELD),
	KEPT("map kept in flight", DECOY_MAP, "policies", in_flight, NULL, HELD),
	KEPT("map kept in memory", DECOY_ARRAY, "bpfseal.bss", in_memory, NULL, HELD),
	KEPT("map kept in a map of maps", DECOY_MAP, "policies", in_map, NULL, "not sealed"),
	KEPT("map kept by a program that writes to it", DECOY_MAP, "policies", by_program, NULL,
	     "not sealed"),
	{ .name = "a program that could overrule it", .run = overrule,
	  .want = QUIET(ATTACK_EXIT(1), "sealing finds it, and isn't done") },
};

const struct attack_class attack_sealing = {
	8, "Kept from before the seal", attacks, GATE_COUNT(attacks), .open = true,
};
