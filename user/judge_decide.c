// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * judge_decide.c - the whole decision on a load; the counterpart of
 * bpf/load.bpf.c and bpf/judge.h.
 */
#include "judge_decide.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "load_facts.h"
#include "reason.h"

int judge_policy_make(const struct policy_doc *doc, struct judge_policy *out)
{
	struct judge_policy p = { .doc = doc };
	struct rules_host host;
	int err;

	p.rules = malloc(sizeof(*p.rules));
	if (!p.rules)
		return -ENOMEM;
	load_facts_host(&host);
	err = rules_compile(doc, &host, p.rules, &p.keys);
	if (err)
		free(p.rules);
	else
		*out = p;
	return err;
}

void judge_policy_free(struct judge_policy *p)
{
	free(p->rules);
	rules_keys_free(&p->keys);
	*p = (struct judge_policy){};
}

static bool in_time(const struct policy_signer *s, const struct judge_load *l)
{
	int64_t utc = (int64_t)(l->now / 1000000000ULL);

	return utc >= s->from && (!s->until || utc < s->until);
}

__u8 judge_uncovered(const struct policy_signer *s, __u32 type, __u32 attach)
{
	if (type >= 64 || !(s->types >> type & 1))
		return BPFSEAL_A_PROG_TYPE;
	if (attach == load_facts_attach_type(type))
		return BPFSEAL_A_NONE;
	if (attach >= 128 || !(s->attach_types[attach / 64] >> (attach % 64) & 1))
		return BPFSEAL_A_ATTACH_TYPE;
	return BPFSEAL_A_NONE;
}

static void take_signature_away(struct judge_load *l)
{
	l->signer = 0;
	l->level = BPFSEAL_LEVEL_UNSIGNED;
}

static __u8 judge_direct(const struct policy_signer *s, __u8 require, struct judge_load *l,
			 __u8 *attribute)
{
	__u8 uncovered = judge_uncovered(s, l->type, l->attach_type), reason;

	reason = l->level < require ? BPFSEAL_R_LEVEL :
		 uncovered ? BPFSEAL_R_UNCOVERED : BPFSEAL_R_SIGNER;
	if (reason == BPFSEAL_R_UNCOVERED)
		*attribute = uncovered;
	if (uncovered)
		take_signature_away(l);
	return reason;
}

static __u8 judge_signature(const struct judge_policy *p, struct judge_load *l, __u8 *attribute)
{
	__u8 require = p->doc->require == POLICY_REQUIRE_SIGNED ? BPFSEAL_LEVEL_SIGNED :
								  BPFSEAL_LEVEL_METADATA;
	const struct policy_signer *s;

	if (!l->signer || !l->level) {
		take_signature_away(l);
		return l->nested ? BPFSEAL_R_LOADER_BY_RULE : BPFSEAL_R_UNSIGNED;
	}
	s = &p->doc->signers[l->signer - 1];
	if (!in_time(s, l)) {
		take_signature_away(l);
		return l->nested ? BPFSEAL_R_LOADER_DISTRUSTED : BPFSEAL_R_UNTRUSTED_KEYRING;
	}
	if (l->nested)
		return l->level < require ? BPFSEAL_R_LOADER_UNVERIFIED : BPFSEAL_R_NESTED;
	return judge_direct(s, require, l, attribute);
}

void judge_base(const struct judge_policy *p, struct judge_load *l, struct judge_decision *out)
{
	*out = (struct judge_decision){};
	out->reason = judge_signature(p, l, &out->attribute);
	out->allow = out->reason == BPFSEAL_R_SIGNER || out->reason == BPFSEAL_R_NESTED;
}

void judge_conclude(const struct judge_policy *p, struct judge_decision *out)
{
	if (out->rule) {
		out->allow = p->rules->rules[out->rule - 1].allow;
		out->reason = out->allow ? BPFSEAL_R_RULE_ALLOWS : BPFSEAL_R_RULE_DENIES;
	} else if (!out->allow && p->doc->default_allow) {
		out->allow = true;
		out->reason = BPFSEAL_R_DEFAULT_ALLOWS;
	}
}

void judge_rules(const struct judge_policy *p, const struct judge_load *l,
		 struct judge_decision *out)
{
	out->rule = judge_first_rule(p->rules, &p->keys, l);
	judge_conclude(p, out);
}

void judge_decide(const struct judge_policy *p, const struct judge_load *l,
		  struct judge_decision *out)
{
	struct judge_load seen = *l;

	judge_base(p, &seen, out);
	judge_rules(p, &seen, out);
}

struct judge_words judge_in_words(const struct judge_policy *p,
				  const struct judge_decision *decision)
{
	const char *what = decision->allow ? "allowed" : "denied";
	struct judge_words words;

	if (decision->rule)
		snprintf(words.s, sizeof(words.s), "%s by rule %s", what,
			 p->rules->rules[decision->rule - 1].id);
	else if (decision->reason == BPFSEAL_R_DEFAULT_ALLOWS)
		snprintf(words.s, sizeof(words.s), "allowed by default");
	else
		snprintf(words.s, sizeof(words.s), "%s: %s", what,
			 reason_id(decision->reason, decision->attribute));
	return words;
}
