// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_verify.c - bpfseal verify: is a light skeleton signed by this signer?
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cert.h"
#include "cmd.h"
#include "cms.h"
#include "diag.h"
#include "lskel.h"

static const char usage[] =
	"usage: bpfseal verify FILE.lskel.h --cert CERT [--covers KIND] [--json]\n"
	"\n"
	"Tells whether a light skeleton is signed by the key of a certificate, as the\n"
	"kernel would check it, what the signature covers and where that is good. The C\n"
	"code around loader and metadata is held against the form bpftool writes, not\n"
	"compiled.\n"
	"\n"
	"  --cert CERT     the signer's certificate, PEM or DER\n"
	"  --covers KIND   what the signature has to cover: instructions (and nothing\n"
	"                  else), btf or metadata (and the instructions)\n"
	"  --json          machine-readable output\n"
	"\n"
	"Exit status: 0 good; 3 not signed, bad signature, another key, another kind\n"
	"than --covers demands, or an unfit certificate; 1 could not be read; 2 wrong\n"
	"command line.\n";

struct job {
	const char *path, *cert;
	enum lskel_coverage demanded;	/* LSKEL_COVERS_NOTHING: any will do */
	bool json;
};

struct result {
	enum lskel_verdict verdict;
	enum lskel_coverage covers;
	bool fit;		/* the certificate is */
	char *signer;		/* key identifier in the signature, NULL if none */
};

static int print_json(const char *path, const struct lskel *skel, const struct cert *cert,
		      const struct result *result)
{
	const char *covers = result->covers ? lskel_kind(result->covers)->name : NULL;
	char fingerprint[2 * CERT_DIGEST_LEN + 1];
	json_t *json;
	int err;

	cert_fingerprint(cert, fingerprint);
	json = json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:I, s:I, s:I, s:{s:s, s:s, s:s, s:b}}",
			 "file", diag_quote(path).s, "name", skel->name,
			 "verdict", lskel_verdict_name(result->verdict),
			 "covers", covers, "signer_key_id", result->signer,
			 "loader_bytes", (json_int_t)skel->insns_len,
			 "btf_bytes", (json_int_t)skel->btf_len,
			 "metadata_bytes", (json_int_t)skel->data_len,
			 "certificate", "file", diag_quote(cert->path).s,
			 "subject", cert->subject, "sha256", fingerprint,
			 "fit", result->fit);
	err = !json ? -ENOMEM : json_dumpf(json, stdout, JSON_INDENT(2)) ? -EIO : 0;
	putchar('\n');
	json_decref(json);
	return err;
}

static void print_verdict(const char *file, const struct lskel *skel, const struct cert *cert,
			  const struct result *result)
{
	const char *signer = result->signer ? result->signer : "unknown";

	switch (result->verdict) {
	case LSKEL_GOOD:
		printf("%s: good signature by %s\n", diag_quote(file).s, cert->subject);
		break;
	case LSKEL_UNSIGNED:
		printf("%s: not signed\n", diag_quote(file).s);
		break;
	case LSKEL_BAD_SIGNATURE:
		printf("%s: bad signature: it names the key of %s, but the loader or its %s was changed\n",
		       diag_quote(file).s, cert->subject, skel->btf ? "BTF" : "metadata");
		break;
	case LSKEL_WRONG_KEY:
		printf("%s: wrong key: signed by key %s, not by %s\n", diag_quote(file).s,
		       signer, cert->subject);
		break;
	case LSKEL_MALFORMED:
		printf("%s: bad signature: it is not of the form the kernel and bpftool use\n",
		       diag_quote(file).s);
		break;
	case LSKEL_BAD_EXCL:
		printf("%s: good signature by %s, but the metadata map is not bound to this loader\n",
		       diag_quote(file).s, cert->subject);
		break;
	case LSKEL_BAD_METADATA:
		printf("%s: good signature by %s, but the metadata is not covered, and not what the loader compares it with\n",
		       diag_quote(file).s, cert->subject);
		break;
	}
}

static void print_text(const struct job *job, const struct lskel *skel,
		       const struct cert *cert, const struct result *result)
{
	print_verdict(job->path, skel, cert, result);
	if (result->verdict != LSKEL_GOOD)
		return;
	lskel_kind_print(result->covers);
	if (job->demanded && job->demanded != result->covers)
		printf("  not as demanded: --covers is \"%s\", this signature covers %s\n",
		       lskel_kind(job->demanded)->name, lskel_kind(result->covers)->covers);
}

static bool is_good(const struct job *job, const struct result *result)
{
	return result->verdict == LSKEL_GOOD && result->fit &&
	       (!job->demanded || job->demanded == result->covers);
}

static int verify(const struct job *job)
{
	struct result result = {};
	struct lskel skel = {};
	struct cert *cert;
	int err;

	err = cert_load(job->cert, &cert);
	if (err)
		return EXIT_FAILED;
	err = lskel_read(job->path, &skel);
	if (err)
		goto out;
	err = lskel_verify(&skel, cert, &result.verdict, &result.covers);
	if (err) {
		diag_error("cannot check %s: %s", diag_quote(job->path).s, strerror(-err));
		goto out;
	}
	if (skel.sig && cms_signer_id(skel.sig, skel.sig_len, &result.signer))
		result.signer = NULL;
	result.fit = !cert_check_signer(cert, time(NULL));
	if (job->json)
		err = print_json(job->path, &skel, cert, &result);
	else
		print_text(job, &skel, cert, &result);
out:
	free(result.signer);
	lskel_free(&skel);
	cert_free(cert);
	if (err)
		return EXIT_FAILED;
	return is_good(job, &result) ? EXIT_DONE : EXIT_POLICY_NO;
}

static int parse(int argc, char **argv, struct job *job, bool *help)
{
	static const struct option options[] = {
		{ "cert", required_argument, NULL, 'c' },
		{ "covers", required_argument, NULL, 'C' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	const char *covers = NULL;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'c': job->cert = optarg; break;
		case 'C': covers = optarg; break;
		case 'j': job->json = true; break;
		case 'h': *help = true; return 0;
		default: goto usage;
		}
	}
	if (!job->cert || argc - optind != 1)
		goto usage;
	job->path = argv[optind];
	return covers ? lskel_kind_parse(covers, &job->demanded) : 0;
usage:
	fputs(usage, stderr);
	return -EINVAL;
}

int cmd_verify(int argc, char **argv)
{
	struct job job = {};
	bool help = false;

	if (parse(argc, argv, &job, &help))
		return EXIT_USAGE;
	if (help) {
		fputs(usage, stdout);
		return EXIT_DONE;
	}
	return verify(&job);
}
