// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * class_load.c - class 1: loads that nobody signed.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"
#include "insn.h"
#include "kind.h"
#include "place.h"

#include "gate_skel.h"
#include "nested.lskel.h"
#include "many.lskel.h"
GATE_SKEL(nested)
GATE_SKEL(many)

/* --- one of each type ------------------------------------------------------- */

static int of_kind(const struct attack *attack)
{
	const struct kind *kind = attack->what;
	struct crooked crooked;
	uint32_t attach;
	int err, target = -1;

	err = crooked_make(&crooked);
	if (err)
		return attack_broken("no BTF: %s", strerror(-err));
	if (kind->ext)
		target = kind_target(&crooked);
	attack_pause();
	err = attack_close(kind_load(kind, &crooked, target, &attach));
	if (err == -EINVAL && kind_not_built(kind))
		return attack_cannot("this kernel lacks CONFIG_%s", kind->option);
	return err;
}

/* --- disguised -------------------------------------------------------------- */

struct disguise {
	const char *name;
	struct bpf_insn insns[2];
};

static int disguised(const struct attack *attack)
{
	const struct disguise *d = attack->what;
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SOCKET_FILTER, d->name, d->insns, 2);

	return attack_close(gate_load(&attr));
}

static const struct disguise as_probe = { "libbpf_nametest", { MOV_IMM(0, 0), EXIT() } };
static const struct disguise as_nameless = { "", { MOV_IMM(0, 0), EXIT() } };
static const struct disguise as_memcg = { "", { CALL(BPF_FUNC_ktime_get_coarse_ns), EXIT() } };
static const struct disguise as_named = { "libbpf_nametest", { MOV_IMM(0, 1), EXIT() } };
static const struct disguise as_policy = { "admit", { MOV_IMM(0, 0), EXIT() } };

/* --- light skeletons --------------------------------------------------------- */

static int skeleton(const struct attack *attack)
{
	int (*take)(struct gate_loader *loader) = attack->what;
	struct gate_loader loader;
	int err = take(&loader);

	return err ? attack_broken("no skeleton") : gate_loader_all(&loader);
}

/* --- by another way in -------------------------------------------------------- */

static int from_place(const struct attack *attack)
{
	return place_load(attack->what, NULL);
}

static const struct place mount_namespace = { .namespaces = CLONE_NEWNS };
static const struct place net_namespace = { .namespaces = CLONE_NEWNET };
static const struct place pid_namespace = { .namespaces = CLONE_NEWPID };
static const struct place cgroup_namespace = { .namespaces = CLONE_NEWCGROUP };
static const struct place another_user = { .uid = 1000 };

/* bpf(2) as 32-bit programs call it; all it names lies in the first 4 GB. */
static int compat_load(void *what)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, 0), EXIT() };
	const long bpf_32 = 357;
	union bpf_attr *attr;
	char *low = what;
	long ret;

	memcpy(low, insns, sizeof(insns));
	strcpy(low + 64, "GPL");
	attr = (void *)(low + 128);
	memset(attr, 0, sizeof(*attr));
	attr->prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr->insns = (uintptr_t)low;
	attr->insn_cnt = 2;
	attr->license = (uintptr_t)low + 64;
	asm volatile("int $0x80" : "=a"(ret)
		     : "a"(bpf_32), "b"((long)BPF_PROG_LOAD), "c"(attr), "d"(sizeof(*attr))
		     : "memory", "r8", "r9", "r10", "r11");
	return ret < 0 ? ret : 0;
}

static int compat(const struct attack *attack)
{
	void *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	int ret;

	(void)attack;
	if (low == MAP_FAILED)
		return attack_broken("no memory below 4 GB");
	ret = attack_in_child(compat_load, low);
	return ret == ATTACK_BROKEN || ret == -ENOSYS ?
		attack_cannot("this kernel runs no 32-bit programs") : ret;
}

/* An attribute longer than the kernel's, as of a newer libbpf: the rest is zero. */
static int long_attribute(const struct attack *attack)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, 0), EXIT() };
	struct {
		union bpf_attr attr;
		char more[1024];
	} big = {};

	(void)attack;
	big.attr = gate_attr(BPF_PROG_TYPE_SOCKET_FILTER, "attack", insns, 2);
	return syscall(SYS_bpf, BPF_PROG_LOAD, &big, sizeof(big)) < 0 ? -errno : 0;
}

/* Signed by its looks: bytes where a signature goes, but no length. */
static int signature_without_length(const struct attack *attack)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, 0), EXIT() };
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SOCKET_FILTER, "attack", insns, 2);

	(void)attack;
	attr.keyring_id = attack_keyring("signer");
	return attack_close(gate_load(&attr));
}

#define KIND(variant, type_, attach_, ret_, ...) \
	{ .name = "unsigned " #variant, .run = of_kind, .want = DENIED(BPFSEAL_R_UNSIGNED), \
	  .what = &(const struct kind){ .type = type_, .attach = attach_, .ret = ret_, \
					##__VA_ARGS__ } },
#define KIND_EXT(variant, type_, attach_, ret_, ...) \
	{ .name = "unsigned " #variant, .run = of_kind, .want = DENIED(BPFSEAL_R_UNSIGNED), \
	  .before = true, \
	  .what = &(const struct kind){ .type = type_, .attach = attach_, .ret = ret_, \
					##__VA_ARGS__ } },

static const struct attack attacks[] = {
	KINDS(KIND)
	KINDS_EXT(KIND_EXT)
	{ .name = "unsigned light skeleton", .run = skeleton, .what = nested__take,
	  .want = DENIED(BPFSEAL_R_UNSIGNED) },
	{ .name = "unsigned skeleton, 25 types", .run = skeleton, .what = many__take,
	  .want = DENIED(BPFSEAL_R_UNSIGNED) },
	{ .name = "as libbpf's probe of names", .run = disguised, .what = &as_probe,
	  .want = DENIED(BPFSEAL_R_FEATURE_PROBE) },
	{ .name = "as libbpf's nameless probe", .run = disguised, .what = &as_nameless,
	  .want = DENIED(BPFSEAL_R_FEATURE_PROBE) },
	{ .name = "as libbpf's probe of memcg", .run = disguised, .what = &as_memcg,
	  .want = DENIED(BPFSEAL_R_FEATURE_PROBE) },
	{ .name = "own code by a probe's name", .run = disguised, .what = &as_named,
	  .want = DENIED(BPFSEAL_R_UNSIGNED) },
	{ .name = "by a name of the policy's", .run = disguised, .what = &as_policy,
	  .want = DENIED(BPFSEAL_R_UNSIGNED) },
	{ .name = "from another mount namespace", .run = from_place, .what = &mount_namespace,
	  .want = DENIED(BPFSEAL_R_UNSIGNED) },
	{ .name = "from another net namespace", .run = from_place, .what = &net_namespace,
	  .want = DENIED(BPFSEAL_R_UNSIGNED) },
	{ .name = "from another pid namespace", .run = from_place, .what = &pid_namespace,
	  .want = DENIED(BPFSEAL_R_UNSIGNED) },
	{ .name = "from another cgroup namespace", .run = from_place, .what = &cgroup_namespace,
	  .want = DENIED(BPFSEAL_R_UNSIGNED) },
	{ .name = "as a user with capabilities", .run = from_place, .what = &another_user,
	  .want = DENIED(BPFSEAL_R_UNSIGNED) },
	{ .name = "by the 32-bit system call", .run = compat,
	  .want = DENIED(BPFSEAL_R_FEATURE_PROBE) },
	{ .name = "with a longer attribute", .run = long_attribute,
	  .want = DENIED(BPFSEAL_R_UNSIGNED) },
	{ .name = "a keyring, but no signature", .run = signature_without_length,
	  .want = DENIED(BPFSEAL_R_UNSIGNED) },
};

const struct attack_class attack_load = {
	1, "Loads that nobody signed", attacks, GATE_COUNT(attacks), .around = NULL,
};
