// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * class_beside.c - class 5: programs that load on their own behalf, later or in another
 * task, and threads that want what a loader was refused.
 */
#include <errno.h>
#include <linux/keyctl.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "attack.h"
#include "hold.h"
#include "snatch.h"

#include "gate_skel.h"
#include "async.signed.lskel.h"
GATE_SKEL(async_signer)

/* --- asynchronous --------------------------------------------------------------- */

/* A signed skeleton's program, which makes a map once its loader is long done. */
static int later(const struct attack *attack)
{
	const size_t *which = attack->what;
	struct gate_loader loader;
	struct async_signer *skel;
	int32_t ret = 0;
	int64_t result;
	int err = async_signer__take(&loader);

	skel = loader.ctx;
	loader.keyring = attack_keyring("signer");
	if (!err)
		err = gate_loader_all(&loader);
	if (err)
		return attack_broken("its skeleton doesn't load: %s", strerror(-err));
	err = gate_prog_run(*(int *)((char *)skel + *which), NULL, 0, &ret);
	if (err || ret)
		return attack_broken("it doesn't run");
	result = snatch_result(skel->maps.results.map_fd);
	return result > 0 ? 0 : result < 0 ? (int)result : attack_broken("it never came");
}

static const size_t now = offsetof(struct async_signer, progs.now.prog_fd);
static const size_t by_work = offsetof(struct async_signer, progs.by_work.prog_fd);
static const size_t by_task_work = offsetof(struct async_signer, progs.by_task_work.prog_fd);

/*
 * A timer can't: should the verifier come to allow it, it has to be tried here. Under the
 * policy the program, which is unsigned, doesn't get that far.
 */
static int timer(const struct attack *attack)
{
	const char *stopped = attack_under_policy() ? "EPERM" : "bpf_sys_bpf";
	struct gate_output output;
	int err;

	(void)attack;
	if (gate_run(&output, "bpftool", "prog", "load", GATE_PROGS "/timer.bpf.o",
		     "/sys/fs/bpf/t"))
		return attack_broken("no bpftool");
	err = !output.status ? 0 : !strstr(output.err, stopped) ? -EBADMSG :
		attack_under_policy() ? -EPERM : -EACCES;
	unlink("/sys/fs/bpf/t");
	gate_output_free(&output);
	return err;
}

/* --- snatching ------------------------------------------------------------------- */

#define TRIES 15

static int foreign_map(void)
{
	const struct gate_map foreign = { .name = "foreign", .size = 8, .freeze = true };

	return gate_map_make(&foreign);
}

/* A run whose program is refused, and a thread about that wants it by its id. */
static int try_snatch(int map, long *fd)
{
	struct snatcher s = { .fd = -ENOENT };
	pthread_t thread;
	struct hand hand;
	int err = attack_hand(&hand);

	if (err)
		return attack_broken("the loader doesn't load: %s", strerror(-err));
	hand.ctx.map = map;
	s.after = snatch_highest_id();
	if (pthread_create(&thread, NULL, snatch, &s))
		return attack_broken("no thread");
	err = hand_run(&hand);
	s.stop = true;
	pthread_join(thread, NULL);
	*fd = s.fd;
	hand_close(&hand);
	return err;
}

static int by_id(const struct attack *attack)
{
	int map = foreign_map(), i, err;
	long fd = -ENOENT;

	(void)attack;
	for (i = 0; i < TRIES && fd < 0; i++) {
		err = try_snatch(map, &fd);
		if (err)
			return err;
	}
	return fd < 0 ? -EPERM : 0;
}

struct race {
	struct hand hand;
	struct snatcher snatcher;
	struct hold loads, takes;
};

/* The thread has a reference before the refusal, and asks for a descriptor after the run. */
static int run_held(struct race *r)
{
	pthread_t thread;

	r->snatcher.after = snatch_highest_id();
	if (hand_start(&r->hand) || hold_wait(&r->loads))	/* the program exists */
		return -EIO;
	if (pthread_create(&thread, NULL, snatch, &r->snatcher) || hold_wait(&r->takes))
		return -EIO;
	if (hold_release(&r->loads) || hand_join(&r->hand))
		return -EIO;
	r->snatcher.stop = true;
	return hold_release(&r->takes) ? -EIO : -pthread_join(thread, NULL);
}

/* What holds the thread up is a program of the signer's, no part of the attack. */
static int by_id_after_the_run(const struct attack *attack)
{
	struct race r = { .snatcher.fd = -ENOENT };
	struct delay_wait wait = {};
	int link, err;

	(void)attack;
	if (hold_make(&r.loads) || hold_make(&r.takes))
		return attack_cannot("a run can't be held up: there is no userfaultfd");
	wait.address[0] = (uintptr_t)r.loads.page;
	wait.address[1] = (uintptr_t)r.takes.page;
	link = snatch_delay(&wait, attack_keyring("signer"));
	if (link < 0)
		return attack_broken("what is to hold it up can't be put in: %s", strerror(-link));
	err = attack_hand(&r.hand);
	if (err)
		return attack_broken("the loader doesn't load: %s", strerror(-err));
	r.hand.ctx.map = foreign_map();
	err = run_held(&r);
	close(link);
	return err ? attack_broken("it couldn't be held up") : r.snatcher.fd < 0 ?
		(int)r.snatcher.fd : 0;
}

static const struct attack attacks[] = {
	{ .name = "a skeleton's program, later", .run = later, .what = &now,
	  .want = DENIED(BPFSEAL_R_LOADER_NOT_ADMITTED) },
	{ .name = "from a work queue", .run = later, .what = &by_work,
	  .want = DENIED(BPFSEAL_R_NO_LOADER) },
	{ .name = "from task work, after the run", .run = later, .what = &by_task_work,
	  .want = DENIED(BPFSEAL_R_NO_LOADER) },
	{ .name = "from a timer", .run = timer,
	  .want = { .error = -EPERM, .control = -EACCES, .decision = BPFSEAL_DENY,
		    .reason = BPFSEAL_R_FEATURE_PROBE } },
	{ .name = "a refused program, by its id", .run = by_id,
	  .want = DENIED(BPFSEAL_R_FOREIGN_MAP) },
	{ .name = "the same, after the run", .run = by_id_after_the_run,
	  .want = DENIED(BPFSEAL_R_FOREIGN_MAP) },
};

const struct attack_class attack_beside = {
	5, "Beside a loader's run", attacks, GATE_COUNT(attacks), .around = NULL,
};
