// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_policy_learn.c - bpfseal policy learn: a policy from what was seen.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "diag.h"
#include "file.h"
#include "inventory.h"
#include "inventory_json.h"
#include "output.h"
#include "pins.h"
#include "policy_learn.h"

static const char usage[] =
	"usage: bpfseal policy learn [--events FILE] [--inventory FILE] [--base POLICY.yaml]\n"
	"                            [-o POLICY.yaml]\n"
	"\n"
	"Makes a policy, in mode permissive, that allows what was seen: a rule for each\n"
	"executable, program type and user, with how often and when, and its risks. Read\n"
	"it before you install it; the riskiest rules are commented out.\n"
	"\n"
	"  --events FILE      what 'bpfseal events --json --probes' recorded\n"
	"  --inventory FILE   what 'bpfseal inventory --json' printed; without it, what is\n"
	"                     loaded now, as root and with a policy installed\n"
	"  --base POLICY      take name, version, require and signers from there\n"
	"  -o FILE            write the policy there; a file that is there is replaced\n";

struct job {
	const char *events, *inventory, *base, *output;
};

static int read_installed(struct learn_input *in)
{
	struct inventory *inv;
	json_t *o;
	int err;

	err = inventory_read(&inv);
	if (err)
		return err;
	err = inventory_json(inv, &o);
	inventory_free(inv);
	return err ? err : learn_read_inventory(in, o, "the inventory");
}

/* Never loads a program for it, as 'bpfseal inventory' would. */
static int read_inventory(struct learn_input *in, const struct job *job)
{
	enum pin_state state = PIN_ABSENT;

	if (job->inventory)
		return learn_load_inventory(in, job->inventory);
	if (!geteuid() && !pins_state(&state) && state == PIN_INSTALLED)
		return read_installed(in);
	if (job->events) {
		diag_warn("what is loaded now is left out: it takes root and an installed policy to look");
		diag_hint("or give it: bpfseal inventory --json >FILE, then --inventory FILE");
		return 0;
	}
	diag_error("there is nothing to learn from");
	diag_hint("give --events or --inventory, or run this as root with a policy installed");
	return -ENODATA;
}

static int check_output(const struct job *job)
{
	const char *const all[] = { job->events, job->inventory, job->base };
	const char *inputs[3];
	size_t n = 0;

	for (size_t i = 0; i < 3; i++)
		if (all[i])
			inputs[n++] = all[i];
	return job->output ? output_check(job->output, inputs, n) : 0;
}

static int write_policy(const struct job *job, const struct policy_learned *made)
{
	const char *path = job->output ? job->output : "the policy";
	int err = 0;

	if (job->output)
		err = file_store(path, made->text, made->len, 0644);
	else if (fwrite(made->text, 1, made->len, stdout) != made->len || fflush(stdout))
		err = -errno;
	if (err)
		diag_error("cannot write %s: %s", diag_quote(path).s, strerror(-err));
	else if (job->output)
		printf("%s: %zu rule%s, %zu commented out, %zu kinds of loads left to presets\n",
		       diag_quote(path).s, made->n_rules, made->n_rules == 1 ? "" : "s",
		       made->n_off, made->n_preset);
	return err;
}

static int learn(const struct job *job)
{
	struct learn_input in = {};
	struct policy_learned made = {};
	struct policy_doc *base = NULL;
	int err;

	err = check_output(job);
	if (!err && job->base)
		err = policy_load(job->base, &base);
	if (!err)
		err = read_inventory(&in, job);
	if (!err && job->events)
		err = learn_read_events(&in, job->events);
	if (!err)
		err = policy_learn(&in, base, &made);
	if (!err)
		err = write_policy(job, &made);
	if (err == -ENOMEM)
		diag_error("out of memory");
	free(made.text);
	policy_free(base);
	learn_input_free(&in);
	return err;
}

int cmd_policy_learn(int argc, char **argv)
{
	static const struct option options[] = {
		{ "events", required_argument, NULL, 'e' },
		{ "inventory", required_argument, NULL, 'i' },
		{ "base", required_argument, NULL, 'b' },
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	struct job job = {};
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "ho:", options, NULL)) != -1) {
		switch (c) {
		case 'e': job.events = optarg; break;
		case 'i': job.inventory = optarg; break;
		case 'b': job.base = optarg; break;
		case 'o': job.output = optarg; break;
		case 'h': fputs(usage, stdout); return EXIT_DONE;
		default: return EXIT_USAGE;
		}
	}
	if (argc != optind) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return diag_exit(learn(&job));
}
