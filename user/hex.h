/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hex.h - SHA-256 digests as text.
 */
#ifndef BPFSEAL_HEX_H
#define BPFSEAL_HEX_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define HEX_BYTES 32

/* A digest's text by value, for use in a message. */
struct hex {
	char s[2 * HEX_BYTES + 1];
};

/** hex_of - 64 lower-case digits; use as hex_of(digest).s */
static inline struct hex hex_of(const uint8_t bytes[HEX_BYTES])
{
	struct hex hex;

	for (size_t i = 0; i < HEX_BYTES; i++)
		snprintf(hex.s + 2 * i, 3, "%02x", bytes[i]);
	return hex;
}

/** hex_parse - 64 digits and nothing else; false, and @bytes as it was, if not so */
static inline bool hex_parse(const char *text, uint8_t bytes[HEX_BYTES])
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	uint8_t out[HEX_BYTES] = { 0 };

	if (strlen(text) != 2 * HEX_BYTES)
		return false;
	for (size_t i = 0; i < 2 * HEX_BYTES; i++) {
		const char *digit = strchr(digits, text[i]);

		if (!digit)
			return false;
		out[i / 2] = (uint8_t)(out[i / 2] << 4 | ((digit - digits) & 15));
	}
	memcpy(bytes, out, sizeof(out));
	return true;
}

#endif
