// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load_space.c - all loads there can be, as far as policies tell them apart.
 *
 * First what is loaded and how it is signed, which the judgement by the signature
 * depends on; then the values that are looked up by hash, which only rules ask for.
 */
#include "load_space.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "load_facts.h"
#include "load_space_other.h"
#include "load_space_set.h"
#include "prog_types.h"

#define STEPS_MAX (1u << 25)	/* some seconds */

enum dim { DIM_UID, DIM_CGROUP, DIM_PATH, DIM_EXE_DIGEST, DIM_DIGEST, DIMS };

static const unsigned int dim_fields[DIMS] = {
	[DIM_UID] = BPFSEAL_F_UID,
	[DIM_CGROUP] = BPFSEAL_F_CGROUP,
	[DIM_PATH] = BPFSEAL_F_EXE_PATH,
	[DIM_EXE_DIGEST] = BPFSEAL_F_EXE_DIGEST,
	[DIM_DIGEST] = BPFSEAL_F_DIGEST,
};

/* A value of a field that is looked up by hash. */
union value {
	__u32 uid;
	const char *path;	/* or cgroup */
	const uint8_t *digest;	/* NULL: not known, or of the executable not measured */
};

/* One of the values that have these vectors. */
struct class {
	union value value;
	__u16 vectors[2];
};

struct classes {
	struct class *list;
	size_t n, room;
};

/* Program and attach type: vectors, and whose signatures cover them. */
struct kind {
	__u32 type, attach_type;
	__u16 vectors[2];
	__u64 covered[2];
};

struct walk {
	const struct space *s;
	struct classes dims[DIMS];
	struct kind *kinds;
	size_t n_kinds;
	uint8_t other_executable[32];	/* a digest that no rule names */
	__u8 *pairs;		/* a bit for each pair of vectors there is a class for */
	struct space_seen *seen;
	unsigned int steps;
	struct space_load load;
	struct judge_decision base[2];
};

/* --- classes of values -------------------------------------------------------------- */

static void set_value(struct space_load *load, enum dim dim, union value v)
{
	struct judge_load *l = &load->l;

	switch (dim) {
	case DIM_UID:
		l->uid = v.uid;
		break;
	case DIM_CGROUP:
		load->cgroup = v.path;
		load_facts_cgroup(l, v.path);
		break;
	case DIM_PATH:
		load_facts_executable(l, v.path);
		break;
	case DIM_EXE_DIGEST:
		l->has_exe_digest = !!v.digest;
		memcpy(l->exe_digest, v.digest ? v.digest : (const uint8_t[32]){},
		       sizeof(l->exe_digest));
		break;
	default:
		l->has_digest = !!v.digest;
		memcpy(l->digest, v.digest ? v.digest : (const uint8_t[32]){}, sizeof(l->digest));
	}
}

static int add_class(struct walk *w, enum dim dim, union value v)
{
	struct classes *c = &w->dims[dim];
	struct class class = { .value = v };
	__u16 vectors[BPFSEAL_FIELDS];
	struct class *list;
	size_t bit;

	set_value(&w->load, dim, v);
	for (unsigned int i = 0; i < w->s->n; i++) {
		judge_vectors(w->s->p[i]->rules, &w->s->p[i]->keys, &w->load.l, vectors);
		class.vectors[i] = vectors[dim_fields[dim]];
	}
	bit = (size_t)class.vectors[0] * BPFSEAL_VECTORS_MAX + class.vectors[1];
	if (w->pairs[bit / 8] >> bit % 8 & 1)
		return 0;
	w->pairs[bit / 8] |= (__u8)(1 << bit % 8);
	if (c->n == c->room) {
		c->room = c->room ? 2 * c->room : 16;
		list = realloc(c->list, c->room * sizeof(*list));
		if (!list)
			return -ENOMEM;
		c->list = list;
	}
	c->list[c->n++] = class;
	return 0;
}

static int add_digests(struct walk *w, enum dim dim, const struct policy_sha256 *list, size_t n)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		err = add_class(w, dim, (union value){ .digest = list[i].bytes });
	return err;
}

static int add_rule(struct walk *w, enum dim dim, const struct policy_rule *r)
{
	int err = 0;

	for (size_t i = 0; dim == DIM_UID && i < r->n_uids && !err; i++)
		err = add_class(w, dim, (union value){ .uid = r->uids[i] });
	for (size_t i = 0; dim == DIM_CGROUP && i < r->n_cgroups && !err; i++)
		err = add_class(w, dim, (union value){ .path = r->cgroups[i] });
	for (size_t i = 0; dim == DIM_PATH && i < r->n_exe_paths && !err; i++)
		err = add_class(w, dim, (union value){ .path = r->exe_paths[i] });
	if (dim == DIM_EXE_DIGEST && !err)
		err = add_digests(w, dim, r->exe_digests.list, r->exe_digests.n);
	if (dim == DIM_DIGEST && !err)
		err = add_digests(w, dim, r->digests.list, r->digests.n);
	return err;
}

static int add_policy(struct walk *w, enum dim dim, const struct policy_doc *doc)
{
	int err = 0;

	for (unsigned int i = 0; i < doc->n_rules && !err; i++)
		err = add_rule(w, dim, &doc->rules[i]);
	for (unsigned int i = 0; i < doc->n_sets && dim >= DIM_EXE_DIGEST && !err; i++)
		err = add_digests(w, dim, doc->sets[i].digests, doc->sets[i].n_digests);
	return err;
}

/* First what is likely, as that is told in examples, and then what rules name. */
static int build_dim(struct walk *w, enum dim dim)
{
	union value other = { .digest = NULL };
	int err = 0;

	memset(w->pairs, 0, BPFSEAL_VECTORS_MAX * BPFSEAL_VECTORS_MAX / 8);
	if (dim == DIM_UID) {
		err = add_class(w, dim, (union value){ .uid = 0 });
		other.uid = space_other_uid(w->s);
	} else if (dim == DIM_CGROUP) {
		other.path = "/";
	} else if (dim == DIM_EXE_DIGEST) {
		space_other_executable(w->s, w->other_executable);
		err = add_class(w, dim, (union value){ .digest = w->other_executable });
	}
	if (!err)
		err = add_class(w, dim, other);
	for (unsigned int i = 0; i < w->s->n && !err; i++)
		err = add_policy(w, dim, w->s->p[i]->doc);
	set_value(&w->load, dim, w->dims[dim].n ? w->dims[dim].list[0].value : other);
	return err;
}

/* --- kinds of programs --------------------------------------------------------------- */

static void fill_kind(const struct space *s, __u32 type, __u32 attach, struct kind *kind)
{
	*kind = (struct kind){ .type = type, .attach_type = attach };
	for (unsigned int i = 0; i < s->n; i++) {
		const struct policy_doc *doc = s->p[i]->doc;

		kind->vectors[i] = rules_type(s->p[i]->rules, type, attach);
		for (unsigned int k = 0; k < doc->n_signers; k++)
			if (!judge_uncovered(&doc->signers[k], type, attach))
				kind->covered[i] |= 1ULL << k;
	}
}

static void add_kind(struct walk *w, __u32 type, __u32 attach)
{
	struct kind kind;

	fill_kind(w->s, type, attach, &kind);
	for (size_t i = 0; i < w->n_kinds; i++)
		if (!memcmp(w->kinds[i].vectors, kind.vectors, sizeof(kind.vectors)) &&
		    !memcmp(w->kinds[i].covered, kind.covered, sizeof(kind.covered)))
			return;
	w->kinds[w->n_kinds++] = kind;
}

/* The last of each stands for all that has no name yet. */
static int build_kinds(struct walk *w)
{
	w->kinds = calloc((PROG_TYPE_LAST + 2) * (BPFSEAL_ATTACH_TYPES + 1), sizeof(*w->kinds));
	if (!w->kinds)
		return -ENOMEM;
	for (__u32 type = 1; type <= PROG_TYPE_LAST + 1; type++)
		add_kind(w, type, load_facts_attach_type(type));
	for (__u32 type = 1; type <= PROG_TYPE_LAST + 1; type++)
		for (__u32 attach = 0; attach < BPFSEAL_ATTACH_TYPES; attach++)
			if (attach_type_possible(type, attach))
				add_kind(w, type, attach);
	return 0;
}

/* --- the walk ------------------------------------------------------------------------ */

static void keep(const struct walk *w, unsigned int i, __u16 vector, struct rule_set *set)
{
	const struct bpfseal_vector *v = &w->s->p[i]->rules->vectors[vector];

	for (unsigned int k = 0; k < BPFSEAL_RULE_WORDS; k++)
		set->words[k] &= v->words[k];
}

static __u32 fields_from(unsigned int dim)
{
	__u32 fields = 0;

	for (; dim < DIMS; dim++)
		fields |= 1u << dim_fields[dim];
	return fields;
}

/*
 * A rule that asks for nothing more will match: take away those after it. Returns the
 * first rule that may match, plus one; @certain if it will.
 */
static __u32 shorten(const struct walk *w, unsigned int i, unsigned int dim, struct rule_set *set,
		     bool *certain)
{
	__u32 fields = fields_from(dim), first = 0;

	*certain = true;
	for (unsigned int word = 0; word < BPFSEAL_RULE_WORDS; word++) {
		for (__u64 bits = set->words[word]; bits; bits &= bits - 1) {
			unsigned int bit = (unsigned int)__builtin_ctzll(bits);
			bool more = w->s->p[i]->rules->rules[64 * word + bit].fields & fields;

			if (!first)
				*certain = !more;
			if (!first)
				first = 64 * word + bit + 1;
			if (more)
				continue;
			set->words[word] &= ~0ULL >> (63 - bit);
			memset(&set->words[word + 1], 0,
			       (BPFSEAL_RULE_WORDS - word - 1) * sizeof(set->words[0]));
			return first;
		}
	}
	return first;
}

static void decide(struct walk *w, const __u32 rule[2])
{
	struct judge_decision d[2] = { w->base[0], w->base[1] };

	for (unsigned int i = 0; i < w->s->n; i++) {
		d[i].rule = rule[i];
		judge_conclude(w->s->p[i], &d[i]);
	}
	w->s->fn(w->s->ctx, &w->load, d);
}

static int is_new(struct walk *w, unsigned int dim, const struct rule_set sets[2])
{
	struct space_state state = {};
	int err = 0;

	if (++w->steps > STEPS_MAX)
		return -E2BIG;
	for (unsigned int i = 0; i < w->s->n && !err; i++) {
		err = space_seen_set(w->seen, &sets[i], &state.sets[i]);
		state.rest = state.rest << 16 | (__u64)w->base[i].reason << 8 |
			     w->base[i].attribute;
	}
	state.rest = state.rest << 8 | (__u64)dim << 1 | w->load.l.host_mount_ns;
	return err ? err : space_seen_add(w->seen, &state);
}

/* The rules that also accept a class. */
static void narrow(const struct walk *w, unsigned int dim, const struct class *class,
		   const struct rule_set before[2], struct rule_set after[2])
{
	for (unsigned int i = 0; i < w->s->n; i++) {
		const struct bpfseal_rules *r = w->s->p[i]->rules;

		after[i] = before[i];
		/* Elsewhere than in the host's mount namespace a path means nothing. */
		keep(w, i, dim == DIM_PATH && !w->load.l.host_mount_ns ?
		     r->other[BPFSEAL_F_EXE_PATH] : class->vectors[i], &after[i]);
	}
}

static int walk_dim(struct walk *w, unsigned int dim, const struct rule_set before[2]);

/*
 * Most values that rules name are named by none of the rules left: then they are like
 * one of the first two classes, among which are those that no rule names.
 */
static int walk_classes(struct walk *w, unsigned int dim, const struct rule_set before[2])
{
	size_t size = w->s->n * sizeof(struct rule_set);
	struct rule_set sets[2], first[2][2];
	int err = 0;

	for (size_t i = 0; i < w->dims[dim].n && !err; i++) {
		const struct class *class = &w->dims[dim].list[i];

		narrow(w, dim, class, before, sets);
		if (i < 2)
			memcpy(first[i], sets, size);
		else if (!memcmp(sets, first[0], size) || !memcmp(sets, first[1], size))
			continue;
		set_value(&w->load, dim, class->value);
		err = walk_dim(w, dim + 1, sets);
	}
	set_value(&w->load, dim, w->dims[dim].list[0].value);
	return err;
}

static int walk_dim(struct walk *w, unsigned int dim, const struct rule_set before[2])
{
	struct rule_set sets[2] = { before[0], before[1] };
	bool all = true, certain;
	__u32 rules[2] = {};
	int err;

	for (unsigned int i = 0; i < w->s->n; i++) {
		rules[i] = shorten(w, i, dim, &sets[i], &certain);
		all &= certain;
	}
	err = is_new(w, dim, sets);
	if (err <= 0)
		return err;
	if (!all)
		return walk_classes(w, dim, sets);
	decide(w, rules);
	return 0;
}

/* The load is complete but for what is looked up by hash. */
static int walk_load(struct walk *w)
{
	static const unsigned int fields[] = {
		BPFSEAL_F_CONTEXT, BPFSEAL_F_SIGNER, BPFSEAL_F_TYPE, BPFSEAL_F_ALIVE,
	};
	__u16 vectors[BPFSEAL_FIELDS];
	struct rule_set sets[2];

	for (unsigned int i = 0; i < w->s->n; i++) {
		struct judge_load l = w->load.l;

		l.signer = w->load.signer.in[i];
		judge_base(w->s->p[i], &l, &w->base[i]);
		judge_vectors(w->s->p[i]->rules, &w->s->p[i]->keys, &l, vectors);
		memset(&sets[i], 0xff, sizeof(sets[i]));
		for (size_t k = 0; k < sizeof(fields) / sizeof(fields[0]); k++)
			keep(w, i, vectors[fields[k]], &sets[i]);
	}
	return walk_dim(w, 0, sets);
}

/* Which of the context's bits do rules look at? Whether it is nested always counts. */
static __u32 context_bits(const struct space *s)
{
	__u32 bits = BPFSEAL_C_NESTED;

	for (unsigned int i = 0; i < s->n; i++)
		for (__u32 context = 0; context < BPFSEAL_CONTEXTS; context++)
			for (__u32 bit = BPFSEAL_C_TOKEN; bit < BPFSEAL_CONTEXTS; bit *= 2)
				if (s->p[i]->rules->contexts[context] !=
				    s->p[i]->rules->contexts[context ^ bit])
					bits |= bit;
	return bits;
}

/* All contexts; the most likely first. A bit that is set is something unusual. */
static int walk_contexts(struct walk *w)
{
	__u32 bits = context_bits(w->s);
	struct judge_load *l = &w->load.l;
	int err = 0;

	for (__u32 unusual = 0; unusual < BPFSEAL_CONTEXTS && !err; unusual++) {
		if (unusual & ~bits)
			continue;
		l->nested = !!(unusual & BPFSEAL_C_NESTED);
		l->token = !!(unusual & BPFSEAL_C_TOKEN);
		l->host_user_ns = !(unusual & BPFSEAL_C_HOST_USER_NS);
		l->host_mount_ns = !(unusual & BPFSEAL_C_HOST_MOUNT_NS);
		l->host_net_ns = !(unusual & BPFSEAL_C_HOST_NET_NS);
		for (size_t i = 0; i < w->n_kinds && !err; i++) {
			l->type = w->kinds[i].type;
			l->attach_type = w->kinds[i].attach_type;
			err = walk_load(w);
		}
	}
	return err;
}

static int walk_signers(struct walk *w)
{
	int err;

	err = walk_contexts(w);
	for (unsigned int i = 0; i < w->s->n_signers && !err; i++) {
		w->load.signer = w->s->signers[i];
		w->load.l.signer = w->load.signer.in[0];
		w->load.l.level = BPFSEAL_LEVEL_METADATA;
		err = walk_contexts(w);
		w->load.l.level = BPFSEAL_LEVEL_SIGNED;
		if (!err)
			err = walk_contexts(w);
	}
	return err;
}

int space_walk(const struct space *s, int64_t time)
{
	struct walk w = { .s = s, .load.cgroup = "/" };
	int err = -ENOMEM;

	w.pairs = malloc(BPFSEAL_VECTORS_MAX * BPFSEAL_VECTORS_MAX / 8);
	w.seen = space_seen_new();
	if (!w.pairs || !w.seen)
		goto out;
	load_facts_begin(&w.load.l);
	load_facts_time(&w.load.l, time);
	err = build_kinds(&w);
	for (enum dim dim = 0; dim < DIMS && !err; dim++)
		err = build_dim(&w, dim);
	if (!err)
		err = walk_signers(&w);
out:
	for (enum dim dim = 0; dim < DIMS; dim++)
		free(w.dims[dim].list);
	free(w.kinds);
	free(w.pairs);
	space_seen_free(w.seen);
	return err;
}
