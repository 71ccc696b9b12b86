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
	"usage: bpfseal verify FILE.lskel.h --cert CERT [--json]\n"
	"\n"
	"Tells whether the loader and metadata in a light skeleton are signed by the\n"
	"key of a certificate, as the kernel would check it. The C code around them is\n"
	"held against the form bpftool writes, not compiled.\n"
	"\n"
	"  --cert CERT   the signer's certificate, PEM or DER\n"
	"  --json        machine-readable output\n"
	"\n"
	"Exit status: 0 good; 3 not signed, bad signature, another key, or an unfit\n"
	"certificate; 1 could not be read; 2 wrong command line.\n";

struct result {
	enum lskel_verdict verdict;
	bool fit;		/* the certificate is */
	char *signer;		/* key identifier in the signature, NULL if none */
};

static int print_json(const char *path, const struct lskel *skel, const struct cert *cert,
		      const struct result *result)
{
	char fingerprint[2 * CERT_DIGEST_LEN + 1];
	json_t *json;
	int err;

	cert_fingerprint(cert, fingerprint);
	json = json_pack("{s:s, s:s, s:s, s:s?, s:I, s:I, s:{s:s, s:s, s:s, s:b}}",
			 "file", diag_quote(path).s, "name", skel->name,
			 "verdict", lskel_verdict_name(result->verdict),
			 "signer_key_id", result->signer,
			 "loader_bytes", (json_int_t)skel->insns_len,
			 "metadata_bytes", (json_int_t)skel->data_len,
			 "certificate", "file", diag_quote(cert->path).s,
			 "subject", cert->subject, "sha256", fingerprint,
			 "fit", result->fit);
	err = !json ? -ENOMEM : json_dumpf(json, stdout, JSON_INDENT(2)) ? -EIO : 0;
	putchar('\n');
	json_decref(json);
	return err;
}

static void print_text(const char *path, const struct cert *cert,
		       const struct result *result)
{
	const char *file = path, *signer = result->signer ? result->signer : "unknown";

	switch (result->verdict) {
	case LSKEL_GOOD:
		printf("%s: good signature by %s\n", diag_quote(file).s, cert->subject);
		break;
	case LSKEL_UNSIGNED:
		printf("%s: not signed\n", diag_quote(file).s);
		break;
	case LSKEL_BAD_SIGNATURE:
		printf("%s: bad signature: it names the key of %s, but the loader or its metadata was changed\n",
		       diag_quote(file).s, cert->subject);
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
	}
}

static int verify(const char *path, const char *cert_path, bool json)
{
	struct result result = {};
	struct lskel skel = {};
	struct cert *cert;
	int err;

	err = cert_load(cert_path, &cert);
	if (err)
		return EXIT_FAILED;
	err = lskel_read(path, &skel);
	if (err)
		goto out;
	err = lskel_verify(&skel, cert, &result.verdict);
	if (err) {
		diag_error("cannot check %s: %s", diag_quote(path).s, strerror(-err));
		goto out;
	}
	if (skel.sig && cms_signer_id(skel.sig, skel.sig_len, &result.signer))
		result.signer = NULL;
	result.fit = !cert_check_signer(cert, time(NULL));
	if (json)
		err = print_json(path, &skel, cert, &result);
	else
		print_text(path, cert, &result);
out:
	free(result.signer);
	lskel_free(&skel);
	cert_free(cert);
	if (err)
		return EXIT_FAILED;
	return result.verdict == LSKEL_GOOD && result.fit ? EXIT_DONE : EXIT_POLICY_NO;
}

int cmd_verify(int argc, char **argv)
{
	static const struct option options[] = {
		{ "cert", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	const char *cert = NULL;
	bool json = false;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			cert = optarg;
			break;
		case 'j':
			json = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (!cert || argc - optind != 1) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return verify(argv[optind], cert, json);
}
