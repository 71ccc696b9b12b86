// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * class_exception.c - class 6: loads that only look like what a rule allows.
 *
 * What a rule asks for is worth as much as Documentation/policy.rst says: paths, users and
 * cgroups are root's to choose. Where such an attack gets through, it is known.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attack.h"
#include "crooked.h"
#include "exec.h"
#include "host.h"
#include "inject.h"
#include "insn.h"
#include "place.h"

#define WEAK_PLACES "Rules that ask who loads"
#define WEAK_DIGESTS "Rules that ask for a digest"

/* --- executables: look-alikes of the path ---------------------------------------------- */

static int load_by(const char *path)
{
	pid_t pid;
	int err = exec_load_by(path, &pid);

	return err == -200 ? attack_broken("%s can't be executed", path) : err;
}

/* Another program at the path, in a mount namespace of its own. */
static int load_by_look_alike(void)
{
	if (mount("tmpfs", ATTACK_DIR, "tmpfs", 0, NULL) ||
	    gate_do("cp", "/tests/attack", ATTACK_GOOD))
		return -ECANCELED;
	return load_by(ATTACK_GOOD);
}

static int path_in_other_namespace(const struct attack *attack)
{
	const struct place place = { .namespaces = CLONE_NEWNS };

	(void)attack;
	return place_load(&place, load_by_look_alike);
}

#define ROOT ATTACK_DIR "/root"

static int path_in_chroot(void *what)
{
	(void)what;
	return chroot(ROOT) || chdir("/") ? -ECANCELED : load_by(ATTACK_GOOD);
}

/* Another directory is the root, in the host's mount namespace. */
static int path_after_chroot(const struct attack *attack)
{
	int err;

	(void)attack;
	if ((mkdir(ROOT, 0755) && errno != EEXIST) || mount("/", ROOT, NULL, MS_BIND, NULL))
		return attack_broken("no directory to be the root");
	err = gate_do("mkdir", "-p", ROOT ATTACK_DIR);
	if (!err)
		err = gate_do("cp", "/tests/attack", ROOT ATTACK_GOOD);
	err = err ? attack_broken("no copy") : attack_in_child(path_in_chroot, NULL);
	umount(ROOT);
	return err;
}

/* A path like it, to a copy. */
static int path_like(const struct attack *attack)
{
	const char *path = attack->what;
	int err = gate_do("cp", "/tests/attack", path);

	err = err ? attack_broken("no copy") : load_by(path);
	unlink(path);
	return err;
}

static int path_by_symlink(const struct attack *attack)
{
	const char *path = ATTACK_DIR "/link";
	int err = symlink("/tests/attack", path);

	(void)attack;
	err = err ? attack_broken("no link") : load_by(path);
	unlink(path);
	return err;
}

/* A file in memory with the path for a name, and one that is deleted as it runs. */
static int load_by_fd(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return load_by(path);
}

static int path_of_memfd(const struct attack *attack)
{
	int in = open("/tests/attack", O_RDONLY | O_CLOEXEC);
	int fd = memfd_create(ATTACK_GOOD, 0);
	struct stat st;

	(void)attack;
	if (in < 0 || fd < 0 || fstat(in, &st) ||
	    syscall(SYS_sendfile, fd, in, NULL, st.st_size) != st.st_size)
		return attack_broken("no file in memory");
	return load_by_fd(fd);
}

static int path_of_deleted(const struct attack *attack)
{
	const char *path = ATTACK_DIR "/gone";
	int fd;

	(void)attack;
	if (gate_do("cp", "/tests/attack", path))
		return attack_broken("no copy");
	fd = open(path, O_PATH);
	unlink(path);
	return load_by_fd(fd);
}

static int by_path(const struct attack *attack)
{
	return load_by(attack->what);
}

/* --- executables: the real one, made to do something else --------------------------------- */

static int mounted_over(const struct attack *attack)
{
	int err;

	(void)attack;
	if (mount("/tests/attack", ATTACK_GOOD, NULL, MS_BIND, NULL))
		return attack_broken("it can't be mounted over");
	err = load_by(ATTACK_GOOD);
	umount(ATTACK_GOOD);
	return err;
}

static int by_ptrace(const struct attack *attack)
{
	return inject(attack->what, inject_by_ptrace);
}

static int by_proc_mem(const struct attack *attack)
{
	return inject(attack->what, inject_by_proc_mem);
}

/* --- executables: by their digest ----------------------------------------------------------- */

#define MEASURED_OR_CANNOT \
	do { \
		if (!attack_can_measure()) \
			return attack_cannot("this kernel can't measure executables"); \
	} while (0)

static int altered(const struct attack *attack)
{
	const char *path = ATTACK_DIR "/altered";
	int err;

	(void)attack;
	MEASURED_OR_CANNOT;
	if (gate_do("cp", ATTACK_MEASURED, path) ||
	    gate_do("sh", "-c", "echo x >>" ATTACK_DIR "/altered"))
		return attack_broken("no copy");
	err = load_by(path);
	unlink(path);
	return err;
}

/* Replaced under its name, in the directory that it stands in. */
static int replaced(const struct attack *attack)
{
	int err;

	(void)attack;
	MEASURED_OR_CANNOT;
	if (rename(ATTACK_MEASURED, ATTACK_DIR "/aside") ||
	    gate_do("cp", "/tests/attack", ATTACK_MEASURED))
		return attack_broken("it can't be replaced");
	err = load_by(ATTACK_MEASURED);
	return rename(ATTACK_DIR "/aside", ATTACK_MEASURED) ? -errno : err;
}

static int measured_by_ptrace(const struct attack *attack)
{
	MEASURED_OR_CANNOT;
	return by_ptrace(attack);
}

/* --- places ------------------------------------------------------------------------- */

static int placed(const struct attack *attack)
{
	return place_load(attack->what, NULL);
}

/* The cgroup the rule means is gone; there is another by its name. */
static int cgroup_made_again(const struct attack *attack)
{
	const struct place place = { .cgroup = ATTACK_REMADE };

	(void)attack;
	if (rmdir(HOST_CGROUPS ATTACK_REMADE) || mkdir(HOST_CGROUPS ATTACK_REMADE, 0755))
		return attack_broken("it can't be made again: %s", strerror(errno));
	return place_load(&place, NULL);
}

/* By its path in a cgroup namespace it is the one that the rule names. */
static int cgroup_look_alike(const struct attack *attack)
{
	const struct place place = { .cgroup = "/attack_fake" ATTACK_CGROUP,
				     .namespaces = CLONE_NEWCGROUP };
	int err;

	(void)attack;
	if (gate_do("mkdir", "-p", HOST_CGROUPS "/attack_fake" ATTACK_CGROUP))
		return attack_broken("no cgroup");
	err = place_load(&place, NULL);
	rmdir(HOST_CGROUPS "/attack_fake" ATTACK_CGROUP);
	rmdir(HOST_CGROUPS "/attack_fake");
	return err;
}

static int turn_clock(long seconds)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += seconds;
	return clock_settime(CLOCK_REALTIME, &now);
}

/* To a time at which the rule had not ended. */
static int ended_rule(const struct attack *attack)
{
	const struct place place = { .uid = ATTACK_ENDED };
	const struct timespec then = { .tv_sec = 967766400 };	/* 2000-09-01 */
	struct timespec now;
	int err;

	(void)attack;
	clock_gettime(CLOCK_REALTIME, &now);
	if (clock_settime(CLOCK_REALTIME, &then))
		return attack_broken("the clock can't be set");
	err = place_load(&place, NULL);
	return turn_clock(now.tv_sec - then.tv_sec) ? -errno : err;
}

/* --- programs: by their digest -------------------------------------------------------- */

static const struct bpf_insn allowed[] = { MOV_IMM(0, ATTACK_ALLOWED_RETURNS), EXIT() };

/* The digest is of the instructions as they were given; a relocation changes them later. */
static int relocated(const struct attack *attack)
{
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SCHED_CLS, "attack", allowed, 2);
	struct crooked crooked;
	int32_t ret = 0;
	int fd;

	(void)attack;
	if (crooked_make(&crooked))
		return attack_broken("no BTF");
	crooked_add_func(&attr, &crooked);
	crooked_add_relo(&attr, &crooked);
	fd = gate_load(&attr);
	if (fd < 0)
		return fd;
	if (gate_prog_run_packet(fd, &ret))
		return attack_broken("it doesn't run");
	return ret == ATTACK_ALLOWED_RETURNS ? attack_broken("nothing was relocated") : 0;
}

static int with_maps_of_own(const struct attack *attack)
{
	const uint64_t bad = 0xbad;
	const struct gate_map map = { .name = "own", .data = &bad, .size = sizeof(bad) };
	struct bpf_insn insns[4];
	union bpf_attr attr;
	int32_t ret = 0;
	int fd;

	(void)attack;
	attr = gate_attr(BPF_PROG_TYPE_SCHED_CLS, "attack", insns,
			 attack_reader(insns, gate_map_make(&map)));
	fd = gate_load(&attr);
	if (fd < 0)
		return fd;
	return gate_prog_run_packet(fd, &ret) ? attack_broken("it doesn't run") :
		ret == 0xbad ? 0 : -EPERM;
}

static int one_insn_more(const struct attack *attack)
{
	const struct bpf_insn more[] = {
		MOV_IMM(0, ATTACK_ALLOWED_RETURNS), MOV_IMM(1, 0), EXIT(),
	};
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SCHED_CLS, "attack", more, 3);

	(void)attack;
	return attack_close(gate_load(&attr));
}

static int of_another_type(const struct attack *attack)
{
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_XDP, "attack", allowed, 2);

	(void)attack;
	return attack_close(gate_load(&attr));
}

#define ATTACK(name_, function, ...) \
	{ .name = name_, .run = function, .want = DENIED(BPFSEAL_R_UNSIGNED), ##__VA_ARGS__ }

static const struct attack attacks[] = {
	ATTACK("path in another mount namespace", path_in_other_namespace),
	ATTACK("path after chroot", path_after_chroot),
	ATTACK("path with something after it", path_like, .what = ATTACK_GOOD "2"),
	ATTACK("path that ends in (deleted)", path_like, .what = ATTACK_GOOD " (deleted)"),
	ATTACK("path of a symbolic link", path_by_symlink),
	ATTACK("path as name of a memfd", path_of_memfd),
	ATTACK("deleted executable", path_of_deleted),
	ATTACK("script at the path", by_path, .what = ATTACK_SCRIPT),
	ATTACK("mounted over the path", mounted_over, .known = WEAK_PLACES),
	ATTACK("allowed executable, ptraced", by_ptrace, .what = ATTACK_GOOD,
	       .known = WEAK_PLACES),
	ATTACK("allowed executable, /proc/PID/mem", by_proc_mem, .what = ATTACK_GOOD,
	       .known = WEAK_PLACES),
	ATTACK("measured executable, altered", altered),
	ATTACK("measured executable, replaced", replaced),
	ATTACK("measured executable, ptraced", measured_by_ptrace, .what = ATTACK_MEASURED,
	       .known = WEAK_PLACES),
	ATTACK("moved into an allowed cgroup", placed, .known = WEAK_PLACES,
	       .what = &(const struct place){ .cgroup = ATTACK_CGROUP }),
	ATTACK("an allowed cgroup, made again", cgroup_made_again),
	ATTACK("an allowed cgroup's name in a namespace", cgroup_look_alike),
	ATTACK("as an allowed user", placed, .known = WEAK_PLACES,
	       .what = &(const struct place){ .uid = ATTACK_UID }),
	ATTACK("clock set back before a rule's end", ended_rule),
	ATTACK("allowed digest, relocated", relocated),
	ATTACK("allowed digest, maps of one's own", with_maps_of_own, .known = WEAK_DIGESTS),
	ATTACK("allowed digest, one instruction more", one_insn_more),
	ATTACK("allowed digest, another type", of_another_type),
};

const struct attack_class attack_exception = {
	6, "Exceptions, abused", attacks, GATE_COUNT(attacks), .around = NULL,
};
