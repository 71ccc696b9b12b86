// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * learn_probes.c - one rule for all of libbpf's feature probes.
 *
 * Without them libbpf loads nothing else. They are always the same two programs,
 * so that their digests are known without having been seen.
 */
#include "learn_probes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "learn_read.h"
#include "learn_yaml.h"

#define UIDS_MAX 64

/* SHA-256 over the instructions: what is_feature_probe() in bpf/load.bpf.c looks for. */
static const char *const digests[] = {
	"59f4a931744dcdc62944a018ed3990e666ec6444616418d3b09a82dc5c753d52", /* r0 = 0; exit */
	"62efe59b7d4f5ea1e6a1c01a78f0fbbb112380f25026afe08dc8f4b90192453f", /* the time; exit */
};

bool learn_is_probe(const uint8_t digest[32])
{
	struct hex hex = hex_of(digest);

	return !strcmp(hex.s, digests[0]) || !strcmp(hex.s, digests[1]);
}

struct probes {
	uint64_t types, attach_types[2], loads, left_out;
	uint32_t uids[UIDS_MAX];
	size_t n_uids;
	char (*paths)[POLICY_PATH_MAX + 1];
	size_t n_paths;
};

/* Few users load BPF; the others' probes stay out. */
static bool note_uid(struct probes *p, uint32_t uid)
{
	for (size_t i = 0; i < p->n_uids; i++)
		if (p->uids[i] == uid)
			return true;
	if (p->n_uids == UIDS_MAX)
		return false;
	p->uids[p->n_uids++] = uid;
	return true;
}

/* Groups are sorted, so that equal paths follow each other. */
static bool note_path(struct probes *p, const struct learn_group *group)
{
	char path[POLICY_PATH_MAX + 1];

	if (learn_plain_path(group->exe, path))
		return false;
	if (p->n_paths && !strcmp(p->paths[p->n_paths - 1], path))
		return true;
	if (p->n_paths == POLICY_LIST_MAX)
		return false;
	strcpy(p->paths[p->n_paths++], path);
	return true;
}

static void add(struct probes *p, const struct learn_group *group)
{
	if (!note_uid(p, group->uid) || !note_path(p, group)) {
		p->left_out += group->loads;
		return;
	}
	p->types |= 1ULL << group->type;
	p->attach_types[0] |= group->attach_types[0];
	p->attach_types[1] |= group->attach_types[1];
	p->loads += group->loads;
}

static void put_lists(FILE *f, const struct probes *p, bool host)
{
	fputs("    types: ", f);
	learn_put_types(f, p->types);
	fputs("\n    attach_types: ", f);
	learn_put_attach_types(f, p->attach_types);
	fprintf(f, "\n    digests: [\"%s\", \"%s\"]\n", digests[0], digests[1]);
	fputs(host ? "    executables:\n" : "", f);
	for (size_t i = 0; host && i < p->n_paths; i++) {
		fputs("      - ", f);
		learn_put_quoted(f, p->paths[i]);
		putc('\n', f);
	}
	fputs("    uids: [", f);
	for (size_t i = 0; i < p->n_uids; i++)
		fprintf(f, "%s%" PRIu32, i ? ", " : "", p->uids[i]);
	fputs("]\n", f);
}

static void put(FILE *f, const struct probes *p, bool host)
{
	fputs("\n", f);
	learn_put_wrapped(f, "  ", "libbpf's feature probes, \"return 0\" and \"tell the time\" whoever loads them: harmless, and without them libbpf loads nothing else.");
	if (p->left_out)
		fprintf(f, "  # NOT LEARNED: %" PRIu64 ", of too many users or executables.\n",
			p->left_out);
	fprintf(f, "  - id: %s\n    action: allow\n    comment: \"%" PRIu64 " load%s\"\n",
		host ? "feature-probes" : "feature-probes-containers", p->loads,
		p->loads == 1 ? "" : "s");
	put_lists(f, p, host);
	fprintf(f, "    user_namespace: host\n    mount_namespace: %s\n    token: false\n    nested: false\n",
		host ? "host" : "other");
}

bool learn_has_probes(const struct learn_groups *groups)
{
	for (size_t i = 0; i < groups->n; i++)
		if (groups->list[i]->class == LEARN_PROBE && !groups->list[i]->nested)
			return true;
	return false;
}

static void put_those(FILE *f, const struct learn_groups *groups, bool host)
{
	struct probes p = { .paths = calloc(POLICY_LIST_MAX, sizeof(*p.paths)) };

	if (!p.paths) {
		fputs("\n  # NOT LEARNED: feature probes, for lack of memory.\n", f);
		return;
	}
	for (size_t i = 0; i < groups->n; i++) {
		const struct learn_group *group = groups->list[i];

		if (group->class == LEARN_PROBE && !group->nested && group->host_mount_ns == host)
			add(&p, group);
	}
	if (p.loads)
		put(f, &p, host);
	free(p.paths);
}

void learn_put_probes(FILE *f, const struct learn_groups *groups)
{
	put_those(f, groups, true);
	put_those(f, groups, false);
}
