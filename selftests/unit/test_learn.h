/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_learn.h - makes events to learn from, and judges loads by what was learned.
 */
#ifndef UNIT_TEST_LEARN_H
#define UNIT_TEST_LEARN_H

#include "kselftest_harness.h"

#include "capture.h"
#include "cmd.h"
#include "diag.h"
#include "file.h"
#include "hex.h"
#include "judge.h"
#include "prog_types.h"

#define D62 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd"

static char out[CAPTURE_MAX], err[CAPTURE_MAX];

/* --- what is learned from ------------------------------------------------------------ */

/* An event; what is zero or NULL is as most loads are. */
struct event {
	const char *exe, *type, *attach, *reason, *decision, *name, *object, *signer, *loader,
		   *hex;	/* a certain digest */
	unsigned int digest;	/* 0: not known */
	unsigned int uid, user_ns, mount_ns, net_ns, pid, n;
	bool nested;
	uint64_t boot_ns;
};

static void digest_of(unsigned int number, uint8_t digest[32])
{
	memset(digest, 0x11, 32);
	memcpy(digest, &number, sizeof(number));
}

static void add_event(FILE *f, const struct event *e)
{
	uint8_t digest[32];
	char hex[70] = "null";

	digest_of(e->digest, digest);
	if (e->digest || e->hex)
		snprintf(hex, sizeof(hex), "\"%s\"", e->hex ? e->hex : hex_of(digest).s);
	fprintf(f, "{\"time\":\"2026-01-%02uT00:00:00.5Z\",\"time_boot_ns\":%llu,\"decision\":\"%s\","
		"\"reason\":\"%s\",\"object\":\"%s\",\"name\":\"%s\",\"type\":\"%s\","
		"\"attach_type\":\"%s\",\"digest\":%s,\"signer\":%s%s%s,\"nested\":%s,"
		"\"loader_digest\":%s%s%s,\"pid\":%u,\"uid\":%u,\"user_ns\":%u,\"mnt_ns\":%u,"
		"\"net_ns\":%u,\"exe_path\":",
		e->n % 28 + 1, (unsigned long long)e->boot_ns,
		e->decision ? e->decision : "would-deny", e->reason ? e->reason : "unsigned",
		e->object ? e->object : "program", e->name ? e->name : "prog",
		e->type ? e->type : "xdp", e->attach ? e->attach : "none", hex,
		e->signer ? "\"" : "", e->signer ? e->signer : "null", e->signer ? "\"" : "",
		e->nested ? "true" : "false", e->loader ? "\"" : "", e->loader ? e->loader : "null",
		e->loader ? "\"" : "", e->pid ? e->pid : 99, e->uid,
		e->user_ns ? e->user_ns : 4026531837U, e->mount_ns ? e->mount_ns : 4026531832U,
		e->net_ns ? e->net_ns : 4026531833U);
	fprintf(f, e->exe ? "\"%s\"}\n" : "null}\n", e->exe);
}

static void put_events(const struct event *events, size_t n)
{
	FILE *f = fopen("events", "w");

	if (!f)
		abort();
	for (size_t i = 0; i < n; i++)
		add_event(f, &events[i]);
	if (fclose(f))
		abort();
}

static int run(const char *words)
{
	return capture_command(cmd_policy, "policy learn", words, out, err);
}

/* --- what was made of it --------------------------------------------------------------- */

struct made {
	char *text;
	struct policy_doc *doc;
	struct bpfseal_rules *rules;
	struct rules_keys keys;
};

static int init_scope(const char *path, __u64 *id)
{
	*id = strcmp(path, "/init.scope") ? 8 : 7;
	return 0;
}

static void made_free(struct made *m)
{
	free(m->text);
	policy_free(m->doc);
	rules_keys_free(&m->keys);
	free(m->rules);
	*m = (struct made){};
}

static bool load_policy(struct made *m)
{
	const struct rules_host host = { .cgroup = init_scope };
	size_t len;

	*m = (struct made){ .rules = malloc(sizeof(*m->rules)) };
	return m->rules && !file_read("p.yaml", 1 << 24, (uint8_t **)&m->text, &len, NULL) &&
	       !policy_load("p.yaml", &m->doc) &&
	       !rules_compile(m->doc, &host, m->rules, &m->keys);
}

/* The rule that lets an event's load in, or 0. */
static inline unsigned int allows(const struct made *m, const struct event *e)
{
	struct judge_load l = {
		.type = (unsigned int)prog_type_find(e->type ? e->type : "xdp"), .uid = e->uid,
		.nested = e->nested, .host_user_ns = !e->user_ns, .host_mount_ns = !e->mount_ns,
		.host_net_ns = !e->net_ns, .has_digest = e->digest, .now = 1,
		.cgroups = { 1, e->pid == 1 ? 7 : 9 },
	};
	unsigned int rule;

	if (e->attach && strcmp(e->attach, "none"))
		l.attach_type = (unsigned int)attach_type_find(e->attach);
	digest_of(e->digest, l.digest);
	memcpy(l.exe_path, e->exe, strlen(e->exe));
	rule = judge_first_rule(m->rules, &m->keys, &l);
	return rule && m->rules->rules[rule - 1].allow ? rule : 0;
}

static inline const struct policy_rule *find(const struct made *m, const char *id)
{
	for (unsigned int i = 0; i < m->doc->n_rules; i++)
		if (!strcmp(m->doc->rules[i].id, id))
			return &m->doc->rules[i];
	return NULL;
}

static inline bool says(const struct made *m, const char *text)
{
	return strstr(m->text, text);
}

FIXTURE(learn) {
	char dir[32];
	struct made m;
};

FIXTURE_SETUP(learn)
{
	enter_temp_dir(self->dir);
	put_text("inventory", "{\"policy\":true,\"programs\":[]}");
}

FIXTURE_TEARDOWN(learn)
{
	made_free(&self->m);
	leave_temp_dir(self->dir);
}

#define LEARN "--events events --inventory inventory -o p.yaml"
#define LEARN_FROM(events, words) do { \
	put_events(events, sizeof(events) / sizeof((events)[0])); \
	made_free(&self->m); \
	ASSERT_EQ(EXIT_DONE, run(words)) TH_LOG("%s", err); \
	ASSERT_STREQ("", err); \
	ASSERT_TRUE(load_policy(&self->m)) TH_LOG("%s", self->m.text); \
} while (0)

#endif
