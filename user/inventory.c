// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * inventory.c - reads the list of programs from the iterator, the installed one
 * or one that is loaded just for this.
 */
#include "inventory.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpfseal.h"
#include "bpfseal.skel.h"
#include "diag.h"
#include "pins.h"

#define READ_SIZE (64 * sizeof(struct bpfseal_program))

static int report(const char *what, int err)
{
	diag_error("%s: %s", what, strerror(-err));
	if (err == -EPERM || err == -EACCES)
		diag_hint("run this as root");
	return err;
}

/* All that an iterator says, as one block. */
static int read_all(int fd, uint8_t **out, size_t *out_len)
{
	uint8_t *buf = NULL, *bigger;
	size_t len = 0;
	ssize_t n;
	int err;

	do {
		bigger = realloc(buf, len + READ_SIZE);
		if (!bigger) {
			err = -ENOMEM;
			goto out;
		}
		buf = bigger;
		n = read(fd, buf + len, READ_SIZE);
		if (n < 0 && errno != EINTR && errno != EAGAIN) {
			err = -errno;
			goto out;
		}
		len += n > 0 ? (size_t)n : 0;
	} while (n);
	*out = buf;
	*out_len = len;
	return 0;
out:
	free(buf);
	return err;
}

static int parse(const uint8_t *buf, size_t len, struct inventory *inv)
{
	size_t n = len / sizeof(struct bpfseal_program);

	if (len % sizeof(struct bpfseal_program))
		return -EBADMSG;
	inv->entries = calloc(n ? n : 1, sizeof(*inv->entries));
	if (!inv->entries)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		memcpy(&inv->entries[i].prog, buf + i * sizeof(struct bpfseal_program),
		       sizeof(struct bpfseal_program));
	inv->n = n;
	return 0;
}

/* @link: fd of the iterator's link */
static int read_link(int link, struct inventory *inv)
{
	uint8_t *buf = NULL;
	size_t len = 0;
	int fd, err;

	fd = bpf_iter_create(link);
	if (fd < 0)
		return report("cannot start the inventory", -errno);
	err = read_all(fd, &buf, &len);
	if (err) {
		report("cannot read the inventory", err);
		goto out;
	}
	err = parse(buf, len, inv);
	if (err == -EBADMSG)
		diag_error("the inventory has another form: the installed policy is of another version of bpfseal");
out:
	free(buf);
	close(fd);
	return err;
}

static void mark_id(struct inventory *inv, __u32 id)
{
	for (size_t i = 0; i < inv->n; i++)
		if (inv->entries[i].prog.id == id)
			inv->entries[i].own = true;
}

static void mark_own(struct inventory *inv, int link)
{
	struct bpf_link_info info = {};
	__u32 len = sizeof(info);

	if (!bpf_link_get_info_by_fd(link, &info, &len))
		mark_id(inv, info.prog_id);
}

/* One that is pinned by itself. */
static void mark_program(struct inventory *inv, const char *name)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int prog = pins_open(name);

	if (prog < 0)
		return;
	if (!bpf_prog_get_info_by_fd(prog, &info, &len))
		mark_id(inv, info.id);
	close(prog);
}

static void mark_link(struct inventory *inv, const char *name)
{
	int link = pins_open(name);

	if (link < 0)
		return;
	mark_own(inv, link);
	close(link);
}

static void mark_pinned(struct inventory *inv)
{
	const struct pin *pins;
	unsigned int n;

	pins = pins_list(&n);
	for (unsigned int i = 0; i < n; i++) {
		if (pins[i].kind == PIN_LINK || pins[i].kind == PIN_ITERATOR)
			mark_link(inv, pins[i].name);
		else if (pins[i].kind != PIN_MAP)
			mark_program(inv, pins[i].name);
	}
}

static int read_installed(int link, struct inventory *inv)
{
	int err = read_link(link, inv);

	if (err)
		return err;
	mark_pinned(inv);
	/* The programs don't judge by a policy of another version either. */
	inv->has_policy = !report_policy(&inv->policy) && inv->policy.abi == BPFSEAL_ABI;
	return 0;
}

/*
 * Gives the iterator a policy that trusts nobody. It judges nothing, but makes
 * the records tell what the signatures say.
 */
static int set_blank_policy(struct bpfseal *skel)
{
	struct bpfseal_policy blank = {
		.abi = BPFSEAL_ABI,
		.mode = BPFSEAL_PERMISSIVE,
		.require = BPFSEAL_LEVEL_SIGNED,
		.verified_level = BPFSEAL_LEVEL_SIGNED,
	};

	const struct rules_keys none = {};
	struct bpfseal_table *table = calloc(1, sizeof(*table));
	int err;

	if (!table)
		return -ENOMEM;
	table->policy = blank;
	err = control_switch(bpf_program__fd(skel->progs.control), table, &none);
	free(table);
	return err;
}

static int be_silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

/* Only the iterator and what gives it a policy, and none of the hooks. */
static int load_iterator(struct bpfseal **out)
{
	libbpf_print_fn_t old = libbpf_set_print(be_silent);
	struct bpfseal *skel = bpfseal__open();
	struct bpf_program *prog;
	int err = skel ? 0 : -errno;

	if (err)
		goto out;
	bpf_object__for_each_program(prog, skel->obj)
		bpf_program__set_autoload(prog, prog == skel->progs.inventory ||
						prog == skel->progs.control);
	err = bpfseal__load(skel);
	if (!err)
		err = set_blank_policy(skel);
	if (!err)
		err = bpfseal__attach(skel);
	if (err)
		bpfseal__destroy(skel);
	else
		*out = skel;
out:
	libbpf_set_print(old);
	return err;
}

static int read_temporary(struct inventory *inv)
{
	struct bpfseal *skel;
	int err;

	err = load_iterator(&skel);
	if (err)
		return report("no policy is installed, and its iterator can't be loaded", err);
	err = read_link(bpf_link__fd(skel->links.inventory), inv);
	if (!err)
		mark_own(inv, bpf_link__fd(skel->links.inventory));
	bpfseal__destroy(skel);
	return err;
}

int inventory_read(struct inventory **out)
{
	struct inventory *inv = calloc(1, sizeof(*inv));
	int link, err;

	if (!inv)
		return -ENOMEM;
	link = pins_open("inventory");
	if (link >= 0)
		err = read_installed(link, inv);
	else if (link == -ENOENT)
		err = read_temporary(inv);
	else
		err = report("cannot open the pinned inventory", link);
	if (link >= 0)
		close(link);
	if (err)
		inventory_free(inv);
	else
		*out = inv;
	return err;
}

void inventory_free(struct inventory *inv)
{
	if (inv)
		free(inv->entries);
	free(inv);
}

size_t inventory_not_admitted(const struct inventory *inv)
{
	size_t n = 0;

	for (size_t i = 0; i < inv->n; i++)
		n += !inv->entries[i].prog.admitted && !inv->entries[i].own;
	return n;
}
