/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * install.h - put a policy into the kernel, take it out, change its mode.
 *
 * All functions print what is wrong and what to do about it.
 */
#ifndef BPFSEAL_INSTALL_H
#define BPFSEAL_INSTALL_H

#include <stdbool.h>

#include "objects.h"
#include "policy.h"
#include "prepare.h"
#include "source.h"

/**
 * install_policy - install a policy, for install_alone()
 * @src: the policy, as it was read
 * @doc: set on success to the policy; policy_free()
 *
 * It has to be admitted (authority.h). The last step that changes what is denied is
 * one map update; until then the hooks deny nothing, and a crash leaves an
 * unfinished installation, which the next install replaces. A policy that works is
 * stored for the next boot.
 *
 * Return: 0 or a negative errno: -EEXIST (one is installed), -EOPNOTSUPP (the
 * kernel can't do what the policy requires) and others
 */
int install_policy(const struct policy_source *src, struct policy_doc **doc);

/**
 * install_reload - put another policy in the place of the one in force (reload.c), for
 * install_alone()
 * @src: the policy, as it was read
 * @doc: set on success to the policy; policy_free()
 *
 * It has to be admitted, too. In one step: a load is judged by the one or the other.
 * Whatever fails before it leaves the policy in force as it is.
 *
 * Return: 0 or a negative errno: -ENOENT (none is installed) and others
 */
int install_reload(const struct policy_source *src, struct policy_doc **doc);

typedef int (*install_fn)(const struct policy_source *src, struct policy_doc **doc);

/**
 * install_alone - while no other bpfseal changes the installation
 * @install: install_policy(), install_reload() or upgrade_policy()
 * @src: the policy, as it was read
 * @doc: set on success to the policy; policy_free()
 *
 * Return: 0, -EPERM (no root), -EBUSY (another bpfseal is at it) or the error of @install
 */
int install_alone(install_fn install, const struct policy_source *src, struct policy_doc **doc);

/**
 * install_programs - load the policy's programs, pin and attach them in pins_dir()
 * @prepared: the policy they are for, which isn't in force yet
 * @out: set on success; objects_close()
 *
 * Return: 0 or a negative errno, after which nothing is left of them
 */
int install_programs(const struct prepared *prepared, struct objects **out);

/**
 * install_mode - change the mode of the policy in force
 * @mode: the new mode
 *
 * Return: 0 or a negative errno
 */
int install_mode(enum policy_mode mode);

/**
 * install_remove - remove the policy, or what is left of an installation
 * @keep_stored: leave the copy that boot restores, which goes as well otherwise
 *
 * The policy becomes permissive first, so that a crash leaves nothing that
 * denies by halves.
 *
 * Return: 0, -ENOENT (nothing is installed or stored) or a negative errno
 */
int install_remove(bool keep_stored);

#endif
