// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * yaml_tree.c - read a YAML document into a tree with positions.
 */
#include "yaml_tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "diag.h"
#include "utf8.h"

struct builder {
	const char *file;
	yaml_parser_t parser;
	struct yaml_node *open[YAML_DEPTH_MAX];	/* lists and maps not ended yet */
	size_t depth;
	struct yaml_node *root;
	/* A map's key that waits for its value. */
	char *key;
	size_t key_line, key_column;
	unsigned int documents;
};

void yaml_tree_free(struct yaml_node *node)
{
	while (node) {
		struct yaml_node *next = node->next;

		yaml_tree_free(node->first);
		free(node->text);
		free(node->key);
		free(node);
		node = next;
	}
}

const struct yaml_node *yaml_tree_get(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = map->kind == YAML_MAP ? map->first : NULL;

	while (node && strcmp(node->key, key))
		node = node->next;
	return node;
}

const char *yaml_tree_kind(const struct yaml_node *node)
{
	return node->kind == YAML_TEXT ? "text" : node->kind == YAML_LIST ? "a list" :
	       "a map";
}

/* libyaml's line breaks, so that our lines are counted like its own. */
static bool is_break(uint32_t code, const uint8_t *next, const uint8_t *end)
{
	return code == '\n' || (code == '\r' && (next == end || *next != '\n')) ||
	       code == 0x85 || code == 0x2028 || code == 0x2029;
}

/* libyaml refuses these too, but tells only the offset of some of them. */
static int check_characters(const char *text, size_t len, const char *file)
{
	const uint8_t *p = (const uint8_t *)text, *end = p + len;
	size_t line = 1, column = 1;

	while (p < end) {
		uint32_t code = 0;
		size_t n = utf8_char(p, (size_t)(end - p), &code);

		if (!n) {
			diag_at(file, line, column, "byte \"%s\" is not UTF-8, expected UTF-8 text",
				diag_quote_n(p, 1).s);
			return -EINVAL;
		}
		if ((code < 0x20 && code != '\t' && code != '\n' && code != '\r') ||
		    (code >= 0x7f && code < 0xa0 && code != 0x85) || code == 0xfeff) {
			diag_at(file, line, column, "control character \"%s\", expected text",
				diag_quote_n(p, n).s);
			return -EINVAL;
		}
		p += n;
		column++;
		if (is_break(code, p, end)) {
			line++;
			column = 1;
		}
	}
	return 0;
}

static int __attribute__((format(printf, 3, 4)))
fail(const struct builder *b, const yaml_mark_t *mark, const char *fmt, ...)
{
	char message[2 * DIAG_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	diag_at(b->file, mark->line + 1, mark->column + 1, "%s", message);
	return -EINVAL;
}

/* The text of a scalar, which may hold a NUL or worse by way of an escape. */
static int take_text(const struct builder *b, const yaml_event_t *event, char **text)
{
	const char *value = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)value[i];

		if (c < 0x20 || c == 0x7f)
			return fail(b, &event->start_mark,
				    "\"%s\" has a control character, expected one line of text",
				    diag_quote_n(value, len).s);
	}
	*text = strndup(value, len);
	return *text ? 0 : -ENOMEM;
}

static int take_key(struct builder *b, const yaml_event_t *event)
{
	const struct yaml_node *before;
	size_t n = 0;
	int err = take_text(b, event, &b->key);

	if (err)
		return err;
	b->key_line = event->start_mark.line + 1;
	b->key_column = event->start_mark.column + 1;
	for (before = b->open[b->depth - 1]->first; before; before = before->next, n++)
		if (!strcmp(before->key, b->key))
			return fail(b, &event->start_mark,
				    "\"%s\" is given twice, first in line %zu; expected once",
				    diag_quote(b->key).s, before->key_line);
	/* Each is compared with all before it. */
	if (n >= YAML_KEYS_MAX)
		return fail(b, &event->start_mark,
			    "key \"%s\" is one too many, expected at most %d in a map",
			    diag_quote(b->key).s, YAML_KEYS_MAX);
	return 0;
}

static struct yaml_node *new_node(struct builder *b, enum yaml_kind kind,
				  const yaml_mark_t *mark)
{
	struct yaml_node *node = calloc(1, sizeof(*node));
	struct yaml_node *parent = b->depth ? b->open[b->depth - 1] : NULL;

	if (!node)
		return NULL;
	node->kind = kind;
	node->line = mark->line + 1;
	node->column = mark->column + 1;
	node->key = b->key;
	node->key_line = b->key_line;
	node->key_column = b->key_column;
	b->key = NULL;
	if (!parent)
		b->root = node;
	else if (!parent->first)
		parent->first = node;
	else
		parent->last->next = node;
	if (parent)
		parent->last = node;
	return node;
}

static bool wants_key(const struct builder *b)
{
	return b->depth && b->open[b->depth - 1]->kind == YAML_MAP && !b->key;
}

static int take_scalar(struct builder *b, const yaml_event_t *event)
{
	struct yaml_node *node;

	if (event->data.scalar.anchor || event->data.scalar.tag)
		return fail(b, &event->start_mark,
			    "anchors and tags are not supported, expected the value alone");
	if (wants_key(b))
		return take_key(b, event);
	node = new_node(b, YAML_TEXT, &event->start_mark);
	if (!node)
		return -ENOMEM;
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return take_text(b, event, &node->text);
}

static int begin(struct builder *b, const yaml_event_t *event, enum yaml_kind kind)
{
	bool marked = kind == YAML_LIST ?
		event->data.sequence_start.anchor || event->data.sequence_start.tag :
		event->data.mapping_start.anchor || event->data.mapping_start.tag;
	struct yaml_node *node;

	if (marked)
		return fail(b, &event->start_mark,
			    "anchors and tags are not supported, expected the value alone");
	if (wants_key(b))
		return fail(b, &event->start_mark, "a list or map as a key, expected text");
	if (b->depth == YAML_DEPTH_MAX)
		return fail(b, &event->start_mark,
			    "more than %d levels of lists and maps", YAML_DEPTH_MAX);
	node = new_node(b, kind, &event->start_mark);
	if (!node)
		return -ENOMEM;
	b->open[b->depth++] = node;
	return 0;
}

/* Take one event. Returns 0, 1 at the end of the text, or a negative errno. */
static int take_event(struct builder *b, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return take_scalar(b, event);
	case YAML_SEQUENCE_START_EVENT:
		return begin(b, event, YAML_LIST);
	case YAML_MAPPING_START_EVENT:
		return begin(b, event, YAML_MAP);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		b->depth--;
		return 0;
	case YAML_ALIAS_EVENT:
		return fail(b, &event->start_mark,
			    "alias \"*%s\": aliases are not supported, expected the value itself",
			    diag_quote((const char *)event->data.alias.anchor).s);
	case YAML_DOCUMENT_START_EVENT:
		if (b->documents++)
			return fail(b, &event->start_mark,
				    "a second document, expected one");
		return 0;
	case YAML_STREAM_END_EVENT:
		if (!b->root)
			return fail(b, &(yaml_mark_t){ 0 }, "the file is empty, expected a policy");
		return 1;
	default:
		return 0;
	}
}

static int syntax_error(const struct builder *b)
{
	const yaml_parser_t *p = &b->parser;

	if (p->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	return fail(b, &p->problem_mark, "not YAML: %s",
		    p->problem ? p->problem : "unknown problem");
}

int yaml_tree_parse(const char *text, size_t len, const char *file,
		    struct yaml_node **root)
{
	struct builder b = { .file = file };
	yaml_event_t event;
	int ret;

	ret = check_characters(text, len, file);
	if (ret)
		return ret;
	if (!yaml_parser_initialize(&b.parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&b.parser, (const unsigned char *)text, len);
	while (!ret) {
		if (!yaml_parser_parse(&b.parser, &event)) {
			ret = syntax_error(&b);
			break;
		}
		ret = take_event(&b, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&b.parser);
	free(b.key);
	if (ret < 0) {
		yaml_tree_free(b.root);
		return ret;
	}
	*root = b.root;
	return 0;
}
