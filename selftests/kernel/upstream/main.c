// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * main.c - runs the kernel's own signed_loader test and reports its subtests as TAP.
 */
#include "test_progs.h"

/* Where the guest has the helper programs that the test starts. */
#define HELPERS "/tests/upstream"

static struct {
	const char *subtest; /* NULL before the first */
	unsigned int number;
	unsigned int failed;
	bool ok;
} state = { .ok = true };

/* What fails before the first subtest, the set-up, fails the first one. */
static void end_subtest(void)
{
	if (!state.subtest)
		return;
	printf("%s %u %s\n", state.ok ? "ok" : "not ok", ++state.number, state.subtest);
	fflush(stdout);
	state.failed += !state.ok;
	state.ok = true;
}

bool test__start_subtest(const char *name)
{
	end_subtest();
	state.subtest = name;
	return true;
}

bool upstream_check(bool ok, int line, const char *name, const char *expression,
		    long long actual)
{
	if (!ok) {
		printf("# signed_loader.c:%d: %s: expected %s, and it is %lld\n", line, name,
		       expression, actual);
		state.ok = false;
	}
	return ok;
}

int main(void)
{
	printf("TAP version 13\n");
	libbpf_set_print(NULL);
	if (chdir(HELPERS)) {
		perror("# " HELPERS);
		return EXIT_FAILURE;
	}

	test_signed_loader();
	end_subtest();
	printf("1..%u\n", state.number);
	return state.failed || !state.number || !state.ok ? EXIT_FAILURE : EXIT_SUCCESS;
}
