// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_probe.c - bpfseal probe: tell what this kernel can promise.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cmd.h"
#include "compat.h"
#include "diag.h"
#include "event.h"
#include "probe.h"
#include "reason.h"

static const char usage[] =
	"usage: bpfseal probe [-j|--json]\n"
	"\n"
	"Tells what this kernel can promise, found out by loading programs signed with\n"
	"a throw-away key. Nothing stays behind. If a policy is installed, no program\n"
	"is loaded and what was found at installation is told.\n";

static const char *answer_text(enum probe_answer answer)
{
	return answer == PROBE_YES ? "yes" : answer == PROBE_NO ? "no" : "could not tell";
}

static void print_lsm(const struct probe *p)
{
	printf("Kernel type information (BTF): %s.\n", answer_text(p->btf));
	printf("BPF security hooks built in: %s.\n", answer_text(p->lsm_built));
	if (p->lsm_active == PROBE_UNKNOWN)
		puts("BPF security hooks active: could not tell, securityfs isn't mounted.");
	else
		printf("BPF security hooks active: %s (%s).\n", answer_text(p->lsm_active),
		       diag_quote(p->lsm_list).s);
}

static void print_hooks(const struct probe *p)
{
	const char *separator = ", missing: ";
	int missing = 0;

	for (int i = 0; i < PROBE_HOOKS; i++)
		missing += p->hooks[i].present != PROBE_YES;
	printf("Functions the policy attaches to: %d of %d there", PROBE_HOOKS - missing,
	       PROBE_HOOKS);
	for (int i = 0; i < PROBE_HOOKS; i++) {
		if (p->hooks[i].present == PROBE_YES)
			continue;
		printf("%s%s", separator, p->hooks[i].name);
		separator = ", ";
	}
	puts(".");
}

static void print_load(const struct probe *p, enum probe_load load, const char *what)
{
	const struct probe_result *r = &p->loads[load];
	const char *name = event_errno(r->err);

	printf("%s: ", what);
	if (r->tried && !r->err)
		puts("accepted.");
	else if (!r->tried && !r->err)
		puts("not tried.");
	else if (name)
		printf("%s (%s).\n", r->tried ? "refused" : "could not be tried", name);
	else
		printf("%s (error %d).\n", r->tried ? "refused" : "could not be tried", r->err);
}

static void print_loads(const struct probe *p)
{
	static const char *const what[PROBE_LOADS] = {
		[PROBE_LOAD_SIGNED] = "Program with a good signature",
		[PROBE_LOAD_FLIPPED] = "Program with a damaged signature",
		[PROBE_LOAD_METADATA] = "Program and map, both signed",
		[PROBE_LOAD_INSNS_ONLY] = "Program and map, the map not signed",
		[PROBE_LOAD_ALTERED] = "Program and map, the map changed after signing",
		[PROBE_LOAD_SHARED] = "Program and map, the map not exclusive to it",
		[PROBE_LOAD_UNFROZEN] = "Program and map, the map not frozen",
		[PROBE_LOAD_BTF] = "Program with type information, both signed",
		[PROBE_LOAD_BTF_UNSIGNED] = "Program with type information, that not signed",
		[PROBE_RUN_PROMOTED] = "Loader that has its metadata verified",
		[PROBE_RUN_AGAIN] = "The same loader a second time",
		[PROBE_RUN_ALTERED] = "Loader whose metadata was changed",
		[PROBE_RUN_UNFROZEN] = "Loader whose metadata isn't frozen",
		[PROBE_RUN_UNSIGNED] = "Loader that isn't signed",
	};
	int n = p->runtime_kfunc == PROBE_YES ? PROBE_LOADS : PROBE_LOAD_BTF;

	if (p->installed) {
		printf("A policy is installed (%s): no program was tried, and what it found is told here.\n",
		       p->enforcing ? "enforcing" : "permissive");
		return;
	}
	if (!p->capable) {
		puts("Signatures: could not tell, this process may not load BPF. Run it as root.");
		return;
	}
	for (int i = 0; i < n; i++)
		print_load(p, i, what[i]);
	if (p->key_type)
		printf("Key the programs were signed with: %s.\n", p->key_type);
}

static void print_surroundings(const struct probe *p)
{
	if (!p->lockdown[0])
		puts("Kernel lockdown: could not tell.");
	else if (!strcmp(p->lockdown, "none"))
		puts("Kernel lockdown: off. Root can change the kernel's memory, and so the policy.");
	else
		printf("Kernel lockdown: %s.\n", diag_quote(p->lockdown).s);
	printf("BPF for unprivileged users: %s.\n", answer_text(p->unprivileged_bpf));
}

static void print_tier(const struct probe *p)
{
	const char *limit;

	printf("Level: %s. Tier: %s (%s), %s.\n", reason_level(p->proof.level),
	       probe_tier_name(p->tier), compat_tier_since(p->tier),
	       compat_tier_meaning(p->tier));
	for (int i = 0; (limit = compat_tier_limit(p->tier, i)); i++)
		printf("Not promised here: %s\n", limit);
}

static void print_text(const struct probe *p)
{
	print_lsm(p);
	print_hooks(p);
	print_loads(p);
	printf("Verdict of a signature can be seen: %s.\n", answer_text(p->verdict_visible));
	printf("Digests of executables: by IMA (SHA-256): %s; by fs-verity: %s.\n",
	       answer_text(p->ima), answer_text(p->verity));
	print_surroundings(p);
	if (!p->installed && !p->capable)
		puts("Level: could not tell, which counts as unsigned.");
	else
		print_tier(p);
}

static json_t *answer(enum probe_answer a)
{
	return a == PROBE_UNKNOWN ? json_null() : json_boolean(a == PROBE_YES);
}

static json_t *text(const char *s)
{
	return s && *s ? json_string(diag_quote(s).s) : json_null();
}

static json_t *hooks_json(const struct probe *p)
{
	json_t *o = json_object();
	int bad = !o;

	for (int i = 0; i < PROBE_HOOKS; i++)
		bad |= json_object_set_new(o, p->hooks[i].name, answer(p->hooks[i].present));
	if (!bad)
		return o;
	json_decref(o);
	return NULL;
}

static json_t *load_json(const struct probe_result *r)
{
	return json_pack("{s:o,s:i,s:o}", "accepted",
			 r->tried ? json_boolean(!r->err) : json_null(),
			 "error", r->err, "error_name", text(event_errno(r->err)));
}

static json_t *loads_json(const struct probe *p)
{
	json_t *o = json_object();
	int bad = !o;

	for (int i = 0; i < PROBE_LOADS; i++)
		bad |= json_object_set_new(o, probe_load_name(i), load_json(&p->loads[i]));
	if (!bad)
		return o;
	json_decref(o);
	return NULL;
}

static json_t *limits_json(const struct probe *p)
{
	json_t *all = json_array();
	const char *limit;
	int bad = !all;

	for (int i = 0; (limit = compat_tier_limit(p->tier, i)); i++)
		bad |= json_array_append_new(all, json_string(limit));
	if (!bad)
		return all;
	json_decref(all);
	return NULL;
}

static int print_json(const struct probe *p)
{
	json_t *o;
	int err;

	o = json_pack("{s:b,s:b,s:b,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:s,s:b,s:b,s:s,s:s,s:o,s:o,s:o}",
		"capable", p->capable,
		"installed", p->installed,
		"enforcing", p->enforcing,
		"btf", answer(p->btf),
		"lsm_built", answer(p->lsm_built),
		"lsm_active", answer(p->lsm_active),
		"lsm_list", text(p->lsm_list),
		"hooks", hooks_json(p),
		"verdict_visible", answer(p->verdict_visible),
		"runtime_kfunc", answer(p->runtime_kfunc),
		"ima", answer(p->ima),
		"fsverity", answer(p->verity),
		"key_type", text(p->key_type),
		"loads", p->installed ? json_null() : loads_json(p),
		"verified_level", reason_level(p->proof.level),
		"signs_btf", p->proof.signs_btf,
		"promotes", p->proof.promotes,
		"tier", probe_tier_name(p->tier),
		"tier_since", compat_tier_since(p->tier),
		"limits", limits_json(p),
		"lockdown", text(p->lockdown),
		"unprivileged_bpf", answer(p->unprivileged_bpf));
	if (!o)
		return -ENOMEM;
	err = json_dumpf(o, stdout, JSON_INDENT(2)) || putchar('\n') == EOF ? -EIO : 0;
	json_decref(o);
	return err;
}

static int tell(bool json)
{
	struct probe p;
	int err;

	err = probe_kernel(&p);
	if (!err && json)
		err = print_json(&p);
	else if (!err)
		print_text(&p);
	if (!err && fflush(stdout))
		err = -errno;
	if (err)
		diag_error("cannot tell what the kernel can do: %s", strerror(-err));
	return diag_exit(err);
}

int cmd_probe(int argc, char **argv)
{
	bool json;
	int c;

	c = cmd_flag(argc, argv, usage, "json", &json);
	if (c != CMD_GO_ON)
		return c;
	return tell(json);
}
