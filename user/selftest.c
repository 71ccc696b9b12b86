// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * selftest.c - an unsigned load that must be denied.
 */
#include <errno.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "pins.h"
#include "selftest.h"

#define GONE_TRIES 250
#define GONE_PAUSE_NS (20 * 1000 * 1000)

/* 0 or the errno. Straight to bpf(2): libbpf would load probes of its own first. */
static int load_unsigned(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (unsigned long)insns,
		.insn_cnt = sizeof(insns) / sizeof(insns[0]),
		.license = (unsigned long)"GPL",
		.prog_name = SELFTEST_NAME,
	};
	int fd;

	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* What an unsigned load can come to, with or without rules. */
static int count(struct bpfseal_counters *sum)
{
	static const unsigned int reasons[] = {
		BPFSEAL_R_UNSIGNED, BPFSEAL_R_RULE_ALLOWS, BPFSEAL_R_RULE_DENIES,
		BPFSEAL_R_DEFAULT_ALLOWS,
	};
	struct bpfseal_counters counters[BPFSEAL_R_MAX];
	int err = report_counters(counters);

	if (err)
		return err;
	*sum = (struct bpfseal_counters){};
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		sum->allowed += counters[reasons[i]].allowed;
		sum->would_deny += counters[reasons[i]].would_deny;
		sum->denied += counters[reasons[i]].denied;
	}
	return 0;
}

int selftest_run(enum selftest_result *result, int *load_error)
{
	struct bpfseal_counters before, after;
	int err, load;

	err = count(&before);
	if (err)
		return err;
	load = load_unsigned();
	err = count(&after);
	if (err)
		return err;
	if (load == EPERM && after.denied > before.denied)
		*result = SELFTEST_DENIED;
	else if (load)
		*result = SELFTEST_ELSEWHERE;
	else if (after.would_deny > before.would_deny)
		*result = SELFTEST_REPORTED;
	else if (after.allowed > before.allowed)
		*result = SELFTEST_ALLOWED;
	else
		*result = SELFTEST_LOADED;
	*load_error = load;
	return 0;
}

int selftest_wait_gone(void)
{
	const struct timespec pause = { .tv_nsec = GONE_PAUSE_NS };
	int err = load_unsigned();

	for (int i = 1; err == EPERM && i < GONE_TRIES; i++) {
		nanosleep(&pause, NULL);
		err = load_unsigned();
	}
	return -err;
}
