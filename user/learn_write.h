/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * learn_write.h - a learned policy as text.
 */
#ifndef BPFSEAL_LEARN_WRITE_H
#define BPFSEAL_LEARN_WRITE_H

#include <stdio.h>

#include "learn_read.h"
#include "learn_rule.h"

/**
 * learn_write - write a policy
 * @f: where to; the caller looks at ferror()
 * @in: what was seen
 * @plan: the rules
 * @base: whose head and signers to take over, certificates by absolute path; or NULL
 */
void learn_write(FILE *f, const struct learn_input *in, const struct learn_plan *plan,
		 const struct policy_doc *base);

#endif
