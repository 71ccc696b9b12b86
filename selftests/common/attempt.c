// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * attempt.c - an upgrade of a sealed policy, step by step.
 */
#include "attempt.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "cli.h"
#include "gate.h"
#include "report.h"
#include "storm.h"
#include "upgrade.h"

int attempt_begin(struct attempt *a, unsigned int version)
{
	const struct sealed_policy p = { .version = version };
	struct bpfseal_policy running;
	struct policy_doc *doc = NULL;
	int err;

	*a = (struct attempt){};
	err = sealed_sign(&p, "authority", storm_signed_file());
	if (!err)
		err = policy_source_read(SEALED_POLICY, &a->src);
	if (!err)
		err = policy_source_parse(&a->src, &doc);
	if (!err)
		err = prepare_certificates(doc, &a->src, &a->prepared);
	if (!err)
		err = report_policy(&running);
	if (!err)
		err = prepare_policy(doc, &a->src, &running, &a->prepared);
	if (!err)
		err = upgrade_told(&a->told);
	if (!err)
		takeover_hand_on(&a->told, a->prepared.table);
	policy_free(doc);
	if (!err)
		err = takeover_init(&a->t, version);
	if (!err)
		err = takeover_announce(&a->t, &a->src);
	return err ? err : takeover_bring(&a->t, &a->prepared);
}

void attempt_free(struct attempt *a)
{
	prepare_free(&a->prepared);
	policy_source_free(&a->src);
}

void attempt_end(struct attempt *a)
{
	takeover_undo(&a->t);
	takeover_end(&a->t);
	attempt_free(a);
}

/* A kind of objects: how to go through them, and where one's name stands in what is told of it. */
struct objects_of {
	int (*next)(__u32 id, __u32 *out);
	int (*open)(__u32 id);
	size_t name;
};

static bool has_name(const struct objects_of *kind, int fd, const char *name)
{
	union {
		struct bpf_map_info map;
		struct bpf_prog_info prog;
	} info;
	__u32 len = sizeof(info);

	memset(&info, 0, sizeof(info));
	return !bpf_obj_get_info_by_fd(fd, &info, &len) &&
	       !strcmp((const char *)&info + kind->name, name);
}

static int newest(const struct objects_of *kind, const char *name)
{
	int fd, found = -1;
	__u32 id = 0;

	while (!kind->next(id, &id)) {
		fd = kind->open(id);
		if (fd < 0)
			continue;
		if (!has_name(kind, fd, name)) {
			close(fd);
			continue;
		}
		if (found >= 0)
			close(found);
		found = fd;
	}
	return found;
}

int attempt_map(const char *name)
{
	static const struct objects_of maps = {
		bpf_map_get_next_id, bpf_map_get_fd_by_id, offsetof(struct bpf_map_info, name),
	};

	return newest(&maps, name);
}

int attempt_prog(const char *name)
{
	static const struct objects_of progs = {
		bpf_prog_get_next_id, bpf_prog_get_fd_by_id, offsetof(struct bpf_prog_info, name),
	};

	return newest(&progs, name);
}
