// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_sign.c - bpfseal sign: make a signed light skeleton from a BPF object.
 *
 * bpftool builds the loader and signs it. What it wrote is read back and checked
 * before it gets its final name.
 */
#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cert.h"
#include "cmd.h"
#include "diag.h"
#include "file.h"
#include "lskel.h"
#include "output.h"

#ifndef BPFTOOL
#define BPFTOOL "/usr/local/libexec/bpfseal/bpftool"
#endif

extern char **environ;

static const char usage[] =
	"usage: bpfseal sign OBJ.bpf.o --key KEY --cert CERT [--name NAME]\n"
	"                    [--covers KIND] -o FILE.lskel.h\n"
	"\n"
	"Makes a signed light skeleton of a BPF object: a C header that loads the\n"
	"object's programs by way of a signed loader program. What the signature covers,\n"
	"and so on which kernels it is good, depends on the bpftool that is run.\n"
	"\n"
	"  --key KEY       the signer's private key, PEM, not encrypted\n"
	"  --cert CERT     the signer's certificate, PEM or DER\n"
	"  --name NAME     C name of the skeleton, by default that of the object file\n"
	"  --covers KIND   fail unless the signature covers: instructions (and nothing\n"
	"                  else), btf or metadata (and the instructions)\n"
	"  -o FILE         the header to write; what was there is replaced on success\n";

struct job {
	const char *object, *key, *cert, *name, *output;
	enum lskel_coverage demanded;	/* LSKEL_COVERS_NOTHING: any will do */
};

static int check_object(const char *path)
{
	Elf64_Ehdr header = {};
	struct stat st;
	int fd, err = 0;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st)) {
		err = -errno;
		diag_error("cannot read %s: %s", diag_quote(path).s, strerror(-err));
		goto out;
	}
	if (!S_ISREG(st.st_mode) || read(fd, &header, sizeof(header)) != sizeof(header) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) ||
	    header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_type != ET_REL ||
	    header.e_machine != EM_BPF) {
		err = -ENOEXEC;
		diag_error("%s is not a BPF object", diag_quote(path).s);
		diag_hint("make one with: clang -g -O2 -target bpf -c FILE.bpf.c -o FILE.bpf.o");
	}
out:
	if (fd >= 0)
		close(fd);
	return err;
}

static int check_name(const char *name)
{
	size_t len = strlen(name), i;

	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			break;
	if (len && i == len && len < 64 && !isdigit((unsigned char)name[0]))
		return 0;
	diag_error("--name is \"%s\", expected a C identifier of 1 to 63 characters",
		   diag_quote(name).s);
	return -EINVAL;
}

static int check_signer(const struct job *job, struct cert **cert)
{
	EVP_PKEY *key = NULL;
	int err;

	err = cert_load(job->cert, cert);
	if (!err)
		err = cert_check_signer(*cert, time(NULL));
	if (!err)
		err = cert_key_load(job->key, &key);
	if (!err && !cert_key_matches(*cert, key)) {
		diag_error("private key %s does not belong to certificate %s",
			   diag_quote(job->key).s, diag_quote(job->cert).s);
		err = -EKEYREJECTED;
	}
	EVP_PKEY_free(key);
	return err;
}

/* A file name that bpftool can't take for an option; free(). */
static char *as_argument(const char *path)
{
	char *arg = NULL;

	return asprintf(&arg, "%s%s", path[0] == '-' ? "./" : "", path) < 0 ? NULL : arg;
}

static int spawn_bpftool(const char *tool, const struct job *job, const char *object,
			 int fd, pid_t *pid)
{
	char *const argv[] = {
		(char *)tool, "-L", "-S", "-k", (char *)job->key, "-i", (char *)job->cert,
		"gen", "skeleton", (char *)object, job->name ? "name" : NULL,
		(char *)job->name, NULL,
	};
	posix_spawn_file_actions_t actions;
	int err;

	err = posix_spawn_file_actions_init(&actions);
	if (err)
		return -err;
	err = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (!err)
		err = posix_spawn_file_actions_adddup2(&actions, fd, 1);
	if (!err)
		err = posix_spawn(pid, tool, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

static const char *which_bpftool(void)
{
	const char *tool = secure_getenv("BPFSEAL_BPFTOOL");

	return tool && *tool ? tool : BPFTOOL;
}

static int run_bpftool(const struct job *job, int fd)
{
	const char *tool = which_bpftool();
	char *object = as_argument(job->object);
	int status = 0, err;
	pid_t pid;

	if (!object)
		return -ENOMEM;
	err = spawn_bpftool(tool, job, object, fd, &pid);
	free(object);
	if (err) {
		diag_error("cannot run %s: %s", diag_quote(tool).s, strerror(-err));
		diag_hint("BPFSEAL_BPFTOOL names another bpftool; it must know gen skeleton -S");
		return err;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	diag_error("bpftool could not make a signed skeleton of %s (%s %d)",
		   diag_quote(job->object).s, WIFEXITED(status) ? "status" : "signal",
		   WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return -EIO;
}

static int check_coverage(const struct job *job, enum lskel_coverage covers)
{
	const struct lskel_kind *demanded;

	if (!job->demanded || job->demanded == covers)
		return 0;
	demanded = lskel_kind(job->demanded);
	diag_error("--covers is \"%s\", but the signature that %s made covers %s",
		   demanded->name, diag_quote(which_bpftool()).s, lskel_kind(covers)->covers);
	diag_hint("set BPFSEAL_BPFTOOL to %s", demanded->bpftool);
	return -EKEYREJECTED;
}

/* Is what bpftool wrote signed as it should be? */
static int check_result(const struct job *job, const char *path, const struct cert *cert,
			enum lskel_coverage *covers)
{
	enum lskel_verdict verdict;
	struct lskel skel;
	int err;

	err = lskel_read(path, &skel);
	if (err) {
		diag_hint("this is what bpftool wrote; is it the bpftool of Linux 6.18 or later?");
		return err;
	}
	err = lskel_verify(&skel, cert, &verdict, covers);
	lskel_free(&skel);
	if (err) {
		diag_error("cannot check what bpftool wrote: %s", strerror(-err));
		return err;
	}
	if (verdict == LSKEL_GOOD)
		return check_coverage(job, *covers);
	diag_error("bpftool made a skeleton whose signature is not good: %s",
		   lskel_verdict_name(verdict));
	diag_hint("BPFSEAL_BPFTOOL names another bpftool; for Linux 7.3 or later set it to %s",
		  lskel_kind(LSKEL_COVERS_INSNS_MAPS)->bpftool);
	return -EKEYREJECTED;
}

static int sign(const struct job *job)
{
	const char *const inputs[] = { job->object, job->key, job->cert };
	enum lskel_coverage covers = LSKEL_COVERS_NOTHING;
	struct cert *cert = NULL;
	char *temp = NULL;
	int fd = -1, err;

	err = check_object(job->object);
	if (!err)
		err = output_check(job->output, inputs, sizeof(inputs) / sizeof(inputs[0]));
	if (!err)
		err = check_signer(job, &cert);
	if (err)
		goto out;
	err = file_temp(job->output, &temp, &fd);
	if (!err) {
		err = run_bpftool(job, fd);
		if (!err)
			err = check_result(job, temp, cert, &covers);
		if (err)
			goto out;
		err = file_replace(temp, fd, job->output);
	}
	if (err) {
		diag_error("cannot write %s: %s", diag_quote(job->output).s, strerror(-err));
		goto out;
	}
	printf("%s: signed by %s\n", diag_quote(job->output).s, cert->subject);
	lskel_kind_print(covers);
out:
	if (fd >= 0)
		close(fd);
	if (err && temp)
		unlink(temp);
	free(temp);
	cert_free(cert);
	return err;
}

static int parse(int argc, char **argv, struct job *job, bool *help)
{
	static const struct option options[] = {
		{ "key", required_argument, NULL, 'k' },
		{ "cert", required_argument, NULL, 'c' },
		{ "covers", required_argument, NULL, 'C' },
		{ "name", required_argument, NULL, 'n' },
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	const char *covers = NULL;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "ho:", options, NULL)) != -1) {
		switch (c) {
		case 'k': job->key = optarg; break;
		case 'c': job->cert = optarg; break;
		case 'C': covers = optarg; break;
		case 'n': job->name = optarg; break;
		case 'o': job->output = optarg; break;
		case 'h': *help = true; return 0;
		default: goto usage;
		}
	}
	if (argc - optind != 1 || !job->key || !job->cert || !job->output)
		goto usage;
	job->object = argv[optind];
	return covers ? lskel_kind_parse(covers, &job->demanded) : 0;
usage:
	fputs(usage, stderr);
	return -EINVAL;
}

int cmd_sign(int argc, char **argv)
{
	struct job job = {};
	bool help = false;

	if (parse(argc, argv, &job, &help))
		return EXIT_USAGE;
	if (help) {
		fputs(usage, stdout);
		return EXIT_DONE;
	}
	if (job.name && check_name(job.name))
		return EXIT_USAGE;
	return diag_exit(sign(&job));
}
