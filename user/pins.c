// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pins.c - the pinned parts of an installation: open, read, switch, remove.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "attach.h"
#include "diag.h"
#include "file.h"
#include "measure.h"
#include "pins.h"

/* What is attached goes first when all is removed. */
static const struct pin pins[] = {
	{ "admit", PIN_HOOK }, { "first_fd", PIN_HOOK }, { "make_map", PIN_HOOK },
	{ "forget", PIN_LINK }, { "run_starts", PIN_LINK }, { "run_ends", PIN_LINK },
	{ "kernel_starts", PIN_LINK }, { "kernel_ends", PIN_LINK }, { "note_btf", PIN_LINK },
	{ "note_nested", PIN_LINK }, { "note_close", PIN_LINK }, { "maps_bound", PIN_LINK },
	{ "rejected", PIN_LINK },
	{ PIN_MEASURE_PROGRAM, PIN_AT_TIMES },
	{ "guard_map", PIN_GUARD }, { "guard_remount", PIN_GUARD }, { "guard_umount", PIN_GUARD },
	{ "guard_mount", PIN_GUARD }, { "guard_move", PIN_GUARD }, { "guard_sysctl", PIN_GUARD },
	{ "inventory", PIN_PROGRAM }, { "audit", PIN_PROGRAM }, { "audit_heir", PIN_PROGRAM },
	{ "control", PIN_PROGRAM }, { "report", PIN_PROGRAM }, { "upgrade", PIN_PROGRAM },
};

#define N_PINS (sizeof(pins) / sizeof(pins[0]))

_Static_assert(N_PINS == BPFSEAL_PROGRAMS, "each is a program, or its link");

bool pins_stays(enum pin_kind kind)
{
	return kind == PIN_LINK || kind == PIN_PROGRAM;
}

const struct pin *pins_list(unsigned int *n)
{
	*n = N_PINS;
	return pins;
}

static const char *used = PIN_DIR;

void pins_use(const char *dir)
{
	used = dir;
}

const char *pins_dir(void)
{
	return used;
}

void pins_path(char path[PIN_PATH_LEN], const char *name)
{
	snprintf(path, PIN_PATH_LEN, "%s/%s", used, name);
}

int pins_open(const char *name)
{
	LIBBPF_OPTS(bpf_obj_get_opts, read_only, .file_flags = BPF_F_RDONLY);
	char path[PIN_PATH_LEN];
	int fd;

	pins_path(path, name);
	fd = bpf_obj_get(path);
	/* Those of a sealed policy are on a file system that nobody writes to. */
	if (fd < 0 && errno == EROFS)
		fd = bpf_obj_get_opts(path, &read_only);
	return fd < 0 ? -errno : fd;
}

__u32 pins_prog_id(int prog)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	return bpf_prog_get_info_by_fd(prog, &info, &len) ? 0 : info.id;
}

int pins_check_bpffs(void)
{
	struct statfs fs;

	if (statfs(PIN_PARENT, &fs) < 0) {
		diag_error("cannot look at %s: %s", PIN_PARENT, strerror(errno));
		return -ENOENT;
	}
	if (fs.f_type != BPF_FS_MAGIC) {
		diag_error("bpffs is not mounted at %s", PIN_PARENT);
		diag_hint("mount it: mount -t bpf bpf %s", PIN_PARENT);
		return -EMEDIUMTYPE;
	}
	return 0;
}

static int is_pinned(const char *name)
{
	char path[PIN_PATH_LEN];
	struct stat st;

	pins_path(path, name);
	return stat(path, &st) < 0 ? -errno : 0;
}

/* 0 if all pins are there, else -ENOENT or another errno. */
static int all_pinned(bool measures)
{
	int err = measures ? is_pinned(PIN_MEASURE) : 0;

	for (unsigned int i = 0; i < N_PINS && !err; i++)
		err = is_pinned(pins[i].name);
	return err;
}

/* Nobody can detach what decides, nor has it pins any more. */
static int sealed_pinned(void)
{
	int err = is_pinned(PIN_MEASURE);

	for (unsigned int i = 0; i < N_PINS && !err; i++)
		if (pins_stays(pins[i].kind))
			err = is_pinned(pins[i].name);
	return err;
}

/* Does every program that decides do so, as far as can be told? */
static bool all_attached(void)
{
	unsigned int pinned, all, n = 0;

	for (unsigned int i = 0; i < N_PINS; i++)
		n += pins[i].kind == PIN_HOOK;
	return !attach_count(&pinned, &all) && pinned == n;
}

/* Something of ours decides without a pin. */
static bool any_attached(void)
{
	unsigned int pinned, all;

	return !attach_count(&pinned, &all) && all;
}

/* Has a policy ever been in force? */
static bool was_armed(void)
{
	struct bpfseal_state state;

	return !report_state(&state) && state.armed;
}

/* Programs that decide, and nobody to ask whether by a policy. */
static bool cannot_tell(void)
{
	return is_pinned("report") && any_attached();
}

int pins_state(enum pin_state *state)
{
	struct bpfseal_state now;
	bool measures = false;
	struct stat st;
	int pinned, slot;

	if (stat(used, &st) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return -errno;
		*state = any_attached() ? PIN_DAMAGED : PIN_ABSENT;
		return 0;
	}
	if (!report_state(&now) && now.seal == BPFSEAL_CLOSED) {
		*state = sealed_pinned() ? PIN_DAMAGED : PIN_INSTALLED;
		return 0;
	}
	slot = report_asks(BPFSEAL_F_EXE_DIGEST, &measures);
	if (slot == -EPROTONOSUPPORT) {
		*state = PIN_FOREIGN;
		return 0;
	}
	if (slot && slot != -ENOENT)
		return slot;
	pinned = all_pinned(measures);
	if (pinned && pinned != -ENOENT)
		return pinned;
	if (!pinned && !slot && all_attached())
		*state = PIN_INSTALLED;
	else if (!slot || was_armed() || cannot_tell())
		*state = PIN_DAMAGED;
	else
		*state = PIN_UNFINISHED;
	return 0;
}

int pins_refuse_foreign(void)
{
	return diag_refuse(-EPROTO,
			   "the policy in force was installed by another version of bpfseal",
			   "remove it first: bpfseal uninstall");
}

int pins_require_installed(void)
{
	enum pin_state state;
	int err;

	err = pins_state(&state);
	if (err) {
		diag_error("cannot read %s: %s", PIN_DIR, strerror(-err));
		if (err == -EPERM || err == -EACCES)
			diag_hint("run this as root");
		return err;
	}
	if (state == PIN_INSTALLED)
		return 0;
	if (state == PIN_ABSENT) {
		diag_error("no policy is installed");
		diag_hint("install one: bpfseal install POLICY.yaml");
		return -ENOENT;
	}
	if (state == PIN_FOREIGN)
		return pins_refuse_foreign();
	if (state == PIN_DAMAGED) {
		diag_error("the installed policy is damaged: part of %s is missing", PIN_DIR);
		diag_hint("remove what is left with 'bpfseal uninstall', then install the policy again");
		return -EUCLEAN;
	}
	diag_error("an installation was cut short: %s is incomplete", PIN_DIR);
	diag_hint("finish it with 'bpfseal install POLICY.yaml', or remove it with 'bpfseal uninstall'");
	return -EUCLEAN;
}

static int remove_pin(const char *name)
{
	char path[PIN_PATH_LEN];

	pins_path(path, name);
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

int pins_remove(void)
{
	int err = measure_end(), rest;

	/* What goes on deciding is easier to find with its pins. */
	if (!err)
		err = attach_remove(strcmp(used, PIN_DIR) ? PIN_DIR : NULL);
	if (err)
		return err;
	err = remove_pin(PIN_MEASURE);
	for (unsigned int i = 0; i < N_PINS; i++) {
		rest = remove_pin(pins[i].name);
		err = err ? err : rest;
	}
	/* Another version may have pinned more than we know of. */
	rest = file_remove_dir(used);
	return err ? err : rest == -ENOENT ? 0 : rest;
}

int pins_lock(int *fd)
{
	int lock;

	if (geteuid() != 0) {
		diag_error("this needs root");
		return -EPERM;
	}
	if (mkdir(RUN_DIR, 0700) < 0 && errno != EEXIST) {
		diag_error("cannot make %s: %s", RUN_DIR, strerror(errno));
		return -errno;
	}
	lock = open(RUN_DIR "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0) {
		diag_error("cannot open %s: %s", RUN_DIR "/lock", strerror(errno));
		return -errno;
	}
	if (flock(lock, LOCK_EX | LOCK_NB) < 0) {
		diag_error("another bpfseal is changing the installation");
		diag_hint("wait until it is done");
		close(lock);
		return -EBUSY;
	}
	*fd = lock;
	return 0;
}
