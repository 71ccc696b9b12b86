// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sealed_upgrade_test.c - a sealed policy makes room for programs that its authority has
 * signed, with a newer policy, and for no others.
 *
 * The policy stays sealed, and versions only rise, so that each test takes the next ones.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "kselftest_harness.h"
#include "adoption.h"
#include "attach.h"
#include "attempt.h"
#include "audit.h"
#include "cli.h"
#include "control.h"
#include "gate_test.h"
#include "host.h"
#include "pins.h"
#include "report.h"
#include "storm.h"

#define ADOPTION SEALED_POLICY ".p7s" ADOPTION_SUFFIX

FIXTURE(upgrade) {
	struct gate_output out;
	struct gate_events events;
	unsigned int next;
	int prog;	/* "upgrade" of the programs in force */
};

FIXTURE_SETUP(upgrade)
{
	GATE_NEEDS_SIGNATURES;
	if (!storm_is_signed())
		SKIP(return, "no tools sign for this kernel");
	ASSERT_EQ(0, sealed_ready(&self->next));
	ASSERT_EQ(0, gate_events_open(&self->events));
	ASSERT_LE(0, self->prog = pins_open("upgrade"));
}

FIXTURE_TEARDOWN(upgrade)
{
	struct bpfseal_policy p;

	EXPECT_EQ(-EPERM, cli_unsigned());
	EXPECT_EQ(0, report_policy(&p));
	EXPECT_EQ(BPFSEAL_SEALED, p.mode);
	gate_events_close(&self->events);
	gate_output_free(&self->out);
	close(self->prog);
}

/* The newest program that nobody gets a descriptor of; 0: there is none. */
static __u32 newest_sealed(void)
{
	__u32 id = 0, found = 0;
	int fd;

	while (!bpf_prog_get_next_id(id, &id)) {
		fd = bpf_prog_get_fd_by_id(id);
		if (fd >= 0)
			close(fd);
		else if (errno == EPERM)
			found = id;
	}
	return found;
}

/* --- by the command --------------------------------------------------------------- */

static void expect_whole(struct __test_metadata *_metadata, FIXTURE_DATA(upgrade) *self)
{
	CLI_RUN(0, &self->out, "bpfseal", "status");
	EXPECT_NE(NULL, strstr(self->out.out, "sealed"));
	CLI_RUN(0, &self->out, "bpfseal", "events", "--all");
	CLI_HAS(self->out.out, "upgraded");
	CLI_RUN(1, &self->out, "bpfseal", "uninstall");
	CLI_RUN(1, &self->out, "bpfseal", "mode", "permissive");
	EXPECT_NE(0, newest_sealed());
	EXPECT_EQ(-EPERM, cli_unsigned());
}

TEST_F(upgrade, denies_all_the_while)
{
	const struct sealed_policy first = { .version = self->next };
	const struct sealed_policy second = { .version = self->next + 1 };
	__u32 before = newest_sealed();
	struct storm storm;

	ASSERT_EQ(0, sealed_sign(&first, "authority", storm_signed_file()));
	ASSERT_EQ(0, storm_begin(&storm));
	CLI_RUN(0, &self->out, "bpfseal", "upgrade", SEALED_POLICY);
	ASSERT_EQ(0, storm_end(&storm));
	EXPECT_LT(100, storm.denied);
	EXPECT_EQ(0, storm.allowed);
	EXPECT_EQ(first.version, sealed_version());
	EXPECT_LT(before, newest_sealed());
	expect_whole(_metadata, self);
	/* And once more, of programs that have been upgraded. */
	ASSERT_EQ(0, sealed_sign(&second, "authority", storm_signed_file()));
	CLI_RUN(0, &self->out, "bpfseal", "upgrade", SEALED_POLICY);
	EXPECT_EQ(second.version, sealed_version());
	expect_whole(_metadata, self);
}

#define REFUSED(reason) do { \
	CLI_RUN(1, &self->out, "bpfseal", "upgrade", SEALED_POLICY); \
	CLI_HAS(self->out.err, reason); \
	EXPECT_EQ(self->next - 1, sealed_version()); \
	EXPECT_EQ(-EPERM, cli_unsigned()); \
} while (0)

TEST_F(upgrade, refused)
{
	struct sealed_policy p = { .version = self->next };

	ASSERT_EQ(0, sealed_sign(&p, "stranger", storm_signed_file()));
	REFUSED("is made by another signer");
	ASSERT_EQ(0, gate_do("cp", ADOPTION, CLI_TMP "/stranger.programs"));
	ASSERT_EQ(0, sealed_sign(&p, "authority", storm_signed_file()));
	ASSERT_EQ(0, gate_do("cp", ADOPTION, CLI_TMP "/good.programs"));
	ASSERT_EQ(0, gate_do("cp", CLI_TMP "/stranger.programs", ADOPTION));
	REFUSED("the authority has not signed these programs");
	ASSERT_EQ(0, unlink(ADOPTION));
	REFUSED("and there is no " ADOPTION);
	ASSERT_EQ(0, gate_write(ADOPTION, "nothing", 7));
	REFUSED("is not what 'bpfseal policy sign --programs' makes");
	p.version--;
	ASSERT_EQ(0, sealed_sign(&p, "authority", storm_signed_file()));
	ASSERT_EQ(0, gate_do("cp", ADOPTION, CLI_TMP "/old.programs"));
	p.version++;
	ASSERT_EQ(0, sealed_sign(&p, "authority", storm_signed_file()));
	ASSERT_EQ(0, gate_do("cp", CLI_TMP "/old.programs", ADOPTION));
	REFUSED("were signed for a policy that isn't newer");
	ASSERT_EQ(0, gate_do("cp", CLI_TMP "/good.programs", ADOPTION));
	ASSERT_EQ(0, unlink(SEALED_POLICY ".p7s.kernel"));
	REFUSED("there is no " SEALED_POLICY ".p7s.kernel");
}

/* --- by running "upgrade", as whoever is root can ------------------------------------ */

static int ask(int prog, struct bpfseal_upgrade *u)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = u, .ctx_size_in = sizeof(*u));

	return bpf_prog_test_run_opts(prog, &opts) < 0 ? -errno : (int)opts.retval;
}

static int ask_for(int prog, enum bpfseal_upgrade_op op)
{
	struct bpfseal_upgrade u = { .op = op };

	return ask(prog, &u);
}

static void expect_denied(struct __test_metadata *_metadata, struct gate_events *events)
{
	const struct gate_match match = {
		.decision = BPFSEAL_DENY, .reason = BPFSEAL_R_SEALED, .hook = BPFSEAL_HOOK_CONTROL,
	};

	ASSERT_LE(0, gate_events_drain(events));
	EXPECT_LT(0, gate_event_count(events, &match));
	gate_events_clear(events);
}

#define DENIED(with, op) do { \
	EXPECT_EQ(with, ask_for(self->prog, op)); \
	expect_denied(_metadata, &self->events); \
} while (0)

TEST_F(upgrade, out_of_turn)
{
	DENIED(-EINVAL, BPFSEAL_UPGRADE_ISOLATE);
	DENIED(-EBUSY, BPFSEAL_UPGRADE_RETIRE);
	EXPECT_EQ(-EPERM, ask_for(self->prog, BPFSEAL_UPGRADE_INHERIT));
	DENIED(-EBADMSG, BPFSEAL_UPGRADE_ADOPT);
	DENIED(-EINVAL, 77);
}

static int adopt(int prog, struct adoption *a)
{
	struct bpfseal_upgrade u = {
		.op = BPFSEAL_UPGRADE_ADOPT, .adoption = (uintptr_t)&a->what,
		.signature = (uintptr_t)a->sig, .signature_len = (__u32)a->sig_len,
	};

	return ask(prog, &u);
}

static int read_adoption(struct adoption *a)
{
	struct policy_source src = {};
	int err = policy_source_read(SEALED_POLICY, &src);

	if (!err)
		err = adoption_read(&src, a);
	policy_source_free(&src);
	return err;
}

#define ALTERED(member, value) do { \
	a.what.member ^= value; \
	EXPECT_EQ(-EKEYREJECTED, adopt(self->prog, &a)); \
	expect_denied(_metadata, &self->events); \
	a.what.member ^= value; \
} while (0)

TEST_F(upgrade, altered)
{
	const struct sealed_policy p = { .version = self->next };
	struct adoption a;

	ASSERT_EQ(0, sealed_sign(&p, "authority", storm_signed_file()));
	ASSERT_EQ(0, read_adoption(&a));
	ALTERED(version, 4);
	ALTERED(deciding, 1);
	ALTERED(loaders[0][0], 1);
	ALTERED(loaders[BPFSEAL_LOADERS - 1][BPFSEAL_DIGEST_LEN - 1], 1);
	ALTERED(metadata[BPFSEAL_DIGEST_LEN - 1], 0x80);
	a.what.purpose[0] ^= 1;
	EXPECT_EQ(-EBADMSG, adopt(self->prog, &a));
	a.what.purpose[0] ^= 1;
	a.sig_len--;
	EXPECT_EQ(-EBADMSG, adopt(self->prog, &a));
	a.sig_len++;
	EXPECT_EQ(0, adopt(self->prog, &a));
	EXPECT_EQ(0, ask_for(self->prog, BPFSEAL_UPGRADE_DISOWN));
}

static void write_map(struct __test_metadata *_metadata, const char *name, const void *value)
{
	int fd = attempt_map(name);
	__u32 zero = 0;

	ASSERT_LE(0, fd) TH_LOG("no map %s", name);
	EXPECT_EQ(0, bpf_map_update_elem(fd, &zero, value, BPF_ANY));
	close(fd);
}

/* --- the attacks -------------------------------------------------------------------- */

/* Who has a descriptor from before could write to the maps later. */
TEST_F(upgrade, a_map_is_held)
{
	struct attempt a;
	int fd;

	ASSERT_EQ(0, attempt_begin(&a, self->next));
	ASSERT_LE(0, fd = attempt_map("policies"));
	EXPECT_EQ(-EBUSY, takeover_isolate(&a.t));
	EXPECT_EQ(-1, attempt_map("policies")) TH_LOG("isolated, and still to be had");
	DENIED(-EBUSY, BPFSEAL_UPGRADE_RETIRE);
	close(fd);
	attempt_end(&a);
}

TEST_F(upgrade, a_program_is_held)
{
	struct attempt a;
	int control;

	ASSERT_EQ(0, attempt_begin(&a, self->next));
	/* It is there for all, but might be under way in it. */
	ASSERT_LE(0, control = takeover_open(&a.t, "control"));
	EXPECT_EQ(-EBUSY, takeover_isolate(&a.t));
	close(control);
	DENIED(-EBUSY, BPFSEAL_UPGRADE_RETIRE);
	attempt_end(&a);
}

TEST_F(upgrade, a_program_is_detached)
{
	struct attempt a;

	ASSERT_EQ(0, attempt_begin(&a, self->next));
	ASSERT_EQ(0, attach_remove(NULL));
	EXPECT_EQ(-EBUSY, takeover_isolate(&a.t));
	DENIED(-EBUSY, BPFSEAL_UPGRADE_RETIRE);
	attempt_end(&a);
}

/* It would go with its last descriptor. */
TEST_F(upgrade, a_program_has_a_link)
{
	struct attempt a;
	int prog, root, link;

	ASSERT_EQ(0, attempt_begin(&a, self->next));
	ASSERT_LE(0, prog = attempt_prog("guard_remount"));
	ASSERT_LE(0, root = host_cgroups_open());
	ASSERT_EQ(0, bpf_prog_detach2(prog, root, BPF_LSM_CGROUP));
	ASSERT_LE(0, link = bpf_link_create(prog, root, BPF_LSM_CGROUP, NULL));
	close(prog);
	close(root);
	EXPECT_EQ(-EBUSY, takeover_isolate(&a.t));
	DENIED(-EBUSY, BPFSEAL_UPGRADE_RETIRE);
	close(link);
	attempt_end(&a);
}

/* With their last pin those go that write the handover; what stands there then isn't theirs. */
TEST_F(upgrade, pins_are_lost)
{
	struct attempt a;

	ASSERT_EQ(0, attempt_begin(&a, self->next));
	ASSERT_EQ(0, takeover_isolate(&a.t));
	close(a.t.fs);
	a.t.fs = -1;
	for (int i = 0; i < 20; i++) {
		usleep(50000);
		DENIED(-EAGAIN, BPFSEAL_UPGRADE_RETIRE);
	}
	attempt_end(&a);
}

/* As if they had taken over already. */
TEST_F(upgrade, handover_is_written_before)
{
	struct attempt a;

	ASSERT_EQ(0, attempt_begin(&a, self->next));
	a.told.stage = BPFSEAL_HANDOVER_DONE;
	a.told.version = self->next;
	write_map(_metadata, "handover", &a.told);
	EXPECT_EQ(-EBUSY, takeover_isolate(&a.t));
	DENIED(-EBUSY, BPFSEAL_UPGRADE_RETIRE);
	attempt_end(&a);
}

/* They may be told that they are under the seal, with nothing forgotten. */
TEST_F(upgrade, state_is_written_before)
{
	struct bpfseal_state state = {
		.seal = BPFSEAL_INHERITS, .audit = BPFSEAL_AUDIT_CLEAN, .anchor = 1, .progs = { .base = 1 },
	};
	struct attempt a;

	ASSERT_EQ(0, attempt_begin(&a, self->next));
	state.authority = a.told.authority;
	write_map(_metadata, "bpfseal.bss", &state);
	ASSERT_EQ(0, takeover_isolate(&a.t));
	EXPECT_EQ(-EINVAL, takeover_give(&a.t, &a.src, a.prepared.table, &a.prepared.keys));
	EXPECT_EQ(-EPERM, takeover_begin(&a.t, &a.told));
	DENIED(-EAGAIN, BPFSEAL_UPGRADE_RETIRE);
	attempt_end(&a);
}

/* Sealed in the usual way, with a policy that nobody has signed. */
TEST_F(upgrade, sealed_by_themselves)
{
	struct attempt a;
	int control, audit;

	ASSERT_EQ(0, attempt_begin(&a, self->next));
	ASSERT_EQ(0, takeover_isolate(&a.t));
	ASSERT_LE(0, control = takeover_open(&a.t, "control"));
	ASSERT_LE(0, audit = takeover_open(&a.t, "audit"));
	a.prepared.table->policy.mode = BPFSEAL_ENFORCING;
	EXPECT_EQ(0, control_switch(control, a.prepared.table, &a.prepared.keys));
	EXPECT_LE(0, audit_run(audit));
	EXPECT_EQ(0, control_close(control, 1, &a.told.authority));
	control_seal(control, BPFSEAL_SEAL);
	DENIED(-EAGAIN, BPFSEAL_UPGRADE_RETIRE);
	control_seal(control, BPFSEAL_REOPEN);
	close(control);
	close(audit);
	attempt_end(&a);
}

/* What was written into their maps is gone, and they can be given no other policy. */
TEST_F(upgrade, begins_anew)
{
	struct bpfseal_counters counters[BPFSEAL_R_MAX], planted[4] = { { .lost = 777 } };
	struct bpfseal_state state = { .seq = 777, .running = 777 };
	struct bpfseal_handover other;
	struct attempt a;
	int control;

	ASSERT_EQ(0, attempt_begin(&a, self->next));
	write_map(_metadata, "bpfseal.bss", &state);
	write_map(_metadata, "counters", planted);
	ASSERT_EQ(0, takeover_isolate(&a.t));
	ASSERT_EQ(0, takeover_begin(&a.t, &a.told));
	ASSERT_EQ(0, report_state(&state));	/* theirs, by pins_use() */
	EXPECT_EQ(BPFSEAL_INHERITS, state.seal);
	EXPECT_GT(100, state.seq);
	EXPECT_GT(100, state.running);
	EXPECT_EQ(0, state.generation >> 63);
	ASSERT_EQ(0, report_counters(counters));
	EXPECT_EQ(0, counters[0].lost);
	ASSERT_LE(0, control = takeover_open(&a.t, "control"));
	a.prepared.table->policy.require ^= 3;
	EXPECT_EQ(-EKEYREJECTED, takeover_give(&a.t, &a.src, a.prepared.table, &a.prepared.keys));
	EXPECT_EQ(-EPERM, control_mode(control, BPFSEAL_PERMISSIVE));
	EXPECT_EQ(-ENOENT, control_close(control, 1, &a.told.authority));
	DENIED(-EAGAIN, BPFSEAL_UPGRADE_RETIRE);
	close(control);
	other = a.told;
	EXPECT_EQ(-EPERM, takeover_begin(&a.t, &other));
	attempt_end(&a);
}

/* Under other terms than those of the old ones: both stay, and decide. */
TEST_F(upgrade, under_other_terms)
{
	struct attempt a;

	ASSERT_EQ(0, attempt_begin(&a, self->next));
	ASSERT_EQ(0, takeover_isolate(&a.t));
	ASSERT_EQ(0, takeover_begin(&a.t, &a.told));
	a.prepared.table->policy.tai_utc += 1000000000;
	ASSERT_EQ(0, takeover_give(&a.t, &a.src, a.prepared.table, &a.prepared.keys));
	EXPECT_EQ(-EINVAL, takeover_finish(&a.t));
	takeover_end(&a.t);
	expect_denied(_metadata, &self->events);
	attempt_free(&a);
	EXPECT_EQ(self->next - 1, sealed_version());
	EXPECT_EQ(0, ask_for(self->prog, BPFSEAL_UPGRADE_DISOWN));
}

/* --- cut short ------------------------------------------------------------------------- */

static void upgrade_next(struct __test_metadata *_metadata, FIXTURE_DATA(upgrade) *self)
{
	const struct sealed_policy p = { .version = ++self->next };

	EXPECT_EQ(-EPERM, cli_unsigned());
	ASSERT_EQ(0, sealed_sign(&p, "authority", storm_signed_file()));
	CLI_RUN(0, &self->out, "bpfseal", "upgrade", SEALED_POLICY);
	EXPECT_EQ(self->next, sealed_version());
	expect_whole(_metadata, self);
}

static int steps(struct attempt *a, int n)
{
	int err = 0;

	if (n > 0)
		err = takeover_isolate(&a->t);
	if (!err && n > 1)
		err = takeover_begin(&a->t, &a->told);
	if (!err && n > 2)
		err = takeover_give(&a->t, &a->src, a->prepared.table, &a->prepared.keys);
	if (!err && n > 3)
		err = takeover_finish(&a->t);
	return err;
}

#define CUT_SHORT(name, n) \
	TEST_F(upgrade, cut_short_##name) \
	{ \
		struct attempt a; \
		\
		ASSERT_EQ(0, attempt_begin(&a, self->next)); \
		ASSERT_EQ(0, steps(&a, n)); \
		takeover_end(&a.t); \
		upgrade_next(_metadata, self); \
		attempt_free(&a); \
	}
CUT_SHORT(when_loaded, 0)
CUT_SHORT(when_isolated, 1)
CUT_SHORT(when_begun, 2)
CUT_SHORT(when_sealed, 3)
CUT_SHORT(when_retired, 4)

TEST_HARNESS_MAIN
