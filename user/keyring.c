// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keyring.c - look at signers' keyrings, and the single steps of making one.
 * What they are and why they are safe is told in keyring.h.
 */
#include "keyring.h"

#include <errno.h>
#include <inttypes.h>
#include <keyutils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "keyring_perm.h"

#define DIGEST_PREFIX "sha256:"

static bool name_ok(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-");

	return len && len <= KEYRING_NAME_MAX && !name[len];
}

/* The description of a certificate's key in our keyrings. */
static void key_description(const struct cert *cert,
			    char text[sizeof(DIGEST_PREFIX) + 2 * CERT_DIGEST_LEN])
{
	strcpy(text, DIGEST_PREFIX);
	cert_fingerprint(cert, text + strlen(DIGEST_PREFIX));
}

int keyring_create(const char *name, int32_t *serial)
{
	char text[sizeof(KEYRING_PREFIX) + KEYRING_NAME_MAX];
	key_serial_t made;

	if (!name_ok(name))
		return -EINVAL;
	snprintf(text, sizeof(text), KEYRING_PREFIX "%s", name);
	made = add_key("keyring", text, NULL, 0, KEY_SPEC_THREAD_KEYRING);
	if (made < 0)
		return -errno;
	*serial = made;
	return 0;
}

int keyring_enrol(int32_t serial, const struct cert *cert, int32_t *key)
{
	char text[sizeof(DIGEST_PREFIX) + 2 * CERT_DIGEST_LEN];
	time_t left = cert->not_after - time(NULL);
	key_serial_t made;

	if (left <= 0)
		return -EKEYEXPIRED;
	key_description(cert, text);
	made = add_key("asymmetric", text, cert->der, cert->der_len, serial);
	if (made < 0)
		return -errno;
	/* The kernel takes 32 bits of seconds; beyond 136 years it doesn't matter. */
	if (left <= (time_t)UINT32_MAX && keyctl_set_timeout(made, (unsigned int)left) < 0)
		return -errno;
	*key = made;
	return 0;
}

int keyring_restrict(int32_t serial)
{
	return keyctl_restrict_keyring(serial, NULL, NULL) < 0 ? -errno : 0;
}

int keyring_destroy(int32_t serial)
{
	return keyctl_revoke(serial) < 0 ? -errno : 0;
}

/*
 * Type, owner, permissions and description of a key. The kernel prints ids as
 * signed numbers, and a description may hold semicolons.
 */
static int describe(int32_t serial, char **type, uint32_t *uid, uint32_t *perm,
		    char **description)
{
	char *text = NULL, *field[5], *rest;

	if (keyctl_describe_alloc(serial, &text) < 0)
		return -errno;
	rest = text;
	for (size_t i = 0; i < 4; i++) {
		field[i] = strsep(&rest, ";");
		if (!rest) {
			free(text);
			return -EPROTO;
		}
	}
	*uid = (uint32_t)strtoll(field[1], NULL, 10);
	*perm = (uint32_t)strtoul(field[3], NULL, 16);
	*description = strdup(rest);
	*type = text;		/* its first field ends in a NUL now */
	if (*description)
		return 0;
	free(text);
	return -ENOMEM;
}

/* The serials linked from a keyring. */
static int read_keys(int32_t serial, int32_t **keys, size_t *n)
{
	void *buf = NULL;
	int len = keyctl_read_alloc(serial, &buf);

	if (len < 0)
		return -errno;
	*keys = buf;
	*n = (size_t)len / sizeof(**keys);
	return 0;
}

static int read_content(struct keyring_info *info)
{
	int32_t *keys = NULL;
	uint32_t uid, perm;
	char *type;
	size_t n = 0;
	int err;

	err = read_keys(info->serial, &keys, &n);
	if (err)
		return err;
	info->n_keys = (unsigned int)n;
	if (n == 1)
		info->key = keys[0];
	if (n) {
		err = describe(keys[0], &type, &uid, &perm, &info->description);
		if (err == -EKEYEXPIRED || err == -EKEYREVOKED) {
			/* Still listed for some minutes, but the kernel won't use it. */
			info->n_keys = 0;
			info->key = 0;
		}
		if (!err) {
			/* An attacker's key is one that someone may still change. */
			info->sealed &= !strcmp(type, "asymmetric") && perm == PERM_KEY;
			free(type);
		}
	}
	free(keys);
	/* A key that expires while we look is shown as gone. */
	return err == -ENOKEY || err == -EKEYEXPIRED || err == -EKEYREVOKED ? 0 : err;
}

/* All but whether it is anchored. */
static int look_at(int32_t serial, struct keyring_info *info)
{
	struct keyring_info got = { .serial = serial };
	char *type, *text;
	const char *name;
	int err;

	err = describe(serial, &type, &got.uid, &got.perm, &text);
	if (err)
		return err;
	name = text + strlen(KEYRING_PREFIX);
	if (strcmp(type, "keyring") ||
	    strncmp(text, KEYRING_PREFIX, strlen(KEYRING_PREFIX)) || !name_ok(name)) {
		err = -ENOENT;
		goto out;
	}
	strcpy(got.name, name);
	got.sealed = got.perm == PERM_KEYRING;
	err = read_content(&got);
	if (!err)
		*info = got;
out:
	free(type);
	free(text);
	return err;
}

/* Calls a function for each keyring in /proc/keys this process can view. */
static int for_each_keyring(int (*visit)(int32_t serial, void *arg), void *arg)
{
	FILE *f = fopen("/proc/keys", "re");
	char *line = NULL, type[10];
	size_t size = 0;
	unsigned int serial;
	int err = 0;

	if (!f)
		return -errno;
	/* serial flags usage expiry perm uid gid type description */
	while (!err && getline(&line, &size, f) > 0)
		if (sscanf(line, "%x %*s %*s %*s %*s %*s %*s %9s", &serial, type) == 2 &&
		    !strcmp(type, "keyring"))
			err = visit((int32_t)serial, arg);
	if (!err && ferror(f))
		err = -EIO;
	free(line);
	fclose(f);
	return err;
}

/* The serials that anchors hold. */
struct anchored {
	int32_t *serials;
	size_t n;
};

static bool is_anchor(int32_t serial)
{
	uint32_t uid, perm;
	char *type, *text, expected[32];
	bool is;

	if (describe(serial, &type, &uid, &perm, &text))
		return false;
	snprintf(expected, sizeof(expected), "_uid.%" PRIu32, uid);
	is = uid - KEYRING_ANCHOR_UID < KEYRING_ANCHOR_UIDS && perm == PERM_ANCHOR &&
	     !strcmp(type, "keyring") && !strcmp(text, expected);
	free(type);
	free(text);
	return is;
}

static int add_anchored(int32_t serial, void *arg)
{
	struct anchored *a = arg;
	int32_t *keys = NULL, *more;
	size_t n = 0;
	int err = 0;

	if (!is_anchor(serial) || read_keys(serial, &keys, &n))
		return 0;
	more = reallocarray(a->serials, a->n + n + 1, sizeof(*more));
	if (more) {
		memcpy(more + a->n, keys, n * sizeof(*keys));
		a->serials = more;
		a->n += n;
	} else {
		err = -ENOMEM;
	}
	free(keys);
	return err;
}

static int compare_serials(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

/* Looked for once, since each installation leaves keyrings until reboot. */
static int mark_anchored(struct keyring_info *list, size_t n)
{
	struct anchored a = {};
	int err = for_each_keyring(add_anchored, &a);

	if (!err && a.n)
		qsort(a.serials, a.n, sizeof(*a.serials), compare_serials);
	for (size_t i = 0; i < n && !err; i++)
		list[i].anchored = a.n && bsearch(&list[i].serial, a.serials, a.n,
						  sizeof(*a.serials), compare_serials);
	free(a.serials);
	return err;
}

int keyring_describe(int32_t serial, struct keyring_info *info)
{
	struct keyring_info got;
	int err;

	err = look_at(serial, &got);
	if (err)
		return err;
	err = mark_anchored(&got, 1);
	if (err)
		keyring_info_clear(&got);
	else
		*info = got;
	return err;
}

struct listing {
	struct keyring_info *list;
	size_t n;
};

static int add_to_list(int32_t serial, void *arg)
{
	struct listing *l = arg;
	struct keyring_info info, *more;

	/* Others' keyrings, and those that vanish meanwhile, don't matter. */
	if (look_at(serial, &info))
		return 0;
	more = reallocarray(l->list, l->n + 1, sizeof(*more));
	if (!more) {
		keyring_info_clear(&info);
		return -ENOMEM;
	}
	l->list = more;
	l->list[l->n++] = info;
	return 0;
}

int keyring_list(struct keyring_info **list, size_t *n)
{
	struct listing l = { NULL, 0 };
	int err = for_each_keyring(add_to_list, &l);

	if (!err)
		err = mark_anchored(l.list, l.n);
	if (err) {
		keyring_list_free(l.list, l.n);
		return err;
	}
	*list = l.list;
	*n = l.n;
	return 0;
}

int keyring_find(const char *name, int32_t *serial)
{
	struct keyring_info *list;
	size_t n, matches = 0;
	int32_t found = 0;
	int err;

	err = keyring_list(&list, &n);
	if (err)
		return err;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i].name, name) || !list[i].sealed || !list[i].anchored)
			continue;
		found = list[i].serial;
		matches++;
	}
	keyring_list_free(list, n);
	if (matches != 1)
		return matches ? -ENOTUNIQ : -ENOKEY;
	*serial = found;
	return 0;
}

/* What differs from a keyring made for this signer, NULL if nothing does. */
static const char *difference(const struct keyring_info *info, const char *name,
			      const struct cert *cert)
{
	char text[sizeof(DIGEST_PREFIX) + 2 * CERT_DIGEST_LEN];

	key_description(cert, text);
	if (strcmp(info->name, name))
		return "it belongs to another signer";
	if (!info->n_keys || !info->description)
		return "it holds no key: the certificate has expired";
	if (info->n_keys != 1)
		return "it holds more than one key";
	if (strcmp(info->description, text))
		return "it holds the key of another certificate";
	if (!info->sealed)
		return "it is not sealed: keys could be added to it or replaced";
	if (!info->anchored)
		return "it is not anchored: it could be destroyed";
	return NULL;
}

bool keyring_is(int32_t serial, const char *name, const struct cert *cert)
{
	struct keyring_info info;
	bool same;

	if (keyring_describe(serial, &info))
		return false;
	same = !difference(&info, name, cert);
	keyring_info_clear(&info);
	return same;
}

int keyring_check(int32_t serial, const char *name, const struct cert *cert)
{
	struct keyring_info info;
	const char *why;
	int err;

	err = keyring_describe(serial, &info);
	if (!err) {
		why = difference(&info, name, cert);
		if (why)
			err = info.description ? -ESTALE : -ENOKEY;
		keyring_info_clear(&info);
	} else if (err == -ENOENT) {
		why = "it is not a keyring of bpfseal";
		err = -ESTALE;
	} else {
		why = strerror(-err);
	}
	if (err)
		diag_error("keyring %" PRId32 " of signer %s: %s", serial,
			   diag_quote(name).s, why);
	return err;
}

void keyring_info_clear(struct keyring_info *info)
{
	free(info->description);
	info->description = NULL;
}

void keyring_list_free(struct keyring_info *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		keyring_info_clear(&list[i]);
	free(list);
}
