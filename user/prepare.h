/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prepare.h - everything a policy needs before it can be put into force, and the
 * proof afterwards that it is: shared by install, reload and mode.
 *
 * All functions print what is wrong and what to do about it.
 */
#ifndef BPFSEAL_PREPARE_H
#define BPFSEAL_PREPARE_H

#include "compile.h"
#include "rules.h"
#include "source.h"
#include "store.h"

/**
 * struct prepared - a policy on its way into the kernel
 * @signers: certificates and keyrings of its signers
 * @probe: what the kernel proves
 * @table: what goes into the map
 * @keys: what its rules look up
 * @store: its copy for the next boot, not in its place yet; NULL for the copy itself
 */
struct prepared {
	struct compile_signer *signers;
	unsigned int n_signers;
	struct probe probe;
	struct bpfseal_table *table;
	struct rules_keys keys;
	struct store_change *store;
};

/**
 * prepare_certificates - read and judge every signer's certificate
 * @doc: the policy
 * @src: the same, as it was read
 * @out: signers are set; prepare_free() also after a failure
 *
 * Return: 0 or a negative errno
 */
int prepare_certificates(const struct policy_doc *doc, const struct policy_source *src,
			 struct prepared *out);

/**
 * prepare_running - read the policy in force
 * @running: set on success; free()
 *
 * Return: 0, -ENOENT (there is none; not printed) or a negative errno
 */
int prepare_running(struct bpfseal_policy **running);

/**
 * prepare_policy - look at the kernel, make keyrings, lay the policy out
 * @doc: the policy
 * @src: the same, as it was read
 * @running: the policy in force, or NULL; signers that haven't changed keep the
 *	keyrings they have in it
 * @p: with certificates; the rest is set
 *
 * Return: 0, -EOPNOTSUPP (the kernel can't prove what the policy requires) or
 * another negative errno
 */
int prepare_policy(const struct policy_doc *doc, const struct policy_source *src,
		   const struct bpfseal_policy *running, struct prepared *p);

/** prepare_free - free what the others made; keyrings stay until reboot */
void prepare_free(struct prepared *p);

/**
 * prepare_confirm - does the policy in force do what its mode says?
 * @mode: the mode
 *
 * Return: 0, -EIO (it doesn't) or a negative errno
 */
int prepare_confirm(enum policy_mode mode);

#endif
