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

#include "diag.h"
#include "file.h"
#include "pins.h"

/* Links first: the names of the programs in bpf/, except the iterator. */
static const char *const names[] = {
	"admit", "first_fd", "forget", "run_starts", "run_ends", "kernel_starts",
	"kernel_ends", "note_btf", "make_map", "forget_map", "rejected",
	"inventory", PIN_MEASURE_PROGRAM,
	"policy", "keys", "state", "events", "counters", "loaders", "runs", "made",
	"nested", "exes", "passed", "measured",
};

#define N_LINKS 11

const char *const *pins_names(unsigned int *n)
{
	*n = sizeof(names) / sizeof(names[0]);
	return names;
}

unsigned int pins_n_links(void)
{
	return N_LINKS;
}

static void pin_path(char *path, size_t size, const char *name)
{
	snprintf(path, size, PIN_DIR "/%s", name);
}

int pins_open(const char *name)
{
	char path[sizeof(PIN_DIR) + 32];
	int fd;

	pin_path(path, sizeof(path), name);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
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
	char path[sizeof(PIN_DIR) + 32];
	struct stat st;

	pin_path(path, sizeof(path), name);
	return stat(path, &st) < 0 ? -errno : 0;
}

/* 0 if all pins are there, else -ENOENT or another errno. */
static int all_pinned(bool measures)
{
	int err = measures ? is_pinned(PIN_MEASURE) : 0;

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]) && !err; i++)
		err = is_pinned(names[i]);
	return err;
}

int pins_asks_to_measure(bool *asks)
{
	struct bpfseal_table *table;
	int err = pins_table_read(&table);

	if (err)
		return err;
	if (table->policy.abi != BPFSEAL_ABI)
		err = -EPROTONOSUPPORT;
	else
		*asks = rules_ask(&table->rules, BPFSEAL_F_EXE_DIGEST);
	free(table);
	return err;
}

/* Has a policy ever been in force? */
static bool was_armed(void)
{
	struct bpfseal_state state = {};
	__u32 zero = 0;
	int fd;

	fd = pins_open("state");
	if (fd < 0)
		return false;
	if (bpf_map_lookup_elem(fd, &zero, &state) < 0)
		state.armed = 0;
	close(fd);
	return state.armed;
}

int pins_state(enum pin_state *state)
{
	bool measures = false;
	struct stat st;
	int pinned, slot;

	if (stat(PIN_DIR, &st) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return -errno;
		*state = PIN_ABSENT;
		return 0;
	}
	slot = pins_asks_to_measure(&measures);
	if (slot == -EPROTONOSUPPORT) {
		*state = PIN_FOREIGN;
		return 0;
	}
	if (slot && slot != -ENOENT)
		return slot;
	pinned = all_pinned(measures);
	if (pinned && pinned != -ENOENT)
		return pinned;
	if (!pinned && !slot)
		*state = PIN_INSTALLED;
	else if (!slot || was_armed())
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
	char path[sizeof(PIN_DIR) + 32];

	pin_path(path, sizeof(path), name);
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

int pins_remove(void)
{
	int err = remove_pin(PIN_MEASURE), rest;

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		rest = remove_pin(names[i]);
		err = err ? err : rest;
	}
	/* Another version may have pinned more than we know of. */
	rest = file_remove_dir(PIN_DIR);
	return err ? err : rest == -ENOENT ? 0 : rest;
}

int pins_lock(int *fd)
{
	int lock;

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

int pins_counters(struct bpfseal_counters *out)
{
	int n_cpus = libbpf_num_possible_cpus(), fd = -1, err = 0, cpu;
	struct bpfseal_counters *per_cpu = NULL, *sum;
	__u32 reason;

	if (n_cpus < 0)
		return n_cpus;
	fd = pins_open("counters");
	if (fd < 0)
		return fd;
	per_cpu = calloc(n_cpus, sizeof(*per_cpu));
	if (!per_cpu) {
		err = -ENOMEM;
		goto out;
	}
	memset(out, 0, BPFSEAL_R_MAX * sizeof(*out));
	for (reason = 0; reason < BPFSEAL_R_MAX; reason++) {
		if (bpf_map_lookup_elem(fd, &reason, per_cpu) < 0) {
			err = -errno;
			goto out;
		}
		sum = &out[reason];
		for (cpu = 0; cpu < n_cpus; cpu++) {
			sum->allowed += per_cpu[cpu].allowed;
			sum->would_deny += per_cpu[cpu].would_deny;
			sum->denied += per_cpu[cpu].denied;
			sum->rejected += per_cpu[cpu].rejected;
			sum->lost += per_cpu[cpu].lost;
		}
	}
out:
	free(per_cpu);
	close(fd);
	return err;
}
