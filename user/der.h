/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * der.h - walk through DER, for what libcrypto doesn't look at.
 */
#ifndef BPFSEAL_DER_H
#define BPFSEAL_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DER_INTEGER	0x02
#define DER_OCTETS	0x04
#define DER_OID		0x06
#define DER_SEQUENCE	0x30
#define DER_SET		0x31
#define DER_CONTENT	0xa0	/* [0], constructed */
#define DER_KEY_ID	0x80	/* [0], primitive */

/* Bytes not read yet. */
struct der {
	const uint8_t *p;
	size_t len;
};

/**
 * der_take - take an element with this tag
 * @in: moved behind it on success
 * @tag: the tag
 * @content: set on success to what is in it
 *
 * Its length must be below 65536, and in shortest form.
 */
static inline bool der_take(struct der *in, uint8_t tag, struct der *content)
{
	size_t head = 2, len;

	if (in->len < 2 || in->p[0] != tag)
		return false;
	len = in->p[1];
	if (len > 0x80) {
		size_t bytes = len - 0x80;

		if (bytes > 2 || in->len < 2 + bytes)
			return false;
		len = bytes == 1 ? in->p[2] : (size_t)in->p[2] << 8 | in->p[3];
		if (len < (bytes == 1 ? 0x80 : 0x100))
			return false;
		head += bytes;
	} else if (len == 0x80) {
		return false;
	}
	if (len > in->len - head)
		return false;
	content->p = in->p + head;
	content->len = len;
	in->p += head + len;
	in->len -= head + len;
	return true;
}

/**
 * der_take_bytes - take just these bytes
 * @in: moved behind them on success
 * @bytes: the bytes
 * @len: how many
 */
static inline bool der_take_bytes(struct der *in, const void *bytes, size_t len)
{
	if (in->len < len || memcmp(in->p, bytes, len))
		return false;
	in->p += len;
	in->len -= len;
	return true;
}

#endif
