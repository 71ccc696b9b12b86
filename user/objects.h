/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * objects.h - the policy's own maps and programs, which a light skeleton loads.
 *
 * The skeleton is compiled in, unsigned: that is enough while no policy is in force.
 * A signed one may stand in OBJECTS_DIR, in a file for each kind of signature that
 * kernels know (enum lskel_coverage). It stands apart from the program so that whoever
 * trusts his own signer only can sign what somebody else has built, with bpfseal sign.
 * It is taken if one of the policy's signers made it, and if it holds the very metadata
 * that is compiled in, which is all there is to the maps and programs.
 *
 * The functions print what is wrong.
 */
#ifndef BPFSEAL_OBJECTS_H
#define BPFSEAL_OBJECTS_H

#include "compile.h"
#include "lskel_load.h"
#include "probe.h"

#ifndef OBJECTS_DIR
#define OBJECTS_DIR "/usr/local/lib/bpfseal"
#endif

struct objects;

/**
 * objects_load - load all of the policy's maps and programs
 * @proof: what a signature proves here
 * @signers: the policy's, with their keyrings
 * @n: how many
 * @out: set on success; objects_close()
 *
 * They are loaded signed if one of the signers has signed them for this kernel.
 *
 * Return: 0 or a negative errno
 */
int objects_load(const struct proof *proof, const struct compile_signer *signers, unsigned int n,
		 struct objects **out);

/**
 * objects_load_lister - load the inventory, and what gives it a policy, and no hook
 * @out: set on success; objects_close()
 *
 * Prints nothing. Return: 0 or a negative errno
 */
int objects_load_lister(struct objects **out);

/**
 * objects_prog - descriptor of a program
 * @name: its name
 *
 * Return: the descriptor, which stays @o's, or -ENOENT
 */
int objects_prog(const struct objects *o, const char *name);

/** objects_map - descriptor of a map, as objects_prog() */
int objects_map(const struct objects *o, const char *name);

/** objects_close - close all descriptors; what is pinned or attached stays */
void objects_close(struct objects *o);

/**
 * objects_kind - the kind of signature that a kernel wants
 * @proof: what a signature proves here
 *
 * Return: LSKEL_COVERS_NOTHING if it takes none
 */
enum lskel_coverage objects_kind(const struct proof *proof);

/* Shared with objects_signed.c. */

/**
 * objects_find_signed - look for a signed skeleton that a signer of the policy's made
 * @own: what is compiled in
 * @proof, @signers, @n: as for objects_load()
 * @skel: set on success; lskel_free()
 * @by: set on success
 *
 * Return: 0, or -ENOENT: there is none that will do. It says why if there is one at all
 */
int objects_find_signed(const struct lskel *own, const struct proof *proof,
			const struct compile_signer *signers, unsigned int n, struct lskel *skel,
			struct lskel_signed *by);

#endif
