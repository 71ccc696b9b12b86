// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sha256.c - the kernel side's own SHA-256 agrees with OpenSSL's.
 */
#include "kselftest_harness.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#include "sha256.h"

#define BLOCKS 300

static void digest(const __u32 *data, unsigned int blocks, __u32 out[8])
{
	__u32 last[SHA256_WORDS];
	struct sha256 s;

	sha256_begin(&s);
	for (unsigned int i = 0; i < blocks; i++)
		sha256_block(&s, data + i * SHA256_WORDS);
	sha256_last(&s, last);
	sha256_block(&s, last);
	sha256_end(&s, out);
}

static void expect_same(struct __test_metadata *_metadata, const __u32 *data, unsigned int blocks)
{
	unsigned char want[32];
	__u32 have[8];

	ASSERT_EQ(1, EVP_Digest(data, blocks * SHA256_BLOCK, want, NULL, EVP_sha256(), NULL));
	digest(data, blocks, have);
	EXPECT_EQ(0, memcmp(want, have, sizeof(want))) TH_LOG("%u blocks", blocks);
}

TEST(of_nothing)
{
	expect_same(_metadata, NULL, 0);
}

TEST(random_blocks)
{
	static __u32 data[BLOCKS * SHA256_WORDS];

	srand(1);
	for (size_t i = 0; i < sizeof(data) / sizeof(data[0]); i++)
		data[i] = (__u32)rand() ^ (__u32)rand() << 16;
	for (unsigned int blocks = 1; blocks <= BLOCKS; blocks++)
		expect_same(_metadata, data, blocks);
}

/* Each bit of a block counts, and only once. */
TEST(single_bits)
{
	__u32 data[SHA256_WORDS];

	for (unsigned int bit = 0; bit < 8 * SHA256_BLOCK; bit++) {
		memset(data, 0, sizeof(data));
		data[bit / 32] = 1U << bit % 32;
		expect_same(_metadata, data, 1);
		memset(data, 0xff, sizeof(data));
		data[bit / 32] ^= 1U << bit % 32;
		expect_same(_metadata, data, 1);
	}
}

TEST_HARNESS_MAIN
