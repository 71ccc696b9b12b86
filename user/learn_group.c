// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * learn_group.c - puts loads into groups.
 *
 * Trees rather than hash tables: whoever chooses paths and digests can't make them
 * slow.
 */
#include "learn_group.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Beyond the groups' numbers: digests by type, see learn_knows_digest(). */
#define BY_TYPE LEARN_GROUPS_MAX

struct digest_node {
	size_t owner;	/* number of a group, or BY_TYPE and a type */
	struct policy_sha256 digest;
};

static int compare_texts(const char *a, const char *b)
{
	if (!a || !b)
		return (a ? 0 : 1) - (b ? 0 : 1);	/* what isn't known comes last */
	return strcmp(a, b);
}

static int compare_groups(const void *left, const void *right)
{
	const struct learn_group *a = left, *b = right;
	int order;

	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	order = compare_texts(a->refusal, b->refusal);
	if (!order)
		order = compare_texts(a->exe, b->exe);
	if (!order)
		order = a->nested - b->nested;
	if (!order)
		order = (a->type > b->type) - (a->type < b->type);
	if (!order)
		order = (a->uid > b->uid) - (a->uid < b->uid);
	return order ? order : a->host_mount_ns - b->host_mount_ns;
}

static int compare_digests(const void *left, const void *right)
{
	const struct digest_node *a = left, *b = right;

	if (a->owner != b->owner)
		return a->owner < b->owner ? -1 : 1;
	return memcmp(&a->digest, &b->digest, sizeof(a->digest));
}

/* --- digests ---------------------------------------------------------------------- */

/* Returns 1 if it is new, 0 if not, or -ENOMEM. */
static int note_digest(struct learn_groups *groups, size_t owner, const uint8_t digest[32])
{
	struct digest_node *node = malloc(sizeof(*node)), **found;

	if (!node)
		return -ENOMEM;
	node->owner = owner;
	memcpy(&node->digest, digest, sizeof(node->digest));
	found = tsearch(node, &groups->by_digest, compare_digests);
	if (found && *found == node)
		return 1;
	free(node);
	return found ? 0 : -ENOMEM;
}

static bool knows(const struct learn_groups *groups, size_t owner, const uint8_t digest[32])
{
	struct digest_node node = { .owner = owner };

	memcpy(&node.digest, digest, sizeof(node.digest));
	return tfind(&node, &groups->by_digest, compare_digests);
}

bool learn_knows_digest(const struct learn_groups *groups, unsigned int type,
			const uint8_t digest[32])
{
	return knows(groups, BY_TYPE + type, digest);
}

static int append_digest(struct learn_group *group, const uint8_t digest[32])
{
	size_t room = group->room ? 2 * group->room : 4;
	struct policy_sha256 *bigger;

	if (group->n_digests == group->room) {
		bigger = realloc(group->digests, room * sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		group->digests = bigger;
		group->room = room;
	}
	memcpy(&group->digests[group->n_digests++], digest, sizeof(*group->digests));
	return 0;
}

/* Returns 1 if the group has it now, 0 if there is no room, or -ENOMEM. */
static int add_digest(struct learn_groups *groups, struct learn_group *group,
		      const uint8_t digest[32])
{
	int err;

	if (knows(groups, group->number, digest))
		return 1;
	if (group->n_digests >= LEARN_GROUP_DIGESTS_MAX ||
	    groups->n_digests >= LEARN_DIGESTS_MAX)
		return 0;
	err = note_digest(groups, group->number, digest);
	if (err >= 0)
		err = note_digest(groups, BY_TYPE + group->type, digest);
	if (err >= 0)
		err = append_digest(group, digest);
	if (err < 0)
		return err;
	groups->n_digests++;
	return 1;
}

/* --- groups ----------------------------------------------------------------------- */

static int insert_group(struct learn_groups *groups, struct learn_group *group)
{
	size_t room = groups->room ? 2 * groups->room : 64;
	struct learn_group **bigger;

	if (groups->n == groups->room) {
		bigger = realloc(groups->list, room * sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		groups->list = bigger;
		groups->room = room;
	}
	if (!tsearch(group, &groups->by_key, compare_groups))
		return -ENOMEM;
	group->number = groups->n;
	groups->list[groups->n++] = group;
	return 0;
}

static int new_group(struct learn_groups *groups, const struct learn_group *key,
		     struct learn_group **out)
{
	struct learn_group *group = malloc(sizeof(*group));
	int err = -ENOMEM;

	if (!group)
		return err;
	*group = *key;
	group->host_net_ns = group->first_process = true;
	group->exe = key->exe ? strndup(key->exe, LEARN_EXE_LEN) : NULL;
	if (group->exe || !key->exe)
		err = insert_group(groups, group);
	if (err) {
		free(group->exe);
		free(group);
		return err;
	}
	*out = group;
	return 0;
}

/* Sets NULL if there is no room for another group. */
static int find_group(struct learn_groups *groups, const struct learn_load *load,
		      struct learn_group **out)
{
	char exe[LEARN_EXE_LEN + 1];
	struct learn_group key = {
		.class = load->class, .refusal = load->refusal, .exe = load->exe ? exe : NULL,
		.type = load->type, .uid = load->uid, .nested = load->nested,
		.host_mount_ns = load->host_mount_ns,
	};
	struct learn_group **found;

	snprintf(exe, sizeof(exe), "%s", load->exe ? load->exe : "");
	found = tfind(&key, &groups->by_key, compare_groups);
	*out = found ? *found : NULL;
	if (found || groups->n >= LEARN_GROUPS_MAX)
		return 0;
	return new_group(groups, &key, out);
}

static void note_name(struct learn_group *group, const char *name)
{
	char cut[LEARN_NAME_LEN];

	snprintf(cut, sizeof(cut), "%s", name);
	if (!cut[0] || group->more_names)
		return;
	for (unsigned int i = 0; i < group->n_names; i++)
		if (!strcmp(group->names[i], cut))
			return;
	if (group->n_names == LEARN_NAMES_MAX)
		group->more_names = true;
	else
		strcpy(group->names[group->n_names++], cut);
}

/* The text of a time is trusted for its form only; it goes into comments. */
static bool is_time(const char *text)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd";

	for (size_t i = 0; form[i]; i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';

		if (form[i] == 'd' ? !digit : text[i] != form[i])
			return false;
	}
	return true;
}

static void note_time(struct learn_group *group, const char *text)
{
	char time[LEARN_TIME_LEN];

	if (!text || !is_time(text))
		return;
	snprintf(time, sizeof(time), "%.19sZ", text);
	if (!group->first[0] || strcmp(time, group->first) < 0)
		strcpy(group->first, time);
	if (strcmp(time, group->last) > 0)
		strcpy(group->last, time);
}

static void note_attach_type(struct learn_group *group, unsigned int type)
{
	if (type < 128)
		group->attach_types[type / 64] |= 1ULL << type % 64;
}

int learn_add(struct learn_groups *groups, const struct learn_load *load)
{
	struct learn_group *group;
	int kept = 0, err;

	err = find_group(groups, load, &group);
	if (err)
		return err;
	if (!group) {
		groups->left_out++;
		return 0;
	}
	if (load->digest)
		kept = add_digest(groups, group, load->digest);
	if (kept < 0)
		return kept;
	group->no_digest += !kept;
	group->loads += !load->loaded;
	group->loaded += load->loaded;
	note_attach_type(group, load->attach_type);
	group->host_net_ns &= load->host_net_ns;
	group->first_process &= load->first_process;
	note_name(group, load->name);
	note_time(group, load->time);
	return 0;
}

int learn_add_digest(struct learn_groups *groups, const struct learn_load *load)
{
	struct learn_group *group;
	int err;

	err = find_group(groups, load, &group);
	if (err || !group)
		return err;
	note_attach_type(group, load->attach_type);
	err = add_digest(groups, group, load->digest);
	return err < 0 ? err : 0;
}

static int compare_places(const void *left, const void *right)
{
	return compare_groups(*(struct learn_group *const *)left,
			      *(struct learn_group *const *)right);
}

static int compare_sha256(const void *left, const void *right)
{
	return memcmp(left, right, sizeof(struct policy_sha256));
}

void learn_sort(struct learn_groups *groups)
{
	if (groups->n)
		qsort(groups->list, groups->n, sizeof(*groups->list), compare_places);
	for (size_t i = 0; i < groups->n; i++)
		if (groups->list[i]->n_digests)
			qsort(groups->list[i]->digests, groups->list[i]->n_digests,
			      sizeof(struct policy_sha256), compare_sha256);
}

static void keep(void *node)
{
	(void)node;	/* the list has it, too */
}

void learn_groups_free(struct learn_groups *groups)
{
	tdestroy(groups->by_key, keep);
	tdestroy(groups->by_digest, free);
	for (size_t i = 0; i < groups->n; i++) {
		free(groups->list[i]->exe);
		free(groups->list[i]->digests);
		free(groups->list[i]);
	}
	free(groups->list);
	*groups = (struct learn_groups){};
}
