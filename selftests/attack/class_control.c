// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * class_control.c - class 8: another policy, or another mode, by the program "control",
 * which is there to be run, and by the commands that run it.
 *
 * The controls do it to a policy that isn't sealed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attack.h"
#include "cli.h"
#include "pins.h"
#include "store.h"

/* --- run directly ------------------------------------------------------------------- */

static int run_control(struct bpfseal_control *c, uint32_t size)
{
	int control = control_open(), err;
	int32_t ret = 0;

	if (control < 0)
		return attack_broken("there is no program to run: %s", strerror(-control));
	err = gate_prog_run(control, c, size, &ret);
	close(control);
	return err ? err : ret;
}

static int set_mode(const struct attack *attack)
{
	const __u32 *mode = attack->what;
	struct bpfseal_control c = { .op = BPFSEAL_SET_MODE, .mode = *mode };

	return run_control(&c, sizeof(c));
}

/* The same policy again, but permissive. */
static int switch_policy(const struct attack *attack)
{
	struct bpfseal_control c = { .op = BPFSEAL_SWITCH };
	struct bpfseal_table *table;
	int err = report_table(&table);

	(void)attack;
	if (err)
		return attack_broken("the policy can't be read: %s", strerror(-err));
	table->policy.mode = BPFSEAL_PERMISSIVE;
	c.table = (uintptr_t)table;
	err = run_control(&c, sizeof(c));
	free(table);
	return err;
}

/* A step of sealing, which opens it or marks other things as sealed. */
static int seal_step(const struct attack *attack)
{
	const __u32 *op = attack->what;
	struct bpfseal_control c = { .op = *op };

	return run_control(&c, sizeof(c));
}

/* --- by the commands ------------------------------------------------------------------ */

static int install(void)
{
	return gate_install("enforcing", NULL);
}

/* A command, and why it is refused. */
struct words {
	const char *command, *says;
};

static int command(const struct attack *attack)
{
	const struct words *words = attack->what;
	struct gate_output out;
	int err;

	if (gate_run(&out, "sh", "-c", words->command))
		return attack_broken("bpfseal can't be run");
	err = out.status ? ATTACK_EXIT(out.status) : 0;
	if (attack_sealed() && !strstr(out.err, words->says))
		err = attack_broken("bpfseal says something else");
	gate_output_free(&out);
	if (!attack_under_policy() && (gate_clean() || install()))
		return attack_broken("the control's policy can't be made again");
	return err;
}

/* For the controls: a policy that anybody may change. */
static int around(bool begin)
{
	return begin ? install() : gate_clean() ?: gate_do("rm", "-rf", STORE_DIR);
}

static const __u32 permissive = BPFSEAL_PERMISSIVE, enforcing = BPFSEAL_ENFORCING;
static const __u32 reopen = BPFSEAL_REOPEN, close_again = BPFSEAL_CLOSE, again = BPFSEAL_SEAL;

#define IS_SEALED "the policy is sealed"
#define ATTACK(name_, function, what_) \
	{ .name = name_, .run = function, .what = what_, .want = SEALED(BPFSEAL_HOOK_CONTROL) }
/* An open policy has no step to take back, and nothing is audited. */
#define STEP(name_, what_, control_) \
	{ .name = name_, .run = seal_step, .what = what_, \
	  .want = { .error = -EPERM, .control = control_, .decision = BPFSEAL_DENY, \
		    .reason = BPFSEAL_R_SEALED, .hook = BPFSEAL_HOOK_CONTROL } }
#define COMMAND(name_, ...) \
	{ .name = name_, .run = command, .what = &(const struct words){ __VA_ARGS__ }, \
	  .want = QUIET(ATTACK_EXIT(1), "bpfseal refuses it, nothing reaches the kernel") }

static const struct attack attacks[] = {
	STEP("control run: seal opened", &reopen, -EINVAL),
	STEP("control run: seal closed again", &close_again, -EBUSY),
	STEP("control run: sealed again", &again, -EINVAL),
	ATTACK("control run: permissive", set_mode, &permissive),
	ATTACK("control run: enforcing, not sealed", set_mode, &enforcing),
	{ .name = "control run: another policy", .run = switch_policy,
	  .want = { .error = -EBADMSG, .decision = BPFSEAL_DENY, .reason = BPFSEAL_R_SEALED,
		    .hook = BPFSEAL_HOOK_CONTROL } },
	COMMAND("mode permissive", "bpfseal mode permissive", IS_SEALED),
	COMMAND("mode enforcing", "bpfseal mode enforcing", IS_SEALED),
	COMMAND("uninstall", "bpfseal uninstall", IS_SEALED),
	COMMAND("uninstall, stored policy kept", "bpfseal uninstall --keep", IS_SEALED),
	COMMAND("reload", "bpfseal reload " GATE_TMP "/policy.yaml", "it isn't signed"),
	COMMAND("reload of an unsigned policy", "mkdir -p /etc/bpfseal; mv /etc/bpfseal " ATTACK_DIR
		"/etc; bpfseal reload " GATE_TMP "/policy.yaml; s=$?; mv " ATTACK_DIR
		"/etc /etc/bpfseal; exit $s", "was removed without a statement"),
};

const struct attack_class attack_control = {
	8, "Its switch", attacks, GATE_COUNT(attacks), .around = around,
};
