// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * measure.c - attaches and detaches the program that measures executables.
 */
#include "measure.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "diag.h"
#include "pins.h"

#define PAUSE_NS (50 * 1000 * 1000)
#define PAUSES 200

/* A rule that can't be judged would deny too much, or allow too little. */
int measure_check(const struct policy_doc *doc, const char *path, const struct probe *probe)
{
	const struct policy_rule *rule = NULL;

	for (unsigned int i = 0; i < doc->n_rules && !rule; i++)
		if (doc->rules[i].conditions & POLICY_IF_EXE_DIGEST)
			rule = &doc->rules[i];
	if (!rule || probe->ima == PROBE_YES)
		return 0;
	if (probe->verity == PROBE_YES) {
		diag_warn("this kernel has no IMA: of executables without fs-verity rule \"%s\" can't tell the digest",
			  rule->id);
		return 0;
	}
	diag_at(path, rule->line, rule->column,
		"rule \"%s\" has \"executable_digests\", which this kernel can't measure", rule->id);
	diag_hint("use a kernel built with CONFIG_IMA or CONFIG_FS_VERITY, or \"executables\" and \"digests\" instead");
	return -EOPNOTSUPP;
}

static int unlink_link(void)
{
	char path[PIN_PATH_LEN];

	pins_path(path, PIN_MEASURE);
	return unlink(path) < 0 ? -errno : 0;
}

static int pin_there(int fd, const char *name)
{
	char path[PIN_PATH_LEN];

	pins_path(path, name);
	return bpf_obj_pin(fd, path) < 0 ? -errno : 0;
}

/* Is what is pinned for a link one of the program, and not something else? */
static bool is_attached(int prog)
{
	struct bpf_link_info info = {};
	__u32 len = sizeof(info);
	int link = pins_open(PIN_MEASURE);
	bool is;

	if (link < 0)
		return false;
	is = !bpf_link_get_info_by_fd(link, &info, &len) && info.prog_id &&
	     info.prog_id == pins_prog_id(prog);
	close(link);
	return is;
}

int measure_pin_again(void)
{
	struct bpf_link_info info = {};
	__u32 len = sizeof(info);
	int link = pins_open(PIN_MEASURE), prog, err;

	if (link < 0)
		return link;
	if (bpf_link_get_info_by_fd(link, &info, &len))
		info.prog_id = 0;
	close(link);
	prog = bpf_prog_get_fd_by_id(info.prog_id);
	if (prog < 0)
		return -errno;
	err = pin_there(prog, PIN_MEASURE_PROGRAM);
	close(prog);
	return err == -EEXIST ? 0 : err;
}

static int attach(int prog)
{
	int link, err = unlink_link();

	if (err && err != -ENOENT)
		return err;
	link = bpf_link_create(prog, 0, BPF_LSM_MAC, NULL);
	if (link < 0)
		return -errno;
	err = pin_there(link, PIN_MEASURE);
	close(link);
	return err;
}

/* Of the link that is pinned; 0 if none is. */
static __u32 link_id(void)
{
	struct bpf_link_info info = {};
	__u32 len = sizeof(info);
	int link = pins_open(PIN_MEASURE);

	if (link < 0)
		return 0;
	if (bpf_link_get_info_by_fd(link, &info, &len))
		info.id = 0;
	close(link);
	return info.id;
}

/* The kernel lets go of a link some time after its last name is gone. */
static bool is_detached(__u32 id)
{
	int link = bpf_link_get_fd_by_id(id);

	if (link < 0)
		return true;
	close(link);
	return false;
}

static bool is_measuring(void)
{
	struct bpfseal_state state;

	return !report_state(&state) && state.measuring;
}

int measure_end(void)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	__u32 id = link_id();
	int i, err;

	if (!id)
		return 0;
	err = unlink_link();
	if (err)
		return err;
	for (i = 0; i < PAUSES && (!is_detached(id) || is_measuring()); i++)
		nanosleep(&pause, NULL);
	if (i == PAUSES)
		return -EBUSY;
	nanosleep(&pause, NULL);	/* for the rest of the way of the last one */
	return 0;
}

int measure_begin(void)
{
	int prog = pins_open(PIN_MEASURE_PROGRAM), err = 0;

	if (prog < 0)
		err = prog;
	else if (!is_attached(prog))
		err = attach(prog);
	if (prog >= 0)
		close(prog);
	if (err)
		diag_error("cannot attach the program that measures executables: %s",
			   strerror(-err));
	return err;
}

void measure_settle(void)
{
	bool asks;
	int err = report_asks(BPFSEAL_F_EXE_DIGEST, &asks);

	if (!err && !asks)
		err = unlink_link();
	if (err && err != -ENOENT)
		diag_warn("cannot detach the program that measures executables, which makes loads slower: %s",
			  strerror(-err));
}
