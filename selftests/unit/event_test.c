// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * event_test.c - events as text and JSON: whatever the bytes of a record are, the
 * output is one line of printable text, valid JSON, and the bytes can be got
 * back.
 */
#include "kselftest_harness.h"

#include "event.h"

#define SECOND 1000000000ULL

static const struct bpfseal_policy policy = {
	.generation = 7,
	.n_signers = 2,
	.names = { "release", "a\"b\033" },
};

static const struct event_ctx ctx = { .policy = &policy, .hints = true };

static struct bpfseal_event sample(void)
{
	return (struct bpfseal_event){
		.time_ns = 1767225600ULL * SECOND + 123456789,	/* 2026-01-01T00:00:00Z */
		.seq = 5,
		.policy_generation = 7,
		.decision = BPFSEAL_DENY,
		.mode = BPFSEAL_ENFORCING,
		.hook = BPFSEAL_HOOK_PROG_LOAD,
		.reason = BPFSEAL_R_UNCOVERED,
		.attribute = BPFSEAL_A_CORE_RELOS,
		.level = BPFSEAL_LEVEL_METADATA,
		.keyring_type = BPFSEAL_KEYRING_USER,
		.keyring_serial = 1234,
		.signer = 1,
		.error = -EPERM,
		.object_type = 31,
		.tgid = 42,
		.pid = 43,
		.name = "loader",
		.comm = "demo",
		.exe_path = "/usr/bin/demo",
		.digest = { 0xab, 0x01 },
	};
}

static char *as_text(const struct bpfseal_event *e, const struct event_ctx *c)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int err = event_text(f, e, c);

	fclose(f);
	if (!err && strlen(text) == len)
		return text;
	free(text);
	return NULL;
}

/* Undo the escapes. */
static size_t unescape(const char *text, char *out)
{
	size_t n = 0;

	for (unsigned int c; *text; n++) {
		if (sscanf(text, "\\x%2x", &c) == 1) {
			out[n] = c;
			text += 4;
		} else {
			out[n] = *text++;
		}
	}
	return n;
}

static bool same_bytes(const char *bytes, size_t size, const char *escaped)
{
	char back[EVENT_FIELD_MAX];
	size_t n = unescape(escaped, back);

	return n == strnlen(bytes, size) && !memcmp(back, bytes, n);
}

TEST(text)
{
	struct bpfseal_event e = sample();
	char *text = as_text(&e, &ctx);

	ASSERT_NE(NULL, text);
	EXPECT_STREQ("2026-01-01T00:00:00.123456Z denied (EPERM) uncovered:core_relos: "
		     "syscall \"loader\", level metadata, signer \"release\", "
		     "by \"demo\" pid 42 uid 0 exe \"/usr/bin/demo\" [5]\n"
		     "    It asks for CO-RE relocations, which rewrite its instructions after their "
		     "signature was checked. Load it through its signed light skeleton: the loader "
		     "in it needs no such thing.\n", text);
	free(text);
}

TEST(allowed_loads_need_no_hint)
{
	struct bpfseal_event e = sample();
	char *text;

	e.decision = BPFSEAL_ALLOW;
	e.reason = BPFSEAL_R_SIGNER;
	e.error = 0;
	text = as_text(&e, &ctx);
	ASSERT_NE(NULL, text);
	EXPECT_EQ(text + strlen(text) - 1, strchr(text, '\n'));
	free(text);
}

TEST(signer_of_another_generation)
{
	struct bpfseal_event e = sample();
	struct event_ctx none = {};
	char *text;
	json_t *o;

	e.policy_generation = 5;
	text = as_text(&e, &ctx);
	ASSERT_NE(NULL, text);
	EXPECT_NE(NULL, strstr(text, "signer number 1 of policy generation 5"));
	free(text);
	ASSERT_EQ(0, event_json(&e, &none, &o));
	EXPECT_TRUE(json_is_null(json_object_get(o, "signer")));
	EXPECT_EQ(1, json_integer_value(json_object_get(o, "signer_id")));
	json_decref(o);
}

TEST(signer)
{
	struct event_field name;

	EXPECT_EQ(0, event_signer(&policy, 2, &name));
	EXPECT_STREQ("a\\x22b\\x1b", name.s);
	EXPECT_EQ(-ENOENT, event_signer(&policy, 0, &name));
	EXPECT_EQ(-ENOENT, event_signer(&policy, 3, &name));
	EXPECT_EQ(-ENOENT, event_signer(&policy, ~0u, &name));
	EXPECT_EQ(-ENOENT, event_signer(NULL, 1, &name));
}

TEST(json)
{
	struct bpfseal_event e = sample();
	json_t *o;

	ASSERT_EQ(0, event_json(&e, &ctx, &o));
	EXPECT_STREQ("2026-01-01T00:00:00.123456Z", json_string_value(json_object_get(o, "time")));
	EXPECT_EQ(1767225600123456789, json_integer_value(json_object_get(o, "time_boot_ns")));
	EXPECT_STREQ("uncovered:core_relos", json_string_value(json_object_get(o, "reason")));
	EXPECT_STREQ("core_relos", json_string_value(json_object_get(o, "attribute")));
	EXPECT_STREQ("EPERM", json_string_value(json_object_get(o, "error_name")));
	EXPECT_STREQ("release", json_string_value(json_object_get(o, "signer")));
	EXPECT_STREQ("syscall", json_string_value(json_object_get(o, "type")));
	EXPECT_STREQ("none", json_string_value(json_object_get(o, "attach_type")));
	EXPECT_EQ(42, json_integer_value(json_object_get(o, "pid")));
	EXPECT_EQ(43, json_integer_value(json_object_get(o, "tid")));
	EXPECT_EQ(64, json_string_length(json_object_get(o, "digest")));
	EXPECT_TRUE(json_is_null(json_object_get(o, "loader_digest")));
	EXPECT_TRUE(json_is_null(json_object_get(o, "loader_id")));
	json_decref(o);
}

/* Whose the digest is that rules went by, if anybody could tell it. */
TEST(json_of_executables)
{
	static const char *const by[] = { NULL, "fs-verity", "ima", NULL };
	struct bpfseal_event e = sample();
	const char *says;
	json_t *o;

	for (unsigned int i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
		e.measured = (__u8)i;
		e.token = i == 1;
		memset(e.exe_digest, i ? 0xcd : 0, sizeof(e.exe_digest));
		ASSERT_EQ(0, event_json(&e, &ctx, &o));
		EXPECT_EQ(i ? 64 : 0, json_string_length(json_object_get(o, "exe_digest")));
		says = json_string_value(json_object_get(o, "exe_digest_by"));
		EXPECT_EQ(!by[i], !says);
		if (by[i] && says)
			EXPECT_STREQ(by[i], says);
		EXPECT_EQ(e.token, json_is_true(json_object_get(o, "token")));
		EXPECT_TRUE(json_is_boolean(json_object_get(o, "token")));
		json_decref(o);
	}
}

TEST(json_of_a_map)
{
	struct bpfseal_event e = sample();
	json_t *o;

	e.hook = BPFSEAL_HOOK_MAP_CREATE;
	e.object_type = 2;
	ASSERT_EQ(0, event_json(&e, &ctx, &o));
	EXPECT_STREQ("map", json_string_value(json_object_get(o, "object")));
	EXPECT_STREQ("array", json_string_value(json_object_get(o, "type")));
	EXPECT_TRUE(json_is_null(json_object_get(o, "attach_type")));
	json_decref(o);
}

FIXTURE(hostile) {
	struct bpfseal_event e;
};

FIXTURE_VARIANT(hostile) {
	const char *bytes;
	const char *shown;
};

#define HOSTILE(id, b, s) FIXTURE_VARIANT_ADD(hostile, id) { .bytes = b, .shown = s }
HOSTILE(plain, "plain", "plain");
HOSTILE(empty, "", "");
HOSTILE(escape, "\033[2J", "\\x1b[2J");
HOSTILE(newline, "a\nb\r", "a\\x0ab\\x0d");
HOSTILE(quotes, "\"'", "\\x22\\x27");
HOSTILE(backslash, "\\x41", "\\x5cx41");
HOSTILE(invalid, "\xff\xc0\x80", "\\xff\\xc0\\x80");
HOSTILE(cut_short, "\xe2\x82", "\\xe2\\x82");
HOSTILE(c1, "\xc2\x9b" "1m", "\\xc2\\x9b1m");
HOSTILE(bidi, "\xe2\x80\xae", "\\xe2\\x80\\xae");
HOSTILE(utf8, "\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9");

FIXTURE_SETUP(hostile)
{
	self->e = sample();
	memset(self->e.name, 0, sizeof(self->e.name));
	memset(self->e.comm, 0, sizeof(self->e.comm));
	memset(self->e.exe_path, 0, sizeof(self->e.exe_path));
	strcpy(self->e.name, variant->bytes);
	strcpy(self->e.comm, variant->bytes);
	strcpy(self->e.exe_path, variant->bytes);
}

FIXTURE_TEARDOWN(hostile)
{
}

TEST_F(hostile, escaped)
{
	struct event_field f = event_escape(self->e.comm, sizeof(self->e.comm));

	EXPECT_STREQ(variant->shown, f.s);
	EXPECT_TRUE(same_bytes(variant->bytes, strlen(variant->bytes), f.s));
}

TEST_F(hostile, text)
{
	char *text = as_text(&self->e, &ctx), *end, want[128];

	ASSERT_NE(NULL, text);
	snprintf(want, sizeof(want), "syscall \"%s\", level", variant->shown);
	EXPECT_NE(NULL, strstr(text, want));
	snprintf(want, sizeof(want), "by \"%s\" pid", variant->shown);
	EXPECT_NE(NULL, strstr(text, want));
	end = strchr(text, '\n');
	ASSERT_NE(NULL, end);
	EXPECT_EQ(0, strncmp(end, "\n    It asks", 12));
	free(text);
}

TEST_F(hostile, json)
{
	char *line;
	json_t *o, *again;

	ASSERT_EQ(0, event_json(&self->e, &ctx, &o));
	line = json_dumps(o, JSON_COMPACT);
	ASSERT_NE(NULL, line);
	again = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	EXPECT_TRUE(json_equal(o, again));
	EXPECT_STREQ(variant->shown, json_string_value(json_object_get(again, "comm")));
	EXPECT_STREQ(variant->shown, json_string_value(json_object_get(again, "name")));
	json_decref(again);
	json_decref(o);
	free(line);
}

/* A field needs no NUL at its end, and may be all escapes. */
TEST(fields_full_to_the_brim)
{
	struct bpfseal_event e = sample();
	struct event_field f;
	char *text;

	memset(e.name, '"', sizeof(e.name));
	memset(e.comm, 0xff, sizeof(e.comm));
	memset(e.exe_path, 033, sizeof(e.exe_path));
	f = event_escape(e.name, sizeof(e.name));
	EXPECT_TRUE(same_bytes(e.name, sizeof(e.name), f.s));
	f = event_escape(e.exe_path, sizeof(e.exe_path));
	EXPECT_EQ(EVENT_FIELD_MAX - 1, strlen(f.s));
	EXPECT_TRUE(same_bytes(e.exe_path, sizeof(e.exe_path), f.s));
	text = as_text(&e, &ctx);
	ASSERT_NE(NULL, text);
	free(text);
}

/* Every single byte, alone and beside another. */
TEST(every_byte_comes_back)
{
	for (int a = 1; a < 256; a++) {
		for (int b = 1; b < 256; b++) {
			char bytes[4] = { a, b, 'x', 0 };
			struct event_field f = event_escape(bytes, sizeof(bytes));

			EXPECT_TRUE(same_bytes(bytes, sizeof(bytes), f.s));
			EXPECT_EQ(NULL, strpbrk(f.s, "\"'\n\r\033\x7f"));
		}
	}
}

/* Records of garbage: numbers without names, times out of range. */
TEST(garbage)
{
	struct bpfseal_event e;
	unsigned int seed = 1;
	char *text;
	json_t *o;

	for (int round = 0; round < 2000; round++) {
		unsigned char *p = (unsigned char *)&e;

		for (size_t i = 0; i < sizeof(e); i++)
			p[i] = round ? rand_r(&seed) >> 3 : 0xff;
		text = as_text(&e, &ctx);
		ASSERT_NE(NULL, text);
		free(text);
		ASSERT_EQ(0, event_json(&e, &ctx, &o));
		text = json_dumps(o, 0);
		ASSERT_NE(NULL, text);
		free(text);
		json_decref(o);
	}
}

TEST(unknown_names_and_large_numbers)
{
	struct bpfseal_event e = sample();
	json_t *o;

	e.reason = 200;
	e.object_type = 999;
	e.exe_ino = ~0ULL;
	e.error = INT32_MIN;
	ASSERT_EQ(0, event_json(&e, &ctx, &o));
	EXPECT_STREQ("unknown-200", json_string_value(json_object_get(o, "reason")));
	EXPECT_STREQ("unknown-999", json_string_value(json_object_get(o, "type")));
	EXPECT_STREQ("18446744073709551615", json_string_value(json_object_get(o, "exe_ino")));
	EXPECT_TRUE(json_is_null(json_object_get(o, "why")));
	EXPECT_TRUE(json_is_null(json_object_get(o, "error_name")));
	json_decref(o);
}

TEST(wall_time)
{
	EXPECT_STREQ("1970-01-01T00:00:00.000000Z", event_wall_time(0, 0).s);
	EXPECT_STREQ("1969-12-31T23:59:59.999999Z", event_wall_time(0, -1000).s);
	EXPECT_STREQ("2026-01-01T00:00:01.500000Z",
		     event_wall_time(SECOND / 2, 1767225601LL * (int64_t)SECOND).s);
}

TEST_HARNESS_MAIN
