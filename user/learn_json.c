// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * learn_json.c - members of events and of the inventory's entries, checked.
 */
#include "learn_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpfseal.h"
#include "hex.h"
#include "prog_types.h"
#include "reason.h"

/* Numbers of more than 63 bits are text. */
static bool parse_number(const char *text, uint64_t *number)
{
	char *end;

	if (!*text || text[strspn(text, "0123456789")])
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return !errno;
}

bool learn_number(const json_t *o, const char *key, uint64_t *number)
{
	const json_t *value = json_object_get(o, key);

	if (json_is_string(value))
		return parse_number(json_string_value(value), number);
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*number = (uint64_t)json_integer_value(value);
	return true;
}

bool learn_digest(const json_t *o, const char *key, uint8_t digest[32])
{
	const char *text = learn_text(o, key);

	return text && hex_parse(text, digest);
}

int learn_types(const json_t *o, unsigned int *type, unsigned int *attach_type)
{
	const char *name = learn_text(o, "type"), *attach = learn_text(o, "attach_type");
	int t = name ? prog_type_find(name) : -ENOENT, a = -ENOENT;

	if (attach)
		a = strcmp(attach, "none") ? attach_type_find(attach) : 0;
	if (t < 0 || a < 0)
		return -ENOENT;
	*type = (unsigned int)t;
	*attach_type = (unsigned int)a;
	return 0;
}

/* A rule can let these in, and nothing suggests that it shouldn't. */
static bool may_be_allowed(unsigned int reason)
{
	switch (reason) {
	case BPFSEAL_R_UNSIGNED:
	case BPFSEAL_R_FEATURE_PROBE:
	case BPFSEAL_R_UNCOVERED:
	case BPFSEAL_R_LOADER_NOT_ADMITTED:
	case BPFSEAL_R_LOADER_BY_RULE:
	case BPFSEAL_R_RULE_ALLOWS:
	case BPFSEAL_R_DEFAULT_ALLOWS:
		return true;
	default:
		return false;
	}
}

const char *learn_refusal(const char *reason)
{
	const size_t uncovered = strlen("uncovered:");

	if (!strncmp(reason, "uncovered:", uncovered))
		return NULL;
	for (unsigned int i = 0; i < BPFSEAL_R_MAX; i++)
		if (!strcmp(reason, reason_id(i, 0)))
			return may_be_allowed(i) ? NULL : reason_id(i, 0);
	return "reason-not-known";
}
