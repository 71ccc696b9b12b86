// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gate_run.c - run a command and keep what it says.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gate.h"

/* The whole of a memfd as text; NULL if there is no memory. */
static char *slurp(int fd)
{
	struct stat st;
	char *text;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return NULL;
	text = malloc(st.st_size + 1);
	if (!text)
		return NULL;
	n = pread(fd, text, st.st_size, 0);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

/* In the child: the command, with its output in the two files. */
static void __attribute__((noreturn)) become(const char *const argv[], int out, int err)
{
	int null = open("/dev/null", O_RDONLY);

	if (null >= 0)
		dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

static int wait_for(pid_t pid, int *status)
{
	int raw;

	while (waitpid(pid, &raw, 0) < 0)
		if (errno != EINTR)
			return -errno;
	*status = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
	return 0;
}

int gate_run_argv(struct gate_output *output, const char *const argv[])
{
	int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);
	struct gate_output got = {};
	int ret = -EMFILE;
	pid_t pid;

	if (out < 0 || err < 0)
		goto out;
	pid = fork();
	if (pid == 0)
		become(argv, out, err);
	ret = pid < 0 ? -errno : wait_for(pid, &got.status);
	if (ret)
		goto out;
	got.out = slurp(out);
	got.err = slurp(err);
	if (got.out && got.err) {
		*output = got;
	} else {
		gate_output_free(&got);
		ret = -ENOMEM;
	}
out:
	if (out >= 0)
		close(out);
	if (err >= 0)
		close(err);
	return ret;
}

void gate_output_free(struct gate_output *output)
{
	free(output->out);
	free(output->err);
	output->out = output->err = NULL;
}

/* Each line of a command's words, so that they can't pass for a test result. */
static void show(const char *text)
{
	char *copy = strdup(text), *rest = copy, *line;

	while (rest && (line = strsep(&rest, "\n")))
		if (*line)
			fprintf(stderr, "#   %s\n", line);
	free(copy);
}

int gate_do_argv(const char *const argv[])
{
	struct gate_output output;
	int i, err;

	err = gate_run_argv(&output, argv);
	if (err)
		return err;
	err = output.status;
	if (err) {
		fprintf(stderr, "# status %d from:", err);
		for (i = 0; argv[i]; i++)
			fprintf(stderr, " %s", argv[i]);
		fputc('\n', stderr);
		show(output.out);
		show(output.err);
	}
	gate_output_free(&output);
	return err;
}

int gate_write(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, data, len);
	close(fd);
	return n == (ssize_t)len ? 0 : -EIO;
}
