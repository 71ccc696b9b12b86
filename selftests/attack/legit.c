// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * legit.c - what has to work under the policy. If the signer's programs or the exceptions
 * didn't, it would mean nothing that those of the attacks don't.
 */
#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attack.h"
#include "cli.h"
#include "exec.h"
#include "hold.h"
#include "insn.h"
#include "place.h"
#include "tamper.h"

static int signed_program(const struct attack *attack)
{
	(void)attack;
	return cli_signed("signer", attack_keyring("signer"), false);
}

static int skeleton(const struct attack *attack)
{
	const struct tamper none = {};
	struct gate_loader loader;
	int err = tamper_take(&none, &loader);

	(void)attack;
	loader.keyring = attack_keyring("signer");
	return err ? err : gate_loader_all(&loader);
}

static int by_hand(const struct attack *attack)
{
	struct hand hand;
	int err = attack_hand(&hand);

	(void)attack;
	if (!err)
		err = hand_run(&hand);
	if (!err && hand.ctx.prog < 0)
		err = hand.ctx.prog;
	return err;
}

/* A signer may load other types where that proves enough, or a rule says so. */
static int typed(const struct attack *attack)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, 0), EXIT() };
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SOCKET_FILTER, "typed", insns, 2);
	struct gate_signature signature;
	int err = gate_sign_insns("signer", insns, 2, NULL, 0, &signature);

	(void)attack;
	if (err)
		return err;
	gate_attr_sign(&attr, &signature, attack_keyring("typed"));
	return attack_close(gate_load(&attr));
}

static int executable(const struct attack *attack)
{
	pid_t pid;

	return exec_load_by(attack->what, &pid);
}

static int measured(const struct attack *attack)
{
	if (!attack_can_measure())
		return attack_cannot("this kernel can't measure executables");
	return executable(attack);
}

static int placed(const struct attack *attack)
{
	return place_load(attack->what, NULL);
}

static int digest(const struct attack *attack)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, ATTACK_ALLOWED_RETURNS), EXIT() };
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SCHED_CLS, "digest", insns, 2);

	(void)attack;
	return attack_close(gate_load(&attr));
}

#define A ATTACK_DIR "/a"
#define B ATTACK_DIR "/b"

static int mounts(const struct attack *attack)
{
	(void)attack;
	if ((mkdir(A, 0755) && errno != EEXIST) || mount("tmpfs", A, "tmpfs", 0, NULL) ||
	    mount(NULL, A, NULL, MS_REMOUNT | MS_RDONLY, NULL) ||
	    mount("tmpfs", A, "tmpfs", 0, NULL) || umount(A) || umount2(A, MNT_DETACH))
		return -errno;
	return 0;
}

/* As containers do. */
static int move_and_unmount(void)
{
	if ((mkdir(A, 0755) && errno != EEXIST) || (mkdir(B, 0755) && errno != EEXIST) ||
	    mount("tmpfs", A, "tmpfs", 0, NULL) || mount(A, B, NULL, MS_MOVE, NULL) ||
	    mount("tmpfs", "/sys/fs/bpf", "tmpfs", 0, NULL) || umount2("/sys", MNT_DETACH))
		return -errno;
	return 0;
}

static int mounts_in_namespace(const struct attack *attack)
{
	const struct place place = { .namespaces = CLONE_NEWNS };

	(void)attack;
	return place_load(&place, move_and_unmount);
}

static const struct place in_cgroup = { .cgroup = ATTACK_CGROUP };
static const struct place of_user = { .uid = ATTACK_UID };

static const struct attack legit[] = {
	{ .name = "a signed program", .run = signed_program },
	{ .name = "a signed skeleton", .run = skeleton },
	{ .name = "the loader made by hand", .run = by_hand },
	{ .name = "a signed program of another type", .run = typed },
	{ .name = "an executable that a rule allows", .run = executable, .what = ATTACK_GOOD },
	{ .name = "one allowed by its digest", .run = measured, .what = ATTACK_MEASURED },
	{ .name = "a program in a cgroup that a rule allows", .run = placed, .what = &in_cgroup },
	{ .name = "a program of a user that a rule allows", .run = placed, .what = &of_user },
	{ .name = "a program that a rule allows by its digest", .run = digest },
	{ .name = "mounts", .run = mounts },
	{ .name = "mounts in another namespace", .run = mounts_in_namespace },
};

const struct attack_class attack_legit = {
	.attacks = legit, .n = GATE_COUNT(legit),
};
