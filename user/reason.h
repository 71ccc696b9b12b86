/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reason.h - the words for what the policy decides: ids for machines, sentences
 * for people.
 *
 * Every function returns a constant string, or NULL for a number it doesn't
 * know (from a newer policy or kernel).
 */
#ifndef BPFSEAL_REASON_H
#define BPFSEAL_REASON_H

#include <stdint.h>

/**
 * reason_id - stable short name of a reason
 * @reason: enum bpfseal_reason
 * @attribute: enum bpfseal_attribute; only looked at for BPFSEAL_R_UNCOVERED
 *
 * Return: e.g. "unsigned" or "uncovered:core_relos"
 */
const char *reason_id(unsigned int reason, unsigned int attribute);

/**
 * reason_why - one sentence: why was it decided so?
 * @reason: enum bpfseal_reason
 * @attribute: enum bpfseal_attribute
 */
const char *reason_why(unsigned int reason, unsigned int attribute);

/**
 * reason_advice - one sentence: what can be done about it?
 * @reason: enum bpfseal_reason
 * @attribute: enum bpfseal_attribute
 */
const char *reason_advice(unsigned int reason, unsigned int attribute);

/** reason_attribute - stable name of an enum bpfseal_attribute, "none" for 0 */
const char *reason_attribute(unsigned int attribute);

/** reason_decision - "allowed", "would-deny", "denied" or "rejected" */
const char *reason_decision(unsigned int decision);

/** reason_mode - "permissive", "enforcing" or "sealed"; "none" for 0, no policy */
const char *reason_mode(unsigned int mode);

/** reason_hook - "prog_load", "prog_fd", "map_create", ... */
const char *reason_hook(unsigned int hook);

/** reason_object - what that hook decides about: "program", "map", "mount", ... */
const char *reason_object(unsigned int hook);

/** reason_level - "unsigned", "signed" or "metadata" */
const char *reason_level(unsigned int level);

/** reason_measure - "fs-verity", "ima"; NULL: nothing was measured */
const char *reason_measure(unsigned int measure);

/** reason_keyring - "none", "builtin", "secondary", "platform", "user", "other" */
const char *reason_keyring(unsigned int keyring);

/** reason_map_type - libbpf's name of a map type */
const char *reason_map_type(unsigned int type);

/**
 * reason_attach_type - libbpf's name of an attach type
 * @prog_type: enum bpf_prog_type
 * @attach_type: enum bpf_attach_type
 *
 * Return: the name; "none" for 0 where 0 isn't one of the program type's attach
 * types but only stands for "not given"; NULL if unknown
 */
const char *reason_attach_type(unsigned int prog_type, unsigned int attach_type);

#endif
