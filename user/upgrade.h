/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * upgrade.h - puts this bpfseal's programs in the place of those in the kernel, while
 * both decide: see bpf/upgrade.bpf.c.
 *
 * The functions print what is wrong.
 */
#ifndef BPFSEAL_UPGRADE_H
#define BPFSEAL_UPGRADE_H

#include "control_layout.h"
#include "policy.h"
#include "prepare.h"
#include "source.h"

/**
 * upgrade_policy - load this bpfseal's programs with a policy, and remove those before, for
 * install_alone()
 * @src: the policy, as it was read
 * @doc: set on success to the policy; policy_free()
 *
 * The policy has to be admitted (authority.h). What is loaded meanwhile has to be allowed
 * by both. Programs of another version of bpfseal are replaced as well. A sealed policy
 * makes room only for programs and a policy that its authority has signed.
 *
 * Return: 0 or a negative errno: -ENOENT (no policy is installed) and others. Up to the
 * last step an error leaves everything as it was
 */
int upgrade_policy(const struct policy_source *src, struct policy_doc **doc);

/**
 * upgrade_told - what the policy in force hands on, whichever version's programs have it
 * @out: set on success
 *
 * Return: 0, -ENOENT (there is none) or another negative errno
 */
int upgrade_told(struct bpfseal_handover *out);

/** upgrade_clear - remove what an upgrade that was cut short has left; 0 or a negative errno */
int upgrade_clear(void);

#endif
