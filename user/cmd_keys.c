// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_keys.c - bpfseal keys: make signers' keys, enrol and list them.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cert.h"
#include "certgen.h"
#include "cmd.h"
#include "diag.h"
#include "keyring.h"

#define DAYS_MAX	36500
#define CA_DAYS		3650
#define SIGNER_DAYS	730

static const char usage[] =
	"usage: bpfseal keys ca DIR [--name CN] [--days N] [--ec]\n"
	"       bpfseal keys signer DIR --name NAME [--days N] [--ec]\n"
	"       bpfseal keys enrol NAME --cert FILE\n"
	"       bpfseal keys list [--json]\n"
	"\n"
	"ca      makes a certificate authority: DIR/ca.key and DIR/ca.crt\n"
	"signer  makes a signer with a certificate of that authority: DIR/NAME.key\n"
	"        and DIR/NAME.crt\n"
	"enrol   puts a signer's key into a sealed kernel keyring, which stays until\n"
	"        reboot, and prints the keyring's serial number. Installing a policy\n"
	"        does this for all its signers\n"
	"list    shows the keyrings called bpfseal:NAME. Names prove nothing: anyone\n"
	"        may make such a keyring; what the policy trusts is in bpfseal status\n"
	"\n"
	"  --name NAME   of a signer: 1 to 31 of a-z, 0-9, '.', '_' and '-'\n"
	"  --days N      validity, 1 to 36500 (3650 for an authority, 730 for a signer)\n"
	"  --ec          ECDSA P-256 keys instead of RSA-2048\n"
	"  --cert FILE   the signer's certificate, PEM or DER\n"
	"  --json        machine-readable output\n";

struct options {
	const char *name, *cert, *arg;
	int days;
	bool ec, json;
};

static int parse_days(const char *text, int *days)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || end == text || *end || value < 1 || value > DAYS_MAX) {
		diag_error("--days is \"%s\", expected a number from 1 to %d",
			   diag_quote(text).s, DAYS_MAX);
		return EXIT_USAGE;
	}
	*days = (int)value;
	return EXIT_DONE;
}

static int usage_error(void)
{
	fputs(usage, stderr);
	return EXIT_USAGE;
}

/* Sets *help, or the options and the one argument, if @wants_arg. */
static int parse(int argc, char **argv, bool wants_arg, struct options *o, bool *help)
{
	static const struct option options[] = {
		{ "name", required_argument, NULL, 'n' },
		{ "days", required_argument, NULL, 'd' },
		{ "cert", required_argument, NULL, 'c' },
		{ "ec", no_argument, NULL, 'e' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int c;

	optind = 0;	/* main() may have parsed options before */
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'n': o->name = optarg; break;
		case 'c': o->cert = optarg; break;
		case 'e': o->ec = true; break;
		case 'j': o->json = true; break;
		case 'h': *help = true; return EXIT_DONE;
		case 'd':
			if (parse_days(optarg, &o->days))
				return EXIT_USAGE;
			break;
		default:
			return usage_error();
		}
	}
	if (argc - optind != wants_arg)
		return usage_error();
	o->arg = wants_arg ? argv[optind] : NULL;
	return EXIT_DONE;
}

static bool is_name(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-");

	return len && len <= KEYRING_NAME_MAX && !name[len] && name[0] != '.' &&
	       name[0] != '-';
}

/* DIR/NAME.SUFFIX */
static int path_in(const char *dir, const char *name, const char *suffix,
		   char path[PATH_MAX])
{
	if (snprintf(path, PATH_MAX, "%s/%s.%s", dir, name, suffix) < PATH_MAX)
		return 0;
	diag_error("directory name %s is too long", diag_quote(dir).s);
	return -ENAMETOOLONG;
}

static int write_pair(const char *dir, const char *name, EVP_PKEY *key, X509 *x509)
{
	char key_path[PATH_MAX], cert_path[PATH_MAX];
	struct cert *cert;
	char date[32];
	struct tm tm;
	int err;

	err = path_in(dir, name, "key", key_path);
	if (!err)
		err = path_in(dir, name, "crt", cert_path);
	if (!err)
		err = certgen_write(key_path, cert_path, key, x509);
	if (!err)
		err = cert_load(cert_path, &cert);
	if (err)
		return err;
	strftime(date, sizeof(date), "%Y-%m-%d", gmtime_r(&cert->not_after, &tm));
	printf("private key: %s\ncertificate: %s\nsubject:     %s\nvalid until: %s\n",
	       diag_quote(key_path).s, diag_quote(cert_path).s, cert->subject, date);
	cert_free(cert);
	return 0;
}

static int keys_ca(const struct options *o)
{
	struct certgen_spec spec = {
		.cn = o->name ? o->name : "bpfseal CA", .days = o->days ? o->days : CA_DAYS,
	};
	X509 *x509 = NULL;
	int err;

	if (mkdir(o->arg, 0700) && errno != EEXIST) {
		diag_error("cannot make directory %s: %s", diag_quote(o->arg).s,
			   strerror(errno));
		return EXIT_FAILED;
	}
	err = certgen_key(o->ec, &spec.key);
	if (!err)
		err = certgen_cert(&spec, &x509);
	if (!err)
		err = write_pair(o->arg, "ca", spec.key, x509);
	X509_free(x509);
	EVP_PKEY_free(spec.key);
	return diag_exit(err);
}

/* The authority in a directory: its certificate, still valid, and its key. */
static int load_ca(const char *dir, struct cert **cert, EVP_PKEY **key)
{
	char path[PATH_MAX];
	int err;

	err = path_in(dir, "ca", "crt", path);
	if (!err)
		err = cert_load(path, cert);
	if (!err)
		err = path_in(dir, "ca", "key", path);
	if (!err)
		err = cert_key_load(path, key);
	if (err) {
		diag_hint("make an authority first: bpfseal keys ca DIR");
		return err;
	}
	if (!cert_key_matches(*cert, *key)) {
		diag_error("%s is not the key of the authority's certificate",
			   diag_quote(path).s);
		return -EKEYREJECTED;
	}
	if (time(NULL) > (*cert)->not_after) {
		diag_error("the certificate of the authority in %s has expired",
			   diag_quote(dir).s);
		return -EKEYEXPIRED;
	}
	return 0;
}

static int keys_signer(const struct options *o)
{
	struct certgen_spec spec = {
		.cn = o->name, .days = o->days ? o->days : SIGNER_DAYS,
	};
	struct cert *ca = NULL;
	X509 *x509 = NULL;
	int err;

	if (!o->name)
		return usage_error();
	if (!is_name(o->name) || !strcmp(o->name, "ca")) {
		diag_error("\"%s\" is no name for a signer, expected 1 to %d of a-z, 0-9, '.', '_' and '-', not \"ca\"",
			   diag_quote(o->name).s, KEYRING_NAME_MAX);
		return EXIT_USAGE;
	}
	err = load_ca(o->arg, &ca, &spec.ca_key);
	if (err)
		goto out;
	spec.ca = ca->x509;
	err = certgen_key(o->ec, &spec.key);
	if (!err)
		err = certgen_cert(&spec, &x509);
	if (!err)
		err = write_pair(o->arg, o->name, spec.key, x509);
out:
	X509_free(x509);
	EVP_PKEY_free(spec.key);
	EVP_PKEY_free(spec.ca_key);
	cert_free(ca);
	return diag_exit(err);
}

/*
 * Is there a keyring of this name already? Only root can anchor one; what other
 * users call theirs must not stop us.
 */
static int refuse_existing(const char *name)
{
	struct keyring_info *list;
	size_t n;
	int err = keyring_list(&list, &n);

	if (err) {
		diag_error("cannot list keyrings: %s", strerror(-err));
		return err;
	}
	for (size_t i = 0; i < n && !err; i++) {
		if (strcmp(list[i].name, name))
			continue;
		if (!list[i].sealed || !list[i].anchored) {
			diag_warn("keyring %" PRId32 " of user %" PRIu32 " is called " KEYRING_PREFIX "%s too, but is not sealed",
				  list[i].serial, list[i].uid, name);
			continue;
		}
		diag_error("keyring " KEYRING_PREFIX "%s exists already, with serial %" PRId32,
			   name, list[i].serial);
		diag_hint("a sealed keyring stays until reboot; see bpfseal keys list");
		err = -EEXIST;
	}
	keyring_list_free(list, n);
	return err;
}

static int keys_enrol(const struct options *o)
{
	struct cert *cert;
	int32_t serial;
	int err;

	if (!o->cert)
		return usage_error();
	if (!is_name(o->arg)) {
		diag_error("\"%s\" is no name for a signer, expected 1 to %d of a-z, 0-9, '.', '_' and '-'",
			   diag_quote(o->arg).s, KEYRING_NAME_MAX);
		return EXIT_USAGE;
	}
	err = cert_load(o->cert, &cert);
	if (err)
		return EXIT_FAILED;
	err = cert_check_signer(cert, time(NULL));
	if (!err)
		err = refuse_existing(o->arg);
	if (!err)
		err = keyring_ensure(o->arg, cert, &serial);
	if (!err)
		printf("%" PRId32 "\n", serial);
	cert_free(cert);
	return diag_exit(err);
}

static int print_json(const struct keyring_info *list, size_t n)
{
	json_t *array = json_array();
	int err = array ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && !err; i++) {
		const char *key = list[i].description;
		json_t *entry = json_pack("{s:s, s:i, s:i, s:s?, s:i, s:b, s:b}",
			"name", list[i].name, "serial", (int)list[i].serial,
			"keys", (int)list[i].n_keys,
			"certificate", key ? diag_quote(key).s : NULL,
			"key", (int)list[i].key, "sealed", list[i].sealed,
			"anchored", list[i].anchored);

		err = json_array_append_new(array, entry) ? -ENOMEM : 0;
	}
	if (!err)
		err = json_dumpf(array, stdout, JSON_INDENT(2)) ? -EIO : 0;
	putchar('\n');
	json_decref(array);
	return err;
}

static int keys_list(const struct options *o)
{
	struct keyring_info *list;
	size_t n;
	int err = keyring_list(&list, &n);

	if (err) {
		diag_error("cannot list keyrings: %s", strerror(-err));
		return EXIT_FAILED;
	}
	if (o->json) {
		err = print_json(list, n);
	} else {
		for (size_t i = 0; i < n; i++)
			printf("%-*s %10" PRId32 "  %s, %u key%s %s\n", KEYRING_NAME_MAX,
			       list[i].name, list[i].serial,
			       list[i].sealed && list[i].anchored ? "sealed" :
			       "NOT SEALED, trust nothing it holds",
			       list[i].n_keys, list[i].n_keys == 1 ? "" : "s",
			       list[i].description ? diag_quote(list[i].description).s : "");
	}
	keyring_list_free(list, n);
	return diag_exit(err);
}

int cmd_keys(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const struct options *o);
		bool wants_arg;
	} commands[] = {
		{ "ca", keys_ca, true }, { "signer", keys_signer, true },
		{ "enrol", keys_enrol, true }, { "list", keys_list, false },
	};
	struct options o = {};
	bool help = argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]) && !help; i++) {
		int code;

		if (argc < 2 || strcmp(argv[1], commands[i].name))
			continue;
		code = parse(argc - 1, argv + 1, commands[i].wants_arg, &o, &help);
		if (code || !help)
			return code ? code : commands[i].run(&o);
	}
	if (!help)
		return usage_error();
	fputs(usage, stdout);
	return EXIT_DONE;
}
