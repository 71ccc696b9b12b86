/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy.h - the policy file: who may load BPF, and what happens to the rest.
 */
#ifndef BPFSEAL_POLICY_H
#define BPFSEAL_POLICY_H

#include <stddef.h>
#include <stdint.h>

#define POLICY_FILE_MAX		(1024 * 1024)
#define POLICY_SIGNERS_MAX	64
#define POLICY_NAME_MAX		31

enum policy_mode {
	POLICY_PERMISSIVE,	/* report what would be denied */
	POLICY_ENFORCING,	/* deny it */
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
	enum policy_keyring keyring;
	uint64_t types;		/* bit N: may load programs of type N directly */
	size_t line, column;	/* where its name stands in the file */
};

struct policy_doc {
	char *name;		/* NULL if not given */
	uint32_t version;	/* 0 if not given */
	enum policy_mode mode;
	enum policy_require require;
	struct policy_signer *signers;
	unsigned int n_signers;	/* 1..POLICY_SIGNERS_MAX */
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
