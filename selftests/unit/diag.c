// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * diag.c - untrusted text can't forge a message or drive the terminal.
 */
#include "kselftest_harness.h"

#include "capture.h"
#include "diag.h"

static const struct {
	const char *in, *out;
} quotes[] = {
	{ "plain", "plain" },
	{ "", "" },
	{ "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x92",
	  "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x92" },
	{ "a\nbpfseal: fine", "a\\x0abpfseal: fine" },
	{ "\x1b[31m", "\\x1b[31m" },
	{ "tab\tcr\rdel\x7f", "tab\\x09cr\\x0ddel\\x7f" },
	{ "back\\x0a", "back\\x5cx0a" },
	{ "\xc2\x9b" "31m", "\\xc2\\x9b31m" },			/* C1 CSI */
	{ "\xe2\x80\xae" "gnp", "\\xe2\\x80\\xaegnp" },		/* right to left */
	{ "\xe2\x81\xa6x", "\\xe2\\x81\\xa6x" },			/* isolate */
	{ "\xe2\x80\xa8x", "\\xe2\\x80\\xa8x" },			/* line separator */
	{ "\xef\xbb\xbf", "\\xef\\xbb\\xbf" },			/* byte order mark */
	{ "\xff\xfe", "\\xff\\xfe" },
	{ "\xc0\xaf", "\\xc0\\xaf" },				/* overlong */
	{ "\xe0\x80\xaf", "\\xe0\\x80\\xaf" },
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },			/* surrogate */
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },		/* beyond U+10FFFF */
	{ "cut\xe2\x82", "cut\\xe2\\x82" },
};

TEST(quote)
{
	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++)
		EXPECT_STREQ(quotes[i].out, diag_quote(quotes[i].in).s);
	EXPECT_STREQ("(none)", diag_quote(NULL).s);
	EXPECT_STREQ("a\\x00b", diag_quote_n("a\0b", 3).s);
	EXPECT_STREQ("", diag_quote_n("x", 0).s);
}

/* Whatever the bytes, the result is short, and printable to its end. */
TEST(quote_long)
{
	static const char *const units[] = { "a", "\n", "\xc3\xbc", "\xf0\x9f\x94\x92" };
	char text[5000];

	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
		for (size_t shift = 0; shift < 8; shift++) {
			size_t n = strlen(units[u]), used = shift;
			struct diag_text out;

			memset(text, 'x', shift);
			for (; used + n < sizeof(text); used += n)
				memcpy(text + used, units[u], n);
			out = diag_quote_n(text, used);
			ASSERT_LT(strlen(out.s), sizeof(out.s));
			ASSERT_GT(strlen(out.s), sizeof(out.s) - 16);
			EXPECT_STREQ("...", out.s + strlen(out.s) - 3);
			/* Quoting again changes backslashes only: nothing was torn. */
			EXPECT_EQ(NULL, strstr(diag_quote(out.s).s, "\\xc3"));
			EXPECT_EQ(NULL, strstr(diag_quote(out.s).s, "\\xf0"));
		}
	}
}

TEST(messages)
{
	struct capture c;

	capture_begin(&c, 2);
	diag_error("bad %s", "thing");
	diag_warn("odd %d", 7);
	diag_hint("try %s", "this");
	diag_at("a\nb", 3, 14, "wrong");
	diag_at("f", 3, 0, "wrong");
	diag_at("f", 0, 0, "wrong");
	capture_end(&c);
	EXPECT_STREQ("bpfseal: bad thing\n"
		     "bpfseal: warning: odd 7\n"
		     "  try this\n"
		     "a\\x0ab:3:14: wrong\n"
		     "f:3: wrong\n"
		     "f: wrong\n", c.text);
	EXPECT_EQ(EXIT_DONE, diag_exit(0));
	EXPECT_EQ(EXIT_FAILED, diag_exit(-1));
}

TEST_HARNESS_MAIN
