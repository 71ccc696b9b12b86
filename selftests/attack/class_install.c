// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * class_install.c - class 9: other policies in the place of the one in force: older ones,
 * ones of others, changed ones.
 *
 * The controls put each in the place of one that no authority has admitted: installing
 * takes seconds.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"
#include "authority.h"
#include "cli.h"
#include "store.h"

#define POLICY ATTACK_DIR "/attacker.yaml"
#define SIGNATURE POLICY ".p7s"
#define NEXT 4
#define AUTHORITY_SAVED ATTACK_DIR "/authority.saved"

/**
 * struct forgery - a policy that should not be admitted
 * @version: of its file
 * @who: signs it; NULL: nobody
 * @change: shell command that changes file or signature then
 * @says: what bpfseal has to say of it
 */
struct forgery {
	unsigned int version;
	const char *who;
	const char *change;
	const char *says;
};

static int shell(const char *command)
{
	return gate_do("sh", "-c", command);
}

static int forge(const struct forgery *f)
{
	int err = attack_policy_write(POLICY, f->version);

	unlink(SIGNATURE);
	if (!err && f->who)
		err = attack_policy_sign(POLICY, f->who);
	return !err && f->change ? shell(f->change) : err;
}

/* The command's end, if it says what it should of the file. */
static int try_command(const char *command, const char *says)
{
	struct gate_output out;
	int err = gate_run(&out, "bpfseal", command, POLICY);

	if (err)
		return attack_broken("bpfseal can't be run");
	if (out.status && !strstr(out.err, says)) {
		fprintf(stderr, "# bpfseal %s says: %s", command, out.err);
		err = -EBADMSG;
	} else {
		err = out.status ? ATTACK_EXIT(out.status) : 0;
	}
	gate_output_free(&out);
	return err;
}

static int reload_forged(const struct attack *attack)
{
	const struct forgery *f = attack->what;

	return forge(f) ? attack_broken("it can't be forged") : try_command("reload", f->says);
}

/* A policy of the authority's, once the trust store has another one, or none. */
static int replace_authority(const struct attack *attack)
{
	int err;

	if (attack_under_policy() && shell("cp " AUTHORITY_FILE " " AUTHORITY_SAVED))
		return attack_broken("there is no authority");
	err = reload_forged(attack);
	if (attack_under_policy() && shell("cp " AUTHORITY_SAVED " " AUTHORITY_FILE))
		return attack_broken("the authority can't be put back");
	return err;
}

/* By the commands that are there for it. */
static int set_authority(const struct attack *attack)
{
	const char *says = "only with a statement of the present one";
	struct gate_output out;
	int err;

	(void)attack;
	if (gate_run(&out, "bpfseal", "policy", "authority", "set", CLI_TMP "/other.crt"))
		return attack_broken("bpfseal can't be run");
	err = !out.status ? 0 : strstr(out.err, says) ? ATTACK_EXIT(out.status) : -EBADMSG;
	gate_output_free(&out);
	if (!attack_under_policy())
		shell("rm -rf /etc/bpfseal");
	return err;
}

/* --- while another is being installed -------------------------------------------------- */

/* A second installation beside the first, rather than in its place. */
static int install_again(const struct attack *attack)
{
	const struct forgery newer = { .version = NEXT, .who = "authority" };

	(void)attack;
	if (forge(&newer) || (!attack_under_policy() && gate_clean()))
		return attack_broken("no policy to install");
	return try_command("install", "installed already");
}

/* Another is under way and stands still: an older one comes in between. */
static int install_while(const struct attack *attack)
{
	static const char *const reload[] = { "bpfseal", "reload", ATTACK_POLICY, NULL };
	const struct forgery older = { .version = 1, .who = "authority" };
	struct cli_trace *t = calloc(1, sizeof(*t));
	int err;

	(void)attack;
	if (!t || forge(&older))
		return attack_broken("no policy to install");
	if (!attack_under_policy())
		return try_command("reload", "");
	t->action = CLI_PAUSE;
	t->step = 8;	/* it has begun, and not changed anything */
	err = cli_trace_run(t, reload);
	if (err || !t->done)
		return attack_broken("the other one doesn't stand still");
	err = try_command("reload", "another bpfseal");
	if (cli_trace_resume(t) || t->status)
		return attack_broken("the other one doesn't come to its end");
	return err;
}

#define FORGED(name_, function, ...) \
	{ .name = name_, .run = function, .what = &(const struct forgery){ __VA_ARGS__ }, \
	  .want = QUIET(ATTACK_EXIT(1), "bpfseal refuses it, nothing reaches the kernel") }

static const struct attack attacks[] = {
	FORGED("an older policy", reload_forged, 2, "authority", NULL,
	       "its version 2 is not higher than 3"),
	FORGED("another one of the same version", reload_forged, 3, "authority",
	       "echo 'sets: [{name: s, digests: [00112233445566778899aabbccddeeff"
	       "00112233445566778899aabbccddeeff]}]' >>" POLICY " && "
	       "bpfseal policy sign --key " CLI_TMP "/authority.key --certificate " CLI_TMP
	       "/authority.crt " POLICY, "its version 3 is not higher than 3"),
	FORGED("a policy that nobody signed", reload_forged, NEXT, NULL, NULL, "it isn't signed"),
	FORGED("one signed by another key", reload_forged, NEXT, "other", NULL,
	       "is made by another signer"),
	FORGED("one byte of it altered", reload_forged, NEXT, "authority",
	       "sed -i s/enforcing/permissive/ " POLICY, "doesn't match"),
	FORGED("its last line cut off", reload_forged, NEXT, "authority", "sed -i '$d' " POLICY,
	       "doesn't match"),
	FORGED("its signature cut short", reload_forged, NEXT, "authority",
	       "head -c 300 " SIGNATURE " >" CLI_TMP "/x; mv " CLI_TMP "/x " SIGNATURE,
	       "is cut short or damaged"),
	FORGED("its signature's last byte altered", reload_forged, NEXT, "authority",
	       "n=$(($(stat -c %s " SIGNATURE ") - 1)); b=$(tail -c 1 " SIGNATURE
	       " | od -An -tu1); printf \"\\\\$(printf %o $((b ^ 1)))\" | dd of=" SIGNATURE
	       " bs=1 seek=$n conv=notrunc 2>/dev/null", "is refused: its signature"),
	FORGED("an older policy's signature", reload_forged, NEXT, NULL,
	       "cp " ATTACK_POLICY ".p7s " SIGNATURE " 2>/dev/null || true",
	       "doesn't match"),
	FORGED("the trust store's certificate replaced", replace_authority, NEXT, "other",
	       "mkdir -p /etc/bpfseal; [ ! -e " AUTHORITY_FILE " ] || openssl x509 -in " CLI_TMP
	       "/other.crt -outform DER -out " AUTHORITY_FILE, "was changed without a statement"),
	FORGED("the trust store's certificate removed", replace_authority, NEXT, NULL,
	       "rm -f " AUTHORITY_FILE, "was removed without a statement"),
	FORGED("another authority, by command", set_authority, 0, NULL, NULL, NULL),
	FORGED("a second installation", install_again, 0, NULL, NULL, NULL),
	FORGED("an older one while one is installed", install_while, 0, NULL, NULL, NULL),
};

/* For the controls: a policy of nobody's, which denies nothing; and no trace of it. */
static int around(bool begin)
{
	const struct gate_policy policy = { .mode = "permissive" };

	if (begin)
		return gate_install_policy(&policy);
	return gate_clean() ?: shell("rm -rf " STORE_DIR " /etc/bpfseal");
}

/* The last one is about a reload that is under way, which isn't begun once it is sealed. */
const struct attack_class attack_install = {
	9, "Other policies in its place", attacks, GATE_COUNT(attacks) - 1, .around = around,
};

const struct attack_class attack_install_open = {
	9, "Other policies in the place of an open one", attacks, GATE_COUNT(attacks),
	.open = true, .around = around,
};
