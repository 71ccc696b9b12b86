// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * store.c - keeps the policy for the next boot.
 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diag.h"
#include "file.h"
#include "hex.h"
#include "statement.h"

#define RECORD_MAX 256

/**
 * struct store_change - from one stored policy to the next
 * @next: the directory being written; after the switch, the one that was stored
 * @current: the directory in force
 * @replaced: there was one before
 * @committed: the switch is done
 */
struct store_change {
	char next[PATH_MAX], current[PATH_MAX];
	bool replaced, committed;
};

static int cannot(const char *what, const char *path, int err)
{
	diag_error("cannot %s %s: %s", what, diag_quote(path).s, strerror(-err));
	return err;
}

/* Nobody else may have written it, or put it in its place. */
static int check_ours(const char *root, const char *path)
{
	char dir[PATH_MAX];
	int err;

	snprintf(dir, sizeof(dir), "%s" STORE_DIR "/current", root);
	err = file_check_owner(dir);
	if (!err)
		err = file_check_owner(path);
	if (err == -EPERM)
		diag_error("others than root can change %s: it isn't trusted",
			   diag_quote(path).s);
	else if (err && err != -ENOENT)
		cannot("look at", path, err);
	return err;
}

/* --- the record ------------------------------------------------------------- */

static int record_text(const struct store_record *record, char text[RECORD_MAX])
{
	return snprintf(text, RECORD_MAX, "version %u\nsha256 %s\nauthority %s\n",
			record->version, hex_of(record->sha256).s,
			hex_of(record->authority).s);
}

/* Only what record_text() writes. */
static bool parse_record(const char *text, struct store_record *out)
{
	struct store_record record = { .known = true };
	char sha256[65], authority[65], again[RECORD_MAX];

	if (sscanf(text, "version %u sha256 %64s authority %64s", &record.version, sha256,
		   authority) != 3 ||
	    !hex_parse(sha256, record.sha256) || !hex_parse(authority, record.authority))
		return false;
	record_text(&record, again);
	if (strcmp(text, again))
		return false;
	*out = record;
	return true;
}

int store_read_record(const char *root, struct store_record *out)
{
	char path[PATH_MAX];
	uint8_t *text;
	size_t len;
	bool good;
	int err;

	snprintf(path, sizeof(path), "%s" STORE_DIR "/current/record", root);
	err = check_ours(root, path);
	if (err == -ENOENT) {
		memset(out, 0, sizeof(*out));
		return 0;
	}
	if (!err)
		err = source_read_file("record", path, RECORD_MAX, &text, &len);
	if (err)
		return err;
	good = parse_record((const char *)text, out);
	free(text);
	if (good)
		return 0;
	diag_error("the record of the last version, %s, is damaged", diag_quote(path).s);
	diag_hint("without it nothing tells older policies from newer ones; to do without, remove it");
	return -EBADMSG;
}

/* --- reading ---------------------------------------------------------------- */

int store_open(const char *root, struct policy_source *out)
{
	struct policy_source src = { 0 };
	struct store_record record;
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s" STORE_DIR "/current/policy.yaml", root);
	err = check_ours(root, path);
	if (!err)
		err = policy_source_read(path, &src);
	if (err)
		return err;
	err = store_read_record(root, &record);
	if (!err && (!record.known || memcmp(record.sha256, src.sha256, sizeof(src.sha256)))) {
		diag_error("the stored policy %s isn't the one that was installed",
			   diag_quote(path).s);
		diag_hint("install one anew: bpfseal install POLICY.yaml");
		err = -EBADMSG;
	}
	if (err) {
		policy_source_free(&src);
		return err;
	}
	src.stored = true;
	*out = src;
	return 0;
}

/* --- changing --------------------------------------------------------------- */

/* Begin with an empty directory; one that a crash left is removed. */
static int make_next(const char *root, struct store_change **out)
{
	struct store_change *change = calloc(1, sizeof(*change));
	char dir[PATH_MAX];
	int err;

	if (!change)
		return -ENOMEM;
	snprintf(dir, sizeof(dir), "%s" STORE_DIR, root);
	snprintf(change->next, sizeof(change->next), "%s" STORE_DIR "/next", root);
	snprintf(change->current, sizeof(change->current), "%s" STORE_DIR "/current", root);
	err = file_make_dirs(dir);
	if (!err)
		err = file_remove_dir(change->next);
	if (!err || err == -ENOENT)
		err = mkdir(change->next, 0700) < 0 ? -errno : 0;
	if (err) {
		cannot("make", change->next, err);
		free(change);
		return err;
	}
	*out = change;
	return 0;
}

static int put(const struct store_change *change, const char *name, const void *data,
	       size_t len)
{
	char path[PATH_MAX + NAME_MAX + 2];
	int err;

	snprintf(path, sizeof(path), "%s/%s", change->next, name);
	err = file_create(path, data, len, 0600);
	return err ? cannot("write", path, err) : 0;
}

static int put_record(const struct store_change *change, const struct store_record *record)
{
	char text[RECORD_MAX];
	int len = record_text(record, text);

	return put(change, "record", text, len);
}

static int put_certificates(const struct store_change *change, const struct policy_doc *doc,
			    const struct compile_signer *signers)
{
	char name[NAME_MAX];
	int err = 0;

	for (unsigned int i = 0; i < doc->n_signers && !err; i++) {
		if (!signers[i].cert)
			continue;
		snprintf(name, sizeof(name), "signer-%s.der", doc->signers[i].name);
		err = put(change, name, signers[i].cert->der, signers[i].cert->der_len);
	}
	return err;
}

int store_begin(const char *root, const struct policy_source *src,
		const struct policy_doc *doc, const struct compile_signer *signers,
		struct store_change **out)
{
	struct store_record record = { .known = true, .version = doc->version };
	struct store_change *change;
	int err;

	memcpy(record.sha256, src->sha256, sizeof(record.sha256));
	memcpy(record.authority, doc->authority, sizeof(record.authority));
	err = make_next(root, &change);
	if (err)
		return err;
	err = put(change, "policy.yaml", src->text, src->len);
	if (!err && src->sig)
		err = put(change, "policy.yaml" SOURCE_SIGNATURE, src->sig, src->sig_len);
	if (!err)
		err = put_certificates(change, doc, signers);
	if (!err)
		err = put_record(change, &record);
	if (err)
		store_end(change);
	else
		*out = change;
	return err;
}

int store_begin_removal(const char *root, struct store_change **out)
{
	struct store_change *change;
	struct store_record record;
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s" STORE_DIR "/current/policy.yaml", root);
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return -ENOENT;
	err = store_read_record(root, &record);
	if (!err)
		err = make_next(root, &change);
	if (err)
		return err;
	if (record.known)
		err = put_record(change, &record);
	if (err)
		store_end(change);
	else
		*out = change;
	return err;
}

static int switch_names(const struct store_change *change, const char *from, const char *to)
{
	unsigned int how = change->replaced ? RENAME_EXCHANGE : RENAME_NOREPLACE;

	return renameat2(AT_FDCWD, from, AT_FDCWD, to, how) < 0 ? -errno : 0;
}

int store_commit(struct store_change *change)
{
	int err;

	change->replaced = access(change->current, F_OK) == 0;
	err = switch_names(change, change->next, change->current);
	if (!err) {
		change->committed = true;
		err = file_sync_dir(change->current);
		if (err)
			store_revert(change);
	}
	return err ? cannot("store the policy in", change->current, err) : 0;
}

void store_revert(struct store_change *change)
{
	if (!change->committed)
		return;
	change->committed = false;
	if (switch_names(change, change->current, change->next) ||
	    file_sync_dir(change->current))
		diag_warn("%s holds a policy that wasn't put into force",
			  diag_quote(change->current).s);
}

void store_end(struct store_change *change)
{
	if (!change)
		return;
	file_remove_dir(change->next);
	free(change);
}
