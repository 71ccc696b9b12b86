// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gate_policy.c - put a policy into force and take it out again, by the
 * commands that everybody uses.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate.h"
#include "pins.h"

#define POLICY	GATE_TMP "/policy.yaml"
#define SHARED	GATE_TMP "/shared.yaml"

static const struct gate_signer default_signer = {
	.name = "signer",
	.certificate = GATE_KEYS "/signer.crt",
};

static void write_signer(FILE *f, const struct gate_signer *signer)
{
	fprintf(f, "  - name: %s\n", signer->name);
	if (signer->certificate)
		fprintf(f, "    certificate: %s\n", signer->certificate);
	if (signer->keyring)
		fprintf(f, "    keyring: %s\n", signer->keyring);
	if (signer->types)
		fprintf(f, "    types: [%s]\n", signer->types);
}

static const char *required(const struct gate_policy *policy)
{
	if (!policy->require)
		return gate_require(gate_kernel()->loader_level);
	if (!strcmp(policy->require, GATE_AT_LOAD))
		return gate_require(gate_kernel()->level);
	return policy->require;
}

int gate_policy_write(const char *path, const struct gate_policy *policy)
{
	FILE *f = fopen(path, "we");
	int i;

	if (!f)
		return -errno;
	fprintf(f, "mode: %s\nrequire: %s\nsigners:\n",
		policy->mode ? policy->mode : "enforcing",
		required(policy));
	if (!policy->signers[0].name)
		write_signer(f, &default_signer);
	for (i = 0; i < GATE_SIGNERS_MAX && policy->signers[i].name; i++)
		write_signer(f, &policy->signers[i]);
	if (policy->more)
		fputs(policy->more, f);
	return fclose(f) ? -EIO : 0;
}

static int write_and_do(const struct gate_policy *policy, const char *command)
{
	int err;

	if (mkdir(GATE_TMP, 0700) < 0 && errno != EEXIST)
		return -errno;
	err = gate_policy_write(POLICY, policy);
	return err ? err : gate_do("bpfseal", command, POLICY);
}

int gate_install_policy(const struct gate_policy *policy)
{
	return write_and_do(policy, "install");
}

int gate_reload(const struct gate_policy *policy)
{
	return write_and_do(policy, "reload");
}

/* Is what gate_install_shared() installed last still there? */
static bool is_shared(void)
{
	enum pin_state state;

	return !access(SHARED, F_OK) && !pins_state(&state) && state == PIN_INSTALLED;
}

/* And is it the same? */
static bool same_as_shared(const struct gate_policy *policy)
{
	struct gate_output diff;
	bool same;

	if (gate_policy_write(POLICY, policy) || gate_run(&diff, "cmp", POLICY, SHARED))
		return false;
	same = diff.status == 0;
	gate_output_free(&diff);
	return same;
}

/* The file that tells what is installed leaves out the mode, which may change. */
int gate_install_shared(const struct gate_policy *policy)
{
	struct gate_policy modeless = *policy;
	int err;

	modeless.mode = "enforcing";
	if (is_shared() && same_as_shared(&modeless))
		return gate_mode(policy->mode ? policy->mode : "enforcing");
	if (is_shared()) {
		err = gate_reload(policy);	/* an installation takes seconds */
	} else {
		err = gate_clean();
		if (!err)
			err = gate_install_policy(policy);
	}
	return err ? err : gate_policy_write(SHARED, &modeless);
}

int gate_install(const char *mode, const char *require)
{
	const struct gate_policy policy = { .mode = mode, .require = require };

	return gate_install_policy(&policy);
}

int gate_uninstall(void)
{
	return gate_do("bpfseal", "uninstall");
}

int gate_mode(const char *mode)
{
	return gate_do("bpfseal", "mode", mode);
}

int gate_clean(void)
{
	enum pin_state state;
	int err;

	unlink(SHARED);
	err = pins_state(&state);
	return err || state == PIN_ABSENT ? err : gate_uninstall();
}

int gate_decisions(struct bpfseal_counters *sum)
{
	struct bpfseal_counters counters[BPFSEAL_R_MAX];
	int err = report_counters(counters), i;

	memset(sum, 0, sizeof(*sum));
	for (i = 0; !err && i < BPFSEAL_R_MAX; i++) {
		sum->allowed += counters[i].allowed;
		sum->would_deny += counters[i].would_deny;
		sum->denied += counters[i].denied;
		sum->rejected += counters[i].rejected;
		sum->lost += counters[i].lost;
	}
	return err;
}

int gate_keyring(const char *signer, int32_t *serial)
{
	struct bpfseal_policy *policy = malloc(sizeof(*policy));
	uint32_t i;
	int err;

	if (!policy)
		return -ENOMEM;
	err = report_policy(policy);
	if (err)
		goto out;
	err = -ENOENT;
	for (i = 0; i < BPFSEAL_SLOTS; i++) {
		const struct bpfseal_signer *slot = &policy->slots[i];

		if (slot->id && !strcmp(policy->names[slot->id - 1], signer)) {
			*serial = slot->serial;
			err = 0;
		}
	}
out:
	free(policy);
	return err;
}
