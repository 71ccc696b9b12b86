// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reason.c - the words for what the policy decides. Each reason of bpfseal.h
 * has an id, why it was decided so, and what can be done about it.
 */
#include "reason.h"

#include <stddef.h>
#include <linux/types.h>
#include <bpf/libbpf.h>
#include "bpfseal.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct words {
	const char *id;
	const char *why;
	const char *advice;
};

#define NOTHING_TO_DO "Nothing needs to be done."
#define USE_SKELETON "Load it through its signed light skeleton: the loader in it needs no such thing."

static const struct words reasons[] = {
	[BPFSEAL_R_NONE] = { "none",
		"No reason was recorded.",
		"Report this as a bug: every decision has a reason." },
	[BPFSEAL_R_SIGNER] = { "signer",
		"A trusted signer signed it.",
		NOTHING_TO_DO },
	[BPFSEAL_R_NESTED] = { "nested",
		"An admitted loader made it in its only run.",
		NOTHING_TO_DO },
	[BPFSEAL_R_UNSIGNED] = { "unsigned",
		"It carries no signature.",
		"Make a signed light skeleton of it with 'bpfseal sign' and load it through that." },
	[BPFSEAL_R_FEATURE_PROBE] = { "feature-probe",
		"It is a test program that libbpf loads, unsigned, to find out what the kernel can do.",
		"It is harmless, but its caller is about to load unsigned BPF: give that a signed light skeleton." },
	[BPFSEAL_R_UNTRUSTED_KEYRING] = { "untrusted-keyring",
		"Its signature is good, but by a key from a keyring the policy doesn't trust.",
		"Load it with the keyring of a signer in the policy, as 'bpfseal status' shows them, or add its signer to the policy." },
	[BPFSEAL_R_UNCOVERED] = { "uncovered",
		"It is signed, but something that the signature doesn't cover changes what it does.",
		"Load it through its signed light skeleton." },
	[BPFSEAL_R_LEVEL] = { "level",
		"A trusted signer signed it, but on this kernel that proves less than the policy requires.",
		"Use a kernel that verifies metadata ('bpfseal probe' tells), or require less in the policy." },
	[BPFSEAL_R_NO_LOADER] = { "no-loader",
		"A BPF program or the kernel asked for it, and no loader runs in that task.",
		"Load it from userspace through a signed light skeleton." },
	[BPFSEAL_R_LOADER_NOT_ADMITTED] = { "loader-not-admitted",
		"The policy didn't admit its loader, which may have been loaded before the policy.",
		"Load the light skeleton again, signed by a trusted signer." },
	[BPFSEAL_R_LOADER_RERUN] = { "loader-rerun",
		"Its loader was run a second time, when its metadata no longer is what was signed.",
		"Load the whole light skeleton again for every run." },
	[BPFSEAL_R_LOADER_GONE] = { "loader-gone",
		"Its loader isn't on the stack of the task that asked for it.",
		"Let the loader itself make it, not a callback or another program; otherwise somebody imitates the loader." },
	[BPFSEAL_R_LOADER_UNVERIFIED] = { "loader-unverified",
		"Its loader hasn't had its metadata verified by the kernel, or that failed.",
		"Make the light skeleton again with the bpftool of this kernel: its loader has itself verified first." },
	[BPFSEAL_R_LOADER_DISTRUSTED] = { "loader-distrusted",
		"The policy changed since its loader was loaded and doesn't trust that loader any more.",
		"Sign it for the policy now in force and load it again." },
	[BPFSEAL_R_FOREIGN_MAP] = { "foreign-map",
		"It uses a map that its loader didn't make in this run.",
		"If its light skeleton makes all its maps, another thread swapped one: find out which program did that." },
	[BPFSEAL_R_KERNEL_OWN] = { "kernel-own",
		"A part of the kernel, such as a module, asked for it by itself.",
		"Find the module and do without it: nobody has signed what it loads." },
	[BPFSEAL_R_NO_POLICY] = { "no-policy",
		"The policy is missing although one was in force, so everything is denied.",
		"Somebody has tampered with it: find out who, then install the policy again." },
	[BPFSEAL_R_STATE_FULL] = { "state-full",
		"There is no room to remember another loader, program or map.",
		"Unload BPF programs that are no longer used; 'bpfseal inventory' lists them." },
	[BPFSEAL_R_BAD_SIGNATURE] = { "bad-signature",
		"Its signature doesn't fit: instructions or metadata were changed after signing.",
		"Sign it again if you changed it; if you didn't, somebody else did." },
	[BPFSEAL_R_NO_KEY] = { "no-key",
		"The key that signed it isn't in the keyring that the load names.",
		"Load it with its own signer's keyring, as 'bpfseal status' shows them." },
	[BPFSEAL_R_NO_KEYRING] = { "no-keyring",
		"The keyring that the load names doesn't exist, or the load is malformed.",
		"Use the serial number that 'bpfseal status' shows; it is another one after each boot." },
	[BPFSEAL_R_BAD_METADATA] = { "bad-metadata",
		"A map bound to it isn't exclusive to it, isn't frozen, or is being written.",
		"Load it through its light skeleton as bpftool made it." },
	[BPFSEAL_R_MALFORMED] = { "malformed-signature",
		"Its signature isn't a PKCS#7 message.",
		"Sign it with 'bpfseal sign'." },
	[BPFSEAL_R_KERNEL_REJECTED] = { "kernel-rejected",
		"The kernel refused it for a reason of its own, which the error names.",
		"Load it with a verifier log to see the kernel's message." },
	[BPFSEAL_R_FOREIGN_BTF] = { "foreign-btf",
		"It uses type information (BTF) that its loader didn't load in this run.",
		"If its light skeleton loads its own BTF, another thread swapped it: find out which program did that." },
	[BPFSEAL_R_BEFORE_POLICY] = { "before-policy",
		"It is signed, but was loaded before the policy, so nobody looked at what its signature doesn't cover.",
		"Load it again." },
	[BPFSEAL_R_KEY_ENDED] = { "key-ended",
		"The key that signed it, or the keyring that the load names, has expired or been revoked.",
		"Sign it with a key that is valid, and load it with that signer's keyring." },
	[BPFSEAL_R_RULE_ALLOWS] = { "rule-allows",
		"A rule of the policy allows it.",
		NOTHING_TO_DO },
	[BPFSEAL_R_RULE_DENIES] = { "rule-denies",
		"A rule of the policy denies it.",
		"Look at the rule in the policy; if this load is wanted, put a rule that allows it before that one." },
	[BPFSEAL_R_DEFAULT_ALLOWS] = { "default-allows",
		"No rule and no signature decides it, and the policy's default is to allow.",
		"Before the policy enforces: sign it, or make a rule that allows it." },
	[BPFSEAL_R_POLICY_CHANGED] = { "policy-changed",
		"The policy was changed more than once while this was being loaded.",
		"Load it again." },
	[BPFSEAL_R_UNDECIDED] = { "undecided",
		"Somebody asked for it by its id while its own loading was still being decided.",
		"Ask for a program once it has been loaded; otherwise somebody tries to get round a decision." },
	[BPFSEAL_R_LOADER_BY_RULE] = { "loader-by-rule",
		"A rule allows its loader, but no rule allows what the loader makes.",
		"Make a rule for it (nested: true), or sign the loader: a trusted signer's loader needs no rules." },
	[BPFSEAL_R_CHANGED_MAP] = { "changed-map",
		"A map it takes constants from doesn't hold what its loader wrote, or nobody can tell.",
		"Find out who wrote to the map, or froze it, while the loader ran: its id could be found, and its descriptor copied." },
	[BPFSEAL_R_SWAPPED_FD] = { "swapped-fd",
		"Other threads share its loader's descriptors, and one replaced some, or nobody can tell.",
		"Find out which thread did that; if none did, load it in a process with a single thread." },
	[BPFSEAL_R_SEALED] = { "sealed",
		"The policy is sealed: until reboot nobody gets at its own programs, maps and pins.",
		"If it was you, use 'bpfseal status' and 'bpfseal events'; otherwise find out who tries to take the policy away." },
	[BPFSEAL_R_RECOVERY] = { "recovery",
		"The policy is permissive: the kernel was booted with 'bpfseal=recover' on its command line.",
		"Mend what has to be mended, take the option away again, and reboot." },
	[BPFSEAL_R_UPGRADED] = { "upgraded",
		"Other programs of the policy's have taken the place of those before them.",
		"Look whether that was meant to happen: the policy's authority has signed it." },
};

_Static_assert(ARRAY_SIZE(reasons) == BPFSEAL_R_MAX, "every reason has its words");

static const struct words attributes[] = {
	[BPFSEAL_A_NONE] = { "uncovered", NULL, NULL },
	[BPFSEAL_A_CORE_RELOS] = { "uncovered:core_relos",
		"It asks for CO-RE relocations, which rewrite its instructions after their signature was checked.",
		USE_SKELETON },
	[BPFSEAL_A_PROG_BTF] = { "uncovered:prog_btf",
		"It brings type information (BTF, func_info or line_info), which its signature doesn't cover.",
		USE_SKELETON },
	[BPFSEAL_A_PROG_TYPE] = { "uncovered:prog_type",
		"Its signer may not load programs of this type directly, and the signature doesn't cover the type.",
		"Load it through its signed light skeleton, or allow its signer the type in the policy." },
	[BPFSEAL_A_ATTACH_TYPE] = { "uncovered:attach_type",
		"It sets an attach type, which its signature doesn't cover.",
		USE_SKELETON },
	[BPFSEAL_A_ATTACH_TARGET] = { "uncovered:attach_target",
		"It names a function or program to attach to, which its signature doesn't cover.",
		USE_SKELETON },
	[BPFSEAL_A_PROG_FLAGS] = { "uncovered:prog_flags",
		"It sets flags that its signature doesn't cover.",
		USE_SKELETON },
	[BPFSEAL_A_IFINDEX] = { "uncovered:ifindex",
		"It is bound to a network device, which its signature doesn't cover.",
		USE_SKELETON },
};

_Static_assert(ARRAY_SIZE(attributes) == BPFSEAL_A_MAX, "every attribute has its words");

/* The attribute's words where it has any, else the reason's. */
static const struct words *find(unsigned int reason, unsigned int attribute)
{
	if (reason >= BPFSEAL_R_MAX)
		return NULL;
	if (reason == BPFSEAL_R_UNCOVERED && attribute < BPFSEAL_A_MAX &&
	    attribute != BPFSEAL_A_NONE)
		return &attributes[attribute];
	return &reasons[reason];
}

const char *reason_id(unsigned int reason, unsigned int attribute)
{
	const struct words *w = find(reason, attribute);

	return w ? w->id : NULL;
}

const char *reason_why(unsigned int reason, unsigned int attribute)
{
	const struct words *w = find(reason, attribute);

	return w ? w->why : NULL;
}

const char *reason_advice(unsigned int reason, unsigned int attribute)
{
	const struct words *w = find(reason, attribute);

	return w ? w->advice : NULL;
}

const char *reason_attribute(unsigned int attribute)
{
	if (attribute == BPFSEAL_A_NONE)
		return "none";
	if (attribute >= BPFSEAL_A_MAX)
		return NULL;
	return attributes[attribute].id + sizeof("uncovered:") - 1;
}

#define LOOK_UP(names, n) ((n) < ARRAY_SIZE(names) ? (names)[n] : NULL)

const char *reason_decision(unsigned int decision)
{
	static const char *const names[] = {
		[BPFSEAL_ALLOW] = "allowed",
		[BPFSEAL_WOULD_DENY] = "would-deny",
		[BPFSEAL_DENY] = "denied",
		[BPFSEAL_REJECTED] = "rejected",
	};

	return LOOK_UP(names, decision);
}

const char *reason_mode(unsigned int mode)
{
	static const char *const names[] = {
		[0] = "none",
		[BPFSEAL_PERMISSIVE] = "permissive",
		[BPFSEAL_ENFORCING] = "enforcing",
		[BPFSEAL_SEALED] = "sealed",
	};

	return LOOK_UP(names, mode);
}

const char *reason_hook(unsigned int hook)
{
	static const char *const names[] = {
		[BPFSEAL_HOOK_PROG_LOAD] = "prog_load",
		[BPFSEAL_HOOK_PROG_FD] = "prog_fd",
		[BPFSEAL_HOOK_MAP_CREATE] = "map_create",
		[BPFSEAL_HOOK_PROG_CHECK] = "prog_check",
		[BPFSEAL_HOOK_MAP_FD] = "map_fd",
		[BPFSEAL_HOOK_MOUNT] = "mount",
		[BPFSEAL_HOOK_SYSCTL] = "sysctl",
		[BPFSEAL_HOOK_CONTROL] = "control",
	};

	return LOOK_UP(names, hook);
}

const char *reason_object(unsigned int hook)
{
	static const char *const names[] = {
		[BPFSEAL_HOOK_MAP_CREATE] = "map",
		[BPFSEAL_HOOK_MAP_FD] = "map",
		[BPFSEAL_HOOK_MOUNT] = "mount",
		[BPFSEAL_HOOK_SYSCTL] = "sysctl",
		[BPFSEAL_HOOK_CONTROL] = "policy",
	};
	const char *name = LOOK_UP(names, hook);

	return name ? name : "program";
}

const char *reason_level(unsigned int level)
{
	static const char *const names[] = {
		[BPFSEAL_LEVEL_UNSIGNED] = "unsigned",
		[BPFSEAL_LEVEL_SIGNED] = "signed",
		[BPFSEAL_LEVEL_METADATA] = "metadata",
	};

	return LOOK_UP(names, level);
}

const char *reason_measure(unsigned int measure)
{
	static const char *const names[BPFSEAL_MEASURED_MAX] = {
		[BPFSEAL_MEASURED_VERITY] = "fs-verity",
		[BPFSEAL_MEASURED_IMA] = "ima",
	};

	return measure < BPFSEAL_MEASURED_MAX ? names[measure] : NULL;
}

const char *reason_keyring(unsigned int keyring)
{
	static const char *const names[] = {
		[BPFSEAL_KEYRING_NONE] = "none",
		[BPFSEAL_KEYRING_BUILTIN] = "builtin",
		[BPFSEAL_KEYRING_SECONDARY] = "secondary",
		[BPFSEAL_KEYRING_PLATFORM] = "platform",
		[BPFSEAL_KEYRING_USER] = "user",
		[BPFSEAL_KEYRING_OTHER] = "other",
	};

	return LOOK_UP(names, keyring);
}

const char *reason_map_type(unsigned int type)
{
	return libbpf_bpf_map_type_str(type);
}

const char *reason_attach_type(unsigned int prog_type, unsigned int attach_type)
{
	/* BPF_CGROUP_INET_INGRESS is 0 too. */
	if (!attach_type && prog_type != BPF_PROG_TYPE_CGROUP_SKB)
		return "none";
	return libbpf_bpf_attach_type_str(attach_type);
}
