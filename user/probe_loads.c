// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * probe_loads.c - signs programs with a throw-away key and tries to load them.
 *
 * Straight to bpf(2): libbpf doesn't pass signatures on, and would load probe
 * programs of its own.
 */
#include "probe_loads.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "cms.h"
#include "probe_run.h"
#include "probe_signer.h"

#define ATTEMPTS 5

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct bpf_insn insns[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

/* What is done to a load, beside signing its instructions. */
struct variant {
	bool map;	/* binds a map, exclusive and frozen */
	bool sign_map;	/* the signature is over the map's content too */
	bool flip;	/* then a byte of the signature is changed */
	bool alter;	/* or one of the map's content */
	bool shared;	/* or the map isn't exclusive */
	bool unfrozen;	/* or not frozen */
};

static const struct variant variants[PROBE_LOADS] = {
	[PROBE_LOAD_SIGNED] = {},
	[PROBE_LOAD_FLIPPED] = { .flip = true },
	[PROBE_LOAD_METADATA] = { .map = true, .sign_map = true },
	[PROBE_LOAD_INSNS_ONLY] = { .map = true },
	[PROBE_LOAD_ALTERED] = { .map = true, .sign_map = true, .alter = true },
	[PROBE_LOAD_SHARED] = { .map = true, .sign_map = true, .shared = true },
	[PROBE_LOAD_UNFROZEN] = { .map = true, .sign_map = true, .unfrozen = true },
};

long probe_bpf(int cmd, union bpf_attr *attr)
{
	long ret;

	for (int i = 0; i < ATTEMPTS; i++) {
		ret = syscall(__NR_bpf, cmd, attr, sizeof(*attr));
		if (ret >= 0)
			return ret;
		if (errno != EAGAIN && errno != EINTR)
			break;
	}
	return -errno;
}

union bpf_attr probe_attr(const struct bpf_insn *prog, size_t n, const uint8_t *sig,
			  size_t len, int32_t keyring)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SYSCALL;
	attr.prog_flags = BPF_F_SLEEPABLE;
	attr.insns = (uintptr_t)prog;
	attr.insn_cnt = n;
	attr.license = (uintptr_t)"GPL";
	strcpy(attr.prog_name, PROBE_NAME);
	attr.signature = (uintptr_t)sig;
	attr.signature_size = len;
	attr.keyring_id = keyring;
	return attr;
}

/* --- the loads --- */

void probe_metadata(uint8_t metadata[PROBE_METADATA_LEN])
{
	for (int i = 0; i < PROBE_METADATA_LEN; i++)
		metadata[i] = i;
}

static int sign(const struct probe_signer *s, const struct variant *v, uint8_t **sig, size_t *len)
{
	uint8_t payload[sizeof(insns) + PROBE_METADATA_LEN];
	int err;

	memcpy(payload, insns, sizeof(insns));
	probe_metadata(payload + sizeof(insns));
	err = cms_sign(s->key, &s->cert, payload,
		       sizeof(insns) + (v->sign_map ? PROBE_METADATA_LEN : 0), sig, len);
	/* The last byte belongs to the signature's number. */
	if (!err && v->flip)
		(*sig)[*len - 1] ^= 1;
	return err;
}

static int create_map(const uint8_t *owner)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = sizeof(__u32);
	attr.value_size = PROBE_METADATA_LEN;
	attr.max_entries = 1;
	strcpy(attr.map_name, PROBE_NAME);
	if (owner) {
		attr.excl_prog_hash = (uintptr_t)owner;
		attr.excl_prog_hash_size = SHA256_DIGEST_LENGTH;
	}
	return probe_bpf(BPF_MAP_CREATE, &attr);
}

static int fill_map(int fd, bool alter)
{
	uint8_t metadata[PROBE_METADATA_LEN];
	union bpf_attr attr;
	__u32 zero = 0;

	probe_metadata(metadata);
	if (alter)
		metadata[0] ^= 1;
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = (uintptr_t)&zero;
	attr.value = (uintptr_t)metadata;
	return probe_bpf(BPF_MAP_UPDATE_ELEM, &attr);
}

static int freeze_map(int fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	return probe_bpf(BPF_MAP_FREEZE, &attr);
}

int probe_map(const uint8_t *owner, bool alter, bool freeze)
{
	int fd, err;

	fd = create_map(owner);
	if (fd < 0)
		return fd;
	err = fill_map(fd, alter);
	if (!err && freeze)
		err = freeze_map(fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int make_map(const struct variant *v)
{
	uint8_t owner[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)insns, sizeof(insns), owner);
	return probe_map(v->shared ? NULL : owner, v->alter, !v->unfrozen);
}

/* @map: fd or -1. Return: 0 if it was accepted; it is gone again then */
static int load(const struct probe_signer *s, const uint8_t *sig, size_t len, int map)
{
	union bpf_attr attr = probe_attr(insns, ARRAY_SIZE(insns), sig, len, s->keyring);
	int fd;

	if (map >= 0) {
		attr.fd_array = (uintptr_t)&map;
		attr.fd_array_cnt = 1;
	}
	fd = probe_bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static void try_load(const struct probe_signer *s, const struct variant *v, struct probe_result *r)
{
	uint8_t *sig = NULL;
	int map = -1;
	size_t len;

	r->err = sign(s, v, &sig, &len);
	if (r->err)
		return;
	if (v->map) {
		map = make_map(v);
		r->err = map < 0 ? map : 0;
	}
	if (!r->err) {
		r->tried = true;
		r->err = load(s, sig, len, map);
	}
	if (map >= 0)
		close(map);
	free(sig);
}

/* Return: 0, or -ENOPKG if the kernel doesn't know this kind of key */
static int try_all(bool rsa, bool runs, struct probe_result loads[PROBE_LOADS])
{
	struct probe_result *first = &loads[PROBE_LOAD_SIGNED];
	struct probe_signer s;
	int err;

	memset(loads, 0, PROBE_LOADS * sizeof(*loads));
	err = probe_signer_make(rsa, &s);
	for (int i = 0; i < PROBE_LOADS; i++) {
		loads[i].err = err;
		/* Where a good signature isn't accepted, the rest tells nothing. */
		if (!err && i < PROBE_LOAD_BTF && (i == PROBE_LOAD_SIGNED || !first->err))
			try_load(&s, &variants[i], &loads[i]);
	}
	if (!err && runs && !first->err)
		probe_run(&s, loads);
	if (!err)
		probe_signer_drop(&s);
	return first->err == -ENOPKG || first->err == -ENOENT ? -ENOPKG : 0;
}

int probe_loads(bool runs, struct probe_result loads[PROBE_LOADS], const char **key_type)
{
	*key_type = "EC P-256";
	if (try_all(false, runs, loads) == -ENOPKG) {
		*key_type = "RSA 2048";
		try_all(true, runs, loads);
	}
	if (loads[PROBE_LOAD_SIGNED].err)
		*key_type = NULL;
	return loads[PROBE_LOAD_SIGNED].err == -ENOMEM ? -ENOMEM : 0;
}
