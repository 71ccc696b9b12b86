// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_events.c - bpfseal events: show what was decided.
 *
 * Each record is written out before the next is asked for, so that what a full disk or a
 * closed pipe keeps from being shown is shown the next time.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <linux/types.h>
#include "cmd.h"
#include "diag.h"
#include "event.h"
#include "event_log.h"
#include "explain.h"
#include "host.h"
#include "pins.h"
#include "reason.h"

#define BATCH 256	/* events between two looks for a signal */

static const char usage[] =
	"usage: bpfseal events [--all] [--follow] [--json] [--no-hints] [--probes]\n"
	"       bpfseal events --explain SEQ [--file FILE] [--policy POLICY.yaml]\n"
	"\n"
	"Shows what was decided since the last time, and how much was lost. The kernel\n"
	"keeps the newest events, also those that were shown.\n"
	"\n"
	"  -a, --all       show all that the kernel has, whatever was shown before\n"
	"  -f, --follow    wait for more until interrupted\n"
	"      --json      one JSON object a line; the last one is {\"summary\": ...}\n"
	"      --no-hints  leave out why, and what to do about it\n"
	"      --probes    show libbpf's feature probes as well\n"
	"\n"
	"  --explain SEQ   tell why event number SEQ is decided as it is, rule by rule, and\n"
	"                  what would allow it\n"
	"  --file FILE     where it is: what --json wrote; by default standard input\n"
	"  --policy FILE   by which policy; by default the one that was installed last\n";

struct options {
	bool all;
	bool follow;
	bool json;
	bool hints;
	bool probes;
	const char *explain, *file, *policy;
};

struct reader {
	struct options opt;
	struct event_log log;
	struct event_ctx ctx;
	struct bpfseal_policy policy;
	struct rules_host host;
	uint64_t shown;
	uint64_t probes;	/* read, not shown */
	uint64_t saved;		/* how far the cursor is */
};

static int parse_options(int argc, char **argv, struct options *opt)
{
	static const struct option options[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "follow", no_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ "no-hints", no_argument, NULL, 'n' },
		{ "probes", no_argument, NULL, 'p' },
		{ "explain", required_argument, NULL, 'e' },
		{ "file", required_argument, NULL, 'F' },
		{ "policy", required_argument, NULL, 'P' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int c;

	*opt = (struct options){ .hints = true };
	optind = 0;
	while ((c = getopt_long(argc, argv, "afh", options, NULL)) != -1) {
		switch (c) {
		case 'a':
			opt->all = true;
			break;
		case 'f':
			opt->follow = true;
			break;
		case 'j':
			opt->json = true;
			break;
		case 'n':
			opt->hints = false;
			break;
		case 'p':
			opt->probes = true;
			break;
		case 'e':
			opt->explain = optarg;
			break;
		case 'F':
			opt->file = optarg;
			break;
		case 'P':
			opt->policy = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		default:
			return EXIT_USAGE;
		}
	}
	if (argc == optind && (opt->explain || (!opt->file && !opt->policy)))
		return -1;
	fputs(usage, stderr);
	return EXIT_USAGE;
}

/* Not pins_require_installed(): a policy that is missing shows in the events. */
static int open_log(struct reader *r)
{
	int err = event_log_open(&r->log);

	if (err) {
		if (!pins_require_installed())
			diag_error("cannot read the events: %s", strerror(-err));
		return err;
	}
	if (!r->opt.all)
		event_log_resume(&r->log);
	r->saved = r->log.next;
	return 0;
}

static int write_json(json_t *o)
{
	int err = json_dumpf(o, stdout, JSON_COMPACT);

	json_decref(o);
	return err || putchar('\n') == EOF ? -EIO : 0;
}

static int show(struct reader *r, const struct bpfseal_event *e)
{
	json_t *o;
	int err;

	if (!r->opt.json)
		return event_text(stdout, e, &r->ctx);
	err = event_json(e, &r->ctx, &o);
	return err ? err : write_json(o);
}

/* After a change of policy its names have to be read again. */
static void refresh_policy(struct reader *r, const struct bpfseal_event *e)
{
	if (r->ctx.policy && e->policy_generation <= r->policy.generation)
		return;
	if (!report_policy(&r->policy))
		r->ctx.policy = &r->policy;
}

/* errno is the reason when stdio fails; a closed pipe must be told apart. */
static int on_event(void *arg, const struct bpfseal_event *e)
{
	struct reader *r = arg;
	int err;

	if (e->reason == BPFSEAL_R_FEATURE_PROBE && !r->opt.probes) {
		r->probes++;
		return 0;
	}
	refresh_policy(r, e);
	r->ctx.wall_offset = event_wall_offset();
	errno = 0;
	err = show(r, e);
	if (!err && fflush(stdout))
		err = -EIO;
	if (!err)
		r->shown++;
	return err == -EIO && errno ? -errno : err;
}

/* What was shown is noted, but not by --all, which leaves no trace. */
static int show_batch(struct reader *r)
{
	int n = event_log_read(&r->log, BATCH, on_event, r);

	if (!r->opt.all && r->log.next != r->saved && !event_log_save(&r->log))
		r->saved = r->log.next;
	return n;
}

/* What there is now; under a storm of events that has to end too. */
static int show_rest(struct reader *r)
{
	const __u64 last = r->log.newest;
	int n;

	do {
		n = show_batch(r);
	} while (n == BATCH && r->log.next <= last);
	return n < 0 ? n : 0;
}

static int signals_fd(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The hooks wake nobody, so look now and then. */
#define PERIOD_MS 200

/* Of another installation the same number is another policy. */
static int show_new(struct reader *r)
{
	int n = show_batch(r);

	if (n >= 0 && n < BATCH && event_log_renew(&r->log)) {
		r->ctx.policy = NULL;
		r->saved = r->log.next;
	}
	return n;
}

/* Until a signal, or until nobody reads our output any more (POLLERR). */
static int follow(struct reader *r)
{
	struct pollfd fds[] = {
		{ .fd = signals_fd(), .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};
	int n = 0, pause;

	if (fds[0].fd < 0)
		return fds[0].fd;
	while (n >= 0 && !fds[0].revents && !fds[1].revents) {
		n = show_new(r);
		pause = n == BATCH ? 0 : PERIOD_MS;
		if (n >= 0 && poll(fds, sizeof(fds) / sizeof(fds[0]), pause) < 0 && errno != EINTR)
			n = -errno;
	}
	close(fds[0].fd);
	return n < 0 ? n : 0;
}

static int lost_json(const struct bpfseal_counters *counters, json_t *o)
{
	json_int_t total = 0;
	int bad = 0;

	for (unsigned int i = 0; i < BPFSEAL_R_MAX; i++) {
		if (!counters[i].lost)
			continue;
		total += counters[i].lost;
		bad |= json_object_set_new(o, reason_id(i, 0), json_integer(counters[i].lost));
	}
	return bad | json_object_set_new(o, "total", json_integer(total));
}

static int summary_json(const struct reader *r, const struct bpfseal_counters *counters)
{
	json_t *lost = json_object(), *o;

	if (!lost || lost_json(counters, lost)) {
		json_decref(lost);
		return -ENOMEM;
	}
	o = json_pack("{s:{s:I,s:I,s:I,s:o}}", "summary",
		      "shown", (json_int_t)r->shown,
		      "feature_probes_not_shown", (json_int_t)r->probes,
		      "gone", (json_int_t)r->log.gone,
		      "lost", lost);
	return o ? write_json(o) : -ENOMEM;
}

static void print_lost(const struct bpfseal_counters *counters)
{
	const char *separator = ": ";
	uint64_t total = 0;

	for (unsigned int i = 0; i < BPFSEAL_R_MAX; i++)
		total += counters[i].lost;
	if (!total) {
		fputs("no event lost", stdout);
		return;
	}
	printf("%" PRIu64 " event%s lost since the policy was installed", total,
	       total == 1 ? "" : "s");
	for (unsigned int i = 0; i < BPFSEAL_R_MAX; i++) {
		if (!counters[i].lost)
			continue;
		printf("%s%s %llu", separator, reason_id(i, 0),
		       (unsigned long long)counters[i].lost);
		separator = ", ";
	}
}

static void summary_text(const struct reader *r, const struct bpfseal_counters *counters)
{
	printf("%" PRIu64 " event%s shown, ", r->shown, r->shown == 1 ? "" : "s");
	if (r->probes)
		printf("%" PRIu64 " libbpf feature probe%s not shown, ", r->probes,
		       r->probes == 1 ? "" : "s");
	if (r->log.gone)
		printf("%llu gone before they were shown, ", r->log.gone);
	print_lost(counters);
	putchar('\n');
}

static int summary(const struct reader *r)
{
	struct bpfseal_counters counters[BPFSEAL_R_MAX];
	int err = report_counters(counters);

	if (err) {
		diag_error("cannot read how many events were lost: %s", strerror(-err));
		return err;
	}
	if (r->opt.json)
		err = summary_json(r, counters);
	else
		summary_text(r, counters);
	errno = 0;
	if (!err && fflush(stdout))
		err = -errno;
	return err;
}

static int read_events(struct reader *r)
{
	int err = r->opt.follow ? follow(r) : show_rest(r);

	if (!err)
		err = summary(r);
	if (err == -EPIPE)
		return 0;	/* whoever read our output has seen enough */
	if (err)
		diag_error("cannot show events from number %llu on: %s", r->log.next,
			   strerror(-err));
	if (!r->opt.all && r->saved != r->log.next)
		diag_warn("cannot note in " RUN_DIR " what was shown: it will be shown again");
	return err;
}

static int explain(const struct options *opt)
{
	size_t digits = strspn(opt->explain, "0123456789");
	uint64_t seq;

	errno = 0;
	seq = strtoull(opt->explain, NULL, 10);
	if (!digits || opt->explain[digits] || errno) {
		diag_error("\"%s\" is no number of an event, expected one as events show in brackets",
			   diag_quote(opt->explain).s);
		return EXIT_USAGE;
	}
	return diag_exit(explain_event(seq, opt->file ? opt->file : "-", opt->policy));
}

int cmd_events(int argc, char **argv)
{
	struct reader r = {};
	int code, err;

	code = parse_options(argc, argv, &r.opt);
	if (code >= 0)
		return code;
	if (r.opt.explain)
		return explain(&r.opt);
	signal(SIGPIPE, SIG_IGN);
	if (open_log(&r))
		return EXIT_FAILED;
	r.ctx.hints = r.opt.hints;
	r.ctx.cgroup = host_cgroup_path;
	r.ctx.host = host_namespaces(&r.host) ? NULL : &r.host;
	err = read_events(&r);
	event_log_close(&r.log);
	return diag_exit(err);
}
