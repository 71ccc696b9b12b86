// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cli.c - certificates, what is left in the kernel, and commands beside the test.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "cli.h"
#include "gate.h"
#include "insn.h"
#include "pins.h"

#define NAP_US 20000

/* --- certificates ----------------------------------------------------------- */

static int add_extension(X509 *x509, int nid, const char *value, const char *standard)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;
	int ok;

	if (!value)
		value = standard;
	if (!strcmp(value, "-"))
		return 0;
	X509V3_set_ctx(&ctx, x509, x509, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = ext && X509_add_ext(x509, ext, -1);
	X509_EXTENSION_free(ext);
	return ok ? 0 : -EINVAL;
}

static int fill_cert(const struct cli_cert *want, EVP_PKEY *key, X509 *x509)
{
	bool given = want->from || want->until;
	X509_NAME *name = X509_get_subject_name(x509);
	int err;

	if (!X509_set_version(x509, X509_VERSION_3) ||
	    !ASN1_INTEGER_set(X509_get_serialNumber(x509), 1) ||
	    !X509_gmtime_adj(X509_getm_notBefore(x509), given ? want->from : -3600) ||
	    !X509_gmtime_adj(X509_getm_notAfter(x509), given ? want->until : 24 * 3600) ||
	    !X509_set_pubkey(x509, key) ||
	    !X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					(const unsigned char *)want->name, -1, -1, 0) ||
	    !X509_set_issuer_name(x509, name))
		return -EIO;
	err = add_extension(x509, NID_basic_constraints, want->constraints, "critical,CA:FALSE");
	if (!err)
		err = add_extension(x509, NID_key_usage, want->usage, "critical,digitalSignature");
	if (!err)
		err = add_extension(x509, NID_ext_key_usage, want->extended, "codeSigning");
	if (!err && !want->no_ski)
		err = add_extension(x509, NID_subject_key_identifier, NULL, "hash");
	return err ? err : X509_sign(x509, key, EVP_sha256()) ? 0 : -EIO;
}

static int write_pem(const char *name, EVP_PKEY *key, X509 *x509)
{
	char path[128];
	FILE *f;
	int ok;

	snprintf(path, sizeof(path), CLI_TMP "/%s.%s", name, key ? "key" : "crt");
	remove(path);
	f = fopen(path, "we");
	if (!f)
		return -errno;
	ok = key ? PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) :
		   PEM_write_X509(f, x509);
	if (key)
		fchmod(fileno(f), 0600);
	return fclose(f) || !ok ? -EIO : 0;
}

int cli_cert_make(const struct cli_cert *want)
{
	EVP_PKEY *key = want->rsa_bits ? EVP_RSA_gen(want->rsa_bits) : EVP_EC_gen("P-256");
	X509 *x509 = X509_new();
	int err = -ENOMEM;

	if (mkdir(CLI_TMP, 0755) < 0 && errno != EEXIST)
		err = -errno;
	else if (key && x509)
		err = fill_cert(want, key, x509);
	if (!err)
		err = write_pem(want->name, key, NULL);
	if (!err)
		err = write_pem(want->name, NULL, x509);
	X509_free(x509);
	EVP_PKEY_free(key);
	return err;
}

/* --- what is in the kernel --------------------------------------------------- */

static int add_id(struct cli_state *state, enum cli_kind kind, uint32_t id)
{
	if (state->n[kind] == CLI_STATE_MAX)
		return -E2BIG;
	state->ids[kind][state->n[kind]++] = id;
	return 0;
}

static int read_ids(struct cli_state *state, enum cli_kind kind, int cmd)
{
	union bpf_attr attr = {};
	long err;

	while (!(err = gate_bpf(cmd, &attr))) {
		err = add_id(state, kind, attr.next_id);
		if (err)
			return err;
		attr.start_id = attr.next_id;
	}
	return err == -ENOENT ? 0 : err;
}

int cli_state_read_keys(struct cli_state *state)
{
	FILE *f = fopen("/proc/keys", "re");
	unsigned int serial;
	char line[512];
	int err = 0;

	if (!f)
		return -errno;
	state->n[CLI_KEYS] = 0;
	while (!err && fgets(line, sizeof(line), f))
		if (sscanf(line, "%x", &serial) == 1)
			err = add_id(state, CLI_KEYS, serial);
	fclose(f);
	return err;
}

static struct cli_state *pins_into;	/* nftw() hands nothing on */

static int add_pin(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)path, (void)type, (void)ftw;
	return add_id(pins_into, CLI_PINS, st->st_ino);
}

int cli_state_read(struct cli_state *state)
{
	int err;

	memset(state, 0, sizeof(*state));
	err = read_ids(state, CLI_PROGS, BPF_PROG_GET_NEXT_ID);
	if (!err)
		err = read_ids(state, CLI_MAPS, BPF_MAP_GET_NEXT_ID);
	if (!err)
		err = read_ids(state, CLI_LINKS, BPF_LINK_GET_NEXT_ID);
	if (!err)
		err = read_ids(state, CLI_BTFS, BPF_BTF_GET_NEXT_ID);
	if (!err)
		err = cli_state_read_keys(state);
	if (err)
		return err;
	pins_into = state;
	err = nftw(PIN_PARENT, add_pin, 8, FTW_PHYS);
	return err == -1 ? -errno : err;
}

static bool has_id(const struct cli_state *state, enum cli_kind kind, uint32_t id)
{
	size_t i;

	for (i = 0; i < state->n[kind]; i++)
		if (state->ids[kind][i] == id)
			return true;
	return false;
}

static size_t count_new(const struct cli_state *before, const struct cli_state *now, bool show)
{
	static const char *const names[CLI_KINDS] = { "program", "map", "link", "BTF", "key", "pin" };
	size_t kind, i, n = 0;

	for (kind = 0; kind < CLI_KINDS; kind++)
		for (i = 0; i < now->n[kind]; i++) {
			if (has_id(before, kind, now->ids[kind][i]))
				continue;
			if (show)
				fprintf(stderr, "# left: %s %u\n", names[kind], now->ids[kind][i]);
			n++;
		}
	return n;
}

int cli_state_only(const struct cli_state *before)
{
	struct cli_state *now = malloc(sizeof(*now));
	time_t until = time(NULL) + 60;	/* the kernel collects keys when it likes */
	int err;

	if (!now)
		return -ENOMEM;
	while (!(err = cli_state_read(now)) && count_new(before, now, false)) {
		if (time(NULL) > until) {
			count_new(before, now, true);
			err = -EEXIST;
			break;
		}
		usleep(NAP_US);
	}
	free(now);
	return err;
}

/* --- commands beside the test ------------------------------------------------ */

void cli_become(const char *const argv[], const char *file)
{
	int fd = open(file ? file : "/dev/null", O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		_exit(126);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

pid_t cli_start(const char *const argv[], const char *file)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		cli_become(argv, file);
	}
	return pid < 0 ? -errno : pid;
}

int cli_exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int cli_end(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return cli_exit_code(status);
}

char *cli_read(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	if (!f)
		return NULL;
	if (getdelim(&text, &size, '\0', f) < 0) {
		free(text);
		text = strdup("");
	}
	fclose(f);
	return text;
}

int cli_await(const char *path, const char *text)
{
	time_t until = time(NULL) + 30;
	bool found = false;
	char *content;

	while (!found && time(NULL) <= until) {
		content = cli_read(path);
		found = content && strstr(content, text);
		free(content);
		if (!found)
			usleep(NAP_US);
	}
	return found ? 0 : -ETIME;
}

size_t cli_lines(const char *text, const char *part)
{
	char *copy = strdup(text), *rest = copy, *line;
	size_t n = 0;

	while (rest && (line = strsep(&rest, "\n")))
		n += *line && strstr(line, part);
	free(copy);
	return n;
}

int cli_json(const char *const argv[], int *status, json_t **out)
{
	struct gate_output output;
	json_error_t error;
	json_t *root;
	int err;

	err = gate_run_argv(&output, argv);
	if (err)
		return err;
	root = json_loads(output.out, JSON_REJECT_DUPLICATES, &error);
	if (root) {
		*status = output.status;
		*out = root;
	} else {
		fprintf(stderr, "# no JSON: line %d: %s; status %d, stderr: %s\n", error.line,
			error.text, output.status, output.err);
		err = -EBADMSG;
	}
	gate_output_free(&output);
	return err;
}

static const json_t *find(const json_t *root, const char *path)
{
	char *copy = strdup(path), *rest = copy, *name;

	while (root && rest && (name = strsep(&rest, ".")))
		root = json_object_get(root, name);
	free(copy);
	return root;
}

json_int_t cli_number(const json_t *root, const char *path)
{
	const json_t *value = find(root, path);

	return json_is_integer(value) ? json_integer_value(value) : -1;
}

const char *cli_text(const json_t *root, const char *path)
{
	const char *text = json_string_value(find(root, path));

	return text ? text : "";
}

/* --- is it enforcing? --------------------------------------------------------- */

int cli_unsigned(void)
{
	int fd = gate_load_trivial(BPF_PROG_TYPE_SOCKET_FILTER, "unsigned");

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int cli_signed(const char *who, int32_t keyring, bool damaged)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, 0), EXIT() };
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SYSCALL, "signed", insns, GATE_COUNT(insns));
	struct gate_signature signature = {};
	int fd, err;

	err = gate_sign_insns(who, insns, GATE_COUNT(insns), NULL, 0, &signature);
	if (err)
		return err;
	signature.sig[signature.len - 1] ^= damaged;
	attr.prog_flags = 1U << 4;	/* BPF_F_SLEEPABLE, as such programs have to be */
	gate_attr_sign(&attr, &signature, keyring);
	fd = gate_load(&attr);
	free(signature.sig);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static const char *const verdicts[] = {
	[CLI_ABSENT] = "absent",
	[CLI_UNFINISHED] = "unfinished",
	[CLI_DAMAGED] = "damaged",
	[CLI_PERMISSIVE] = "permissive",
	[CLI_ENFORCING] = "enforcing",
};

const char *cli_verdict_name(enum cli_verdict verdict)
{
	return verdicts[verdict];
}

/* Return: 0, or -EBADE for a state no bpfseal should name */
static int read_verdict(const json_t *root, enum cli_verdict *verdict)
{
	const char *state = cli_text(root, "state");
	size_t i;

	if (!strcmp(state, "installed"))
		state = cli_text(root, "mode");
	for (i = 0; i < GATE_COUNT(verdicts); i++)
		if (!strcmp(state, verdicts[i])) {
			*verdict = i;
			return 0;
		}
	return -EBADE;
}

int cli_judge(enum cli_verdict *verdict)
{
	static const char *const argv[] = { "bpfseal", "status", "--json", NULL };
	int before = cli_unsigned(), status = -1, after, err;
	enum cli_verdict told = CLI_ABSENT;
	json_t *root = NULL;
	bool enforcing;

	err = cli_json(argv, &status, &root);
	if (err)
		return err;
	after = cli_unsigned();
	enforcing = json_is_true(json_object_get(root, "enforcing"));
	err = read_verdict(root, &told);
	if (before != after || (before && before != -EPERM) ||
	    enforcing != (told == CLI_ENFORCING) || status != (enforcing ? 0 : 3) ||
	    (told != CLI_DAMAGED && (before == -EPERM) != enforcing))
		err = -EBADE;
	if (err)
		fprintf(stderr, "# status %d says state %s, mode %s, enforcing %d; loads: %d, %d\n",
			status, cli_text(root, "state"), cli_text(root, "mode"), enforcing, before,
			after);
	else
		*verdict = told;
	json_decref(root);
	return err;
}
