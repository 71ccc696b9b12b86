// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * probe.c - what this kernel can do for the policy: asks its type information
 * and its files, has signed programs loaded (probe_loads.c), and concludes.
 */
#include "probe.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "diag.h"
#include "pins.h"
#include "probe_loads.h"

#define SECURITYFS "/sys/kernel/security"

static const char *const hooks[] = {
	"bpf_lsm_bpf_prog_load",
	"bpf_lsm_bpf_prog",
	"bpf_prog_free_deferred",
	"bpf_lsm_bpf_map_create",
	"bpf_lsm_bpf_map_free",
	"bpf_check",
	"bpf_prog_test_run_syscall",
	"kern_sys_bpf",
	"btf_alloc_id",
};

_Static_assert(sizeof(hooks) / sizeof(hooks[0]) == PROBE_HOOKS, "one answer per hook");

static bool has_capability(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

	if (syscall(SYS_capget, &head, data))
		return false;
	return (data[CAP_TO_INDEX(CAP_BPF)].effective & CAP_TO_MASK(CAP_BPF)) ||
	       (data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN));
}

/* First line of a small file, "" if it can't be read. */
static void read_line(const char *path, char *text, int size)
{
	FILE *f = fopen(path, "re");

	text[0] = '\0';
	if (!f)
		return;
	if (!fgets(text, size, f))
		text[0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	fclose(f);
}

static void look_at_function(struct probe *p, const char *name)
{
	if (!strncmp(name, "bpf_lsm_", strlen("bpf_lsm_")))
		p->lsm_built = PROBE_YES;
	else if (!strcmp(name, "bpf_loader_verify_metadata"))
		p->runtime_kfunc = PROBE_YES;
	for (int i = 0; i < PROBE_HOOKS; i++)
		if (!strcmp(name, hooks[i]))
			p->hooks[i].present = PROBE_YES;
}

/* prog->aux->sig */
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

static void probe_btf(struct probe *p)
{
	struct btf *btf = btf__load_vmlinux_btf();
	const struct btf_type *type;

	for (int i = 0; i < PROBE_HOOKS; i++)
		p->hooks[i].name = hooks[i];
	p->btf = btf ? PROBE_YES : PROBE_NO;
	if (!btf)
		return;
	p->lsm_built = PROBE_NO;
	p->runtime_kfunc = PROBE_NO;
	for (int i = 0; i < PROBE_HOOKS; i++)
		p->hooks[i].present = PROBE_NO;
	for (unsigned int id = 1; id < btf__type_cnt(btf); id++) {
		type = btf__type_by_id(btf, id);
		if (btf_is_func(type))
			look_at_function(p, btf__name_by_offset(btf, type->name_off));
	}
	p->verdict_visible = has_verdict(btf);
	btf__free(btf);
}

static void probe_lsm(struct probe *p)
{
	char list[sizeof(p->lsm_list)], *state = NULL, *name;

	read_line(SECURITYFS "/lsm", p->lsm_list, sizeof(p->lsm_list));
	if (!p->lsm_list[0])
		return;
	p->lsm_active = PROBE_NO;
	strcpy(list, p->lsm_list);
	for (name = strtok_r(list, ",", &state); name; name = strtok_r(NULL, ",", &state))
		if (!strcmp(name, "bpf"))
			p->lsm_active = PROBE_YES;
}

/* "[none] integrity confidentiality": the one in brackets is in force. */
static void probe_lockdown(struct probe *p)
{
	char line[80], *start, *end;

	read_line(SECURITYFS "/lockdown", line, sizeof(line));
	start = strchr(line, '[');
	end = start ? strchr(start, ']') : NULL;
	if (end)
		snprintf(p->lockdown, sizeof(p->lockdown), "%.*s", (int)(end - start - 1),
			 start + 1);
}

static void probe_unprivileged(struct probe *p)
{
	char line[8];

	read_line("/proc/sys/kernel/unprivileged_bpf_disabled", line, sizeof(line));
	if (line[0])
		p->unprivileged_bpf = strcmp(line, "0") ? PROBE_NO : PROBE_YES;
}

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

static enum bpfseal_level conclude_level(const struct probe *p)
{
	if (!accepted(p, PROBE_LOAD_SIGNED) || !refused(p, PROBE_LOAD_FLIPPED))
		return BPFSEAL_LEVEL_UNSIGNED;
	if (accepted(p, PROBE_LOAD_METADATA) && refused(p, PROBE_LOAD_INSNS_ONLY) &&
	    refused(p, PROBE_LOAD_ALTERED) && refused(p, PROBE_LOAD_SHARED) &&
	    refused(p, PROBE_LOAD_UNFROZEN))
		return BPFSEAL_LEVEL_METADATA;
	return BPFSEAL_LEVEL_SIGNED;
}

static enum probe_tier conclude_tier(const struct probe *p)
{
	if (p->verified_level == BPFSEAL_LEVEL_UNSIGNED)
		return PROBE_TIER_NONE;
	if (p->verdict_visible != PROBE_YES)
		return PROBE_TIER_ATTRIBUTE;
	if (p->verified_level == BPFSEAL_LEVEL_METADATA)
		return PROBE_TIER_LOAD_TIME;
	return p->runtime_kfunc == PROBE_YES ? PROBE_TIER_RUNTIME : PROBE_TIER_INSTRUCTIONS;
}

/* Our loads would be judged, and recorded, by a policy that is in force. */
static bool ask_policy(struct probe *p)
{
	struct bpfseal_policy policy;

	if (pins_policy_read(&policy))
		return false;
	p->installed = true;
	p->enforcing = policy.mode != BPFSEAL_PERMISSIVE;
	p->verified_level = policy.verified_level;
	return true;
}

int probe_kernel(struct probe *out)
{
	struct probe p = {};
	int err = 0;

	p.capable = has_capability();
	probe_btf(&p);
	probe_lsm(&p);
	probe_lockdown(&p);
	probe_unprivileged(&p);
	if (!ask_policy(&p)) {
		err = probe_loads(p.loads, &p.key_type);
		p.verified_level = conclude_level(&p);
	}
	p.tier = conclude_tier(&p);
	if (!err)
		*out = p;
	return err;
}

const char *probe_tier_name(enum probe_tier tier)
{
	static const char *const names[] = {
		[PROBE_TIER_NONE] = "none",
		[PROBE_TIER_ATTRIBUTE] = "attribute",
		[PROBE_TIER_INSTRUCTIONS] = "instructions",
		[PROBE_TIER_RUNTIME] = "runtime metadata",
		[PROBE_TIER_LOAD_TIME] = "load-time metadata",
	};

	return names[tier];
}

const char *probe_load_name(enum probe_load load)
{
	static const char *const names[PROBE_LOADS] = {
		[PROBE_LOAD_SIGNED] = "signed",
		[PROBE_LOAD_FLIPPED] = "flipped_signature",
		[PROBE_LOAD_METADATA] = "signed_metadata",
		[PROBE_LOAD_INSNS_ONLY] = "unsigned_metadata",
		[PROBE_LOAD_ALTERED] = "altered_metadata",
		[PROBE_LOAD_SHARED] = "shared_metadata",
		[PROBE_LOAD_UNFROZEN] = "unfrozen_metadata",
	};

	return names[load];
}

static int refuse(int err, const char *what, const char *hint)
{
	diag_error("%s", what);
	diag_hint("%s", hint);
	return err;
}

static int require_lsm(const struct probe *p)
{
	if (p->btf != PROBE_YES)
		return refuse(-EOPNOTSUPP, "the kernel has no type information (BTF)",
			      "use a kernel built with CONFIG_DEBUG_INFO_BTF");
	if (p->lsm_built != PROBE_YES)
		return refuse(-EOPNOTSUPP, "the kernel has no BPF security hooks",
			      "use a kernel built with CONFIG_BPF_LSM");
	if (p->lsm_active == PROBE_UNKNOWN)
		return refuse(-EOPNOTSUPP, "can't tell which security modules are active",
			      "mount securityfs: mount -t securityfs securityfs " SECURITYFS);
	if (p->lsm_active != PROBE_YES) {
		diag_error("\"bpf\" is not among the active security modules: %s",
			   diag_quote(p->lsm_list).s);
		diag_hint("boot with lsm=%s,bpf", diag_quote(p->lsm_list).s);
		return -EOPNOTSUPP;
	}
	for (int i = 0; i < PROBE_HOOKS; i++) {
		if (p->hooks[i].present == PROBE_YES)
			continue;
		diag_error("the kernel lacks %s, which the policy attaches to",
			   p->hooks[i].name);
		diag_hint("use Linux 7.3 or later with CONFIG_BPF_LSM");
		return -EOPNOTSUPP;
	}
	return 0;
}

/* Why a good signature wasn't accepted, as far as the error tells. */
static int explain_unsigned(const struct probe *p)
{
	int err = p->loads[PROBE_LOAD_SIGNED].err;

	switch (err) {
	case -E2BIG:
		return refuse(-EOPNOTSUPP, "the kernel takes no signatures on BPF programs",
			      "use Linux 7.3 or later");
	case -EOPNOTSUPP:
		return refuse(-EOPNOTSUPP, "the kernel can't verify signatures",
			      "use a kernel built with CONFIG_SYSTEM_DATA_VERIFICATION");
	case 0:
		return refuse(-EOPNOTSUPP, "the kernel accepts programs with a damaged signature",
			      "don't use this kernel");
	default:
		diag_error("the kernel refuses a good signature: %s", strerror(-err));
		if (err == -EPERM)
			diag_hint("another security module or policy may deny it, or this is a container");
		return -EOPNOTSUPP;
	}
}

static int require_level(const struct probe *p, enum bpfseal_level need)
{
	if (p->verified_level == BPFSEAL_LEVEL_UNSIGNED)
		return p->installed ? -EOPNOTSUPP : explain_unsigned(p);
	if (p->verdict_visible != PROBE_YES)
		return refuse(-EOPNOTSUPP,
			      "the kernel checks signatures but doesn't tell the policy whose they are",
			      "use Linux 7.3 or later");
	if (p->verified_level < need)
		return refuse(-EOPNOTSUPP,
			      "on this kernel a signature covers a loader's instructions, not its metadata",
			      "use Linux 7.3 or later, or write 'require: signed' in the policy");
	return 0;
}

int probe_require(const struct probe *p, enum bpfseal_level need)
{
	int err;

	if (!p->capable)
		return refuse(-EPERM, "this process may not load BPF", "run it as root");
	err = require_lsm(p);
	if (!err)
		err = require_level(p, need);
	if (!err && (!p->lockdown[0] || !strcmp(p->lockdown, "none")))
		diag_warn("kernel lockdown is off: root can change the kernel's memory, and so the policy");
	return err;
}
