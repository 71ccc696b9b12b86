// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keyring.c - what is refused before the kernel is asked. The rest needs root
 * and a kernel of one's own: it is tested in the VM.
 */
#include "kselftest_harness.h"

#include "capture.h"
#include "keyring.h"
#include "keyring_perm.h"

static const char *const bad_names[] = {
	"", "A", "a b", "a:b", "a/b", "a\n", "\xc3\xa4", "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb",
};

TEST(names)
{
	for (size_t i = 0; i < sizeof(bad_names) / sizeof(bad_names[0]); i++) {
		int32_t serial = 7;

		EXPECT_EQ(-EINVAL, keyring_create(bad_names[i], &serial));
		EXPECT_EQ(7, serial);
	}
}

TEST(sets)
{
	struct keyring_want want[KEYRING_SET_MAX + 1] = {
		{ .name = "a" }, { .name = "b" }, { .name = "a" },
	};

	EXPECT_EQ(-EINVAL, keyring_make_set(want, 0));
	EXPECT_EQ(-EINVAL, keyring_make_set(want, KEYRING_SET_MAX + 1));
	EXPECT_EQ(-EINVAL, keyring_make_set(want, 3));	/* "a" twice */
	EXPECT_EQ(0, want[0].serial);
}

/* The whole point of the seal, spelled out in the kernel's bits. */
TEST(seal)
{
	const uint32_t all[] = { PERM_KEY, PERM_KEYRING, PERM_ANCHOR };
	const uint32_t write = 0x04040404, link = 0x10101010, setattr = 0x20202020;
	const uint32_t search_by_others = 0x00080808, group = 0x0000ff00;

	for (size_t i = 0; i < 3; i++)
		EXPECT_EQ(0, all[i] & (write | link | setattr | search_by_others | group));
	EXPECT_EQ(0, PERM_ANCHOR & 0x08000000);		/* possessors' search */
	EXPECT_NE(0, PERM_KEYRING & 0x08000000);
	EXPECT_NE(0, PERM_KEY & 0x08000000);
}

TEST_HARNESS_MAIN
