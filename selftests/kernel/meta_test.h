/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * meta_test.h - what the fixtures of tests with a signed loader have in common.
 */
#ifndef META_TEST_H
#define META_TEST_H

#include <linux/keyctl.h>

#include "kselftest_harness.h"
#include "meta.h"
#include "meta_verdict.h"

/* Members of a fixture: a loader, and how to load it. */
#define META_LOADER \
	struct meta_btf btf; \
	struct meta_insns insns; \
	struct meta_load load

/* Make a loader that expects @_content, and a session that trusts its signer. No map yet. */
#define META_SETUP(self, _content) \
	do { \
		struct meta_opts opts = { .content = (_content) }; \
		\
		ASSERT_EQ(0, gate_session()); \
		ASSERT_LT(0, gate_add_key("signer", KEY_SPEC_SESSION_KEYRING)); \
		ASSERT_EQ(0, meta_btf_make(&(self)->btf, META_KFUNC, META_PROTO)); \
		opts.func_id = (self)->btf.func_id; \
		ASSERT_EQ(0, meta_insns_make(&(self)->insns, &opts)); \
		(self)->load = (struct meta_load){ \
			.insns = &(self)->insns, .btf = &(self)->btf, .who = "signer", \
			.map_fd = -1, \
		}; \
	} while (0)

#define META_TEARDOWN(self) \
	do { \
		meta_load_close_map(&(self)->load); \
		meta_btf_free(&(self)->btf); \
	} while (0)

#endif
