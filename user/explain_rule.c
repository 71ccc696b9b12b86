// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * explain_rule.c - which condition of a rule a load doesn't meet.
 *
 * From the policy as it is written, not from its layout: explain_load() compares
 * the two.
 */
#include "explain.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <linux/types.h>
#include <bpf/libbpf.h>

#include "diag.h"
#include "hex.h"
#include "prog_types.h"
#include "reason.h"

#define WANTED_MAX 4	/* entries of a list to tell */

/* A load held against a rule. */
struct match {
	const struct judge_policy *p;
	const struct policy_rule *r;
	const struct event_facts *f;
};

/* One entry of a list, after the number of those before it. */
static void put(FILE *f, size_t *n, const char *text)
{
	if (*n < WANTED_MAX)
		fprintf(f, "%s%s", *n ? ", " : "", text);
	++*n;
}

static void put_rest(FILE *f, size_t n)
{
	if (n > WANTED_MAX)
		fprintf(f, " and %zu more", n - WANTED_MAX);
}

static void put_bits(FILE *f, uint64_t low, uint64_t high,
		     const char *(*name_of)(unsigned int bit))
{
	size_t n = 0;

	for (unsigned int i = 0; i < 128; i++)
		if ((i < 64 ? low >> i : high >> (i - 64)) & 1)
			put(f, &n, name_of(i) ? name_of(i) : "one without a name");
	put_rest(f, n);
}

static const char *attach_name(unsigned int type)
{
	return libbpf_bpf_attach_type_str((enum bpf_attach_type)type);
}

/* --- signature ------------------------------------------------------------------------ */

static bool signer_holds(const struct match *m)
{
	__u32 signer = m->f->l.signer;

	return signer ? m->r->signers >> (signer - 1) & 1 : m->r->unsigned_too;
}

static void put_signer(FILE *f, const struct match *m)
{
	__u32 signer = m->f->l.signer;

	fputs(signer ? m->p->doc->signers[signer - 1].name : POLICY_SIGNER_NONE, f);
}

static void want_signers(FILE *f, const struct match *m)
{
	size_t n = 0;

	if (m->r->unsigned_too)
		put(f, &n, POLICY_SIGNER_NONE);
	for (unsigned int i = 0; i < m->p->doc->n_signers; i++)
		if (m->r->signers >> i & 1)
			put(f, &n, m->p->doc->signers[i].name);
	put_rest(f, n);
}

static bool level_holds(const struct match *m)
{
	return m->r->levels >> m->f->l.level & 1;
}

static void put_level(FILE *f, const struct match *m)
{
	fputs(reason_level(m->f->l.level), f);
}

static void want_levels(FILE *f, const struct match *m)
{
	put_bits(f, m->r->levels, 0, reason_level);
}

/* --- what is loaded --------------------------------------------------------------------- */

static bool type_holds(const struct match *m)
{
	return m->f->l.type < 64 && m->r->types >> m->f->l.type & 1;
}

static void put_type(FILE *f, const struct match *m)
{
	const char *name = prog_type_name(m->f->l.type);

	fputs(name ? name : "one without a name", f);
}

static void want_types(FILE *f, const struct match *m)
{
	put_bits(f, m->r->types, 0, prog_type_name);
}

static bool attach_holds(const struct match *m)
{
	__u32 type = m->f->l.attach_type;

	return type < 128 && m->r->attach_types[type / 64] >> (type % 64) & 1;
}

static void put_attach(FILE *f, const struct match *m)
{
	const char *name = attach_name(m->f->l.attach_type);

	fputs(name ? name : "one without a name", f);
}

static void want_attach(FILE *f, const struct match *m)
{
	put_bits(f, m->r->attach_types[0], m->r->attach_types[1], attach_name);
}

static bool is_in(const struct policy_sha256 *list, size_t n, const uint8_t digest[32])
{
	for (size_t i = 0; i < n; i++)
		if (!memcmp(list[i].bytes, digest, sizeof(list[i].bytes)))
			return true;
	return false;
}

static bool digests_hold(const struct match *m, const struct policy_digests *d,
			 const uint8_t digest[32])
{
	const struct policy_set *sets = m->p->doc->sets;

	for (size_t i = 0; i < d->n_sets; i++)
		if (is_in(sets[d->sets[i]].digests, sets[d->sets[i]].n_digests, digest))
			return true;
	return is_in(d->list, d->n, digest);
}

static void want(FILE *f, const struct match *m, const struct policy_digests *d)
{
	size_t n = 0;
	char set[64];

	for (size_t i = 0; i < d->n_sets; i++) {
		snprintf(set, sizeof(set), "set:%s", m->p->doc->sets[d->sets[i]].name);
		put(f, &n, set);
	}
	for (size_t i = 0; i < d->n; i++)
		put(f, &n, hex_of(d->list[i].bytes).s);
	put_rest(f, n);
}

static bool digest_holds(const struct match *m)
{
	return m->f->l.has_digest && digests_hold(m, &m->r->digests, m->f->l.digest);
}

static void put_digest(FILE *f, const struct match *m)
{
	fputs(m->f->l.has_digest ? hex_of(m->f->l.digest).s : "not told by the event", f);
}

static void want_digests(FILE *f, const struct match *m)
{
	want(f, m, &m->r->digests);
}

/* --- who loads it ------------------------------------------------------------------------ */

static bool exe_digest_holds(const struct match *m)
{
	/* One that isn't known might be any. */
	if (!m->f->l.has_exe_digest)
		return !m->r->allow;
	return digests_hold(m, &m->r->exe_digests, m->f->l.exe_digest);
}

static void put_exe_digest(FILE *f, const struct match *m)
{
	fputs(m->f->l.has_exe_digest ? hex_of(m->f->l.exe_digest).s : "not told by the event", f);
}

static void want_exe_digests(FILE *f, const struct match *m)
{
	want(f, m, &m->r->exe_digests);
}

static bool path_holds(const struct match *m)
{
	for (size_t i = 0; m->f->l.host_mount_ns && i < m->r->n_exe_paths; i++)
		if (!strcmp(m->r->exe_paths[i], m->f->exe_path))
			return true;
	return false;
}

static void put_path(FILE *f, const struct match *m)
{
	fputs(m->f->exe_path[0] ? diag_quote(m->f->exe_path).s : "not told by the event", f);
	if (!m->f->l.host_mount_ns)
		fputs(" in another mount namespace than the host's", f);
}

static void want_texts(FILE *f, char *const *list, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		put(f, &k, diag_quote(list[i]).s);
	put_rest(f, k);
}

static void want_paths(FILE *f, const struct match *m)
{
	want_texts(f, m->r->exe_paths, m->r->n_exe_paths);
}

static bool uid_holds(const struct match *m)
{
	for (size_t i = 0; i < m->r->n_uids; i++)
		if (m->r->uids[i] == m->f->l.uid)
			return true;
	return false;
}

static void put_uid(FILE *f, const struct match *m)
{
	fprintf(f, "%u", m->f->l.uid);
}

static void want_uids(FILE *f, const struct match *m)
{
	char uid[16];
	size_t n = 0;

	for (size_t i = 0; i < m->r->n_uids; i++) {
		snprintf(uid, sizeof(uid), "%u", m->r->uids[i]);
		put(f, &n, uid);
	}
	put_rest(f, n);
}

static bool cgroup_holds(const struct match *m)
{
	const char *path = m->f->cgroup;

	for (size_t i = 0; *path && i < m->r->n_cgroups; i++) {
		size_t len = strlen(m->r->cgroups[i]);

		if (len == 1 || (!strncmp(m->r->cgroups[i], path, len) &&
				 (!path[len] || path[len] == '/')))
			return true;
	}
	return false;
}

static void put_cgroup(FILE *f, const struct match *m)
{
	fputs(m->f->cgroup[0] ? diag_quote(m->f->cgroup).s : "not told by the event", f);
}

static void want_cgroups(FILE *f, const struct match *m)
{
	want_texts(f, m->r->cgroups, m->r->n_cgroups);
}

/* --- all together ------------------------------------------------------------------------- */

static const struct {
	uint32_t condition;
	const char *key;
	bool (*holds)(const struct match *m);
	void (*has)(FILE *f, const struct match *m);
	void (*wants)(FILE *f, const struct match *m);
} lists[] = {
	{ POLICY_IF_SIGNER, "signer", signer_holds, put_signer, want_signers },
	{ POLICY_IF_LEVEL, "level", level_holds, put_level, want_levels },
	{ POLICY_IF_TYPE, "type", type_holds, put_type, want_types },
	{ POLICY_IF_ATTACH_TYPE, "attach type", attach_holds, put_attach, want_attach },
	{ POLICY_IF_DIGEST, "digest", digest_holds, put_digest, want_digests },
	{ POLICY_IF_EXE_DIGEST, "executable's digest", exe_digest_holds, put_exe_digest,
	  want_exe_digests },
	{ POLICY_IF_EXE_PATH, "executable", path_holds, put_path, want_paths },
	{ POLICY_IF_UID, "uid", uid_holds, put_uid, want_uids },
	{ POLICY_IF_CGROUP, "cgroup", cgroup_holds, put_cgroup, want_cgroups },
};

static const struct {
	uint32_t condition;
	const char *key, *yes, *no;
	size_t rule, load;
} flags[] = {
#define FLAG(condition, key, yes, no, rule, load) \
	{ condition, key, yes, no, offsetof(struct policy_rule, rule), \
	  offsetof(struct judge_load, load) }
	FLAG(POLICY_IF_USER_NS, "user namespace", "host", "other", host_user_ns, host_user_ns),
	FLAG(POLICY_IF_MOUNT_NS, "mount namespace", "host", "other", host_mount_ns, host_mount_ns),
	FLAG(POLICY_IF_NET_NS, "network namespace", "host", "other", host_net_ns, host_net_ns),
	FLAG(POLICY_IF_TOKEN, "token", "true", "false", token, token),
	FLAG(POLICY_IF_NESTED, "nested", "true", "false", nested, nested),
#undef FLAG
};

#define SIZE(a) (sizeof(a) / sizeof((a)[0]))

static bool put_list_mismatch(FILE *f, const struct match *m)
{
	for (size_t i = 0; i < SIZE(lists); i++) {
		if (!(m->r->conditions & lists[i].condition) || lists[i].holds(m))
			continue;
		fprintf(f, "%s is ", lists[i].key);
		lists[i].has(f, m);
		fputs(", wanted: ", f);
		lists[i].wants(f, m);
		return true;
	}
	return false;
}

static bool put_flag_mismatch(FILE *f, const struct match *m)
{
	for (size_t i = 0; i < SIZE(flags); i++) {
		bool wanted = *(const bool *)((const char *)m->r + flags[i].rule);
		bool has = *(const __u8 *)((const char *)&m->f->l + flags[i].load);

		if (!(m->r->conditions & flags[i].condition) || wanted == has)
			continue;
		fprintf(f, "%s is %s, wanted: %s", flags[i].key,
			has ? flags[i].yes : flags[i].no, wanted ? flags[i].yes : flags[i].no);
		return true;
	}
	return false;
}

static bool put_end(FILE *f, const struct match *m)
{
	int64_t utc = (int64_t)(m->f->l.now / 1000000000ULL);
	time_t end = m->r->expires;
	char when[32];
	struct tm tm;

	if (!m->r->expires || utc < m->r->expires)
		return false;
	gmtime_r(&end, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	fprintf(f, "it expired at %s", when);
	return true;
}

int explain_mismatch(const struct judge_policy *p, const struct policy_rule *rule,
		     const struct event_facts *facts, char **why)
{
	const struct match m = { p, rule, facts };
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	bool matches;

	if (!f)
		return -ENOMEM;
	matches = !put_end(f, &m) && !put_list_mismatch(f, &m) && !put_flag_mismatch(f, &m);
	if (fclose(f)) {
		free(text);
		return -ENOMEM;
	}
	if (matches) {
		free(text);
		text = NULL;
	}
	*why = text;
	return 0;
}
