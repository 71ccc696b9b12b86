/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * learn_yaml.h - the pieces of a learned policy as YAML, in plain ASCII.
 *
 * Whatever a text holds, it can't end its comment or its quotes.
 */
#ifndef BPFSEAL_LEARN_YAML_H
#define BPFSEAL_LEARN_YAML_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "learn_rule.h"

/** learn_put_quoted - a text in double quotes, as YAML reads it back; UTF-8 only */
void learn_put_quoted(FILE *f, const char *text);

/** learn_put_safe - a text for a comment: printable ASCII, cut if it is long */
void learn_put_safe(FILE *f, const char *text);

/** learn_put_wrapped - a fixed text as comment, in lines that begin with @indent and "# " */
void learn_put_wrapped(FILE *f, const char *indent, const char *text);

/** learn_put_types, learn_put_attach_types - a list of names for each bit */
void learn_put_types(FILE *f, uint64_t types);
void learn_put_attach_types(FILE *f, const uint64_t types[2]);

/** learn_put_time - seconds since 1970 as the policy has them */
void learn_put_time(FILE *f, int64_t time);

/** learn_put_seen - how often and when a group was seen, without quotes */
void learn_put_seen(FILE *f, const struct learn_group *group);

/** learn_put_set - the set of digests of a rule */
void learn_put_set(FILE *f, const struct learn_rule *rule);

/** learn_put_rule - a rule, after what is to be known about it */
void learn_put_rule(FILE *f, const struct learn_rule *rule);

#endif
