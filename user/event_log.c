// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * event_log.c - reads the events of the policy that is installed.
 */
#include "event_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "file.h"
#include "pins.h"

#define CURSOR_FILE RUN_DIR "/events.cursor"
#define CURSOR_MAX 128
#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_LEN 36

#define WAIT_US 1000
#define WAITS 1000

int event_log_open(struct event_log *log)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	struct bpfseal_event e;
	int report = pins_open("report"), err = 0;

	if (report < 0)
		return report;
	if (bpf_prog_get_info_by_fd(report, &info, &len))
		err = -errno;
	*log = (struct event_log){ .report = report, .loaded = info.load_time, .next = 1 };
	if (!err)
		err = report_event(report, log->next, &e, &log->newest);
	if (!err || err == -ENOENT || err == -EAGAIN || err == -ENODATA)
		return 0;
	close(report);
	return err;
}

void event_log_close(struct event_log *log)
{
	close(log->report);
}

bool event_log_renew(struct event_log *log)
{
	struct event_log now;

	if (event_log_open(&now))
		return false;
	if (now.loaded == log->loaded) {
		event_log_close(&now);
		return false;
	}
	now.gone = log->gone;
	event_log_close(log);
	*log = now;
	return true;
}

/* --- reading ----------------------------------------------------------------------- */

static void pass_over(struct event_log *log, __u64 to)
{
	log->gone += to - log->next;
	log->next = to;
}

/* The next number that isn't overwritten for certain. */
static __u64 oldest(const struct event_log *log)
{
	__u64 next = log->next + 1;

	if (log->newest >= next + BPFSEAL_EVENTS)
		next = log->newest - BPFSEAL_EVENTS + 1;
	return next;
}

/*
 * A number without a record may be one whose writer has been held up. Who holds up many
 * is not to make the others be overwritten meanwhile.
 */
static bool may_wait(const struct event_log *log, unsigned int waited)
{
	return waited < WAITS && log->newest - log->next < BPFSEAL_EVENTS / 2;
}

static int take(struct event_log *log, struct bpfseal_event *e)
{
	unsigned int waited = 0;
	int err;

	for (;;) {
		err = report_event(log->report, log->next, e, &log->newest);
		if (err == -EAGAIN && may_wait(log, waited++)) {
			usleep(WAIT_US);
		} else if (err == -EAGAIN || err == -ENODATA) {
			pass_over(log, oldest(log));
			waited = 0;
		} else {
			return err;
		}
	}
}

int event_log_read(struct event_log *log, unsigned int most, event_log_fn fn, void *arg)
{
	struct bpfseal_event e;
	unsigned int n;
	int err;

	for (n = 0; n < most; n++) {
		err = take(log, &e);
		if (err == -ENOENT)
			break;
		if (!err)
			err = fn(arg, &e);
		if (err)
			return err;
		log->next++;
	}
	return (int)n;
}

/* --- the cursor ---------------------------------------------------------------------- */

/* What the cursor begins with: no other installation has that, in this boot or another. */
static int instance(const struct event_log *log, char text[CURSOR_MAX])
{
	char boot[BOOT_ID_LEN + 1] = "";
	int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, boot, BOOT_ID_LEN);
	close(fd);
	if (n != BOOT_ID_LEN)
		return -EIO;
	snprintf(text, CURSOR_MAX, "%s %llu ", boot, log->loaded);
	return 0;
}

/* What isn't of our making counts for nothing. */
static __u64 parse_cursor(const char *cursor, const char *instance)
{
	size_t len = strlen(instance);
	char *end;
	__u64 next;

	if (strncmp(cursor, instance, len) || cursor[len] < '1' || cursor[len] > '9')
		return 0;
	errno = 0;
	next = strtoull(cursor + len, &end, 10);
	return errno || strcmp(end, "\n") ? 0 : next;
}

void event_log_resume(struct event_log *log)
{
	char text[CURSOR_MAX];
	uint8_t *cursor;
	size_t len;
	__u64 next;

	if (instance(log, text) || file_read(CURSOR_FILE, CURSOR_MAX, &cursor, &len, NULL))
		return;
	next = parse_cursor((char *)cursor, text);
	if (next && next <= log->newest + 1)
		log->next = next;
	free(cursor);
}

int event_log_save(const struct event_log *log)
{
	char text[CURSOR_MAX];
	size_t len;
	int err;

	err = instance(log, text);
	if (err)
		return err;
	if (mkdir(RUN_DIR, 0700) < 0 && errno != EEXIST)
		return -errno;
	len = strlen(text);
	len += snprintf(text + len, sizeof(text) - len, "%llu\n", log->next);
	return file_store(CURSOR_FILE, text, len, 0600);
}
