// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sealed_follow_test.c - a sealed policy makes room for a newer one that its authority has
 * signed, and for nothing else.
 *
 * The policy stays sealed, and versions only rise, so that each test takes the next ones.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cli.h"
#include "compile.h"
#include "control.h"
#include "gate_test.h"
#include "manifest.h"
#include "report.h"
#include "sealed.h"
#include "source.h"

#define ALLOW_UNSIGNED "rules: [{id: r, action: allow, types: [socket_filter]}]\n"

FIXTURE(follow) {
	struct gate_output out;
	struct gate_events events;
	unsigned int next;
};

FIXTURE_SETUP(follow)
{
	GATE_NEEDS_SIGNATURES;
	ASSERT_EQ(0, sealed_ready(&self->next));
	ASSERT_EQ(0, gate_events_open(&self->events));
}

FIXTURE_TEARDOWN(follow)
{
	struct bpfseal_policy p;

	EXPECT_EQ(-EPERM, cli_unsigned());
	EXPECT_EQ(0, report_policy(&p));
	EXPECT_EQ(BPFSEAL_SEALED, p.mode);
	gate_events_close(&self->events);
	gate_output_free(&self->out);
}

static void expect_event(struct __test_metadata *_metadata, struct gate_events *events)
{
	const struct gate_match match = {
		.decision = BPFSEAL_DENY, .reason = BPFSEAL_R_SEALED, .hook = BPFSEAL_HOOK_CONTROL,
	};

	ASSERT_LE(0, gate_events_drain(events));
	EXPECT_LT(0, gate_event_count(events, &match));
	gate_events_clear(events);
}

/* --- by the command --------------------------------------------------------------- */

TEST_F(follow, newer)
{
	struct sealed_policy p = { .version = self->next, .more = ALLOW_UNSIGNED };

	ASSERT_EQ(0, sealed_sign(&p, "authority", NULL));
	CLI_RUN(0, &self->out, "bpfseal", "reload", SEALED_POLICY);
	CLI_HAS(self->out.out, "reloaded: sealed, ");
	EXPECT_EQ(p.version, sealed_version());
	EXPECT_EQ(0, cli_unsigned()) TH_LOG("by the rule of the newer policy");
	/* The very same again: its cgroups are looked up anew. */
	CLI_RUN(0, &self->out, "bpfseal", "reload", SEALED_POLICY);
	CLI_RUN(1, &self->out, "bpfseal", "uninstall");
	CLI_RUN(1, &self->out, "bpfseal", "mode", "permissive");

	p = (struct sealed_policy){ .version = self->next + 1 };
	ASSERT_EQ(0, sealed_sign(&p, "authority", NULL));
	CLI_RUN(0, &self->out, "bpfseal", "reload", SEALED_POLICY);
	EXPECT_EQ(-EPERM, cli_unsigned());
}

#define REFUSED(reason) do { \
	CLI_RUN(1, &self->out, "bpfseal", "reload", SEALED_POLICY); \
	CLI_HAS(self->out.err, reason); \
	EXPECT_EQ(self->next - 1, sealed_version()); \
	EXPECT_EQ(-EPERM, cli_unsigned()); \
} while (0)

TEST_F(follow, refused)
{
	struct sealed_policy p = { .version = self->next, .more = ALLOW_UNSIGNED };

	ASSERT_EQ(0, sealed_sign(&p, "stranger", NULL));
	REFUSED("is made by another signer");
	ASSERT_EQ(0, sealed_sign(&p, "authority", NULL));
	ASSERT_EQ(0, unlink(SEALED_POLICY ".p7s.kernel"));
	REFUSED("the policy in force is sealed, and there is no " SEALED_POLICY ".p7s.kernel");
	p.more = "";
	ASSERT_EQ(0, sealed_sign(&p, "authority", NULL));
	ASSERT_EQ(0, gate_do("cp", SEALED_POLICY ".p7s.kernel", CLI_TMP "/other.kernel"));
	p.more = ALLOW_UNSIGNED;
	ASSERT_EQ(0, sealed_sign(&p, "authority", NULL));
	ASSERT_EQ(0, gate_do("cp", CLI_TMP "/other.kernel", SEALED_POLICY ".p7s.kernel"));
	REFUSED("the kernel finds that the authority's signature doesn't match the policy");
	expect_event(_metadata, &self->events);
	ASSERT_EQ(0, sealed_sign(&p, "stranger", NULL));
	ASSERT_EQ(0, gate_do("cp", SEALED_POLICY ".p7s.kernel", CLI_TMP "/other.kernel"));
	ASSERT_EQ(0, sealed_sign(&p, "authority", NULL));
	ASSERT_EQ(0, gate_do("cp", CLI_TMP "/other.kernel", SEALED_POLICY ".p7s.kernel"));
	REFUSED("isn't that of the authority it was sealed under");
	expect_event(_metadata, &self->events);
	p.version = self->next - 1;
	ASSERT_EQ(0, sealed_sign(&p, "authority", NULL));
	REFUSED("is not higher than");
	p = (struct sealed_policy){ .version = self->next, .mode = "permissive" };
	ASSERT_EQ(0, sealed_sign(&p, "authority", NULL));
	REFUSED("is permissive, and the one in force is sealed until reboot");
}

/* Its keyring might not last. */
TEST_F(follow, new_signer)
{
	const struct sealed_policy p = { .version = self->next, .signer = "stranger",
					 .also = "signer" };
	const struct sealed_policy back = { .version = self->next + 1 };
	struct bpfseal_policy now;
	unsigned int trusted = 0;

	ASSERT_EQ(0, sealed_sign(&p, "authority", NULL));
	CLI_RUN(0, &self->out, "bpfseal", "reload", SEALED_POLICY);
	CLI_HAS(self->out.err, "signer stranger is new, and the policy is sealed: it is trusted from the next boot on");
	ASSERT_EQ(0, report_policy(&now));
	for (unsigned int i = 0; i < BPFSEAL_SLOTS; i++)
		trusted += now.slots[i].id != 0;
	EXPECT_EQ(1, trusted);
	EXPECT_EQ(0, now.serials[0]);
	EXPECT_NE(0, now.serials[1]);
	ASSERT_EQ(0, sealed_sign(&back, "authority", NULL));
	CLI_RUN(0, &self->out, "bpfseal", "reload", SEALED_POLICY);
}

/* --- by running "control", as whoever is root can ----------------------------------- */

/* A policy as the controller would lay it out, but for what is the host's. */
struct attempt {
	struct bpfseal_table *table;
	struct rules_keys keys;
	uint8_t *sig;
	size_t sig_len;
	int control;
};

static int lay_out(const struct policy_doc *doc, struct attempt *a)
{
	struct policy_fingerprint fingerprints[POLICY_SIGNERS_MAX] = {};
	const struct rules_host host = {};
	int err;

	memcpy(fingerprints[0].bytes, doc->signers[0].fingerprint, sizeof(fingerprints[0].bytes));
	err = compile_anywhere(doc, fingerprints, &a->table->policy);
	a->table->policy.abi = BPFSEAL_ABI;
	a->table->policy.multiplier = 1;
	if (!err && doc->n_rules)
		err = rules_compile(doc, &host, &a->table->rules, &a->keys);
	return err;
}

static int begin(const struct sealed_policy *p, struct attempt *a)
{
	struct policy_source src = {};
	struct policy_doc *doc = NULL;
	int err;

	*a = (struct attempt){ .table = calloc(1, sizeof(*a->table)), .control = control_open() };
	err = sealed_sign(p, "authority", NULL);
	if (!err)
		err = policy_source_read(SEALED_POLICY, &src);
	if (!err)
		err = policy_source_read_kernel(&src, &a->sig, &a->sig_len);
	if (!err)
		err = policy_source_parse(&src, &doc);
	if (!err)
		err = lay_out(doc, a);
	policy_free(doc);
	policy_source_free(&src);
	return err;
}

static int try(const struct attempt *a)
{
	return control_follow(a->control, a->table, &a->keys, a->sig, a->sig_len);
}

static void end(struct attempt *a)
{
	close(a->control);
	rules_keys_free(&a->keys);
	free(a->table);
	free(a->sig);
}

#define DENIED(with) do { \
	EXPECT_EQ(with, try(&a)); \
	expect_event(_metadata, &self->events); \
	EXPECT_EQ(self->next - 1, sealed_version()); \
} while (0)

/* Bits that stand at the beginning, in the middle and at the end of what is signed. */
TEST_F(follow, altered)
{
	const struct sealed_policy p = {
		.version = self->next, .more = "rules: [{id: r, action: deny, uids: [7, 8]}]\n",
	};
	struct attempt a;

	ASSERT_EQ(0, begin(&p, &a));
	ASSERT_EQ(2, a.keys.n);
	a.table->policy.require ^= 1;
	DENIED(-EKEYREJECTED);
	a.table->policy.require ^= 1;
	a.table->policy.names[BPFSEAL_SIGNERS_MAX - 1][BPFSEAL_SIGNER_NAME_LEN - 1] = 1;
	DENIED(-EKEYREJECTED);
	a.table->policy.names[BPFSEAL_SIGNERS_MAX - 1][BPFSEAL_SIGNER_NAME_LEN - 1] = 0;
	a.table->rules.n++;
	DENIED(-EKEYREJECTED);
	a.table->rules.n--;
	a.table->rules.rules[0].allow = 1;
	DENIED(-EKEYREJECTED);
	a.table->rules.rules[0].allow = 0;
	a.table->rules.vectors[BPFSEAL_VECTORS_MAX - 1].words[BPFSEAL_RULE_WORDS - 1] = 1;
	DENIED(-EKEYREJECTED);
	a.table->rules.vectors[BPFSEAL_VECTORS_MAX - 1].words[BPFSEAL_RULE_WORDS - 1] = 0;
	a.keys.list[1].number ^= 1;
	DENIED(-EKEYREJECTED);
	a.keys.list[1].number ^= 1;
	a.keys.n = 1;
	DENIED(-EKEYREJECTED);
	a.keys.n = 2;
	a.sig[a.sig_len - 1] ^= 1;
	DENIED(-EKEYREJECTED);
	a.sig[a.sig_len - 1] ^= 1;
	a.sig_len--;
	DENIED(-EBADMSG);
	a.sig_len = 0;
	DENIED(-EBADMSG);
	end(&a);
}

/* What isn't signed isn't taken from whoever hands the policy over. */
TEST_F(follow, host_is_handed_on)
{
	const struct sealed_policy p = { .version = self->next };
	struct bpfseal_table *was, *is;
	struct attempt a;

	ASSERT_EQ(0, report_table(&was));
	ASSERT_EQ(0, begin(&p, &a));
	a.table->policy.mode = BPFSEAL_PERMISSIVE;
	a.table->policy.verified_level = BPFSEAL_LEVEL_METADATA + 1;
	a.table->policy.promotes = a.table->policy.signs_btf = 7;
	a.table->policy.tai_utc = a.table->policy.utc_offset = 1;
	a.table->policy.serials[0] = a.table->policy.serials[1] = 77;
	memset(a.table->policy.authority, 7, sizeof(a.table->policy.authority));
	memset(a.table->policy.slots, 7, sizeof(a.table->policy.slots));
	a.table->rules.user_ns = a.table->rules.mount_ns = a.table->rules.net_ns = 7;
	a.table->policy.generation = a.table->rules.bank = 7;
	ASSERT_EQ(0, try(&a));
	ASSERT_EQ(0, report_table(&is));
	EXPECT_EQ(was->policy.generation + 1, is->policy.generation);
	EXPECT_EQ(BPFSEAL_SEALED, is->policy.mode);
#define HANDED_ON(member) EXPECT_EQ(0, memcmp(&was->member, &is->member, sizeof(was->member)))
	HANDED_ON(policy.verified_level);
	HANDED_ON(policy.promotes);
	HANDED_ON(policy.signs_btf);
	HANDED_ON(policy.require_loader);
	HANDED_ON(policy.tai_utc);
	HANDED_ON(policy.utc_offset);
	HANDED_ON(policy.serials);
	HANDED_ON(policy.authority);
	HANDED_ON(rules.user_ns);
	HANDED_ON(rules.mount_ns);
	HANDED_ON(rules.net_ns);
	EXPECT_EQ(was->policy.serials[0],
		  is->policy.slots[bpfseal_slot(1, was->policy.serials[0])].serial);
	free(was);
	free(is);
	end(&a);
}

static int sign_with(struct attempt *a, const char *options)
{
	struct bpfseal_manifest manifest;
	char command[512];
	int err;

	err = manifest_of(a->table, &a->keys, &manifest);
	if (!err)
		err = gate_write(CLI_TMP "/manifest", &manifest, sizeof(manifest));
	snprintf(command, sizeof(command), "cd " CLI_TMP " && openssl cms -sign -binary -in manifest "
		 "-outform DER -out manifest.p7s %s", options);
	if (!err)
		err = gate_do("sh", "-c", command);
	free(a->sig);
	a->sig = NULL;
	return err ? err : source_read_file("signature", CLI_TMP "/manifest.p7s", BPFSEAL_SIGNATURE_MAX,
					    &a->sig, &a->sig_len);
}

/* The kernel would believe whoever the authority's key has issued a certificate for. */
TEST_F(follow, deputy)
{
	const struct sealed_policy p = { .version = self->next };
	struct attempt a;

	ASSERT_EQ(0, begin(&p, &a));
	ASSERT_EQ(0, gate_do("sh", "-c", "cd " CLI_TMP " && "
		"printf '[req]\\ndistinguished_name = dn\\n[dn]\\n' >req.cnf && "
		"openssl req -config req.cnf -new -newkey rsa:2048 -nodes -keyout deputy.key -subj /CN=deputy -out deputy.csr && "
		"openssl x509 -req -in deputy.csr -CA authority.crt -CAkey authority.key -set_serial 7 -out deputy.crt"));
	ASSERT_EQ(0, sign_with(&a, "-signer deputy.crt -inkey deputy.key"));
	DENIED(-EBADMSG);
	ASSERT_EQ(0, sign_with(&a, "-signer authority.crt -inkey authority.key"));
	DENIED(-EBADMSG);
	ASSERT_EQ(0, sign_with(&a, "-noattr -nocerts -keyid -signer authority.crt -inkey authority.key"));
	EXPECT_EQ(0, try(&a));
	end(&a);
}

TEST_F(follow, older)
{
	const struct sealed_policy p = { .version = 1, .more = ALLOW_UNSIGNED };
	const struct sealed_policy zero = { .version = self->next, .mode = "permissive",
					    .more = "default: allow\n" };
	struct attempt a;

	ASSERT_EQ(0, begin(&p, &a));
	DENIED(-ESTALE);
	end(&a);
	ASSERT_EQ(0, begin(&zero, &a));
	DENIED(-EINVAL);
	end(&a);
}

TEST_HARNESS_MAIN
