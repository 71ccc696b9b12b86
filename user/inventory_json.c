// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * inventory_json.c - the inventory as JSON. The names of the members are an
 * interface: add, never rename.
 */
#include "inventory_json.h"

#include <errno.h>
#include <stdint.h>

#include "event.h"
#include "prog_types.h"
#include "reason.h"

static json_t *named(const char *name, unsigned int number)
{
	return name ? json_string(name) : json_sprintf("unknown-%u", number);
}

static json_t *signer_json(const struct inventory *inv, const struct bpfseal_program *p)
{
	struct event_field name;

	if (!inv->has_policy || event_signer(&inv->policy, p->signer, &name))
		return json_null();
	return json_string(name.s);
}

static json_t *digest_json(const struct bpfseal_program *p)
{
	char hex[2 * BPFSEAL_DIGEST_LEN + 1];

	event_digest(p->digest, hex);
	return hex[0] ? json_string(hex) : json_null();
}

static json_t *entry_json(const struct inventory *inv, const struct inventory_entry *e,
			  int64_t wall_offset)
{
	const struct bpfseal_program *p = &e->prog;
	const bool judged = inv->has_policy;

	return json_pack("{s:I,s:o,s:o,s:s,s:I,s:s,s:I,s:o,s:o,s:o,s:i,s:I,s:o,s:b,s:o,s:o}",
		"id", (json_int_t)p->id,
		"type", named(prog_type_name(p->type), p->type),
		"attach_type", named(reason_attach_type(p->type, p->attach_type), p->attach_type),
		"name", event_escape(p->name, sizeof(p->name)).s,
		"uid", (json_int_t)p->uid,
		"loaded", event_wall_time(p->load_time_ns, wall_offset).s,
		"loaded_boot_ns", (json_int_t)p->load_time_ns,
		"level", named(reason_level(p->level), p->level),
		"signer", signer_json(inv, p),
		"keyring", named(reason_keyring(p->keyring_type), p->keyring_type),
		"keyring_serial", p->keyring_serial,
		"loader_id", (json_int_t)p->loader_id,
		"digest", digest_json(p),
		"own", e->prog.own,
		"admitted", judged ? json_boolean(p->admitted) : json_null(),
		"reason", judged ? named(reason_id(p->reason, 0), p->reason) : json_null());
}

int inventory_json(const struct inventory *inv, json_t **out)
{
	json_t *list = json_array(), *o = NULL;
	int64_t wall_offset = event_wall_offset();

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < inv->n; i++)
		if (json_array_append_new(list, entry_json(inv, &inv->entries[i], wall_offset)))
			goto out;
	o = json_pack("{s:b,s:o,s:O}", "policy", inv->has_policy, "not_admitted",
		      inv->has_policy ? json_integer((json_int_t)inventory_not_admitted(inv)) :
					json_null(),
		      "programs", list);
out:
	json_decref(list);
	if (!o)
		return -ENOMEM;
	*out = o;
	return 0;
}
