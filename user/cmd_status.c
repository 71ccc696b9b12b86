// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_status.c - bpfseal status: is it enforcing?
 *
 * The answer comes from a load that must be denied, not from what is
 * configured.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cgroups.h"
#include "cmd.h"
#include "diag.h"
#include "keyring.h"
#include "pins.h"
#include "reason.h"
#include "selftest.h"

static const char usage[] =
	"usage: bpfseal status [-j|--json]\n"
	"\n"
	"Tells whether the policy is enforcing, by a load that must be denied.\n"
	"Exit code: 0 enforcing, 3 not enforcing, 1 could not be told.\n";

/* What a line of the report, or a member of the JSON, is made from. */
struct status {
	enum pin_state state;
	struct bpfseal_policy policy;
	struct bpfseal_counters counters[BPFSEAL_R_MAX];
	enum selftest_result selftest;
	int load_error;
	bool enforcing;
	bool recovery;
};

static const char *selftest_sentence(const struct status *s)
{
	switch (s->selftest) {
	case SELFTEST_DENIED:
		return "an unsigned load was tried just now and denied";
	case SELFTEST_REPORTED:
		return "an unsigned load was tried just now: let through and reported";
	case SELFTEST_ALLOWED:
		return "an unsigned load was tried just now: the policy's rules allow it";
	case SELFTEST_LOADED:
		return "an unsigned load was tried just now: LET THROUGH UNNOTICED";
	default:
		return "an unsigned load was tried just now: it failed, but not by this policy";
	}
}

static int read_status(struct status *s)
{
	struct bpfseal_state state;
	int err;

	err = pins_state(&s->state);
	if (!err && s->state == PIN_FOREIGN)
		return pins_refuse_foreign();
	if (err || s->state != PIN_INSTALLED)
		return err;
	err = report_policy(&s->policy);
	if (!err)
		err = report_state(&state);
	if (!err)
		err = selftest_run(&s->selftest, &s->load_error);
	if (!err)
		err = report_counters(s->counters);
	if (!err)
		s->recovery = state.recovery;
	if (!err)
		s->enforcing = (s->selftest == SELFTEST_DENIED ||
				s->selftest == SELFTEST_ALLOWED) &&
			       s->policy.mode != BPFSEAL_PERMISSIVE;
	return err;
}

static void hex(const __u8 *bytes, size_t n, char *out)
{
	size_t i;

	for (i = 0; i < n; i++)
		sprintf(out + 2 * i, "%02x", bytes[i]);
}

/* "ok" or what is wrong with a signer's keyring. */
static const char *keyring_health(__s32 serial)
{
	struct keyring_info info = {};
	const char *health = "ok";
	int err;

	err = keyring_describe(serial, &info);
	if (err)
		return err == -ENOKEY ? "gone" : "unreadable";
	if (!info.sealed || !info.anchored)
		health = "not sealed";
	else if (info.n_keys != 1)
		health = "its key has expired or is gone";
	keyring_info_clear(&info);
	return health;
}

typedef void (*signer_fn)(void *arg, const char *name, const char *keyring, __s32 serial);

static void each_signer(const struct bpfseal_policy *p, signer_fn fn, void *arg)
{
	static const __u8 class[] = { BPFSEAL_KEYRING_BUILTIN, BPFSEAL_KEYRING_SECONDARY,
				      BPFSEAL_KEYRING_PLATFORM };
	unsigned int i;

	for (i = 0; i < BPFSEAL_SLOTS; i++)
		if (p->slots[i].id && p->slots[i].id <= BPFSEAL_SIGNERS_MAX)
			fn(arg, p->names[p->slots[i].id - 1], "user", p->slots[i].serial);
	for (i = 0; i < BPFSEAL_SYSTEM_KEYRINGS; i++)
		if (p->system[i].id && p->system[i].id <= BPFSEAL_SIGNERS_MAX)
			fn(arg, p->names[p->system[i].id - 1], reason_keyring(class[i]), 0);
}

static void print_signer(void *arg, const char *name, const char *keyring, __s32 serial)
{
	(void)arg;
	if (serial)
		printf("signer:    %s, keyring %d: %s\n", diag_quote(name).s, serial,
		       keyring_health(serial));
	else
		printf("signer:    %s, system keyring %s\n", diag_quote(name).s, keyring);
}

static void print_cgroup(void *arg, const char *path, bool absent)
{
	bool *lost = arg;

	*lost = true;
	printf("cgroup:    %s %s: no rule that names it matches there\n", diag_quote(path).s,
	       absent ? "doesn't exist" : "was made after the policy was put into force");
}

static void print_cgroups(void)
{
	bool lost = false;
	int err = cgroups_lost(print_cgroup, &lost);

	if (lost)
		puts("           look them up again with 'bpfseal reload POLICY.yaml'");
	if (err)
		printf("cgroups:   not known: %s\n", err == -ENODATA ?
		       "the policy in force isn't the stored one" : strerror(-err));
}

static void print_count(const char *what, __u64 n)
{
	if (n)
		printf("  %s %llu", what, n);
}

static void print_counters(const struct status *s)
{
	const struct bpfseal_counters *c;
	__u32 r;

	for (r = 0; r < BPFSEAL_R_MAX; r++) {
		c = &s->counters[r];
		if (!c->allowed && !c->denied && !c->would_deny && !c->rejected && !c->lost)
			continue;
		printf("  %-20s", reason_id(r, 0));
		print_count("allowed", c->allowed);
		print_count("denied", c->denied);
		print_count("would deny", c->would_deny);
		print_count("rejected by the kernel", c->rejected);
		print_count("EVENTS LOST", c->lost);
		putchar('\n');
	}
}

static void print_status(const struct status *s)
{
	char digest[2 * BPFSEAL_DIGEST_LEN + 1];

	printf("enforcing: %s\n", s->enforcing ? "yes" : "NO");
	if (s->state == PIN_ABSENT) {
		puts("policy:    none installed");
		return;
	}
	if (s->state == PIN_DAMAGED) {
		puts("policy:    damaged: part of it is missing, it can't be relied on");
		puts("           remove what is left with 'bpfseal uninstall', then install again");
		return;
	}
	if (s->state == PIN_UNFINISHED) {
		puts("policy:    an installation was cut short; nothing is denied");
		puts("           finish it with 'bpfseal install', or run 'bpfseal uninstall'");
		return;
	}
	hex(s->policy.digest, sizeof(s->policy.digest), digest);
	printf("self-test: %s\n", selftest_sentence(s));
	printf("mode:      %s\n", reason_mode(s->policy.mode));
	if (s->recovery)
		puts("recovery:  the kernel was booted with 'bpfseal=recover': it began permissive");
	printf("require:   %s (a verified signature proves '%s' on this kernel%s)\n",
	       reason_level(s->policy.require), reason_level(s->policy.verified_level),
	       s->policy.promotes ? ", a loader can prove 'metadata' as it runs" : "");
	printf("policy:    sha256 %s, change %llu\n", digest, s->policy.generation);
	each_signer(&s->policy, print_signer, NULL);
	print_cgroups();
	puts("decisions since installation:");
	print_counters(s);
}

static void add_signer(void *arg, const char *name, const char *keyring, __s32 serial)
{
	json_array_append_new(arg, json_pack("{s:s, s:s, s:i, s:s}", "name", diag_quote(name).s,
					     "keyring", keyring, "serial", (int)serial, "health",
					     serial ? keyring_health(serial) : "ok"));
}

static void add_cgroup(void *arg, const char *path, bool absent)
{
	json_array_append_new(arg, json_pack("{s:s, s:s}", "path", diag_quote(path).s, "state",
					     absent ? "absent" : "made-later"));
}

/* Null if it can't be told. */
static json_t *json_cgroups(void)
{
	json_t *all = json_array();

	if (!cgroups_lost(add_cgroup, all))
		return all;
	json_decref(all);
	return json_null();
}

static json_t *json_counters(const struct status *s)
{
	json_t *all = json_object();
	const struct bpfseal_counters *c;
	__u32 r;

	for (r = 1; r < BPFSEAL_R_MAX; r++) {
		c = &s->counters[r];
		json_object_set_new(all, reason_id(r, 0),
			json_pack("{s:I, s:I, s:I, s:I, s:I}",
				  "allowed", (json_int_t)c->allowed,
				  "denied", (json_int_t)c->denied,
				  "would_deny", (json_int_t)c->would_deny,
				  "rejected", (json_int_t)c->rejected,
				  "events_lost", (json_int_t)c->lost));
	}
	return all;
}

static int print_json(const struct status *s)
{
	static const char *const states[] = {
		[PIN_ABSENT] = "absent", [PIN_UNFINISHED] = "unfinished",
		[PIN_DAMAGED] = "damaged", [PIN_INSTALLED] = "installed",
	};
	char digest[2 * BPFSEAL_DIGEST_LEN + 1];
	json_t *root, *signers;
	int err;

	root = json_pack("{s:b, s:s}", "enforcing", s->enforcing, "state", states[s->state]);
	if (s->state == PIN_INSTALLED) {
		hex(s->policy.digest, sizeof(s->policy.digest), digest);
		signers = json_array();
		each_signer(&s->policy, add_signer, signers);
		json_object_update_new(root, json_pack("{s:s, s:s, s:b, s:s, s:s, s:b, s:s, s:I, s:o, s:o, s:o}",
			"self_test", selftest_sentence(s),
			"mode", reason_mode(s->policy.mode), "recovery", (int)s->recovery,
			"require", reason_level(s->policy.require),
			"verified_level", reason_level(s->policy.verified_level),
			"promotes", (int)s->policy.promotes,
			"policy_sha256", digest,
			"generation", (json_int_t)s->policy.generation,
			"signers", signers, "lost_cgroups", json_cgroups(),
			"counters", json_counters(s)));
	}
	err = root ? json_dumpf(root, stdout, JSON_INDENT(2) | JSON_SORT_KEYS) : -1;
	putchar('\n');
	json_decref(root);
	return err;
}

int cmd_status(int argc, char **argv)
{
	static struct status s;
	bool json;
	int c, err;

	c = cmd_flag(argc, argv, usage, "json", &json);
	if (c != CMD_GO_ON)
		return c;
	err = read_status(&s);
	if (err == -EPROTO)
		return EXIT_FAILED;	/* printed */
	if (err) {
		diag_error("cannot read the policy's state: %s", strerror(-err));
		if (err == -EPERM || err == -EACCES)
			diag_hint("run this as root");
		return EXIT_FAILED;
	}
	if (!json)
		print_status(&s);
	else if (print_json(&s))
		return EXIT_FAILED;
	return s.enforcing ? EXIT_DONE : EXIT_POLICY_NO;
}
