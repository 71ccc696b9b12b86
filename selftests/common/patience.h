/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * patience.h - how long a test may take, unless it says so itself.
 *
 * A busy machine takes longer than the harness's 30 seconds to emulate a few installations.
 * A VM that hangs has a limit of its own (selftests/vm/check).
 */
#ifdef TEST_TIMEOUT_DEFAULT	/* the harness's, for which it has to come first */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 300
#endif

#define HALF_AN_HOUR 1800	/* s, for dozens of installations or thousands of loads */
