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

#include "compat.h"
#include "diag.h"
#include "pins.h"
#include "probe_loads.h"

#define SECURITYFS "/sys/kernel/security"

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

static void probe_btf(struct probe *p)
{
	struct btf *btf = btf__load_vmlinux_btf();

	p->btf = btf ? PROBE_YES : PROBE_NO;
	compat_look(btf, p);
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
void probe_lockdown(char state[PROBE_LOCKDOWN_LEN])
{
	char line[80], *start, *end;

	*state = '\0';
	read_line(SECURITYFS "/lockdown", line, sizeof(line));
	start = strchr(line, '[');
	end = start ? strchr(start, ']') : NULL;
	if (end)
		snprintf(state, PROBE_LOCKDOWN_LEN, "%.*s", (int)(end - start - 1), start + 1);
}

static void probe_unprivileged(struct probe *p)
{
	char line[8];

	read_line("/proc/sys/kernel/unprivileged_bpf_disabled", line, sizeof(line));
	if (line[0])
		p->unprivileged_bpf = strcmp(line, "0") ? PROBE_NO : PROBE_YES;
}

/* Our loads would be judged, and recorded, by a policy that is in force. */
static bool ask_policy(struct probe *p)
{
	struct bpfseal_policy policy;

	if (report_policy(&policy))
		return false;
	p->installed = true;
	p->enforcing = policy.mode != BPFSEAL_PERMISSIVE;
	p->proof.level = policy.verified_level;
	p->proof.signs_btf = policy.signs_btf;
	p->proof.promotes = policy.promotes;
	p->tier = compat_tier(p);
	return true;
}

int probe_kernel(struct probe *out)
{
	struct probe p = {};
	int err = 0;

	p.capable = has_capability();
	probe_btf(&p);
	probe_lsm(&p);
	probe_lockdown(p.lockdown);
	probe_unprivileged(&p);
	if (!ask_policy(&p)) {
		err = probe_loads(p.runtime_kfunc == PROBE_YES, p.loads, &p.key_type);
		compat_conclude(&p);
	}
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
		[PROBE_LOAD_BTF] = "signed_btf",
		[PROBE_LOAD_BTF_UNSIGNED] = "unsigned_btf",
		[PROBE_RUN_PROMOTED] = "loader_promoted",
		[PROBE_RUN_AGAIN] = "loader_promoted_again",
		[PROBE_RUN_ALTERED] = "loader_altered_metadata",
		[PROBE_RUN_UNFROZEN] = "loader_unfrozen_metadata",
		[PROBE_RUN_UNSIGNED] = "loader_unsigned",
	};

	return names[load];
}

static int require_lsm(const struct probe *p)
{
	if (p->btf != PROBE_YES)
		return diag_refuse(-EOPNOTSUPP, "the kernel has no type information (BTF)",
			      "use a kernel built with CONFIG_DEBUG_INFO_BTF");
	if (p->lsm_built != PROBE_YES)
		return diag_refuse(-EOPNOTSUPP, "the kernel has no BPF security hooks",
			      "use a kernel built with CONFIG_BPF_LSM");
	if (p->lsm_active == PROBE_UNKNOWN)
		return diag_refuse(-EOPNOTSUPP, "can't tell which security modules are active",
			      "mount securityfs: mount -t securityfs securityfs " SECURITYFS);
	if (p->lsm_active != PROBE_YES) {
		diag_error("\"bpf\" is not among the active security modules: %s",
			   diag_quote(p->lsm_list).s);
		diag_hint("boot with lsm=%s,bpf", diag_quote(p->lsm_list).s);
		return -EOPNOTSUPP;
	}
	return 0;
}

int probe_require(const struct probe *p, enum bpfseal_level need)
{
	int err;

	if (!p->capable)
		return diag_refuse(-EPERM, "this process may not load BPF", "run it as root");
	err = require_lsm(p);
	if (!err)
		err = compat_require(p, need);
	if (!err && (!p->lockdown[0] || !strcmp(p->lockdown, "none")))
		diag_warn("kernel lockdown is off: root can change the kernel's memory, and so the policy");
	return err;
}
