// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_agent_test.c - generated loaders in a process of many threads: beside threads that
 * open and close descriptors all the time, and do no harm; and beside one that exchanges
 * the loader's maps while the verifier looks.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "gate_test.h"

#include "gate_skel.h"
#include "constants.signed.lskel.h"
#include "entwined.signed.lskel.h"
GATE_SKEL(constants_signer)
GATE_SKEL(entwined_signer)

#define THREADS 4
#define LOADS 10

struct busy {
	volatile bool stop;
	unsigned long opened;
};

static void *open_and_close(void *arg)
{
	struct busy *busy = arg;
	int fds[8], i;

	while (!busy->stop) {
		for (i = 0; i < 8; i++)
			fds[i] = i % 2 ? dup(0) : open("/dev/null", O_RDONLY);
		for (i = 0; i < 8; i++)
			close(fds[i]);
		__sync_fetch_and_add(&busy->opened, 8);
	}
	return NULL;
}

FIXTURE(agent) {
	struct gate_events events;
	int32_t keyring;
};

FIXTURE_VARIANT(agent) {
	bool sealed;
};

FIXTURE_VARIANT_ADD(agent, control) { .sealed = false };
FIXTURE_VARIANT_ADD(agent, sealed) { .sealed = true };

FIXTURE_SETUP(agent)
{
	const struct gate_policy policy = { .mode = "enforcing" };

	GATE_SHARE_OR_CONTROL(variant->sealed, &self->events, &policy, &self->keyring);
}

FIXTURE_TEARDOWN(agent)
{
	if (variant->sealed)
		gate_events_close(&self->events);
}

static void load_constants(struct __test_metadata *_metadata, int32_t keyring)
{
	struct constants_signer *skel;
	struct gate_loader loader;
	int32_t ret = 0;

	ASSERT_EQ(0, constants_signer__take(&loader));
	loader.keyring = keyring;
	skel = loader.ctx;
	EXPECT_EQ(0, gate_loader_all(&loader));
	EXPECT_EQ(0, gate_prog_run_packet(skel->progs.constant.prog_fd, &ret));
	EXPECT_EQ(42, ret);
	gate_loader_close(&loader);
	close(skel->progs.constant.prog_fd);
	close(skel->maps.one.map_fd);
	close(skel->maps.outer.map_fd);
	close(skel->maps.settings.map_fd);
	close(skel->maps.rodata.map_fd);
	close(skel->maps.data.map_fd);
	close(skel->maps.bss.map_fd);
}

static void expect_allowed(struct __test_metadata *_metadata, struct gate_events *events, size_t n)
{
	const struct gate_match allowed = { .name = "constant", .decision = BPFSEAL_ALLOW,
					    .reason = BPFSEAL_R_NESTED, .tgid = getpid() };
	const struct gate_match denied = { .decision = BPFSEAL_DENY, .tgid = getpid() };

	ASSERT_LT(0, gate_events_drain(events));
	EXPECT_EQ(n, gate_event_count(events, &allowed));
	EXPECT_EQ(0, gate_event_count(events, &denied));
}

TEST_F(agent, single_thread)
{
	load_constants(_metadata, self->keyring);
	if (variant->sealed)
		expect_allowed(_metadata, &self->events, 1);
}

TEST_F(agent, busy_threads)
{
	struct busy busy = { .stop = false };
	pthread_t threads[THREADS];
	int i;

	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, open_and_close, &busy));
	for (i = 0; i < LOADS; i++)
		load_constants(_metadata, self->keyring);
	EXPECT_LT(LOADS, busy.opened) TH_LOG("the threads weren't busy");
	busy.stop = true;
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	if (variant->sealed)
		expect_allowed(_metadata, &self->events, LOADS);
}

/* --- exchanged while the verifier looks ---------------------------------------- */

#define TRIES 200	/* at most, until it has happened twice */
#define HITS 2

/* The loader's maps, and what the thread that exchanges them waits for. */
struct exchanger {
	volatile bool stop;
	int map[2];
	int frozen[2];	/* a pipe that says when both are frozen */
};

static bool is_frozen(pid_t of, int fd)
{
	char path[64], text[1024] = "";
	int info;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", of, fd);
	info = open(path, O_RDONLY);
	if (info < 0)
		return false;
	if (read(info, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(info);
	return strstr(text, "frozen:\t1");
}

/* In a process of its own, as opening a file would take a number from the loader. */
static pid_t watch(struct exchanger *e)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	while (!e->stop && !is_frozen(getppid(), e->map[1]))
		;
	_exit(write(e->frozen[1], "", 1) != 1);
}

static void exchange(int a, int b)
{
	int aside = dup(a);

	dup2(b, a);
	dup2(aside, b);
	close(aside);
}

static void *exchange_frozen(void *arg)
{
	struct exchanger *e = arg;
	char byte;

	if (read(e->frozen[0], &byte, 1) != 1)
		return NULL;
	while (!e->stop) {
		exchange(e->map[0], e->map[1]);
		exchange(e->map[0], e->map[1]);
	}
	return NULL;
}

static void run_exchanged(struct __test_metadata *_metadata, struct gate_loader *loader,
			  struct exchanger *e)
{
	pthread_t thread;
	int status;
	pid_t pid;

	ASSERT_EQ(0, pipe(e->frozen));
	e->map[0] = dup(0) + 1;	/* behind its BTF */
	e->map[1] = e->map[0] + 1;
	close(e->map[0] - 1);
	pid = watch(e);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, pthread_create(&thread, NULL, exchange_frozen, e));
	ASSERT_EQ(0, gate_loader_run(loader));
	e->stop = true;
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	close(e->frozen[0]);
	close(e->frozen[1]);
}

/* What the program comes to, or why there is none. */
static int32_t load_entwined(struct __test_metadata *_metadata, int32_t keyring)
{
	struct entwined_signer *skel;
	struct gate_loader loader;
	struct exchanger *e;
	int32_t ret = 0;
	int map;

	e = mmap(NULL, sizeof(*e), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, e);
	ASSERT_EQ(0, entwined_signer__take(&loader));
	loader.keyring = keyring;
	skel = loader.ctx;
	ASSERT_EQ(0, gate_loader_map(&loader));
	ASSERT_EQ(0, gate_loader_load(&loader));
	run_exchanged(_metadata, &loader, e);
	map = e->map[0];
	close(e->map[0]);
	close(e->map[1]);
	munmap(e, sizeof(*e));
	gate_loader_close(&loader);
	if (loader.ret < 0)
		return loader.ret;
	EXPECT_EQ(map, skel->maps.rodata_first.map_fd) TH_LOG("they were numbered otherwise");
	EXPECT_EQ(0, gate_prog_run_packet(skel->progs.entwined.prog_fd, &ret));
	close(skel->progs.entwined.prog_fd);
	return ret;
}

/* Both maps are used, whichever instruction got which: that alone tells nothing. */
TEST_F(agent, entwined)
{
	const struct gate_match swapped = {
		.name = "entwined", .decision = BPFSEAL_DENY, .hook = BPFSEAL_HOOK_PROG_FD,
		.reason = BPFSEAL_R_SWAPPED_FD, .tgid = getpid(),
	};
	size_t wrong = 0, denied = 0;
	int32_t ret;

	for (int i = 0; i < TRIES && wrong + denied < HITS; i++) {
		ret = load_entwined(_metadata, self->keyring);
		wrong += ret > 0;
		denied += ret < 0;
		if (ret < 0)
			EXPECT_EQ(-EPERM, ret);
	}
	if (variant->sealed) {
		EXPECT_EQ(0, wrong);
		EXPECT_LT(0, denied);
		gate_events_drain(&self->events);
		EXPECT_EQ(denied, gate_event_count(&self->events, &swapped));
	} else {
		EXPECT_LT(0, wrong);
		EXPECT_EQ(0, denied);
	}
}

GATE_MAIN
