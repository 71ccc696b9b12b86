/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * accounting.h - what the processes of accounting_test.c attempt, and how they note what
 * became of it.
 */
#ifndef ACCOUNTING_H
#define ACCOUNTING_H

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gate.h"
#include "hold.h"
#include "insn.h"

#include "gate_skel.h"
#include "nested.signed.lskel.h"
GATE_SKEL(nested_signer)

/* What a process has attempted, in memory that all share. */
struct tally {
	uint64_t loads;
	uint64_t allowed;
	uint64_t denied;
	uint64_t rejected;
	uint64_t unasked;	/* refused before anybody asked the policy */
	uint64_t killed;	/* loaders that died in their run */
	uint64_t batches;
	uint64_t odd;		/* came to something else; has to be 0 */
};

/* What they load: made once, before they start. */
static struct {
	int32_t keyring;
	struct gate_signature trivial, altered, unsound, hand;
	struct gate_object hand_object;
	struct gate_loader nested;
} kit;

static const struct bpf_insn trivial[] = { MOV_IMM(0, 0), EXIT() };
static const struct bpf_insn unsound[] = { MOV_REG(0, 3), EXIT() };

static int prepare_kit(void)
{
	int err = gate_keyring("signer", &kit.keyring);

	if (!err)
		err = gate_sign_insns("signer", trivial, 2, NULL, 0, &kit.trivial);
	if (!err)
		err = gate_sign_insns("signer", trivial, 2, NULL, 0, &kit.altered);
	if (!err)
		err = gate_sign_insns("signer", unsound, 2, NULL, 0, &kit.unsound);
	if (!err)
		err = gate_object_read("hand", "hand", &kit.hand_object);
	if (!err)
		err = gate_sign_insns("signer", kit.hand_object.insns, kit.hand_object.n, NULL, 0,
				      &kit.hand);
	if (err)
		return err;
	kit.altered.sig[kit.altered.len - 8] ^= 1;
	err = nested_signer__take(&kit.nested);
	kit.nested.keyring = kit.keyring;
	return err;
}

/* --- direct loads --------------------------------------------------------------- */

static int load(struct tally *t, union bpf_attr *attr)
{
	int fd = gate_load(attr);

	t->loads++;
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

/* Nobody but the policy gives a descriptor, or EPERM, for these. */
static void expect_decision(struct tally *t, int ret)
{
	t->allowed += !ret;
	t->denied += ret == -EPERM;
	t->odd += ret && ret != -EPERM;
}

static void load_unsigned(struct tally *t)
{
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SOCKET_FILTER, "unsigned", trivial, 2);
	int ret = load(t, &attr);

	t->denied += ret == -EPERM;
	t->odd += ret != -EPERM;
}

static void load_signed(struct tally *t)
{
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SYSCALL, "signed", trivial, 2);

	attr.prog_flags = BPF_F_SLEEPABLE;
	gate_attr_sign(&attr, &kit.trivial, kit.keyring);
	expect_decision(t, load(t, &attr));
}

static void load_signed_filter(struct tally *t)
{
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SOCKET_FILTER, "filter", trivial, 2);

	gate_attr_sign(&attr, &kit.trivial, kit.keyring);
	expect_decision(t, load(t, &attr));
}

static void load_uncovered(struct tally *t)
{
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SYSCALL, "uncovered", trivial, 2);
	int ret;

	attr.prog_flags = BPF_F_SLEEPABLE | BPF_F_STRICT_ALIGNMENT;
	gate_attr_sign(&attr, &kit.trivial, kit.keyring);
	ret = load(t, &attr);
	t->denied += ret == -EPERM;
	t->odd += ret != -EPERM;
}

static void load_altered(struct tally *t)
{
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SYSCALL, "altered", trivial, 2);
	int ret;

	attr.prog_flags = BPF_F_SLEEPABLE;
	gate_attr_sign(&attr, &kit.altered, kit.keyring);
	ret = load(t, &attr);
	t->rejected += ret == -EKEYREJECTED;
	t->odd += ret != -EKEYREJECTED;
}

/* The policy admits it, and then the verifier doesn't. */
static void load_unsound(struct tally *t)
{
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_XDP, "unsound", unsound, 2);
	int ret;

	gate_attr_sign(&attr, &kit.unsound, kit.keyring);
	ret = load(t, &attr);
	t->allowed += ret == -EACCES;
	t->odd += ret != -EACCES;
}

/* --- loaders -------------------------------------------------------------------- */

/* Two maps and a program; only that one can be denied, if its policy was replaced twice. */
static void run_nested(struct tally *t)
{
	struct gate_loader loader = kit.nested;
	struct nested_signer *skel = loader.ctx;
	int ret = gate_loader_all(&loader);

	t->loads++;
	t->allowed += 1 + 2;
	expect_decision(t, ret);
	if (!ret) {
		close(skel->maps.hits.map_fd);
		close(skel->maps.lengths.map_fd);
		close(skel->progs.count.prog_fd);
	}
	gate_loader_close(&loader);
}

static int load_hand(struct tally *t, struct hand *hand)
{
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SYSCALL, "hand", kit.hand_object.insns,
					kit.hand_object.n);

	memset(hand, 0, sizeof(*hand));
	attr.prog_flags = BPF_F_SLEEPABLE;
	gate_attr_sign(&attr, &kit.hand, kit.keyring);
	hand->fd = gate_load(&attr);
	t->loads++;
	t->allowed += hand->fd >= 0;
	t->odd += hand->fd < 0;
	return hand->fd < 0 ? hand->fd : 0;
}

/* A map and a program. */
static void run_hand(struct tally *t)
{
	struct hand hand;

	if (load_hand(t, &hand))
		return;
	t->odd += hand_run(&hand) != 0;
	t->allowed += hand.ctx.made > 0;
	t->odd += hand.ctx.made <= 0;
	expect_decision(t, hand.ctx.prog < 0 ? hand.ctx.prog : 0);
	hand_close(&hand);
}

static void *kill_when_held(void *hold)
{
	if (!hold_wait(hold))
		kill(getpid(), SIGKILL);
	return NULL;
}

/*
 * The run goes on without its process: it makes its map, unless it has that already, and
 * asks for its program. The verifier gives up on that, as a signal is pending, so it
 * never comes to a descriptor, at which it would be decided.
 */
static void die_in_run(struct tally *t, int where)
{
	struct hand hand;
	__u64 *const waits[] = { &hand.ctx.wait_first, &hand.ctx.wait_made,
				 &hand.ctx.wait_frozen };
	struct hold hold;
	pthread_t thread;

	if (hold_make(&hold) || pthread_create(&thread, NULL, kill_when_held, &hold) ||
	    load_hand(t, &hand)) {
		t->odd++;
		_exit(1);
	}
	*waits[where] = (uintptr_t)hold.page;
	t->allowed++;
	hand_run(&hand);
	t->odd++;	/* isn't reached */
	_exit(1);
}

static void run_and_die(struct tally *t, int where)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid)
		die_in_run(t, where);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
		t->odd++;
	else
		t->killed++;
}

#endif
