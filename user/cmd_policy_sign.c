// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_policy_sign.c - bpfseal policy sign: sign a policy as its authority.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adoption.h"
#include "cert.h"
#include "cmd.h"
#include "diag.h"
#include "hex.h"
#include "manifest.h"
#include "output.h"
#include "source.h"
#include "statement.h"

static const char usage[] =
	"usage: bpfseal policy sign --key KEY --certificate CERT [-o FILE]\n"
	"                           [--programs FILE.lskel.h]... POLICY.yaml\n"
	"\n"
	"Signs a policy file, byte by byte: writes a detached CMS signature in DER to\n"
	"POLICY.yaml.p7s, where 'bpfseal install' looks for it. The policy needs a version\n"
	"of 1 or more, and the fingerprint of each certificate it names.\n"
	"\n"
	"A second one, POLICY.yaml.p7s.kernel, is over what the kernel makes of the policy.\n"
	"Hosts whose policy is sealed need it to put this one in its place, and bpfseal of\n"
	"the same version.\n"
	"\n"
	"  --key KEY            the authority's private key, PEM, not encrypted\n"
	"  --certificate CERT   the authority's certificate, PEM or DER\n"
	"  -o FILE              write to FILE and FILE.kernel instead; what is there is replaced\n"
	"  --programs FILE      sign the programs of a bpfseal as well, for 'bpfseal upgrade' of\n"
	"                       hosts whose policy is sealed: POLICY.yaml.p7s.programs. FILE is\n"
	"                       the signed skeleton that it installs; one for each kind of kernel\n"
	"\n"
	"openssl checks it with:\n"
	"  openssl cms -verify -inform DER -in POLICY.yaml.p7s -content POLICY.yaml \\\n"
	"    -binary -CAfile CERT -partial_chain -purpose any -out /dev/null\n";

struct job {
	const char *policy, *key, *cert, *output;
	const char *programs[BPFSEAL_LOADERS];
	unsigned int n_programs;
};

/* Without it the signature would be good for any certificate of that name. */
static int lacks_fingerprint(const struct policy_signer *signer, const char *path)
{
	struct cert *cert;

	diag_at(path, signer->line, signer->column,
		"signer %s lacks \"fingerprint\", without which the signature doesn't cover its certificate",
		signer->name);
	if (!cert_load(signer->certificate, &cert)) {
		diag_hint("add this line below its \"certificate\":");
		diag_hint("  fingerprint: \"%s\"", hex_of(cert->fingerprint).s);
		cert_free(cert);
	}
	return -EINVAL;
}

/* The certificates need not be here, but if they are, they have to be the ones. */
static int check_fingerprint(const struct policy_signer *signer, const char *path)
{
	struct cert *cert;
	int err;

	if (signer->keyring != POLICY_KEYRING_OWN)
		return 0;
	if (!signer->has_fingerprint)
		return lacks_fingerprint(signer, path);
	if (access(signer->certificate, F_OK) < 0 && errno == ENOENT)
		return 0;
	err = cert_load(signer->certificate, &cert);
	if (err)
		return err;
	if (memcmp(cert->fingerprint, signer->fingerprint, sizeof(signer->fingerprint))) {
		diag_at(path, signer->line, signer->column,
			"signer %s has another fingerprint than its certificate %s",
			signer->name, diag_quote(signer->certificate).s);
		diag_hint("the certificate's: fingerprint: \"%s\"", hex_of(cert->fingerprint).s);
		err = -EINVAL;
	}
	cert_free(cert);
	return err;
}

/* Prints every signer that is wrong, so that one run tells all lines to add. */
static int check_policy(const struct policy_doc *doc, const char *path)
{
	int err = 0, first = 0;

	if (!doc->version) {
		diag_at(path, 0, 0, "a policy that is signed needs a \"version\" of 1 or more");
		diag_hint("only a policy of a higher version can follow another");
		first = -EINVAL;
	}
	for (unsigned int i = 0; i < doc->n_signers; i++) {
		err = check_fingerprint(&doc->signers[i], path);
		if (!first)
			first = err;
	}
	return first;
}

/* The kernel can't read the policy: it checks a signature over what it reads instead. */
static int sign_for_kernel(const struct job *job, const struct policy_doc *doc, const char *output)
{
	char *path;
	int err;

	if (asprintf(&path, "%s" SOURCE_FOR_KERNEL, output) < 0)
		return -ENOMEM;
	err = manifest_sign(job->key, job->cert, doc, path);
	free(path);
	return err;
}

static int sign_programs(const struct job *job, const struct policy_doc *doc, const char *output)
{
	struct bpfseal_adoption what;
	char *path;
	int err;

	if (!job->n_programs)
		return 0;
	err = adoption_make(job->programs, job->n_programs, doc->version, &what);
	if (err)
		return err;
	if (asprintf(&path, "%s" ADOPTION_SUFFIX, output) < 0)
		return -ENOMEM;
	err = adoption_sign(job->key, job->cert, &what, path);
	free(path);
	return err;
}

static int sign(const struct job *job)
{
	const char *const inputs[] = { job->policy, job->key, job->cert };
	struct policy_doc *doc = NULL;
	char *named = NULL;
	uint8_t *text = NULL;
	const char *output;
	size_t len;
	int err;

	err = source_read_file("policy", job->policy, POLICY_FILE_MAX, &text, &len);
	if (!err)
		err = policy_parse((const char *)text, len, job->policy, &doc);
	if (!err)
		err = check_policy(doc, job->policy);
	if (err)
		goto out;
	if (!job->output && asprintf(&named, "%s" SOURCE_SIGNATURE, job->policy) < 0) {
		named = NULL;
		err = -ENOMEM;
		goto out;
	}
	output = job->output ? job->output : named;
	err = output_check(output, inputs, sizeof(inputs) / sizeof(inputs[0]));
	if (!err)
		err = statement_write(job->key, job->cert, text, len, output);
	if (!err)
		err = sign_for_kernel(job, doc, output);
	if (!err)
		err = sign_programs(job, doc, output);
out:
	free(named);
	free(text);
	policy_free(doc);
	return err;
}

static int too_many_programs(void)
{
	diag_error("--programs is given more than %u times, once for each kind of signature",
		   BPFSEAL_LOADERS);
	return EXIT_USAGE;
}

int cmd_policy_sign(int argc, char **argv)
{
	static const struct option options[] = {
		{ "key", required_argument, NULL, 'k' },
		{ "certificate", required_argument, NULL, 'c' },
		{ "output", required_argument, NULL, 'o' },
		{ "programs", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	struct job job = {};
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "ho:", options, NULL)) != -1) {
		switch (c) {
		case 'k': job.key = optarg; break;
		case 'c': job.cert = optarg; break;
		case 'o': job.output = optarg; break;
		case 'p':
			if (job.n_programs == BPFSEAL_LOADERS)
				return too_many_programs();
			job.programs[job.n_programs++] = optarg;
			break;
		case 'h': fputs(usage, stdout); return EXIT_DONE;
		default: return EXIT_USAGE;
		}
	}
	if (argc - optind != 1 || !job.key || !job.cert) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	job.policy = argv[optind];
	return diag_exit(sign(&job));
}
