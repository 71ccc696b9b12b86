// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * prog_types.c - our names of program types are libbpf's.
 */
#include "kselftest_harness.h"

#include <bpf/libbpf.h>
#include "prog_types.h"

TEST(same_as_libbpf)
{
	for (unsigned int type = 1; type <= PROG_TYPE_LAST; type++) {
		ASSERT_NE(NULL, prog_type_name(type));
		EXPECT_STREQ(libbpf_bpf_prog_type_str(type), prog_type_name(type));
		EXPECT_EQ((int)type, prog_type_find(prog_type_name(type)));
	}
	EXPECT_EQ(BPF_PROG_TYPE_SYSCALL, PROG_TYPE_SYSCALL);
}

/* When libbpf learns a type, this file has to. */
TEST(complete)
{
	EXPECT_EQ(NULL, libbpf_bpf_prog_type_str(PROG_TYPE_LAST + 1));
}

TEST(unknown)
{
	EXPECT_EQ(NULL, prog_type_name(0));
	EXPECT_EQ(NULL, prog_type_name(PROG_TYPE_LAST + 1));
	EXPECT_EQ(NULL, prog_type_name(~0u));
	EXPECT_EQ(-ENOENT, prog_type_find(""));
	EXPECT_EQ(-ENOENT, prog_type_find("unspec"));
	EXPECT_EQ(-ENOENT, prog_type_find("SYSCALL"));
	EXPECT_EQ(-ENOENT, prog_type_find("syscall "));
}

TEST_HARNESS_MAIN
