// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_policy_compile.c - bpfseal policy compile: would a policy fit, and what is it?
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "diag.h"
#include "file.h"
#include "hex.h"
#include "output.h"
#include "policy_compile.h"
#include "policy_show.h"
#include "rules_layout.h"

static const char usage[] =
	"usage: bpfseal policy compile [-o FILE] POLICY.yaml\n"
	"\n"
	"Lays a policy out as 'bpfseal install' does, without installing it, and tells its\n"
	"size and its digest. Needs no root. Kernel and keyrings are not looked at, and the\n"
	"cgroups it names are taken to exist.\n"
	"\n"
	"  -o FILE   write the canonical form there, such as for 'bpfseal policy sign'; a\n"
	"            file that is there is replaced\n";

static void print_sizes(const struct policy_sizes *s, const uint8_t digest[32])
{
	printf("signers:       %zu of %d\n", s->signers, POLICY_SIGNERS_MAX);
	printf("rules:         %zu of %d\n", s->rules, POLICY_RULES_MAX);
	printf("sets:          %zu of %d\n", s->sets, POLICY_SETS_MAX);
	printf("digests:       %zu of %d\n", s->digests, POLICY_DIGESTS_MAX);
	printf("vectors:       %zu of %d\n", s->vectors, BPFSEAL_VECTORS_MAX);
	printf("keys:          %zu\n", s->keys);
	printf("kernel memory: about %zu bytes\n", s->bytes);
	printf("digest:        %s\n", hex_of(digest).s);
	if (s->cgroups)
		puts("note: the cgroups that rules name were taken to exist; install looks for them");
}

static int write_form(const char *output, const struct policy_doc *doc,
		      const struct policy_fingerprint *fingerprints)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f;
	int err;

	f = open_memstream(&text, &len);
	if (!f)
		return -ENOMEM;
	err = policy_show_write(f, doc, fingerprints);
	if (fclose(f) && !err)
		err = -ENOMEM;
	if (!err)
		err = file_store(output, text, len, 0644);
	if (err)
		diag_error("cannot write %s: %s", diag_quote(output).s, strerror(-err));
	free(text);
	return err;
}

static int compile(const char *path, const char *output)
{
	struct policy_fingerprint *fingerprints = NULL;
	struct policy_sizes sizes;
	struct policy_doc *doc;
	uint8_t digest[32];
	int err;

	err = policy_load(path, &doc);
	if (err)
		return err;
	err = policy_fingerprints(doc, path, &fingerprints);
	if (!err)
		err = policy_compile(doc, &sizes);
	if (!err)
		err = policy_show_digest(doc, fingerprints, digest);
	if (!err && output)
		err = output_check(output, &path, 1);
	if (!err && output)
		err = write_form(output, doc, fingerprints);
	if (!err)
		print_sizes(&sizes, digest);
	free(fingerprints);
	policy_free(doc);
	return err;
}

int cmd_policy_compile(int argc, char **argv)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	const char *output = NULL;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "ho:", options, NULL)) != -1) {
		switch (c) {
		case 'o': output = optarg; break;
		case 'h': fputs(usage, stdout); return EXIT_DONE;
		default: return EXIT_USAGE;
		}
	}
	if (argc - optind != 1) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return diag_exit(compile(argv[optind], output));
}
