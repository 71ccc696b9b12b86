/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decoy.h - the policy's programs, maps and links, and for the controls others that stand
 * for them.
 */
#ifndef DECOY_H
#define DECOY_H

#include <stdbool.h>
#include <stdint.h>

/**
 * enum decoy_kind - of an object
 *
 * A decoy map is a hash, a decoy array can be mapped, a decoy program is attached to the
 * root cgroup as the policy's are, a decoy link is that of a program at a kernel function.
 */
enum decoy_kind { DECOY_PROG, DECOY_MAP, DECOY_LINK, DECOY_ARRAY };

/**
 * decoy_note - remember what there is of the policy, by names and ids
 *
 * Before it is sealed anybody can find that out.
 *
 * Return: 0 or a negative errno
 */
int decoy_note(void);

/** decoy_make - in a control: one of that kind; 0 or attack_broken() */
int decoy_make(enum decoy_kind kind);

/** decoy_remove - detach what decoy_make() has attached */
void decoy_remove(void);

/** decoy_id - its id: of the policy's object, or of the decoy; 0 if there is none */
uint32_t decoy_id(enum decoy_kind kind, const char *name);

/** decoy_is_own - is this id one of the policy's, which it is to keep for itself? */
bool decoy_is_own(enum decoy_kind kind, uint32_t id);

/*
 * decoy_by_* - a descriptor of it: by its id, the same to read only, by trying all ids
 * there are, or all that an iterator of the signer's tells
 *
 * Return: a descriptor or a negative errno
 */
int decoy_by_id(enum decoy_kind kind, const char *name);
int decoy_by_id_to_read(enum decoy_kind kind, const char *name);
int decoy_by_walk(enum decoy_kind kind, const char *name);
int decoy_by_iterator(enum decoy_kind kind, const char *name);

/** decoy_prog_at - a program like the decoy, for a hook of cgroups; a descriptor or an errno */
int decoy_prog_at(const char *hook);

/** decoy_cgroup - BPF_PROG_ATTACH, BPF_PROG_DETACH to and from the root cgroup */
int decoy_cgroup(int command, int root, int prog, int replaced);

#endif
