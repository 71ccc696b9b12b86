// SPDX-License-Identifier: GPL-2.0-only
/*
 * own_bpf.c - a part of the kernel that makes BPF of its own accord, as the
 * kernel's bpf_preload does at boot: through kern_sys_bpf(), without a loader.
 * Inserting it fails with what the command fails with.
 */
#include <linux/bpf.h>
#include <linux/fdtable.h>
#include <linux/filter.h>
#include <linux/module.h>
#include <linux/version.h>

/* Declared in no header: kernel/bpf/syscall.c, used by light skeletons in the kernel. */
extern int kern_sys_bpf(int cmd, union bpf_attr *attr, unsigned int size);

static bool map;
module_param(map, bool, 0444);
MODULE_PARM_DESC(map, "make a map instead of loading a program");

static int make_map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(u32),
		.value_size = sizeof(u64),
		.max_entries = 1,
		.map_name = "own_bpf",
	};

	return kern_sys_bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int load_program(void)
{
	static const struct bpf_insn insns[] = {
		BPF_MOV64_IMM(BPF_REG_0, 0),
		BPF_EXIT_INSN(),
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (unsigned long)insns,
		.insn_cnt = ARRAY_SIZE(insns),
		.license = (unsigned long)"GPL",
		.prog_name = "own_bpf",
	};

	return kern_sys_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

static int __init own_bpf_init(void)
{
	int fd = map ? make_map() : load_program();

	if (fd < 0)
		return fd;
	close_fd(fd);
	return 0;
}

static void __exit own_bpf_exit(void)
{
}

module_init(own_bpf_init);
module_exit(own_bpf_exit);
MODULE_DESCRIPTION("Makes BPF of the kernel's own accord, for a test");
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
MODULE_IMPORT_NS(BPF_INTERNAL);
#else
MODULE_IMPORT_NS("BPF_INTERNAL");
#endif
MODULE_LICENSE("GPL");
