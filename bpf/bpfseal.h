/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What the kernel side and the controller share: the policy as it stands in a
 * map, the event record, the counters and the inventory record.
 *
 * Every struct here crosses the border between BPF and userspace. Its layout
 * is fixed, has no implicit padding and is asserted below.
 */
#ifndef BPFSEAL_H
#define BPFSEAL_H

#ifndef __VMLINUX_H__	/* which has these types already */
#include <linux/types.h>
#endif

#define BPFSEAL_ASSERT_SIZE(type, size) \
	_Static_assert(sizeof(type) == (size), #type " has a fixed layout")

#define BPFSEAL_ABI		7
#define BPFSEAL_NAME_LEN	16	/* BPF_OBJ_NAME_LEN, TASK_COMM_LEN */
#define BPFSEAL_DIGEST_LEN	32	/* SHA-256 */
#define BPFSEAL_EXE_LEN		128
#define BPFSEAL_SIGNERS_MAX	64
#define BPFSEAL_SIGNER_NAME_LEN	32
#define BPFSEAL_RULE_ID_LEN	32
#define BPFSEAL_SLOT_BITS	9
#define BPFSEAL_SLOTS		(1U << BPFSEAL_SLOT_BITS)
#define BPFSEAL_BANKS		3
#define BPFSEAL_EVENTS		4096	/* so many are kept; a power of two */

/** enum bpfseal_mode - what a denial does; any other value enforces */
enum bpfseal_mode {
	BPFSEAL_PERMISSIVE = 1,	/* log what would be denied, deny nothing */
	BPFSEAL_ENFORCING = 2,
	BPFSEAL_SEALED = 3,	/* enforcing, and nobody takes that away until reboot */
};

/** enum bpfseal_level - assurance level of a load, weakest first */
enum bpfseal_level {
	BPFSEAL_LEVEL_UNSIGNED = 0,
	BPFSEAL_LEVEL_SIGNED = 1,	/* instructions verified */
	BPFSEAL_LEVEL_METADATA = 2,	/* and everything the loader installs */
};

enum bpfseal_decision {
	BPFSEAL_ALLOW = 1,
	BPFSEAL_WOULD_DENY = 2,	/* permissive mode let it through */
	BPFSEAL_DENY = 3,
	BPFSEAL_REJECTED = 4,	/* the kernel refused it before the policy */
};

enum bpfseal_hook {
	BPFSEAL_HOOK_PROG_LOAD = 1,	/* lsm/bpf_prog_load */
	BPFSEAL_HOOK_PROG_FD = 2,	/* lsm/bpf_prog, first fd */
	BPFSEAL_HOOK_MAP_CREATE = 3,	/* lsm/bpf_map_create */
	BPFSEAL_HOOK_PROG_CHECK = 4,	/* fexit/bpf_check */
	BPFSEAL_HOOK_MAP_FD = 5,	/* lsm/bpf_map */
	BPFSEAL_HOOK_MOUNT = 6,		/* lsm/sb_umount and its like */
	BPFSEAL_HOOK_SYSCTL = 7,	/* cgroup/sysctl */
	BPFSEAL_HOOK_CONTROL = 8,	/* the policy's own program "control" */
};

/**
 * enum bpfseal_reason - why a load was decided as it was
 *
 * The numbers are part of the event format: append, never renumber. The plain
 * sentences for people stand in user/reason.c.
 */
enum bpfseal_reason {
	BPFSEAL_R_NONE = 0,
	/* allowed */
	BPFSEAL_R_SIGNER = 1,		/* a trusted signer's direct load */
	BPFSEAL_R_NESTED = 2,		/* made by an admitted loader */
	/* denied: direct loads */
	BPFSEAL_R_UNSIGNED = 3,
	BPFSEAL_R_FEATURE_PROBE = 4,	/* unsigned, and a libbpf probe */
	BPFSEAL_R_UNTRUSTED_KEYRING = 5,
	BPFSEAL_R_UNCOVERED = 6,	/* see bpfseal_attribute */
	BPFSEAL_R_LEVEL = 7,		/* signed, but below "require" */
	/* denied: nested commands (kernel == true) */
	BPFSEAL_R_NO_LOADER = 8,	/* no loader runs in this task */
	BPFSEAL_R_LOADER_NOT_ADMITTED = 9,
	BPFSEAL_R_LOADER_RERUN = 10,	/* second or concurrent run */
	BPFSEAL_R_LOADER_GONE = 11,	/* its code is not on the stack */
	BPFSEAL_R_LOADER_DISTRUSTED = 12, /* policy changed since its load */
	BPFSEAL_R_FOREIGN_MAP = 13,	/* uses a map its loader didn't make */
	BPFSEAL_R_KERNEL_OWN = 14,	/* kern_sys_bpf(), no loader */
	/* denied: can't be decided */
	BPFSEAL_R_NO_POLICY = 15,	/* armed, but the policy is missing */
	BPFSEAL_R_STATE_FULL = 16,	/* the bookkeeping has no room */
	/* rejected by the kernel before the policy was asked */
	BPFSEAL_R_BAD_SIGNATURE = 17,
	BPFSEAL_R_NO_KEY = 18,		/* no key in the keyring matches */
	BPFSEAL_R_NO_KEYRING = 19,	/* keyring_id names nothing */
	BPFSEAL_R_BAD_METADATA = 20,	/* map not exclusive, frozen, array */
	BPFSEAL_R_MALFORMED = 21,	/* not a PKCS#7 signature */
	BPFSEAL_R_KERNEL_REJECTED = 22,	/* another errno */
	/* denied: nested commands, continued */
	BPFSEAL_R_FOREIGN_BTF = 23,	/* uses BTF its loader didn't load */
	/* not admitted (inventory only): nobody looked at what it was loaded with */
	BPFSEAL_R_BEFORE_POLICY = 24,
	/* rejected by the kernel, continued */
	BPFSEAL_R_KEY_ENDED = 25,	/* key or keyring expired or revoked */
	/* denied: nested commands, continued */
	BPFSEAL_R_LOADER_UNVERIFIED = 26, /* its metadata isn't verified (yet) */
	/* by the policy's rules */
	BPFSEAL_R_RULE_ALLOWS = 27,
	BPFSEAL_R_RULE_DENIES = 28,
	BPFSEAL_R_DEFAULT_ALLOWS = 29,	/* nothing decides it, and "default" is allow */
	/* denied: a load that rules decide at its first fd */
	BPFSEAL_R_POLICY_CHANGED = 30,	/* its policy has been replaced twice since */
	BPFSEAL_R_UNDECIDED = 31,	/* another task asks for it before that */
	BPFSEAL_R_LOADER_BY_RULE = 32,	/* nested: a rule let its loader in, not this */
	/* denied: nested commands, continued */
	BPFSEAL_R_CHANGED_MAP = 33,	/* a map isn't, or may not be, what its loader wrote */
	BPFSEAL_R_SWAPPED_FD = 34,	/* others changed its loader's fds, or may have */
	/* denied: it would take the policy away */
	BPFSEAL_R_SEALED = 35,
	/* no decision on a load: a policy is permissive since the machine was booted for it */
	BPFSEAL_R_RECOVERY = 36,
	/* nor these: other programs of the policy's have taken the place of those before */
	BPFSEAL_R_UPGRADED = 37,
	BPFSEAL_R_MAX,
};

/** enum bpfseal_attribute - what a signature does not cover */
enum bpfseal_attribute {
	BPFSEAL_A_NONE = 0,
	BPFSEAL_A_CORE_RELOS = 1,
	BPFSEAL_A_PROG_BTF = 2,		/* prog_btf_fd, func_info, line_info */
	BPFSEAL_A_PROG_TYPE = 3,	/* not one this signer may load */
	BPFSEAL_A_ATTACH_TYPE = 4,	/* expected_attach_type */
	BPFSEAL_A_ATTACH_TARGET = 5,	/* attach_btf_id, attach_prog_fd */
	BPFSEAL_A_PROG_FLAGS = 6,
	BPFSEAL_A_IFINDEX = 7,		/* bound to or offloaded on a device */
	BPFSEAL_A_MAX,
};

/** enum bpfseal_system_keyring - slots of bpfseal_policy.system[] */
enum bpfseal_system_keyring {
	BPFSEAL_BUILTIN = 0,
	BPFSEAL_SECONDARY = 1,
	BPFSEAL_PLATFORM = 2,
	BPFSEAL_SYSTEM_KEYRINGS = 3,
};

/** enum bpfseal_keyring - event.keyring_type: fixed whatever the kernel's numbers */
enum bpfseal_keyring {
	BPFSEAL_KEYRING_NONE = 0,
	BPFSEAL_KEYRING_BUILTIN = 1,
	BPFSEAL_KEYRING_SECONDARY = 2,
	BPFSEAL_KEYRING_PLATFORM = 3,
	BPFSEAL_KEYRING_USER = 4,
	BPFSEAL_KEYRING_OTHER = 5,
};

/** enum bpfseal_measure - where an executable's digest comes from */
enum bpfseal_measure {
	BPFSEAL_MEASURED_NONE = 0,	/* not asked for, or nobody could tell */
	BPFSEAL_MEASURED_VERITY = 1,	/* fs-verity: over blocks of the file */
	BPFSEAL_MEASURED_IMA = 2,	/* IMA: SHA-256 of the whole file */
	BPFSEAL_MEASURED_MAX,
};

/**
 * struct bpfseal_signer - one trusted keyring
 * @serial: key serial of the signer's keyring; 0 marks an empty slot
 * @id: index into bpfseal_policy.names, plus one
 * @types: bit N set: may load program type N directly
 * @attach_types: bit N of 128: with this attach type, beside the type's default
 * @from: trusted from then on, UTC in ns; 0: no limit
 * @until: and before this; 0: no limit
 */
struct bpfseal_signer {
	__s32 serial;
	__u32 id;
	__u64 types;
	__u64 attach_types[2];
	__u64 from;
	__u64 until;
};

/**
 * struct bpfseal_policy - the head of a policy, switched as a whole
 *
 * First what is this host's. A sealed policy hands it on to the next.
 *
 * @abi: BPFSEAL_ABI; anything else can't be judged by, so all is denied
 * @mode: enum bpfseal_mode
 * @require_loader: the level a loader needs at its own load; less than @require
 *	where it is promoted only as it runs
 * @verified_level: what this kernel's BPF_SIG_VERIFIED proves, found by probe
 * @promotes: 1: it can promote a loader to BPF_SIG_METADATA_VERIFIED
 * @signs_btf: 1: a signature covers the BTF a program is loaded with
 * @multiplier: hashes a serial to its slot; chosen so that no two collide
 * @tai_utc: CLOCK_TAI less UTC, in ns
 * @utc_offset: UTC less CLOCK_BOOTTIME when the policy was compiled, in ns: tells
 *	when the clock has been set since
 * @generation: counts the policies in force since the programs were loaded
 * @authority: SHA-256 of the certificate that admitted it; zero: none. Only the
 *	controller asks, when another policy is to follow
 * @serials: of the keyring of each of @signers, 0 if it has none
 * @slots: each of @signers with its keyring, at its hash
 *
 * Then what the policy says, wherever it is put into force:
 *
 * @require: enum bpfseal_level a load must reach
 * @n_signers: entries of @signers and @names in use
 * @default_allow: 1: what nothing decides is allowed; in permissive mode only
 * @version: the policy's
 * @digest: SHA-256 over the canonical policy, its identity
 * @system: builtin, secondary and platform keyring (serial unused)
 * @signers: those with keyrings of their own (serial unused), others zero
 * @fingerprints: SHA-256 of their certificates
 * @names: the signers' names, for reports
 */
struct bpfseal_policy {
	__u32 abi;
	__u32 mode;
	__u32 require_loader;
	__u32 verified_level;
	__u16 promotes;
	__u16 signs_btf;
	__u32 multiplier;
	__s64 tai_utc;
	__s64 utc_offset;
	__u64 generation;
	__u8 authority[BPFSEAL_DIGEST_LEN];
	__s32 serials[BPFSEAL_SIGNERS_MAX];
	struct bpfseal_signer slots[BPFSEAL_SLOTS];

	__u32 require;
	__u32 n_signers;
	__u32 default_allow;
	__u32 version;
	__u8 digest[BPFSEAL_DIGEST_LEN];
	struct bpfseal_signer system[BPFSEAL_SYSTEM_KEYRINGS];
	struct bpfseal_signer signers[BPFSEAL_SIGNERS_MAX];
	__u8 fingerprints[BPFSEAL_SIGNERS_MAX][BPFSEAL_DIGEST_LEN];
	char names[BPFSEAL_SIGNERS_MAX][BPFSEAL_SIGNER_NAME_LEN];
};

/** bpfseal_slot - the only slot a keyring's serial can stand in */
static inline __u32 bpfseal_slot(__u32 multiplier, __s32 serial)
{
	return ((__u32)serial * multiplier) >> (32 - BPFSEAL_SLOT_BITS);
}

/**
 * struct bpfseal_event - one decision
 * @time_ns: CLOCK_BOOTTIME, which nobody can set; of a load, when it began
 * @seq: counts decisions from 1; with BPFSEAL_EVENT_BUSY while the record is written
 * @policy_digest: the policy's identity; zero if there is none
 * @rule: number of the rule that decided, from 1; 0 if none did
 * @rule_id: its name, zero bytes after it
 * @attribute: enum bpfseal_attribute, with BPFSEAL_R_UNCOVERED
 * @error: the errno returned (negative), 0 if allowed
 * @object_type: program type, or map type on BPFSEAL_HOOK_MAP_CREATE
 * @digest: program digest where the hook knows it, else zero
 * @loader_id: id of the loader in whose run this came, 0 for direct loads
 * @token: 1: loaded with a BPF token
 * @measured: enum bpfseal_measure; only where a rule asks for it
 * @exe_digest: the executable's digest, zero if it wasn't measured
 * @exe_path: path of the executable; only its last name, without a slash, where
 *	the path is too long or the hook can't resolve it
 *
 * Names, comm and exe_path are bytes chosen by the loading process: escape
 * them before they are shown.
 */
struct bpfseal_event {
	__u64 time_ns;
	__u64 seq;
	__u64 policy_generation;
	__u64 cgroup_id;
	__u8 decision;
	__u8 mode;
	__u8 hook;
	__u8 reason;
	__u8 attribute;
	__u8 level;
	__u8 keyring_type;
	__u8 nested;
	__u32 rule;
	__s32 error;
	__u32 object_type;
	__u32 attach_type;
	__s32 keyring_serial;
	__u32 signer;
	__u32 prog_id;
	__u32 loader_id;
	__u32 pid;
	__u32 tgid;
	__u32 ppid;
	__u32 uid;
	__u32 user_ns;
	__u32 mnt_ns;
	__u32 pid_ns;
	__u32 net_ns;
	__u64 exe_ino;
	__u32 exe_dev;
	__u32 insn_cnt;
	__u8 token;
	__u8 measured;
	__u16 pad;
	__u32 pad2;
	__u8 policy_digest[BPFSEAL_DIGEST_LEN];
	char rule_id[BPFSEAL_RULE_ID_LEN];
	__u8 digest[BPFSEAL_DIGEST_LEN];
	__u8 loader_digest[BPFSEAL_DIGEST_LEN];
	__u8 exe_digest[BPFSEAL_DIGEST_LEN];
	char name[BPFSEAL_NAME_LEN];
	char comm[BPFSEAL_NAME_LEN];
	char exe_path[BPFSEAL_EXE_LEN];
};

#define BPFSEAL_EVENT_BUSY (1ULL << 63)

/** struct bpfseal_counters - one per reason and CPU */
struct bpfseal_counters {
	__u64 allowed;
	__u64 would_deny;
	__u64 denied;
	__u64 rejected;
	__u64 lost;	/* decided, but another event was being written there */
};

#include "seal_layout.h"

/**
 * struct bpfseal_state - what the programs remember across hooks
 * @armed: CLOCK_BOOTTIME of the first decision by a policy; from then on the
 *	absence of one denies; 0 before
 * @seq: number of the last decision
 * @run: number of the last loader run
 * @running: loader runs under way; never too low, too high if an end was missed
 * @unchecked: nested programs that have had no first fd yet; never too low. The upper
 *	half tells apart those from before an upgrade
 * @measuring: loads whose executable is being measured
 * @generation: of the last policy that was put into force
 * @generations: of the policy in each bank, 0 while there is none; changed before
 *	anything else of a bank is
 * @banks: which bank has what, see bpfseal_bank(); changed by one store
 * @switching: the process that writes to a bank, 0 if none does
 * @seal: enum bpfseal_seal
 * @dev: the file system of the pins, as the kernel has it in s_dev
 * @anchor: address of that file system's struct mount, 0 until it is mounted
 * @progs, @maps: what is sealed
 * @hooks: BTF ids of the hooks of cgroups that the policy's programs are on
 * @n_hooks: how many of @hooks are in use
 * @seen: maps that the audit has come by
 * @owns: programs that use the policy's maps
 * @uses: how often they do, each program counting once for a map
 * @refs: references that these maps have
 * @recovery: 1: the machine was booted for the policy to be permissive
 * @authority: whose policies can follow a sealed one: its keyring, and when it is
 *	trusted; all zero: nobody's
 * @audit: the reading of the audit that counts; BPFSEAL_AUDIT_CLEAN: it came to its end, and
 *	has found nothing
 * @held: how much it has found that stands in the way
 * @audit_stage: of @heir, when the reading began
 * @heir: what is to take the place of a sealed policy's programs
 */
struct bpfseal_state {
	__u64 armed;
	__u64 seq;
	__u64 run;
	__u64 running;
	__u64 unchecked;
	__u64 measuring;
	__u64 generation;
	__u64 generations[BPFSEAL_BANKS];
	__u32 banks;
	__u32 switching;
	__u32 seal;
	__u32 dev;
	__u64 anchor;
	struct bpfseal_ids progs;
	struct bpfseal_ids maps;
	struct bpfseal_ids seen;
	__u64 uses;
	__u64 refs;
	__u64 audit;
	__u32 held;
	__u32 pad2;
	__u32 hooks[BPFSEAL_CGROUP_HOOKS];
	__u32 n_hooks;
	__u32 owns;
	__u32 recovery;
	__u32 pad;
	struct bpfseal_signer authority;
	__u64 audit_stage;
	struct bpfseal_heir heir;
};

/** enum bpfseal_turn - what a policy in a bank is to loads */
enum bpfseal_turn {
	BPFSEAL_IN_FORCE = 0,
	BPFSEAL_BEFORE = 1,	/* in force before that: for loads that began under it */
};

/** bpfseal_bank - the bank that has its turn, BPFSEAL_BANKS or more if none has */
static inline __u32 bpfseal_bank(__u32 banks, enum bpfseal_turn turn)
{
	return (banks >> (8 * turn) & 0xff) - 1;
}

/** struct bpfseal_program - one program, as the inventory iterator sees it */
struct bpfseal_program {
	__u64 load_time_ns;	/* CLOCK_BOOTTIME */
	__u32 id;
	__u32 type;
	__u32 attach_type;
	__u32 uid;
	__u8 level;
	__u8 keyring_type;
	__u8 reason;		/* enum bpfseal_reason the policy would give */
	__u8 admitted;		/* 1: the policy would admit it */
	__u32 own;		/* 1: one of bpfseal's own */
	__u32 pad;
	__s32 keyring_serial;
	__u32 signer;
	__u32 loader_id;
	__u8 digest[BPFSEAL_DIGEST_LEN];
	char name[BPFSEAL_NAME_LEN];
};

BPFSEAL_ASSERT_SIZE(struct bpfseal_signer, 48);
BPFSEAL_ASSERT_SIZE(struct bpfseal_policy, 80 + 64 * 4 + 48 * 512 + 48 + 48 * 3 + 64 * (48 + 32 + 32));
BPFSEAL_ASSERT_SIZE(struct bpfseal_event, 448);
_Static_assert(__builtin_offsetof(struct bpfseal_event, policy_digest) ==
	       __builtin_offsetof(struct bpfseal_event, token) + 8, "cleared as one word");
BPFSEAL_ASSERT_SIZE(struct bpfseal_counters, 40);
BPFSEAL_ASSERT_SIZE(struct bpfseal_state, 88 + 16 + 3 * 40 + 16 + 16 + 80 + 48 + 8 + 248);
BPFSEAL_ASSERT_SIZE(struct bpfseal_program, 96);

#endif /* BPFSEAL_H */
