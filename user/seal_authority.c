// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * seal_authority.c - whose policies can follow a sealed one.
 *
 * The kernel checks the authority's signature itself, by a sealed keyring with the
 * authority's certificate: see bpf/signed.h.
 */
#include "seal.h"

#include <errno.h>
#include <string.h>

#include "authority.h"
#include "diag.h"
#include "keyring.h"
#include "report.h"

#define KEYRING_NAME "authority"
#define SECOND 1000000000ULL

static int refuse_other(void)
{
	diag_error("the certificate of the policy authority isn't the one that admitted the policy in force");
	diag_hint("put that back first: bpfseal policy authority set CERT");
	return -EKEYREJECTED;
}

static int make_keyring(const struct cert *cert, struct bpfseal_signer *out)
{
	__s32 serial;
	int err = keyring_ensure(KEYRING_NAME, cert, &serial);

	if (!err)
		*out = (struct bpfseal_signer){
			.serial = serial,
			.from = (__u64)cert->not_before * SECOND,
			.until = (__u64)cert->not_after * SECOND,
		};
	return err;
}

int seal_authority(struct bpfseal_signer *out)
{
	static const __u8 nobody[BPFSEAL_DIGEST_LEN];
	struct bpfseal_policy running;
	struct cert *cert = NULL;
	int err;

	err = report_policy(&running);
	if (err)
		return err;
	if (!memcmp(running.authority, nobody, sizeof(nobody))) {
		*out = (struct bpfseal_signer){};
		return 0;
	}
	err = authority_load("", &cert);
	if (!err && (!cert || memcmp(cert->fingerprint, running.authority, sizeof(nobody))))
		err = refuse_other();
	if (!err)
		err = make_keyring(cert, out);
	cert_free(cert);
	return err;
}
