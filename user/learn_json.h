/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * learn_json.h - members of events and of the inventory's entries, checked.
 */
#ifndef BPFSEAL_LEARN_JSON_H
#define BPFSEAL_LEARN_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

/** learn_text - a member that is text, or NULL */
static inline const char *learn_text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/** learn_number - a member that is a whole number from 0 on; false if it isn't */
bool learn_number(const json_t *o, const char *key, uint64_t *number);

/** learn_flag - is a member true? */
static inline bool learn_flag(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

/** learn_digest - a member that is a SHA-256; false if it isn't */
bool learn_digest(const json_t *o, const char *key, uint8_t digest[32]);

/**
 * learn_types - program type and attach type
 * @o: an event or an entry
 * @type: set on success
 * @attach_type: set on success
 *
 * Return: 0 or -ENOENT if this bpfseal doesn't know one of them
 */
int learn_types(const json_t *o, unsigned int *type, unsigned int *attach_type);

/**
 * learn_refusal - why a load with this reason isn't to be learned
 * @reason: an event's "reason"
 *
 * Return: NULL if a rule may allow it, else why not, a constant
 */
const char *learn_refusal(const char *reason);

#endif
