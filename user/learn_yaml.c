// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * learn_yaml.c - the pieces of a learned policy as YAML.
 */
#include "learn_yaml.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <linux/types.h>
#include <bpf/libbpf.h>

#include "hex.h"
#include "learn_read.h"
#include "learn_risk.h"
#include "prog_types.h"
#include "utf8.h"

#define WIDTH		96
#define SAFE_MAX	160

/* --- texts ------------------------------------------------------------------------ */

void learn_put_quoted(FILE *f, const char *text)
{
	size_t left = strlen(text), n;
	uint32_t code;

	putc('"', f);
	for (; left; text += n, left -= n) {
		n = utf8_char((const uint8_t *)text, left, &code);
		if (!n)
			break;
		if (code == '"' || code == '\\')
			fprintf(f, "\\%c", (int)code);
		else if (code >= 0x20 && code < 0x7f)
			putc((int)code, f);
		else
			fprintf(f, "\\U%08" PRIx32, code);
	}
	putc('"', f);
}

void learn_put_safe(FILE *f, const char *text)
{
	for (size_t i = 0; text[i]; i++) {
		unsigned char c = (unsigned char)text[i];

		if (i == SAFE_MAX) {
			fputs("...", f);
			return;
		}
		if (c >= 0x20 && c < 0x7f)
			putc(c, f);
		else
			fprintf(f, "\\x%02x", c);
	}
}

void learn_put_wrapped(FILE *f, const char *indent, const char *text)
{
	size_t used = 0, len;

	for (; *text; text += len + strspn(text + len, " ")) {
		len = strcspn(text, " ");
		if (used && used + 1 + len > WIDTH) {
			putc('\n', f);
			used = 0;
		}
		used += fprintf(f, "%s%s%.*s", used ? "" : indent, used ? " " : "# ", (int)len,
				text);
	}
	putc('\n', f);
}

void learn_put_types(FILE *f, uint64_t types)
{
	const char *separator = "[";

	for (unsigned int i = 1; i <= PROG_TYPE_LAST; i++) {
		if (!(types >> i & 1))
			continue;
		fprintf(f, "%s%s", separator, prog_type_name(i));
		separator = ", ";
	}
	putc(']', f);
}

void learn_put_attach_types(FILE *f, const uint64_t types[2])
{
	const char *separator = "[";

	for (unsigned int i = 0; i < ATTACH_TYPES_MAX; i++) {
		const char *name = libbpf_bpf_attach_type_str((enum bpf_attach_type)i);

		if (!name || !(types[i / 64] >> (i % 64) & 1))
			continue;
		fprintf(f, "%s%s", separator, name);
		separator = ", ";
	}
	putc(']', f);
}

void learn_put_time(FILE *f, int64_t time)
{
	char text[64];
	time_t t = time;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	fputs(text, f);
}

static void put_count(FILE *f, uint64_t n, const char *what)
{
	fprintf(f, "%" PRIu64 " %s%s", n, what, n == 1 ? "" : "s");
}

void learn_put_seen(FILE *f, const struct learn_group *group)
{
	if (group->loads)
		put_count(f, group->loads, "load");
	if (group->loaded) {
		fputs(group->loads ? ", " : "", f);
		put_count(f, group->loaded, "program");
		fputs(" loaded now", f);
	}
	if (!group->loads && !group->loaded)
		fputs("seen by what it loads only", f);
	if (!group->first[0])
		return;
	if (strcmp(group->first, group->last))
		fprintf(f, ", %s to %s", group->first, group->last);
	else
		fprintf(f, ", %s", group->first);
}

/* --- sets and rules --------------------------------------------------------------- */

void learn_put_set(FILE *f, const struct learn_rule *rule)
{
	fprintf(f, "  - name: %s\n    digests:\n", rule->set);
	for (size_t i = 0; i < rule->group->n_digests; i++)
		fprintf(f, "      - \"%s\"\n", hex_of(rule->group->digests[i].bytes).s);
}

static void put_names(FILE *f, const struct learn_group *group)
{
	if (!group->n_names)
		return;
	fputs("  # programs:", f);
	for (unsigned int i = 0; i < group->n_names; i++) {
		fputs(i ? ", " : " ", f);
		learn_put_safe(f, group->names[i]);
	}
	fputs(group->more_names ? ", and others\n" : "\n", f);
}

static void put_risks(FILE *f, const struct learn_rule *rule)
{
	for (unsigned int i = 0; i < LEARN_RISKS; i++)
		if (rule->risks >> i & 1)
			fprintf(f, "  # RISK: %s\n", learn_risk_text(i));
	if (rule->form == LEARN_GENERATED)
		learn_put_wrapped(f, "  ", "Device filters, made anew for each container or unit: nobody can sign them, and their digests differ. They decide about devices only.");
	if (rule->form == LEARN_BY_DIGEST && rule->group->no_digest)
		fprintf(f, "  # NOT LEARNED: %" PRIu64 " of its loads told no digest. With this rule in force the next events do.\n",
			rule->group->no_digest);
}

static void put_digests(FILE *f, const struct learn_rule *rule, const char *start)
{
	const char *separator = "";

	fprintf(f, "%s  digests: [", start);
	if (rule->set[0])
		fprintf(f, "\"set:%s\"", rule->set);
	for (size_t i = 0; !rule->set[0] && i < rule->group->n_digests; i++) {
		fprintf(f, "%s\"%s\"", separator, hex_of(rule->group->digests[i].bytes).s);
		separator = ", ";
	}
	fputs("]\n", f);
}

/* What the rule asks for; @start begins each line. */
static void put_conditions(FILE *f, const struct learn_rule *rule, const char *start)
{
	const struct learn_group *group = rule->group;
	char path[POLICY_PATH_MAX + 1];

	fprintf(f, "%s  types: [%s]\n%s  attach_types: ", start, prog_type_name(group->type), start);
	learn_put_attach_types(f, group->attach_types);
	putc('\n', f);
	if (rule->form == LEARN_BY_DIGEST)
		put_digests(f, rule, start);
	if (group->exe && group->host_mount_ns && !learn_plain_path(group->exe, path)) {
		fprintf(f, "%s  executables: [", start);
		learn_put_quoted(f, path);
		fputs("]\n", f);
	}
	fprintf(f, "%s  uids: [%" PRIu32 "]\n%s  user_namespace: host\n", start, group->uid, start);
	if (group->exe)
		fprintf(f, "%s  mount_namespace: %s\n", start,
			group->host_mount_ns ? "host" : "other");
	fprintf(f, "%s  token: false\n%s  nested: %s\n", start, start,
		group->nested ? "true" : "false");
}

void learn_put_rule(FILE *f, const struct learn_rule *rule)
{
	/* Taking out the "# " makes it a rule. */
	const char *start = rule->off ? "  # " : "  ";

	putc('\n', f);
	if (rule->group->exe) {
		fputs("  # loaded by ", f);
		learn_put_safe(f, rule->group->exe);
		putc('\n', f);
	}
	put_names(f, rule->group);
	put_risks(f, rule);
	if (rule->off)
		fputs("  # Commented out: take out the \"# \" of the lines below to allow it.\n", f);
	fprintf(f, "%s- id: %s\n%s  action: allow\n%s  comment: \"", start, rule->id, start, start);
	learn_put_seen(f, rule->group);
	fputs("\"\n", f);
	put_conditions(f, rule, start);
}
