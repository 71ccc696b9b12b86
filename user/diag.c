// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * diag.c - messages to the user, and the escaping of untrusted text in them.
 */
#include "diag.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

static void print_line(const char *prefix, const char *fmt, va_list ap)
{
	flockfile(stderr);
	fputs(prefix, stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	funlockfile(stderr);
}

void diag_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_line("bpfseal: ", fmt, ap);
	va_end(ap);
}

void diag_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_line("bpfseal: warning: ", fmt, ap);
	va_end(ap);
}

void diag_hint(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_line("  ", fmt, ap);
	va_end(ap);
}

void diag_at(const char *file, size_t line, size_t column, const char *fmt, ...)
{
	char prefix[DIAG_TEXT_MAX + 64];
	struct diag_text name = diag_quote(file);
	va_list ap;

	if (line && column)
		snprintf(prefix, sizeof(prefix), "%s:%zu:%zu: ", name.s, line, column);
	else if (line)
		snprintf(prefix, sizeof(prefix), "%s:%zu: ", name.s, line);
	else
		snprintf(prefix, sizeof(prefix), "%s: ", name.s);
	va_start(ap, fmt);
	print_line(prefix, fmt, ap);
	va_end(ap);
}

/* Characters that could forge a line or change how the rest is shown. */
static int is_unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == '\\' ||
	       c == 0x61c || c == 0xfeff ||		/* mark, BOM */
	       (c >= 0x200b && c <= 0x200f) ||		/* zero width, marks */
	       (c >= 0x2028 && c <= 0x202e) ||		/* separators, embeddings */
	       (c >= 0x2060 && c <= 0x206f) ||		/* isolates */
	       (c >= 0xe0000 && c <= 0xe0fff);		/* tags */
}

struct diag_text diag_quote_n(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	struct diag_text out;
	size_t used = 0;

	for (size_t i = 0; i < len; ) {
		uint32_t code = 0;
		size_t n = utf8_char(p + i, len - i, &code);
		int safe = n && !is_unsafe(code);

		if (!n)
			n = 1;
		if (used + (safe ? n : 4 * n) + sizeof("...") > sizeof(out.s)) {
			memcpy(out.s + used, "...", 3);
			used += 3;
			break;
		}
		if (safe) {
			memcpy(out.s + used, p + i, n);
			used += n;
		} else {
			for (size_t k = 0; k < n; k++, used += 4)
				snprintf(out.s + used, 5, "\\x%02x", p[i + k]);
		}
		i += n;
	}
	out.s[used] = '\0';
	return out;
}

struct diag_text diag_quote(const char *text)
{
	return text ? diag_quote_n(text, strlen(text)) : diag_quote_n("(none)", 6);
}

int diag_refuse(int err, const char *what, const char *hint)
{
	diag_error("%s", what);
	diag_hint("%s", hint);
	return err;
}

int diag_exit(int err)
{
	return err ? EXIT_FAILED : EXIT_DONE;
}
