/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * utf8.h - one character of UTF-8.
 */
#ifndef BPFSEAL_UTF8_H
#define BPFSEAL_UTF8_H

#include <stddef.h>
#include <stdint.h>

/**
 * utf8_char - decode the character at the start of some bytes
 * @p: the bytes
 * @len: how many, at least 1
 * @code: set on success
 *
 * Well-formed as in RFC 3629: shortest form, no surrogates, up to U+10FFFF.
 *
 * Return: the number of bytes it takes, 0 if there is no such character
 */
static inline size_t utf8_char(const uint8_t *p, size_t len, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 :
		   p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
	uint32_t c;

	if (!n || n > len)
		return 0;
	c = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*code = c;
	return n;
}

#endif
