// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * loader_test.c - light skeletons: one signed by a trusted signer installs
 * what it holds, once; loaders that weren't admitted, run again, or whose
 * signer isn't trusted any more, install nothing.
 */
#include <errno.h>
#include <linux/keyctl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "gate_test.h"
#include "pins.h"

#include "gate_skel.h"
#include "nested.lskel.h"
#include "nested.signed.lskel.h"
#include "many.signed.lskel.h"
GATE_SKEL(nested)
GATE_SKEL(nested_signer)
GATE_SKEL(many_signer)

#define PIN "/sys/fs/bpf/gate_loader"

static const struct gate_policy enforcing = { .mode = "enforcing" };
static const struct gate_policy permissive = { .mode = "permissive" };

FIXTURE(control) {
	struct gate_loader loader;
};

FIXTURE_SETUP(control)
{
	GATE_CONTROL;
	ASSERT_EQ(0, nested_signer__take(&self->loader));
	self->loader.keyring = KEY_SPEC_SESSION_KEYRING;
}

FIXTURE_TEARDOWN(control)
{
	gate_loader_close(&self->loader);
}

/* Close what a skeleton of "nested" has made, so that it can be run again. */
static void close_nested(struct nested_signer *skel)
{
	close(skel->maps.hits.map_fd);
	close(skel->maps.lengths.map_fd);
	close(skel->progs.count.prog_fd);
	skel->maps.hits.map_fd = skel->maps.lengths.map_fd = skel->progs.count.prog_fd = 0;
}

/* Without a policy a loader runs, and runs again unless it is verified each time. */
TEST_F(control, runs_twice)
{
	ASSERT_EQ(0, gate_loader_map(&self->loader));
	ASSERT_EQ(0, gate_loader_load(&self->loader));
	ASSERT_EQ(0, gate_loader_run(&self->loader));
	EXPECT_EQ(0, self->loader.ret);
	close_nested(self->loader.ctx);
	ASSERT_EQ(0, gate_loader_run(&self->loader));
	EXPECT_EQ(gate_kernel()->promotes ? -EPERM : 0, self->loader.ret);
	close_nested(self->loader.ctx);
}

TEST_F(control, many)
{
	struct gate_loader many;

	ASSERT_EQ(0, many_signer__take(&many));
	many.keyring = KEY_SPEC_SESSION_KEYRING;
	EXPECT_EQ(0, gate_loader_all(&many));
	gate_loader_close(&many);
}

/* --- under a policy -------------------------------------------------------- */

FIXTURE(loader) {
	struct gate_events events;
	struct gate_loader loader;
	struct nested_signer *skel;
};

FIXTURE_SETUP(loader)
{
	GATE_SHARE(&self->events, &enforcing);
	ASSERT_EQ(0, nested_signer__take(&self->loader));
	ASSERT_EQ(0, gate_keyring("signer", &self->loader.keyring));
	self->skel = self->loader.ctx;
	ASSERT_EQ(0, gate_loader_map(&self->loader));
	ASSERT_EQ(0, gate_loader_load(&self->loader));
}

FIXTURE_TEARDOWN(loader)
{
	gate_loader_close(&self->loader);
	gate_events_close(&self->events);
}

/* The event of what the loader did, with what is the same for all of them. */
static struct bpfseal_event nested_event(const struct gate_loader *loader)
{
	return (struct bpfseal_event){
		.decision = BPFSEAL_ALLOW, .reason = BPFSEAL_R_NESTED, .mode = BPFSEAL_ENFORCING,
		.level = gate_kernel()->loader_level, .keyring_type = BPFSEAL_KEYRING_USER,
		.keyring_serial = loader->keyring, .signer = 1, .nested = 1,
		.loader_id = gate_prog_id(loader->prog_fd),
	};
}

static void deny(struct bpfseal_event *want, uint8_t reason)
{
	want->decision = BPFSEAL_DENY;
	want->error = -EPERM;
	want->reason = reason;
}

static struct bpfseal_event map_event(const struct gate_loader *loader, const char *name,
				      uint32_t type)
{
	struct bpfseal_event want = nested_event(loader);

	want.hook = BPFSEAL_HOOK_MAP_CREATE;
	want.object_type = type;
	strcpy(want.name, name);
	return want;
}

TEST_F(loader, installs)
{
	struct bpfseal_event want = nested_event(&self->loader);
	struct bpfseal_event hits = map_event(&self->loader, "hits", BPF_MAP_TYPE_ARRAY);
	struct bpfseal_event lengths = map_event(&self->loader, "lengths", BPF_MAP_TYPE_HASH);
	const struct bpfseal_event *loader, *e;
	const struct gate_match match = { .name = "__loader.prog", .tgid = getpid() };
	int32_t ret = 0;
	uint64_t n = 0;
	uint32_t zero = 0;

	ASSERT_EQ(0, gate_loader_run(&self->loader));
	ASSERT_EQ(0, self->loader.ret);
	EXPECT_EQ(0, gate_prog_run_packet(self->skel->progs.count.prog_fd, &ret));
	EXPECT_EQ(7, ret);
	EXPECT_EQ(0, gate_map_lookup(self->skel->maps.hits.map_fd, &zero, &n));
	EXPECT_EQ(1, n);

	gate_expect(_metadata, &self->events, &hits);
	gate_expect(_metadata, &self->events, &lengths);
	want.hook = BPFSEAL_HOOK_PROG_FD;
	want.object_type = BPF_PROG_TYPE_SOCKET_FILTER;
	strcpy(want.name, "count");
	e = gate_expect(_metadata, &self->events, &want);
	loader = gate_event_find(&self->events, &match);
	ASSERT_NE(NULL, e);
	ASSERT_NE(NULL, loader);
	EXPECT_EQ(gate_prog_id(self->skel->progs.count.prog_fd), e->prog_id);
	EXPECT_EQ(0, memcmp(self->loader.excl, e->loader_digest, sizeof(e->loader_digest)));
	EXPECT_EQ(BPFSEAL_R_SIGNER, loader->reason);
	close_nested(self->skel);
}

/*
 * Run it again. Where it has its metadata verified it gets no further than that,
 * and asks for nothing; loader_run_test has a loader that doesn't.
 */
static void run_again(struct __test_metadata *_metadata, struct gate_events *events,
		      struct gate_loader *loader, struct bpfseal_event want)
{
	const struct gate_match nested = { .name = "hits", .tgid = getpid() };

	deny(&want, BPFSEAL_R_LOADER_RERUN);
	gate_events_clear(events);
	ASSERT_EQ(0, gate_loader_run(loader));
	EXPECT_EQ(-EPERM, loader->ret);
	if (!gate_kernel()->promotes) {
		gate_expect(_metadata, events, &want);
		return;
	}
	gate_events_drain(events);
	EXPECT_EQ(0, gate_event_count(events, &nested));
}

/* The second run is denied whatever the first left in the metadata. */
TEST_F(loader, runs_once)
{
	struct bpfseal_event want = map_event(&self->loader, "hits", BPF_MAP_TYPE_ARRAY);
	int32_t ret = 0;
	int count, i;

	ASSERT_EQ(0, gate_loader_run(&self->loader));
	ASSERT_EQ(0, self->loader.ret);
	count = self->skel->progs.count.prog_fd;
	for (i = 0; i < 2; i++)
		run_again(_metadata, &self->events, &self->loader, want);
	EXPECT_EQ(0, gate_prog_run_packet(count, &ret));
	EXPECT_EQ(7, ret);
	close(count);
}

TEST_F(loader, rerun_permissive)
{
	struct bpfseal_event want = map_event(&self->loader, "hits", BPF_MAP_TYPE_ARRAY);

	if (gate_kernel()->promotes)
		SKIP(return, "this kernel doesn't let the loader run again");
	ASSERT_EQ(0, gate_loader_run(&self->loader));
	ASSERT_EQ(0, self->loader.ret);
	close_nested(self->skel);
	ASSERT_EQ(0, gate_mode("permissive"));
	gate_events_clear(&self->events);
	ASSERT_EQ(0, gate_loader_run(&self->loader));
	EXPECT_EQ(0, self->loader.ret);
	close_nested(self->skel);
	want.decision = BPFSEAL_WOULD_DENY;
	want.mode = BPFSEAL_PERMISSIVE;
	want.reason = BPFSEAL_R_LOADER_RERUN;
	gate_expect(_metadata, &self->events, &want);
}

/* In the child: take the loader's fd and run it. */
static int run_passed(struct gate_loader *loader, int sock)
{
	loader->prog_fd = gate_take_fd(sock);
	if (loader->prog_fd < 0 || gate_loader_run(loader))
		return 100;
	return -loader->ret;
}

/* Whoever has its fd may run it, but it's one run for all of them. */
TEST_F(loader, passed)
{
	struct bpfseal_event child_map = map_event(&self->loader, "hits", BPF_MAP_TYPE_ARRAY);
	struct bpfseal_event want = child_map;
	int sock[2], status, fd = self->loader.prog_fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sock));
	child_map.tgid = fork();
	if (!child_map.tgid) {
		close(fd);
		_exit(run_passed(&self->loader, sock[1]));
	}
	ASSERT_EQ(0, gate_pass_fd(sock[0], fd));
	ASSERT_EQ((pid_t)child_map.tgid, waitpid(child_map.tgid, &status, 0));
	EXPECT_EQ(0, status);
	gate_expect(_metadata, &self->events, &child_map);

	run_again(_metadata, &self->events, &self->loader, want);
}

TEST_F(loader, pinned)
{
	struct bpfseal_event want = map_event(&self->loader, "hits", BPF_MAP_TYPE_ARRAY);
	int fd = self->loader.prog_fd;

	ASSERT_EQ(0, gate_pin(fd, PIN));
	self->loader.prog_fd = gate_open_pin(PIN);
	EXPECT_EQ(0, unlink(PIN));
	ASSERT_LE(0, self->loader.prog_fd);
	ASSERT_EQ(0, gate_loader_run(&self->loader));
	EXPECT_EQ(0, self->loader.ret);
	close(self->loader.prog_fd);
	self->loader.prog_fd = fd;

	run_again(_metadata, &self->events, &self->loader, want);
}

/* The same signed bytes loaded a second time are another loader. */
TEST_F(loader, loaded_twice)
{
	struct gate_loader second;

	ASSERT_EQ(0, gate_loader_run(&self->loader));
	EXPECT_EQ(0, self->loader.ret);
	ASSERT_EQ(0, nested_signer__take(&second));
	second.keyring = self->loader.keyring;
	EXPECT_EQ(0, gate_loader_all(&second));
	gate_loader_close(&second);
}

TEST_F(loader, many)
{
	const struct gate_match nested = { .reason = BPFSEAL_R_NESTED, .tgid = getpid(),
					   .hook = BPFSEAL_HOOK_PROG_FD };
	const struct gate_match denied = { .decision = BPFSEAL_DENY };
	uint64_t types = 0;
	struct gate_loader many;
	size_t i;

	ASSERT_EQ(0, many_signer__take(&many));
	many.keyring = self->loader.keyring;
	EXPECT_EQ(0, gate_loader_all(&many));
	gate_loader_close(&many);
	ASSERT_LT(0, gate_events_drain(&self->events));
	EXPECT_EQ(25, gate_event_count(&self->events, &nested));
	EXPECT_EQ(0, gate_event_count(&self->events, &denied));
	for (i = 0; i < self->events.n; i++)
		if (self->events.list[i].hook == BPFSEAL_HOOK_PROG_FD)
			types |= 1ULL << self->events.list[i].object_type;
	EXPECT_EQ(25, __builtin_popcountll(types));
}

/* Its signer's keyring leaves the policy between its load and its run. */
TEST_F(loader, distrusted)
{
	struct bpfseal_event want = map_event(&self->loader, "hits", BPF_MAP_TYPE_ARRAY);
	static struct bpfseal_policy old, new;

	ASSERT_EQ(0, report_policy(&old));
	new = old;
	memset(new.slots, 0, sizeof(new.slots));
	ASSERT_EQ(0, gate_policy_change(&new));
	gate_events_clear(&self->events);
	ASSERT_EQ(0, gate_loader_run(&self->loader));
	EXPECT_EQ(-EPERM, self->loader.ret);
	deny(&want, BPFSEAL_R_LOADER_DISTRUSTED);
	want.signer = 0;	/* nobody's, by the policy now in force */
	gate_expect(_metadata, &self->events, &want);
	ASSERT_EQ(0, gate_policy_change(&old));
}

/* --- loaders from before the policy ---------------------------------------- */

FIXTURE(before) {
	struct gate_events events;
	struct gate_loader loader;
};

FIXTURE_SETUP(before)
{
	GATE_START(&self->events);
	ASSERT_EQ(0, gate_session());
	ASSERT_LT(0, gate_add_key("signer", KEY_SPEC_SESSION_KEYRING));
}

FIXTURE_TEARDOWN(before)
{
	gate_loader_close(&self->loader);
	GATE_END(&self->events);
}

static void expect_not_admitted(struct __test_metadata *_metadata, struct gate_events *events,
				struct gate_loader *loader, struct bpfseal_event *want)
{
	want->hook = BPFSEAL_HOOK_MAP_CREATE;
	want->object_type = BPF_MAP_TYPE_ARRAY;
	want->nested = 1;
	want->loader_id = gate_prog_id(loader->prog_fd);
	strcpy(want->name, "hits");
	deny(want, BPFSEAL_R_LOADER_NOT_ADMITTED);
	gate_events_clear(events);
	EXPECT_EQ(0, gate_loader_run(loader));
	EXPECT_EQ(-EPERM, loader->ret);
	gate_expect(_metadata, events, want);
}

TEST_F(before, unsigned_loader)
{
	struct bpfseal_event want = {};

	ASSERT_EQ(0, nested__take(&self->loader));
	ASSERT_EQ(0, gate_loader_map(&self->loader));
	ASSERT_EQ(0, gate_loader_load(&self->loader));
	GATE_SEAL(&self->events, &enforcing);
	expect_not_admitted(_metadata, &self->events, &self->loader, &want);
}

/* What is known of the signature of a loader that nobody has asked the policy about. */
static struct bpfseal_event signed_by(int32_t keyring)
{
	struct bpfseal_event event = {};

	if (!gate_kernel()->verdict)
		return event;
	event.keyring_type = BPFSEAL_KEYRING_USER;
	event.keyring_serial = keyring;
	event.level = gate_kernel()->level;
	return event;
}

/* Even with the trusted key: it was checked by a keyring of the attacker's. */
TEST_F(before, signed_loader)
{
	struct bpfseal_event want = signed_by(gate_key_serial(KEY_SPEC_SESSION_KEYRING));

	ASSERT_EQ(0, nested_signer__take(&self->loader));
	self->loader.keyring = KEY_SPEC_SESSION_KEYRING;
	ASSERT_EQ(0, gate_loader_map(&self->loader));
	ASSERT_EQ(0, gate_loader_load(&self->loader));
	GATE_SEAL(&self->events, &enforcing);
	expect_not_admitted(_metadata, &self->events, &self->loader, &want);
}

/* Admitted by an installation that is gone; a new one has never heard of it. */
TEST_F(before, reinstalled)
{
	struct bpfseal_event want;

	GATE_SEAL(&self->events, &enforcing);
	ASSERT_EQ(0, nested_signer__take(&self->loader));
	ASSERT_EQ(0, gate_keyring("signer", &self->loader.keyring));
	want = signed_by(self->loader.keyring);
	ASSERT_EQ(0, gate_loader_map(&self->loader));
	ASSERT_EQ(0, gate_loader_load(&self->loader));
	gate_events_close(&self->events);
	ASSERT_EQ(0, gate_uninstall());
	GATE_SEAL(&self->events, &enforcing);
	expect_not_admitted(_metadata, &self->events, &self->loader, &want);
}

/* What permissive mode let in stays an unsigned loader. */
TEST_F(before, tolerated)
{
	const struct bpfseal_event load = {
		.decision = BPFSEAL_WOULD_DENY, .reason = BPFSEAL_R_UNSIGNED,
		.hook = BPFSEAL_HOOK_PROG_LOAD, .object_type = BPF_PROG_TYPE_SYSCALL,
		.name = "__loader.prog",
	};
	struct bpfseal_event want = {};

	GATE_SEAL(&self->events, &permissive);
	ASSERT_EQ(0, nested__take(&self->loader));
	ASSERT_EQ(0, gate_loader_map(&self->loader));
	ASSERT_EQ(0, gate_loader_load(&self->loader));
	gate_expect(_metadata, &self->events, &load);
	ASSERT_EQ(0, gate_mode("enforcing"));
	expect_not_admitted(_metadata, &self->events, &self->loader, &want);
}

GATE_MAIN
