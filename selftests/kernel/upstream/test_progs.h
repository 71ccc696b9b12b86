/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_progs.h - what the kernel's signed_loader.c needs of its own test runner.
 *
 * The runner itself takes all of tools/testing/selftests/bpf to build, which is hours here.
 * The names below are those that tests use; the test's source is the kernel's, with the
 * series, and isn't changed.
 */
#ifndef TEST_PROGS_H
#define TEST_PROGS_H

#include <errno.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define sys_gettid() syscall(SYS_gettid)

/* The address of something as a member of union bpf_attr. */
static inline __u64 ptr_to_u64(const void *ptr)
{
	return (__u64)(unsigned long)ptr;
}

/**
 * test__start_subtest() - end the subtest before this one, and begin another.
 * @name: of the subtest; a literal
 *
 * Return: true, as all are to run.
 */
bool test__start_subtest(const char *name);

/**
 * upstream_check() - note whether something holds.
 * @ok: whether it does
 * @line: of the test's source
 * @name: what the test calls it
 * @expression: what was compared
 * @actual: its value; a pointer or a number
 *
 * Return: @ok.
 */
bool upstream_check(bool ok, int line, const char *name, const char *expression,
		    long long actual);

/** test_signed_loader() - the kernel's test: all its subtests. */
void test_signed_loader(void);

#define UPSTREAM_COMPARE(actual, operator, expected, name) \
	({ \
		__typeof__(actual) ___actual = (actual); \
		upstream_check(___actual operator(expected), __LINE__, name, \
			       #actual " " #operator " " #expected, (long long)___actual); \
	})

#define ASSERT_EQ(actual, expected, name) UPSTREAM_COMPARE(actual, ==, expected, name)
#define ASSERT_NEQ(actual, expected, name) UPSTREAM_COMPARE(actual, !=, expected, name)
#define ASSERT_LT(actual, expected, name) UPSTREAM_COMPARE(actual, <, expected, name)
#define ASSERT_LE(actual, expected, name) UPSTREAM_COMPARE(actual, <=, expected, name)
#define ASSERT_GT(actual, expected, name) UPSTREAM_COMPARE(actual, >, expected, name)
#define ASSERT_GE(actual, expected, name) UPSTREAM_COMPARE(actual, >=, expected, name)
#define ASSERT_OK(result, name) UPSTREAM_COMPARE(result, ==, 0, name)
#define ASSERT_OK_FD(fd, name) UPSTREAM_COMPARE(fd, >=, 0, name)
#define ASSERT_TRUE(actual, name) UPSTREAM_COMPARE((bool)(actual), ==, true, name)
#define ASSERT_FALSE(actual, name) UPSTREAM_COMPARE((bool)(actual), ==, false, name)

/* libbpf 1.0 and later return NULL for failure. */
#define ASSERT_OK_PTR(ptr, name) \
	upstream_check((ptr) != NULL, __LINE__, name, #ptr " != NULL", -errno)

#endif /* TEST_PROGS_H */
