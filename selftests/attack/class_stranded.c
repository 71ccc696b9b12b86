// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * class_stranded.c - class 11: a controller that dies, or is given nonsense, changes no
 * decision: the unsigned load after that is still denied, the signed one still works.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"
#include "cli.h"
#include "pins.h"
#include "store.h"

#define NONSENSE ATTACK_DIR "/nonsense.yaml"

/* What an attacker hopes for: that his program gets in, or that the signer's doesn't. */
static int loads_after(void)
{
	if (attack_under_policy() && cli_signed("signer", attack_keyring("signer"), false))
		return 0;
	return attack_unsigned();
}

/**
 * struct cut - where a command is killed
 * @argv: the command
 * @nr, @arg: the system call after which it is
 * @last: the last such, not the first
 */
struct cut {
	const char *argv[4];
	long nr;
	long arg;
	bool last;
};

static unsigned int find_step(const struct cli_trace *t, const struct cut *cut)
{
	unsigned int step, found = 0;

	for (step = 1; step <= t->n; step++)
		if (cli_step_is(&t->steps[step - 1], cut->nr, cut->arg) && (cut->last || !found))
			found = step;
	return found;
}

/* The steps are the same each time: one run that is only watched does for all. */
static int learn_steps(struct cli_trace *t, const char *const argv[])
{
	char path[64];
	FILE *f;
	int err;

	snprintf(path, sizeof(path), ATTACK_DIR "/steps.%s", argv[1]);
	f = fopen(path, "re");
	if (f) {
		err = fread(t, sizeof(*t), 1, f) == 1 ? 0 : -EIO;
		fclose(f);
		return err;
	}
	t->action = CLI_VISIT;
	err = cli_trace_run(t, argv);
	return err ? err : gate_write(path, t, sizeof(*t));
}

/* The same once more may take its own place, so that a reload can be tried often. */
static int killed(const struct attack *attack)
{
	const struct cut *cut = attack->what;
	struct cli_trace *t = calloc(1, sizeof(*t));
	int err;

	if (!attack_under_policy())
		return loads_after();
	if (!t)
		return attack_broken("no memory");
	err = learn_steps(t, cut->argv);
	t->step = err ? 0 : find_step(t, cut);
	if (!t->step)
		return attack_broken("the command has no such step");
	t->action = CLI_KILL_AFTER;
	err = cli_trace_run(t, cut->argv);
	if (err || !t->done)
		return attack_broken("it wasn't killed");
	return loads_after();
}

/*
 * What is kept from before keeps it from being sealed: when it is watched, so that its
 * steps can be learnt; and when it is tried again, which takes back what was left.
 */
static int seal_killed(const struct attack *attack)
{
	int kept = attack_under_policy() ? pins_open("admit") : -1, err;
	struct gate_output out;

	err = killed(attack);
	if (!attack_under_policy())
		return err;
	if (kept < 0 || gate_run(&out, "bpfseal", "seal", "--force"))
		return attack_broken("it can't be tried again");
	if (out.status != 1 || !strstr(out.err, "not sealed"))
		err = attack_broken("tried again it says: %s", out.err);
	gate_output_free(&out);
	close(kept);
	return err;
}

/* A policy that is none, or would let everybody in, under an authority. */
static int nonsense(const struct attack *attack)
{
	const char *text = attack->what;
	struct gate_output out;
	int err = gate_write(NONSENSE, text, strlen(text));

	if (err || gate_run(&out, "bpfseal", "reload", NONSENSE))
		return attack_broken("no file");
	err = out.status;
	gate_output_free(&out);
	return err ? loads_after() : 0;
}

static int without_its_files(const struct attack *attack)
{
	int err;

	(void)attack;
	if (gate_do("sh", "-c", "mv /etc/bpfseal /etc/aside 2>/dev/null; "
		    "mv /var/lib/bpfseal /var/lib/aside 2>/dev/null; true"))
		return attack_broken("no files");
	err = loads_after();
	gate_do("sh", "-c", "mv /etc/aside /etc/bpfseal 2>/dev/null; "
		"mv /var/lib/aside /var/lib/bpfseal 2>/dev/null; true");
	return err;
}

/* What runs at boot, or brings a policy back, now. */
static int restored(const struct attack *attack)
{
	struct gate_output out;
	int err;

	if (gate_run(&out, "sh", "-c", attack->what))
		return attack_broken("no shell");
	err = out.status;
	gate_output_free(&out);
	return err && !attack_under_policy() ? attack_broken("it doesn't work") : loads_after();
}

#define RELOAD { "bpfseal", "reload", ATTACK_POLICY, NULL }
#define ATTACK(name_, function, what_) \
	{ .name = name_, .run = function, .what = what_, .want = DENIED(BPFSEAL_R_UNSIGNED) }
#define KILLED(name_, ...) ATTACK(name_, killed, (&(const struct cut){ __VA_ARGS__ }))

#define SEAL { "bpfseal", "seal", "--force", NULL }
#define SEAL_KILLED(name_, ...) \
	ATTACK(name_, seal_killed, (&(const struct cut){ SEAL, __VA_ARGS__ }))
#define OPEN \
	KILLED("reload killed as it begins", RELOAD, SYS_flock, -1, false), \
	KILLED("reload killed before the switch", RELOAD, SYS_bpf, BPF_PROG_LOAD, false), \
	KILLED("reload killed at the switch", RELOAD, SYS_bpf, BPF_PROG_TEST_RUN, true), \
	KILLED("reload killed in its self-test", RELOAD, SYS_bpf, BPF_PROG_LOAD, true), \
	KILLED("mode killed at the switch", { "bpfseal", "mode", "enforcing", NULL }, SYS_bpf, \
	       BPF_PROG_TEST_RUN, true), \
	SEAL_KILLED("seal killed as it pins", SYS_bpf, BPF_OBJ_PIN, false), \
	SEAL_KILLED("seal killed as it drops pins", SYS_unlinkat, -1, false), \
	SEAL_KILLED("seal killed half closed", SYS_bpf, BPF_PROG_TEST_RUN, false)
#define BOTH \
	ATTACK("a policy of nothing", nonsense, ""), \
	ATTACK("a policy that is cut short", nonsense, "mode: permis"), \
	ATTACK("its files moved away", without_its_files, NULL)

static const struct attack open_attacks[] = { OPEN, BOTH };
static const struct attack attacks[] = {
	BOTH,
	ATTACK("restored, as at boot", restored, "bpfseal restore"),
	ATTACK("restored, with nothing stored", restored, "mkdir -p " STORE_DIR "; mv " STORE_DIR
	       " " ATTACK_DIR "/stored; bpfseal restore; s=$?; rm -rf " STORE_DIR "; mv " ATTACK_DIR
	       "/stored " STORE_DIR "; exit $s"),
};

const struct attack_class attack_stranded_open = {
	11, "A controller that dies, of an open policy", open_attacks, GATE_COUNT(open_attacks),
	.open = true,
};

const struct attack_class attack_stranded = {
	11, "A controller that fails", attacks, GATE_COUNT(attacks), .around = NULL,
};
