/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diag.h - what bpfseal tells the user when something is wrong.
 *
 * All messages go to stderr. Text that did not come from us (file names,
 * certificate subjects, policy values) must pass through diag_quote() so that
 * it cannot forge a line or drive the terminal.
 */
#ifndef BPFSEAL_DIAG_H
#define BPFSEAL_DIAG_H

#include <stddef.h>

/* The exit codes of every subcommand. */
enum {
	EXIT_DONE = 0,		/* done as asked */
	EXIT_FAILED = 1,	/* could not be done; nothing was changed */
	EXIT_USAGE = 2,		/* the command line is wrong */
	EXIT_POLICY_NO = 3,	/* done, and the answer is no */
};

#define DIAG_TEXT_MAX 1024

/* Safe text, returned by value so that calls can be nested in a message. */
struct diag_text {
	char s[DIAG_TEXT_MAX];
};

/**
 * diag_error - print "bpfseal: MESSAGE" on stderr
 * @fmt: printf format, without the final newline
 */
void diag_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * diag_warn - print "bpfseal: warning: MESSAGE" on stderr
 * @fmt: printf format, without the final newline
 */
void diag_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * diag_hint - print "  MESSAGE" on stderr: what to do about the line above
 * @fmt: printf format, without the final newline
 */
void diag_hint(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * diag_at - print "FILE:LINE:COLUMN: MESSAGE" on stderr
 * @file: name of the file, untrusted
 * @line: line, counted from 1; 0 leaves line and column out
 * @column: column, counted from 1 in characters; 0 leaves the column out
 * @fmt: printf format, without the final newline
 */
void diag_at(const char *file, size_t line, size_t column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * diag_quote - make untrusted text safe to print
 * @text: NUL-terminated text, or NULL
 *
 * Control characters (C0, DEL, C1), line and paragraph separators,
 * bidirectional controls, backslashes and bytes that are not valid UTF-8 become
 * \xNN. Long text is cut and ends in "...".
 *
 * Return: the text by value; use as diag_quote(path).s
 */
struct diag_text diag_quote(const char *text);

/**
 * diag_quote_n - like diag_quote(), for bytes that may hold a NUL
 * @bytes: the bytes
 * @len: how many
 */
struct diag_text diag_quote_n(const void *bytes, size_t len);

/**
 * diag_refuse - print what is wrong and, below it, what to do about it
 * @err: a negative errno
 * @what: as for diag_error()
 * @hint: as for diag_hint()
 *
 * Return: @err
 */
int diag_refuse(int err, const char *what, const char *hint);

/**
 * diag_exit - exit code that belongs to a result
 * @err: 0 or a negative errno
 *
 * Return: EXIT_DONE or EXIT_FAILED
 */
int diag_exit(int err);

#endif
