/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe.h - what this kernel can do for the policy, found out by trying.
 *
 * Never by a version number: the same enum value means "instructions verified"
 * in one kernel and "instructions and metadata verified" in the next.
 */
#ifndef BPFSEAL_PROBE_H
#define BPFSEAL_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/types.h>
#include "bpfseal.h"

/* Not knowing is the default, and never counts as yes. */
#define PROBE_LOCKDOWN_LEN 32

enum probe_answer {
	PROBE_UNKNOWN = 0,
	PROBE_NO,
	PROBE_YES,
};

/**
 * enum probe_load - the programs that are tried, in this order
 *
 * The first two have no map. Those up to PROBE_LOAD_UNFROZEN bind a map and
 * differ from PROBE_LOAD_METADATA, which must be accepted, in one thing each, for
 * which they must be refused. The rest is tried where the kernel has the kfunc
 * bpf_loader_verify_metadata(): two loads with BTF, and what the kfunc returns to
 * loaders that run.
 */
enum probe_load {
	PROBE_LOAD_SIGNED,	/* a good signature */
	PROBE_LOAD_FLIPPED,	/* one byte of the signature changed */
	PROBE_LOAD_METADATA,	/* signature over instructions and map */
	PROBE_LOAD_INSNS_ONLY,	/* signature over the instructions only */
	PROBE_LOAD_ALTERED,	/* one byte of the map changed after signing */
	PROBE_LOAD_SHARED,	/* the map isn't exclusive to the program */
	PROBE_LOAD_UNFROZEN,	/* the map isn't frozen */
	PROBE_LOAD_BTF,		/* signature over instructions and the program's BTF */
	PROBE_LOAD_BTF_UNSIGNED, /* signature over the instructions only */
	PROBE_RUN_PROMOTED,	/* a loader has its metadata verified */
	PROBE_RUN_AGAIN,	/* and once more */
	PROBE_RUN_ALTERED,	/* its metadata isn't what it expects */
	PROBE_RUN_UNFROZEN,	/* or not frozen */
	PROBE_RUN_UNSIGNED,	/* or the loader isn't signed */
	PROBE_LOADS,
};

/**
 * struct probe_result - what became of one load or run
 * @tried: it came to that; otherwise @err is why it didn't
 * @err: 0 if it was accepted, else a negative errno
 */
struct probe_result {
	bool tried;
	int err;
};

/** enum probe_tier - what a signature is worth here, weakest first */
enum probe_tier {
	PROBE_TIER_NONE,	/* loads take no signature, or we could not tell */
	PROBE_TIER_ATTRIBUTE,	/* checked, but the verdict can't be seen */
	PROBE_TIER_INSTRUCTIONS,
	PROBE_TIER_RUNTIME,	/* the loader has its metadata verified as it runs */
	PROBE_TIER_LOAD_TIME,	/* the kernel verifies metadata at load */
};

#define PROBE_HOOKS 12

/** struct probe_hook - a function the policy attaches to, on some kernels or on all */
struct probe_hook {
	const char *name;
	enum probe_answer present;
};

/**
 * struct proof - what a verified signature proves on a kernel
 * @level: at the load
 * @signs_btf: it covers the BTF a program is loaded with
 * @promotes: the kernel can verify a loader's metadata as it runs, and then says so
 *	in its verdict: the loader's level is BPFSEAL_LEVEL_METADATA from then on
 */
struct proof {
	enum bpfseal_level level;
	bool signs_btf;
	bool promotes;
};

/**
 * struct probe - all answers
 * @capable: this process has CAP_BPF or CAP_SYS_ADMIN
 * @installed: a policy is installed. No program was tried then, it would be
 *	judged by that policy: @proof is the installed policy's
 * @enforcing: and it denies
 * @btf: the kernel has type information
 * @lsm_built: the kernel has BPF LSM hooks
 * @lsm_active: "bpf" is among the LSMs in use
 * @lsm_list: those LSMs, joined by commas; empty if not known
 * @hooks: functions the policy attaches to
 * @verdict_visible: a program's signature verdict can be read (prog->aux->sig)
 * @runtime_kfunc: the kernel has the kfunc bpf_loader_verify_metadata()
 * @ima: the kernel can compute the SHA-256 of an executable
 * @verity: it tells the fs-verity digest of one
 * @key_type: "EC P-256" or "RSA 2048", what was signed with; NULL if nothing
 * @loads: what became of each load
 * @proof: what BPF_SIG_VERIFIED proves here
 * @tier: the same in more steps, for people
 * @lockdown: "none", "integrity", "confidentiality"; empty if not known
 * @unprivileged_bpf: may users without capabilities load BPF?
 */
struct probe {
	bool capable;
	bool installed;
	bool enforcing;
	enum probe_answer btf;
	enum probe_answer lsm_built;
	enum probe_answer lsm_active;
	char lsm_list[256];
	struct probe_hook hooks[PROBE_HOOKS];
	enum probe_answer verdict_visible;
	enum probe_answer runtime_kfunc;
	enum probe_answer ima;
	enum probe_answer verity;
	const char *key_type;
	struct probe_result loads[PROBE_LOADS];
	struct proof proof;
	enum probe_tier tier;
	char lockdown[PROBE_LOCKDOWN_LEN];
	enum probe_answer unprivileged_bpf;
};

/**
 * probe_kernel - find out what the kernel can do
 * @out: filled on success
 *
 * Leaves nothing behind: key, keyring, maps and programs are gone on return. (The
 * calling thread may keep an empty thread keyring, which goes when it ends.)
 * Prints nothing. What can't be told stays PROBE_UNKNOWN, and the level is then
 * the weaker one.
 *
 * Return: 0 or -ENOMEM
 */
int probe_kernel(struct probe *out);

/**
 * probe_require - can a policy that requires this level work here?
 * @probe: the answers
 * @need: the level
 *
 * Prints what is missing and what to do, and warns of what weakens the policy
 * but doesn't stop it (no lockdown).
 *
 * Return: 0, -EPERM (this process may not load BPF) or -EOPNOTSUPP
 */
int probe_require(const struct probe *probe, enum bpfseal_level need);

/** probe_tier_name - e.g. "load-time metadata" */
const char *probe_tier_name(enum probe_tier tier);

/** probe_load_name - stable name, as in --json */
const char *probe_load_name(enum probe_load load);

/** probe_lockdown - how far the kernel is locked down; empty if that isn't known */
void probe_lockdown(char state[PROBE_LOCKDOWN_LEN]);

#endif
