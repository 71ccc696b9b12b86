/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy.h - the policy file: who may load BPF, and what happens to the rest.
 */
#ifndef BPFSEAL_POLICY_H
#define BPFSEAL_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICY_FILE_MAX		(16 * 1024 * 1024)
#define POLICY_SIGNERS_MAX	64
#define POLICY_NAME_MAX		31
#define POLICY_RULES_MAX	1024
#define POLICY_SETS_MAX		256
#define POLICY_DIGESTS_MAX	131072	/* in all sets and rules together */
#define POLICY_INCLUDE_MAX	16
#define POLICY_LIST_MAX		1024	/* entries of a list in a rule */
#define POLICY_COMMENT_MAX	200
#define POLICY_PATH_MAX		127	/* of an executable: BPFSEAL_EXE_LEN */
#define POLICY_CGROUP_MAX	512
#define POLICY_SIGNER_NONE	"none"	/* in a rule: no trusted signer */

enum policy_mode {
	POLICY_PERMISSIVE,	/* report what would be denied */
	POLICY_ENFORCING,	/* deny it */
	POLICY_SEALED,		/* and let nobody change that until reboot */
};

enum policy_require {
	POLICY_REQUIRE_METADATA,	/* signature covers loader and metadata */
	POLICY_REQUIRE_SIGNED,		/* any good signature of a signer */
};

/* The keyring a signer's key is taken from. */
enum policy_keyring {
	POLICY_KEYRING_OWN,	/* made by bpfseal from the certificate */
	POLICY_KEYRING_BUILTIN,
	POLICY_KEYRING_SECONDARY,
	POLICY_KEYRING_PLATFORM,
};

struct policy_signer {
	char *name;
	char *certificate;	/* path to open; NULL unless KEYRING_OWN */
	bool has_fingerprint;
	uint8_t fingerprint[32]; /* that the certificate has to have: SHA-256 */
	enum policy_keyring keyring;
	uint64_t types;		/* bit N: may load programs of type N directly */
	uint64_t attach_types[2]; /* bit N of 128: with this attach type, beside the type's default */
	int64_t from, until;	/* seconds since 1970: trusted from, and before; 0: no limit */
	size_t line, column;	/* where its name stands in the file */
};

struct policy_sha256 {
	uint8_t bytes[32];
};

/* Digests under one name. */
struct policy_set {
	char *name;
	struct policy_sha256 *digests;
	size_t n_digests;
	size_t line, column;	/* where its name stands, or its preset is included */
};

/* Digests that a rule names: some by themselves, some by sets. */
struct policy_digests {
	struct policy_sha256 *list;
	size_t n;
	unsigned int *sets;	/* indices into policy_doc.sets */
	size_t n_sets;
};

/* The conditions of a rule; all that are given have to hold. */
enum policy_condition {
	POLICY_IF_SIGNER = 1 << 0,
	POLICY_IF_LEVEL = 1 << 1,
	POLICY_IF_TYPE = 1 << 2,
	POLICY_IF_ATTACH_TYPE = 1 << 3,
	POLICY_IF_DIGEST = 1 << 4,
	POLICY_IF_EXE_DIGEST = 1 << 5,
	POLICY_IF_EXE_PATH = 1 << 6,
	POLICY_IF_UID = 1 << 7,
	POLICY_IF_CGROUP = 1 << 8,
	POLICY_IF_USER_NS = 1 << 9,
	POLICY_IF_MOUNT_NS = 1 << 10,
	POLICY_IF_NET_NS = 1 << 11,
	POLICY_IF_TOKEN = 1 << 12,
	POLICY_IF_NESTED = 1 << 13,
};

/**
 * struct policy_rule - one rule; of each list one entry has to match
 * @conditions: enum policy_condition: which of the members after it are given
 * @expires: seconds since 1970 from which on it no longer matches; 0: never
 * @signers: bit N: signer N of the document
 * @unsigned_too: the list of signers has "none": no trusted signer
 * @levels: bit N: enum bpfseal_level N
 * @host_user_ns: the loading task's user namespace is the host's, or is not;
 *	likewise the other two
 */
struct policy_rule {
	char *id;
	char *comment, *ticket;	/* NULL if not given */
	bool allow;
	int64_t expires;
	uint32_t conditions;
	uint64_t signers;
	bool unsigned_too;
	uint8_t levels;
	uint64_t types;
	uint64_t attach_types[2];
	struct policy_digests digests, exe_digests;
	char **exe_paths;
	size_t n_exe_paths;
	uint32_t *uids;
	size_t n_uids;
	char **cgroups;		/* as in /proc/PID/cgroup: "/" or "/a/b" */
	size_t n_cgroups;
	bool host_user_ns, host_mount_ns, host_net_ns;
	bool token, nested;
	size_t line, column;	/* where its id stands, or its preset is included */
};

struct policy_doc {
	char *name;		/* NULL if not given */
	uint32_t version;	/* 0 if not given */
	uint8_t authority[32];	/* set by authority_admit(); zero: none */
	enum policy_mode mode;
	enum policy_require require;
	bool default_allow;	/* what no rule and no signature decides; permissive only */
	size_t default_line, default_column; /* where it stands; 0 if not given */
	struct policy_signer *signers;
	unsigned int n_signers;	/* 1..POLICY_SIGNERS_MAX */
	struct policy_set *sets;
	unsigned int n_sets;
	struct policy_rule *rules; /* those of included presets come last */
	unsigned int n_rules;
};

/**
 * policy_load - read and check a policy file
 * @path: the file, at most POLICY_FILE_MAX bytes
 * @out: set on success; free with policy_free()
 *
 * Prints one line, FILE:LINE:COLUMN: what is wrong, the value, and what is
 * expected. Certificates are not opened; their paths are made relative to the
 * policy file's directory.
 *
 * Return: 0, -EINVAL (the policy is wrong), -EFBIG, -ENOMEM or the errno of
 * reading the file
 */
int policy_load(const char *path, struct policy_doc **out);

/**
 * policy_parse - like policy_load(), for text in memory
 * @text: the text, need not end in NUL
 * @len: its length
 * @path: what to call it in messages; certificates are relative to its directory
 * @out: set on success
 */
int policy_parse(const char *text, size_t len, const char *path,
		 struct policy_doc **out);

/**
 * policy_free - free what policy_load() made
 * @doc: the policy, or NULL
 */
void policy_free(struct policy_doc *doc);

/**
 * policy_mode_name, policy_require_name, policy_keyring_name - spelling in the file
 */
const char *policy_mode_name(enum policy_mode mode);
const char *policy_require_name(enum policy_require require);
const char *policy_keyring_name(enum policy_keyring keyring);

#endif
