/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe_loads.h - the part of probe_kernel() that signs programs with a
 * throw-away key and tries to load them.
 */
#ifndef BPFSEAL_PROBE_LOADS_H
#define BPFSEAL_PROBE_LOADS_H

#include <linux/bpf.h>
#include "probe.h"

#define PROBE_NAME "bpfseal_probe"
#define PROBE_METADATA_LEN 64

/**
 * probe_loads - try all of enum probe_load
 * @runs: the kernel has bpf_loader_verify_metadata(): try that as well
 * @loads: filled in
 * @key_type: set to the type of key used, or NULL if none could be made
 *
 * With ECDSA, or with RSA if the kernel lacks ECDSA.
 *
 * Return: 0 or -ENOMEM
 */
int probe_loads(bool runs, struct probe_result loads[PROBE_LOADS], const char **key_type);

/* Shared with probe_run.c. */

/** probe_bpf - bpf(2), tried again while it says so; its result or a negative errno */
long probe_bpf(int cmd, union bpf_attr *attr);

/**
 * probe_attr - attributes of a load: a SYSCALL program that may sleep
 * @keyring: to check the signature by; 0 with @sig NULL for none
 */
union bpf_attr probe_attr(const struct bpf_insn *prog, size_t n, const uint8_t *sig,
			  size_t len, int32_t keyring);

/** probe_metadata - what the maps hold that the programs are tried with */
void probe_metadata(uint8_t metadata[PROBE_METADATA_LEN]);

/**
 * probe_map - make a map that holds it
 * @owner: SHA-256 of the program it is exclusive to, NULL if it isn't
 * @alter: change a byte of it
 * @freeze: freeze it
 *
 * Return: a descriptor or a negative errno
 */
int probe_map(const uint8_t *owner, bool alter, bool freeze);

#endif
