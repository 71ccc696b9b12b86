/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attack.h - attacks on a policy: what each is, and what has to become of it.
 *
 * Each attack is a function that does what an attacker with all of root's rights would
 * do. It runs twice, in a process of its own: without a policy, where it has to work and
 * clean up after itself, and under the sealed policy, where it has to fail by just the
 * errno that its line in the table says, and leave just that event. What a policy has to
 * withstand before it is sealed is tried first, as sealing lasts until reboot.
 *
 * A class of Documentation/threat-model.rst has a file class_*.c with a table; class.c
 * names them all. A new attack is a function, and a line in that table.
 */
#ifndef ATTACK_H
#define ATTACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "gate.h"

/* What an attack comes to, beside 0 (it worked) and a negative errno. */
#define ATTACK_EXIT(code)	(-10000 - (code))	/* a command ended with this code */
#define ATTACK_CANNOT		(-20000)		/* from attack_cannot() only */
#define ATTACK_BROKEN		(-20001)		/* from attack_broken() only */

/**
 * struct attack_want - what has to become of an attack
 * @error: what stops it: a negative errno or ATTACK_EXIT()
 * @control: what it comes to without a policy, where not 0: the kernel stops it by itself
 * @decision, @reason, @attribute, @hook: of its event; any hook if that is 0
 * @no_event: why it leaves none
 */
struct attack_want {
	int error;
	int control;
	uint8_t decision;
	uint8_t reason;
	uint8_t attribute;
	uint8_t hook;
	const char *no_event;
};

/**
 * struct attack - one attack
 * @name: in the table
 * @run: does it; returns 0 or what stopped it
 * @what: for @run
 * @want: what has to become of it
 * @promoting: the same where loaders are promoted (Linux 7.2 with kernel/patches), if that
 *	differs
 * @expect: finds out what has to become of it, instead
 * @known: it gets through: where Documentation/threat-model.rst says why. @want is what
 *	would stop it
 * @before: it begins before the policy comes, for which it waits in attack_pause()
 */
struct attack {
	const char *name;
	int (*run)(const struct attack *attack);
	const void *what;
	struct attack_want want;
	struct attack_want promoting;
	const struct attack_want *(*expect)(const struct attack *attack);
	const char *known;
	bool before;
};

/* For the tables. The kernel refuses what is REJECTED with and without a policy. */
#define DENIED(why) { .error = -EPERM, .decision = BPFSEAL_DENY, .reason = why }
#define UNCOVERED(what) { .error = -EPERM, .decision = BPFSEAL_DENY, \
			  .reason = BPFSEAL_R_UNCOVERED, .attribute = what }
#define REJECTED(err, why) { .error = err, .control = err, .decision = BPFSEAL_REJECTED, \
			     .reason = why }
#define REFUSED(err, why_none) { .error = err, .control = err, .no_event = why_none }
#define SEALED(on) { .error = -EPERM, .decision = BPFSEAL_DENY, .reason = BPFSEAL_R_SEALED, \
		     .hook = on }
#define QUIET(err, why_none) { .error = err, .no_event = why_none }

/**
 * struct attack_class - the attacks of one class of the threat model
 * @number: its number there
 * @around: called before and after the controls, for what they have in common; or NULL
 * @open: they are for a policy that isn't sealed yet
 * @breaks: what is left of it isn't whole; the last class
 */
struct attack_class {
	int number;
	const char *title;
	const struct attack *attacks;
	size_t n;
	bool open;
	bool breaks;
	int (*around)(bool begin);
};

/* All of them (class.c), and what has to work under the policy (legit.c). */
extern const struct attack_class *const attack_classes[];
extern const size_t attack_classes_n;
extern const struct attack_class attack_legit;

/* --- for attacks (child.c, helpers.c) -------------------------------------------------- */

/** attack_under_policy - is this the attempt, and not the control? */
bool attack_under_policy(void);

/** attack_sealed - is that policy sealed? */
bool attack_sealed(void);

/** attack_keyring - keyring to load a signer's programs by; its own in the control */
int32_t attack_keyring(const char *signer);

/** attack_pause - the policy comes now, if it is to come; see struct attack.before */
void attack_pause(void);

/** attack_cannot - it can't be tried on this kernel, and why; returns ATTACK_CANNOT */
int attack_cannot(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** attack_broken - what it needs doesn't work, and why; returns ATTACK_BROKEN */
int attack_broken(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** attack_close - what a descriptor or negative errno comes to; closes the descriptor */
int attack_close(int fd);

/** attack_in_child - run a function in a child; what it returned, 0 or a negative errno */
int attack_in_child(int (*run)(void *what), void *what);

/** attack_unsigned - load an unsigned program, called "attack"; 0 or a negative errno */
int attack_unsigned(void);

/**
 * attack_hand - load the loader made by hand (hold.h), signed, so that it is believed:
 * where loaders are promoted it first has metadata verified
 *
 * Return: 0 or a negative errno; hand_close()
 */
struct hand;
int attack_hand(struct hand *hand);

/**
 * attack_tampered - change a signed loader (tamper.h); @what is the struct tamper
 *
 * First as it was signed, which has to work, so that it is the change that is refused.
 */
int attack_tampered(const struct attack *attack);
const struct attack_want *attack_tampered_want(const struct attack *attack);

/* --- the policy (policy.c) -------------------------------------------------- */

#define ATTACK_DIR	"/tmp/attack"
#define ATTACK_GOOD	ATTACK_DIR "/good"	/* an executable that a rule allows */
#define ATTACK_MEASURED	ATTACK_DIR "/measured"	/* one that a rule allows by its digest */
#define ATTACK_SCRIPT	ATTACK_DIR "/script"	/* a script that a rule allows */
#define ATTACK_POLICY	ATTACK_DIR "/policy.yaml"
#define ATTACK_CGROUP	"/attack_allowed"	/* a cgroup that a rule allows */
#define ATTACK_REMADE	"/attack_remade"	/* another, which is removed and made again */
#define ATTACK_UID	4242			/* a user that a rule allows */
#define ATTACK_ENDED	4243			/* one whose rule has ended */

/* Programs that rules allow by digest: "r0 = 0; exit", and one that reads a map. */
#define ATTACK_ALLOWED_RETURNS 0

/** attack_prepare - make files and cgroups that the policy speaks of; 0 or a negative errno */
int attack_prepare(void);

/**
 * attack_policy_install - put the policy into force, for good
 *
 * All attacks meet one policy, so it has to have what each of them needs.
 */
int attack_policy_install(void);

/** attack_policy_write - write the policy as of this version, unsigned; 0 or an errno */
int attack_policy_write(const char *path, unsigned int version);

/** attack_policy_sign - sign a policy file as CLI_TMP/@who.key; 0 or what the command gave */
int attack_policy_sign(const char *path, const char *who);

/** attack_can_measure - can this kernel measure executables? */
bool attack_can_measure(void);

/** attack_reader - instructions that return the first bytes of a map; their number */
size_t attack_reader(struct bpf_insn insns[4], int map);

/** attack_policy_seal - put it out of root's reach, until the machine stops */
int attack_policy_seal(void);

/** attack_enter - go to a cgroup; 0 or a negative errno */
int attack_enter(const char *cgroup);

/** attack_writer - instructions that write zeroes to the first value of a map; their number */
#define ATTACK_WRITER_LEN 10
size_t attack_writer(struct bpf_insn insns[ATTACK_WRITER_LEN], int map);

/* --- running and judging (run.c, report.c) ----------------------------------- */

/** enum attack_verdict - what became of an attack */
enum attack_verdict {
	ATTACK_NEVER,		/* it didn't come to it */
	ATTACK_STOPPED,
	ATTACK_THROUGH,
	ATTACK_KNOWN,		/* got through, as documented */
	ATTACK_WRONG_ERROR,	/* something stopped it, but not what should */
	ATTACK_NO_EVENT,	/* the policy says nothing of it */
	ATTACK_UNTRIED,		/* it can't be tried on this kernel */
	ATTACK_NO_CONTROL,	/* it doesn't work without a policy either */
};

/** struct attack_result - one attack, and what became of it */
struct attack_result {
	const struct attack_class *class;
	const struct attack *attack;
	enum attack_verdict verdict;
	int control;
	int error;
	char why[120];		/* it couldn't be tried */
};

/** attack_expected - what has to become of it on the kernel that runs */
const struct attack_want *attack_expected(const struct attack *attack);

/** struct attack_child - a process that runs an attack (child.c) */
struct attack_child {
	struct attack_report *report;
	pid_t pid;
	int go;			/* a byte here ends its attack_pause() */
	int ready;		/* a byte comes from here when it is there */
};

/**
 * attack_start - start a process for an attack; attack_finish() waits for its end
 * @under_policy: not the control
 *
 * Return: 0 or a negative errno
 */
int attack_start(struct attack_child *child, const struct attack *attack, bool under_policy);
int attack_await_pause(const struct attack_child *child);
void attack_go_on(const struct attack_child *child);

/** attack_finish - what it came to; @why is set if it couldn't be tried */
int attack_finish(struct attack_child *child, char *why, size_t len);

/**
 * attack_report - print the table, and the line that sums it up
 *
 * Return: 0 if nothing got through but what is known, and nothing is unproven; else 1
 */
int attack_report(const struct attack_result *results, size_t n);

#endif
