// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * measure_test.c - rules that ask for the digest of the executable: what is measured
 * and what becomes of loads whose executable isn't.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "exec.h"
#include "gate_test.h"
#include "hex.h"
#include "measure.h"
#include "pins.h"

#define COPY "/tmp/measure_copy"
#define LINK PIN_DIR "/" PIN_MEASURE

/* --- one load under one rule ---------------------------------------------------------- */

FIXTURE(one) {
	struct gate_events events;
	bool ima;
};

FIXTURE_VARIANT(one) {
	const char *rules;
	const char *rule;		/* that decides; NULL: none */
	const char *unmeasured;		/* that decides if nobody can measure */
	bool at_fd;
};

#define ONE(name, ...) FIXTURE_VARIANT_ADD(one, name) { __VA_ARGS__ }

ONE(allow, .rules = ALLOW(OWN), .rule = "good");
ONE(allow_other, .rules = ALLOW(OTHER));
ONE(allow_either, .rules = ALLOW("executable_digests: ['#', '@']"), .rule = "good");
ONE(deny, .rules = DENY(OWN) OTHERS, .rule = "bad", .unmeasured = "bad");
ONE(deny_other, .rules = DENY(OTHER) OTHERS, .rule = "others", .unmeasured = "bad");
ONE(with_path, .rules = ALLOW("executables: [/tests/measure_test], " OWN), .rule = "good");
ONE(with_other_path, .rules = ALLOW("executables: [/tests/rules_test], " OWN));
ONE(with_digest, .rules = ALLOW("digests: ['!'], " OWN), .rule = "good", .at_fd = true);
ONE(with_digest_other, .rules = ALLOW("digests: ['!'], " OTHER));
ONE(indifferent, .rules = ALLOW(OTHER) OTHERS, .rule = "others", .unmeasured = "others");

FIXTURE_SETUP(one)
{
	GATE_SHARE(&self->events, &exec_measuring);
	ASSERT_EQ(0, exec_has_ima(&self->ima));
	ASSERT_EQ(0, exec_put(variant->rules, gate_rules));
	/* Nothing but the policy stands in its way. */
	ASSERT_EQ(0, gate_mode("permissive"));
	ASSERT_EQ(0, exec_load());
	ASSERT_EQ(0, gate_mode("enforcing"));
	ASSERT_EQ(0, gate_events_clear(&self->events) < 0);
}

FIXTURE_TEARDOWN(one)
{
	gate_events_close(&self->events);
}

TEST_F(one, decides)
{
	const struct gate_match match = { .name = "measured", .tgid = (uint32_t)getpid() };
	const char *rule = self->ima ? variant->rule : variant->unmeasured;
	bool allowed = rule && strcmp(rule, "bad");
	const struct bpfseal_event *e;
	uint8_t own[32];

	ASSERT_EQ(0, exec_hash(EXEC_SELF, own));
	EXPECT_EQ(allowed ? 0 : -EPERM, exec_load());
	e = gate_event_only(&self->events, &match);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(allowed ? BPFSEAL_ALLOW : BPFSEAL_DENY, e->decision);
	EXPECT_EQ(allowed ? 0 : -EPERM, e->error);
	EXPECT_EQ(!rule ? BPFSEAL_R_UNSIGNED : allowed ? BPFSEAL_R_RULE_ALLOWS :
		  BPFSEAL_R_RULE_DENIES, e->reason);
	EXPECT_STREQ(rule ? rule : "", e->rule_id);
	if (self->ima)
		EXPECT_EQ(variant->at_fd ? BPFSEAL_HOOK_PROG_FD : BPFSEAL_HOOK_PROG_LOAD, e->hook);
	EXPECT_EQ(self->ima ? BPFSEAL_MEASURED_IMA : BPFSEAL_MEASURED_NONE, e->measured);
	if (!self->ima)
		memset(own, 0, sizeof(own));
	EXPECT_EQ(0, memcmp(own, e->exe_digest, sizeof(own))) TH_LOG("%s", hex_of(e->exe_digest).s);
	EXPECT_EQ(0, e->token);
}

/* --- other executables, other policies -------------------------------------------------- */

FIXTURE(measure) {
	struct gate_events events;
};

FIXTURE_SETUP(measure)
{
	bool ima;

	GATE_START(&self->events);
	ASSERT_EQ(0, exec_has_ima(&ima));
	if (!ima)
		SKIP(return, "this kernel has no IMA, and files in memory have no fs-verity");
}

FIXTURE_TEARDOWN(measure)
{
	unlink(COPY);
	GATE_END(&self->events);
}

static int append(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* What counts is what is in the file, not where it is. */
TEST_F(measure, copies)
{
	struct gate_match match = { .name = "measured" };
	const struct bpfseal_event *e;
	uint8_t hash[32];
	pid_t pid;

	ASSERT_EQ(0, gate_do("cp", "/tests/measure_test", COPY));
	ASSERT_EQ(0, exec_load_by(COPY, &pid));
	ASSERT_EQ(0, exec_put(ALLOW(OWN), gate_install_policy));
	ASSERT_EQ(0, gate_events_open(&self->events));
	EXPECT_EQ(0, exec_load_by(COPY, &pid));
	match.tgid = (uint32_t)pid;
	e = gate_event_only(&self->events, &match);
	ASSERT_NE(NULL, e);
	EXPECT_STREQ(COPY, e->exe_path);
	EXPECT_STREQ("good", e->rule_id);

	ASSERT_EQ(0, append(COPY, "x"));
	ASSERT_EQ(0, exec_hash(COPY, hash));
	EXPECT_EQ(-EPERM, exec_load_by(COPY, &pid));
	match.tgid = (uint32_t)pid;
	e = gate_event_only(&self->events, &match);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(BPFSEAL_R_UNSIGNED, e->reason);
	EXPECT_EQ(0, memcmp(hash, e->exe_digest, sizeof(hash)));
	EXPECT_EQ(0, exec_load());
}

static bool is_measuring(void)
{
	return !access(LINK, F_OK);
}

static bool is_installed(void)
{
	enum pin_state state;

	return !pins_state(&state) && state == PIN_INSTALLED;
}

/* The program is attached while the policy asks for it, and only then. */
TEST_F(measure, comes_and_goes)
{
	const struct gate_match match = { .name = "measured", .tgid = (uint32_t)getpid() };
	const struct bpfseal_event *e;

	ASSERT_EQ(0, exec_put(OTHERS, gate_install_policy));
	EXPECT_FALSE(is_measuring());
	EXPECT_TRUE(is_installed());
	ASSERT_EQ(0, gate_events_open(&self->events));
	EXPECT_EQ(0, exec_load());
	e = gate_event_only(&self->events, &match);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(BPFSEAL_MEASURED_NONE, e->measured);
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, exec_put(ALLOW(OWN), gate_reload));
		EXPECT_TRUE(is_measuring());
		EXPECT_TRUE(is_installed());
		EXPECT_EQ(0, exec_load());
		ASSERT_EQ(0, exec_put(DENY(OWN) OTHERS, gate_reload));
		EXPECT_TRUE(is_measuring());
		EXPECT_EQ(-EPERM, exec_load());
		ASSERT_EQ(0, exec_put(NULL, gate_reload));
		EXPECT_FALSE(is_measuring());
		EXPECT_TRUE(is_installed());
		EXPECT_EQ(-EPERM, exec_load());
	}
}

/* What a crash leaves: the policy in force doesn't ask. The next reload corrects it. */
TEST_F(measure, needless)
{
	ASSERT_EQ(0, exec_put(OTHERS, gate_install_policy));
	ASSERT_EQ(0, measure_begin());
	EXPECT_TRUE(is_measuring());
	EXPECT_TRUE(is_installed());
	EXPECT_EQ(0, exec_load());
	ASSERT_EQ(0, exec_put(NULL, gate_reload));
	EXPECT_FALSE(is_measuring());
	EXPECT_EQ(-EPERM, exec_load());
}

/* Something else under the link's name doesn't pass for it. */
TEST_F(measure, false_link)
{
	int other;

	ASSERT_EQ(0, exec_put(OTHERS, gate_install_policy));
	other = gate_open_pin(PIN_DIR "/forget");
	ASSERT_LE(0, other);
	ASSERT_EQ(0, gate_pin(other, LINK));
	close(other);
	ASSERT_EQ(0, exec_put(ALLOW(OWN), gate_reload));
	EXPECT_EQ(0, exec_load());
}

/* --- what can't be measured -------------------------------------------------------------- */

/* The kernel lets go of a link some time after its last name is gone. */
static int load_until(int want)
{
	int err = 0;

	for (int i = 0; i < 100; i++) {
		err = exec_load();
		if (err == want)
			break;
		usleep(50000);
	}
	return err;
}

/* Root detaches the program; the event of a load after that, under these rules. */
static const struct bpfseal_event *load_detached(struct __test_metadata *_metadata,
						 FIXTURE_DATA(measure) *self, const char *rules)
{
	const struct gate_match match = { .name = "measured", .tgid = (uint32_t)getpid() };
	const struct bpfseal_event *e;

	ASSERT_EQ(0, exec_put(rules, gate_install_policy));
	ASSERT_EQ(0, gate_events_open(&self->events));
	EXPECT_EQ(0, exec_load());
	ASSERT_EQ(0, unlink(LINK));
	EXPECT_EQ(-EPERM, load_until(-EPERM));
	ASSERT_EQ(0, gate_events_clear(&self->events) < 0);
	EXPECT_EQ(-EPERM, exec_load());
	e = gate_event_only(&self->events, &match);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(BPFSEAL_MEASURED_NONE, e->measured);
	return e;
}

/* No load passes for one that rules allow. */
TEST_F(measure, detached)
{
	const struct bpfseal_event *e = load_detached(_metadata, self, ALLOW(OWN));

	EXPECT_EQ(BPFSEAL_R_UNSIGNED, e->reason);
	EXPECT_FALSE(is_installed());
}

/* Nor does one that rules deny pass for another. */
TEST_F(measure, detached_denies)
{
	const struct bpfseal_event *e = load_detached(_metadata, self, DENY(OTHER) OTHERS);

	EXPECT_EQ(BPFSEAL_R_RULE_DENIES, e->reason);
	EXPECT_STREQ("bad", e->rule_id);
}

EXEC_MAIN
