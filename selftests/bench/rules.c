// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What rules cost: a load decided with 1,024 rules and 100,000 digests in sets,
 * against the same load with 10 rules that ask for the same things. As bench.c says,
 * in instructions of a guest that counts them.
 *
 * What a policy adds is the call with it less the call without. The rule that
 * decides is the last; those before it ask for digests, users, executables, cgroups
 * and types.
 *
 * Exits with 0 if the target is reached, with 1 if it is missed, with 2 if nothing
 * can be said.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>
#include <bpf/bpf.h>
#include "call.h"
#include "shake.h"
#include "control.h"

#define TARGET		1.25	/* times what 10 rules add */
#define FEW		10
#define MANY		1024
#define SETS		10
#define DIGESTS		100000

enum setup { NONE, WITH_FEW, WITH_MANY, N_SETUPS };

enum call {
	BY_TYPE,	/* an unsigned load that the last rule allows by its type */
	BY_DIGEST,	/* and one by its digest, at its first fd */
	BY_SIGNER,	/* a signed load that no rule is about */
	DENIED,		/* an unsigned one */
	N_CALLS,
};

static const char *const names[N_CALLS] = {
	"allowed by type", "allowed by digest", "allowed by signer", "denied",
};

struct side {
	struct bpfseal_table table;
	struct rules_keys keys;
};

struct bench {
	struct bpfseal *seal;
	struct signer signer;
	struct side *sides[N_SETUPS];
	union bpf_attr attr[N_CALLS];
	struct shakes shakes;
	struct sample samples[N_SETUPS][N_CALLS];
};

/* --- the policies ---------------------------------------------------------------- */

static void *allocate(size_t n, size_t size)
{
	void *memory = calloc(n, size);

	if (!memory)
		die("out of memory");
	return memory;
}

/* @n digests of nothing. */
static void fill_set(struct policy_set *set, size_t n)
{
	set->digests = allocate(n, sizeof(*set->digests));
	set->n_digests = n;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < sizeof(set->digests[i].bytes); j++)
			set->digests[i].bytes[j] = (uint8_t)rand();
}

static char *numbered(const char *format, unsigned int i)
{
	char *text;

	if (asprintf(&text, format, i) < 0)
		die("out of memory");
	return text;
}

/* One of those that don't match; each kind in turn. */
static void fill_rule(struct policy_rule *rule, unsigned int i)
{
	rule->id = numbered("rule-%u", i);
	rule->allow = i % 3;
	switch (i % 4) {
	case 0:
		rule->conditions = POLICY_IF_DIGEST | POLICY_IF_TYPE;
		rule->types = 1ULL << BPF_PROG_TYPE_KPROBE;
		rule->digests.sets = allocate(1, sizeof(*rule->digests.sets));
		rule->digests.sets[0] = i / 4 % SETS;
		rule->digests.n_sets = 1;
		break;
	case 1:
		rule->conditions = POLICY_IF_UID;
		rule->uids = allocate(1, sizeof(*rule->uids));
		rule->uids[0] = 1000 + i;
		rule->n_uids = 1;
		break;
	case 2:
		rule->conditions = POLICY_IF_EXE_PATH;
		rule->exe_paths = allocate(1, sizeof(*rule->exe_paths));
		rule->exe_paths[0] = numbered("/usr/bin/program-%u", i);
		rule->n_exe_paths = 1;
		break;
	default:
		rule->conditions = POLICY_IF_CGROUP;
		rule->cgroups = allocate(1, sizeof(*rule->cgroups));
		rule->cgroups[0] = strdup(i % 8 == 3 ? "/bench-a" : "/bench-b");
		rule->n_cgroups = 1;
	}
}

/* The last two are those that decide. */
static void fill_last(struct policy_doc *doc)
{
	struct policy_rule *by_type = &doc->rules[doc->n_rules - 1];
	struct policy_rule *by_digest = by_type - 1;

	memset(by_digest, 0, 2 * sizeof(*by_digest));
	by_digest->id = strdup("by-digest");
	by_digest->allow = true;
	by_digest->conditions = POLICY_IF_DIGEST | POLICY_IF_TYPE;
	by_digest->types = 1ULL << BPF_PROG_TYPE_XDP;
	by_digest->digests.sets = allocate(1, sizeof(*by_digest->digests.sets));
	by_digest->digests.sets[0] = SETS - 1;
	by_digest->digests.n_sets = 1;
	by_type->id = strdup("by-type");
	by_type->allow = true;
	by_type->conditions = POLICY_IF_TYPE | POLICY_IF_UID;
	by_type->types = 1ULL << BPF_PROG_TYPE_SOCKET_FILTER;
	by_type->uids = allocate(1, sizeof(*by_type->uids));
	by_type->n_uids = 1;
}

static struct policy_doc *make_doc(unsigned int n_rules, size_t n_digests)
{
	struct policy_doc *doc = allocate(1, sizeof(*doc));
	struct policy_set *last;

	doc->n_rules = n_rules;
	doc->rules = allocate(n_rules, sizeof(*doc->rules));
	doc->n_sets = SETS;
	doc->sets = allocate(SETS, sizeof(*doc->sets));
	for (unsigned int i = 0; i < SETS; i++)
		fill_set(&doc->sets[i], n_digests / SETS);
	for (unsigned int i = 0; i + 2 < n_rules; i++)
		fill_rule(&doc->rules[i], i);
	fill_last(doc);
	/* That of the program "r0 = 0; exit", which a SHA-256 over it is. */
	last = &doc->sets[SETS - 1];
	if (EVP_Digest(two_insns, sizeof(two_insns), last->digests[0].bytes, NULL, EVP_sha256(),
		       NULL) != 1)
		die("cannot hash");
	return doc;
}

static void fill_policy(struct bpfseal_policy *p, __s32 keyring)
{
	struct bpfseal_signer *signer;

	p->abi = BPFSEAL_ABI;
	p->mode = BPFSEAL_ENFORCING;
	p->require = p->require_loader = BPFSEAL_LEVEL_METADATA;
	p->verified_level = BPFSEAL_LEVEL_METADATA;
	p->multiplier = 2654435761U;
	p->n_signers = 1;
	p->tai_utc = host_tai_utc();
	p->utc_offset = host_utc_boot();
	signer = &p->slots[bpfseal_slot(p->multiplier, keyring)];
	signer->serial = keyring;
	signer->id = 1;
	signer->types = 1ULL << BPF_PROG_TYPE_SYSCALL;
}

static struct side *make_side(const struct bench *b, unsigned int n_rules, size_t n_digests)
{
	struct side *side = allocate(1, sizeof(*side));
	struct rules_host host;

	if (host_look(&host) || rules_compile(make_doc(n_rules, n_digests), &host,
					      &side->table.rules, &side->keys))
		die("cannot lay the rules out");
	fill_policy(&side->table.policy, b->signer.keyring);
	return side;
}

static void put_in_force(struct bench *b, enum setup setup)
{
	struct side *side = b->sides[setup];

	errno = -control_switch(bpf_program__fd(b->seal->progs.control), &side->table,
				&side->keys);
	if (errno)
		die("cannot put a policy into force");
	attach_all(b->seal->skeleton);
}

/* --- the calls ------------------------------------------------------------------- */

static void prepare_calls(struct bench *b)
{
	prepare_load(&b->attr[BY_TYPE], BPF_PROG_TYPE_SOCKET_FILTER, 0);
	prepare_load(&b->attr[BY_DIGEST], BPF_PROG_TYPE_XDP, 0);
	prepare_load(&b->attr[BY_SIGNER], BPF_PROG_TYPE_SYSCALL, BPF_F_SLEEPABLE);
	sign(&b->signer, &b->attr[BY_SIGNER]);
	prepare_load(&b->attr[DENIED], BPF_PROG_TYPE_SCHED_CLS, 0);
}

static __s64 time_call(struct bench *b, enum setup setup, enum call call)
{
	bool refused = setup != NONE && call == DENIED;
	__u64 start, end;
	long ret;

	start = __rdtsc();
	ret = syscall(SYS_bpf, BPF_PROG_LOAD, &b->attr[call], sizeof(b->attr[call]));
	end = __rdtsc();
	if (refused ? ret >= 0 || errno != EPERM : ret < 0)
		die("setup %d, call %d ended with %ld", setup, call, ret);
	if (ret >= 0)
		close(ret);
	return end - start;
}

static void measure(struct bench *b, enum setup setup, int round)
{
	if (setup != NONE)
		put_in_force(b, setup);
	usleep(SETTLE_US);
	for (int call = 0; call < N_CALLS; call++) {
		for (int i = 0; i < CALLS; i++) {
			shake(&b->shakes);
			b->samples[setup][call].ticks[round][i] = time_call(b, setup, call);
			unshake(&b->shakes);
			usleep(SETTLE_US);
		}
	}
	bpfseal__detach(b->seal);
	usleep(SETTLE_US);
}

/* --- the report ------------------------------------------------------------------ */

/*
 * A denied load ends early, so that the call without a policy is nothing to compare
 * with: there the whole calls count, which hides no more than the rest of them.
 */
static bool report_call(struct bench *b, enum call call)
{
	__s64 none = call == DENIED ? 0 : typical(&b->samples[NONE][call]);
	__s64 few = typical(&b->samples[WITH_FEW][call]) - none;
	__s64 many = typical(&b->samples[WITH_MANY][call]) - none;
	bool reached = many <= TARGET * few;

	printf("%-20s %10lld %10lld   %.2f x, target %.2f: %s\n", names[call], few, many,
	       (double)many / few, TARGET, reached ? "reached" : "missed");
	return reached;
}

int main(void)
{
	static struct bench b;
	bool reached = true;

	setvbuf(stdout, NULL, _IOLBF, 0);
	libbpf_set_print(print);
	mkdir(HOST_CGROUPS "/bench-a", 0755);
	mkdir(HOST_CGROUPS "/bench-b", 0755);
	make_keyring(&b.signer);
	b.seal = load_bpfseal();
	if (!b.seal)
		die("cannot load bpfseal");
	b.sides[WITH_FEW] = make_side(&b, FEW, SETS);
	b.sides[WITH_MANY] = make_side(&b, MANY, DIGESTS);
	prepare_calls(&b);
	for (int round = 0; round < ROUNDS; round++)
		for (int setup = 0; setup < N_SETUPS; setup++)
			measure(&b, setup, round);
	printf("%-20s %10s %10s\n", "added instructions", "10 rules", "1024 rules");
	for (int call = 0; call < N_CALLS; call++)
		reached &= report_call(&b, call);
	return reached ? 0 : 1;
}
