// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * measure.c - attaches and detaches the program that measures executables.
 */
#include "measure.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "diag.h"
#include "pins.h"

#define LINK PIN_DIR "/" PIN_MEASURE
#define PROGRAM PIN_DIR "/" PIN_MEASURE_PROGRAM

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

int measure_pin(struct bpf_program *prog)
{
	int err = bpf_program__pin(prog, PROGRAM);

	if (err)
		diag_error("cannot pin %s: %s", PROGRAM, strerror(-err));
	return err;
}

static __u32 id_of_program(int prog)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	return bpf_prog_get_info_by_fd(prog, &info, &len) ? 0 : info.id;
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
	     info.prog_id == id_of_program(prog);
	close(link);
	return is;
}

int measure_pin_again(void)
{
	struct bpf_link_info info = {};
	__u32 len = sizeof(info);
	int link = pins_open(PIN_MEASURE), prog, err = 0;

	if (link < 0)
		return link;
	if (bpf_link_get_info_by_fd(link, &info, &len))
		info.prog_id = 0;
	close(link);
	prog = bpf_prog_get_fd_by_id(info.prog_id);
	if (prog < 0)
		return -errno;
	if (bpf_obj_pin(prog, PROGRAM) < 0 && errno != EEXIST)
		err = -errno;
	close(prog);
	return err;
}

static int attach(int prog)
{
	int link, err = 0;

	if (unlink(LINK) < 0 && errno != ENOENT)
		return -errno;
	link = bpf_link_create(prog, 0, BPF_LSM_MAC, NULL);
	if (link < 0)
		return -errno;
	if (bpf_obj_pin(link, LINK) < 0)
		err = -errno;
	close(link);
	return err;
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

	if (!err && !asks && unlink(LINK) < 0 && errno != ENOENT)
		err = -errno;
	if (err && err != -ENOENT)
		diag_warn("cannot detach the program that measures executables, which makes loads slower: %s",
			  strerror(-err));
}
