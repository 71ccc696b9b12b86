// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * class_meaning.c - class 4: signed instructions with another meaning, or other
 * instructions under the signature.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attack.h"
#include "insn.h"
#include "tamper.h"
#include "twist.h"

/* --- attributes that the signature doesn't cover -------------------------------- */

static int twisted(const struct attack *attack)
{
	const struct twist *twist = attack->what;
	bool unlisted = !twist->types || twist->type == BPF_PROG_TYPE_XDP;
	bool listed = !unlisted || twist->attribute != BPFSEAL_A_PROG_TYPE;
	const char *who = twist->types && listed ? "typed" : "signer";
	struct crooked crooked;
	int err;

	if (twist->why_not)
		return attack_cannot("%s", twist->why_not);
	if (gate_kernel()->promotes && twist->twist == twist_btf_only)
		return attack_cannot("this kernel's signatures cover the BTF");
	err = crooked_make(&crooked);
	if (err)
		return attack_broken("no BTF: %s", strerror(-err));
	return attack_close(twist_load(twist, &crooked, attack_keyring(who)));
}

/*
 * Where loaders are promoted only they reach the level by their signature. Signed programs
 * of other types need the rule "typed" there, which is for what the signature covers.
 */
static const struct attack_want *twist_want(const struct attack *attack)
{
	const struct twist *twist = attack->what;
	static struct attack_want want;

	want = attack->want;
	want.attribute = twist->attribute;
	if (twist_refused(twist)) {
		want.decision = BPFSEAL_REJECTED;
		want.control = want.error;
	} else if (gate_kernel()->promotes && twist->type) {
		want.reason = BPFSEAL_R_LEVEL;
		want.attribute = BPFSEAL_A_NONE;
	}
	return &want;
}

#define TWIST(variant, ...) \
	{ .name = #variant, .run = twisted, .expect = twist_want, \
	  .what = &(const struct twist){ __VA_ARGS__ }, \
	  .want = UNCOVERED(BPFSEAL_A_NONE) },

/* --- other instructions under the signature -------------------------------------- */

#define RETURNS 1
#define TRIES 200

/* Instructions in memory that another thread changes all the time. */
struct flicker {
	struct bpf_insn insns[2];
	volatile bool stop;
};

static void *change(void *arg)
{
	struct flicker *f = arg;

	while (!f->stop)
		*(volatile int *)&f->insns[0].imm ^= RETURNS ^ 2;
	return NULL;
}

/* One load; -EKEYREJECTED, or 0 if a program got in that isn't what was signed. */
static int load_changing(union bpf_attr *attr)
{
	int32_t ret = RETURNS;
	int fd = gate_load(attr);

	if (fd < 0)
		return fd;
	if (gate_prog_run(fd, NULL, 0, &ret))
		ret = RETURNS;
	close(fd);
	return ret == RETURNS ? -EKEYREJECTED : 0;
}

/* Between the look at the signature and the copy of the instructions, if there is one. */
static int changed_meanwhile(const struct attack *attack)
{
	struct flicker f = { .insns = { MOV_IMM(0, RETURNS), EXIT() } };
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SYSCALL, "flicker", f.insns, 2);
	struct gate_signature signature;
	int err, i;
	pthread_t thread;

	(void)attack;
	err = gate_sign_insns("signer", f.insns, 2, NULL, 0, &signature);
	if (err)
		return attack_broken("it can't be signed");
	attr.prog_flags = BPF_F_SLEEPABLE;
	gate_attr_sign(&attr, &signature, attack_keyring("signer"));
	if (pthread_create(&thread, NULL, change, &f))
		return attack_broken("no thread");
	for (i = 0, err = -EKEYREJECTED; i < TRIES && err == -EKEYREJECTED; i++)
		err = load_changing(&attr);
	f.stop = true;
	pthread_join(thread, NULL);
	return err;
}

#define TAMPER(variant, change_, err_, reason_, ...) \
	{ .name = #variant, .run = attack_tampered, .expect = attack_tampered_want, \
	  .want = REJECTED(err_, reason_), \
	  .what = &(const struct tamper){ .change = change_, .err = err_, \
					  .reason = reason_, ##__VA_ARGS__ } },

static const struct attack attacks[] = {
	TWISTS(TWIST)
	TAMPERS_SIGNATURE(TAMPER)
	{ .name = "instructions changed meanwhile", .run = changed_meanwhile,
	  .want = REJECTED(-EKEYREJECTED, BPFSEAL_R_BAD_SIGNATURE) },
};

const struct attack_class attack_meaning = {
	4, "Signed instructions, changed meaning", attacks, GATE_COUNT(attacks), .around = NULL,
};
