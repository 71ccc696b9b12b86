/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * SHA-256 (FIPS 180-4) of whole blocks, as no kernel computes it for BPF programs.
 *
 * The kernel's verifier follows a bpf_for() until nothing new comes up, and not each time
 * round: rounds written out one after the other took it several times as long.
 */
#ifndef BPFSEAL_SHA256_H
#define BPFSEAL_SHA256_H

#ifdef __bpf__
#include <bpf/bpf_helpers.h>
#define SHA256_FOR(i, n)	bpf_for(i, 0, n)
#else
#include <linux/types.h>
#define SHA256_FOR(i, n)	for ((i) = 0; (i) < (n); (i)++)
#endif

#define SHA256_BLOCK	64
#define SHA256_WORDS	(SHA256_BLOCK / 4)
#define SHA256_ROUNDS	64

/**
 * struct sha256 - a digest that is being computed
 * @h: of the blocks so far
 * @blocks: how many those are
 * @k: the rounds' constants: here, as a table would be one more map
 * @w: the message schedule: here, as the stack of a BPF program is small
 */
struct sha256 {
	__u32 h[8];
	__u32 blocks;
	__u32 k[SHA256_ROUNDS];
	__u32 w[SHA256_ROUNDS];
};

#define SHA256_ROR(x, n)	((x) >> (n) | (x) << (32 - (n)))
#define SHA256_ROUND(a, b, c, d, e, f, g, h, kw) do { \
	__u32 t = (h) + (SHA256_ROR(e, 6) ^ SHA256_ROR(e, 11) ^ SHA256_ROR(e, 25)) + \
		  ((g) ^ ((e) & ((f) ^ (g)))) + (kw); \
	(d) += t; \
	(h) = t + (SHA256_ROR(a, 2) ^ SHA256_ROR(a, 13) ^ SHA256_ROR(a, 22)) + \
	      (((a) & (b)) | ((c) & ((a) | (b)))); \
	__asm__ volatile("" : "+r"(d), "+r"(h) : : "memory");	/* one after the other */ \
} while (0)

/* The cube roots of the first 64 primes, the first 32 bits after the point. */
static inline void sha256_constants(__u32 k[SHA256_ROUNDS])
{
#define SHA256_K(i, k0, k1, k2, k3) \
	(k[i] = (k0), k[(i) + 1] = (k1), k[(i) + 2] = (k2), k[(i) + 3] = (k3))
	SHA256_K(0, 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5);
	SHA256_K(4, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5);
	SHA256_K(8, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3);
	SHA256_K(12, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174);
	SHA256_K(16, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc);
	SHA256_K(20, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da);
	SHA256_K(24, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7);
	SHA256_K(28, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967);
	SHA256_K(32, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13);
	SHA256_K(36, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85);
	SHA256_K(40, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3);
	SHA256_K(44, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070);
	SHA256_K(48, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5);
	SHA256_K(52, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3);
	SHA256_K(56, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208);
	SHA256_K(60, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2);
#undef SHA256_K
}

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
	sha256_constants(s->k);
}

static inline void sha256_schedule(__u32 w[SHA256_ROUNDS], const __u32 *block)
{
	__u32 i, a, b;

	for (i = 0; i < SHA256_WORDS; i++)
		w[i] = __builtin_bswap32(block[i]);
	SHA256_FOR(i, SHA256_ROUNDS - SHA256_WORDS) {
		a = w[i + 1];
		b = w[i + 14];
		w[i + 16] = w[i] + w[i + 9] +
			    (SHA256_ROR(a, 7) ^ SHA256_ROR(a, 18) ^ a >> 3) +
			    (SHA256_ROR(b, 17) ^ SHA256_ROR(b, 19) ^ b >> 10);
	}
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
	const __u32 *k, *w;
	__u32 i;

	sha256_schedule(s->w, block);
	/* After eight rounds each variable has its own name again. */
	SHA256_FOR(i, SHA256_ROUNDS / 8) {
		k = s->k + 8 * i;
		w = s->w + 8 * i;
		SHA256_ROUND(a, b, c, d, e, f, g, h, k[0] + w[0]);
		SHA256_ROUND(h, a, b, c, d, e, f, g, k[1] + w[1]);
		SHA256_ROUND(g, h, a, b, c, d, e, f, k[2] + w[2]);
		SHA256_ROUND(f, g, h, a, b, c, d, e, k[3] + w[3]);
		SHA256_ROUND(e, f, g, h, a, b, c, d, k[4] + w[4]);
		SHA256_ROUND(d, e, f, g, h, a, b, c, k[5] + w[5]);
		SHA256_ROUND(c, d, e, f, g, h, a, b, k[6] + w[6]);
		SHA256_ROUND(b, c, d, e, f, g, h, a, k[7] + w[7]);
	}
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
