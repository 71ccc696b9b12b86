/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * meta_verdict.h - what the patched kernel has found out about a program's signature.
 */
#ifndef META_VERDICT_H
#define META_VERDICT_H

/* Verdicts of the patched kernel. */
enum meta_verdict {
	META_UNSIGNED,
	META_VERIFIED,
	META_METADATA_VERIFIED,
};

/** meta_verdict - a program's verdict, as an iterator sees it, or a negative errno */
int meta_verdict(int prog_fd);

#endif
