// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * learn_read.c - the events: one JSON object a line, of which only one is in memory
 * at a time.
 */
#include "learn_read.h"

#include <errno.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpfseal.h"
#include "diag.h"
#include "learn_json.h"
#include "learn_loaded.h"
#include "learn_probes.h"
#include "prog_types.h"
#include "selftest.h"

/* The same on all kernels that bpfseal can judge on (enum init_ns_ino in linux/nsfs.h). */
#define HOST_USER_NS	0xeffffffdULL
#define HOST_NET_NS	0xeffffff9ULL
#define HOST_MOUNT_NS	0xeffffff8ULL

struct reader {
	struct learn_input *in;
	const char *path;
	size_t line;
};

/* --- paths ------------------------------------------------------------------------ */

/* The kernel makes no others. */
static bool is_normal(const char *path)
{
	while (*path == '/') {
		size_t len = strcspn(++path, "/");

		if (!len || (len == 1 && path[0] == '.') || (len == 2 && !memcmp(path, "..", 2)))
			return false;
		path += len;
	}
	return !*path;
}

int learn_plain_path(const char *escaped, char path[POLICY_PATH_MAX + 1])
{
	char out[POLICY_PATH_MAX + 1];
	size_t n = 0;

	for (const char *from = escaped; *from; n++) {
		if (n == POLICY_PATH_MAX)
			return -EINVAL;
		/* Quotes are escaped for the event's sake only. */
		if (!strncmp(from, "\\x22", 4) || !strncmp(from, "\\x27", 4)) {
			out[n] = from[3] == '2' ? '"' : '\'';
			from += 4;
		} else {
			out[n] = *from++;
		}
	}
	out[n] = '\0';
	if (out[0] != '/' || !is_normal(out) || strcmp(diag_quote(out).s, out))
		return -EINVAL;
	strcpy(path, out);
	return 0;
}

/* --- one event -------------------------------------------------------------------- */

static int lacks(const struct reader *r, const char *key)
{
	diag_at(r->path, r->line, 0, "the event lacks \"%s\", or it has another form", key);
	diag_hint("expected lines as 'bpfseal events --json' prints them");
	return -EINVAL;
}

static void note_signer(struct learn_input *in, const char *name)
{
	char cut[LEARN_NAME_LEN];
	unsigned int i = 0;

	snprintf(cut, sizeof(cut), "%s", name ? name : "");
	while (i < in->n_signers && strcmp(in->signers[i].name, cut))
		i++;
	if (i == LEARN_SIGNERS_MAX)
		return;
	if (i == in->n_signers)
		strcpy(in->signers[in->n_signers++].name, cut);
	in->signers[i].loads++;
}

/* Allowed for what the new policy will allow it for, too. */
static bool is_covered(const char *decision, const char *reason)
{
	return !strcmp(decision, "allowed") &&
	       (!strcmp(reason, "signer") || !strcmp(reason, "nested"));
}

/* Who loads, and where. */
static void set_process(const json_t *o, struct learn_load *load)
{
	uint64_t n;

	load->host_mount_ns = learn_number(o, "mnt_ns", &n) && n == HOST_MOUNT_NS;
	load->host_net_ns = learn_number(o, "net_ns", &n) && n == HOST_NET_NS;
	load->first_process = learn_number(o, "pid", &n) && n == 1;
	load->exe = learn_text(o, "exe_path");
}

/* Whether, and in what, learning may trust it. */
static const char *refusal_of(const json_t *o, const struct learn_load *load, bool known_type)
{
	const char *why = learn_refusal(learn_text(o, "reason"));
	char path[POLICY_PATH_MAX + 1];
	uint64_t n;

	if (!strcmp(learn_text(o, "decision"), "rejected"))
		return why ? why : "kernel-rejected";
	if (why)
		return why;
	if (!learn_number(o, "user_ns", &n) || n != HOST_USER_NS)
		return "other-user-namespace";
	if (learn_flag(o, "token"))
		return "token";
	if (!load->exe || load->exe[0] != '/')
		return "executable-not-known";
	if (learn_plain_path(load->exe, path))
		return "executable-not-nameable";
	return known_type ? NULL : "type-not-known";
}

/* The loader's digest, by which a rule for it can be made, too. */
static int add_loader(struct learn_input *in, const json_t *o, const struct learn_load *made)
{
	struct learn_load loader = *made;
	uint8_t digest[32];

	if (!made->nested || made->class != LEARN_WANTED ||
	    !learn_digest(o, "loader_digest", digest))
		return 0;
	loader.nested = false;
	loader.type = PROG_TYPE_SYSCALL;
	loader.attach_type = 0;
	loader.digest = digest;
	return learn_add_digest(&in->groups, &loader);
}

static int add_load(struct reader *r, const json_t *o)
{
	const char *name = learn_text(o, "name");
	struct learn_load load = {
		.name = name ? name : "", .time = learn_text(o, "time"),
		.nested = learn_flag(o, "nested"),
	};
	uint8_t digest[32];
	uint64_t uid, when = 0;
	bool known;
	int err;

	if (!learn_number(o, "uid", &uid) || uid >= UINT32_MAX)
		return lacks(r, "uid");
	load.uid = (uint32_t)uid;
	set_process(o, &load);
	known = !learn_types(o, &load.type, &load.attach_type);
	load.refusal = refusal_of(o, &load, known);
	load.class = load.refusal ? LEARN_REFUSED :
		     strcmp(learn_text(o, "reason"), "feature-probe") ? LEARN_WANTED : LEARN_PROBE;
	if (load.class == LEARN_WANTED) {
		learn_number(o, "time_boot_ns", &when);
		if (learn_digest(o, "digest", digest) ||
		    learn_find_loaded(r->in, &load, when, digest))
			load.digest = digest;
		/* One that a rule allowed has another reason. */
		if (load.digest && !load.nested && learn_is_probe(digest))
			load.class = LEARN_PROBE;
	}
	err = add_loader(r->in, o, &load);
	return err ? err : learn_add(&r->in->groups, &load);
}

/* Install and status try whether it is denied; a rule for it would answer them wrongly. */
static bool is_own_test(const json_t *o)
{
	const char *name = learn_text(o, "name");

	return name && !strcmp(name, SELFTEST_NAME);
}

static int add_event(struct reader *r, const json_t *o)
{
	const char *decision = learn_text(o, "decision"), *reason = learn_text(o, "reason");
	const char *object = learn_text(o, "object");

	if (!decision)
		return lacks(r, "decision");
	if (!reason)
		return lacks(r, "reason");
	if (!object)
		return lacks(r, "object");
	if (is_own_test(o))
		return 0;
	r->in->events++;
	if (strcmp(object, "program")) {
		r->in->maps++;	/* rules decide about programs only */
		return 0;
	}
	if (!is_covered(decision, reason))
		return add_load(r, o);
	r->in->covered++;
	note_signer(r->in, learn_text(o, "signer"));
	return 0;
}

/* --- the file --------------------------------------------------------------------- */

/* Losses are counted since the installation, what wasn't shown since the last look. */
static void add_summary(struct learn_input *in, const json_t *summary)
{
	uint64_t n;

	if (learn_number(json_object_get(summary, "lost"), "total", &n) && n > in->lost)
		in->lost = n;
	if (learn_number(summary, "gone", &n))
		in->gone += n;
	if (learn_number(summary, "feature_probes_not_shown", &n))
		in->probes_hidden += n;
}

static int add_line(struct reader *r, const char *line, size_t len)
{
	json_error_t error;
	json_t *o = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	int err = 0;

	if (!o && json_error_code(&error) == json_error_out_of_memory)
		return -ENOMEM;
	if (!json_is_object(o)) {
		diag_at(r->path, r->line, 0, "not an event: %s",
			o ? "no JSON object" : diag_quote(error.text).s);
		diag_hint("expected lines as 'bpfseal events --json' prints them");
		err = -EINVAL;
	} else if (json_object_get(o, "summary")) {
		add_summary(r->in, json_object_get(o, "summary"));
	} else {
		err = add_event(r, o);
	}
	json_decref(o);
	return err;
}

static int read_lines(struct reader *r, FILE *f, char *line)
{
	int err = 0;

	while (!err && fgets(line, LEARN_LINE_MAX, f)) {
		/* A NUL ends what strlen() sees: then there is no end of line. */
		size_t len = strlen(line);

		r->line++;
		if (!len || (line[len - 1] != '\n' && !feof(f))) {
			diag_at(r->path, r->line, 0,
				"the line has more than %d bytes, or a NUL in it", LEARN_LINE_MAX - 2);
			diag_hint("expected lines as 'bpfseal events --json' prints them");
			return -EINVAL;
		}
		if (line[strspn(line, " \t\r\n")])
			err = add_line(r, line, len);
	}
	if (!err && ferror(f)) {
		err = errno ? -errno : -EIO;
		diag_error("cannot read events %s: %s", diag_quote(r->path).s, strerror(-err));
	}
	return err;
}

int learn_read_events(struct learn_input *in, const char *path)
{
	struct reader r = { .in = in, .path = path };
	char *line = malloc(LEARN_LINE_MAX);
	FILE *f;
	int err;

	if (!line)
		return -ENOMEM;
	f = fopen(path, "re");
	if (!f) {
		err = -errno;
		diag_error("cannot read events %s: %s", diag_quote(path).s, strerror(errno));
		goto out;
	}
	errno = 0;
	err = read_lines(&r, f, line);
	fclose(f);
out:
	free(line);
	return err;
}
