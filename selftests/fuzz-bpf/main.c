// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * main.c - workers that call bpf(2) at random while a policy is in force, and the process
 * that looks every few seconds whether the policy holds.
 *
 *   fuzz-bpf [--seconds N] [--seed N] [--workers N] [--sealed]
 *
 * Ends with 0 only if it held: it is the one it was and denies, and all programs that came
 * into the kernel meanwhile are admitted by it. With --sealed it is sealed against root;
 * without that the workers leave alone what was there before them.
 */
#include <errno.h>
#include <getopt.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "delegate.h"
#include "fuzz.h"

#define WORKERS_MAX 64
#define LOOK_EVERY 10	/* seconds */
#define PATIENCE 60	/* seconds a call may take when it is over */

static struct {
	unsigned int seconds;
	unsigned int workers;
	uint64_t seed;
	bool sealed;
} options = { .seconds = 60, .workers = 4 };

static struct fuzz_setup setup;
static pid_t workers[WORKERS_MAX];
/* Shared with the workers. */
static struct fuzz_tally *tallies;
static volatile bool *over;

static int parse_options(int argc, char **argv)
{
	static const struct option known[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'r' },
		{ "workers", required_argument, NULL, 'w' },
		{ "sealed", no_argument, NULL, 'S' },
		{},
	};
	int option;

	options.seed = (uint64_t)time(NULL) * 1000003 + getpid();
	while ((option = getopt_long(argc, argv, "", known, NULL)) >= 0) {
		if (option == 's')
			options.seconds = strtoul(optarg, NULL, 0);
		else if (option == 'r')
			options.seed = strtoull(optarg, NULL, 0);
		else if (option == 'w')
			options.workers = strtoul(optarg, NULL, 0);
		else if (option == 'S')
			options.sealed = true;
		else
			return -EINVAL;
	}
	return optind == argc && options.workers && options.workers <= WORKERS_MAX ? 0 : -EINVAL;
}

/* --- before --------------------------------------------------------------------- */

/* A token of a user namespace that ends at once; -1 if the kernel makes none. */
static int make_token(void)
{
	int sock[2], token = -1;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sock))
		return -1;
	pid = fork();
	if (!pid) {
		close(sock[0]);
		token = delegate_take(sock[1]);
		_exit(token < 0 || gate_pass_fd(sock[1], token));
	}
	close(sock[1]);
	if (pid > 0 && !delegate_give(sock[0], pid))
		token = gate_take_fd(sock[0]);
	close(sock[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return token < 0 ? -1 : token;
}

static int make_stranger(void)
{
	int err = gate_session();
	int32_t key;

	if (err)
		return err;
	key = gate_add_key("stranger", KEY_SPEC_SESSION_KEYRING);
	if (key < 0)
		return key;
	setup.stranger = gate_key_serial(KEY_SPEC_SESSION_KEYRING);
	return setup.stranger < 0 ? setup.stranger : 0;
}

static bool kernel_has(const char *symbol)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[512];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, symbol);
	if (f)
		fclose(f);
	return found;
}

static void *shared(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static int prepare(void)
{
	int err;

	tallies = shared(sizeof(*tallies) * options.workers);
	over = shared(sizeof(*over));
	if (!tallies || !over)
		return -ENOMEM;
	setup.over = over;
	setup.sealed = options.sealed;
	setup.no_arenas = kernel_has(" kasan_report\n");
	if (mkdir(FUZZ_PINS, 0700) && errno != EEXIST)
		return -errno;
	err = make_stranger();
	if (!err)
		err = watch_install(&setup);
	if (!err)
		err = prog_prepare();
	if (!err)
		err = loader_prepare();
	if (!err)
		err = memory_seal();
	return err ? err : watch_begin(&setup);
}

static int start(unsigned int i, int token)
{
	struct worker w = {
		.number = i,
		.token = token,
		.setup = &setup,
		.tally = &tallies[i],
		/* Never 0, and far apart for seeds and workers that are close. */
		.random = (options.seed + i + 1) * 0x9e3779b97f4a7c15ULL | 1,
	};

	fflush(NULL);
	workers[i] = fork();
	if (!workers[i])
		worker_main(&w);
	return workers[i] < 0 ? -errno : 0;
}

/* --- meanwhile ------------------------------------------------------------------ */

static struct fuzz_tally sum_tallies(void)
{
	struct fuzz_tally sum = {};
	unsigned int i;
	int cmd;

	for (i = 0; i < options.workers; i++) {
		sum.calls += tallies[i].calls;
		sum.done += tallies[i].done;
		sum.loads += tallies[i].loads;
		sum.admitted += tallies[i].admitted;
		sum.denied += tallies[i].denied;
		sum.runs += tallies[i].runs;
		sum.wrong += tallies[i].wrong;
		for (cmd = 0; cmd < __MAX_BPF_CMD; cmd++) {
			sum.command[cmd][0] += tallies[i].command[cmd][0];
			sum.command[cmd][1] += tallies[i].command[cmd][1];
		}
	}
	return sum;
}

static void show(time_t seconds, unsigned int programs)
{
	const struct fuzz_tally sum = sum_tallies();
	struct bpfseal_counters decided;

	watch_decisions(&decided);
	printf("%5ld s: %llu calls, %llu a second; the policy admitted %llu, denied %llu, "
	       "the kernel rejected %llu; %u programs stay; unsigned programs admitted: %llu\n",
	       (long)seconds, (unsigned long long)sum.calls,
	       (unsigned long long)(seconds ? sum.calls / seconds : 0),
	       (unsigned long long)decided.allowed, (unsigned long long)decided.denied,
	       (unsigned long long)decided.rejected, programs, (unsigned long long)sum.wrong);
	fflush(stdout);
}

static bool look(time_t seconds)
{
	unsigned int programs = 0;
	bool good = watch_policy();

	good = watch_programs(&programs) && good;
	show(seconds, programs);
	return good && !sum_tallies().wrong;
}

/* A worker ends only when it is told to. */
static bool all_work(void)
{
	int status;
	pid_t pid = waitpid(-1, &status, WNOHANG);

	if (pid <= 0)
		return true;
	printf("WRONG: worker %d ended with status %#x\n", pid, status);
	return false;
}

static bool watch(void)
{
	const time_t began = time(NULL);
	time_t next = LOOK_EVERY, now;
	bool good = true;

	do {
		sleep(1);
		now = time(NULL) - began;
		good = all_work();
		if (good && now >= next) {
			good = look(now);
			next = time(NULL) - began + LOOK_EVERY;
		}
	} while (good && now < options.seconds);
	return good;
}

/* --- after ---------------------------------------------------------------------- */

static bool end(void)
{
	bool good = true;
	unsigned int i;
	int waited;

	*over = true;
	for (i = 0; i < options.workers; i++) {
		if (workers[i] <= 0)
			continue;
		for (waited = 0; !waitpid(workers[i], NULL, WNOHANG); waited++) {
			if (waited == PATIENCE) {
				printf("WRONG: worker %d doesn't end\n", workers[i]);
				kill(workers[i], SIGKILL);
				good = false;
			}
			sleep(1);
		}
	}
	return good;
}

static void show_commands(void)
{
	const struct fuzz_tally sum = sum_tallies();
	int cmd;

	printf("calls by command, and how many succeeded:\n");
	for (cmd = 0; cmd < __MAX_BPF_CMD; cmd++)
		printf("%4d %8llu %8llu%s", cmd, (unsigned long long)sum.command[cmd][0],
		       (unsigned long long)sum.command[cmd][1], cmd % 4 == 3 ? "\n" : "   ");
	printf("\nloads: %llu, of which %llu gave a program and %llu failed with EPERM; "
	       "%llu light skeletons ran\n", (unsigned long long)sum.loads,
	       (unsigned long long)sum.admitted, (unsigned long long)sum.denied,
	       (unsigned long long)sum.runs);
}

int main(int argc, char **argv)
{
	const time_t began = time(NULL);
	unsigned int i;
	int err, token;
	bool good;

	if (parse_options(argc, argv)) {
		fprintf(stderr, "use: fuzz-bpf [--seconds N] [--seed N] [--workers N] [--sealed]\n");
		return 2;
	}
	printf("fuzz-bpf: SEED=%llu, %u s, %u workers\n", (unsigned long long)options.seed,
	       options.seconds, options.workers);
	err = prepare();
	if (err) {
		fprintf(stderr, "fuzz-bpf: cannot begin: %s\n", strerror(err < 0 ? -err : EIO));
		return 1;
	}
	token = make_token();
	printf("prepared in %ld s; %s\n", (long)(time(NULL) - began),
	       token < 0 ? "without a BPF token" : "with a BPF token");
	for (i = 0; !err && i < options.workers; i++)
		err = start(i, token);
	good = !err && watch();
	good = end() && good;
	good = look(options.seconds) && good;
	show_commands();
	printf("%s\n", good ? "The policy held." : "THE POLICY DID NOT HOLD.");
	if (!options.sealed && gate_clean())
		return 1;
	return !good;
}
