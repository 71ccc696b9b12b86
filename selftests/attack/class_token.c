// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * class_token.c - class 7: loads with a BPF token, from a user namespace to which BPF was
 * delegated. A token is a right to load, not a reason to trust.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "attack.h"
#include "token.h"

/* Which of the loads it is about, and whether the token is from before the policy. */
struct use {
	size_t load;
	bool early;
};

static int with_token(const struct attack *attack)
{
	const struct use *use = attack->what;
	struct token_delegate delegate;
	int err = token_begin(&delegate);

	if (!err && delegate.report->token == -EOPNOTSUPP)
		return attack_cannot("this kernel makes no BPF tokens");
	if (err || delegate.report->token < 0) {
		err = err ? err : delegate.report->token;
		token_free(&delegate);
		return attack_broken("no token: %s", strerror(-err));
	}
	if (use->early)
		attack_pause();
	delegate.report->keyring = attack_keyring("signer");
	err = token_end(&delegate);
	if (!err && delegate.report->without != -EPERM)
		err = attack_broken("it isn't the token that makes the difference");
	if (!err)
		err = *(int *)((char *)delegate.report + use->load);
	token_free(&delegate);
	return err;
}

#define TOKEN(name_, load_, early_, ...) \
	{ .name = name_, .run = with_token, .before = early_, \
	  .what = &(const struct use){ offsetof(struct token_report, load_), early_ }, \
	  ##__VA_ARGS__ }

static const struct attack attacks[] = {
	TOKEN("unsigned, with a token", with_token, false, .want = DENIED(BPFSEAL_R_UNSIGNED)),
	TOKEN("unsigned loader, with a token", loader_with_token, false,
	      .want = DENIED(BPFSEAL_R_UNSIGNED)),
	TOKEN("signed, with a token", signed_with_token, false,
	      .want = UNCOVERED(BPFSEAL_A_PROG_TYPE), .promoting = DENIED(BPFSEAL_R_LEVEL)),
	TOKEN("unsigned, token from before", with_token, true,
	      .want = DENIED(BPFSEAL_R_UNSIGNED)),
	TOKEN("unsigned loader, token from before", loader_with_token, true,
	      .want = DENIED(BPFSEAL_R_UNSIGNED)),
	TOKEN("signed, token from before", signed_with_token, true,
	      .want = UNCOVERED(BPFSEAL_A_PROG_TYPE), .promoting = DENIED(BPFSEAL_R_LEVEL)),
};

const struct attack_class attack_token = {
	7, "BPF tokens", attacks, GATE_COUNT(attacks), .around = NULL,
};
