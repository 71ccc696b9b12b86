// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * compat.c - all differences between kernels that the controller knows of: what
 * shows them, what follows from them, and which version brought what.
 *
 *   6.15  LSM hooks are told whether a command comes from the kernel (bpf/compat.h)
 *   6.18  BPF_PROG_LOAD takes a signature; a wrong one fails before the hook;
 *         bpf_stack_liveness_init()
 *   7.2   prog->aux->sig keeps the verdict, which is over the instructions alone
 *   7.2 with kernel/patches: signatures cover the program's BTF as well, and a
 *         loader can be promoted as it runs
 *   7.3   signatures are verified in bpf_check(), over instructions and maps
 *
 * Versions are told, never asked for: programs that are tried decide.
 */
#include "compat.h"

#include <errno.h>
#include <string.h>

#include <bpf/btf.h>

#include "diag.h"

#define KFUNC "bpf_loader_verify_metadata"

/* The programs are loaded all together, so that each of these has to be there. */
static const char *const hooks[] = {
	"bpf_check",
	"bpf_prog_load",
	"bpf_stack_liveness_init",
	"bpf_lsm_bpf_prog_load",
	"bpf_lsm_bpf_prog",
	"bpf_prog_free_deferred",
	"bpf_lsm_bpf_map_create",
	"bpf_prog_test_run_syscall",
	"bpf_sys_bpf",
	"bpf_sys_close",
	"kern_sys_bpf",
	"btf_alloc_id",
};

_Static_assert(sizeof(hooks) / sizeof(hooks[0]) == PROBE_HOOKS, "one answer per hook");

/* A kernel that verifies maps does so where it knows them. */
static bool verifies_in_check(const struct probe *p)
{
	return p->proof.level == BPFSEAL_LEVEL_METADATA;
}

/* --- what the type information tells --- */

static void look_at_function(struct probe *p, const char *name)
{
	if (!strncmp(name, "bpf_lsm_", strlen("bpf_lsm_")))
		p->lsm_built = PROBE_YES;
	else if (!strcmp(name, KFUNC))
		p->runtime_kfunc = PROBE_YES;
	else if (!strcmp(name, "ima_file_hash"))
		p->ima = PROBE_YES;
	else if (!strcmp(name, "bpf_get_fsverity_digest"))
		p->verity = PROBE_YES;
	for (int i = 0; i < PROBE_HOOKS; i++)
		if (!strcmp(name, hooks[i]))
			p->hooks[i].present = PROBE_YES;
}

/* prog->aux->sig, as HAS_VERDICT in bpf/compat.h asks for it */
static enum probe_answer has_verdict(const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "bpf_prog_aux", BTF_KIND_STRUCT);
	const struct btf_type *type;

	if (id < 0)
		return PROBE_UNKNOWN;
	type = btf__type_by_id(btf, id);
	for (unsigned int i = 0; i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(type)[i].name_off), "sig"))
			return PROBE_YES;
	return PROBE_NO;
}

void compat_look(const struct btf *btf, struct probe *p)
{
	const struct btf_type *type;

	for (int i = 0; i < PROBE_HOOKS; i++)
		p->hooks[i].name = hooks[i];
	if (!btf)
		return;
	p->lsm_built = PROBE_NO;
	p->runtime_kfunc = PROBE_NO;
	p->ima = PROBE_NO;
	p->verity = PROBE_NO;
	for (int i = 0; i < PROBE_HOOKS; i++)
		p->hooks[i].present = PROBE_NO;
	for (unsigned int id = 1; id < btf__type_cnt(btf); id++) {
		type = btf__type_by_id(btf, id);
		if (btf_is_func(type))
			look_at_function(p, btf__name_by_offset(btf, type->name_off));
	}
	p->verdict_visible = has_verdict(btf);
}

/* --- what follows from the programs that were tried --- */

static bool accepted(const struct probe *p, enum probe_load load)
{
	return p->loads[load].tried && !p->loads[load].err;
}

/* Failing for lack of memory says nothing about signatures. */
static bool refused(const struct probe *p, enum probe_load load)
{
	const struct probe_result *r = &p->loads[load];

	return r->tried && r->err && r->err != -ENOMEM && r->err != -EAGAIN &&
	       r->err != -EINTR;
}

static bool refused_with(const struct probe *p, enum probe_load load, int err)
{
	return p->loads[load].tried && p->loads[load].err == err;
}

static enum bpfseal_level level_at_load(const struct probe *p)
{
	if (!accepted(p, PROBE_LOAD_SIGNED) || !refused(p, PROBE_LOAD_FLIPPED))
		return BPFSEAL_LEVEL_UNSIGNED;
	if (p->verdict_visible == PROBE_YES && accepted(p, PROBE_LOAD_METADATA) &&
	    refused(p, PROBE_LOAD_INSNS_ONLY) && refused(p, PROBE_LOAD_ALTERED) &&
	    refused(p, PROBE_LOAD_SHARED) && refused(p, PROBE_LOAD_UNFROZEN))
		return BPFSEAL_LEVEL_METADATA;
	return BPFSEAL_LEVEL_SIGNED;
}

static bool signs_btf(const struct probe *p)
{
	return accepted(p, PROBE_LOAD_BTF) && refused(p, PROBE_LOAD_BTF_UNSIGNED);
}

/* Each result that it was specified with, or it isn't that function. */
static bool promotes(const struct probe *p)
{
	return p->verdict_visible == PROBE_YES && accepted(p, PROBE_RUN_PROMOTED) &&
	       refused_with(p, PROBE_RUN_AGAIN, -EPERM) &&
	       refused_with(p, PROBE_RUN_ALTERED, -EBADMSG) &&
	       refused_with(p, PROBE_RUN_UNFROZEN, -EPERM) &&
	       refused_with(p, PROBE_RUN_UNSIGNED, -EPERM);
}

enum probe_tier compat_tier(const struct probe *p)
{
	if (p->proof.level == BPFSEAL_LEVEL_UNSIGNED)
		return PROBE_TIER_NONE;
	if (p->proof.level == BPFSEAL_LEVEL_METADATA)
		return PROBE_TIER_LOAD_TIME;
	if (p->proof.promotes)
		return PROBE_TIER_RUNTIME;
	return p->verdict_visible == PROBE_YES ? PROBE_TIER_INSTRUCTIONS :
						 PROBE_TIER_ATTRIBUTE;
}

void compat_conclude(struct probe *p)
{
	p->proof.level = level_at_load(p);
	p->proof.signs_btf = p->proof.level == BPFSEAL_LEVEL_SIGNED && signs_btf(p);
	p->proof.promotes = p->proof.signs_btf && promotes(p);
	p->tier = compat_tier(p);
}

const char *compat_program(const struct probe *p, const char *pin)
{
	return strcmp(pin, "rejected") || verifies_in_check(p) ? pin : "refused";
}

/* --- what people are told --- */

struct tier_text {
	const char *since;
	const char *meaning;
	const char *limits[3];	/* ends at the first that is NULL */
};

#define LIMIT_METADATA \
	"Nothing proves a loader's metadata: a policy that says 'require: metadata' is refused."

static const struct tier_text tiers[] = {
	[PROBE_TIER_NONE] = {
		.since = "Linux before 6.18",
		.meaning = "a signature proves nothing",
		.limits = { "No policy can be installed, as every policy requires signatures." },
	},
	[PROBE_TIER_ATTRIBUTE] = {
		.since = "Linux 6.18 to 7.1",
		.meaning = "a signature covers a loader's instructions, and the verdict isn't kept",
		.limits = {
			LIMIT_METADATA,
			"Programs that were loaded before the policy are listed as unsigned.",
		},
	},
	[PROBE_TIER_INSTRUCTIONS] = {
		.since = "Linux 7.2",
		.meaning = "a signature covers a loader's instructions only",
		.limits = { LIMIT_METADATA },
	},
	[PROBE_TIER_RUNTIME] = {
		.since = "Linux 7.2 with bpfseal's kernel patches",
		.meaning = "a signature covers a loader's instructions, and its metadata once the loader has had it verified",
		.limits = {
			"Only loaders reach the level metadata: a policy that requires it denies other signed programs.",
		},
	},
	[PROBE_TIER_LOAD_TIME] = {
		.since = "Linux 7.3 or later",
		.meaning = "a signature covers a loader's instructions and its metadata",
	},
};

const char *compat_tier_since(enum probe_tier tier)
{
	return tiers[tier].since;
}

const char *compat_tier_meaning(enum probe_tier tier)
{
	return tiers[tier].meaning;
}

const char *compat_tier_limit(enum probe_tier tier, unsigned int i)
{
	const unsigned int n = sizeof(tiers[tier].limits) / sizeof(tiers[tier].limits[0]);

	return i < n ? tiers[tier].limits[i] : NULL;
}

/* Why a good signature wasn't accepted, as far as the error tells. */
static int explain_unsigned(const struct probe *p)
{
	int err = p->loads[PROBE_LOAD_SIGNED].err;

	switch (err) {
	case -E2BIG:
		return diag_refuse(-EOPNOTSUPP, "the kernel takes no signatures on BPF programs",
			      "use Linux 6.18 or later for 'require: signed', 7.3 or later for 'require: metadata'");
	case -EOPNOTSUPP:
		return diag_refuse(-EOPNOTSUPP, "the kernel can't verify signatures",
			      "use a kernel built with CONFIG_SYSTEM_DATA_VERIFICATION");
	case 0:
		return diag_refuse(-EOPNOTSUPP, "the kernel accepts programs with a damaged signature",
			      "don't use this kernel");
	default:
		diag_error("the kernel refuses a good signature: %s", strerror(-err));
		if (err == -EPERM)
			diag_hint("another security module or policy may deny it, or this is a container");
		return -EOPNOTSUPP;
	}
}

static int require_hooks(const struct probe *p)
{
	for (int i = 0; i < PROBE_HOOKS; i++) {
		if (p->hooks[i].present == PROBE_YES)
			continue;
		diag_error("the kernel lacks %s, which the policy attaches to",
			   p->hooks[i].name);
		diag_hint("use a kernel built with CONFIG_BPF_LSM; Debian's from Linux 7.0 on are known to do");
		return -EOPNOTSUPP;
	}
	return 0;
}

int compat_require(const struct probe *p, enum bpfseal_level need)
{
	int err;

	if (p->proof.level == BPFSEAL_LEVEL_UNSIGNED)
		return p->installed ? -EOPNOTSUPP : explain_unsigned(p);
	err = require_hooks(p);
	if (err)
		return err;
	if (p->proof.level < need && !(p->proof.promotes && need == BPFSEAL_LEVEL_METADATA))
		return diag_refuse(-EOPNOTSUPP, "on this kernel a signature covers a loader's instructions, not its metadata",
			      "use Linux 7.3 or later, or write 'require: signed' in the policy");
	return 0;
}
