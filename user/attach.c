// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * attach.c - attaches the programs that decide to the root of all cgroups.
 */
#include "attach.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpfseal.h"
#include "bpfseal.skel.h"
#include "diag.h"
#include "pins.h"

#define ROOT_INO 1	/* of the root in kernfs, whatever cgroup is mounted as root */
#define ATTACHED_MAX 640	/* of one cgroup: BPF_CGROUP_MAX_PROGS on CGROUP_LSM_NUM hooks */

/* A mount of our own: the kernel makes one that no other can see. */
static int mount_unseen(void)
{
	int fs, mount = -1, root = -1, err = 0;

	fs = fsopen("cgroup2", FSOPEN_CLOEXEC);
	if (fs < 0)
		return -errno;
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ||
	    (mount = fsmount(fs, FSMOUNT_CLOEXEC, 0)) < 0 ||
	    (root = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		err = -errno;
	if (mount >= 0)
		close(mount);
	close(fs);
	return err ? err : root;
}

static int open_mounted(const char *path)
{
	struct statfs fs;
	int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return -errno;
	if (!fstatfs(root, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC)
		return root;
	close(root);
	return -ENOENT;
}

/* A mount of our own would reset options like nsdelegate for all that there are. */
static int open_cgroups(void)
{
	int root = open_mounted("/sys/fs/cgroup");

	if (root < 0)
		root = open_mounted("/sys/fs/cgroup/unified");
	return root < 0 ? mount_unseen() : root;
}

static int open_root(void)
{
	int root = open_cgroups();
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

static bool is_hook(const struct bpf_program *prog)
{
	return bpf_program__expected_attach_type(prog) == BPF_LSM_CGROUP &&
	       bpf_program__fd(prog) >= 0;
}

int attach_hooks(const struct bpfseal *skel)
{
	struct bpf_program *prog;
	int root, err = 0;

	root = open_root();
	if (root < 0)
		return refuse_root(root);
	bpf_object__for_each_program(prog, skel->obj) {
		if (!is_hook(prog))
			continue;
		if (bpf_prog_attach(bpf_program__fd(prog), root, BPF_LSM_CGROUP,
				    BPF_F_ALLOW_MULTI) < 0) {
			err = -errno;
			diag_error("cannot attach the program %s: %s", bpf_program__name(prog),
				   strerror(-err));
			break;
		}
	}
	close(root);
	return err;
}

/* --- what is attached ---------------------------------------------------------- */

struct attached {
	__u32 ids[ATTACHED_MAX];
	unsigned int n;
};

/* Those of all hooks, in one list. */
static int list_attached(int root, struct attached *out)
{
	__u32 flags[ATTACHED_MAX];	/* the kernel insists on telling them */
	LIBBPF_OPTS(bpf_prog_query_opts, opts, .prog_ids = out->ids, .prog_cnt = ATTACHED_MAX,
		    .prog_attach_flags = flags);

	if (bpf_prog_query_opts(root, BPF_LSM_CGROUP, &opts) < 0)
		return -errno;
	out->n = opts.prog_cnt;
	return 0;
}

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

static int open_own(__u32 id)
{
	int prog = bpf_prog_get_fd_by_id(id);

	if (prog < 0)
		return -errno;
	if (has_policies(prog))
		return prog;
	close(prog);
	return -ENOENT;
}

static int detach_listed(int root, const struct attached *list)
{
	int prog, err = 0;

	for (unsigned int i = 0; i < list->n; i++) {
		prog = open_own(list->ids[i]);
		if (prog < 0)
			continue;
		if (bpf_prog_detach2(prog, root, BPF_LSM_CGROUP) < 0 && !err)
			err = -errno;
		close(prog);
	}
	return err;
}

int attach_remove(void)
{
	struct attached list;
	int root, err;

	root = open_root();
	if (root < 0)
		return root;
	err = list_attached(root, &list);
	if (!err)
		err = detach_listed(root, &list);
	close(root);
	return err;
}

static bool is_listed(const struct attached *list, __u32 id)
{
	for (unsigned int i = 0; i < list->n; i++)
		if (list->ids[i] == id)
			return true;
	return false;
}

static __u32 pinned_id(const char *name)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int prog = pins_open(name);

	if (prog < 0)
		return 0;
	if (bpf_prog_get_info_by_fd(prog, &info, &len))
		info.id = 0;
	close(prog);
	return info.id;
}

static unsigned int count_pinned(const struct attached *list)
{
	unsigned int n, count = 0;
	const struct pin *pins = pins_list(&n);

	for (unsigned int i = 0; i < n; i++)
		if (pins[i].kind == PIN_HOOK)
			count += is_listed(list, pinned_id(pins[i].name));
	return count;
}

static unsigned int count_own(const struct attached *list)
{
	unsigned int count = 0;
	int prog;

	for (unsigned int i = 0; i < list->n; i++) {
		prog = open_own(list->ids[i]);
		if (prog < 0)
			continue;
		count++;
		close(prog);
	}
	return count;
}

int attach_count(unsigned int *pinned, unsigned int *all)
{
	struct attached list;
	int root, err;

	root = open_root();
	if (root < 0)
		return root;
	err = list_attached(root, &list);
	close(root);
	if (err)
		return err;
	*pinned = count_pinned(&list);
	*all = count_own(&list);
	return 0;
}
