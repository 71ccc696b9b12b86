// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watch.c - the policy that the workers try, and whether it holds.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "fuzz.h"
#include "inventory.h"
#include "pins.h"

#define LOOKS 50	/* at what is about to be refused or freed */
#define LOOK_NS (100 * 1000 * 1000)

/* Types that need nothing but instructions, so that most loads get as far as they can. */
#define TYPES "syscall, socket_filter, kprobe, sched_cls, sched_act, tracepoint, xdp, " \
	"perf_event, cgroup_skb, cgroup_sock, lwt_in, sock_ops, sk_skb, cgroup_device, " \
	"sk_msg, raw_tracepoint, flow_dissector, cgroup_sysctl"

static const char *const status[] = { "bpfseal", "status", "--json", NULL };

static struct {
	struct bpfseal_policy policy;
	struct cli_state before;
	json_t *status;
	struct bpfseal_counters decisions;
} begin;

int watch_install(struct fuzz_setup *setup)
{
	const struct gate_policy policy = {
		.mode = "enforcing",
		.signers = { { .name = "signer", .certificate = GATE_KEYS "/signer.crt",
			       .types = TYPES } },
	};
	int err = gate_clean();

	if (!err)
		err = gate_install_policy(&policy);
	if (!err)
		err = gate_keyring("signer", &setup->keyring);
	if (!err && setup->sealed)
		err = gate_do("bpfseal", "seal", "--force");
	return err;
}

static void note_ids(struct fuzz_setup *setup)
{
	static const int kinds[FUZZ_IDS] = { CLI_PROGS, CLI_MAPS, CLI_LINKS, CLI_BTFS };
	uint32_t id;
	size_t i;
	int kind;

	for (kind = 0; kind < FUZZ_IDS; kind++) {
		for (i = 0; i < begin.before.n[kinds[kind]]; i++) {
			id = begin.before.ids[kinds[kind]][i];
			if (id < FUZZ_ID_MAX)
				setup->off_limits[kind][id / 64] |= 1ULL << (id % 64);
		}
	}
}

int watch_begin(struct fuzz_setup *setup)
{
	int err, code;

	err = cli_json(status, &code, &begin.status);
	if (!err && code)
		err = -EPERM;
	if (!err)
		err = report_policy(&begin.policy);
	if (!err)
		err = cli_state_read(&begin.before);
	if (!err)
		err = gate_decisions(&begin.decisions);
	if (!err)
		note_ids(setup);
	return err;
}

int watch_decisions(struct bpfseal_counters *sum)
{
	int err = gate_decisions(sum);

	sum->allowed -= begin.decisions.allowed;
	sum->would_deny -= begin.decisions.would_deny;
	sum->denied -= begin.decisions.denied;
	sum->rejected -= begin.decisions.rejected;
	sum->lost -= begin.decisions.lost;
	return err;
}

/* --- the policy ----------------------------------------------------------------- */

static bool same(const char *name, const json_t *now)
{
	const json_t *was = json_object_get(begin.status, name), *is = json_object_get(now, name);

	if (was && json_equal(was, is))
		return true;
	printf("WRONG: bpfseal status has another \"%s\" than at the beginning\n", name);
	return false;
}

static bool same_status(void)
{
	static const char *const names[] = {
		"state", "enforcing", "mode", "require", "policy_sha256", "generation", "signers",
	};
	json_t *now = NULL;
	bool good = true;
	int code, err;
	size_t i;

	err = cli_json(status, &code, &now);
	if (err || code)
		printf("WRONG: bpfseal status ended with %d\n", err ? err : code);
	for (i = 0; !err && i < GATE_COUNT(names); i++)
		good = same(names[i], now) && good;
	json_decref(now);
	return good && !err && !code;
}

static bool denies(void)
{
	static const uint32_t types[] = {
		BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_KPROBE,
	};
	size_t i;
	int fd;

	for (i = 0; i < GATE_COUNT(types); i++) {
		fd = gate_load_trivial(types[i], "unsigned");
		if (fd == -EPERM)
			continue;
		printf("WRONG: an unsigned load of type %u gave %d\n", types[i], fd);
		if (fd >= 0)
			close(fd);
		return false;
	}
	return true;
}

bool watch_policy(void)
{
	static struct bpfseal_policy now;
	int err = report_policy(&now);
	bool good = !err && !memcmp(&now, &begin.policy, sizeof(now));

	if (!good)
		printf("WRONG: the policy in its map is another one (%d)\n", err);
	good = denies() && good;
	return same_status() && good;
}

/* --- what it has admitted ------------------------------------------------------- */

static bool was_there(uint32_t id)
{
	size_t i;

	for (i = 0; i < begin.before.n[CLI_PROGS]; i++)
		if (begin.before.ids[CLI_PROGS][i] == id)
			return true;
	return false;
}

/* The first program that isn't admitted; 0 if all are. @n: set to how many are new */
static uint32_t not_admitted(const struct inventory *list, unsigned int *n)
{
	const struct inventory_entry *e;
	uint32_t id = 0;
	size_t i;

	*n = 0;
	for (i = 0; i < list->n; i++) {
		e = &list->entries[i];
		if (was_there(e->prog.id))
			continue;
		++*n;
		if (!id && !e->prog.admitted)
			id = e->prog.id;
	}
	return id;
}

/*
 * A nested program has an id some moments before the policy lets its loader have it, or
 * not: what isn't admitted must be gone when one looks again. Ids aren't used again soon.
 */
bool watch_programs(unsigned int *n)
{
	const struct timespec pause = { .tv_nsec = LOOK_NS };
	uint32_t id, suspect = 0;
	struct inventory *list;
	int looks;

	for (looks = 0; looks < LOOKS; looks++) {
		if (inventory_read(&list))
			return false;
		id = not_admitted(list, n);
		inventory_free(list);
		if (!id || (suspect && id != suspect))
			return true;
		suspect = id;
		nanosleep(&pause, NULL);
	}
	printf("WRONG: program %u isn't admitted, and stays\n", suspect);
	return false;
}
