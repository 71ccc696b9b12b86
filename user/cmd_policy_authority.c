// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_policy_authority.c - bpfseal policy authority: whose policies may be installed.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "authority.h"
#include "cmd.h"
#include "diag.h"
#include "hex.h"
#include "output.h"
#include "pins.h"
#include "statement.h"
#include "store.h"

static const char usage[] =
	"usage: bpfseal policy authority show\n"
	"       bpfseal policy authority set CERT [--signature FILE]\n"
	"       bpfseal policy authority remove [--signature FILE]\n"
	"       bpfseal policy authority sign --key KEY --certificate OWN -o FILE NEW\n"
	"       bpfseal policy authority sign --key KEY --certificate OWN -o FILE --remove\n"
	"\n"
	"Once there is a policy authority, only policies that it has signed, and whose\n"
	"version is higher, can be installed.\n"
	"\n"
	"show    tells who it is, and whose policy is in force\n"
	"set     makes CERT the authority's certificate\n"
	"remove  lets any policy be installed again\n"
	"sign    makes the statement of the present authority, whose key and certificate\n"
	"        are given, that NEW may follow it, or that it may be removed\n"
	"\n"
	"  --signature FILE     that statement; needed if there is an authority\n"
	"  --key KEY            private key, PEM, not encrypted\n"
	"  --certificate OWN    certificate, PEM or DER\n"
	"  -o FILE              the statement to write; a file that is there is replaced\n";

struct options {
	const char *key, *cert, *signature, *output, *arg;
	bool remove;
};

static int usage_error(void)
{
	fputs(usage, stderr);
	return EXIT_USAGE;
}

/* The policy in force; *running is NULL if there is none. */
static int read_running(struct bpfseal_policy *policy, const struct bpfseal_policy **running)
{
	int err = report_policy(policy);

	if (err == -EPROTONOSUPPORT)
		return pins_refuse_foreign();
	if (err && err != -ENOENT) {
		diag_error("cannot read the policy in force: %s", strerror(-err));
		if (err == -EPERM || err == -EACCES)
			diag_hint("run this as root");
		return err;
	}
	*running = err ? NULL : policy;
	return 0;
}

static bool is_set(const uint8_t digest[32])
{
	static const uint8_t none[32];

	return memcmp(digest, none, sizeof(none)) != 0;
}

static int show(void)
{
	const struct bpfseal_policy *running;
	struct bpfseal_policy policy;
	struct cert *cert;
	int err;

	err = read_running(&policy, &running);
	if (!err)
		err = authority_load("", &cert);
	if (err)
		return err;
	if (cert)
		printf("authority: %s, SHA-256 %s\n", cert->subject, hex_of(cert->fingerprint).s);
	else
		puts("authority: none, any policy can be installed");
	if (!running)
		puts("in force:  no policy");
	else if (running->abi != BPFSEAL_ABI)
		puts("in force:  a policy installed by another version of bpfseal");
	else if (!is_set(running->authority))
		printf("in force:  version %u, under no authority\n", running->version);
	else
		printf("in force:  version %u, under SHA-256 %s\n", running->version,
		       hex_of(running->authority).s);
	cert_free(cert);
	return 0;
}

/* Boot would refuse it, so say it now. */
static void warn_stored(const struct cert *cert)
{
	struct policy_source src;
	const char *why;

	if (store_open("", &src))
		return;
	if (!src.sig || statement_verify(cert, src.text, src.len, src.sig, src.sig_len, &why)) {
		diag_warn("the policy that is stored for boot isn't signed by this authority");
		diag_hint("it will not be restored: install one that is signed");
	}
	policy_source_free(&src);
}

static int apply(const struct authority_change *change)
{
	const struct bpfseal_policy *running;
	struct bpfseal_policy policy;
	int err, lock;

	err = pins_lock(&lock);
	if (err)
		return err;
	err = read_running(&policy, &running);
	if (!err)
		err = authority_change("", running, change, time(NULL));
	if (!err && change->cert && !change->sig)
		warn_stored(change->cert);
	if (!err && running)
		diag_hint("this counts from the next installation of a policy on");
	close(lock);
	return err;
}

/* @path: certificate, or NULL to remove the authority. */
static int change(const char *path, const char *signature)
{
	struct authority_change change = {};
	struct cert *cert = NULL;
	uint8_t *sig = NULL;
	int err = 0;

	if (path)
		err = cert_load(path, &cert);
	if (!err && signature)
		err = source_read_file("signature", signature, STATEMENT_MAX, &sig,
				       &change.sig_len);
	if (err)
		goto out;
	change.cert = cert;
	change.sig = sig;
	err = apply(&change);
	if (!err && cert)
		printf("authority: %s, SHA-256 %s\n", cert->subject, hex_of(cert->fingerprint).s);
	else if (!err)
		puts("authority: none, any policy can be installed");
out:
	free(sig);
	cert_free(cert);
	return err;
}

static int sign(const struct options *o)
{
	const char *const inputs[] = { o->key, o->cert, o->arg ? o->arg : o->cert };
	struct cert *own = NULL, *next = NULL;
	uint8_t *data = NULL;
	size_t len;
	int err;

	err = cert_load(o->cert, &own);
	if (!err && o->arg)
		err = cert_load(o->arg, &next);
	if (!err && next)
		err = cert_check_authority(next);
	if (!err)
		err = output_check(o->output, inputs, sizeof(inputs) / sizeof(inputs[0]));
	if (err)
		goto out;
	data = authority_statement(own->fingerprint, next, &len);
	err = data ? statement_write(o->key, o->cert, data, len, o->output) : -ENOMEM;
out:
	free(data);
	cert_free(next);
	cert_free(own);
	return err;
}

static int run(const char *command, const struct options *o)
{
	bool signing = !strcmp(command, "sign");

	if (signing != (o->key && o->cert && o->output) || (signing && o->signature) ||
	    (!signing && (o->key || o->cert || o->output || o->remove)))
		return usage_error();
	if (signing)
		return !o->arg == o->remove ? diag_exit(sign(o)) : usage_error();
	if (!strcmp(command, "show") && !o->arg && !o->signature)
		return diag_exit(show());
	if (!strcmp(command, "set") && o->arg)
		return diag_exit(change(o->arg, o->signature));
	if (!strcmp(command, "remove") && !o->arg)
		return diag_exit(change(NULL, o->signature));
	return usage_error();
}

int cmd_policy_authority(int argc, char **argv)
{
	static const struct option options[] = {
		{ "key", required_argument, NULL, 'k' },
		{ "certificate", required_argument, NULL, 'c' },
		{ "signature", required_argument, NULL, 's' },
		{ "output", required_argument, NULL, 'o' },
		{ "remove", no_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	struct options o = {};
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "ho:", options, NULL)) != -1) {
		switch (c) {
		case 'k': o.key = optarg; break;
		case 'c': o.cert = optarg; break;
		case 's': o.signature = optarg; break;
		case 'o': o.output = optarg; break;
		case 'r': o.remove = true; break;
		case 'h': fputs(usage, stdout); return EXIT_DONE;
		default: return EXIT_USAGE;
		}
	}
	if (argc - optind < 1 || argc - optind > 2)
		return usage_error();
	o.arg = argc - optind == 2 ? argv[optind + 1] : NULL;
	return run(argv[optind], &o);
}
