/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * event.h - decisions of the policy as text and as JSON.
 *
 * Names, comm and exe_path are chosen by whoever loads. They are shown with
 * every byte that isn't plain printable text, and every quote and backslash,
 * as \xNN: nothing can forge a line, and the bytes can be got back.
 */
#ifndef BPFSEAL_EVENT_USER_H
#define BPFSEAL_EVENT_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <linux/types.h>
#include <jansson.h>
#include "bpfseal.h"

struct rules_host;

/* Room for any escaped field of a record. */
#define EVENT_FIELD_MAX (4 * BPFSEAL_EXE_LEN + 1)

/* Escaped text, by value so that calls can be nested in a printf. */
struct event_field {
	char s[EVENT_FIELD_MAX];
};

struct event_time {
	char s[sizeof("2026-01-31T23:59:59.123456Z")];
};

/**
 * struct event_ctx - what is needed beside the record to show it
 * @wall_offset: wall clock minus boot clock in ns, from event_wall_offset()
 * @policy: names the signers; NULL if not known. Only used for records of the
 *	same generation: another generation's names may differ
 * @host: the host's namespaces; NULL if not known. Only used for JSON, as @cgroup
 * @cgroup: finds the path of a cgroup by its id, as host_cgroup_path(); may be NULL
 * @hints: add why and what to do to the text of anything but an allowed load
 */
struct event_ctx {
	int64_t wall_offset;
	const struct bpfseal_policy *policy;
	const struct rules_host *host;
	int (*cgroup)(__u64 id, char *path, size_t size);
	bool hints;
};

/**
 * event_text - write one line, and with ctx->hints the reason indented below
 * @f: where to
 * @e: the record
 * @ctx: see there
 *
 * Return: 0 or -EIO
 */
int event_text(FILE *f, const struct bpfseal_event *e, const struct event_ctx *ctx);

/**
 * event_json - all fields of a record as one flat JSON object
 * @e: the record
 * @ctx: see there; @hints plays no part
 * @out: set on success; json_decref()
 *
 * Names of values that aren't known become "unknown-NUMBER". What doesn't apply
 * is null, and so is what can't be found out, such as the path of a cgroup that is
 * gone. Numbers of more than 63 bits are strings of decimal digits. "pid" is
 * the process and "tid" the thread, in the initial pid namespace.
 *
 * Return: 0 or -ENOMEM
 */
int event_json(const struct bpfseal_event *e, const struct event_ctx *ctx, json_t **out);

/**
 * event_wall_offset - what to add to boot time to get wall time
 *
 * Return: nanoseconds
 */
int64_t event_wall_offset(void);

/**
 * event_wall_time - RFC 3339 time in UTC of a moment in boot time
 * @boot_ns: CLOCK_BOOTTIME in ns, the time that counts
 * @wall_offset: from event_wall_offset()
 *
 * Approximate: it is what the wall clock, as it is set now, would have shown.
 * If the clock was set since, by NTP or by an attacker, it showed another time.
 */
struct event_time event_wall_time(uint64_t boot_ns, int64_t wall_offset);

/**
 * event_escape - make a field of a record safe to print
 * @bytes: the field
 * @size: its size, at most BPFSEAL_EXE_LEN; it ends at the first NUL if there is one
 */
struct event_field event_escape(const char *bytes, size_t size);

/**
 * event_names_hold - do a policy's signer names apply to an event?
 * @policy: the policy in force, or NULL
 * @e: the event, which may be from an earlier policy
 */
static inline bool event_names_hold(const struct bpfseal_policy *policy,
				    const struct bpfseal_event *e)
{
	return policy && e->policy_generation == policy->generation;
}

/**
 * event_signer - name of a signer in a policy
 * @policy: the policy or NULL
 * @signer: bpfseal_signer.id: 1 and up
 * @out: set on success to the escaped name
 *
 * Return: 0 or -ENOENT
 */
int event_signer(const struct bpfseal_policy *policy, uint32_t signer,
		 struct event_field *out);

/**
 * event_digest - lower-case hexadecimal of a SHA-256
 * @digest: the digest
 * @hex: receives the text; empty if the digest is all zero, that is unknown
 *
 * Return: @hex
 */
const char *event_digest(const uint8_t digest[BPFSEAL_DIGEST_LEN],
			 char hex[2 * BPFSEAL_DIGEST_LEN + 1]);

/**
 * event_errno - name of an error
 * @error: a negative errno
 *
 * Return: e.g. "EPERM", NULL if it has no name
 */
const char *event_errno(int error);

#endif
