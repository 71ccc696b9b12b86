// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * class_run.c - class 5: a trusted loader's run, repeated, interrupted, or given what it
 * didn't make. Programs and threads beside it are in class_beside.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"
#include "crooked.h"
#include "hold.h"

#include "gate_skel.h"
#include "nested.lskel.h"
#include "nested.signed.lskel.h"
GATE_SKEL(nested)
GATE_SKEL(nested_signer)

#define PIN "/sys/fs/bpf/attack"
#define FOREIGN 0x0bad

/* Most attacks have a loader that is theirs to run. */
#define LOAD(hand) \
	do { \
		int _err = attack_hand(hand); \
		if (_err) \
			return attack_broken("the loader doesn't load: %s", strerror(-_err)); \
	} while (0)

#define RUN_FIRST(hand) \
	do { \
		if (hand_run(hand) || (hand)->ctx.prog < 0) \
			return attack_broken("the first run doesn't work"); \
		hand_forget(hand); \
	} while (0)

#define HOLD(hold) \
	do { \
		if (hold_make(hold)) \
			return attack_cannot("a run can't be held up: there is no userfaultfd"); \
	} while (0)

/* What the run came to: whether its program was had. */
static int got(struct hand *hand, int err)
{
	if (!err && hand->ctx.made < 0)
		err = hand->ctx.made;
	if (!err && hand->ctx.prog < 0)
		err = hand->ctx.prog;
	hand_close(hand);
	return err;
}

static int run(struct hand *hand)
{
	return got(hand, hand_run(hand));
}

/* --- run again ------------------------------------------------------------------ */

static int again(const struct attack *attack)
{
	struct hand hand;

	(void)attack;
	LOAD(&hand);
	RUN_FIRST(&hand);
	return run(&hand);
}

static int again_in_child(const struct attack *attack)
{
	struct hand hand;

	(void)attack;
	LOAD(&hand);
	RUN_FIRST(&hand);
	return attack_in_child((int (*)(void *))run, &hand);
}

static int again_by_pin(const struct attack *attack)
{
	struct hand hand;

	(void)attack;
	LOAD(&hand);
	if (gate_pin(hand.fd, PIN))
		return attack_broken("it can't be pinned");
	RUN_FIRST(&hand);
	close(hand.fd);
	hand.fd = gate_open_pin(PIN);
	unlink(PIN);
	return run(&hand);
}

static int again_by_id(const struct attack *attack)
{
	union bpf_attr attr = {};
	struct hand hand;
	int fd;

	(void)attack;
	LOAD(&hand);
	RUN_FIRST(&hand);
	attr.prog_id = hand.id;
	fd = gate_bpf(BPF_PROG_GET_FD_BY_ID, &attr);
	close(hand.fd);
	hand.fd = fd;
	return fd < 0 ? attack_broken("it isn't there by its id") : run(&hand);
}

/* A process that has nothing of the first but the descriptor. */
static int take_and_run(void *what)
{
	const int *sock = what;
	struct hand hand = { .fd = gate_take_fd(*sock) };

	return hand.fd < 0 ? hand.fd : run(&hand);
}

static int again_by_passed_fd(const struct attack *attack)
{
	struct hand hand;
	int sock[2];

	(void)attack;
	LOAD(&hand);
	RUN_FIRST(&hand);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sock) || gate_pass_fd(sock[0], hand.fd))
		return attack_broken("no socket");
	close(hand.fd);
	return attack_in_child(take_and_run, &sock[1]);
}

/* Killed in the middle of the first run: what it noted dies with it. */
static int die_in_run(struct hand *hand, pid_t *pid)
{
	struct hold hold;
	int status;

	*pid = fork();
	if (!*pid) {
		if (hold_make(&hold))
			_exit(1);
		hand->ctx.wait_made = (uintptr_t)hold.page;
		if (hand_start(hand) || hold_wait(&hold))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	if (waitpid(*pid, &status, 0) != *pid || !WIFSIGNALED(status))
		return -EIO;
	return 0;
}

static int again_after_kill(const struct attack *attack)
{
	struct hand hand;
	pid_t pid;

	(void)attack;
	LOAD(&hand);
	if (die_in_run(&hand, &pid))
		return attack_cannot("a run can't be held up: there is no userfaultfd");
	return run(&hand);
}

/* A new process under the number of the one that died in its run. */
static int again_by_old_pid(const struct attack *attack)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid_size = 1 };
	struct hand hand;
	pid_t pid, child;
	int status;

	(void)attack;
	LOAD(&hand);
	if (die_in_run(&hand, &pid))
		return attack_cannot("a run can't be held up: there is no userfaultfd");
	args.set_tid = (uintptr_t)&pid;
	child = syscall(SYS_clone3, &args, sizeof(args));
	if (!child)
		_exit(-run(&hand));
	if (child != pid || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return attack_broken("no process by the old number: %s", strerror(errno));
	return -WEXITSTATUS(status);
}

/* --- two runs at once ------------------------------------------------------------- */

static int concurrent(const struct attack *attack)
{
	bool late = attack->what != NULL;
	struct hand hand, second;
	struct hold hold;
	int first, other;

	HOLD(&hold);
	LOAD(&hand);
	second = hand;
	if (late)
		hand.ctx.wait_frozen = (uintptr_t)hold.page;
	else
		hand.ctx.wait_first = (uintptr_t)hold.page;
	if (hand_start(&hand) || hold_wait(&hold))
		return attack_broken("the first run doesn't wait");
	other = hand_run(&second) ?: second.ctx.prog;
	if (hold_release(&hold) || hand_join(&hand))
		return attack_broken("the first run doesn't end");
	first = hand.ctx.prog;
	/* Without a policy both get theirs; under it neither may. */
	if (first >= 0 && (other >= 0 || attack_under_policy()))
		return 0;
	return other >= 0 && attack_under_policy() ? 0 : first < 0 ? first : other;
}

#define RUNNERS 4
#define ROUNDS 5

struct runner {
	struct hand hand;
	pthread_barrier_t *start;
};

static void *run_at_once(void *arg)
{
	struct runner *runner = arg;

	pthread_barrier_wait(runner->start);
	hand_run(&runner->hand);
	return NULL;
}

/* How many of the tasks that run one loader at the same moment got its program? */
static int race(void)
{
	struct runner runners[RUNNERS];
	pthread_t threads[RUNNERS];
	pthread_barrier_t start;
	struct hand hand;
	int i, n = 0;

	LOAD(&hand);
	pthread_barrier_init(&start, NULL, RUNNERS);
	for (i = 0; i < RUNNERS; i++) {
		runners[i] = (struct runner){ .hand = hand, .start = &start };
		if (pthread_create(&threads[i], NULL, run_at_once, &runners[i]))
			return attack_broken("no thread");
	}
	for (i = 0; i < RUNNERS; i++) {
		pthread_join(threads[i], NULL);
		n += runners[i].hand.ctx.prog > 0;
		hand_forget(&runners[i].hand);
	}
	hand_close(&hand);
	return n;
}

/* One may get it. */
static int raced(const struct attack *attack)
{
	int i, n;

	(void)attack;
	for (i = 0; i < ROUNDS; i++) {
		n = race();
		if (n < 0 || n > 1)
			return n < 0 ? n : 0;
	}
	return -EPERM;
}

/* --- what it didn't make ----------------------------------------------------------- */

static int foreign_map(void)
{
	const uint64_t bad = FOREIGN;
	const struct gate_map map = { .name = "foreign", .data = &bad, .size = sizeof(bad),
				      .freeze = true };

	return gate_map_make(&map);
}

static int with_foreign_map(const struct attack *attack)
{
	struct hand hand;

	(void)attack;
	LOAD(&hand);
	hand.ctx.map = foreign_map();
	return run(&hand);
}

static int with_map_of_another_run(const struct attack *attack)
{
	struct hand hand, other;

	(void)attack;
	LOAD(&hand);
	LOAD(&other);
	if (hand_run(&other) || other.ctx.prog < 0)
		return attack_broken("the other run doesn't work");
	hand.ctx.map = other.ctx.made;
	return run(&hand);
}

static int with_foreign_btf(const struct attack *attack)
{
	bool of_map = attack->what != NULL;
	struct crooked crooked;
	struct hand hand;

	LOAD(&hand);
	if (crooked_make(&crooked))
		return attack_broken("no BTF");
	if (of_map) {
		hand.ctx.map_btf = crooked.btf_fd;
		hand.ctx.map_type = crooked.number;
	} else {
		hand.ctx.prog_btf = crooked.btf_fd;
		hand.ctx.prog_func = crooked.func.type_id;
	}
	return run(&hand);
}

/* A thread that shares the descriptors puts another map in the place of the loader's. */
static int swapped_fd(const struct attack *attack)
{
	int map = foreign_map(), made = dup(map);
	struct hold hold;
	struct hand hand;
	int err;

	(void)attack;
	LOAD(&hand);
	HOLD(&hold);
	close(made);
	made = dup(map);	/* the next one is the loader's map */
	close(made);
	hand.ctx.wait_frozen = (uintptr_t)hold.page;
	if (hand_start(&hand) || hold_wait(&hold) || dup2(map, made) != made ||
	    hold_release(&hold))
		return attack_broken("the run doesn't wait");
	err = hand_join(&hand);
	if (hand.ctx.made != made)
		return attack_broken("it made its map under another number");
	return got(&hand, err);
}

/* Its own map, written to by another thread before the loader freezes it. */
static int written_before_freeze(const struct attack *attack)
{
	const uint32_t bad = FOREIGN, zero = 0;
	struct hold hold;
	struct hand hand;
	int32_t ret = 0;
	int made;

	(void)attack;
	LOAD(&hand);
	HOLD(&hold);
	made = dup(0);
	close(made);
	hand.ctx.wait_made = (uintptr_t)hold.page;
	if (hand_start(&hand) || hold_wait(&hold))
		return attack_broken("the run doesn't wait");
	gate_map_update(made, &zero, &bad);
	if (hold_release(&hold) || hand_join(&hand))
		return attack_broken("the run doesn't end");
	if (hand.ctx.prog < 0)
		return hand.ctx.prog;
	if (gate_prog_run_packet(hand.ctx.prog, &ret))
		return attack_broken("its program doesn't run");
	return ret == FOREIGN ? 0 : -EPERM;
}

/* Another task's load while a trusted loader runs in this one. */
static int beside_a_run(const struct attack *attack)
{
	struct hold hold;
	struct hand hand;
	int err;

	(void)attack;
	LOAD(&hand);
	HOLD(&hold);
	hand.ctx.wait_first = (uintptr_t)hold.page;
	if (hand_start(&hand) || hold_wait(&hold))
		return attack_broken("the run doesn't wait");
	err = attack_unsigned();
	if (hold_release(&hold) || hand_join(&hand))
		return attack_broken("the run doesn't end");
	return err;
}

/* --- loaded before the policy -------------------------------------------------------- */

static int from_before(const struct attack *attack)
{
	int (*take)(struct gate_loader *loader) = attack->what;
	struct gate_loader loader;
	int err = take(&loader);

	loader.keyring = KEY_SPEC_SESSION_KEYRING;
	if (attack_keyring("signer") < 0)	/* under the policy, which isn't there yet */
		gate_add_key("signer", KEY_SPEC_SESSION_KEYRING);
	if (!err)
		err = gate_loader_map(&loader);
	if (!err)
		err = gate_loader_load(&loader);
	if (err)
		return attack_broken("it can't be loaded before: %s", strerror(-err));
	attack_pause();
	err = gate_loader_run(&loader);
	return err ? err : loader.ret;
}

#define ATTACK(name_, function, reason, ...) \
	{ .name = name_, .run = function, .want = DENIED(reason), ##__VA_ARGS__ }

#define RERUN BPFSEAL_R_LOADER_RERUN

static const struct attack attacks[] = {
	ATTACK("second run", again, RERUN),
	ATTACK("second run in a child", again_in_child, RERUN),
	ATTACK("second run by a pin", again_by_pin, RERUN),
	ATTACK("second run by its id", again_by_id, RERUN),
	ATTACK("second run by a passed descriptor", again_by_passed_fd, RERUN),
	ATTACK("run again after a kill", again_after_kill, RERUN),
	ATTACK("run again under the old pid", again_by_old_pid, RERUN),
	ATTACK("two runs at once", concurrent, RERUN),
	ATTACK("a run before the other's program", concurrent, RERUN, .what = "late"),
	ATTACK("many runs at once", raced, RERUN),
	ATTACK("a map from elsewhere", with_foreign_map, BPFSEAL_R_FOREIGN_MAP),
	ATTACK("a map of another run", with_map_of_another_run, BPFSEAL_R_FOREIGN_MAP),
	ATTACK("BTF from elsewhere, for its program", with_foreign_btf, BPFSEAL_R_FOREIGN_BTF),
	ATTACK("BTF from elsewhere, for its map", with_foreign_btf, BPFSEAL_R_FOREIGN_BTF,
	       .what = "map"),
	ATTACK("a map swapped by dup2()", swapped_fd, BPFSEAL_R_FOREIGN_MAP),
	ATTACK("its map written before the freeze", written_before_freeze,
	       BPFSEAL_R_CHANGED_MAP),
	ATTACK("unsigned load beside a run", beside_a_run, BPFSEAL_R_UNSIGNED),
	ATTACK("unsigned loader from before", from_before, BPFSEAL_R_LOADER_NOT_ADMITTED,
	       .what = nested__take, .before = true),
	ATTACK("signed loader from before", from_before, BPFSEAL_R_LOADER_NOT_ADMITTED,
	       .what = nested_signer__take, .before = true),
};

const struct attack_class attack_run = {
	5, "Loaders, misused", attacks, GATE_COUNT(attacks), .around = NULL,
};
