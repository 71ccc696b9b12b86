/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * token.h - root of a user namespace of its own, to whom BPF is delegated by a token.
 */
#ifndef TOKEN_H
#define TOKEN_H

#include <stdint.h>
#include <sys/types.h>

/**
 * struct token_report - what the delegate is to do, and what it tells back
 * @keyring: to check its signature by
 * @token: a descriptor in the child, or an errno
 * @without: what a load without the token comes to
 * @with_token: and with it
 * @loader_with_token: and that of a program that could load others
 * @signed_with_token: and that of a program the signer has signed
 * @user_ns: its user namespace
 */
struct token_report {
	int32_t keyring;
	int token;
	int without;
	int with_token;
	int loader_with_token;
	int signed_with_token;
	uint32_t user_ns;
};

/** struct token_delegate - such a process; @report is shared with it */
struct token_delegate {
	struct token_report *report;
	int sock[2];
	pid_t pid;
};

/**
 * token_begin - start it, and delegate everything; it makes a token and waits
 *
 * Return: 0 or a negative errno; token_free() either way
 */
int token_begin(struct token_delegate *delegate);

/** token_end - let it load; 0, or -EIO if it couldn't come to that */
int token_end(struct token_delegate *delegate);
void token_free(struct token_delegate *delegate);

#endif
