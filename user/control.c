// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * control.c - runs the program that puts one policy in the place of another.
 */
#include "control.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "pins.h"

int control_open(void)
{
	return pins_open("control");
}

static int run(int control, struct bpfseal_control *c)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = c, .ctx_size_in = sizeof(*c));

	if (bpf_prog_test_run_opts(control, &opts) < 0)
		return -errno;
	return (int)opts.retval;
}

/*
 * Until all hooks that run now are done, as they may still use what the next policy
 * takes the place of. The programs find out if this isn't to be had, and deny.
 */
static void wait_for_hooks(void)
{
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

int control_switch(int control, const struct bpfseal_table *table, const struct rules_keys *keys)
{
	return control_follow(control, table, keys, NULL, 0);
}

int control_follow(int control, const struct bpfseal_table *table, const struct rules_keys *keys,
		   const void *sig, size_t sig_len)
{
	struct bpfseal_control c = {
		.op = BPFSEAL_SWITCH,
		.table = (uintptr_t)table,
		.keys = (uintptr_t)keys->list,
		.n_keys = (__u32)keys->n,
		.signature = (uintptr_t)sig,
		.signature_len = (__u32)sig_len,
	};

	wait_for_hooks();
	return run(control, &c);
}

int control_mode(int control, enum bpfseal_mode mode)
{
	struct bpfseal_control c = { .op = BPFSEAL_SET_MODE, .mode = mode };

	return run(control, &c);
}

int control_recovery(int control)
{
	struct bpfseal_control c = { .op = BPFSEAL_RECOVERY };

	return run(control, &c);
}

int control_close(int control, __u32 dev, const struct bpfseal_signer *authority)
{
	struct bpfseal_control c = { .op = BPFSEAL_CLOSE, .dev = dev, .authority = *authority };

	return run(control, &c);
}

int control_seal(int control, enum bpfseal_control_op op)
{
	struct bpfseal_control c = { .op = op };

	return run(control, &c);
}
