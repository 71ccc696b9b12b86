// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * event.c - what decisions as text and as JSON have in common, and the text.
 * The JSON is in event_json.c.
 */
#include "event.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include "diag.h"
#include "prog_types.h"
#include "reason.h"

#define NSEC_PER_SEC 1000000000LL

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

int64_t event_wall_offset(void)
{
	return clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
}

struct event_time event_wall_time(uint64_t boot_ns, int64_t wall_offset)
{
	/* Unsigned, so that a forged time can't overflow. */
	int64_t ns = (int64_t)(boot_ns + (uint64_t)wall_offset);
	int64_t sec = ns / NSEC_PER_SEC, rest = ns % NSEC_PER_SEC;
	struct event_time out;
	struct tm tm;
	time_t t;
	size_t n;

	if (rest < 0) {
		sec--;
		rest += NSEC_PER_SEC;
	}
	t = sec;
	gmtime_r(&t, &tm);
	n = strftime(out.s, sizeof(out.s), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out.s + n, sizeof(out.s) - n, ".%06dZ", (int)(rest / 1000));
	return out;
}

/* diag_quote_n() leaves quotes as they are; here they end the field. */
struct event_field event_escape(const char *bytes, size_t size)
{
	struct diag_text text;
	struct event_field out;
	char *to = out.s;

	if (size > BPFSEAL_EXE_LEN)
		size = BPFSEAL_EXE_LEN;
	text = diag_quote_n(bytes, strnlen(bytes, size));
	for (const char *from = text.s; *from; from++) {
		if (*from == '"' || *from == '\'')
			to += sprintf(to, "\\x%02x", (unsigned char)*from);
		else
			*to++ = *from;
	}
	*to = '\0';
	return out;
}

int event_signer(const struct bpfseal_policy *policy, uint32_t signer,
		 struct event_field *out)
{
	if (!policy || !signer || signer > BPFSEAL_SIGNERS_MAX ||
	    signer > policy->n_signers)
		return -ENOENT;
	*out = event_escape(policy->names[signer - 1], BPFSEAL_SIGNER_NAME_LEN);
	return 0;
}

const char *event_digest(const uint8_t digest[BPFSEAL_DIGEST_LEN],
			 char hex[2 * BPFSEAL_DIGEST_LEN + 1])
{
	static const uint8_t unknown[BPFSEAL_DIGEST_LEN];

	hex[0] = '\0';
	if (memcmp(digest, unknown, sizeof(unknown)))
		for (int i = 0; i < BPFSEAL_DIGEST_LEN; i++)
			sprintf(hex + 2 * i, "%02x", digest[i]);
	return hex;
}

const char *event_errno(int error)
{
	return error < 0 && error > -4096 ? strerrorname_np(-error) : NULL;
}

/* A name, or the number where there is none. */
static void put_name(FILE *f, const char *name, unsigned int number)
{
	if (name)
		fputs(name, f);
	else
		fprintf(f, "unknown-%u", number);
}

static void put_object(FILE *f, const struct bpfseal_event *e)
{
	const char *object = reason_object(e->hook);
	struct event_field name = event_escape(e->name, sizeof(e->name));

	if (!strcmp(object, "map")) {
		fputs("map ", f);
		put_name(f, reason_map_type(e->object_type), e->object_type);
	} else if (!strcmp(object, "program")) {
		put_name(f, prog_type_name(e->object_type), e->object_type);
	} else {
		fputs(object, f);
	}
	if (*name.s || !strcmp(object, "map") || !strcmp(object, "program"))
		fprintf(f, " \"%s\"", name.s);
	if (e->prog_id)
		fprintf(f, " id %u", e->prog_id);
	if (e->nested && e->loader_id)
		fprintf(f, " from loader %u", e->loader_id);
}

static void put_signature(FILE *f, const struct bpfseal_event *e, const struct event_ctx *ctx)
{
	struct event_field name;

	if (e->level) {
		fputs(", level ", f);
		put_name(f, reason_level(e->level), e->level);
	}
	if (e->signer && event_names_hold(ctx->policy, e) &&
	    !event_signer(ctx->policy, e->signer, &name)) {
		fprintf(f, ", signer \"%s\"", name.s);
	} else if (e->signer) {
		fprintf(f, ", signer number %u of policy generation %llu", e->signer,
			(unsigned long long)e->policy_generation);
	} else if (e->keyring_type) {
		fputs(", keyring ", f);
		put_name(f, reason_keyring(e->keyring_type), e->keyring_type);
		fprintf(f, " %d", e->keyring_serial);
	}
}

static void put_rule(FILE *f, const struct bpfseal_event *e)
{
	if (e->rule)
		fprintf(f, ", rule %u \"%s\"", e->rule,
			event_escape(e->rule_id, sizeof(e->rule_id)).s);
}

static void put_process(FILE *f, const struct bpfseal_event *e)
{
	fprintf(f, ", by \"%s\" pid %u uid %u", event_escape(e->comm, sizeof(e->comm)).s,
		e->tgid, e->uid);
	if (e->exe_path[0])
		fprintf(f, " exe \"%s\"", event_escape(e->exe_path, sizeof(e->exe_path)).s);
	else
		fprintf(f, " exe inode %llu on %u:%u", (unsigned long long)e->exe_ino,
			e->exe_dev >> 20, e->exe_dev & 0xfffff);
}

static void put_error(FILE *f, int error)
{
	const char *name = event_errno(error);

	if (name)
		fprintf(f, " (%s)", name);
	else
		fprintf(f, " (error %d)", error);
}

static void put_hints(FILE *f, const struct bpfseal_event *e)
{
	const char *why = reason_why(e->reason, e->attribute);

	if (why)
		fprintf(f, "    %s %s\n", why, reason_advice(e->reason, e->attribute));
}

int event_text(FILE *f, const struct bpfseal_event *e, const struct event_ctx *ctx)
{
	fprintf(f, "%s ", event_wall_time(e->time_ns, ctx->wall_offset).s);
	put_name(f, reason_decision(e->decision), e->decision);
	if (e->error)
		put_error(f, e->error);
	fputc(' ', f);
	put_name(f, reason_id(e->reason, e->attribute), e->reason);
	fputs(": ", f);
	put_object(f, e);
	put_signature(f, e, ctx);
	put_rule(f, e);
	put_process(f, e);
	fprintf(f, " [%llu]\n", (unsigned long long)e->seq);
	if (ctx->hints && e->decision != BPFSEAL_ALLOW)
		put_hints(f, e);
	return ferror(f) ? -EIO : 0;
}
