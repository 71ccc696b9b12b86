// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * objects.c - loads the policy's own maps and programs.
 */
#include "objects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/skel_internal.h>

#include "bpfseal.h"
#include "diag.h"
#include "verification.h"	/* for the skeletons */

#define LOG_SIZE (16u << 20)
#define LOG_END 1500

/*
 * The generated load functions end in this call. Here it only notes what they hold:
 * loading is up to lskel_load().
 */
static struct lskel noted;

static int note(struct bpf_load_and_run_opts *opts)
{
	noted = (struct lskel){
		.insns = (uint8_t *)opts->insns,
		.insns_len = opts->insns_sz,
		.data = (uint8_t *)opts->data,
		.data_len = opts->data_sz,
	};
	return -ECANCELED;
}

#define bpf_load_and_run note
#include "bpfseal.lskel.h"
#include "lister.lskel.h"

/* The struct of a skeleton, whose descriptors stand where its loader puts them. */
struct objects {
	void *skel;
	struct bpf_loader_ctx *ctx;
	const struct bpf_map_desc *maps;
	const struct bpf_prog_desc *progs;
	unsigned int n_maps;
	unsigned int n_progs;
	void (*destroy)(struct objects *o);
	struct lskel own;	/* what is compiled in */
};

#define OBJECTS_OF(name) \
	static void destroy_##name(struct objects *o) \
	{ \
		name##__destroy(o->skel); \
	} \
	\
	static int open_##name(struct objects *o) \
	{ \
		struct name *skel = name##__open(); \
		\
		if (!skel) \
			return -ENOMEM; \
		name##__load(skel); \
		*o = (struct objects){ \
			.skel = skel, \
			.ctx = &skel->ctx, \
			.maps = (void *)&skel->maps, \
			.progs = (void *)&skel->progs, \
			.n_maps = sizeof(skel->maps) / sizeof(struct bpf_map_desc), \
			.n_progs = sizeof(skel->progs) / sizeof(struct bpf_prog_desc), \
			.destroy = destroy_##name, \
			.own = noted, \
		}; \
		return 0; \
	}
OBJECTS_OF(bpfseal)
OBJECTS_OF(lister)

int objects_prog(const struct objects *o, const char *name)
{
	for (unsigned int i = 0; i < o->n_progs; i++) {
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);

		if (!bpf_prog_get_info_by_fd(o->progs[i].prog_fd, &info, &len) &&
		    !strcmp(info.name, name))
			return o->progs[i].prog_fd;
	}
	return -ENOENT;
}

int objects_map(const struct objects *o, const char *name)
{
	for (unsigned int i = 0; i < o->n_maps; i++) {
		struct bpf_map_info info = {};
		__u32 len = sizeof(info);

		if (!bpf_map_get_info_by_fd(o->maps[i].map_fd, &info, &len) &&
		    !strcmp(info.name, name))
			return o->maps[i].map_fd;
	}
	return -ENOENT;
}

void objects_close(struct objects *o)
{
	o->destroy(o);
	free(o);
}

/* Of a long log the end tells why. */
static void print_log(char *log)
{
	size_t len = strnlen(log, LOG_SIZE - 1);
	char *rest = len > LOG_END ? log + len - LOG_END : log, *line;

	log[len] = '\0';
	while ((line = strsep(&rest, "\n")))
		if (*line)
			diag_hint("%s", diag_quote(line).s);
}

/* A log takes time, so it is made only when it is needed: by trying once more. */
static void explain(const struct lskel *skel, const struct lskel_signed *by,
		    struct bpf_loader_ctx *ctx)
{
	char *log = mmap(NULL, LOG_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (log == MAP_FAILED)
		return;
	ctx->log_level = 1;
	ctx->log_buf = (uintptr_t)log;
	ctx->log_size = LOG_SIZE;
	if (lskel_load(skel, by, ctx))
		print_log(log);
	munmap(log, LOG_SIZE);
}

static int load_policy(struct objects *o, const struct lskel *skel, const struct lskel_signed *by)
{
	int err = lskel_load(skel, by, o->ctx);

	if (!err)
		return 0;
	diag_error("the kernel doesn't take the policy programs%s: %s",
		   by ? ", which are signed" : "", strerror(-err));
	explain(skel, by, o->ctx);
	return err;
}

static int load_signed_or_own(struct objects *o, const struct proof *proof,
			      const struct compile_signer *signers, unsigned int n)
{
	struct lskel_signed by;
	struct lskel skel;
	int err;

	if (objects_find_signed(&o->own, proof, signers, n, &skel, &by))
		return load_policy(o, &o->own, NULL);
	err = load_policy(o, &skel, &by);
	lskel_free(&skel);
	return err;
}

int objects_load(const struct proof *proof, const struct compile_signer *signers, unsigned int n,
		 struct objects **out)
{
	struct objects *o = calloc(1, sizeof(*o));
	int err = o ? open_bpfseal(o) : -ENOMEM;

	if (err) {
		free(o);
		return err;
	}
	err = load_signed_or_own(o, proof, signers, n);
	if (err)
		objects_close(o);
	else
		*out = o;
	return err;
}

int objects_load_lister(struct objects **out)
{
	struct objects *o = calloc(1, sizeof(*o));
	int err = o ? open_lister(o) : -ENOMEM;

	if (err) {
		free(o);
		return err;
	}
	err = lskel_load(&o->own, NULL, o->ctx);
	if (err)
		objects_close(o);
	else
		*out = o;
	return err;
}
