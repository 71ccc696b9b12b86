// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy.c - the policy that all attacks meet, and what it speaks of.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attack.h"
#include "cert.h"
#include "cli.h"
#include "decoy.h"
#include "exec.h"
#include "hex.h"
#include "host.h"
#include "insn.h"
#include "stand_in.h"

/* Versions 1 to 2 are the attacker's to try; those after it nobody has signed. */
#define VERSION 3

size_t attack_reader(struct bpf_insn insns[4], int map)
{
	const struct bpf_insn reader[] = {
		INSN(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_VALUE, 0, map),
		INSN(0, 0, 0, 0, 0),
		INSN(BPF_LDX | BPF_MEM | BPF_W, 0, 1, 0, 0),
		EXIT(),
	};

	memcpy(insns, reader, sizeof(reader));
	return GATE_COUNT(reader);
}

size_t attack_writer(struct bpf_insn insns[ATTACK_WRITER_LEN], int map)
{
	const struct bpf_insn writer[ATTACK_WRITER_LEN] = {
		INSN(BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, 0),
		MOV_REG(2, 10),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4),
		LD_MAP_FD(1, map),
		CALL(BPF_FUNC_map_lookup_elem),
		INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1, 0),
		INSN(BPF_ST | BPF_MEM | BPF_DW, 0, 0, 0, 0),
		MOV_IMM(0, 0),
		EXIT(),
	};

	memcpy(insns, writer, sizeof(writer));
	return GATE_COUNT(writer);
}

int attack_enter(const char *cgroup)
{
	char path[128];

	snprintf(path, sizeof(path), HOST_CGROUPS "%s/cgroup.procs", cgroup);
	return gate_write(path, "0", 1);
}

bool attack_can_measure(void)
{
	bool has = false;

	return !exec_has_ima(&has) && has;
}

/* What this executable does as a copy of the one that rules allow is to load, see EXEC_LOAD. */
static int make_files(void)
{
	static const char script[] = "#!/tests/attack " EXEC_LOAD "\n";
	int err;

	if ((mkdir(ATTACK_DIR, 0755) && errno != EEXIST) ||
	    (mkdir(GATE_TMP, 0700) && errno != EEXIST) || (mkdir(CLI_TMP, 0755) && errno != EEXIST))
		return -errno;
	err = gate_do("cp", "/tests/attack", ATTACK_GOOD);
	if (!err)
		err = gate_do("cp", "/tests/attack", ATTACK_MEASURED);
	if (!err)
		err = gate_do("sh", "-c", "echo >>" ATTACK_MEASURED);
	if (!err)
		err = gate_write(ATTACK_SCRIPT, script, sizeof(script) - 1);
	return err ? err : chmod(ATTACK_SCRIPT, 0755) ? -errno : 0;
}

static int make_cgroups(void)
{
	if ((mkdir(HOST_CGROUPS ATTACK_CGROUP, 0755) && errno != EEXIST) ||
	    (mkdir(HOST_CGROUPS ATTACK_REMADE, 0755) && errno != EEXIST))
		return -errno;
	return 0;
}

int attack_prepare(void)
{
	const struct cli_cert authority = { .name = "authority" }, other = { .name = "other" };
	int err = make_files();

	if (!err)
		err = make_cgroups();
	if (!err)
		err = cli_cert_make(&authority);
	return err ? err : cli_cert_make(&other);
}

static int write_signer(FILE *f, const char *name, const char *types)
{
	struct cert *cert;
	int err = cert_load(GATE_KEYS "/signer.crt", &cert);

	if (err)
		return err;
	fprintf(f, "  - name: %s\n    certificate: " GATE_KEYS "/signer.crt\n"
		"    fingerprint: \"%s\"\n    types: [%s]\n", name, hex_of(cert->fingerprint).s,
		types);
	cert_free(cert);
	return 0;
}

/* What an exception allows is of one type, so that it helps no other attack. */
static int write_rules(FILE *f)
{
	const struct bpf_insn allowed[] = { MOV_IMM(0, ATTACK_ALLOWED_RETURNS), EXIT() };
	uint8_t digest[32], reads[32], file[32];
	struct bpf_insn reader[4];
	int err;

	attack_reader(reader, 0);
	err = gate_insns_hash(allowed, sizeof(allowed), digest);
	if (!err)
		err = gate_insns_hash(reader, sizeof(reader), reads);
	if (!err)
		err = exec_hash(ATTACK_MEASURED, file);
	if (err)
		return err;
	fprintf(f, "rules:\n"
		"- {id: typed, action: allow, signers: [typed], levels: [signed], nested: false}\n"
		"- {id: path, action: allow, executables: [" ATTACK_GOOD ", " ATTACK_SCRIPT "]}\n"
		"- {id: cgroup, action: allow, cgroups: [" ATTACK_CGROUP ", " ATTACK_REMADE "]}\n"
		"- {id: uid, action: allow, uids: [%d]}\n"
		"- {id: ended, action: allow, uids: [%d], expires: 2001-01-01}\n"
		"- {id: digest, action: allow, types: [sched_cls], digests: ['%s', '%s']}\n",
		ATTACK_UID, ATTACK_ENDED, hex_of(digest).s, hex_of(reads).s);
	if (attack_can_measure())
		fprintf(f, "- {id: measured, action: allow, executable_digests: ['%s']}\n",
			hex_of(file).s);
	return 0;
}

int attack_policy_write(const char *path, unsigned int version)
{
	FILE *f = fopen(path, "we");
	int err;

	if (!f)
		return -errno;
	fprintf(f, "version: %u\nmode: enforcing\nrequire: %s\nsigners:\n", version,
		gate_require(gate_kernel()->loader_level));
	err = write_signer(f, "signer", "syscall");
	if (!err)
		err = write_signer(f, "typed", "socket_filter, cgroup_skb, kprobe, tracing, xdp");
	if (!err)
		err = write_rules(f);
	return fclose(f) || err ? (err ? err : -EIO) : 0;
}

int attack_policy_sign(const char *path, const char *who)
{
	char key[64], cert[64];

	snprintf(key, sizeof(key), CLI_TMP "/%s.key", who);
	snprintf(cert, sizeof(cert), CLI_TMP "/%s.crt", who);
	return gate_do("bpfseal", "policy", "sign", "--key", key, "--certificate", cert, path);
}

int attack_policy_install(void)
{
	int err = make_cgroups();

	if (!err)
		err = attack_policy_write(ATTACK_POLICY, VERSION);
	if (!err)
		err = attack_policy_sign(ATTACK_POLICY, "authority");
	if (!err)
		err = gate_do("bpfseal", "policy", "authority", "set", CLI_TMP "/authority.crt");
	if (!err)
		err = gate_do("bpfseal", "install", ATTACK_POLICY);
	return err;
}

/* Lockdown is off in the VM, and loaders from before the policy are there. */
int attack_policy_seal(void)
{
	int err = decoy_note();

	stand_in_keep();
	return err ? err : gate_do("bpfseal", "seal", "--force");
}
