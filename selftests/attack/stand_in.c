// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stand_in.c - where a sealed policy's pins are, and for the controls mounts like these.
 */
#include "stand_in.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attack.h"
#include "pins.h"

#define PARENT STAND_IN_TOP "/bpf"
#define DIR PARENT "/bpfseal"
#define ANCHOR "/anchor"
#define NEW "/attack_new"
#define ASIDE ATTACK_DIR "/aside_mount"

static int kept = -1;

void stand_in_keep(void)
{
	kept = open(PIN_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int stand_in_kept(void)
{
	return attack_under_policy() ? kept : open(DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int make(void)
{
	const struct gate_map map = { .name = "pinned", .size = 8 };
	int fd;

	if ((mkdir(STAND_IN_TOP, 0755) && errno != EEXIST) ||
	    mount("tmpfs", STAND_IN_TOP, "tmpfs", 0, NULL) || mkdir(PARENT, 0755) ||
	    mount("bpf", PARENT, "bpf", 0, NULL) || mkdir(DIR, 0755) ||
	    mount("bpf", DIR, "bpf", 0, NULL) || mkdir(DIR ANCHOR, 0755) ||
	    mount(DIR, DIR ANCHOR, NULL, MS_BIND, NULL))
		return -errno;
	fd = gate_map_make(&map);
	return fd < 0 ? fd : gate_pin(fd, DIR "/" STAND_IN_PIN);
}

int stand_in_make(void)
{
	int err;

	if (mkdir(ASIDE, 0755) && errno != EEXIST)
		return attack_broken("no directory");
	if (attack_under_policy())
		return 0;
	err = make();
	return err ? attack_broken("no mounts like the policy's: %s", strerror(-err)) : 0;
}

void stand_in_remove(void)
{
	if (attack_under_policy())
		return;
	umount2(ASIDE, MNT_DETACH);
	/* Something may have been mounted over it. */
	while (!umount2(STAND_IN_TOP, MNT_DETACH))
		;
}

const char *stand_in_dir(void)
{
	return attack_under_policy() ? PIN_DIR : DIR;
}

const char *stand_in_parent(void)
{
	return attack_under_policy() ? PIN_PARENT : PARENT;
}

const char *stand_in_top(void)
{
	return attack_under_policy() ? "/sys" : STAND_IN_TOP;
}

const char *stand_in_pin(void)
{
	return attack_under_policy() ? PIN_DIR "/" STAND_IN_PIN : DIR "/" STAND_IN_PIN;
}

const char *stand_in_anchor(void)
{
	return attack_under_policy() ? PIN_DIR ANCHOR : DIR ANCHOR;
}

const char *stand_in_new(void)
{
	return attack_under_policy() ? PIN_DIR NEW : DIR NEW;
}

const char *stand_in_aside(void)
{
	return ASIDE;
}
