// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kfunc_race_test.c - verifications that run beside each other, beside requests
 * of the map's hash, beside loads of the same program, and beside writers. Each
 * race is run many times; what must hold is looked at each time.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "meta_test.h"

#define RUNS 300
#define RUNNERS 2

static const char good[META_SIZE] = "metadata";
static const char bad[META_SIZE] = "metadatb";

FIXTURE(race) {
	META_LOADER;
};

FIXTURE_SETUP(race)
{
	META_SETUP(self, good);
}

FIXTURE_TEARDOWN(race)
{
	META_TEARDOWN(self);
}

/* --- a thread that does something beside the test --------------------------- */

struct beside {
	pthread_t thread;
	void (*what)(struct beside *beside);
	atomic_bool stop;
	atomic_int fd;
	union bpf_attr *attr;
	atomic_int result;
	atomic_uint times;
};

static void *beside_main(void *arg)
{
	struct beside *beside = arg;

	while (!beside->stop)
		beside->what(beside);
	return NULL;
}

static void beside_start(struct __test_metadata *_metadata, struct beside *beside)
{
	ASSERT_EQ(0, pthread_create(&beside->thread, NULL, beside_main, beside));
}

static void beside_stop(struct beside *beside)
{
	beside->stop = true;
	pthread_join(beside->thread, NULL);
}

/* --- two runs of one loader ------------------------------------------------- */

struct runner {
	pthread_barrier_t *start;
	int fd;
	int result;
};

static void *run_one(void *arg)
{
	struct runner *runner = arg;

	pthread_barrier_wait(runner->start);
	runner->result = meta_run(runner->fd);
	return NULL;
}

/* Runs all at once; returns how many were let through, or -1. */
static int run_together(struct runner *runners, const int *fds)
{
	pthread_t threads[RUNNERS];
	pthread_barrier_t start;
	int i, passed = 0;

	pthread_barrier_init(&start, NULL, RUNNERS);
	for (i = 0; i < RUNNERS; i++) {
		runners[i] = (struct runner){ .start = &start, .fd = fds[i] };
		if (pthread_create(&threads[i], NULL, run_one, &runners[i]))
			return -1;
	}
	for (i = 0; i < RUNNERS; i++) {
		pthread_join(threads[i], NULL);
		passed += !runners[i].result;
	}
	pthread_barrier_destroy(&start);
	return passed;
}

/* One is let through, the other one gets -EPERM and nothing else. */
TEST_F_TIMEOUT(race, one_program, 300)
{
	struct runner runners[RUNNERS];
	int i, fd, fds[RUNNERS];

	for (i = 0; i < RUNS; i++) {
		self->load.map_fd = meta_map(&self->insns, good);
		fd = fds[0] = fds[1] = meta_load(&self->load);
		ASSERT_LE(0, fd);
		ASSERT_EQ(1, run_together(runners, fds));
		ASSERT_EQ(-EPERM, runners[0].result + runners[1].result);
		ASSERT_EQ(-EPERM, meta_run(fd));
		close(fd);
		meta_load_close_map(&self->load);
	}
	EXPECT_EQ(RUNS, i);
}

/* Two programs with one map: at most one. */
TEST_F_TIMEOUT(race, two_programs, 300)
{
	struct runner runners[RUNNERS];
	int i, fds[RUNNERS];

	for (i = 0; i < RUNS; i++) {
		self->load.map_fd = meta_map(&self->insns, good);
		fds[0] = meta_load(&self->load);
		fds[1] = meta_load(&self->load);
		ASSERT_LE(0, fds[0]);
		ASSERT_LE(0, fds[1]);
		ASSERT_EQ(0, run_together(runners, fds));
		ASSERT_EQ(-EPERM, runners[0].result);
		ASSERT_EQ(-EPERM, runners[1].result);
		close(fds[0]);
		close(fds[1]);
		meta_load_close_map(&self->load);
	}
	EXPECT_EQ(RUNS, i);
}

/* --- loads beside a verification -------------------------------------------- */

/* One load for each map it is given, later and later in the other one's life. */
static void load_twin(struct beside *beside)
{
	union bpf_attr attr = *beside->attr;
	int map_fd = atomic_exchange(&beside->fd, -1);

	if (map_fd < 0)
		return;
	usleep(5000 * (beside->times % 20));
	attr.fd_array = (uintptr_t)&map_fd;
	beside->result = gate_load(&attr);
	beside->times++;
}

/* A verified map and a second program bound to it never go together. */
TEST_F_TIMEOUT(race, twin_loads, 600)
{
	struct beside beside = { .what = load_twin, .fd = -1 };
	int fd, ret, passed = 0, refused = 0;
	struct meta_load twin = self->load;
	union bpf_attr attr;
	unsigned int i;

	twin.who = NULL;
	ASSERT_EQ(0, meta_attr(&twin, &attr));
	beside.attr = &attr;
	beside_start(_metadata, &beside);
	for (i = 0; i < RUNS; i++) {
		self->load.map_fd = meta_map(&self->insns, good);
		ASSERT_LE(0, self->load.map_fd);
		beside.fd = self->load.map_fd;
		fd = meta_load(&self->load);
		ASSERT_LE(0, fd);
		ret = meta_run(fd);
		while (beside.times == i)
			usleep(100);
		if (ret) {
			ASSERT_EQ(-EPERM, ret);
			ASSERT_LE(0, beside.result);
			close(beside.result);
			refused++;
		} else {
			ASSERT_EQ(-EACCES, beside.result);
			passed++;
		}
		close(fd);
		meta_load_close_map(&self->load);
	}
	beside_stop(&beside);
	meta_attr_free(&attr);
	TH_LOG("%d passed, %d refused", passed, refused);
	/* Both happened, or there was no race. */
	EXPECT_LT(0, passed);
	EXPECT_LT(0, refused);
}

/* --- the cached hash -------------------------------------------------------- */

static void ask_hash(struct beside *beside)
{
	struct bpf_map_info info = {};
	union bpf_attr attr = {};
	uint8_t hash[32];

	info.hash = (uintptr_t)hash;
	info.hash_size = sizeof(hash);
	attr.info.bpf_fd = beside->fd;
	attr.info.info = (uintptr_t)&info;
	attr.info.info_len = sizeof(info);
	beside->times += !gate_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

/* Another process asks for the hash all the time: content decides, nothing else. */
TEST_F_TIMEOUT(race, hash_cache, 300)
{
	static const char *const contents[] = { good, bad };
	struct beside beside = { .what = ask_hash, .fd = -1 };
	int i, fd;

	beside_start(_metadata, &beside);
	for (i = 0; i < RUNS; i++) {
		self->load.map_fd = meta_map(&self->insns, contents[i % 2]);
		beside.fd = self->load.map_fd;
		fd = meta_load(&self->load);
		ASSERT_LE(0, fd);
		ASSERT_EQ(i % 2 ? -EBADMSG : 0, meta_run(fd));
		close(fd);
		meta_load_close_map(&self->load);
	}
	beside_stop(&beside);
	EXPECT_LT(0, beside.times);
}

/* --- writers beside the freeze ---------------------------------------------- */

static void write_bad(struct beside *beside)
{
	const uint32_t zero = 0;
	int fd = beside->fd;

	if (fd >= 0)
		beside->times += !gate_map_update(fd, &zero, bad);
}

/*
 * A writer may get past its check just before the freeze and write after it. Of
 * a verified map the content stays what was verified.
 */
TEST_F_TIMEOUT(race, writer, 600)
{
	struct beside beside = { .what = write_bad, .fd = -1 };
	int i, fd, ret, passed = 0, refused = 0, bad_content = 0;
	const uint32_t zero = 0;
	char value[META_SIZE];

	beside_start(_metadata, &beside);
	for (i = 0; i < 2 * RUNS; i++) {
		const struct gate_map map = { .size = META_SIZE, .excl = self->insns.hash };

		self->load.map_fd = gate_map_make(&map);
		fd = meta_load(&self->load);
		ASSERT_LE(0, fd);
		beside.fd = self->load.map_fd;
		do {
			gate_map_update(self->load.map_fd, &zero, good);
			ret = gate_map_freeze(self->load.map_fd);
		} while (ret == -EBUSY);
		ASSERT_EQ(0, ret);
		ret = meta_run(fd);
		if (!ret)
			passed++;
		else if (ret == -EBADMSG)
			bad_content++;
		else
			refused++;
		beside.fd = -1;
		usleep(1);
		ASSERT_EQ(0, gate_map_lookup(self->load.map_fd, &zero, value));
		if (!ret)
			ASSERT_EQ(0, memcmp(value, good, sizeof(value)));
		if (ret && ret != -EBADMSG)
			ASSERT_EQ(-EPERM, ret);
		close(fd);
		meta_load_close_map(&self->load);
	}
	beside_stop(&beside);
	TH_LOG("%d passed, %d refused, %d with the other content", passed, refused, bad_content);
	EXPECT_LT(0, passed);
	EXPECT_LT(0, bad_content);
}

TEST_HARNESS_MAIN
