// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decoy.c - the policy's objects, and for the controls others that stand for them.
 */
#include "decoy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "attack.h"
#include "host.h"
#include "kind.h"
#include "pins.h"

#include "gate_skel.h"
#include "ids.signed.lskel.h"
GATE_SKEL(ids_signer)

#define MAX 128

/* What decoy_note() has found. */
static struct {
	struct note {
		enum decoy_kind kind;
		uint32_t id;
		char name[32];
		bool shared;	/* there to be had: it is run, or read */
	} list[MAX];
	size_t n;
} notes;

/* The decoy, in a control. */
static struct {
	int fd;
	int attached;
	uint32_t id;
} decoy = { -1, -1, 0 };

static enum decoy_kind without_shape(enum decoy_kind kind)
{
	return kind == DECOY_ARRAY ? DECOY_MAP : kind;
}

/* --- what there is of the policy --------------------------------------------------- */

static void note(enum decoy_kind kind, uint32_t id, const char *name, bool shared)
{
	struct note *n = &notes.list[notes.n];

	for (size_t i = 0; i < notes.n; i++)
		if (notes.list[i].kind == kind && notes.list[i].id == id)
			return;
	if (notes.n == MAX)
		return;
	n->kind = kind;
	n->id = id;
	n->shared = shared;
	snprintf(n->name, sizeof(n->name), "%s", name);
	notes.n++;
}

static int get_info(int fd, void *info, uint32_t len)
{
	union bpf_attr attr = {};

	attr.info.bpf_fd = fd;
	attr.info.info = (uintptr_t)info;
	attr.info.info_len = len;
	return gate_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

static const struct {
	int next, get;
} commands[] = {
	[DECOY_PROG] = { BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID },
	[DECOY_MAP] = { BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID },
	[DECOY_LINK] = { BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID },
};

static int get(enum decoy_kind kind, uint32_t id, uint32_t flags)
{
	union bpf_attr attr = {};

	attr.start_id = id;	/* prog_id, map_id and link_id are the same */
	attr.open_flags = flags;
	return gate_bpf(commands[kind].get, &attr);
}

static void note_map(uint32_t id)
{
	struct bpf_map_info info = {};
	int fd = get(DECOY_MAP, id, 0);

	if (fd >= 0 && !get_info(fd, &info, sizeof(info)))
		note(DECOY_MAP, id, info.name, info.type == BPF_MAP_TYPE_RINGBUF);
	if (fd >= 0)
		close(fd);
}

static void note_prog(int fd, const char *name, bool shared)
{
	uint32_t maps[64];
	struct bpf_prog_info info = { .nr_map_ids = 64, .map_ids = (uintptr_t)maps };

	if (get_info(fd, &info, sizeof(info)))
		return;
	note(DECOY_PROG, info.id, name, shared);
	for (uint32_t i = 0; i < info.nr_map_ids && i < 64; i++)
		note_map(maps[i]);
}

static void note_link(int fd, const char *name)
{
	struct bpf_link_info info = {};
	int prog;

	if (get_info(fd, &info, sizeof(info)))
		return;
	note(DECOY_LINK, info.id, name, true);
	prog = get(DECOY_PROG, info.prog_id, 0);
	if (prog < 0)
		return;
	note_prog(prog, name, false);
	close(prog);
}

int decoy_note(void)
{
	unsigned int n;
	const struct pin *pins = pins_list(&n);

	for (unsigned int i = 0; i < n; i++) {
		int fd = pins_open(pins[i].name);

		if (fd >= 0 && pins[i].kind == PIN_LINK)
			note_link(fd, pins[i].name);
		else if (fd >= 0)
			note_prog(fd, pins[i].name, pins[i].kind == PIN_PROGRAM);
		if (fd >= 0)
			close(fd);
	}
	return notes.n ? 0 : -ENOENT;
}

bool decoy_is_own(enum decoy_kind kind, uint32_t id)
{
	for (size_t i = 0; i < notes.n; i++)
		if (notes.list[i].kind == kind && notes.list[i].id == id)
			return !notes.list[i].shared;
	return false;
}

/* --- the decoys ---------------------------------------------------------------------- */

int decoy_prog_at(const char *hook)
{
	const struct kind kind = {
		.type = BPF_PROG_TYPE_LSM, .attach = BPF_LSM_CGROUP, .ret = 1, .function = hook,
	};
	uint32_t attach;

	return kind_load(&kind, NULL, -1, &attach);
}

int decoy_cgroup(int command, int root, int prog, int replaced)
{
	union bpf_attr attr = {};

	attr.target_fd = root;
	attr.attach_bpf_fd = prog;
	attr.attach_type = BPF_LSM_CGROUP;
	if (command == BPF_PROG_ATTACH)
		attr.attach_flags = BPF_F_ALLOW_MULTI | (replaced >= 0 ? BPF_F_REPLACE : 0);
	attr.replace_bpf_fd = replaced >= 0 ? replaced : 0;
	return gate_bpf(command, &attr);
}

static int root_cgroup(int command, int prog)
{
	int root = open(HOST_CGROUPS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = root < 0 ? -errno : decoy_cgroup(command, root, prog, -1);

	close(root);
	return err;
}

static int make_prog(void)
{
	int err;

	/* A hook that nothing in the VM comes by. */
	decoy.fd = decoy_prog_at("bpf_lsm_path_chroot");
	if (decoy.fd < 0)
		return decoy.fd;
	err = root_cgroup(BPF_PROG_ATTACH, decoy.fd);
	if (!err)
		decoy.attached = decoy.fd;
	return err;
}

static int make_link(void)
{
	static const struct kind fentry = {
		.type = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FENTRY,
		.function = "bpf_fentry_test1",
	};
	union bpf_attr attr = {};
	uint32_t attach;
	int prog = kind_load(&fentry, NULL, -1, &attach);

	if (prog < 0)
		return prog;
	attr.link_create.prog_fd = prog;
	attr.link_create.attach_type = BPF_TRACE_FENTRY;
	decoy.fd = gate_bpf(BPF_LINK_CREATE, &attr);
	close(prog);
	return decoy.fd < 0 ? decoy.fd : 0;
}

static int make_map(enum decoy_kind kind)
{
	union bpf_attr attr = {};

	attr.map_type = kind == DECOY_ARRAY ? BPF_MAP_TYPE_ARRAY : BPF_MAP_TYPE_HASH;
	attr.map_flags = kind == DECOY_ARRAY ? BPF_F_MMAPABLE : 0;
	attr.key_size = 4;
	attr.value_size = 8;
	attr.max_entries = 1;
	decoy.fd = gate_bpf(BPF_MAP_CREATE, &attr);
	return decoy.fd < 0 ? decoy.fd : 0;
}

static uint32_t id_of(enum decoy_kind kind, int fd)
{
	struct bpf_link_info link = {};
	struct bpf_prog_info prog = {};
	struct bpf_map_info map = {};

	switch (kind) {
	case DECOY_PROG:
		return get_info(fd, &prog, sizeof(prog)) ? 0 : prog.id;
	case DECOY_LINK:
		return get_info(fd, &link, sizeof(link)) ? 0 : link.id;
	default:
		return get_info(fd, &map, sizeof(map)) ? 0 : map.id;
	}
}

int decoy_make(enum decoy_kind kind)
{
	int err;

	if (attack_under_policy())
		return 0;
	err = kind == DECOY_PROG ? make_prog() : kind == DECOY_LINK ? make_link() : make_map(kind);
	if (!err)
		decoy.id = id_of(kind, decoy.fd);
	return err ? attack_broken("no decoy: %s", strerror(-err)) : 0;
}

void decoy_remove(void)
{
	if (decoy.attached >= 0)
		root_cgroup(BPF_PROG_DETACH, decoy.attached);
	decoy.attached = -1;
}

/* --- their descriptors ---------------------------------------------------------------- */

uint32_t decoy_id(enum decoy_kind kind, const char *name)
{
	if (!attack_under_policy())
		return decoy.id;
	for (size_t i = 0; i < notes.n; i++)
		if (notes.list[i].kind == without_shape(kind) && !strcmp(notes.list[i].name, name))
			return notes.list[i].id;
	return 0;
}

int decoy_by_id(enum decoy_kind kind, const char *name)
{
	return get(without_shape(kind), decoy_id(kind, name), 0);
}

int decoy_by_id_to_read(enum decoy_kind kind, const char *name)
{
	return get(without_shape(kind), decoy_id(kind, name), BPF_F_RDONLY);
}

int decoy_by_walk(enum decoy_kind kind, const char *name)
{
	uint32_t wanted = decoy_id(kind, name);
	union bpf_attr attr = {};
	int fd, found = -ENOENT;

	kind = without_shape(kind);
	while (!gate_bpf(commands[kind].next, &attr)) {
		fd = get(kind, attr.next_id, 0);
		if (attr.next_id == wanted)
			found = fd;
		else if (fd >= 0)
			close(fd);
		attr.start_id = attr.next_id;
	}
	return found;
}

/* Read what an iterator tells. */
static int open_iterator(int prog)
{
	union bpf_attr attr = {};
	int link, iter;

	attr.link_create.prog_fd = prog;
	attr.link_create.attach_type = BPF_TRACE_ITER;
	link = gate_bpf(BPF_LINK_CREATE, &attr);
	if (link < 0)
		return link;
	memset(&attr, 0, sizeof(attr));
	attr.iter_create.link_fd = link;
	iter = gate_bpf(BPF_ITER_CREATE, &attr);
	close(link);
	return iter;
}

static int load_iterator(enum decoy_kind kind)
{
	struct gate_loader loader;
	struct ids_signer *skel;
	int err = ids_signer__take(&loader);

	skel = loader.ctx;
	loader.keyring = attack_keyring("signer");
	if (!err)
		err = gate_loader_all(&loader);
	if (err)
		return err;
	return open_iterator(kind == DECOY_PROG ? skel->progs.prog_ids.prog_fd :
			     kind == DECOY_LINK ? skel->progs.link_ids.prog_fd :
						  skel->progs.map_ids.prog_fd);
}

int decoy_by_iterator(enum decoy_kind kind, const char *name)
{
	uint32_t id, wanted = decoy_id(kind, name);
	int iter, fd, found = -ENOENT;

	kind = without_shape(kind);
	iter = load_iterator(kind);
	if (iter < 0)
		return attack_broken("no iterator: %s", strerror(-iter));
	while (read(iter, &id, sizeof(id)) == sizeof(id)) {
		fd = get(kind, id, 0);
		if (id == wanted)
			found = fd;
		else if (fd >= 0)
			close(fd);
	}
	close(iter);
	return found;
}
