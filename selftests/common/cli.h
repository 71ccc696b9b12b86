/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli.h - what the tests of the commands share beyond gate.h: certificates of
 * every kind, what a command leaves behind in the kernel, commands that run
 * beside the test, and commands stopped at a chosen system call.
 *
 * Functions return 0 or a negative errno unless they say otherwise, and print
 * "# ..." when the cause would not be plain from the number.
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <jansson.h>

#include "patience.h"

#define CLI_TMP "/tmp/cli"	/* cli_cert_make() and cli_start() write here */

/* --- certificates --------------------------------------------- */

/**
 * struct cli_cert - a certificate to make, with its own new key
 * @name: CLI_TMP/NAME.key and CLI_TMP/NAME.crt, both PEM
 * @from, @until: validity in seconds from now; an hour ago to tomorrow if both are 0
 * @rsa_bits: ECDSA P-256 if 0
 * @constraints, @usage, @extended: extensions in OpenSSL's words; "-" leaves it
 *	out, NULL takes what a signer needs
 * @no_ski: without a subject key identifier
 */
struct cli_cert {
	const char *name;
	long from;
	long until;
	int rsa_bits;
	const char *constraints;
	const char *usage;
	const char *extended;
	bool no_ski;
};

/** cli_cert_make - make a self-signed certificate; replaces an older one */
int cli_cert_make(const struct cli_cert *want);

/* --- what is in the kernel ------------------------------------ */

/* Signers' keyrings stay until reboot, so that a long run leaves thousands. */
#define CLI_STATE_MAX 16384

enum cli_kind {
	CLI_PROGS,
	CLI_MAPS,
	CLI_LINKS,
	CLI_BTFS,
	CLI_KEYS,
	CLI_PINS,	/* inode numbers below PIN_PARENT */
	CLI_KINDS,
};

/** struct cli_state - ids of all there is of each kind, in no order; 400 KB */
struct cli_state {
	uint32_t ids[CLI_KINDS][CLI_STATE_MAX];
	size_t n[CLI_KINDS];
};

/** cli_state_read - look at what there is now; 0, -E2BIG (too much) or a negative errno */
int cli_state_read(struct cli_state *state);

/** cli_state_read_keys - the keys only; the rest stays as it was read before */
int cli_state_read_keys(struct cli_state *state);

/**
 * cli_state_only - is there nothing now that wasn't there before?
 * @before: what there was
 *
 * The kernel frees programs, maps, links and keys in the background, some
 * moments after their last user is gone: looks again until it is so, at most
 * a minute. Prints what is too much.
 *
 * Return: 0, -EEXIST (something is left) or a negative errno
 */
int cli_state_only(const struct cli_state *before);

/* --- commands beside the test ----------------------------------- */

/**
 * cli_start - start a command without waiting for it
 * @file: gets its stdout and stderr, NULL for none
 *
 * It gets SIGKILL when the test ends.
 *
 * Return: its process id or a negative errno
 */
pid_t cli_start(const char *const argv[], const char *file);

/** cli_become - in a child: be the command, with its output in the file */
void cli_become(const char *const argv[], const char *file) __attribute__((noreturn));

/** cli_end - wait for it; returns its exit code, 128 + N after signal N */
int cli_end(pid_t pid);

/** cli_exit_code - what a status of waitpid(2) means in the terms of cli_end() */
int cli_exit_code(int status);

/**
 * CLI_RUN - in a test: run a command; its exit code has to be as expected
 * @want: the exit code
 * @output: struct gate_output *; what an earlier command said is freed
 */
#define CLI_RUN(want, output, ...) do { \
	struct gate_output *cli_output_ = (output); \
	gate_output_free(cli_output_); \
	ASSERT_EQ(0, gate_run(cli_output_, __VA_ARGS__)); \
	EXPECT_EQ(want, cli_output_->status) { \
		TH_LOG("stdout: %s", cli_output_->out); \
		TH_LOG("stderr: %s", cli_output_->err); \
	} \
} while (0)

/** CLI_HAS - in a test: a text has to hold another */
#define CLI_HAS(text, part) \
	EXPECT_NE(NULL, strstr(text, part)) { \
		TH_LOG("not in it: \"%s\"; the text: %s", part, text); \
	}

/** cli_read - content of a small file as text; free(); NULL if it can't be read */
char *cli_read(const char *path);

/**
 * cli_await - wait until a file holds a text
 *
 * Return: 0, or -ETIME after 30 s
 */
int cli_await(const char *path, const char *text);

/** cli_lines - number of lines of a text that hold another */
size_t cli_lines(const char *text, const char *part);

/**
 * cli_json - run a command that prints JSON
 * @status: set on success to its exit code
 * @out: set on success; json_decref()
 */
int cli_json(const char *const argv[], int *status, json_t **out);

/** cli_number - the integer at a path as "counters.unsigned.denied"; -1 if there is none */
json_int_t cli_number(const json_t *root, const char *path);

/** cli_text - the string at such a path, "" if there is none */
const char *cli_text(const json_t *root, const char *path);

/* --- is it enforcing? (cli.c) ----------------------------------------------- */

/** cli_unsigned - load an unsigned program; 0 if it gets in, else a negative errno */
int cli_unsigned(void);

/**
 * cli_signed - load a small program with a test key's signature
 * @who: "signer" or "stranger"
 * @keyring: to check it by
 * @damaged: flip a bit of the signature first
 *
 * Return: 0 if it gets in, else a negative errno
 */
int cli_signed(const char *who, int32_t keyring, bool damaged);

enum cli_verdict {
	CLI_ABSENT,
	CLI_UNFINISHED,
	CLI_DAMAGED,
	CLI_PERMISSIVE,
	CLI_ENFORCING,
};

/**
 * cli_judge - what "bpfseal status" says, held against what really happens
 * @verdict: set on success
 *
 * Only a policy that enforces, or a damaged one, may deny; exit code, "state",
 * "enforcing" and "mode" have to fit each other and an unsigned load.
 *
 * Return: 0, -EBADE (it lies; printed) or a negative errno
 */
int cli_judge(enum cli_verdict *verdict);

/** cli_verdict_name - for messages */
const char *cli_verdict_name(enum cli_verdict verdict);

/* --- commands stopped at a system call (cli_trace.c) ------------------------ */

/*
 * A step is a system call that changes something outside the process: bpf(2)
 * commands that make, change or pin, those on names of files, on keys and on
 * processes. Steps are counted from 1, over the command and its children. What
 * tries user ids for a free anchor is no step: each installation tries one more.
 */

enum cli_action {
	CLI_VISIT,	/* let it run to its end, and call @visit before each step */
	CLI_KILL_AFTER,	/* SIGKILL after the call is done */
	CLI_FAIL,	/* the call is not made and fails with ENOMEM */
	CLI_PAUSE,	/* stop there; go on with cli_trace_resume() */
};

struct cli_step {
	long nr;	/* system call */
	long arg;	/* its first argument, the command for bpf(2) and keyctl(2) */
	bool child;	/* a child of the command does it */
};

#define CLI_STEPS_MAX 1024

/**
 * struct cli_trace - a command under ptrace(2)
 * @action, @step: what to do and where; given by the caller
 * @visit, @arg: called with each step's number while the command stands still
 * @leader: in a step of a child, kill the command itself
 * @done: it came to that
 * @status: exit code of the command, as cli_end()
 * @n: number of steps seen
 * @steps: step N is steps[N - 1]
 */
struct cli_trace {
	enum cli_action action;
	unsigned int step;
	void (*visit)(unsigned int step, void *arg);
	void *arg;
	bool leader;
	bool done;
	int status;
	unsigned int n;
	struct cli_step steps[CLI_STEPS_MAX];
	pid_t pid;		/* the rest is not for the caller */
	pid_t waiting;
};

#define CLI_TRACE_OUTPUT CLI_TMP "/trace"

/**
 * cli_trace_run - run a command, and do at a step what is to be done there
 *
 * Its stdout and stderr go to CLI_TRACE_OUTPUT. The test must have no other
 * children. Returns when the command has ended, or is paused.
 */
int cli_trace_run(struct cli_trace *trace, const char *const argv[]);

/** cli_trace_resume - let a paused command run to its end */
int cli_trace_resume(struct cli_trace *trace);

/** cli_step_is - is it this system call? e.g. (&s, SYS_bpf, BPF_OBJ_PIN), -1 for any */
bool cli_step_is(const struct cli_step *step, long nr, long arg);

/** cli_step_name - for messages, e.g. "bpf 6" */
const char *cli_step_name(const struct cli_step *step);

#endif
