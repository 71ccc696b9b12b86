// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * storm.c - unsigned loads, one after the other.
 */
#include "storm.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "gate.h"
#include "install.h"
#include "objects.h"
#include "pins.h"
#include "prepare.h"
#include "probe.h"

static volatile sig_atomic_t is_over;

static void stop(int sig)
{
	(void)sig;
	is_over = 1;
}

static void rage(int out)
{
	struct storm count = {};

	signal(SIGTERM, stop);
	while (!is_over) {
		int fd = gate_load_trivial(BPF_PROG_TYPE_SOCKET_FILTER, "storm");

		if (fd == -EPERM)
			count.denied++;
		else
			count.allowed++;
		if (fd >= 0)
			close(fd);
	}
	_exit(write(out, &count, sizeof(count)) != sizeof(count));
}

int storm_begin(struct storm *storm)
{
	int ends[2];

	if (pipe(ends) < 0)
		return -errno;
	*storm = (struct storm){ .pipe = ends[0], .pid = fork() };
	if (!storm->pid)
		rage(ends[1]);
	close(ends[1]);
	return storm->pid < 0 ? -errno : 0;
}

int storm_end(struct storm *storm)
{
	struct storm count;
	int status;

	kill(storm->pid, SIGTERM);
	if (read(storm->pipe, &count, sizeof(count)) != sizeof(count))
		count.denied = count.allowed = 0;
	close(storm->pipe);
	if (waitpid(storm->pid, &status, 0) < 0)
		return -errno;
	storm->denied = count.denied;
	storm->allowed = count.allowed;
	return status ? -EIO : 0;
}

const char *storm_signed_file(void)
{
	static char path[128];
	struct probe probe;

	if (probe_kernel(&probe))
		return "";
	snprintf(path, sizeof(path), OBJECTS_DIR "/policy.%s.lskel.h",
		 lskel_kind(objects_kind(&probe.proof))->name);
	return path;
}

bool storm_is_signed(void)
{
	return !access(storm_signed_file(), F_OK);
}

int storm_upgrade_half(const char *path)
{
	struct policy_source src = {};
	struct policy_doc *doc = NULL;
	struct prepared prepared = {};
	struct bpfseal_policy running;
	struct objects *objects;
	int err;

	err = policy_source_read(path, &src);
	if (!err)
		err = policy_source_parse(&src, &doc);
	if (!err)
		err = prepare_certificates(doc, &src, &prepared);
	if (!err)
		err = report_policy(&running);
	if (!err)
		err = prepare_policy(doc, &src, &running, &prepared);
	if (!err) {
		pins_use(PIN_NEXT);
		err = install_programs(&prepared, &objects);
		pins_use(PIN_DIR);
		if (!err)
			objects_close(objects);
	}
	prepare_free(&prepared);
	policy_free(doc);
	policy_source_free(&src);
	return err;
}
