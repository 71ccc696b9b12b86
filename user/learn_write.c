// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * learn_write.c - a learned policy as text.
 */
#include "learn_write.h"

#include <inttypes.h>
#include <string.h>

#include "hex.h"
#include "learn_probes.h"
#include "learn_risk.h"
#include "learn_yaml.h"
#include "prog_types.h"

#define REFUSALS_MAX 200	/* lines */

static bool has_signer(const struct policy_doc *base, const char *name)
{
	for (unsigned int i = 0; base && i < base->n_signers; i++)
		if (!strcmp(base->signers[i].name, name))
			return true;
	return false;
}

static void put_covered(FILE *f, const struct learn_input *in, const struct policy_doc *base)
{
	for (unsigned int i = 0; i < in->n_signers; i++) {
		const struct learn_signer *s = &in->signers[i];

		fprintf(f, "#   %" PRIu64 " loads signed by ", s->loads);
		learn_put_safe(f, s->name[0] ? s->name : "somebody the events don't name");
		fputs(!s->name[0] ? ", were allowed\n" : has_signer(base, s->name) ?
		      ", a signer below: no rule needed\n" :
		      ", who is NO SIGNER BELOW: learn with --base, the policy of that time\n", f);
	}
}

static void put_lost(FILE *f, const struct learn_input *in)
{
	const uint64_t lost = in->lost > in->gone ? in->lost : in->gone;

	if (lost)
		fprintf(f, "#   %" PRIu64 " EVENTS WERE LOST: what they told is missing here\n", lost);
	if (in->groups.left_out)
		fprintf(f, "#   %" PRIu64 " LOADS LEFT OUT: they are of more than %d kinds\n",
			in->groups.left_out, LEARN_GROUPS_MAX);
	if (in->probes_hidden)
		fprintf(f, "#   %" PRIu64 " feature probes of libbpf weren't recorded: record with 'bpfseal events --json --probes',\n"
			"#   or what needs them will load nothing\n", in->probes_hidden);
}

static void put_about(FILE *f, const struct learn_input *in, const struct policy_doc *base)
{
	fprintf(f, "# Made by 'bpfseal policy learn' from %" PRIu64 " events and %zu loaded programs.\n",
		in->events, in->n_programs);
	fputs("# It allows what was seen, an attacker's programs too if one was at work: read each rule, look at\n"
	      "# the lines with RISK, and record again with this policy before it is made enforcing.\n#\n"
	      "# Times are UTC. In attach_types, cgroup_inet_ingress also stands for none.\n#\n", f);
	put_covered(f, in, base);
	if (in->programs_covered)
		fprintf(f, "#   %" PRIu64 " loaded programs are admitted by their signature\n",
			in->programs_covered);
	put_lost(f, in);
	if (in->programs_skipped)
		fprintf(f, "#   %" PRIu64 " loaded programs have types that this bpfseal doesn't know\n",
			in->programs_skipped);
	if (base && base->n_rules)
		fprintf(f, "#   the %u rules of the base, presets included, aren't in here: what they allowed was learned\n"
			"#   like the rest; copy those you want to keep, above all those that deny\n",
			base->n_rules);
}

static void put_head(FILE *f, const struct learn_plan *plan, const struct policy_doc *base)
{
	const char *separator = "include: [";

	fprintf(f, "name: \"%s\"\nversion: %" PRIu32 "\nmode: permissive\nrequire: %s\ndefault: deny\n",
		base && base->name ? base->name : "learned",
		!base ? 1 : base->version == UINT32_MAX ? base->version : base->version + 1,
		base ? policy_require_name(base->require) : "metadata");
	for (unsigned int i = 0; learn_preset_name(i); i++) {
		if (!(plan->presets >> i & 1))
			continue;
		fprintf(f, "%s%s", separator, learn_preset_name(i));
		separator = ", ";
	}
	fputs(plan->presets ? "]\n\n" : "\n", f);
}

static void put_signer(FILE *f, const struct policy_signer *s)
{
	fprintf(f, "  - name: \"%s\"\n", s->name);
	if (s->certificate) {
		fputs("    certificate: ", f);
		learn_put_quoted(f, s->certificate);
		putc('\n', f);
	} else {
		fprintf(f, "    keyring: %s\n", policy_keyring_name(s->keyring));
	}
	if (s->has_fingerprint)
		fprintf(f, "    fingerprint: \"%s\"\n", hex_of(s->fingerprint).s);
	if (s->types != 1ULL << PROG_TYPE_SYSCALL) {
		fputs("    types: ", f);
		learn_put_types(f, s->types);
		putc('\n', f);
	}
	if (s->attach_types[0] | s->attach_types[1]) {
		fputs("    attach_types: ", f);
		learn_put_attach_types(f, s->attach_types);
		putc('\n', f);
	}
	for (int i = 0; i < 2; i++) {
		int64_t time = i ? s->until : s->from;

		if (!time)
			continue;
		fputs(i ? "    until: " : "    from: ", f);
		learn_put_time(f, time);
		putc('\n', f);
	}
}

static void put_signers(FILE *f, const struct policy_doc *base)
{
	if (!base)
		fputs("# No --base was given: nobody is trusted yet. A policy needs a signer, so here is one whose\n"
		      "# time was over in 2000. Put yours in its place:\n"
		      "#\n"
		      "#   - name: build-team\n"
		      "#     certificate: /etc/bpfseal/build-team.crt\n"
		      "signers:\n"
		      "  - name: nobody\n"
		      "    keyring: builtin\n"
		      "    until: 2000-01-02\n", f);
	else
		fputs("signers:\n", f);
	for (unsigned int i = 0; base && i < base->n_signers; i++)
		put_signer(f, &base->signers[i]);
}

static void put_sets(FILE *f, const struct learn_plan *plan)
{
	fputs(plan->n_sets ? "\nsets:\n" : "", f);
	for (size_t i = 0; i < plan->n; i++)
		if (plan->rules[i].set[0])
			learn_put_set(f, &plan->rules[i]);
}

static void put_by_preset(FILE *f, const struct learn_plan *plan)
{
	fputs(plan->n_preset ? "\n# Covered by rules of the presets that are included:\n#\n" : "", f);
	for (size_t i = 0; i < plan->n; i++) {
		const struct learn_rule *rule = &plan->rules[i];

		if (rule->form != LEARN_BY_PRESET)
			continue;
		fprintf(f, "#   %s: ", rule->preset_rule);
		learn_put_safe(f, rule->group->exe);
		fprintf(f, ", type %s, ", prog_type_name(rule->group->type));
		learn_put_seen(f, rule->group);
		putc('\n', f);
	}
}

static void put_advice(FILE *f, const struct learn_plan *plan)
{
	unsigned int risks = 0;

	for (size_t i = 0; i < plan->n; i++)
		risks |= plan->rules[i].risks;
	fputs(risks ? "\n# What to do about risks:\n#\n" : "", f);
	for (unsigned int i = 0; i < LEARN_RISKS; i++)
		if (risks >> i & 1)
			learn_put_wrapped(f, "", learn_risk_advice(i));
}

static void put_rules(FILE *f, const struct learn_input *in, const struct learn_plan *plan)
{
	bool active = plan->n > plan->n_off + plan->n_preset || learn_has_probes(&in->groups);

	put_by_preset(f, plan);
	put_advice(f, plan);
	if (plan->n > plan->n_preset || active)
		fputs(active ? "\nrules:" : "\n# All rules are commented out; with one of them this line is needed, too:\n# rules:", f);
	for (size_t i = 0; i < plan->n; i++)
		if (plan->rules[i].form != LEARN_BY_PRESET)
			learn_put_rule(f, &plan->rules[i]);
	learn_put_probes(f, &in->groups);
}

static void put_refusal(FILE *f, const struct learn_group *group)
{
	const char *type = prog_type_name(group->type);

	fprintf(f, "#   %s: ", group->refusal);
	learn_put_safe(f, group->exe ? group->exe : "(not known)");
	fprintf(f, ", %stype %s, uid %" PRIu32 ", ", group->nested ? "nested, " : "",
		type ? type : "not known", group->uid);
	learn_put_seen(f, group);
	putc('\n', f);
}

static void put_refused(FILE *f, const struct learn_groups *groups)
{
	size_t n = 0;

	for (size_t i = 0; i < groups->n; i++) {
		if (groups->list[i]->class != LEARN_REFUSED)
			continue;
		if (!n++)
			fputs("\n# Never allowed by learning, see \"Learning\" in the documentation of the policy:\n#\n", f);
		if (n <= REFUSALS_MAX)
			put_refusal(f, groups->list[i]);
	}
	if (n > REFUSALS_MAX)
		fprintf(f, "#   and %zu more kinds of loads\n", n - REFUSALS_MAX);
}

void learn_write(FILE *f, const struct learn_input *in, const struct learn_plan *plan,
		 const struct policy_doc *base)
{
	put_about(f, in, base);
	put_head(f, plan, base);
	put_signers(f, base);
	put_sets(f, plan);
	put_rules(f, in, plan);
	put_refused(f, &in->groups);
}
