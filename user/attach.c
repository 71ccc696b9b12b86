// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * attach.c - attaches the programs that decide to the root of all cgroups.
 */
#include "attach.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "diag.h"
#include "host.h"
#include "pins.h"

#define ROOT_INO 1	/* of the root in kernfs, whatever cgroup is mounted as root */
#define ATTACHED_MAX 640	/* of one cgroup: BPF_CGROUP_MAX_PROGS on CGROUP_LSM_NUM hooks */

static int open_root(void)
{
	int root = host_cgroups_open();
	struct stat st;

	if (root < 0)
		return root;
	if (!fstat(root, &st) && st.st_ino == ROOT_INO)
		return root;
	close(root);
	return -EXDEV;
}

static int refuse_root(int err)
{
	if (err == -EXDEV) {
		diag_error("cannot attach to the root of all cgroups from within a container");
		diag_hint("run this on the host, outside of any cgroup namespace");
	} else {
		diag_error("cannot open the root of all cgroups: %s", strerror(-err));
		diag_hint("use a kernel built with CONFIG_CGROUP_BPF");
	}
	return err;
}

/* --- what is attached ---------------------------------------------------------- */

struct attached {
	__u32 ids[ATTACHED_MAX];
	unsigned int n;
};

/* Those of all hooks of a type, in one list. */
static int list_attached(int root, enum bpf_attach_type type, struct attached *out)
{
	__u32 flags[ATTACHED_MAX];	/* the kernel insists on telling them */
	LIBBPF_OPTS(bpf_prog_query_opts, opts, .prog_ids = out->ids, .prog_cnt = ATTACHED_MAX,
		    .prog_attach_flags = flags);

	if (bpf_prog_query_opts(root, type, &opts) < 0)
		return -errno;
	out->n = opts.prog_cnt;
	return 0;
}

static bool is_listed(const struct attached *list, __u32 id)
{
	for (unsigned int i = 0; i < list->n; i++)
		if (list->ids[i] == id)
			return true;
	return false;
}

static enum bpf_attach_type type_of(const char *name)
{
	return strcmp(name, "guard_sysctl") ? BPF_LSM_CGROUP : BPF_CGROUP_SYSCTL;
}

/* --- attaching ----------------------------------------------------------------- */

/* Also if that has been done, and something after it failed. */
static int attach_one(int root, const char *name, int prog)
{
	struct attached list;
	int err;

	err = list_attached(root, type_of(name), &list);
	if (!err && is_listed(&list, pins_prog_id(prog)))
		return 0;
	if (!err && bpf_prog_attach(prog, root, type_of(name), BPF_F_ALLOW_MULTI) < 0)
		err = -errno;
	if (err)
		diag_error("cannot attach the program %s: %s", name, strerror(-err));
	return err;
}

static int attach_pinned(int root, enum pin_kind kind)
{
	unsigned int n;
	const struct pin *pins = pins_list(&n);
	int prog, err = 0;

	for (unsigned int i = 0; i < n && !err; i++) {
		if (pins[i].kind != kind)
			continue;
		prog = pins_open(pins[i].name);
		if (prog < 0)
			return prog;
		err = attach_one(root, pins[i].name, prog);
		close(prog);
	}
	return err;
}

int attach_kind(enum pin_kind kind)
{
	int root, err;

	root = open_root();
	if (root < 0)
		return refuse_root(root);
	err = attach_pinned(root, kind);
	close(root);
	return err;
}

/* --- detaching, and pinning again ------------------------------------------------ */

/* One of its maps is the policies': no name of the program's own makes it ours. */
static bool has_policies(int prog)
{
	struct bpf_map_info map = {};
	__u32 ids[64], len = sizeof(map);
	struct bpf_prog_info info = { .nr_map_ids = 64, .map_ids = (__u64)(unsigned long)ids };
	__u32 info_len = sizeof(info);
	bool has = false;
	int fd;

	if (bpf_prog_get_info_by_fd(prog, &info, &info_len))
		return false;
	for (unsigned int i = 0; i < info.nr_map_ids && i < 64 && !has; i++) {
		fd = bpf_map_get_fd_by_id(ids[i]);
		if (fd < 0)
			continue;
		has = !bpf_map_get_info_by_fd(fd, &map, &len) && !strcmp(map.name, "policies");
		close(fd);
	}
	return has;
}

/* What is done with an attached program of ours. */
struct visit {
	int (*fn)(const struct visit *v, int prog);
	int root;
	enum bpf_attach_type type;
	unsigned int *count;
	const struct attached *keep;	/* these are left alone */
};

/* Returns the first error. */
static int each_own(const struct visit *v)
{
	struct attached list;
	int prog, err, rest;

	err = list_attached(v->root, v->type, &list);
	if (err)
		return err;
	for (unsigned int i = 0; i < list.n; i++) {
		prog = bpf_prog_get_fd_by_id(list.ids[i]);
		if (prog < 0)
			continue;
		rest = has_policies(prog) ? v->fn(v, prog) : 0;
		err = err ? err : rest;
		close(prog);
	}
	return err;
}

static int detach(const struct visit *v, int prog)
{
	if (is_listed(v->keep, pins_prog_id(prog)))
		return 0;
	return bpf_prog_detach2(prog, v->root, v->type) < 0 ? -errno : 0;
}

static int count(const struct visit *v, int prog)
{
	(void)prog;
	++*v->count;
	return 0;
}

static int pin_again(const struct visit *v, int prog)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	char path[PIN_PATH_LEN];

	(void)v;
	if (bpf_prog_get_info_by_fd(prog, &info, &len))
		return -errno;
	pins_path(path, info.name);
	return bpf_obj_pin(prog, path) < 0 && errno != EEXIST ? -errno : 0;
}

static int visit_all(int (*fn)(const struct visit *v, int prog), const struct attached *keep)
{
	struct visit v = { .fn = fn, .root = open_root(), .type = BPF_LSM_CGROUP, .keep = keep };
	int err, rest;

	if (v.root < 0)
		return v.root;
	err = each_own(&v);
	v.type = BPF_CGROUP_SYSCTL;
	rest = each_own(&v);
	close(v.root);
	return err ? err : rest;
}

static __u32 pinned_id(const char *name)
{
	int prog = pins_open(name);
	__u32 id;

	if (prog < 0)
		return 0;
	id = pins_prog_id(prog);
	close(prog);
	return id;
}

static void list_pinned(const char *dir, struct attached *out)
{
	const char *used = pins_dir();
	unsigned int n;
	const struct pin *pins = pins_list(&n);

	pins_use(dir);
	for (unsigned int i = 0; i < n; i++)
		if (pins[i].kind == PIN_HOOK || pins[i].kind == PIN_GUARD)
			out->ids[out->n++] = pinned_id(pins[i].name);
	pins_use(used);
}

int attach_remove(const char *keep)
{
	struct attached list = {};

	if (keep)
		list_pinned(keep, &list);
	return visit_all(detach, &list);
}

int attach_pin_again(void)
{
	return visit_all(pin_again, NULL);
}

/* --- what there is --------------------------------------------------------------- */

static unsigned int count_pinned(const struct attached *list)
{
	unsigned int n, count = 0;
	const struct pin *pins = pins_list(&n);

	for (unsigned int i = 0; i < n; i++)
		if (pins[i].kind == PIN_HOOK)
			count += is_listed(list, pinned_id(pins[i].name));
	return count;
}

int attach_count(unsigned int *pinned, unsigned int *all)
{
	unsigned int own = 0;
	struct visit v = { .fn = count, .root = open_root(), .type = BPF_LSM_CGROUP, .count = &own };
	struct attached list;
	int err;

	if (v.root < 0)
		return v.root;
	err = list_attached(v.root, v.type, &list);
	if (!err)
		err = each_own(&v);
	close(v.root);
	if (err)
		return err;
	*pinned = count_pinned(&list);
	*all = own;
	return 0;
}
