// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_value.c - single values and lists in a policy.
 */
#include "policy_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "diag.h"
#include "hex.h"
#include "prog_types.h"

int policy_check_name(const struct yaml_node *node, const char *file)
{
	size_t ok = strspn(node->text, "abcdefghijklmnopqrstuvwxyz0123456789._-");

	if (!node->text[ok])
		return 0;
	diag_at(file, node->line, node->column,
		"\"%s\" is no name, expected 1 to %d of a-z, 0-9, '.', '_' and '-'",
		diag_quote(node->text).s, POLICY_NAME_MAX);
	return -EINVAL;
}

/* Between two slashes, or after the last, stands a name. */
static bool is_normal(const char *path)
{
	if (!*path)
		return false;
	while (*path == '/') {
		size_t len = strcspn(++path, "/");

		if (!len || (len == 1 && path[0] == '.') || (len == 2 && !memcmp(path, "..", 2)))
			return false;
		path += len;
	}
	return !*path;
}

int policy_check_path(const struct yaml_node *node, const struct policy_path *kind,
		      const char *file)
{
	if (is_normal(node->text) || (kind->root && !strcmp(node->text, "/")))
		return 0;
	diag_at(file, node->line, node->column, "\"%s\" %s, expected a path such as %s",
		diag_quote(node->text).s, node->text[0] != '/' ? "does not begin with a slash" :
		"has an empty name, \".\" or \"..\" in it", kind->example);
	return -EINVAL;
}

static int compare_places(const struct yaml_node *a, const struct yaml_node *b)
{
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->column < b->column ? -1 : a->column > b->column;
}

static int compare_nodes(const void *left, const void *right)
{
	const struct yaml_node *a = *(const struct yaml_node **)left;
	const struct yaml_node *b = *(const struct yaml_node **)right;
	int order = strcmp(a->text, b->text);

	return order ? order : compare_places(a, b);
}

/* Of all that repeat one before them, find the one that comes first in the file. */
static int report_twice(const struct yaml_node **nodes, size_t n, const char *what,
			const char *file)
{
	size_t worst = 0;

	for (size_t i = 1; i < n; i++)
		if (!strcmp(nodes[i]->text, nodes[i - 1]->text) &&
		    (!worst || compare_places(nodes[i], nodes[worst]) < 0))
			worst = i;
	if (!worst)
		return 0;
	diag_at(file, nodes[worst]->line, nodes[worst]->column,
		"%s \"%s\" is given twice, first in line %zu; expected once", what,
		diag_quote(nodes[worst]->text).s, nodes[worst - 1]->line);
	return -EINVAL;
}

int policy_check_once(const struct yaml_node *list, const char *key, const char *what,
		      const char *file)
{
	const struct yaml_node **nodes, *entry;
	size_t n = 0;
	int err;

	for (entry = list ? list->first : NULL; entry; entry = entry->next)
		n++;
	if (n < 2)
		return 0;
	nodes = calloc(n, sizeof(*nodes));
	if (!nodes)
		return -ENOMEM;
	n = 0;
	for (entry = list->first; entry; entry = entry->next)
		nodes[n++] = key ? yaml_tree_get(entry, key) : entry;
	qsort(nodes, n, sizeof(*nodes), compare_nodes);
	err = report_twice(nodes, n, what, file);
	free(nodes);
	return err;
}

int policy_take_types(const struct yaml_node *list, const char *file, uint64_t *types)
{
	int err = policy_check_once(list, NULL, "program type", file);
	uint64_t bits = 0;

	if (err)
		return err;
	for (const struct yaml_node *entry = list->first; entry; entry = entry->next) {
		int type = prog_type_find(entry->text);

		if (type < 0) {
			diag_at(file, entry->line, entry->column,
				"\"%s\" is no program type, expected a name such as syscall or sched_cls",
				diag_quote(entry->text).s);
			return -EINVAL;
		}
		bits |= 1ULL << type;
	}
	*types = bits;
	return 0;
}

int policy_take_attach_types(const struct yaml_node *list, const char *file,
			     uint64_t types[2])
{
	int err = policy_check_once(list, NULL, "attach type", file);
	uint64_t bits[2] = { 0 };

	if (err)
		return err;
	for (const struct yaml_node *entry = list->first; entry; entry = entry->next) {
		int type = attach_type_find(entry->text);

		if (type < 0) {
			diag_at(file, entry->line, entry->column,
				"\"%s\" is no attach type, expected a name such as cgroup_device or trace_fentry",
				diag_quote(entry->text).s);
			return -EINVAL;
		}
		bits[type / 64] |= 1ULL << type % 64;
	}
	memcpy(types, bits, sizeof(bits));
	return 0;
}

int policy_take_digest(const struct yaml_node *node, const char *expected, const char *file,
		       struct policy_sha256 *digest)
{
	const char *text = node->text;

	if (!text[strspn(text, "0123456789abcdef")] && hex_parse(text, digest->bytes))
		return 0;
	diag_at(file, node->line, node->column, "\"%s\" is no digest, expected 64 of 0-9 and a-f%s",
		diag_quote(text).s, expected);
	return -EINVAL;
}

/* A '0' stands for any digit. */
static bool looks_like(const char *text, const char *pattern)
{
	for (; *pattern; text++, pattern++)
		if (*pattern == '0' ? !isdigit((unsigned char)*text) : *text != *pattern)
			return false;
	return !*text;
}

static bool parse_time(const char *text, int64_t *time)
{
	struct tm tm = { 0 }, back;
	time_t t;

	if (!looks_like(text, "0000-00-00") && !looks_like(text, "0000-00-00T00:00:00Z"))
		return false;
	sscanf(text, "%d-%d-%dT%d:%d:%dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
	       &tm.tm_min, &tm.tm_sec);
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	back = tm;
	t = timegm(&back);	/* makes the 30th of February the 2nd of March */
	if (back.tm_mon != tm.tm_mon || back.tm_mday != tm.tm_mday ||
	    back.tm_hour != tm.tm_hour || back.tm_min != tm.tm_min || back.tm_sec != tm.tm_sec)
		return false;
	*time = t;
	/* Nanoseconds since 1970 have to fit into 63 bits, and 0 stands for no limit. */
	return tm.tm_year >= 100 && tm.tm_year < 300;
}

int policy_take_time(const struct yaml_node *node, const char *file, int64_t *time)
{
	int64_t t = 0;

	if (node && !parse_time(node->text, &t)) {
		diag_at(file, node->line, node->column,
			"\"%s\" is no time, expected YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ from 2000 to 2199",
			diag_quote(node->text).s);
		return -EINVAL;
	}
	*time = t;
	return 0;
}
