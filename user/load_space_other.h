/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load_space_other.h - values that no rule names.
 */
#ifndef BPFSEAL_LOAD_SPACE_OTHER_H
#define BPFSEAL_LOAD_SPACE_OTHER_H

#include "load_space.h"

/** space_other_uid - a user's that no rule names; 1000 if that is one */
__u32 space_other_uid(const struct space *s);

/**
 * space_other_executable - an executable's digest that no rule names
 * @s: the space
 * @digest: set; all zero, unless a rule names even that
 */
void space_other_executable(const struct space *s, uint8_t digest[BPFSEAL_DIGEST_LEN]);

#endif
