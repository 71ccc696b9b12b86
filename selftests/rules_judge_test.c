// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rules_judge_test.c - the kernel finds the same rule for a load as userspace does,
 * and both find the one that walking the rules one by one finds.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "gate_test.h"
#include "rule_draw.h"
#include "rule_judge.h"
#include "control.h"

#define LOADS 8
#define POLICIES 5000	/* in each of two tests */
#define FIXED_SEED 20261121

FIXTURE(judges) {
	struct bpf_object *object;
	struct bpf_program *prog;
	int control;
	struct rule_judge *that;	/* shared with the program */
	struct bpfseal_table *table;
	unsigned int none, later, most;
};

static int load_object(FIXTURE_DATA(judges) *self)
{
	self->object = bpf_object__open_file(GATE_PROGS "/rule_judge.bpf.o", NULL);
	return self->object ? bpf_object__load(self->object) : -errno;
}

static void *share(int fd, size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

FIXTURE_SETUP(judges)
{
	/* Each switch waits until nobody uses the policy before. */
	ASSERT_EQ(0, gate_write("/sys/kernel/rcu_expedited", "1", 1));
	ASSERT_EQ(0, load_object(self));
	self->prog = bpf_object__find_program_by_name(self->object, "rule_judge");
	ASSERT_NE(NULL, self->prog);
	self->that = share(bpf_object__find_map_fd_by_name(self->object, ".bss.that"),
			   sizeof(*self->that));
	ASSERT_NE(NULL, self->that);
	self->control = bpf_program__fd(bpf_object__find_program_by_name(self->object,
									 "control"));
	self->table = calloc(1, sizeof(*self->table));
	ASSERT_NE(NULL, self->table);
}

FIXTURE_TEARDOWN(judges)
{
	/* What is mapped goes with the process. */
	bpf_object__close(self->object);
	free(self->table);
	gate_write("/sys/kernel/rcu_expedited", "0", 1);
}

/*
 * A digest that is known may be fs-verity's, or IMA's, beside another that nobody names.
 * There are many ways not to know one; fs-verity's alone, where rules deny by digests, is
 * one more: that is the first of @known, which then isn't taken.
 */
static void tell_executable(struct rule_judge *that, const struct judge_load *l, bool denies)
{
	static const __u32 unknown[] = {
		0, RULE_JUDGE_NOTE, RULE_JUDGE_NOTE | RULE_JUDGE_COMPLETE,
		RULE_JUDGE_NOTE | RULE_JUDGE_VERITY,	/* which a policy since replaced named */
		RULE_JUDGE_NOTE | RULE_JUDGE_OTHER | RULE_JUDGE_VERITY | RULE_JUDGE_IMA |
			RULE_JUDGE_COMPLETE,
	};
	static const __u32 known[] = {
		RULE_JUDGE_VERITY, RULE_JUDGE_VERITY | RULE_JUDGE_IMA | RULE_JUDGE_COMPLETE,
		RULE_JUDGE_IMA | RULE_JUDGE_COMPLETE,
	};
	static const __u64 nobodys[4] = { 0x5eed5eed5eed5eed, 1, 2, 3 };
	unsigned int n = l->uid + l->type + l->exe_digest[31];

	memcpy(that->exe_verity, nobodys, sizeof(nobodys));
	memcpy(that->exe_ima, nobodys, sizeof(nobodys));
	if (!l->has_exe_digest) {
		that->measured = unknown[n % GATE_COUNT(unknown)];
		if (denies && l->type % 2)
			that->measured = RULE_JUDGE_NOTE | RULE_JUDGE_COMPLETE | known[0];
		if (that->measured & RULE_JUDGE_OTHER) {
			memcpy(that->exe_verity, l->exe_digest, sizeof(that->exe_verity));
			memcpy(that->exe_ima, l->exe_digest, sizeof(that->exe_ima));
		}
		return;
	}
	n = n % (GATE_COUNT(known) - denies) + denies;
	that->measured = RULE_JUDGE_NOTE | RULE_JUDGE_COMPLETE | known[n];
	memcpy(l->uid % 2 && that->measured & RULE_JUDGE_VERITY ? that->exe_verity : that->exe_ima,
	       l->exe_digest, sizeof(l->exe_digest));
	if (!(that->measured & RULE_JUDGE_IMA))
		memcpy(that->exe_verity, l->exe_digest, sizeof(l->exe_digest));
}

static void tell(struct rule_judge *that, const struct rules_host *host, const struct judge_load *l)
{
	memset(that, 0xff, sizeof(*that));
	that->now = l->now;
	memcpy(that->cgroups, l->cgroups, sizeof(that->cgroups));
	memcpy(that->exe_path, l->exe_path, sizeof(that->exe_path));
	memcpy(that->digest, l->digest, sizeof(that->digest));
	that->type = l->type;
	that->attach_type = l->attach_type;
	that->signer = l->signer;
	that->uid = l->uid;
	that->user_ns = host->user_ns ^ !l->host_user_ns;
	that->mount_ns = host->mount_ns ^ !l->host_mount_ns;
	that->net_ns = host->net_ns ^ !l->host_net_ns;
	that->level = l->level;
	that->nested = l->nested;
	that->token = l->token;
	that->has_digest = l->has_digest;
}

/* False, and shown, if a load isn't judged by all in the same way. */
static bool same_judgement(FIXTURE_DATA(judges) *self, const struct drawn *d,
			   const struct rules_keys *keys, const struct rule_load *l)
{
	struct rule_judge *that = self->that;
	__u32 reference = rule_reference(d->doc, &d->host, l);
	__u32 userspace = judge_first_rule(&self->table->rules, keys, &l->facts);
	int err, ret = -1;

	tell(that, &d->host, &l->facts);
	tell_executable(that, &l->facts, self->table->rules.denies_by_exe);
	err = gate_prog_run(bpf_program__fd(self->prog), NULL, 0, &ret);
	self->none += !reference;
	self->later += that->later == 1;
	if (reference > self->most)
		self->most = reference;
	if (!err && !ret && that->at_fd == reference && userspace == reference &&
	    (that->later ? that->later == 1 : that->at_load == reference))
		return true;
	fprintf(stderr, "# has to be decided by rule %u; is by %u in userspace, in the kernel by "
		"%u at the load (%s), %u at its fd; run: %d, %d\n", reference, userspace,
		that->at_load, that->later ? "to be looked at again" : "final", that->at_fd, err,
		ret);
	draw_show(d, l);
	return false;
}

static int put_into_force(FIXTURE_DATA(judges) *self, const struct drawn *d,
			  struct rules_keys *keys)
{
	int err = draw_compile(d, &self->table->rules, keys);

	self->table->policy.abi = BPFSEAL_ABI;
	if (err)
		return err;
	return control_switch(self->control, self->table, keys);
}

static void compare(struct __test_metadata *_metadata, FIXTURE_DATA(judges) *self, __u64 seed)
{
	struct rules_keys keys;
	struct rule_load l;
	struct drawn d;

	TH_LOG("SEED=%llu", seed);
	for (unsigned int i = 0; i < POLICIES; i++) {
		draw_policy(&d, seed, i, POLICY_RULES_MAX);
		ASSERT_EQ(0, put_into_force(self, &d, &keys)) TH_LOG("policy %u", i);
		for (int j = 0; j < LOADS; j++) {
			draw_load(&d, &l);
			ASSERT_TRUE(same_judgement(self, &d, &keys, &l)) TH_LOG("policy %u", i);
		}
		rules_keys_free(&keys);
		draw_end(&d);
	}
	TH_LOG("%u policies, %u loads: %u match no rule, %u are decided at their fd, "
	       "the latest rule that decides is %u", POLICIES, POLICIES * LOADS, self->none,
	       self->later, self->most);
	if (seed != FIXED_SEED)
		return;
	/* Or else it would prove little. What other seeds draw is left to chance. */
	EXPECT_LT(self->none, POLICIES * LOADS / 2);
	EXPECT_GT(self->later, POLICIES * LOADS / 50);
	EXPECT_GT(self->most, POLICIES / 8);
}

TEST_F_TIMEOUT(judges, drawn, HALF_AN_HOUR)
{
	compare(_metadata, self, FIXED_SEED);
}

TEST_F_TIMEOUT(judges, drawn_anew, HALF_AN_HOUR)
{
	compare(_metadata, self, draw_seed());
}

GATE_MAIN
