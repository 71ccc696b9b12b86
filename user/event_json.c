// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * event_json.c - a decision as JSON. The names of the members are an interface:
 * add, never rename.
 */
#include "event.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include "diag.h"
#include "prog_types.h"
#include "reason.h"
#include "rules.h"

/* All return a new reference or NULL; json_object_set_new() takes NULL as failure. */

static json_t *named(const char *name, unsigned int number)
{
	return name ? json_string(name) : json_sprintf("unknown-%u", number);
}

static json_t *number(uint64_t n)
{
	return n <= INT64_MAX ? json_integer((json_int_t)n) :
				json_sprintf("%llu", (unsigned long long)n);
}

static json_t *nonzero(uint64_t n)
{
	return n ? number(n) : json_null();
}

static json_t *text(const char *s)
{
	return s && *s ? json_string(s) : json_null();
}

static json_t *digest(const uint8_t *bytes)
{
	char hex[2 * BPFSEAL_DIGEST_LEN + 1];

	return text(event_digest(bytes, hex));
}

static json_t *signer_name(const struct bpfseal_event *e, const struct event_ctx *ctx)
{
	struct event_field name;

	if (!event_names_hold(ctx->policy, e) ||
	    event_signer(ctx->policy, e->signer, &name))
		return json_null();
	return json_string(name.s);
}

static json_t *object_type(const struct bpfseal_event *e)
{
	const char *object = reason_object(e->hook);

	if (!strcmp(object, "map"))
		return named(reason_map_type(e->object_type), e->object_type);
	if (!strcmp(object, "program"))
		return named(prog_type_name(e->object_type), e->object_type);
	return json_null();
}

static json_t *attach_type(const struct bpfseal_event *e)
{
	if (strcmp(reason_object(e->hook), "program"))
		return json_null();
	return named(reason_attach_type(e->object_type, e->attach_type), e->attach_type);
}

static int set_decision(json_t *o, const struct bpfseal_event *e, const struct event_ctx *ctx)
{
	const char *why = reason_why(e->reason, e->attribute);
	const char *advice = reason_advice(e->reason, e->attribute);
	int bad = 0;

	bad |= json_object_set_new(o, "time",
		json_string(event_wall_time(e->time_ns, ctx->wall_offset).s));
	bad |= json_object_set_new(o, "time_boot_ns", number(e->time_ns));
	bad |= json_object_set_new(o, "seq", number(e->seq));
	bad |= json_object_set_new(o, "decision",
		named(reason_decision(e->decision), e->decision));
	bad |= json_object_set_new(o, "reason",
		named(reason_id(e->reason, e->attribute), e->reason));
	bad |= json_object_set_new(o, "attribute",
		named(reason_attribute(e->attribute), e->attribute));
	bad |= json_object_set_new(o, "why", text(why));
	bad |= json_object_set_new(o, "advice", text(advice));
	bad |= json_object_set_new(o, "error", json_integer(e->error));
	bad |= json_object_set_new(o, "error_name", text(event_errno(e->error)));
	bad |= json_object_set_new(o, "mode", named(reason_mode(e->mode), e->mode));
	bad |= json_object_set_new(o, "hook", named(reason_hook(e->hook), e->hook));
	bad |= json_object_set_new(o, "policy_generation", number(e->policy_generation));
	bad |= json_object_set_new(o, "policy", digest(e->policy_digest));
	bad |= json_object_set_new(o, "rule", nonzero(e->rule));
	bad |= json_object_set_new(o, "rule_id",
		text(event_escape(e->rule_id, sizeof(e->rule_id)).s));
	return bad;
}

static int set_object(json_t *o, const struct bpfseal_event *e, const struct event_ctx *ctx)
{
	int bad = 0;

	bad |= json_object_set_new(o, "object", json_string(reason_object(e->hook)));
	bad |= json_object_set_new(o, "name",
		json_string(event_escape(e->name, sizeof(e->name)).s));
	bad |= json_object_set_new(o, "type", object_type(e));
	bad |= json_object_set_new(o, "attach_type", attach_type(e));
	bad |= json_object_set_new(o, "prog_id", nonzero(e->prog_id));
	bad |= json_object_set_new(o, "insn_cnt", nonzero(e->insn_cnt));
	bad |= json_object_set_new(o, "digest", digest(e->digest));
	bad |= json_object_set_new(o, "level", named(reason_level(e->level), e->level));
	bad |= json_object_set_new(o, "signer", signer_name(e, ctx));
	bad |= json_object_set_new(o, "signer_id", nonzero(e->signer));
	bad |= json_object_set_new(o, "keyring",
		named(reason_keyring(e->keyring_type), e->keyring_type));
	bad |= json_object_set_new(o, "keyring_serial", json_integer(e->keyring_serial));
	bad |= json_object_set_new(o, "nested", json_boolean(e->nested));
	bad |= json_object_set_new(o, "token", json_boolean(e->token));
	bad |= json_object_set_new(o, "loader_id", nonzero(e->loader_id));
	bad |= json_object_set_new(o, "loader_digest", digest(e->loader_digest));
	return bad;
}

/* Is it the host's? Null if that isn't known. */
static json_t *is_host(const struct event_ctx *ctx, uint32_t ns, uint32_t host)
{
	return ctx->host ? json_boolean(ns && ns == host) : json_null();
}

/* Its path now; escaped like the other names that somebody chose. */
static json_t *cgroup(const struct bpfseal_event *e, const struct event_ctx *ctx)
{
	char path[POLICY_CGROUP_MAX + 1];

	struct diag_text shown;

	if (!ctx->cgroup || ctx->cgroup(e->cgroup_id, path, sizeof(path)))
		return json_null();
	shown = diag_quote(path);
	/* Half a path would be another cgroup's. */
	if (4 * strlen(path) >= sizeof(shown.s) && strcmp(shown.s, path))
		return json_null();
	return json_string(shown.s);
}

/* What rules may ask for, and only the host can tell. */
static int set_place(json_t *o, const struct bpfseal_event *e, const struct event_ctx *ctx)
{
	const struct rules_host none = {}, *host = ctx->host ? ctx->host : &none;
	int bad = 0;

	bad |= json_object_set_new(o, "cgroup", cgroup(e, ctx));
	bad |= json_object_set_new(o, "host_user_ns", is_host(ctx, e->user_ns, host->user_ns));
	bad |= json_object_set_new(o, "host_mnt_ns", is_host(ctx, e->mnt_ns, host->mount_ns));
	bad |= json_object_set_new(o, "host_net_ns", is_host(ctx, e->net_ns, host->net_ns));
	return bad;
}

static int set_process(json_t *o, const struct bpfseal_event *e)
{
	int bad = 0;

	bad |= json_object_set_new(o, "pid", number(e->tgid));
	bad |= json_object_set_new(o, "tid", number(e->pid));
	bad |= json_object_set_new(o, "ppid", number(e->ppid));
	bad |= json_object_set_new(o, "uid", number(e->uid));
	bad |= json_object_set_new(o, "comm",
		json_string(event_escape(e->comm, sizeof(e->comm)).s));
	bad |= json_object_set_new(o, "exe_path",
		text(event_escape(e->exe_path, sizeof(e->exe_path)).s));
	bad |= json_object_set_new(o, "exe_ino", nonzero(e->exe_ino));
	bad |= json_object_set_new(o, "exe_dev",
		json_sprintf("%u:%u", e->exe_dev >> 20, e->exe_dev & 0xfffff));
	bad |= json_object_set_new(o, "exe_digest", digest(e->exe_digest));
	bad |= json_object_set_new(o, "exe_digest_by", text(reason_measure(e->measured)));
	bad |= json_object_set_new(o, "cgroup_id", number(e->cgroup_id));
	bad |= json_object_set_new(o, "user_ns", number(e->user_ns));
	bad |= json_object_set_new(o, "mnt_ns", nonzero(e->mnt_ns));
	bad |= json_object_set_new(o, "pid_ns", nonzero(e->pid_ns));
	bad |= json_object_set_new(o, "net_ns", nonzero(e->net_ns));
	return bad;
}

int event_json(const struct bpfseal_event *e, const struct event_ctx *ctx, json_t **out)
{
	json_t *o = json_object();

	if (!o || set_decision(o, e, ctx) || set_object(o, e, ctx) || set_process(o, e) ||
	    set_place(o, e, ctx)) {
		json_decref(o);
		return -ENOMEM;
	}
	*out = o;
	return 0;
}
