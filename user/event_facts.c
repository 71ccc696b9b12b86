// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * event_facts.c - loads from the JSON of event_json.c.
 */
#include "event_facts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "diag.h"
#include "hex.h"
#include "load_facts.h"
#include "prog_types.h"
#include "reason.h"

static const char *text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* "unknown-7" is 7, of what had no name. */
static int unknown_number(const char *name)
{
	int n;
	char end;

	return sscanf(name, "unknown-%d%c", &n, &end) == 1 && n >= 0 ? n : -EBADMSG;
}

static int find_name(const char *name, const char *(*name_of)(unsigned int), unsigned int n)
{
	for (unsigned int i = 0; name && i < n; i++)
		if (name_of(i) && !strcmp(name_of(i), name))
			return (int)i;
	return -EBADMSG;
}

/* \xNN back to bytes; @size has room for the NUL. */
static bool unescape(const char *from, char *to, size_t size)
{
	unsigned int byte;
	size_t n = 0;

	memset(to, 0, size);
	while (*from) {
		if (n + 1 == size)
			return false;
		if (from[0] == '\\' && sscanf(from, "\\x%2x", &byte) == 1 && byte) {
			to[n++] = (char)byte;
			from += 4;
		} else {
			to[n++] = *from++;
		}
	}
	return true;
}

static int read_types(const json_t *o, struct judge_load *l)
{
	const char *type = text(o, "type"), *attach = text(o, "attach_type");
	int t, a;

	if (!type || !attach)
		return -EBADMSG;
	t = prog_type_find(type);
	if (t < 0)
		t = unknown_number(type);
	a = strcmp(attach, "none") ? attach_type_find(attach) : 0;
	if (a < 0)
		a = unknown_number(attach);
	if (t < 0 || a < 0)
		return -EBADMSG;
	l->type = (__u32)t;
	l->attach_type = (__u32)a;
	return 0;
}

static int read_digest(const json_t *o, struct event_facts *f)
{
	const char *digest = text(o, "digest");

	if (!digest) {
		f->unknown |= EVENT_NO_DIGEST;
		return 0;
	}
	f->l.has_digest = 1;
	return hex_parse(digest, f->l.digest) ? 0 : -EBADMSG;
}

/* Told only if the policy asked for it, and if it could be measured. */
static int read_exe_digest(const json_t *o, struct event_facts *f)
{
	const char *digest = text(o, "exe_digest");

	if (!digest) {
		f->unknown |= EVENT_NO_EXE_DIGEST;
		return 0;
	}
	f->l.has_exe_digest = 1;
	return hex_parse(digest, f->l.exe_digest) ? 0 : -EBADMSG;
}

/* By name; or by the keyring, if no signer had it then. */
static __u32 find_signer(const json_t *o, const struct policy_doc *doc)
{
	const char *name = text(o, "signer"), *keyring = text(o, "keyring");

	for (unsigned int i = 0; i < doc->n_signers; i++) {
		const struct policy_signer *s = &doc->signers[i];

		if (name ? !strcmp(s->name, name) :
		    keyring && s->keyring != POLICY_KEYRING_OWN &&
		    !strcmp(policy_keyring_name(s->keyring), keyring))
			return i + 1;
	}
	return 0;
}

static int read_signature(const json_t *o, const struct policy_doc *doc, struct event_facts *f)
{
	int level = find_name(text(o, "level"), reason_level, BPFSEAL_LEVEL_METADATA + 1);

	if (level < 0)
		return level;
	f->l.level = (__u8)level;
	if (!level)
		return 0;
	if (!text(o, "signer") && json_is_integer(json_object_get(o, "signer_id")))
		f->unknown |= EVENT_NO_SIGNER;
	else
		f->l.signer = find_signer(o, doc);
	return 0;
}

static void read_paths(const json_t *o, struct event_facts *f)
{
	const char *exe = text(o, "exe_path"), *cgroup = text(o, "cgroup");

	if (!exe || exe[0] != '/' || !unescape(exe, f->exe_path, sizeof(f->exe_path)))
		f->unknown |= EVENT_NO_PATH;
	else
		load_facts_executable(&f->l, f->exe_path);
	if (cgroup && unescape(cgroup, f->cgroup, sizeof(f->cgroup)))
		load_facts_cgroup(&f->l, f->cgroup);
	else
		f->unknown |= EVENT_NO_CGROUP;
	if (f->unknown & EVENT_NO_CGROUP)
		load_facts_cgroup(&f->l, NULL);
}

static int read_flag(const json_t *o, const char *key, __u8 *flag)
{
	const json_t *value = json_object_get(o, key);

	if (!json_is_boolean(value))
		return -EBADMSG;
	*flag = json_is_true(value);
	return 0;
}

static int read_task(const json_t *o, struct event_facts *f)
{
	const json_t *uid = json_object_get(o, "uid");
	const char *when = text(o, "time");
	struct tm tm = {};

	if (!json_is_integer(uid) || !when || !strptime(when, "%Y-%m-%dT%H:%M:%S", &tm))
		return -EBADMSG;
	f->l.uid = (__u32)json_integer_value(uid);
	load_facts_time(&f->l, timegm(&tm));
	if (read_flag(o, "nested", &f->l.nested) || read_flag(o, "token", &f->l.token) ||
	    read_flag(o, "host_user_ns", &f->l.host_user_ns) ||
	    read_flag(o, "host_mnt_ns", &f->l.host_mount_ns) ||
	    read_flag(o, "host_net_ns", &f->l.host_net_ns))
		return -EBADMSG;
	return 0;
}

static int read_reason(const char *id, struct event_facts *f)
{
	for (unsigned int reason = 0; id && reason < BPFSEAL_R_MAX; reason++)
		for (unsigned int a = 0; a < BPFSEAL_A_MAX; a++) {
			if (strcmp(reason_id(reason, a), id))
				continue;
			f->reason = (__u8)reason;
			f->attribute = reason == BPFSEAL_R_UNCOVERED ? (__u8)a : 0;
			return 0;
		}
	return -EBADMSG;
}

/* Neither rule nor signature had a say in these. */
static bool is_beyond_policy(unsigned int reason)
{
	switch (reason) {
	case BPFSEAL_R_FOREIGN_MAP:
	case BPFSEAL_R_FOREIGN_BTF:
	case BPFSEAL_R_CHANGED_MAP:
	case BPFSEAL_R_SWAPPED_FD:
	case BPFSEAL_R_NO_POLICY:
	case BPFSEAL_R_STATE_FULL:
	case BPFSEAL_R_POLICY_CHANGED:
	case BPFSEAL_R_UNDECIDED:
		return true;
	default:
		return false;
	}
}

static int read_decision(const json_t *o, struct event_facts *f)
{
	const char *decision = text(o, "decision"), *object = text(o, "object");
	const json_t *seq = json_object_get(o, "seq");

	if (json_object_get(o, "summary"))
		return -ENOENT;
	if (!decision || !object || !json_is_integer(seq) || read_reason(text(o, "reason"), f))
		return -EBADMSG;
	if (strcmp(object, "program") || !strcmp(decision, "rejected") ||
	    is_beyond_policy(f->reason))
		return -ENOENT;
	f->seq = (uint64_t)json_integer_value(seq);
	f->allowed = !strcmp(decision, "allowed");
	return 0;
}

int event_facts_read(const json_t *event, const struct policy_doc *doc,
		     struct event_facts *out)
{
	struct event_facts f = {};
	int err;

	err = read_decision(event, &f);
	if (!err)
		err = read_types(event, &f.l);
	if (!err)
		err = read_digest(event, &f);
	if (!err)
		err = read_exe_digest(event, &f);
	if (!err)
		err = read_signature(event, doc, &f);
	if (!err)
		err = read_task(event, &f);
	if (err)
		return err;
	read_paths(event, &f);
	*out = f;
	return 0;
}

/* The policy has no say in how a loader runs, nor in what a load sets. */
static bool stays(const struct event_facts *f)
{
	switch (f->reason) {
	case BPFSEAL_R_UNCOVERED:
	case BPFSEAL_R_NO_LOADER:
	case BPFSEAL_R_LOADER_NOT_ADMITTED:
	case BPFSEAL_R_LOADER_RERUN:
	case BPFSEAL_R_LOADER_GONE:
	case BPFSEAL_R_KERNEL_OWN:
		return true;
	default:
		return false;
	}
}

void event_facts_base(const struct judge_policy *p, struct event_facts *f,
		      struct judge_decision *out)
{
	if (stays(f)) {
		f->l.signer = 0;
		f->l.level = BPFSEAL_LEVEL_UNSIGNED;
		*out = (struct judge_decision){ .reason = f->reason, .attribute = f->attribute };
		return;
	}
	judge_base(p, &f->l, out);
	if (!out->allow && f->reason == BPFSEAL_R_FEATURE_PROBE)
		out->reason = f->reason;
}

void event_facts_decide(const struct judge_policy *p, struct event_facts *f,
			struct judge_decision *out)
{
	event_facts_base(p, f, out);
	judge_rules(p, &f->l, out);
}

static int take_line(const char *path, size_t number, const char *line, size_t len,
		     int (*fn)(void *ctx, const json_t *event), void *ctx)
{
	json_error_t error;
	json_t *o = json_loadb(line, len, 0, &error);
	int err;

	if (!json_is_object(o)) {
		diag_at(path, number, 0, "not an event: %s; expected the output of 'bpfseal events --json'",
			o ? "JSON, but no object" : diag_quote(error.text).s);
		json_decref(o);
		return -EBADMSG;
	}
	err = fn(ctx, o);
	if (err == -EBADMSG)
		diag_at(path, number, 0,
			"not a whole event; expected the output of this version's 'bpfseal events --json', run on the host");
	json_decref(o);
	return err;
}

int event_lines_read(const char *path, int (*fn)(void *ctx, const json_t *event), void *ctx)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;
	size_t room = 0, number = 0;
	char *line = NULL;
	ssize_t len;
	int err = 0;

	if (!f) {
		err = -errno;
		diag_error("cannot read events %s: %s", diag_quote(path).s, strerror(errno));
		return err;
	}
	while (!err && (len = getline(&line, &room, f)) >= 0)
		err = take_line(path, ++number, line, (size_t)len, fn, ctx);
	if (!err && ferror(f)) {
		err = -errno;
		diag_error("cannot read events %s: %s", diag_quote(path).s, strerror(errno));
	}
	free(line);
	if (f != stdin)
		fclose(f);
	return err;
}
