// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gate_event.c - the policy's decisions, as they come.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate.h"

static int take(void *ctx, const struct bpfseal_event *e)
{
	struct gate_events *events = ctx;
	struct bpfseal_event *list;

	list = realloc(events->list, (events->n + 1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	list[events->n++] = *e;
	events->list = list;
	return 0;
}

int gate_events_open(struct gate_events *events)
{
	int err;

	memset(events, 0, sizeof(*events));
	err = event_log_open(&events->log);
	if (err)
		return err;
	events->open = true;
	events->log.next = events->log.newest + 1;
	return 0;
}

void gate_events_close(struct gate_events *events)
{
	if (events->open)
		event_log_close(&events->log);
	free(events->list);
	memset(events, 0, sizeof(*events));
}

int gate_events_drain(struct gate_events *events)
{
	return events->open ? event_log_read(&events->log, INT_MAX, take, events) : 0;
}

int gate_events_clear(struct gate_events *events)
{
	int n = gate_events_drain(events);

	events->n = 0;
	return n;
}

static bool matches(const struct bpfseal_event *e, const struct gate_match *m)
{
	if ((m->decision && e->decision != m->decision) || (m->hook && e->hook != m->hook) ||
	    (m->reason && e->reason != m->reason) ||
	    (m->attribute && e->attribute != m->attribute))
		return false;
	if ((m->object_type && e->object_type != m->object_type) ||
	    (m->tgid && e->tgid != m->tgid) ||
	    (m->except_tgid && e->tgid == m->except_tgid))
		return false;
	return !m->name || !strncmp(e->name, m->name, sizeof(e->name));
}

const struct bpfseal_event *gate_event_find(const struct gate_events *events,
					    const struct gate_match *match)
{
	size_t i;

	for (i = 0; i < events->n; i++)
		if (matches(&events->list[i], match))
			return &events->list[i];
	return NULL;
}

size_t gate_event_count(const struct gate_events *events, const struct gate_match *match)
{
	size_t i, n = 0;

	for (i = 0; i < events->n; i++)
		n += matches(&events->list[i], match);
	return n;
}

const struct bpfseal_event *gate_event_only(struct gate_events *events,
					    const struct gate_match *match)
{
	int err = gate_events_drain(events);
	size_t n = gate_event_count(events, match);

	if (err >= 0 && n == 1)
		return gate_event_find(events, match);
	fprintf(stderr, "# %zu events match where one should (drain: %d); all events:\n", n, err);
	gate_events_show(events);
	return NULL;
}

void gate_events_show(const struct gate_events *events)
{
	const struct bpfseal_event *e;
	size_t i;

	for (i = 0; i < events->n; i++) {
		e = &events->list[i];
		fprintf(stderr, "#   %llu decision %u hook %u reason %u attribute %u error %d "
			"type %u name %.16s level %u keyring %u/%d signer %u nested %u "
			"loader %u pid %u tgid %u comm %.16s\n",
			(unsigned long long)e->seq, e->decision, e->hook, e->reason, e->attribute,
			e->error, e->object_type, e->name, e->level, e->keyring_type,
			e->keyring_serial, e->signer, e->nested, e->loader_id, e->pid, e->tgid,
			e->comm);
	}
}
