// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * manifest.c - what the authority signs is the same on every host, and changes with
 * whatever the policy says.
 */
#include "kselftest_harness.h"

#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "manifest.h"

#define HEAD "version: 3\nmode: enforcing\nrequire: metadata\n" \
	"signers: [{name: a, certificate: /a, fingerprint: \"" \
	"1111111111111111111111111111111111111111111111111111111111111111\"}]\n"
#define RULES "rules: [{id: r, action: deny, cgroups: [/a, /b/c], uids: [7], expires: 2030-01-01}]\n"

FIXTURE(manifest) {
	struct bpfseal_manifest of;
};

static int make(const char *text, struct bpfseal_manifest *out)
{
	struct policy_doc *doc;
	int err = policy_parse(text, strlen(text), "p.yaml", &doc);

	if (err)
		return err;
	err = manifest_make(doc, out);
	policy_free(doc);
	return err;
}

FIXTURE_SETUP(manifest)
{
	ASSERT_EQ(0, make(HEAD RULES, &self->of));
}

FIXTURE_TEARDOWN(manifest)
{
}

static int somewhere(const char *path, __u64 *id)
{
	*id = strlen(path) * 1000;
	return strcmp(path, "/a") ? 0 : -ENOENT;
}

/* As a host lays it out that has namespaces, a keyring and one of the cgroups. */
static int of_host(const struct rules_host *host, struct bpfseal_manifest *out)
{
	static const struct cert cert = { .fingerprint = {
		0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
		0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
		0x11, 0x11, 0x11, 0x11 } };
	const struct compile_signer signer = { .cert = &cert, .serial = 77 };
	const struct proof proof = { .level = BPFSEAL_LEVEL_METADATA, .promotes = true };
	struct bpfseal_table *table = calloc(1, sizeof(*table));
	struct rules_keys keys = {};
	struct policy_doc *doc;
	int err;

	err = policy_parse(HEAD RULES, strlen(HEAD RULES), "p.yaml", &doc);
	if (!err)
		err = compile_policy(doc, &signer, &proof, &table->policy);
	if (!err)
		err = rules_compile(doc, host, &table->rules, &keys);
	table->policy.generation = table->rules.bank = 7;
	if (!err)
		err = manifest_of(table, &keys, out);
	rules_keys_free(&keys);
	policy_free(doc);
	free(table);
	return err;
}

TEST_F(manifest, same_on_every_host)
{
	const struct rules_host one = { .user_ns = 1, .mount_ns = 2, .net_ns = 3, .cgroup = somewhere };
	const struct rules_host other = {};
	struct bpfseal_manifest m;

	EXPECT_STREQ(BPFSEAL_PURPOSE, self->of.purpose);
	EXPECT_EQ(BPFSEAL_ABI, self->of.abi);
	EXPECT_EQ(3, self->of.n_keys);
	ASSERT_EQ(0, of_host(&one, &m));
	EXPECT_EQ(0, memcmp(&self->of, &m, sizeof(m)));
	ASSERT_EQ(0, of_host(&other, &m));
	EXPECT_EQ(0, memcmp(&self->of, &m, sizeof(m)));
}

TEST_F(manifest, differs)
{
	static const char *const texts[] = {
		HEAD,
		HEAD "name: x\n" RULES,
		HEAD "rules: [{id: s, action: deny, cgroups: [/a, /b/c], uids: [7], expires: 2030-01-01}]\n",
		HEAD "rules: [{id: r, action: allow, cgroups: [/a, /b/c], uids: [7], expires: 2030-01-01}]\n",
		HEAD "rules: [{id: r, action: deny, cgroups: [/a, /b/d], uids: [7], expires: 2030-01-01}]\n",
		HEAD "rules: [{id: r, action: deny, cgroups: [/a, /b/c], uids: [8], expires: 2030-01-01}]\n",
		HEAD "rules: [{id: r, action: deny, cgroups: [/a, /b/c], uids: [7], expires: 2030-01-02}]\n",
	};
	struct bpfseal_manifest m;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ASSERT_EQ(0, make(texts[i], &m)) TH_LOG("%s", texts[i]);
		EXPECT_NE(0, memcmp(self->of.digest, m.digest, sizeof(m.digest))) {
			TH_LOG("%s", texts[i]);
		}
	}
}

TEST_HARNESS_MAIN
