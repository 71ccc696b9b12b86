/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture.h - what a function prints, and a directory to work in.
 */
#ifndef UNIT_CAPTURE_H
#define UNIT_CAPTURE_H

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CAPTURE_MAX 8192

struct capture {
	int fd, which, saved;
	char text[CAPTURE_MAX];
};

/* From now on, collect what goes to a descriptor (1 or 2). */
static inline void capture_begin(struct capture *c, int which)
{
	fflush(NULL);
	c->which = which;
	c->fd = memfd_create("capture", 0);
	c->saved = dup(which);
	if (c->fd < 0 || c->saved < 0 || dup2(c->fd, which) < 0)
		abort();
}

/* Stop; the text is c->text. */
static inline void capture_end(struct capture *c)
{
	ssize_t n;

	fflush(NULL);
	dup2(c->saved, c->which);
	close(c->saved);
	n = pread(c->fd, c->text, sizeof(c->text) - 1, 0);
	c->text[n > 0 ? n : 0] = '\0';
	close(c->fd);
}

/**
 * capture_command - run a command of bpfseal and collect what it prints
 * @cmd: the command
 * @name: what it is called, "policy", and perhaps the first of its words
 * @words: the others; may be empty
 * @out: set to its stdout
 * @err: set to its stderr
 *
 * Return: its exit code
 */
static inline int capture_command(int (*cmd)(int, char **), const char *name, const char *words,
				  char out[CAPTURE_MAX], char err[CAPTURE_MAX])
{
	char line[512], *argv[32], *rest = line;
	struct capture c1, c2;
	int argc = 0, code;

	if (snprintf(line, sizeof(line), "%s%s%s", name, *words ? " " : "", words) >=
	    (int)sizeof(line))
		abort();
	while ((argv[argc] = strsep(&rest, " ")))
		if (++argc == sizeof(argv) / sizeof(argv[0]))
			abort();
	capture_begin(&c1, 1);
	capture_begin(&c2, 2);
	code = cmd(argc, argv);
	capture_end(&c2);
	capture_end(&c1);
	strcpy(out, c1.text);
	strcpy(err, c2.text);
	return code;
}

static inline bool starts_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

static inline int remove_entry(const char *path, const struct stat *st, int flag,
			       struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

/* Make an empty directory and go there. */
static inline void enter_temp_dir(char name[32])
{
	strcpy(name, "/tmp/bpfseal-unit.XXXXXX");
	if (!mkdtemp(name) || chdir(name))
		abort();
}

static inline void leave_temp_dir(const char *name)
{
	if (chdir("/") || nftw(name, remove_entry, 8, FTW_DEPTH | FTW_PHYS))
		abort();
}

static inline void put_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(data, 1, len, f) != len || fclose(f))
		abort();
}

static inline void put_text(const char *path, const char *text)
{
	put_file(path, text, strlen(text));
}

#endif
