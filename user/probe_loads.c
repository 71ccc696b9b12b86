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

#include <keyutils.h>
#include <linux/bpf.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "cms.h"

#define NAME "bpfseal_probe"
#define METADATA_LEN 64
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

/* The throw-away signer. */
struct signer {
	EVP_PKEY *key;
	struct cert cert;	/* only .x509 */
	key_serial_t keyring;	/* 0 if there is none */
};

static long sys_bpf(int cmd, union bpf_attr *attr)
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

/* --- the signer --- */

static EVP_PKEY *make_key(bool rsa)
{
	return rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
}

/* The kernel finds the key by its identifier, so the certificate needs one. */
static X509 *make_cert(EVP_PKEY *key)
{
	X509_EXTENSION *id = NULL;
	X509_NAME *name;
	X509V3_CTX ctx;
	X509 *x = X509_new();

	if (!x || !X509_set_version(x, X509_VERSION_3) ||
	    !ASN1_INTEGER_set(X509_get_serialNumber(x), 1) ||
	    !X509_gmtime_adj(X509_getm_notBefore(x), 0) ||
	    !X509_gmtime_adj(X509_getm_notAfter(x), 24 * 60 * 60) ||
	    !X509_set_pubkey(x, key))
		goto out;
	name = X509_get_subject_name(x);
	if (!X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					(const unsigned char *)NAME, -1, -1, 0) ||
	    !X509_set_issuer_name(x, name))
		goto out;
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	id = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_key_identifier, "hash");
	if (!id || !X509_add_ext(x, id, -1) || !X509_sign(x, key, EVP_sha256()))
		goto out;
	X509_EXTENSION_free(id);
	return x;
out:
	X509_EXTENSION_free(id);
	X509_free(x);
	return NULL;
}

static int enrol(struct signer *s)
{
	unsigned char *der = NULL;
	int len = i2d_X509(s->cert.x509, &der);
	int err = 0;

	if (len <= 0)
		return -ENOMEM;
	s->keyring = add_key("keyring", NAME, NULL, 0, KEY_SPEC_THREAD_KEYRING);
	if (s->keyring < 0) {
		err = -errno;
		s->keyring = 0;
	} else if (add_key("asymmetric", NAME, der, len, s->keyring) < 0) {
		err = -errno;
	}
	OPENSSL_free(der);
	return err;
}

static void drop_signer(struct signer *s)
{
	if (s->keyring) {
		keyctl_clear(s->keyring);
		keyctl_unlink(s->keyring, KEY_SPEC_THREAD_KEYRING);
	}
	X509_free(s->cert.x509);
	EVP_PKEY_free(s->key);
	ERR_clear_error();
	memset(s, 0, sizeof(*s));
}

static int make_signer(bool rsa, struct signer *s)
{
	int err = -ENOMEM;

	memset(s, 0, sizeof(*s));
	s->key = make_key(rsa);
	if (s->key)
		s->cert.x509 = make_cert(s->key);
	if (s->cert.x509)
		err = enrol(s);
	if (err)
		drop_signer(s);
	return err;
}

/* --- the loads --- */

static void fill_metadata(uint8_t metadata[METADATA_LEN])
{
	for (int i = 0; i < METADATA_LEN; i++)
		metadata[i] = i;
}

static int sign(const struct signer *s, const struct variant *v, uint8_t **sig, size_t *len)
{
	uint8_t payload[sizeof(insns) + METADATA_LEN];
	int err;

	memcpy(payload, insns, sizeof(insns));
	fill_metadata(payload + sizeof(insns));
	err = cms_sign(s->key, &s->cert, payload,
		       sizeof(insns) + (v->sign_map ? METADATA_LEN : 0), sig, len);
	/* The last byte belongs to the signature's number. */
	if (!err && v->flip)
		(*sig)[*len - 1] ^= 1;
	return err;
}

static int create_map(bool shared)
{
	uint8_t owner[SHA256_DIGEST_LENGTH];
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = sizeof(__u32);
	attr.value_size = METADATA_LEN;
	attr.max_entries = 1;
	strcpy(attr.map_name, NAME);
	if (!shared) {
		SHA256((const unsigned char *)insns, sizeof(insns), owner);
		attr.excl_prog_hash = (uintptr_t)owner;
		attr.excl_prog_hash_size = sizeof(owner);
	}
	return sys_bpf(BPF_MAP_CREATE, &attr);
}

static int fill_map(int fd, bool alter)
{
	uint8_t metadata[METADATA_LEN];
	union bpf_attr attr;
	__u32 zero = 0;

	fill_metadata(metadata);
	if (alter)
		metadata[0] ^= 1;
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = (uintptr_t)&zero;
	attr.value = (uintptr_t)metadata;
	return sys_bpf(BPF_MAP_UPDATE_ELEM, &attr);
}

static int freeze_map(int fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	return sys_bpf(BPF_MAP_FREEZE, &attr);
}

/* Return: fd or a negative errno */
static int make_map(const struct variant *v)
{
	int fd, err;

	fd = create_map(v->shared);
	if (fd < 0)
		return fd;
	err = fill_map(fd, v->alter);
	if (!err && !v->unfrozen)
		err = freeze_map(fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* @map: fd or -1. Return: 0 if it was accepted; it is gone again then */
static int load(const struct signer *s, const uint8_t *sig, size_t len, int map)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SYSCALL;
	attr.prog_flags = BPF_F_SLEEPABLE;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = ARRAY_SIZE(insns);
	attr.license = (uintptr_t)"GPL";
	strcpy(attr.prog_name, NAME);
	if (map >= 0) {
		attr.fd_array = (uintptr_t)&map;
		attr.fd_array_cnt = 1;
	}
	attr.signature = (uintptr_t)sig;
	attr.signature_size = len;
	attr.keyring_id = s->keyring;
	fd = sys_bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static void try_load(const struct signer *s, const struct variant *v, struct probe_result *r)
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
static int try_all(bool rsa, struct probe_result loads[PROBE_LOADS])
{
	struct probe_result *first = &loads[PROBE_LOAD_SIGNED];
	struct signer s;
	int err;

	memset(loads, 0, PROBE_LOADS * sizeof(*loads));
	err = make_signer(rsa, &s);
	for (int i = 0; i < PROBE_LOADS; i++) {
		loads[i].err = err;
		/* Where a good signature isn't accepted, the rest tells nothing. */
		if (!err && (i == PROBE_LOAD_SIGNED || !first->err))
			try_load(&s, &variants[i], &loads[i]);
	}
	if (!err)
		drop_signer(&s);
	return first->err == -ENOPKG || first->err == -ENOENT ? -ENOPKG : 0;
}

int probe_loads(struct probe_result loads[PROBE_LOADS], const char **key_type)
{
	*key_type = "EC P-256";
	if (try_all(false, loads) == -ENOPKG) {
		*key_type = "RSA 2048";
		try_all(true, loads);
	}
	if (loads[PROBE_LOAD_SIGNED].err)
		*key_type = NULL;
	return loads[PROBE_LOAD_SIGNED].err == -ENOMEM ? -ENOMEM : 0;
}
