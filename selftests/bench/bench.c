// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a policy costs, in instructions of a guest that counts them: under
 * "-accel tcg -icount shift=0,sleep=off -smp 1" the time stamp counter advances
 * by one per executed instruction, kernel and user. "make bench" runs this.
 *
 * Columns: no policy; empty programs on bpfseal's hooks; the minimal policy of
 * minimal.bpf.c; bpfseal. All are loaded once, and attached and detached again
 * in each of several rounds. In a round, each call of bpf(2) is timed by itself.
 * Closing the program, the kernel's deferred work and reading the events happen
 * between two calls and aren't timed: no event is lost, nobody waits for one,
 * and each finds a reader that has caught up, so that the minimal policy, which wakes
 * readers, does so each time (a load on a quiet system).
 *
 * Before each load the kernel's allocators are shaken; see shake.h. How the figure
 * comes from the many calls says sample.h.
 *
 * What a policy adds is its column minus the same call without a policy:
 *
 * admitted load  A signed program, admitted. Checking the signature costs far
 *                more than any policy, but it is the same signature in each
 *                column and the kernel's work alone, so it cancels out.
 * denied load    An unsigned program, refused. Without a policy nobody refuses
 *                it and the whole load follows; that is shown, but is nothing to
 *                compare with. The base is the refusal itself: a load that an
 *                empty program refuses, less what calling that program costs,
 *                as an admitted load tells.
 * would deny     An unsigned program that is reported as refused, but passes.
 *
 * Exits with 0 if the targets below are reached, with 1 if one is missed, with
 * 2 if nothing can be said.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>
#include <bpf/bpf.h>
#include "call.h"
#include "control.h"
#include "shake.h"
#include "empty.skel.h"
#include "minimal.skel.h"

#define TARGET_LOAD	1.5	/* a decided load: times what the minimal policy adds */
#define TARGET_LOOKUP	1.0	/* a map lookup: more than without a policy, in percent */

/* What is attached while something is timed. */
enum setup {
	NONE,
	EMPTY,
	MINIMAL,
	SEAL,
	EMPTY_ONE,		/* an empty program on lsm/bpf_prog_load only */
	EMPTY_ONE_REFUSES,	/* the same, refusing */
	EMPTY_REFUSES,		/* all empty programs, that one refusing */
	MINIMAL_PERMISSIVE,
	SEAL_PERMISSIVE,
	N_SETUPS,
};

/* What is timed. */
enum call {
	FILTER,			/* BPF_PROG_LOAD of a signed socket filter */
	LOADER,			/* of a signed SYSCALL program */
	UNSIGNED,		/* of an unsigned socket filter */
	LOOKUP,
	UPDATE,
	N_CALLS,
};

struct bench {
	struct empty *empty;
	struct minimal *minimal;
	struct bpfseal *seal;
	struct ring_buffer *events;
	struct bpfseal_policy policy;
	struct signer signer;
	int map;
	union bpf_attr attr[N_CALLS];
	struct shakes shakes;
	struct sample samples[N_SETUPS][N_CALLS];
};

/* --- the calls ----------------------------------------------------------- */

static void prepare_calls(struct bench *b)
{
	static __u64 value;
	static __u32 key;
	union bpf_attr *attr;

	prepare_load(&b->attr[FILTER], BPF_PROG_TYPE_SOCKET_FILTER, 0);
	sign(&b->signer, &b->attr[FILTER]);
	prepare_load(&b->attr[LOADER], BPF_PROG_TYPE_SYSCALL, BPF_F_SLEEPABLE);
	sign(&b->signer, &b->attr[LOADER]);
	prepare_load(&b->attr[UNSIGNED], BPF_PROG_TYPE_SOCKET_FILTER, 0);
	b->map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "bench", sizeof(key), sizeof(value), 1, NULL);
	if (b->map < 0)
		die("cannot make a map");
	for (int call = LOOKUP; call <= UPDATE; call++) {
		attr = &b->attr[call];
		attr->map_fd = b->map;
		attr->key = (__u64)&key;
		attr->value = (__u64)&value;
	}
}

static int bpf_command(enum call call)
{
	switch (call) {
	case LOOKUP:
		return BPF_MAP_LOOKUP_ELEM;
	case UPDATE:
		return BPF_MAP_UPDATE_ELEM;
	default:
		return BPF_PROG_LOAD;
	}
}

static bool refuses(enum setup setup)
{
	return setup == EMPTY_REFUSES || setup == EMPTY_ONE_REFUSES ||
		setup == MINIMAL || setup == SEAL;
}

static void check_result(enum setup setup, enum call call, long ret)
{
	bool refused = call == UNSIGNED && refuses(setup);

	if (refused ? ret >= 0 || errno != EPERM : ret < 0)
		die("setup %d, call %d ended with %ld", setup, call, ret);
}

/* Nothing but the system call lies between the two readings. */
static __s64 time_call(struct bench *b, enum setup setup, enum call call)
{
	union bpf_attr *attr = &b->attr[call];
	int command = bpf_command(call);
	__u64 start, end;
	long ret;

	start = __rdtsc();
	ret = syscall(SYS_bpf, command, attr, sizeof(*attr));
	end = __rdtsc();
	check_result(setup, call, ret);
	if (command == BPF_PROG_LOAD && ret >= 0)
		close(ret);
	return end - start;
}

static void time_calls(struct bench *b, enum setup setup, enum call call, int round)
{
	for (int i = 0; i < CALLS; i++) {
		if (bpf_command(call) == BPF_PROG_LOAD)
			shake(&b->shakes);
		b->samples[setup][call].ticks[round][i] = time_call(b, setup, call);
		unshake(&b->shakes);
		usleep(SETTLE_US);
		ring_buffer__consume(b->events);
	}
}

/* --- the policies -------------------------------------------------------- */

static void put_policy(struct bench *b, __u32 mode)
{
	static const struct rules_keys none;
	static struct bpfseal_table table;

	b->policy.mode = mode;
	table.policy = b->policy;
	if (control_switch(bpf_program__fd(b->seal->progs.control), &table, &none))
		die("cannot put a policy in force");
}

static void fill_policy(struct bench *b)
{
	struct bpfseal_policy *p = &b->policy;
	struct bpfseal_signer *signer;

	p->abi = BPFSEAL_ABI;
	p->require = p->require_loader = BPFSEAL_LEVEL_METADATA;
	p->verified_level = BPFSEAL_LEVEL_METADATA;
	p->multiplier = 2654435761U;
	p->n_signers = 1;
	signer = &p->slots[bpfseal_slot(p->multiplier, b->signer.keyring)];
	signer->serial = b->signer.keyring;
	signer->id = 1;
	signer->types = 1ULL << BPF_PROG_TYPE_SOCKET_FILTER | 1ULL << BPF_PROG_TYPE_SYSCALL;
	strcpy(p->names[0], "bench");
}

static struct bpf_program *program_on(struct bpf_object *obj, const char *section)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj)
		if (!strcmp(bpf_program__section_name(prog), section))
			return prog;
	return NULL;
}

/* "Empty" says what being called costs: it has to be called where bpfseal is. */
static void check_hooks(const struct bench *b)
{
	struct bpf_program *prog;
	const char *section;

	bpf_object__for_each_program(prog, b->seal->obj) {
		section = bpf_program__section_name(prog);
		if (bpf_program__autoload(prog) && bpf_program__autoattach(prog) &&
		    !program_on(b->empty->obj, section))
			die("bpfseal has a program on %s, empty.bpf.c has none", section);
	}
}

static void load_policies(struct bench *b)
{
	__u8 one = 1;

	b->empty = empty__open_and_load();
	b->minimal = minimal__open_and_load();
	b->seal = load_bpfseal();
	if (!b->empty || !b->minimal || !b->seal)
		die("cannot load the policies");
	check_hooks(b);
	if (bpf_map__update_elem(b->minimal->maps.keyrings, &b->signer.keyring, sizeof(b->signer.keyring),
				 &one, sizeof(one), 0))
		die("cannot fill the minimal policy's list");
	fill_policy(b);
}

static void attach(struct bench *b, enum setup setup)
{
	switch (setup) {
	case NONE:	/* comes and goes, to leave the kernel as the others do */
		attach_all(b->empty->skeleton);
		empty__detach(b->empty);
		break;
	case EMPTY:
	case EMPTY_REFUSES:
		attach_all(b->empty->skeleton);
		break;
	case EMPTY_ONE:
	case EMPTY_ONE_REFUSES:
		b->empty->links.empty_prog_load = attach_to_root(b->empty->progs.empty_prog_load);
		break;
	case MINIMAL:
	case MINIMAL_PERMISSIVE:
		b->minimal->bss->permissive = setup == MINIMAL_PERMISSIVE;
		attach_all(b->minimal->skeleton);
		break;
	case SEAL:
	case SEAL_PERMISSIVE:
		put_policy(b, setup == SEAL ? BPFSEAL_ENFORCING : BPFSEAL_PERMISSIVE);
		attach_all(b->seal->skeleton);
		break;
	default:
		break;
	}
}

static void detach(struct bench *b)
{
	empty__detach(b->empty);
	minimal__detach(b->minimal);
	bpfseal__detach(b->seal);
	usleep(SETTLE_US);
}

/* --- what is measured ---------------------------------------------------- */

struct row {
	const char *name;
	enum call call;
	enum setup column[4];
	bool denied;
};

static const struct row rows[] = {
	{ "admitted load, socket filter", FILTER, { NONE, EMPTY, MINIMAL, SEAL }, false },
	{ "admitted load, loader", LOADER, { NONE, EMPTY, MINIMAL, SEAL }, false },
	{ "denied load", UNSIGNED, { NONE, EMPTY_REFUSES, MINIMAL, SEAL }, true },
	{ "would deny, permissive", UNSIGNED,
	  { NONE, EMPTY, MINIMAL_PERMISSIVE, SEAL_PERMISSIVE }, false },
	{ "map lookup", LOOKUP, { NONE, EMPTY, MINIMAL, SEAL }, false },
	{ "map update", UPDATE, { NONE, EMPTY, MINIMAL, SEAL }, false },
};

/* Is the call wanted with this setup, by a row or for the base of denied loads? */
static bool wanted(enum setup setup, enum call call)
{
	if (call == UNSIGNED)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t k = 0; k < ARRAY_SIZE(rows[i].column); k++)
			if (rows[i].call == call && rows[i].column[k] == setup)
				return true;
	return false;
}

static void measure(struct bench *b, enum setup setup, int round)
{
	attach(b, setup);
	usleep(SETTLE_US);
	for (int call = 0; call < N_CALLS; call++) {
		if (!wanted(setup, call))
			continue;
		b->empty->bss->refuse = call == UNSIGNED && refuses(setup);
		time_calls(b, setup, call, round);
	}
	detach(b);
}

static void open_events(struct bench *b)
{
	static unsigned int count;

	b->events = ring_buffer__new(bpf_map__fd(b->minimal->maps.events), count_event, &count, NULL);
	if (!b->events)
		die("cannot read the events");
}

/* --- the report ---------------------------------------------------------- */

static __s64 difference(const struct sample *with, const struct sample *without)
{
	return typical(with) - typical(without);
}

/* What the setup adds to the call; see the head of this file. */
static __s64 added(struct bench *b, const struct row *row, enum setup setup)
{
	const struct sample *none = &b->samples[NONE][row->call];
	const struct sample *one = &b->samples[EMPTY_ONE][row->call];
	const struct sample *one_refuses = &b->samples[EMPTY_ONE_REFUSES][row->call];
	const struct sample *with = &b->samples[setup][row->call];

	if (!row->denied)
		return difference(with, none);
	return typical(with) - (typical(one_refuses) - difference(one, none));
}

static bool verdict(bool reached)
{
	puts(reached ? "reached" : "missed");
	return reached;
}

static bool report_row(struct bench *b, const struct row *row)
{
	__s64 calls[4], more[4];
	double percent;

	for (int i = 0; i < 4; i++) {
		calls[i] = typical(&b->samples[row->column[i]][row->call]);
		more[i] = added(b, row, row->column[i]);
	}
	printf("%-30s %10lld %10lld %10lld %10lld\n", row->name, calls[0], calls[1], calls[2],
	       calls[3]);
	printf("%30s %10s %10lld %10lld %10lld   ", "added", "", more[1], more[2], more[3]);
	if (bpf_command(row->call) == BPF_PROG_LOAD) {
		printf("%.2f x minimal, target %.1f: ", (double)more[3] / more[2], TARGET_LOAD);
		return verdict(more[3] <= TARGET_LOAD * more[2]);
	}
	percent = 100.0 * more[3] / calls[0];
	printf("%+.2f %%, target %+.0f %%: ", percent, TARGET_LOOKUP);
	return verdict(percent <= TARGET_LOOKUP);
}

static bool report(struct bench *b)
{
	bool reached = true;

	printf("%-30s %10s %10s %10s %10s\n", "instructions", "no policy", "empty", "minimal",
	       "bpfseal");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		reached &= report_row(b, &rows[i]);
	return reached;
}

int main(void)
{
	static struct bench b;

	setvbuf(stdout, NULL, _IOLBF, 0);
	libbpf_set_print(print);
	make_keyring(&b.signer);
	load_policies(&b);
	open_events(&b);
	prepare_calls(&b);
	for (int round = 0; round < ROUNDS; round++)
		for (int setup = 0; setup < N_SETUPS; setup++)
			measure(&b, setup, round);
	return report(&b) ? 0 : 1;
}
