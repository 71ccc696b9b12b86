// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report.c - runs the program that tells what there is to know of the policy in force.
 */
#include "report.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "pins.h"

/*
 * The context is written back to where it came from. The kernel refuses one that is
 * smaller than the program's: -EINVAL.
 */
static int ask(int report, struct bpfseal_report *r)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = r, .ctx_size_in = sizeof(*r));

	r->abi = 0;
	if (bpf_prog_test_run_opts(report, &opts) < 0)
		return errno == EINVAL ? -EPROTONOSUPPORT : -errno;
	return r->abi == BPFSEAL_ABI ? (int)opts.retval : -EPROTONOSUPPORT;
}

static int ask_once(struct bpfseal_report *r)
{
	int report = pins_open("report"), err;

	if (report < 0)
		return report;
	err = ask(report, r);
	close(report);
	return err;
}

int report_state(struct bpfseal_state *out)
{
	struct bpfseal_report r = { .what = BPFSEAL_REPORT_STATE };
	int err = ask_once(&r);

	if (!err)
		*out = r.state;
	return err;
}

/* The last part may begin before the one before it ends. */
static int read_parts(int report, size_t size, void *out)
{
	struct bpfseal_report r = { .what = BPFSEAL_REPORT_POLICY };
	size_t part = sizeof(r.part);
	int err = 0;

	for (size_t done = 0; !err && done < size; done += part) {
		r.offset = (__u32)(done + part > size ? size - part : done);
		err = ask(report, &r);
		if (!err)
			memcpy((char *)out + r.offset, r.part, part);
	}
	return err;
}

/* The first bytes of the table in force; again if another takes its place meanwhile. */
static int read_table(size_t size, void *out)
{
	int report = pins_open("report"), err;

	if (report < 0)
		return report;
	do {
		err = read_parts(report, size, out);
	} while (err == -EAGAIN);
	close(report);
	return err;
}

int report_table(struct bpfseal_table **out)
{
	struct bpfseal_table *table = malloc(sizeof(*table));
	int err = table ? read_table(sizeof(*table), table) : -ENOMEM;

	if (err)
		free(table);
	else
		*out = table;
	return err;
}

int report_policy(struct bpfseal_policy *out)
{
	struct bpfseal_policy p;
	int err = read_table(sizeof(p), &p);

	if (!err)
		*out = p;
	return err;
}

int report_asks(enum bpfseal_field field, bool *asks)
{
	struct {
		struct bpfseal_policy policy;
		__u64 rules[8];
	} head;
	__u32 fields;
	int err = read_table(sizeof(head), &head);

	if (err)
		return err;
	memcpy(&fields, (char *)&head + offsetof(struct bpfseal_table, rules.fields),
	       sizeof(fields));
	*asks = fields >> field & 1;
	return 0;
}

int report_names(const struct bpfseal_key *key, bool *names)
{
	struct bpfseal_report r = { .what = BPFSEAL_REPORT_KEY, .key = *key };
	int err = ask_once(&r);

	if (!err)
		*names = r.found;
	return err;
}

int report_event(int report, __u64 seq, struct bpfseal_event *out, __u64 *newest)
{
	struct bpfseal_report r = { .what = BPFSEAL_REPORT_EVENT, .seq = seq };
	int err = ask(report, &r);

	*newest = r.newest;
	if (!err)
		memcpy(out, r.part, sizeof(*out));
	return err;
}

int report_counters(struct bpfseal_counters *out)
{
	struct bpfseal_report r = { .what = BPFSEAL_REPORT_COUNTERS };
	struct bpfseal_counters counters[BPFSEAL_R_MAX];
	int report = pins_open("report"), err = 0;

	if (report < 0)
		return report;
	for (r.reason = 0; !err && r.reason < BPFSEAL_R_MAX; r.reason++) {
		err = ask(report, &r);
		counters[r.reason] = r.counters;
	}
	close(report);
	if (!err)
		memcpy(out, counters, sizeof(counters));
	return err;
}
