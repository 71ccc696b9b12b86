// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hand_verified.c - the loader made by hand, with metadata that it has verified.
 */
#include "hand_verified.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "meta.h"

/* The call of the kfunc goes before the loader's instructions and leaves r1 as it was. */
static int join(const struct meta_insns *verify, const struct gate_object *object,
		struct gate_loader *out)
{
	size_t n_verify = verify->n - 1, n = n_verify + object->n + 2;	/* all but exit */
	struct bpf_insn *insns = calloc(n, sizeof(*insns));

	if (!insns)
		return -ENOMEM;
	insns[0] = MOV_REG(BPF_REG_6, BPF_REG_1);
	memcpy(&insns[1], verify->insns, n_verify * sizeof(*insns));
	insns[n_verify + 1] = MOV_REG(BPF_REG_1, BPF_REG_6);
	memcpy(&insns[n_verify + 2], object->insns, object->n * sizeof(*insns));
	out->insns = insns;
	out->insns_len = n * sizeof(*insns);
	return 0;
}

static int sign(struct gate_loader *out, const char *who)
{
	static uint8_t hash[32];
	struct gate_signature signature;
	int err = gate_insns_hash(out->insns, out->insns_len, hash);

	if (!err)
		err = gate_sign_insns(who, out->insns, out->insns_len / sizeof(struct bpf_insn),
				      out->btf, out->btf_len, &signature);
	if (err)
		return err;
	out->excl = hash;
	out->sig = signature.sig;
	out->sig_len = signature.len;
	return 0;
}

int hand_take_verified(struct gate_loader *out, const char *who)
{
	static const char content[META_SIZE] = "metadata";
	struct meta_opts opts = { .content = content };
	struct meta_insns verify;
	struct gate_object object = {};
	struct meta_btf btf;
	int err;

	memset(out, 0, sizeof(*out));
	out->map_fd = out->prog_fd = -1;
	err = meta_btf_make(&btf, META_KFUNC, META_PROTO);
	if (err)
		return err;
	close(btf.fd);
	opts.func_id = btf.func_id;
	out->data = content;
	out->data_len = sizeof(content);
	out->btf = btf.raw;
	out->btf_len = btf.len;
	err = meta_insns_make(&verify, &opts);
	if (!err)
		err = gate_object_read("hand", "hand", &object);
	if (!err)
		err = join(&verify, &object, out);
	free(object.insns);
	return err ? err : sign(out, who);
}

int hand_load_verified(struct hand *hand, const char *who, int32_t keyring)
{
	struct gate_loader loader;
	int err;

	memset(hand, 0, sizeof(*hand));
	hand->fd = -1;
	err = hand_take_verified(&loader, who);
	if (!err) {
		loader.keyring = keyring;
		err = gate_loader_map(&loader);
	}
	if (!err)
		err = gate_loader_load(&loader);
	if (loader.map_fd >= 0)
		close(loader.map_fd);
	hand->fd = loader.prog_fd;
	if (!err)
		hand->id = gate_prog_id(hand->fd);
	return err;
}
