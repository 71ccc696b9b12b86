// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_reload_test.c - one policy takes another's place while programs are being
 * loaded: each load is judged by one of the two, wholly, or denied.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "gate_test.h"
#include "host.h"
#include "insn.h"
#include "pins.h"

#define RELOADS 1000
#define LOADERS 2

static const struct bpf_insn insns[] = { MOV_IMM(0, 7), EXIT() };
static const struct gate_policy enforcing = { .mode = "enforcing" };

FIXTURE(reload) {
	struct gate_events events;
};

FIXTURE_SETUP(reload)
{
	GATE_START(&self->events);
	GATE_SEAL(&self->events, &enforcing);
}

FIXTURE_TEARDOWN(reload)
{
	GATE_END(&self->events);
}

/* "action" on the digest of insns, after @fill rules about other digests. */
static void digest_rules(char *text, size_t size, const char *action, const char *id, int fill)
{
	uint8_t hash[32];
	char hex[65];
	int used = snprintf(text, size, "rules:\n");

	gate_insns_hash(insns, sizeof(insns), hash);
	for (int i = 0; i < 32; i++)
		sprintf(hex + 2 * i, "%02x", hash[i]);
	for (int i = 0; i < fill; i++)
		used += snprintf(text + used, size - used,
				 "- {id: fill-%d, action: %s, digests: ['%064x']}\n", i,
				 i % 2 ? "allow" : "deny", i + 1);
	snprintf(text + used, size - used, "- {id: %s, action: %s, digests: ['%s']}\n", id,
		 action, hex);
}

static int put_digest_rules(const char *action, const char *id)
{
	char text[512];
	const struct gate_policy policy = { .more = text };

	digest_rules(text, sizeof(text), action, id, 0);
	return gate_rules(&policy);
}

static int load(const char *name)
{
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SOCKET_FILTER, name, insns, 2);
	int fd = gate_load(&attr);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

/* --- the command -------------------------------------------------------------------- */

TEST_F(reload, command)
{
	char text[512];
	const struct gate_policy policy = { .more = text }, wrong = { .more = "rules: []\n" };
	const struct gate_match match = { .name = "loaded", .decision = BPFSEAL_ALLOW };
	struct bpfseal_policy before, after;
	int32_t keyring, same;

	ASSERT_EQ(0, report_policy(&before));
	ASSERT_EQ(0, gate_keyring("signer", &keyring));
	EXPECT_EQ(-EPERM, load("refused"));
	digest_rules(text, sizeof(text), "allow", "it", 0);
	ASSERT_EQ(0, gate_reload(&policy));
	ASSERT_EQ(0, report_policy(&after));
	EXPECT_EQ(before.generation + 1, after.generation);
	EXPECT_NE(0, memcmp(before.digest, after.digest, sizeof(before.digest)));
	/* Who loads with the signer's keyring needn't notice. */
	ASSERT_EQ(0, gate_keyring("signer", &same));
	EXPECT_EQ(keyring, same);
	EXPECT_EQ(0, load("loaded"));
	EXPECT_NE(NULL, gate_event_only(&self->events, &match));
	EXPECT_EQ(1, gate_reload(&wrong));
	ASSERT_EQ(0, report_policy(&before));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
	EXPECT_EQ(0, load("loaded"));
}

/* --- a load that began under another policy -------------------------------------------- */

/* The kernel writes the verifier's log here, and waits until the page is there. */
struct slow_load {
	int uffd;
	char *page;
	pthread_t thread;
	int ret;
};

static void *load_slowly(void *arg)
{
	struct slow_load *s = arg;
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SOCKET_FILTER, "slow", insns, 2);

	attr.log_level = 2;
	attr.log_buf = (unsigned long)s->page;
	attr.log_size = 4096;
	s->ret = gate_load(&attr);
	return NULL;
}

static int begin_load(struct slow_load *s)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct pollfd ready = { .events = POLLIN };

	s->uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (s->uffd < 0 || ioctl(s->uffd, UFFDIO_API, &api))
		return -errno;
	s->page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->page == MAP_FAILED)
		return -errno;
	reg.range.start = (unsigned long)s->page;
	reg.range.len = 4096;
	if (ioctl(s->uffd, UFFDIO_REGISTER, &reg))
		return -errno;
	if (pthread_create(&s->thread, NULL, load_slowly, s))
		return -EAGAIN;
	ready.fd = s->uffd;
	return poll(&ready, 1, 20000) == 1 ? 0 : -ETIMEDOUT;
}

/* Returns what the load returned. */
static int end_load(struct slow_load *s)
{
	struct uffdio_zeropage zero = {
		.range = { .start = (unsigned long)s->page, .len = 4096 },
	};

	if (ioctl(s->uffd, UFFDIO_ZEROPAGE, &zero))
		return -errno;
	pthread_join(s->thread, NULL);
	close(s->uffd);
	munmap(s->page, 4096);
	if (s->ret >= 0)
		close(s->ret);
	return s->ret < 0 ? s->ret : 0;
}

static const struct bpfseal_event *slow_event(struct gate_events *events)
{
	const struct gate_match match = { .name = "slow" };

	return gate_event_only(events, &match);
}

/* It began when the digest was allowed, and is judged by that. */
TEST_F(reload, load_across_one)
{
	const struct bpfseal_event *e;
	struct slow_load slow;

	ASSERT_EQ(0, put_digest_rules("allow", "old"));
	ASSERT_EQ(0, begin_load(&slow));
	ASSERT_EQ(0, put_digest_rules("deny", "new"));
	EXPECT_EQ(-EPERM, load("other"));
	EXPECT_EQ(0, end_load(&slow));
	e = slow_event(&self->events);
	ASSERT_NE(NULL, e);
	EXPECT_STREQ("old", e->rule_id);
	EXPECT_EQ(BPFSEAL_R_RULE_ALLOWS, e->reason);
}

TEST_F(reload, load_across_one_to_allow)
{
	const struct bpfseal_event *e;
	struct slow_load slow;

	ASSERT_EQ(0, put_digest_rules("deny", "old"));
	ASSERT_EQ(0, begin_load(&slow));
	ASSERT_EQ(0, put_digest_rules("allow", "new"));
	EXPECT_EQ(-EPERM, end_load(&slow));
	e = slow_event(&self->events);
	ASSERT_NE(NULL, e);
	EXPECT_STREQ("old", e->rule_id);
}

/* Its policy is gone: nobody can tell any more. */
TEST_F(reload, load_across_two)
{
	const struct bpfseal_event *e;
	struct slow_load slow;

	ASSERT_EQ(0, put_digest_rules("allow", "old"));
	ASSERT_EQ(0, begin_load(&slow));
	ASSERT_EQ(0, put_digest_rules("allow", "new"));
	ASSERT_EQ(0, put_digest_rules("allow", "newer"));
	EXPECT_EQ(0, load("other"));
	EXPECT_EQ(-EPERM, end_load(&slow));
	e = slow_event(&self->events);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(BPFSEAL_R_POLICY_CHANGED, e->reason);
	EXPECT_EQ(-EPERM, e->error);
}

/* --- a storm -------------------------------------------------------------------------- */

/* Two policies that differ in everything but what they have rules about. */
struct side {
	struct bpfseal_table *table;
	struct rules_keys keys;
};

struct storm {
	atomic_bool over;
	atomic_uint loads[2];	/* denied, allowed */
	atomic_uint other;	/* failed otherwise */
};

static int compile_side(struct side *side, const char *action, const char *id, int fill)
{
	static char text[16384];
	const struct gate_policy policy = { .more = text };
	struct policy_doc *doc;
	struct rules_host host;
	int err;

	digest_rules(text, sizeof(text), action, id, fill);
	err = gate_policy_write(GATE_TMP "/side.yaml", &policy);
	if (!err)
		err = policy_load(GATE_TMP "/side.yaml", &doc);
	if (err)
		return err;
	err = report_table(&side->table);
	if (!err)
		err = host_look(&host);
	if (!err)
		err = rules_compile(doc, &host, &side->table->rules, &side->keys);
	if (!err)
		memset(side->table->policy.digest, id[0], sizeof(side->table->policy.digest));
	policy_free(doc);
	return err;
}

static void *keep_loading(void *arg)
{
	struct storm *storm = arg;

	while (!storm->over) {
		int ret = load("storm");

		if (!ret || ret == -EPERM)
			storm->loads[!ret]++;
		else
			storm->other++;
	}
	return NULL;
}

/* One event; counts those that say what only a whole policy can. */
static int judge_event(void *arg, const struct bpfseal_event *e)
{
	unsigned int *counts = arg;

	if (strcmp(e->name, "storm"))
		return 0;
	if (e->policy_digest[0] == 'a' && !strcmp(e->rule_id, "a") &&
	    e->reason == BPFSEAL_R_RULE_ALLOWS && e->decision == BPFSEAL_ALLOW)
		counts[1]++;
	else if (e->policy_digest[0] == 'b' && !strcmp(e->rule_id, "b") &&
		 e->reason == BPFSEAL_R_RULE_DENIES && e->decision == BPFSEAL_DENY)
		counts[0]++;
	else if (e->reason == BPFSEAL_R_POLICY_CHANGED && e->decision == BPFSEAL_DENY)
		counts[2]++;
	else
		counts[3]++;
	return 0;
}

TEST_F(reload, storm)
{
	unsigned int counts[4] = { 0 }, switched = 0;
	struct side sides[2] = { 0 };
	struct storm storm = { 0 };
	struct event_log *log = &self->events.log;
	pthread_t threads[LOADERS];
	int control;

	ASSERT_EQ(0, compile_side(&sides[0], "allow", "a", 0));
	ASSERT_EQ(0, compile_side(&sides[1], "deny", "b", 70));
	control = control_open();
	ASSERT_LE(0, control);
	ASSERT_EQ(0, control_switch(control, sides[0].table, &sides[0].keys));
	for (int i = 0; i < LOADERS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, keep_loading, &storm));
	for (int i = 1; i <= RELOADS; i++) {
		struct side *side = &sides[i % 2];

		switched += !control_switch(control, side->table, &side->keys);
		ASSERT_LE(0, event_log_read(log, INT_MAX, judge_event, counts));
	}
	storm.over = true;
	for (int i = 0; i < LOADERS; i++)
		pthread_join(threads[i], NULL);
	ASSERT_LE(0, event_log_read(log, INT_MAX, judge_event, counts));
	TH_LOG("%u loads allowed, %u denied, %u of them as the policy had changed twice",
	       storm.loads[1], storm.loads[0], counts[2]);
	EXPECT_EQ(RELOADS, switched);
	EXPECT_EQ(0, storm.other);
	EXPECT_LT(RELOADS / 4, storm.loads[0] + storm.loads[1]);
	/* Each load has one event, of one policy, that says what its caller saw. */
	EXPECT_EQ(storm.loads[1], counts[1]);
	EXPECT_EQ(storm.loads[0], counts[0] + counts[2]);
	EXPECT_EQ(0, counts[3]);
	close(control);
}

GATE_MAIN
