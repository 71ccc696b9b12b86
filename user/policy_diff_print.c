// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_diff_print.c - the difference of two policies in words.
 */
#include "policy_diff.h"

#include <string.h>
#include <time.h>

static void put_value(FILE *f, const char *key, const char *was, const char *is)
{
	if (strcmp(was, is))
		fprintf(f, "%s: was %s, is %s\n", key, was, is);
}

static void put_head(FILE *f, const struct policy_doc *was, const struct policy_doc *is)
{
	put_value(f, "name", was->name ? was->name : "none", is->name ? is->name : "none");
	if (was->version != is->version)
		fprintf(f, "version: was %u, is %u\n", was->version, is->version);
	put_value(f, "mode", policy_mode_name(was->mode), policy_mode_name(is->mode));
	put_value(f, "require", policy_require_name(was->require), policy_require_name(is->require));
	put_value(f, "default", was->default_allow ? "allow" : "deny",
		  is->default_allow ? "allow" : "deny");
}

static void put_signer(FILE *f, const struct policy_signer *was, const struct policy_signer *is)
{
	if (!was)
		fprintf(f, "signer %s: new\n", is->name);
	else if (!is)
		fprintf(f, "signer %s: gone, or has another key\n", was->name);
	if (!was || !is)
		return;
	if (strcmp(was->name, is->name))
		fprintf(f, "signer %s: was called %s\n", is->name, was->name);
	if (was->types != is->types)
		fprintf(f, "signer %s: may load other types directly\n", is->name);
	if (memcmp(was->attach_types, is->attach_types, sizeof(is->attach_types)))
		fprintf(f, "signer %s: may give other attach types\n", is->name);
	if (was->from != is->from || was->until != is->until)
		fprintf(f, "signer %s: is trusted in another period\n", is->name);
}

static void put_signers(FILE *f, const struct policy_diff *d)
{
	for (unsigned int i = 0; i < d->n_signers; i++) {
		const unsigned int *in = d->signers[i].in;

		put_signer(f, in[0] ? &d->p[0].doc->signers[in[0] - 1] : NULL,
			   in[1] ? &d->p[1].doc->signers[in[1] - 1] : NULL);
	}
}

static void put_change(FILE *f, const struct policy_diff *d, const struct diff_change *c)
{
	char when[40] = "";
	time_t t = c->time;
	struct tm tm;

	gmtime_r(&t, &tm);
	if (c->time > d->now)
		strftime(when, sizeof(when), "from %Y-%m-%dT%H:%M:%SZ on ", &tm);
	fprintf(f, "%s%s: such as %s (%s; was %s)\n", when,
		c->decisions[1].allow ? "now allowed" : "now denied", c->text,
		judge_in_words(&d->p[1], &c->decisions[1]).s,
		judge_in_words(&d->p[0], &c->decisions[0]).s);
}

/* What was compared, so that "nothing" can be believed. */
static void put_summary(FILE *f, const struct policy_diff *d)
{
	size_t allowed = 0;

	for (size_t i = 0; i < d->n_changes; i++)
		allowed += d->changes[i].decisions[1].allow;
	for (unsigned int i = 0; i < d->n_signers; i++)
		if (d->unsure[i])
			fprintf(f, "note: the certificates of signer %s can't be compared, and were taken to be the same\n",
				d->p[0].doc->signers[d->signers[i].in[0] - 1].name);
	if (!d->complete)
		fprintf(f, "%zu kinds of loads now allowed, %zu now denied; there may be more: the policies tell too many loads apart to compare all\n",
			allowed, d->n_changes - allowed);
	else if (!d->n_changes)
		fputs("no load is decided otherwise", f);
	else
		fprintf(f, "%zu kind%s of loads now allowed, %zu now denied, and nothing else",
			allowed, allowed == 1 ? "" : "s", d->n_changes - allowed);
	if (d->complete && d->times > 1)
		fprintf(f, ", now and at %zu later times at which rules or signers begin or end\n",
			d->times - 1);
	else if (d->complete)
		fputc('\n', f);
}

void policy_diff_print(FILE *f, const struct policy_diff *d)
{
	put_head(f, d->p[0].doc, d->p[1].doc);
	put_signers(f, d);
	for (size_t i = 0; i < d->n_changes; i++)
		put_change(f, d, &d->changes[i]);
	put_summary(f, d);
}
