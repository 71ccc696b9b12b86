// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keyring_set.c - make the sealed keyrings of a set of signers.
 *
 * A child process does it: the keyrings hang from its thread keyring until the
 * anchor holds them, so if a step fails they are gone with the child. The
 * child also changes its uid to the anchor's.
 *
 *   1. as root: make each keyring, put the key into it, restrict it
 *   2. real uid N, effective 0: get N's user keyring, which the kernel makes;
 *      take the next N if it is sealed or not empty
 *   3. effective uid N: hide it from searches, link the keyrings into it
 *   4. effective uid 0: seal the keys, then the keyrings
 *   5. uid N for good: seal the anchor
 *
 * The parent then looks at the result from outside.
 */
#include "keyring.h"

#include <errno.h>
#include <inttypes.h>
#include <keyutils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "diag.h"
#include "keyring_perm.h"

struct serials {
	int32_t keyring[KEYRING_SET_MAX];
	int32_t key[KEYRING_SET_MAX];
};

static const char *kernel_says(int err)
{
	switch (err) {
	case -EKEYREJECTED:
		return "the kernel rejects the certificate (revoked, or badly signed)";
	case -ENOPKG:
		return "the kernel lacks an algorithm the certificate uses";
	case -EBADMSG:
		return "the kernel cannot parse the certificate";
	case -ENODEV:
		return "the kernel has no asymmetric keys";
	case -EKEYEXPIRED:
		return "the certificate has expired";
	default:
		return strerror(-err);
	}
}

static int report(int err, const char *step, const char *name)
{
	if (err)
		diag_error("cannot %s for signer %s: %s", step, diag_quote(name).s,
			   kernel_says(err));
	return err;
}

static int make_keyring(const struct keyring_want *want, int32_t *keyring, int32_t *key)
{
	int err;

	err = report(keyring_create(want->name, keyring), "make a keyring", want->name);
	if (!err)
		err = report(keyring_enrol(*keyring, want->cert, key), "enrol the key",
			     want->name);
	if (!err)
		err = report(keyring_restrict(*keyring), "restrict the keyring", want->name);
	return err;
}

/*
 * Is the user keyring of this process's real uid unused? Sets its serial. The
 * kernel answers -ENOKEY for a sealed one, and whatever else is wrong. It is read
 * by its special name, by which it is possessed; with the effective uid 0 its
 * serial would only do where the session keyring links it.
 */
static bool try_anchor(int32_t *anchor)
{
	key_serial_t serial = keyctl_get_keyring_ID(KEY_SPEC_USER_KEYRING, 1);
	void *content = NULL;
	int len = serial < 0 ? -1 :
		keyctl_read_alloc(KEY_SPEC_USER_KEYRING, &content);

	free(content);
	if (len)
		return false;
	*anchor = serial;
	return true;
}

/* Find an unused anchor; on return its uid is this process's real uid. */
static int open_anchor(uid_t *uid, int32_t *anchor)
{
	for (uint32_t i = 0; i < KEYRING_ANCHOR_UIDS; i++) {
		*uid = KEYRING_ANCHOR_UID + i;
		if (setresuid(*uid, 0, 0)) {
			int err = -errno;

			diag_error("cannot become uid %u to anchor the keyrings: %s", *uid,
				   strerror(-err));
			diag_hint("it needs root with CAP_SETUID in the initial user namespace");
			return err;
		}
		if (try_anchor(anchor))
			return 0;
	}
	diag_error("none of %u uids has a user keyring to anchor the keyrings in",
		   KEYRING_ANCHOR_UIDS);
	diag_hint("a used one is free again after a reboot");
	return -ENOSPC;
}

static int link_all(int32_t anchor, const struct serials *made, size_t n)
{
	if (keyctl_setperm(anchor, PERM_FILLING) < 0)
		return -errno;
	for (size_t i = 0; i < n; i++)
		if (keyctl_link(made->keyring[i], anchor) < 0)
			return -errno;
	return 0;
}

static int seal_all(const struct serials *made, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (keyctl_setperm(made->key[i], PERM_KEY) < 0 ||
		    keyctl_setperm(made->keyring[i], PERM_KEYRING) < 0)
			return -errno;
	return 0;
}

/* Undo what link_all() did, with the same uid. */
static void unlink_all(int32_t anchor)
{
	if (keyctl_clear(anchor) < 0)
		diag_warn("cannot clear the anchor keyring: %s", strerror(errno));
}

static int anchor_all(const struct serials *made, size_t n)
{
	int32_t anchor = 0;
	uid_t uid = 0;
	int err;

	err = open_anchor(&uid, &anchor);
	if (err)
		return err;
	err = setresuid(uid, uid, 0) ? -errno : link_all(anchor, made, n);
	if (!err && setresuid(uid, 0, 0))
		err = -errno;
	if (!err)
		err = seal_all(made, n);
	if (setresuid(uid, uid, uid) && !err)
		err = -errno;
	if (!err && keyctl_setperm(anchor, PERM_ANCHOR) < 0)
		err = -errno;
	if (err) {
		diag_error("cannot seal the keyrings: %s", strerror(-err));
		unlink_all(anchor);
	}
	return err;
}

static int child(const struct keyring_want *want, size_t n, int fd)
{
	struct serials made = { { 0 }, { 0 } };
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		err = make_keyring(&want[i], &made.keyring[i], &made.key[i]);
	if (!err)
		err = anchor_all(&made, n);
	/* Small enough for a pipe to take at once. */
	if (!err && write(fd, &made, sizeof(made)) != sizeof(made))
		err = -EIO;
	return err;
}

/* Run child() in a process of its own. */
static int run_child(const struct keyring_want *want, size_t n, struct serials *made)
{
	int fds[2], status = 0;
	ssize_t got;
	pid_t pid;

	if (pipe(fds))
		return -errno;
	pid = fork();
	if (pid < 0) {
		int err = -errno;

		close(fds[0]);
		close(fds[1]);
		return err;
	}
	if (!pid) {
		close(fds[0]);
		_exit(-child(want, n, fds[1]) & 0xff);
	}
	close(fds[1]);
	do
		got = read(fds[0], made, sizeof(*made));
	while (got < 0 && errno == EINTR);
	close(fds[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFEXITED(status) && WEXITSTATUS(status))
		return -WEXITSTATUS(status);
	return WIFEXITED(status) && got == sizeof(*made) ? 0 : -EIO;
}

static int check_want(const struct keyring_want *want, size_t n)
{
	if (!n || n > KEYRING_SET_MAX)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (!strcmp(want[i].name, want[k].name))
				return -EINVAL;
	return 0;
}

int keyring_make_set(struct keyring_want *want, size_t n)
{
	struct serials made;
	int err;

	err = check_want(want, n);
	if (!err)
		err = run_child(want, n, &made);
	for (size_t i = 0; i < n && !err; i++)
		err = keyring_check(made.keyring[i], want[i].name, want[i].cert);
	for (size_t i = 0; i < n && !err; i++) {
		want[i].serial = made.keyring[i];
		want[i].key = made.key[i];
	}
	return err == -ESTALE ? -EIO : err;
}

int keyring_ensure(const char *name, const struct cert *cert, int32_t *serial)
{
	struct keyring_want want = { .name = name, .cert = cert };
	int err = keyring_make_set(&want, 1);

	if (!err)
		*serial = want.serial;
	return err;
}
