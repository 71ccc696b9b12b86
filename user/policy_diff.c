// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_diff.c - walks all loads that two policies tell apart, and keeps those that
 * they decide otherwise: one for each pair of what decides.
 */
#include "policy_diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/types.h>
#include <bpf/libbpf.h>

#include "cert.h"
#include "diag.h"
#include "hex.h"
#include "load_facts.h"
#include "prog_types.h"
#include "reason.h"

#define TIMES_MAX 64	/* walks, one for each time at which something ends */

/* --- signers ---------------------------------------------------------------------------- */

struct key {
	bool known;
	uint8_t fingerprint[32];
};

static int find_key(const struct policy_signer *s, struct key *key)
{
	struct cert *cert;
	int err;

	*key = (struct key){ .known = s->has_fingerprint };
	memcpy(key->fingerprint, s->fingerprint, sizeof(key->fingerprint));
	if (key->known || !s->certificate || access(s->certificate, R_OK) < 0)
		return 0;
	err = cert_load(s->certificate, &cert);
	if (err)
		return err;
	key->known = true;
	memcpy(key->fingerprint, cert->fingerprint, sizeof(key->fingerprint));
	cert_free(cert);
	return 0;
}

/* By name if the certificates can't be compared; then @unsure. */
static bool is_same(const struct policy_signer *a, const struct key *key_a,
		    const struct policy_signer *b, const struct key *key_b, bool *unsure)
{
	*unsure = false;
	if (a->keyring != POLICY_KEYRING_OWN || b->keyring != POLICY_KEYRING_OWN)
		return a->keyring == b->keyring;
	if (key_a->known && key_b->known)
		return !memcmp(key_a->fingerprint, key_b->fingerprint,
			       sizeof(key_a->fingerprint));
	*unsure = !strcmp(a->name, b->name);
	return *unsure;
}

static int match_signers(struct policy_diff *d)
{
	const struct policy_doc *old = d->p[0].doc, *new = d->p[1].doc;
	struct key keys[2][POLICY_SIGNERS_MAX];
	bool taken[POLICY_SIGNERS_MAX] = {};
	int err = 0;

	for (unsigned int i = 0; i < old->n_signers && !err; i++)
		err = find_key(&old->signers[i], &keys[0][i]);
	for (unsigned int i = 0; i < new->n_signers && !err; i++)
		err = find_key(&new->signers[i], &keys[1][i]);
	for (unsigned int i = 0; i < old->n_signers && !err; i++) {
		struct space_signer pair = { { i + 1 } };

		for (unsigned int k = 0; k < new->n_signers && !pair.in[1]; k++)
			if (!taken[k] && is_same(&old->signers[i], &keys[0][i], &new->signers[k],
						 &keys[1][k], &d->unsure[d->n_signers])) {
				pair.in[1] = k + 1;
				taken[k] = true;
			}
		d->signers[d->n_signers++] = pair;
	}
	for (unsigned int k = 0; k < new->n_signers && !err; k++)
		if (!taken[k])
			d->signers[d->n_signers++] = (struct space_signer){ { 0, k + 1 } };
	return err;
}

/* --- loads ------------------------------------------------------------------------------- */

/* While walking. */
struct walker {
	struct policy_diff *d;
	int64_t time;
	int err;
};

static const struct policy_signer *signer_of(const struct policy_diff *d,
					     const struct space_load *load)
{
	if (load->signer.in[0])
		return &d->p[0].doc->signers[load->signer.in[0] - 1];
	return load->signer.in[1] ? &d->p[1].doc->signers[load->signer.in[1] - 1] : NULL;
}

static void put_object(FILE *f, const struct policy_diff *d, const struct space_load *load)
{
	const struct policy_signer *signer = signer_of(d, load);
	const struct judge_load *l = &load->l;
	const char *type = prog_type_name(l->type);
	const char *attach = libbpf_bpf_attach_type_str((enum bpf_attach_type)l->attach_type);

	fprintf(f, "%s%s", l->nested ? "nested " : "", signer ? "" : "unsigned ");
	fputs(type ? type : "program of a type without a name", f);
	if (l->attach_type != load_facts_attach_type(l->type))
		fprintf(f, ", attach type %s,", attach ? attach : "without a name");
	if (signer)
		fprintf(f, " signed by %s (%s)", signer->name, reason_level(l->level));
	if (l->has_digest)
		fprintf(f, " with digest %s", hex_of(l->digest).s);
}

static void put_subject(FILE *f, const struct space_load *load)
{
	const struct judge_load *l = &load->l;

	if (l->host_mount_ns && l->exe_path[0])
		fprintf(f, " by %s", diag_quote((const char *)l->exe_path).s);
	if (!l->has_exe_digest)
		fputs(" by an executable that can't be measured", f);
	else if (memcmp(l->exe_digest, (const __u8[32]){}, sizeof(l->exe_digest)))
		fprintf(f, " by an executable of digest %s", hex_of(l->exe_digest).s);
	fprintf(f, " as uid %u", l->uid);
	if (strcmp(load->cgroup, "/"))
		fprintf(f, " in cgroup %s", diag_quote(load->cgroup).s);
	if (!l->host_user_ns)
		fputs(", in another user namespace", f);
	if (!l->host_mount_ns)
		fputs(", in another mount namespace", f);
	if (!l->host_net_ns)
		fputs(", in another network namespace", f);
	if (l->token)
		fputs(", with a token", f);
}

static char *in_words(const struct policy_diff *d, const struct space_load *load)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	put_object(f, d, load);
	put_subject(f, load);
	if (!fclose(f))
		return text;
	free(text);
	return NULL;
}

/* The reason of a denial by signature doesn't make another kind. */
static bool same_decider(const struct judge_decision *a, const struct judge_decision *b)
{
	return a->allow == b->allow && a->rule == b->rule && (!a->allow || a->reason == b->reason);
}

static void on_load(void *ctx, const struct space_load *load, const struct judge_decision *now)
{
	struct walker *w = ctx;
	struct policy_diff *d = w->d;
	struct diff_change *list = d->changes, change = { { now[0], now[1] }, *load, NULL, w->time };

	if (w->err || now[0].allow == now[1].allow)
		return;
	for (size_t i = 0; i < d->n_changes; i++)
		if (same_decider(&list[i].decisions[0], &now[0]) &&
		    same_decider(&list[i].decisions[1], &now[1]))
			return;
	w->err = -ENOMEM;
	list = realloc(list, (d->n_changes + 1) * sizeof(*list));
	if (!list)
		return;
	d->changes = list;
	change.text = in_words(d, load);
	if (!change.text)
		return;
	list[d->n_changes++] = change;
	w->err = 0;
}

static int compare(struct policy_diff *d)
{
	struct walker w = { .d = d };
	const struct space s = {
		.p = { &d->p[0], &d->p[1] }, .n = 2, .signers = d->signers,
		.n_signers = d->n_signers, .fn = on_load, .ctx = &w,
	};
	int64_t *times = NULL;
	size_t n = 0;
	int err;

	err = space_times(&s, d->now, &times, &n);
	for (size_t i = 0; i < n && !err; i++) {
		w.time = times[i];
		err = i == TIMES_MAX ? -E2BIG : space_walk(&s, times[i]);
		if (!err)
			err = w.err;
		d->times += !err;
	}
	free(times);
	d->complete = !err;
	return err == -E2BIG ? 0 : err;
}

static int compare_changes(const void *left, const void *right)
{
	const struct diff_change *a = left, *b = right;

	if (a->decisions[1].allow != b->decisions[1].allow)
		return b->decisions[1].allow - a->decisions[1].allow;
	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	for (int i = 1; i >= 0; i--) {
		const struct judge_decision *x = &a->decisions[i], *y = &b->decisions[i];

		if (x->rule != y->rule)
			return x->rule < y->rule ? -1 : 1;
		if (x->reason != y->reason)
			return x->reason < y->reason ? -1 : 1;
	}
	return 0;
}

int policy_diff(const struct policy_doc *const docs[2], int64_t now, struct policy_diff *out)
{
	int err;

	*out = (struct policy_diff){ .now = now };
	err = judge_policy_make(docs[0], &out->p[0]);
	if (!err)
		err = judge_policy_make(docs[1], &out->p[1]);
	if (!err)
		err = match_signers(out);
	if (!err)
		err = compare(out);
	if (err)
		policy_diff_free(out);
	else if (out->n_changes)
		qsort(out->changes, out->n_changes, sizeof(*out->changes), compare_changes);
	return err;
}

void policy_diff_free(struct policy_diff *d)
{
	for (size_t i = 0; i < d->n_changes; i++)
		free(d->changes[i].text);
	free(d->changes);
	judge_policy_free(&d->p[0]);
	judge_policy_free(&d->p[1]);
	*d = (struct policy_diff){};
}
