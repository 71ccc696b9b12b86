/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * SHA-256 (FIPS 180-4) of whole blocks, as no kernel computes it for BPF programs.
 *
 * No loops and no table: each constant is part of an instruction, and the kernel's
 * verifier goes through a block once.
 */
#ifndef BPFSEAL_SHA256_H
#define BPFSEAL_SHA256_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define SHA256_BLOCK	64
#define SHA256_WORDS	(SHA256_BLOCK / 4)

/**
 * struct sha256 - a digest that is being computed
 * @h: of the blocks so far
 * @w: the last 16 words of the message schedule: here, as the stack of a BPF program is small
 * @blocks: how many those are
 */
struct sha256 {
	__u32 h[8];
	__u32 w[SHA256_WORDS];
	__u32 blocks;
};

#define SHA256_ROR(x, n)	((x) >> (n) | (x) << (32 - (n)))
#define SHA256_ROUND(a, b, c, d, e, f, g, h, k, w) do { \
	__u32 t = (h) + (SHA256_ROR(e, 6) ^ SHA256_ROR(e, 11) ^ SHA256_ROR(e, 25)) + \
		  ((g) ^ ((e) & ((f) ^ (g)))) + (k) + (w); \
	(d) += t; \
	(h) = t + (SHA256_ROR(a, 2) ^ SHA256_ROR(a, 13) ^ SHA256_ROR(a, 22)) + \
	      (((a) & (b)) | ((c) & ((a) | (b)))); \
	__asm__ volatile("" : "+r"(d), "+r"(h) : : "memory");	/* one after the other */ \
} while (0)

/* The message schedule needs only the last 16 words at any time. */
#define SHA256_NEXT(w, i) \
	((w)[(i) % 16] += (SHA256_ROR((w)[((i) + 14) % 16], 17) ^ \
			   SHA256_ROR((w)[((i) + 14) % 16], 19) ^ (w)[((i) + 14) % 16] >> 10) + \
			  (w)[((i) + 9) % 16] + \
			  (SHA256_ROR((w)[((i) + 1) % 16], 7) ^ \
			   SHA256_ROR((w)[((i) + 1) % 16], 18) ^ (w)[((i) + 1) % 16] >> 3))
#define SHA256_FIRST(w, i)	((w)[i])

/* After eight rounds each variable has its own name again. */
#define SHA256_ROUNDS(word, i, k0, k1, k2, k3, k4, k5, k6, k7) do { \
	SHA256_ROUND(a, b, c, d, e, f, g, h, k0, word(w, i)); \
	SHA256_ROUND(h, a, b, c, d, e, f, g, k1, word(w, i + 1)); \
	SHA256_ROUND(g, h, a, b, c, d, e, f, k2, word(w, i + 2)); \
	SHA256_ROUND(f, g, h, a, b, c, d, e, k3, word(w, i + 3)); \
	SHA256_ROUND(e, f, g, h, a, b, c, d, k4, word(w, i + 4)); \
	SHA256_ROUND(d, e, f, g, h, a, b, c, k5, word(w, i + 5)); \
	SHA256_ROUND(c, d, e, f, g, h, a, b, k6, word(w, i + 6)); \
	SHA256_ROUND(b, c, d, e, f, g, h, a, k7, word(w, i + 7)); \
} while (0)

/** sha256_begin - a digest of nothing yet */
static inline void sha256_begin(struct sha256 *s)
{
	s->h[0] = 0x6a09e667;
	s->h[1] = 0xbb67ae85;
	s->h[2] = 0x3c6ef372;
	s->h[3] = 0xa54ff53a;
	s->h[4] = 0x510e527f;
	s->h[5] = 0x9b05688c;
	s->h[6] = 0x1f83d9ab;
	s->h[7] = 0x5be0cd19;
	s->blocks = 0;
}

/**
 * sha256_block - add a block
 * @s: the digest
 * @block: SHA256_BLOCK bytes
 *
 * Return: 0
 */
static __attribute__((noinline, unused)) int sha256_block(struct sha256 *s, const __u32 *block)
{
	__u32 a = s->h[0], b = s->h[1], c = s->h[2], d = s->h[3];
	__u32 e = s->h[4], f = s->h[5], g = s->h[6], h = s->h[7];
	__u32 *w = s->w, i;

	for (i = 0; i < SHA256_WORDS; i++)
		w[i] = __builtin_bswap32(block[i]);
	SHA256_ROUNDS(SHA256_FIRST, 0, 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5,
		      0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5);
	SHA256_ROUNDS(SHA256_FIRST, 8, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
		      0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174);
	SHA256_ROUNDS(SHA256_NEXT, 16, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
		      0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da);
	SHA256_ROUNDS(SHA256_NEXT, 24, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
		      0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967);
	SHA256_ROUNDS(SHA256_NEXT, 32, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
		      0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85);
	SHA256_ROUNDS(SHA256_NEXT, 40, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
		      0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070);
	SHA256_ROUNDS(SHA256_NEXT, 48, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
		      0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3);
	SHA256_ROUNDS(SHA256_NEXT, 56, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
		      0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2);
	s->h[0] += a;
	s->h[1] += b;
	s->h[2] += c;
	s->h[3] += d;
	s->h[4] += e;
	s->h[5] += f;
	s->h[6] += g;
	s->h[7] += h;
	s->blocks++;
	return 0;
}

/**
 * sha256_last - the block that comes after all others
 * @s: the digest
 * @block: set, for sha256_block()
 */
static inline void sha256_last(const struct sha256 *s, __u32 *block)
{
	__u32 i;

	for (i = 0; i < SHA256_WORDS; i++)
		block[i] = 0;
	block[0] = 0x80;
	block[15] = __builtin_bswap32(s->blocks * SHA256_BLOCK * 8);
	block[14] = __builtin_bswap32((__u64)s->blocks * SHA256_BLOCK * 8 >> 32);
}

/**
 * sha256_end - the digest of the blocks, once the last one was added
 * @s: the digest
 * @digest: set, 32 bytes
 */
static inline void sha256_end(const struct sha256 *s, __u32 *digest)
{
	__u32 i;

	for (i = 0; i < 8; i++)
		digest[i] = __builtin_bswap32(s->h[i]);
}

#endif /* BPFSEAL_SHA256_H */
