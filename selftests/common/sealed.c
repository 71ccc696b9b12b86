// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sealed.c - the policy that the tests of a VM seal.
 */
#include "sealed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cert.h"
#include "cli.h"
#include "gate.h"
#include "hex.h"
#include "report.h"
#include "seal.h"
#include "store.h"

#define AUTHORITY "authority"

#define SIGNER_LEN 256

static int write_signer(const char *name, char text[SIGNER_LEN])
{
	struct cert *cert;
	char path[64];
	int err;

	text[0] = '\0';
	if (!name)
		return 0;
	snprintf(path, sizeof(path), GATE_KEYS "/%s.crt", name);
	err = cert_load(path, &cert);
	if (err)
		return err;
	snprintf(text, SIGNER_LEN, "  - name: %s\n    certificate: %s\n    fingerprint: \"%s\"\n",
		 name, path, hex_of(cert->fingerprint).s);
	cert_free(cert);
	return 0;
}

static int write_policy(const struct sealed_policy *p)
{
	char text[1024], signer[SIGNER_LEN], also[SIGNER_LEN];
	int err;

	err = write_signer(p->signer ? p->signer : "signer", signer);
	if (!err)
		err = write_signer(p->also, also);
	if (err)
		return err;
	snprintf(text, sizeof(text), "version: %u\nmode: %s\nrequire: %s\nsigners:\n%s%s%s",
		 p->version, p->mode ? p->mode : "enforcing",
		 gate_require(gate_kernel()->loader_level), signer, also, p->more ? p->more : "");
	return gate_write(SEALED_POLICY, text, strlen(text));
}

int sealed_sign(const struct sealed_policy *p, const char *who, const char *programs)
{
	char key[64], cert[64];
	int err = write_policy(p);

	if (err)
		return err;
	snprintf(key, sizeof(key), CLI_TMP "/%s.key", who);
	snprintf(cert, sizeof(cert), CLI_TMP "/%s.crt", who);
	/* Without programs the arguments end before them. */
	return gate_do("bpfseal", "policy", "sign", "--key", key, "--certificate", cert,
		       SEALED_POLICY, programs ? "--programs" : NULL, programs);
}

static int make_certificates(void)
{
	const struct cli_cert authority = { .name = AUTHORITY }, stranger = { .name = "stranger" };
	int err;

	if ((mkdir(CLI_TMP, 0755) < 0 || mkdir(GATE_TMP, 0755) < 0) && errno != EEXIST)
		return -errno;
	err = cli_cert_make(&authority);
	return err ? err : cli_cert_make(&stranger);
}

int sealed_install(void)
{
	const struct sealed_policy first = { .version = 1, .mode = "sealed" };
	int err;

	err = gate_clean();
	if (!err)
		err = gate_do("rm", "-rf", "/etc/bpfseal", STORE_DIR);
	if (!err)
		err = make_certificates();
	if (!err)
		err = gate_do("bpfseal", "policy", "authority", "set",
			      CLI_TMP "/" AUTHORITY ".crt");
	if (!err)
		err = sealed_sign(&first, AUTHORITY, NULL);
	/* Something stands in the way, lockdown at least. */
	return err ? err : gate_do("bpfseal", "install", SEALED_POLICY) == 3 ? 0 : -EIO;
}

unsigned int sealed_version(void)
{
	struct bpfseal_policy p;

	return report_policy(&p) ? 0 : p.version;
}

int sealed_ready(unsigned int *next)
{
	unsigned int version;
	int err = 0;

	if (!seal_is_closed()) {
		err = sealed_install();
		if (!err)
			err = gate_do("bpfseal", "seal", "--force");
	}
	if (err)
		return err;
	version = sealed_version();
	if (!version)
		return -EIO;
	*next = version + 1;
	return 0;
}
