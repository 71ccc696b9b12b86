// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * exec.c - loads by executables that rules name.
 */
#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hex.h"
#include "insn.h"

const struct gate_policy exec_measuring = {
	.mode = "enforcing",
	.more = "rules:\n- {id: nobody, action: deny, uids: [77], executable_digests: ['"
		"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff']}\n",
};

static const struct bpf_insn returns_0[] = { MOV_IMM(0, 0), EXIT() };

int exec_load(void)
{
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SOCKET_FILTER, "measured", returns_0, 2);
	int fd = gate_load(&attr);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

int exec_load_by(const char *path, pid_t *pid)
{
	int status;

	*pid = fork();
	if (!*pid) {
		execl(path, path, EXEC_LOAD, NULL);
		_exit(200);
	}
	if (*pid < 0 || waitpid(*pid, &status, 0) != *pid || !WIFEXITED(status))
		return -EIO;
	return -WEXITSTATUS(status);
}

int exec_hash(const char *path, uint8_t hash[32])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (data == MAP_FAILED)
		return -errno;
	err = gate_insns_hash(data, (size_t)st.st_size, hash);
	munmap(data, (size_t)st.st_size);
	return err;
}

/* "@" becomes the digest of this executable, "#" another and "!" that of the program. */
static char *with_digests(const char *rules)
{
	uint8_t own[32], other[32], insns[32];
	char *out = NULL;
	size_t len;
	FILE *f;

	if (exec_hash(EXEC_SELF, own) || gate_insns_hash(returns_0, sizeof(returns_0), insns))
		return NULL;
	memcpy(other, own, sizeof(other));
	other[31] ^= 1;
	f = open_memstream(&out, &len);
	fputs("rules:\n", f);
	for (; *rules; rules++) {
		if (*rules == '@' || *rules == '#' || *rules == '!')
			fputs(hex_of(*rules == '@' ? own : *rules == '#' ? other : insns).s, f);
		else
			fputc(*rules, f);
	}
	fclose(f);
	return out;
}

int exec_put(const char *rules, int (*how)(const struct gate_policy *policy))
{
	char *text = rules ? with_digests(rules) : NULL;
	const struct gate_policy policy = { .more = text };
	int err = rules && !text ? -ENOMEM : how(&policy);

	free(text);
	return err;
}

int exec_has_ima(bool *has)
{
	struct gate_output probe;
	int err = gate_run(&probe, "bpfseal", "probe", "--json");

	if (err)
		return err;
	*has = strstr(probe.out, "\"ima\": true");
	err = !*has && !strstr(probe.out, "\"ima\": false") ? -EBADMSG : 0;
	gate_output_free(&probe);
	return err;
}
