// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * place.c - loads from another place: user, cgroup or namespaces.
 */
#include "place.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

#define NOT_THERE ECANCELED	/* no errno of bpf(2) */

/* Another user, with all that root may. */
static int become(uid_t uid)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];

	if (prctl(PR_SET_KEEPCAPS, 1) || setresuid(uid, uid, uid) ||
	    syscall(SYS_capget, &head, caps))
		return -errno;
	caps[0].effective = caps[0].permitted;
	caps[1].effective = caps[1].permitted;
	return syscall(SYS_capset, &head, caps) ? -errno : 0;
}

static int enter(const struct place *place)
{
	int err = place->cgroup ? attack_enter(place->cgroup) : 0;

	if (!err && place->namespaces)
		err = unshare(place->namespaces) ? -errno : 0;
	/* What is mounted there is seen nowhere else. */
	if (!err && place->namespaces & CLONE_NEWNS)
		err = mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ? -errno : 0;
	return !err && place->uid ? become(place->uid) : err;
}

struct visit {
	const struct place *place;
	int (*run)(void);
};

static int visit(void *what)
{
	const struct visit *v = what;

	if (enter(v->place))
		return -NOT_THERE;
	return v->run ? v->run() : attack_unsigned();
}

int place_load(const struct place *place, int (*run)(void))
{
	struct visit v = { .place = place, .run = run };
	int ret = attack_in_child(visit, &v);

	return ret == -NOT_THERE ? attack_broken("can't get to where it is to load from") : ret;
}
