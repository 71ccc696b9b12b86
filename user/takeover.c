// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * takeover.c - takes the place of a sealed policy's programs, by leave of its authority.
 */
#include "takeover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "adoption.h"
#include "attach.h"
#include "audit.h"
#include "diag.h"
#include "install.h"
#include "measure.h"
#include "objects.h"
#include "pins.h"
#include "seal_fs.h"

#define OWN_PREFIX "bpfseal-"

static int fail(const char *what, int err)
{
	diag_error("cannot %s: %s", what, strerror(-err));
	return err;
}

static int ask(int prog, struct bpfseal_upgrade *u)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = u, .ctx_size_in = sizeof(*u));

	return bpf_prog_test_run_opts(prog, &opts) < 0 ? -errno : (int)opts.retval;
}

static int ask_for(int prog, enum bpfseal_upgrade_op op)
{
	struct bpfseal_upgrade u = { .op = op };

	return ask(prog, &u);
}

/* --- the new programs come -------------------------------------------------------------- */

static int refuse_adoption(int err)
{
	switch (err) {
	case -EPERM:
		diag_error("the policy in force is sealed without an authority: nothing changes it before a reboot");
		break;
	case -ESTALE:
		diag_error("the programs were signed for a policy that isn't newer than the one in force");
		diag_hint("sign both anew: bpfseal policy sign --programs");
		break;
	case -EKEYREJECTED:
	case -EBADMSG:
	case -ENOKEY:
		diag_error("the kernel finds that the authority has not signed these programs");
		break;
	case -EKEYEXPIRED:
		diag_error("the authority's certificate has expired");
		break;
	default:
		return fail("announce the new programs", err);
	}
	return err;
}

int takeover_announce(const struct takeover *t, const struct policy_source *src)
{
	struct adoption *a = malloc(sizeof(*a));
	struct bpfseal_upgrade u = { .op = BPFSEAL_UPGRADE_ADOPT };
	int err = a ? adoption_read(src, a) : -ENOMEM;

	if (!err) {
		u.adoption = (uintptr_t)&a->what;
		u.signature = (uintptr_t)a->sig;
		u.signature_len = (__u32)a->sig_len;
		err = ask(t->old, &u);
		if (err)
			refuse_adoption(err);
	}
	free(a);
	return err;
}

/* Their pins are those of the new file system only, which nobody has a name for yet. */
static int drop_pins(void)
{
	unsigned int n;
	const struct pin *pins = pins_list(&n);
	char path[PIN_PATH_LEN];
	int err = 0;

	for (unsigned int i = 0; i <= n; i++) {
		pins_path(path, i < n ? pins[i].name : PIN_MEASURE);
		if (unlink(path) < 0 && errno != ENOENT)
			err = -errno;
	}
	return err;
}

int takeover_bring(struct takeover *t, const struct prepared *prepared)
{
	struct objects *objects;
	int err;

	err = install_programs(prepared, &objects);
	if (err) {
		diag_hint("under the seal they have to be signed by a signer of the policy in force: see 'Upgrading' in README.md");
		return err;
	}
	t->made = true;
	objects_close(objects);
	err = measure_begin();
	if (!err)
		err = attach_kind(PIN_GUARD);
	if (!err) {
		err = seal_fs_make(&t->fs);
		if (err)
			fail("make a bpffs for the pins", err);
	}
	if (!err) {
		err = drop_pins();
		if (err)
			fail("remove the first pins", err);
	}
	return err;
}

/* --- they begin anew, and get their policy ---------------------------------------------- */

int takeover_isolate(struct takeover *t)
{
	int err = ask_for(t->old, BPFSEAL_UPGRADE_ISOLATE);

	if (err == -EINVAL)
		diag_error("the programs in force don't recognise the new ones as those that were announced");
	if (err)
		return fail("isolate the new programs", err);
	t->isolated = true;
	err = audit_run(t->old_audit);
	if (err <= 0)
		return err;
	diag_error("not upgraded: who has one of the new objects could still change it");
	return -EBUSY;
}

/* A program pinned in the new file system. */
int takeover_open(const struct takeover *t, const char *name)
{
	LIBBPF_OPTS(bpf_obj_get_opts, opts, .path_fd = t->fs,
		    .file_flags = BPF_F_PATH_FD | BPF_F_RDONLY);
	int fd = bpf_obj_get_opts(name, &opts);

	return fd < 0 ? -errno : fd;
}

/* They find out which objects are theirs. */
static int mark(const struct takeover *t)
{
	int prog = takeover_open(t, "audit"), err = prog;

	if (prog >= 0) {
		err = audit_run(prog);
		close(prog);
	}
	return err < 0 ? err : 0;
}

int takeover_begin(struct takeover *t, const struct bpfseal_handover *told)
{
	struct bpfseal_upgrade u = { .op = BPFSEAL_UPGRADE_INHERIT, .handover = *told };
	int prog = takeover_open(t, "upgrade"), err = prog;
	struct stat st;

	if (prog >= 0) {
		err = fstat(t->fs, &st) < 0 ? -errno : 0;
		u.dev = minor(st.st_dev);
		if (!err)
			err = ask(prog, &u);
		close(prog);
	}
	if (err)
		return fail("let the new programs begin anew", err);
	t->begun = true;
	err = seal_fs_mount(t->fs);
	if (!err)
		err = mark(t);
	return err ? fail("mount and mark what is new", err) : 0;
}

/* What isn't signed is what it was. */
void takeover_hand_on(const struct bpfseal_handover *told, struct bpfseal_table *table)
{
	struct bpfseal_policy *p = &table->policy;

	p->verified_level = told->verified_level;
	p->promotes = told->promotes;
	p->signs_btf = told->signs_btf;
	p->tai_utc = told->tai_utc;
	p->utc_offset = told->utc_offset;
	memcpy(p->authority, told->certificate, sizeof(p->authority));
	table->rules.user_ns = told->user_ns;
	table->rules.mount_ns = told->mount_ns;
	table->rules.net_ns = told->net_ns;
}

int takeover_give(struct takeover *t, const struct policy_source *src,
		  const struct bpfseal_table *table, const struct rules_keys *keys)
{
	uint8_t *sig;
	size_t len;
	int control, err;

	err = policy_source_read_kernel(src, &sig, &len);
	if (err)
		return err;
	err = control = takeover_open(t, "control");
	if (control >= 0) {
		err = control_follow(control, table, keys, sig, len);
		close(control);
	}
	free(sig);
	if (err)
		return fail("give the new programs their policy", err);
	t->closed = true;
	return 0;
}

/* --- the old ones go ---------------------------------------------------------------------- */

int takeover_finish(const struct takeover *t)
{
	int err = ask_for(t->old, BPFSEAL_UPGRADE_RETIRE);

	if (!err)
		return 0;
	fail("let the programs before these go", err);
	diag_hint("both are sealed now, and both decide, until the next upgrade or reboot");
	return err;
}

/* Each directory that an upgrade has made; the last one of an error counts. */
static int each_dir(int (*fn)(const char *dir, dev_t dev, void *with), void *with)
{
	DIR *parent = opendir(PIN_PARENT);
	char path[PIN_PATH_LEN];
	struct dirent *entry;
	struct stat st;
	int err = 0;

	if (!parent)
		return -errno;
	while ((entry = readdir(parent))) {
		if (strncmp(entry->d_name, OWN_PREFIX, strlen(OWN_PREFIX)) ||
		    strlen(entry->d_name) >= PIN_PATH_LEN - sizeof(PIN_PARENT))
			continue;
		snprintf(path, sizeof(path), PIN_PARENT "/%.*s",
			 (int)(PIN_PATH_LEN - sizeof(PIN_PARENT) - 1), entry->d_name);
		if (!stat(path, &st))
			err = fn(path, st.st_dev, with) ?: err;
	}
	closedir(parent);
	return err;
}

/* Where else the old pins are mounted: the directory of an upgrade before this one. */
static int unmount_old(const char *dir, dev_t dev, void *with)
{
	const dev_t *old = with;

	if (dev == *old && !umount2(dir, MNT_DETACH))
		rmdir(dir);
	return 0;
}

static int clear_up(const char *dir)
{
	struct stat st;
	int err;

	err = attach_remove(NULL);	/* the new ones are out of reach */
	if (err)
		return fail("detach the programs before these", err);
	err = stat(PIN_DIR, &st) < 0 ? -errno : seal_fs_unmount(PIN_DIR);
	if (err)
		return fail("unmount the pins before these", err);
	each_dir(unmount_old, &st.st_dev);
	if (mount(dir, PIN_DIR, NULL, MS_BIND, NULL) < 0)
		return fail("mount the pins at " PIN_DIR, -errno);
	return 0;
}

/* --- what one that was cut short has left --------------------------------------------------- */

static void reopen(const char *dir)
{
	int control;

	pins_use(dir);
	control = pins_open("control");
	pins_use(PIN_DIR);
	if (control < 0)
		return;
	control_seal(control, BPFSEAL_REOPEN);
	close(control);
}

/* Sealed programs keep what is theirs. */
static int clear_dir(const char *dir, dev_t dev, void *with)
{
	struct stat st;

	(void)with;
	if (!stat(PIN_DIR, &st) && st.st_dev == dev)
		return 0;
	reopen(dir);
	seal_fs_unmount(dir);
	pins_use(dir);
	drop_pins();
	pins_use(PIN_DIR);
	rmdir(dir);
	return 0;
}

static int is_in_force(const char *dir, dev_t dev, void *with)
{
	char *found = with;
	struct bpfseal_state state;
	int err;

	(void)dev;
	pins_use(dir);
	err = report_state(&state);
	pins_use(PIN_DIR);
	if (!err && state.seal == BPFSEAL_CLOSED)
		snprintf(found, PIN_PATH_LEN, "%s", dir);
	return 0;
}

int takeover_resume(void)
{
	char dir[PIN_PATH_LEN] = "";
	struct bpfseal_state state;
	int old;

	if (!report_state(&state) && state.heir.stage % 8 == BPFSEAL_HEIR_RULES) {
		each_dir(is_in_force, dir);
		return dir[0] ? clear_up(dir) : -ENOENT;
	}
	old = pins_open("upgrade");
	if (old < 0)
		return 0;
	ask_for(old, BPFSEAL_UPGRADE_DISOWN);
	close(old);
	each_dir(clear_dir, NULL);
	return attach_remove(NULL);
}

/* --- all of it ------------------------------------------------------------------------------ */

/* The old programs are out of reach, so that only the new ones are removed. */
void takeover_undo(struct takeover *t)
{
	int control;

	if (t->begun) {
		control = takeover_open(t, "control");
		if (control >= 0) {
			control_seal(control, BPFSEAL_REOPEN);
			close(control);
		}
		seal_fs_unmount(t->dir);
	}
	if (t->isolated)
		ask_for(t->old, BPFSEAL_UPGRADE_DISOWN);
	if (t->made && pins_remove())
		diag_warn("some of the new programs stay, and decide nothing");
	rmdir(t->dir);
	diag_hint("the programs before these stay in force");
}

static int take_steps(struct takeover *t, const struct policy_source *src,
		      struct prepared *prepared, const struct bpfseal_handover *told)
{
	int err;

	err = takeover_announce(t, src);
	if (!err)
		err = takeover_bring(t, prepared);
	if (!err)
		err = takeover_isolate(t);
	if (!err)
		err = takeover_begin(t, told);
	if (!err)
		err = store_commit(prepared->store);
	if (err)
		return err;
	err = takeover_give(t, src, prepared->table, &prepared->keys);
	if (err)
		store_revert(prepared->store);
	return err ? err : takeover_finish(t);
}

/* One of that version may be in force already, if its takeover couldn't be finished. */
static void name_dir(char dir[PIN_PATH_LEN], unsigned int version)
{
	unsigned int i = 1;

	snprintf(dir, PIN_PATH_LEN, PIN_PARENT "/" OWN_PREFIX "%u", version);
	while (!access(dir, F_OK))
		snprintf(dir, PIN_PATH_LEN, PIN_PARENT "/" OWN_PREFIX "%u-%u", version, ++i);
}

int takeover_init(struct takeover *t, unsigned int version)
{
	*t = (struct takeover){ .fs = -1 };
	name_dir(t->dir, version);
	t->old = pins_open("upgrade");
	t->old_audit = pins_open("audit_heir");
	if (t->old >= 0 && t->old_audit >= 0) {
		pins_use(t->dir);
		return 0;
	}
	takeover_end(t);
	return fail("reach the programs in force", t->old < 0 ? t->old : t->old_audit);
}

void takeover_end(struct takeover *t)
{
	const int fds[] = { t->old, t->old_audit, t->fs };

	pins_use(PIN_DIR);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

int takeover(const struct policy_source *src, struct prepared *prepared,
	     const struct bpfseal_handover *told)
{
	struct takeover t;
	int err;

	takeover_hand_on(told, prepared->table);
	err = takeover_init(&t, prepared->table->policy.version);
	if (err)
		return err;
	err = take_steps(&t, src, prepared, told);
	if (err && !t.closed)
		takeover_undo(&t);
	if (!err)
		err = clear_up(t.dir);
	takeover_end(&t);
	return err;
}
