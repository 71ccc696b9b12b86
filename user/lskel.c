// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lskel.c - parse light skeleton headers.
 *
 * A light skeleton is C source, and what C source does can't be known without a
 * compiler. So everything that decides what is loaded must stand there exactly
 * as bpftool writes it: one function NAME__load() with its arrays, its
 * assignments and the call, no preprocessor directive and no comment that could
 * hide or replace it. Inside an array only the two escapes of bpftool are
 * known, each complete, so that we decode what a compiler would.
 */
#include "lskel.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cms.h"
#include "diag.h"
#include "file.h"

#define NAME_MAX_LEN	128
#define ARRAY_HEAD	"\tstatic const char %s[]%s = \"\\"
#define ALIGNED		" __attribute__((__aligned__(8)))"

struct reader {
	const char *file;
	const char *pos;	/* start of the next line */
	const char *end;
	size_t number;		/* of the line last taken */
	const char *line;	/* that line, without its newline */
	size_t len;
	bool failed;		/* something was printed */
};

struct bytes {
	uint8_t *p;
	size_t len;
};

/* The arrays of the load function, in bpftool's order. */
enum { ARRAY_DATA, ARRAY_INSNS, ARRAY_SIG, ARRAY_EXCL, ARRAY_BTF, ARRAYS };

static const struct {
	const char *name;
	size_t max;
	const char *attribute;
} arrays[ARRAYS] = {
	[ARRAY_DATA] = { "opts_data", LSKEL_PAYLOAD_MAX, ALIGNED },
	[ARRAY_INSNS] = { "opts_insn", LSKEL_PAYLOAD_MAX, ALIGNED },
	[ARRAY_SIG] = { "opts_sig", CMS_SIG_MAX, ALIGNED },
	[ARRAY_EXCL] = { "opts_excl_hash", LSKEL_HASH_LEN, ALIGNED },
	[ARRAY_BTF] = { "opts_btf", LSKEL_PAYLOAD_MAX, "" },
};

/* What the load function may do before the call, and for which array. */
static const struct {
	const char *line;
	int array;		/* belongs to this array; ARRAYS: to all */
} assignments[] = {
	{ "\topts.signature = (void *)opts_sig;", ARRAY_SIG },
	{ "\topts.signature_sz = sizeof(opts_sig) - 1;", ARRAY_SIG },
	{ "\topts.keyring_id = skel->keyring_id;", ARRAY_SIG },
	{ "\topts.excl_prog_hash = (void *)opts_excl_hash;", ARRAY_EXCL },
	{ "\topts.excl_prog_hash_sz = sizeof(opts_excl_hash) - 1;", ARRAY_EXCL },
	{ "\topts.btf = (void *)opts_btf;", ARRAY_BTF },
	{ "\topts.btf_sz = sizeof(opts_btf) - 1;", ARRAY_BTF },
	{ "\topts.ctx = (struct bpf_loader_ctx *)skel;", ARRAYS },
	{ "\topts.data_sz = sizeof(opts_data) - 1;", ARRAYS },
	{ "\topts.data = (void *)opts_data;", ARRAYS },
	{ "\topts.insns_sz = sizeof(opts_insn) - 1;", ARRAYS },
	{ "\topts.insns = (void *)opts_insn;", ARRAYS },
};

#define N_ASSIGNMENTS (sizeof(assignments) / sizeof(assignments[0]))

static int __attribute__((format(printf, 3, 4)))
fail(struct reader *r, size_t column, const char *fmt, ...)
{
	char message[DIAG_TEXT_MAX + 256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	if (!r->failed)
		diag_at(r->file, r->number ? r->number : 1, column, "%s", message);
	r->failed = true;
	return -EBADMSG;
}

/* The beginning of the current line, fit for a message. */
static struct diag_text shown(const struct reader *r)
{
	return diag_quote_n(r->line, r->len < 60 ? r->len : 60);
}

static bool next_line(struct reader *r)
{
	const char *nl;

	if (r->pos >= r->end)
		return false;
	nl = memchr(r->pos, '\n', (size_t)(r->end - r->pos));
	r->line = r->pos;
	r->len = (size_t)((nl ? nl : r->end) - r->pos);
	r->pos = nl ? nl + 1 : r->end;
	r->number++;
	return true;
}

static bool line_is(const struct reader *r, const char *text)
{
	return r->len == strlen(text) && !memcmp(r->line, text, r->len);
}

static int expect_line(struct reader *r, const char *text)
{
	if (!next_line(r))
		return fail(r, 1, "the file ends here; expected \"%s\"",
			    diag_quote(text).s);
	if (!line_is(r, text))
		return fail(r, 1, "found \"%s\", expected \"%s\"", shown(r).s,
			    diag_quote(text).s);
	return 0;
}

static bool is_ident(const char *p, size_t len)
{
	if (!len || len > NAME_MAX_LEN || isdigit((unsigned char)p[0]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)p[i]) && p[i] != '_')
			return false;
	return true;
}

/* Is the line @before, then a header guard, then @after? */
static bool is_guard(const struct reader *r, const char *before, const char *after)
{
	static const char suffix[] = "_SKEL_H__";
	size_t start = strlen(before), tail = strlen(after), n = strlen(suffix);
	size_t len;

	if (r->len < start + n + tail || memcmp(r->line, before, start) ||
	    memcmp(r->line + r->len - tail, after, tail))
		return false;
	len = r->len - start - tail;
	return is_ident(r->line + start, len) &&
	       !memcmp(r->line + start + len - n, suffix, n);
}

/* Directives bpftool writes; any other could change what is loaded. */
static bool known_directive(const struct reader *r)
{
	static const char *const whole[] = {
		"#include <bpf/skel_internal.h>", "#ifdef __cplusplus",
		"#define _Static_assert static_assert", "#undef _Static_assert",
		"#endif",
	};

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (line_is(r, whole[i]))
			return true;
	return is_guard(r, "#ifndef ", "") || is_guard(r, "#define ", "") ||
	       is_guard(r, "#endif /* ", " */");
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * Outside the load function a line may be continued only for the content of
 * other arrays; a trigraph could stand for the backslash.
 */
static bool continues_strangely(const struct reader *r)
{
	static const char head[] = " = \"\\";
	size_t n = strlen(head);

	if (memmem(r->line, r->len, "??", 2))
		return true;
	if (!r->len || r->line[r->len - 1] != '\\')
		return false;
	if (r->len >= n && !memcmp(r->line + r->len - n, head, n))
		return false;
	for (size_t i = 0; i < r->len; i++)
		if (r->line[i] != '\\' && r->line[i] != 'x' && hex_digit(r->line[i]) < 0)
			return true;
	return false;
}

/* A line outside the load function must not hide or replace that function. */
static int check_outside(struct reader *r)
{
	const char *text = r->line;
	size_t len = r->len, blank = 0;
	const char *open;

	/* A compiler skips some of these, so they could stand before a '#'. */
	for (size_t i = 0; i < len; i++)
		if (iscntrl((unsigned char)text[i]) && text[i] != '\t')
			return fail(r, i + 1, "control character \"%s\"",
				    diag_quote_n(text + i, 1).s);
	while (blank < len && isblank((unsigned char)text[blank]))
		blank++;
	if (blank < len && (text[blank] == '#' || text[blank] == '%') &&
	    !known_directive(r))
		return fail(r, blank + 1, "unexpected directive \"%s\"; bpftool writes none such",
			    shown(r).s);
	if (continues_strangely(r))
		return fail(r, r->len, "unexpected line continuation; bpftool writes none such");
	while ((open = memmem(text, len, "/*", 2))) {
		len -= (size_t)(open + 2 - text);
		text = open + 2;
		open = memmem(text, len, "*/", 2);
		if (!open)
			return fail(r, (size_t)(text - r->line) - 1,
				    "a comment over several lines; bpftool writes none such");
		len -= (size_t)(open + 2 - text);
		text = open + 2;
	}
	return 0;
}

/* Is this "NAME__load(struct NAME *skel)"? Sets the length of NAME. */
static bool is_load(const struct reader *r, size_t *name_len)
{
	static const char middle[] = "__load(struct ", tail[] = " *skel)";
	const char *at = memmem(r->line, r->len, middle, strlen(middle));
	size_t n = at ? (size_t)(at - r->line) : 0;

	if (!at || !is_ident(r->line, n) ||
	    r->len != 2 * n + strlen(middle) + strlen(tail) ||
	    memcmp(at + strlen(middle), r->line, n) ||
	    memcmp(at + strlen(middle) + n, tail, strlen(tail)))
		return false;
	*name_len = n;
	return true;
}

/*
 * Decode one line of an array. Returns 0 if another line follows, 1 if the
 * array ends here, or a negative errno.
 */
static int array_line(struct reader *r, struct bytes *out, size_t max)
{
	const char *p = r->line, *end = r->line + r->len;

	while (p < end) {
		size_t column = (size_t)(p - r->line) + 1;
		size_t left = (size_t)(end - p);

		if (left == 2 && !memcmp(p, "\";", 2))
			return 1;
		if (left == 1 && *p == '\\')
			return 0;
		if (out->len == max)
			return fail(r, column, "the array is longer than %zu bytes", max);
		if (left >= 2 && !memcmp(p, "\\0", 2)) {
			out->p[out->len++] = 0;
			p += 2;
		} else if (left >= 4 && !memcmp(p, "\\x", 2) &&
			   hex_digit(p[2]) >= 0 && hex_digit(p[3]) >= 0) {
			out->p[out->len++] = (uint8_t)(hex_digit(p[2]) << 4 |
						       hex_digit(p[3]));
			p += 4;
		} else {
			return fail(r, column, "found \"%s\", expected \\0 or \\xNN or the end of the array",
				    diag_quote_n(p, left < 8 ? left : 8).s);
		}
	}
	return fail(r, r->len + 1, "the line ends inside the array");
}

static int read_array(struct reader *r, size_t which, struct bytes *out)
{
	size_t left = (size_t)(r->end - r->pos);
	size_t max = arrays[which].max;
	int ret = 0;

	/* Each byte takes two characters at least. */
	out->p = malloc((left / 2 < max ? left / 2 : max) + 1);
	if (!out->p)
		return -ENOMEM;
	out->len = 0;
	while (!ret) {
		if (!next_line(r))
			return fail(r, 1, "the file ends inside array %s",
				    arrays[which].name);
		ret = array_line(r, out, max);
	}
	if (ret > 0 && !out->len)
		return fail(r, 1, "array %s is empty", arrays[which].name);
	return ret < 0 ? ret : 0;
}

/* The arrays in their order; those after the first two may be missing. */
static int read_arrays(struct reader *r, struct bytes out[ARRAYS])
{
	char head[128];
	int err;

	for (size_t i = 0; i < ARRAYS; i++) {
		snprintf(head, sizeof(head), ARRAY_HEAD, arrays[i].name,
			 arrays[i].attribute);
		if (i <= ARRAY_INSNS) {
			err = expect_line(r, head);
			if (err)
				return err;
		} else {
			struct reader back = *r;

			if (!next_line(r) || !line_is(r, head)) {
				*r = back;
				continue;
			}
		}
		err = read_array(r, i, &out[i]);
		if (err)
			return err;
	}
	return 0;
}

static int read_assignments(struct reader *r, const struct bytes out[ARRAYS])
{
	bool seen[N_ASSIGNMENTS] = { false };
	size_t i;

	while (next_line(r) && r->len) {
		for (i = 0; i < N_ASSIGNMENTS; i++)
			if (line_is(r, assignments[i].line))
				break;
		if (i == N_ASSIGNMENTS || seen[i])
			return fail(r, 1, "unexpected \"%s\" in the load function",
				    shown(r).s);
		seen[i] = true;
	}
	for (i = 0; i < N_ASSIGNMENTS; i++) {
		int array = assignments[i].array;
		bool wanted = array == ARRAYS || out[array].p;

		if (seen[i] != wanted)
			return fail(r, 1, "the load function %s \"%s\"",
				    wanted ? "lacks" : "must not have",
				    diag_quote(assignments[i].line + 1).s);
	}
	return expect_line(r, "\terr = bpf_load_and_run(&opts);");
}

static int read_load(struct reader *r, struct bytes out[ARRAYS])
{
	static const char *const head[] = {
		"{", "\tstruct bpf_load_and_run_opts opts = {};", "\tint err;",
	};
	int err;

	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
		err = expect_line(r, head[i]);
		if (err)
			return err;
	}
	err = read_arrays(r, out);
	if (err)
		return err;
	if (out[ARRAY_INSNS].len % 8)
		return fail(r, 1, "the loader has %zu bytes, which is no multiple of 8",
			    out[ARRAY_INSNS].len);
	if (out[ARRAY_EXCL].p && out[ARRAY_EXCL].len != LSKEL_HASH_LEN)
		return fail(r, 1, "opts_excl_hash has %zu bytes, expected %d",
			    out[ARRAY_EXCL].len, LSKEL_HASH_LEN);
	if (out[ARRAY_BTF].p && !out[ARRAY_SIG].p)
		return fail(r, 1, "there is opts_btf, but no opts_sig; bpftool writes none such");
	return read_assignments(r, out);
}

static int read_file(struct reader *r, struct bytes out[ARRAYS], char **name)
{
	size_t name_len;
	int err;

	if (!memmem(r->pos, (size_t)(r->end - r->pos), "__load(struct ", 14))
		return fail(r, 1, "not a light skeleton: there is no function NAME__load()");
	while (next_line(r)) {
		if (!is_load(r, &name_len)) {
			err = check_outside(r);
			if (err)
				return err;
			continue;
		}
		if (*name)
			return fail(r, 1, "a second load function: \"%s\"", shown(r).s);
		*name = strndup(r->line, name_len);
		if (!*name)
			return -ENOMEM;
		err = read_load(r, out);
		if (err)
			return err;
	}
	if (!*name)
		return fail(r, 1, "not a light skeleton: there is no function NAME__load()");
	return 0;
}

int lskel_parse(const char *text, size_t len, const char *file, struct lskel *out)
{
	struct reader r = { .file = file, .pos = text, .end = text + len };
	struct bytes got[ARRAYS] = { { NULL, 0 } };
	char *name = NULL;
	int err;

	err = read_file(&r, got, &name);
	if (err)
		goto out;
	*out = (struct lskel){
		.name = name,
		.insns = got[ARRAY_INSNS].p, .insns_len = got[ARRAY_INSNS].len,
		.data = got[ARRAY_DATA].p, .data_len = got[ARRAY_DATA].len,
		.sig = got[ARRAY_SIG].p, .sig_len = got[ARRAY_SIG].len,
		.btf = got[ARRAY_BTF].p, .btf_len = got[ARRAY_BTF].len,
		.has_excl = got[ARRAY_EXCL].p != NULL,
	};
	if (out->has_excl)
		memcpy(out->excl, got[ARRAY_EXCL].p, LSKEL_HASH_LEN);
	free(got[ARRAY_EXCL].p);
	return 0;
out:
	for (size_t i = 0; i < ARRAYS; i++)
		free(got[i].p);
	free(name);
	return err;
}

int lskel_read(const char *path, struct lskel *out)
{
	uint8_t *text;
	size_t len;
	int err;

	err = file_read(path, LSKEL_FILE_MAX, &text, &len, NULL);
	if (err == -EFBIG)
		diag_error("%s is larger than %u bytes", diag_quote(path).s, LSKEL_FILE_MAX);
	else if (err)
		diag_error("cannot read %s: %s", diag_quote(path).s, strerror(-err));
	if (err)
		return err;
	err = lskel_parse((const char *)text, len, path, out);
	free(text);
	return err;
}

void lskel_free(struct lskel *skel)
{
	free(skel->name);
	free(skel->insns);
	free(skel->data);
	free(skel->sig);
	free(skel->btf);
	memset(skel, 0, sizeof(*skel));
}
