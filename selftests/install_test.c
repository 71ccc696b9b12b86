// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * install_test.c - bpfseal install and uninstall: what they say, what they leave
 * behind when something is wrong, and who may not run them. crash_test.c kills
 * them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "bpfseal.h"
#include "cli.h"
#include "gate_test.h"
#include "insn.h"
#include "pins.h"

#define POLICY CLI_TMP "/policy.yaml"
#define CERT CLI_TMP "/case.crt"

static const char *const install[] = { "bpfseal", "install", POLICY, NULL };

static int write_policy(const struct gate_policy *policy)
{
	if (mkdir(CLI_TMP, 0755) < 0 && errno != EEXIST)
		return -errno;
	return gate_policy_write(POLICY, policy);
}

/* In a test: nothing is installed, and the test's policy file is there. */
#define START() do { \
	const struct gate_policy policy_ = {}; \
	GATE_NEEDS_SIGNATURES; \
	ASSERT_EQ(0, write_policy(&policy_)); \
	ASSERT_EQ(0, gate_clean()); \
	ASSERT_EQ(0, cli_unsigned()) { \
		TH_LOG("unsigned BPF is denied although nothing is installed"); \
	} \
} while (0)

FIXTURE(install) {
	struct gate_output out;
};

FIXTURE_SETUP(install)
{
	START();
}

FIXTURE_TEARDOWN(install)
{
	gate_output_free(&self->out);
	EXPECT_EQ(0, gate_clean());
}

/* Does any process but this have a BPF object open? */
static bool somebody_holds_bpf(void)
{
	char path[300], target[64];
	struct dirent *p, *d;
	bool found = false;
	DIR *proc, *fds;
	ssize_t n;

	proc = opendir("/proc");
	while (proc && (p = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%s/fd", p->d_name);
		if (atoi(p->d_name) <= 0 || !(fds = opendir(path)))
			continue;
		while ((d = readdir(fds))) {
			n = readlinkat(dirfd(fds), d->d_name, target, sizeof(target) - 1);
			target[n < 0 ? 0 : n] = '\0';
			found |= strstr(target, "bpf") != NULL;
		}
		closedir(fds);
	}
	if (proc)
		closedir(proc);
	return found;
}

/* The next higher requirement, or the lowest where nothing can be proved. */
TEST(requires_more_than_the_kernel_proves)
{
	const uint8_t proved = gate_kernel()->loader_level;
	const struct gate_policy more = { .require = gate_require(proved + 1) };
	struct gate_output out = {};

	if (proved == BPFSEAL_LEVEL_METADATA)
		SKIP(return, "this kernel proves all that a policy can require");
	ASSERT_EQ(0, gate_clean());
	ASSERT_EQ(0, write_policy(&more));
	CLI_RUN(1, &out, "bpfseal", "install", POLICY);
	EXPECT_STREQ("", out.out);
	if (proved == BPFSEAL_LEVEL_UNSIGNED) {
		CLI_HAS(out.err, "the kernel takes no signatures on BPF programs");
		CLI_HAS(out.err, "use Linux 6.18 or later");
	} else {
		CLI_HAS(out.err, "a signature covers a loader's instructions, not its metadata");
		CLI_HAS(out.err, "'require: signed'");
	}
	EXPECT_NE(0, access(PIN_DIR, F_OK));
	EXPECT_EQ(0, cli_unsigned());
	gate_output_free(&out);
}

TEST_F(install, enforces_on_its_own)
{
	char installed[64];

	snprintf(installed, sizeof(installed), "installed: enforcing, %s, 1 signer\n",
		 gate_require(gate_kernel()->loader_level));
	CLI_RUN(0, &self->out, "bpfseal", "install", POLICY);
	EXPECT_STREQ(installed, self->out.out);
	EXPECT_FALSE(somebody_holds_bpf());
	EXPECT_EQ(-EPERM, cli_unsigned());

	CLI_RUN(0, &self->out, "bpfseal", "uninstall");
	EXPECT_STREQ("removed: any BPF program may be loaded now\n", self->out.out);
	EXPECT_STREQ("", self->out.err);
	EXPECT_EQ(0, cli_unsigned());
	EXPECT_NE(0, access(PIN_DIR, F_OK));
}

TEST_F(install, leaves_only_the_keyrings)
{
	struct cli_state *before = malloc(sizeof(*before));

	ASSERT_NE(NULL, before);
	ASSERT_EQ(0, cli_state_read(before));
	ASSERT_EQ(0, gate_do_argv(install));
	ASSERT_EQ(0, gate_uninstall());
	/* The signer's keyring, its key, the anchor and its session keyring stay. */
	ASSERT_EQ(0, cli_state_read_keys(before));
	EXPECT_EQ(0, cli_state_only(before));
	free(before);
}

TEST_F(install, twice)
{
	const struct gate_policy other = { .mode = "permissive" };
	struct cli_state *before = malloc(sizeof(*before));
	struct bpfseal_policy was, is;

	ASSERT_NE(NULL, before);
	ASSERT_EQ(0, gate_do_argv(install));
	ASSERT_EQ(0, report_policy(&was));
	ASSERT_EQ(0, cli_state_read(before));
	ASSERT_EQ(0, write_policy(&other));
	CLI_RUN(1, &self->out, "bpfseal", "install", POLICY);
	EXPECT_STREQ("", self->out.out);
	CLI_HAS(self->out.err, "bpfseal: a policy is installed already\n");
	CLI_HAS(self->out.err, "bpfseal reload");
	ASSERT_EQ(0, report_policy(&is));
	EXPECT_EQ(0, memcmp(&was, &is, sizeof(was)));
	EXPECT_EQ(0, cli_state_only(before));
	EXPECT_EQ(-EPERM, cli_unsigned());
	free(before);
}

/* Says nothing that a report of this version would. */
static int load_foreign(void)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, 0), EXIT() };
	union bpf_attr attr = gate_attr(BPF_PROG_TYPE_SYSCALL, "report", insns, 2);

	attr.prog_flags = BPF_F_SLEEPABLE;
	return gate_load(&attr);
}

/* What another version, with one more pin, would have left here. */
static void make_foreign(struct __test_metadata *_metadata, int report)
{
	ASSERT_EQ(0, unlink(PIN_DIR "/report"));
	ASSERT_EQ(0, gate_pin(report, PIN_DIR "/report"));
	ASSERT_EQ(0, gate_pin(report, PIN_DIR "/not_ours"));
	close(report);
}

TEST_F(install, by_another_version)
{
	static const char *const commands[][5] = {
		{ "bpfseal", "status" },
		{ "bpfseal", "status", "--json" },
		{ "bpfseal", "install", POLICY },
		{ "bpfseal", "reload", POLICY },
		{ "bpfseal", "restore" },
		{ "bpfseal", "mode", "permissive" },
		{ "bpfseal", "policy", "authority", "show" },
	};
	int report;

	report = load_foreign();
	ASSERT_GE(report, 0);
	CLI_RUN(0, &self->out, "bpfseal", "install", POLICY);
	make_foreign(_metadata, report);
	for (size_t i = 0; i < GATE_COUNT(commands); i++) {
		gate_output_free(&self->out);
		ASSERT_EQ(0, gate_run_argv(&self->out, commands[i]));
		EXPECT_EQ(1, self->out.status) TH_LOG("command %zu", i);
		EXPECT_STREQ("", self->out.out) TH_LOG("command %zu", i);
		EXPECT_STREQ("bpfseal: the policy in force was installed by another version of "
			     "bpfseal\n  remove it first: bpfseal uninstall\n", self->out.err);
		EXPECT_EQ(-EPERM, cli_unsigned());
	}
	/* The way out that it names. */
	CLI_RUN(0, &self->out, "bpfseal", "uninstall");
	EXPECT_NE(0, access(PIN_DIR, F_OK));
	EXPECT_EQ(0, cli_unsigned());
	CLI_RUN(0, &self->out, "bpfseal", "install", POLICY);
	EXPECT_EQ(-EPERM, cli_unsigned());
}

TEST_F(install, uninstall_without_policy)
{
	CLI_RUN(1, &self->out, "bpfseal", "uninstall");
	EXPECT_STREQ("bpfseal: no policy is installed\n", self->out.err);
}


TEST_F(install, two_at_once)
{
	struct cli_trace *t = calloc(1, sizeof(*t));
	enum cli_verdict verdict;

	ASSERT_NE(NULL, t);
	ASSERT_EQ(0, cli_trace_run(t, install));
	ASSERT_EQ(0, t->status);
	for (t->step = 0; t->step < t->n; t->step++)
		if (cli_step_is(&t->steps[t->step], SYS_bpf, BPF_OBJ_PIN))
			break;
	ASSERT_LT(t->step++, t->n);
	ASSERT_EQ(0, gate_uninstall());

	t->action = CLI_PAUSE;
	ASSERT_EQ(0, cli_trace_run(t, install));
	ASSERT_TRUE(t->done);
	CLI_RUN(1, &self->out, "bpfseal", "install", POLICY);
	CLI_HAS(self->out.err, "another bpfseal is changing the installation");
	CLI_RUN(1, &self->out, "bpfseal", "uninstall");
	CLI_HAS(self->out.err, "another bpfseal is changing the installation");
	EXPECT_EQ(0, cli_judge(&verdict));
	EXPECT_EQ(CLI_UNFINISHED, verdict);
	ASSERT_EQ(0, cli_trace_resume(t));
	EXPECT_EQ(0, t->status);
	EXPECT_EQ(0, cli_judge(&verdict));
	EXPECT_EQ(CLI_ENFORCING, verdict);
	free(t);
}

/* --- surroundings in which nothing can be installed --------------------------- */

static int become_nobody(void)
{
	return setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534);
}

static int own_mounts(void)
{
	return unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static int without_bpffs(void)
{
	return own_mounts() || umount2(PIN_PARENT, MNT_DETACH);
}

static int tmpfs_over_bpffs(void)
{
	return own_mounts() || mount("tmpfs", PIN_PARENT, "tmpfs", 0, NULL);
}

static int lsm_without_bpf(void)
{
	static const char list[] = "lockdown,capability,landlock,bpf_not";

	return own_mounts() || gate_write(CLI_TMP "/lsm", list, strlen(list)) ||
		mount(CLI_TMP "/lsm", "/sys/kernel/security/lsm", NULL, MS_BIND, NULL);
}

static int without_securityfs(void)
{
	return own_mounts() || umount2("/sys/kernel/security", MNT_DETACH);
}

FIXTURE(surroundings) {
	struct gate_output out;
};

FIXTURE_VARIANT(surroundings) {
	int (*prepare)(void);
	const char *says;
	const char *advises;
};

#define SURROUNDINGS(name, ...) \
	FIXTURE_VARIANT_ADD(surroundings, name) { .prepare = name, __VA_ARGS__ }
SURROUNDINGS(become_nobody, .says = "this needs root", .advises = "");
SURROUNDINGS(without_bpffs, .says = "bpffs is not mounted at /sys/fs/bpf",
	     .advises = "mount -t bpf bpf /sys/fs/bpf");
SURROUNDINGS(tmpfs_over_bpffs, .says = "bpffs is not mounted at /sys/fs/bpf",
	     .advises = "mount -t bpf bpf /sys/fs/bpf");
SURROUNDINGS(lsm_without_bpf, .says = "\"bpf\" is not among the active security modules: "
	     "lockdown,capability,landlock,bpf_not",
	     .advises = "lsm=lockdown,capability,landlock,bpf_not,bpf");
SURROUNDINGS(without_securityfs, .says = "can't tell which security modules are active",
	     .advises = "mount -t securityfs securityfs /sys/kernel/security");

FIXTURE_SETUP(surroundings)
{
	START();
}

FIXTURE_TEARDOWN(surroundings)
{
	EXPECT_EQ(0, gate_clean());
}

/* The change ends with the child. That START() and install work is the control. */
TEST_F(surroundings, refused)
{
	struct cli_state *before = malloc(sizeof(*before));
	pid_t child;

	ASSERT_NE(NULL, before);
	ASSERT_EQ(0, cli_state_read(before));
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		EXPECT_EQ(0, variant->prepare());
		EXPECT_EQ(0, gate_run_argv(&self->out, install));
		EXPECT_EQ(1, self->out.status);
		EXPECT_STREQ("", self->out.out);
		CLI_HAS(self->out.err, variant->says);
		CLI_HAS(self->out.err, variant->advises);
		_exit(0);
	}
	EXPECT_EQ(0, cli_end(child));
	EXPECT_EQ(0, cli_state_only(before));
	free(before);
	EXPECT_EQ(0, gate_do_argv(install));
	EXPECT_EQ(-EPERM, cli_unsigned());
}

/* --- certificates that are not fit -------------------------------------------- */

FIXTURE(certificate) {
	struct gate_output out;
};

FIXTURE_VARIANT(certificate) {
	struct cli_cert cert;	/* made if it has a name */
	const char *path;	/* instead of CERT */
	const char *content;	/* of CERT, if it isn't made */
	const char *says;
};

#define YEAR (365L * 24 * 3600)
#define CASE(name, ...) FIXTURE_VARIANT_ADD(certificate, name) { __VA_ARGS__ }
#define MADE(...) .cert = { .name = "case", __VA_ARGS__ }
CASE(missing, .path = CLI_TMP "/missing.crt", .says = "No such file or directory");
CASE(directory, .path = CLI_TMP, .says = "Is a directory");
CASE(device, .path = "/dev/null", .says = "is not a regular file");
CASE(empty, .content = "", .says = "is not a certificate (X.509, PEM or DER)");
CASE(garbage, .content = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
     .says = "is not a certificate (X.509, PEM or DER)");
CASE(private_key, .path = GATE_KEYS "/signer.key", .says = "is not a certificate");
CASE(expired, MADE(.from = -2 * YEAR, .until = -60), .says = "expired on 20");
CASE(not_yet_valid, MADE(.from = YEAR, .until = 2 * YEAR), .says = "is not valid until 20");
CASE(wrong_usage, MADE(.usage = "critical,keyEncipherment"),
     .says = "keyUsage lacks digitalSignature");
CASE(wrong_extended_usage, MADE(.extended = "serverAuth"),
     .says = "extendedKeyUsage lacks codeSigning");
CASE(authority, .path = GATE_KEYS "/ca.crt",
     .says = "is a CA's; give the certificate of one signer");
CASE(short_key, MADE(.rsa_bits = 1024), .says = "has an RSA key of less than 2048 bits");
CASE(no_key_id, MADE(.no_ski = true), .says = "has no subject key identifier");

FIXTURE_SETUP(certificate)
{
	START();
	if (variant->cert.name) {
		ASSERT_EQ(0, cli_cert_make(&variant->cert));
	} else if (variant->content) {
		ASSERT_EQ(0, gate_write(CERT, variant->content, strlen(variant->content)));
	}
}

FIXTURE_TEARDOWN(certificate)
{
	gate_output_free(&self->out);
	EXPECT_EQ(0, gate_clean());
}

TEST_F(certificate, refused)
{
	const char *path = variant->path ? variant->path : CERT;
	const struct gate_policy policy = {
		.signers = {
			{ .name = "good", .certificate = GATE_KEYS "/signer.crt" },
			{ .name = "bad", .certificate = path },
		},
	};
	struct cli_state *before = malloc(sizeof(*before));

	ASSERT_NE(NULL, before);
	ASSERT_EQ(0, write_policy(&policy));
	ASSERT_EQ(0, cli_state_read(before));
	CLI_RUN(1, &self->out, "bpfseal", "install", POLICY);
	EXPECT_STREQ("", self->out.out);
	CLI_HAS(self->out.err, path);
	CLI_HAS(self->out.err, variant->says);
	CLI_HAS(self->out.err, POLICY ":6:11: signer bad");
	EXPECT_EQ(0, cli_unsigned());
	EXPECT_EQ(0, cli_state_only(before));
	free(before);
}

TEST_HARNESS_MAIN
