// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_lint_rule.c - remarks on a rule by itself: does it let in more than it
 * seems to?
 */
#include "policy_lint.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "bpfseal.h"
#include "diag.h"
#include "prog_types.h"

/* They do what they are told to, so that whoever may start them may load. */
static const char *const interpreters[] = {
	"python*", "perl*", "ruby*", "node", "nodejs", "lua*", "php*", "bash", "dash", "sh",
	"ash", "zsh", "ksh*", "csh", "tcsh", "fish", "busybox", "env", "gdb", "tclsh*", "guile*",
};

/* Programs that load BPF, by the names people call them. */
static const char *const loaders[] = {
	"runc", "crun", "youki", "containerd", "dockerd", "crio", "podman", "systemd", "bpftrace",
	"bpftool", "perf", "cilium", "calico", "tetragon", "falco", "tracee", "snapd",
};

static const char *const temporary[] = {
	"temporary", "temporarily", "temp", "tmp", "until", "workaround", "hotfix", "interim",
};

#define SIZE(a) (sizeof(a) / sizeof((a)[0]))

static struct lint_place place(const struct policy_rule *r)
{
	return (struct lint_place){ r->line, r->column };
}

static bool asks(const struct policy_rule *r, uint32_t conditions)
{
	return r->conditions & conditions;
}

static bool takes_unsigned(const struct policy_rule *r)
{
	if (asks(r, POLICY_IF_SIGNER) && !r->unsigned_too)
		return false;
	return !asks(r, POLICY_IF_LEVEL) || r->levels >> BPFSEAL_LEVEL_UNSIGNED & 1;
}

/* Lets in unsigned programs without saying which. */
static bool is_open(const struct policy_rule *r)
{
	return r->allow && takes_unsigned(r) && !asks(r, POLICY_IF_DIGEST);
}

/* --- how wide is it? ----------------------------------------------------------------- */

static int check_width(struct policy_lint *lint, const struct policy_rule *r)
{
	if (!is_open(r) || asks(r, POLICY_IF_TYPE | POLICY_IF_ATTACH_TYPE))
		return 0;
	if (!(r->conditions & ~(uint32_t)(POLICY_IF_SIGNER | POLICY_IF_LEVEL)))
		return lint_warn(lint, "allows-everything", place(r),
				 "rule \"%s\" allows %s; say who may load it, of which types or digests",
				 r->id, r->conditions ? "everything that is unsigned" :
				 "everything");
	if (asks(r, POLICY_IF_EXE_DIGEST))
		return 0;
	if (asks(r, POLICY_IF_EXE_PATH))
		return lint_warn(lint, "by-path-only", place(r),
				 "rule \"%s\" allows all that its executables load; root can pass for one of them, so add types, digests or executable_digests",
				 r->id);
	return lint_warn(lint, "by-task-only", place(r),
			 "rule \"%s\" allows any program by who loads it alone; add types or digests",
			 r->id);
}

static int check_digests(struct policy_lint *lint, const struct policy_rule *r)
{
	if (!r->allow || !asks(r, POLICY_IF_DIGEST) || asks(r, POLICY_IF_TYPE))
		return 0;
	return lint_warn(lint, "digests-without-types", place(r),
			 "rule \"%s\" allows its digests as programs of any type; a digest doesn't cover the type, so add types",
			 r->id);
}

static int check_interpreters(struct policy_lint *lint, const struct policy_rule *r)
{
	int err = 0;

	for (size_t i = 0; is_open(r) && i < r->n_exe_paths && !err; i++) {
		const char *slash = strrchr(r->exe_paths[i], '/');

		for (size_t k = 0; k < SIZE(interpreters) && !err; k++)
			if (!fnmatch(interpreters[k], slash + 1, 0))
				err = lint_warn(lint, "interpreter", place(r),
						"rule \"%s\" allows %s, which loads what any script tells it to",
						r->id, diag_quote(r->exe_paths[i]).s);
	}
	return err;
}

/* --- does it do what its words say? ----------------------------------------------------- */

/* Is @word in @text as a word: between anything but letters, digits and '_'? */
static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = text; p && (p = strcasestr(p, word)); p++) {
		bool begins = p == text || !(isalnum((unsigned char)p[-1]) || p[-1] == '_');

		if (begins && !isalnum((unsigned char)p[len]) && p[len] != '_')
			return true;
	}
	return false;
}

static const char *find_word(const struct policy_rule *r, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (has_word(r->id, words[i]) || has_word(r->comment, words[i]))
			return words[i];
	return NULL;
}

static const char *find_type(const struct policy_rule *r)
{
	for (unsigned int type = 1; type <= PROG_TYPE_LAST; type++) {
		const char *name = prog_type_name(type);

		if (has_word(r->id, name) || has_word(r->comment, name))
			return name;
	}
	return NULL;
}

/* Types, and executables it is known or another rule tells to be one. */
static int check_words(struct policy_lint *lint, const struct policy_rule *r)
{
	const char *word = asks(r, POLICY_IF_TYPE | POLICY_IF_ATTACH_TYPE) ? NULL : find_type(r);
	int err = 0;

	if (!is_open(r))
		return 0;
	if (word)
		err = lint_warn(lint, "wider-than-words", place(r),
				"rule \"%s\" speaks of %s, but allows programs of any type; add types",
				r->id, word);
	if (err || asks(r, POLICY_IF_EXE_PATH | POLICY_IF_EXE_DIGEST))
		return err;
	word = find_word(r, loaders, SIZE(loaders));
	for (unsigned int i = 0; !word && i < lint->doc->n_rules; i++)
		for (size_t k = 0; !word && k < lint->doc->rules[i].n_exe_paths; k++) {
			const char *name = strrchr(lint->doc->rules[i].exe_paths[k], '/') + 1;

			if (has_word(r->id, name) || has_word(r->comment, name))
				word = name;
		}
	if (!word)
		return 0;
	return lint_warn(lint, "wider-than-words", place(r),
			 "rule \"%s\" speaks of %s, but allows loads by any executable; add executables",
			 r->id, diag_quote(word).s);
}

static int check_temporary(struct policy_lint *lint, const struct policy_rule *r)
{
	const char *word = find_word(r, temporary, SIZE(temporary));

	if (!r->allow || r->expires)
		return 0;
	if (word)
		return lint_warn(lint, "never-expires", place(r),
				 "rule \"%s\" says \"%s\", but does not expire; add expires", r->id,
				 word);
	if (r->ticket)
		return lint_note(lint, "never-expires", place(r),
				 "rule \"%s\" has a ticket, but does not expire", r->id);
	return 0;
}

int lint_rule(struct policy_lint *lint, const struct policy_rule *r)
{
	char what[64];
	int err;

	snprintf(what, sizeof(what), "rule \"%s\"", r->id);
	err = lint_end(lint, "rule-ends", place(r), what, r->expires);
	if (err || (r->expires && r->expires <= lint->now))
		return err;
	err = check_width(lint, r);
	if (!err)
		err = check_digests(lint, r);
	if (!err)
		err = check_interpreters(lint, r);
	if (!err)
		err = check_words(lint, r);
	return err ? err : check_temporary(lint, r);
}
