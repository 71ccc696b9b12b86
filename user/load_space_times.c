// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load_space_times.c - the points in time from which on policies may decide otherwise.
 */
#include "load_space.h"

#include <errno.h>
#include <stdlib.h>

static int compare_times(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

int space_times(const struct space *s, int64_t now, int64_t **times, size_t *n)
{
	size_t room = 1, used = 0, kept = 0;
	int64_t *list;

	for (unsigned int i = 0; i < s->n; i++)
		room += s->p[i]->doc->n_rules + 2 * s->p[i]->doc->n_signers;
	list = calloc(room, sizeof(*list));
	if (!list)
		return -ENOMEM;
	list[used++] = now;
	for (unsigned int i = 0; i < s->n; i++) {
		const struct policy_doc *doc = s->p[i]->doc;

		for (unsigned int k = 0; k < doc->n_rules; k++)
			list[used++] = doc->rules[k].expires;
		for (unsigned int k = 0; k < doc->n_signers; k++) {
			list[used++] = doc->signers[k].from;
			list[used++] = doc->signers[k].until;
		}
	}
	qsort(list, used, sizeof(*list), compare_times);
	for (size_t i = 0; i < used; i++)
		if (list[i] >= now && (!kept || list[i] != list[kept - 1]))
			list[kept++] = list[i];
	*times = list;
	*n = kept;
	return 0;
}
