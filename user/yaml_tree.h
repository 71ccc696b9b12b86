/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * yaml_tree.h - a YAML document as a tree that knows where everything stands.
 *
 * libcyaml loads data, but tells no exact position; this tree does. It is built
 * from libyaml's events and takes a plain subset of YAML: one document, no
 * aliases, anchors or tags, no duplicate keys, text keys only.
 */
#ifndef BPFSEAL_YAML_TREE_H
#define BPFSEAL_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>

#define YAML_DEPTH_MAX 8
#define YAML_KEYS_MAX 64

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	size_t line, column;	/* counted from 1, columns in characters */
	char *text;		/* of a YAML_TEXT; has no control characters */
	bool plain;		/* a YAML_TEXT that is not quoted */
	char *key;		/* what it is called in a YAML_MAP, else NULL */
	size_t key_line, key_column;
	struct yaml_node *first, *last;	/* entries of a list or map */
	struct yaml_node *next;
};

/**
 * yaml_tree_parse - read a document
 * @text: the text
 * @len: its length
 * @file: what to call it in messages
 * @root: set on success; free with yaml_tree_free()
 *
 * Prints one line, FILE:LINE:COLUMN and what is wrong.
 *
 * Return: 0, -EINVAL or -ENOMEM
 */
int yaml_tree_parse(const char *text, size_t len, const char *file,
		    struct yaml_node **root);

/**
 * yaml_tree_free - free a tree
 * @root: the tree, or NULL
 */
void yaml_tree_free(struct yaml_node *root);

/**
 * yaml_tree_get - the entry of a map
 * @map: the map
 * @key: what the entry is called
 *
 * Return: the entry or NULL
 */
const struct yaml_node *yaml_tree_get(const struct yaml_node *map, const char *key);

/**
 * yaml_tree_kind - what to call a node in a message: "text", "a list", "a map"
 * @node: the node
 */
const char *yaml_tree_kind(const struct yaml_node *node);

#endif
