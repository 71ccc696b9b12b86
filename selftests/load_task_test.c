// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load_task_test.c - who did it: what an event says of the task that loaded,
 * compared with what that task knows of itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>

#include "gate_test.h"

#define CGROUP "/sys/fs/cgroup/gate_task"

static const struct gate_policy enforcing = { .mode = "enforcing" };

/* What a task knows of itself. */
struct myself {
	uint32_t pid, tgid, ppid, uid;
	uint64_t cgroup;
	uint32_t user_ns, mnt_ns, pid_ns, net_ns;
	uint64_t exe_ino;
	uint32_t exe_dev;
	char comm[BPFSEAL_NAME_LEN];
	char exe[PATH_MAX];
	int load;
};

static uint32_t namespace_of(const char *name)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/thread-self/ns/%s", name);
	return stat(path, &st) ? 0 : st.st_ino;
}

/* The inode of this task's cgroup; its id in the kernel. */
static uint64_t cgroup_of(void)
{
	char line[256], path[300];
	FILE *f = fopen("/proc/self/cgroup", "re");
	struct stat st = {};

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::", 3))
			continue;
		snprintf(path, sizeof(path), "/sys/fs/cgroup%s", line + 3);
		stat(path, &st);
	}
	fclose(f);
	return st.st_ino;
}

/* Load an unsigned program, and write down who this is. */
static void load_as_myself(struct myself *me)
{
	ssize_t len;
	struct stat st;

	me->pid = syscall(SYS_gettid);
	me->tgid = getpid();
	me->ppid = getppid();
	me->uid = getuid();
	me->cgroup = cgroup_of();
	me->user_ns = namespace_of("user");
	me->mnt_ns = namespace_of("mnt");
	me->pid_ns = namespace_of("pid");
	me->net_ns = namespace_of("net");
	prctl(PR_GET_NAME, me->comm);
	len = readlink("/proc/self/exe", me->exe, sizeof(me->exe) - 1);
	me->exe[len < 0 ? 0 : len] = '\0';
	if (!stat("/proc/self/exe", &st)) {
		me->exe_ino = st.st_ino;
		me->exe_dev = major(st.st_dev) << 20 | minor(st.st_dev);	/* kernel's dev_t */
	}
	me->load = gate_load_trivial(BPF_PROG_TYPE_SOCKET_FILTER, "who");
}

static void compare(struct __test_metadata *_metadata, const struct myself *me,
		    const struct bpfseal_event *e)
{
	EXPECT_EQ(-EPERM, me->load);
	EXPECT_EQ(me->pid, e->pid);
	EXPECT_EQ(me->tgid, e->tgid);
	EXPECT_EQ(me->ppid, e->ppid);
	EXPECT_EQ(me->uid, e->uid);
	EXPECT_EQ(me->cgroup, e->cgroup_id);
	EXPECT_EQ(me->user_ns, e->user_ns);
	EXPECT_EQ(me->mnt_ns, e->mnt_ns);
	EXPECT_EQ(me->pid_ns, e->pid_ns);
	EXPECT_EQ(me->net_ns, e->net_ns);
	EXPECT_EQ(me->exe_ino, e->exe_ino);
	EXPECT_EQ(me->exe_dev, e->exe_dev);
	EXPECT_EQ(0, strncmp(me->comm, e->comm, sizeof(e->comm)));
	EXPECT_STREQ(me->exe, e->exe_path);
}

FIXTURE(task) {
	struct gate_events events;
	struct myself *me;	/* shared with children */
};

FIXTURE_SETUP(task)
{
	GATE_SHARE(&self->events, &enforcing);
	self->me = mmap(NULL, sizeof(*self->me), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->me);
}

FIXTURE_TEARDOWN(task)
{
	munmap(self->me, sizeof(*self->me));
	gate_events_close(&self->events);
}

/* The one event of a load called "who", whoever did it. */
static const struct bpfseal_event *who_event(struct gate_events *events)
{
	const struct gate_match match = { .name = "who", .hook = BPFSEAL_HOOK_PROG_LOAD };

	return gate_event_only(events, &match);
}

static int64_t boot_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

TEST_F(task, itself)
{
	int64_t before = boot_ns(), after;
	const struct bpfseal_event *e;

	prctl(PR_SET_NAME, "a new name");
	load_as_myself(self->me);
	after = boot_ns();
	EXPECT_STREQ("a new name", self->me->comm);
	EXPECT_NE(0, self->me->cgroup);
	EXPECT_NE(0, self->me->pid_ns);
	e = who_event(&self->events);
	ASSERT_NE(NULL, e);
	compare(_metadata, self->me, e);
	EXPECT_LE(before, (int64_t)e->time_ns);
	EXPECT_GE(after, (int64_t)e->time_ns);
}

static void *in_thread(void *me)
{
	prctl(PR_SET_NAME, "thread");
	load_as_myself(me);
	return NULL;
}

TEST_F(task, thread)
{
	const struct bpfseal_event *e;
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, in_thread, self->me));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	e = who_event(&self->events);
	ASSERT_NE(NULL, e);
	EXPECT_NE(e->pid, e->tgid);
	compare(_metadata, self->me, e);
}

/* Run load_as_myself() in a child, after @prepare. Status of the child. */
static int in_child(struct myself *me, int (*prepare)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (prepare && prepare())
			_exit(1);
		load_as_myself(me);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status;
}

TEST_F(task, child)
{
	const struct bpfseal_event *e;

	ASSERT_EQ(0, in_child(self->me, NULL));
	e = who_event(&self->events);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(getpid(), e->ppid);
	compare(_metadata, self->me, e);
}

static int new_namespaces(void)
{
	return unshare(CLONE_NEWNET | CLONE_NEWNS);
}

TEST_F(task, namespaces)
{
	const struct bpfseal_event *e;

	ASSERT_EQ(0, in_child(self->me, new_namespaces));
	EXPECT_NE(namespace_of("net"), self->me->net_ns);
	EXPECT_NE(namespace_of("mnt"), self->me->mnt_ns);
	e = who_event(&self->events);
	ASSERT_NE(NULL, e);
	compare(_metadata, self->me, e);
}

static int pid_namespace_for_children(void)
{
	return unshare(CLONE_NEWPID);
}

/* The task stays in its pid namespace; only its children will be in the new one. */
TEST_F(task, pid_namespace_of_children)
{
	const struct bpfseal_event *e;

	ASSERT_EQ(0, in_child(self->me, pid_namespace_for_children));
	EXPECT_EQ(namespace_of("pid"), self->me->pid_ns);
	e = who_event(&self->events);
	ASSERT_NE(NULL, e);
	compare(_metadata, self->me, e);
}

static int enter_cgroup(void)
{
	return gate_write(CGROUP "/cgroup.procs", "0", 1);
}

TEST_F(task, cgroup)
{
	const struct bpfseal_event *e;
	struct stat st;

	if (mkdir(CGROUP, 0755))
		ASSERT_EQ(EEXIST, errno);
	ASSERT_EQ(0, stat(CGROUP, &st));
	EXPECT_EQ(0, in_child(self->me, enter_cgroup));
	EXPECT_EQ(0, rmdir(CGROUP));
	EXPECT_EQ(st.st_ino, self->me->cgroup);
	e = who_event(&self->events);
	ASSERT_NE(NULL, e);
	compare(_metadata, self->me, e);
}

/* --- executables with unusual paths --------------------------------------- */

#define DEEP "/tmp/gate/a-directory-with-a-rather-long-name"
#define LOAD_CMD "prog load " GATE_PROGS "/nested.bpf.o /sys/fs/bpf/gate_who"

/* Run a copy of bpftool at @path and have it try to load; its last event. */
static const struct bpfseal_event *load_by_copy(struct __test_metadata *_metadata,
						struct gate_events *events, const char *path)
{
	const struct gate_match match = { .except_tgid = getpid(),
					  .hook = BPFSEAL_HOOK_PROG_LOAD };
	struct gate_output output;
	char command[1024];

	snprintf(command, sizeof(command), "cp /usr/bin/bpftool '%s' && '%s' " LOAD_CMD, path,
		 path);
	EXPECT_EQ(0, gate_run(&output, "sh", "-c", command));
	EXPECT_NE(0, output.status);
	gate_output_free(&output);
	EXPECT_LT(0, gate_events_drain(events));
	return gate_event_find(events, &match);
}

TEST_F(task, longest_path)
{
	const struct bpfseal_event *e;
	char path[BPFSEAL_EXE_LEN];

	mkdir("/tmp/gate", 0700);
	memset(path, 'x', sizeof(path));
	memcpy(path, "/tmp/gate/", 10);
	path[sizeof(path) - 1] = '\0';	/* 127 bytes and a NUL just fit */
	e = load_by_copy(_metadata, &self->events, path);
	unlink(path);
	ASSERT_NE(NULL, e);
	EXPECT_STREQ(path, e->exe_path);
}

TEST_F(task, path_too_long)
{
	static const char path[] = DEEP "/and-below-it-another-directory-whose-name-is-long/and-"
				   "then-the-name-of-the-program-itself-which-doesnt-end/bpftool";
	const struct bpfseal_event *e;
	size_t len;

	ASSERT_LT((size_t)BPFSEAL_EXE_LEN, sizeof(path));
	ASSERT_EQ(0, gate_do("mkdir", "-p", DEEP "/and-below-it-another-directory-whose-name-is-"
			     "long/and-then-the-name-of-the-program-itself-which-doesnt-end"));
	e = load_by_copy(_metadata, &self->events, path);
	ASSERT_EQ(0, gate_do("rm", "-r", DEEP));
	ASSERT_NE(NULL, e);
	/* "cut at the front if too long" (bpfseal.h): its end is what remains. */
	len = strnlen(e->exe_path, sizeof(e->exe_path));
	EXPECT_LT(0, len);
	EXPECT_LE(len, sizeof(path) - 1);
	if (len && len < sizeof(path))
		EXPECT_EQ(0, memcmp(e->exe_path, path + sizeof(path) - 1 - len, len));
}

TEST_F(task, strange_path)
{
	static const char path[] = "/tmp/gate/odd \"name\"\n\033[2J\\x";
	const struct bpfseal_event *e;

	mkdir("/tmp/gate", 0700);
	e = load_by_copy(_metadata, &self->events, path);
	unlink(path);
	ASSERT_NE(NULL, e);
	EXPECT_STREQ(path, e->exe_path);
}

/* Two threads at once: every event is there, each with its own task. */
static void *storm(void *me)
{
	int i;

	for (i = 0; i < 50; i++)
		load_as_myself(me);
	return NULL;
}

TEST_F(task, storm)
{
	static struct myself me[4];
	const struct gate_match match = { .name = "who" };
	pthread_t threads[GATE_COUNT(me)];
	size_t i, j, n[GATE_COUNT(me)] = {};

	for (i = 0; i < GATE_COUNT(me); i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, storm, &me[i]));
	for (i = 0; i < GATE_COUNT(me); i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	ASSERT_LE(0, gate_events_drain(&self->events));
	EXPECT_EQ(50 * GATE_COUNT(me), gate_event_count(&self->events, &match));
	for (i = 0; i < self->events.n; i++)
		for (j = 0; j < GATE_COUNT(me); j++)
			n[j] += self->events.list[i].pid == me[j].pid;
	for (j = 0; j < GATE_COUNT(me); j++)
		EXPECT_EQ(50, n[j]);
	for (i = 1; i < self->events.n; i++)
		for (j = 0; j < i; j++)
			ASSERT_NE(self->events.list[i].seq, self->events.list[j].seq);
}

GATE_MAIN
