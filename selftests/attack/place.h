/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place.h - loads from another place: user, cgroup or namespaces.
 */
#ifndef PLACE_H
#define PLACE_H

#include <sys/types.h>

/**
 * struct place - where a load comes from
 * @uid: user, with all that root may; 0: root
 * @cgroup: path of its cgroup; NULL: where it is
 * @namespaces: CLONE_NEW* to leave first
 */
struct place {
	uid_t uid;
	const char *cgroup;
	int namespaces;
};

/**
 * place_load - load an unsigned program from there, in a child
 * @run: instead of that: what the child is to do there; 0 or a negative errno
 *
 * Return: 0 or a negative errno; attack_broken() if it can't get there
 */
int place_load(const struct place *place, int (*run)(void));

#endif
