// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * status_test.c - bpfseal status: what it says is so, most of all when the
 * policy was tampered with.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cli.h"
#include "gate_test.h"
#include "pins.h"

static const char *const status_json[] = { "bpfseal", "status", "--json", NULL };

#define DENIED_SENTENCE "an unsigned load was tried just now and denied"
#define REPORTED_SENTENCE "an unsigned load was tried just now: let through and reported"

FIXTURE(status) {
	struct gate_output out;
	json_t *json;
	int exit_code;
};

FIXTURE_SETUP(status)
{
	GATE_NEEDS_SIGNATURES;
	ASSERT_EQ(0, gate_clean());
	ASSERT_EQ(0, cli_unsigned());
}

FIXTURE_TEARDOWN(status)
{
	json_decref(self->json);
	gate_output_free(&self->out);
	EXPECT_EQ(0, gate_clean());
}

/* In a test: read the status again, as JSON. */
#define READ_JSON(code) do { \
	json_decref(self->json); \
	self->json = NULL; \
	ASSERT_EQ(0, cli_json(status_json, &self->exit_code, &self->json)); \
	EXPECT_EQ(code, self->exit_code); \
	EXPECT_EQ(code == 0, json_is_true(json_object_get(self->json, "enforcing"))); \
} while (0)

TEST_F(status, enforcing)
{
	char serial[32];
	const json_t *signer;
	int32_t keyring;

	ASSERT_EQ(0, gate_install("enforcing", NULL));
	ASSERT_EQ(0, gate_keyring("signer", &keyring));
	CLI_RUN(0, &self->out, "bpfseal", "status");
	CLI_HAS(self->out.out, "enforcing: yes\n");
	CLI_HAS(self->out.out, "self-test: " DENIED_SENTENCE "\n");
	CLI_HAS(self->out.out, "mode:      enforcing\n");
	snprintf(serial, sizeof(serial), "signer, keyring %d: ok\n", keyring);
	CLI_HAS(self->out.out, serial);

	READ_JSON(0);
	EXPECT_STREQ("installed", cli_text(self->json, "state"));
	EXPECT_STREQ("enforcing", cli_text(self->json, "mode"));
	EXPECT_STREQ(gate_require(gate_kernel()->loader_level), cli_text(self->json, "require"));
	EXPECT_STREQ(DENIED_SENTENCE, cli_text(self->json, "self_test"));
	EXPECT_EQ(64, strlen(cli_text(self->json, "policy_sha256")));
	EXPECT_EQ(1, cli_number(self->json, "generation"));
	signer = json_array_get(json_object_get(self->json, "signers"), 0);
	EXPECT_STREQ("signer", cli_text(signer, "name"));
	EXPECT_STREQ("user", cli_text(signer, "keyring"));
	EXPECT_EQ(keyring, cli_number(signer, "serial"));
	EXPECT_STREQ("ok", cli_text(signer, "health"));
	EXPECT_TRUE(json_is_array(json_object_get(self->json, "lost_cgroups")));
	EXPECT_EQ(0, json_array_size(json_object_get(self->json, "lost_cgroups")));
}

TEST_F(status, permissive)
{
	ASSERT_EQ(0, gate_install("permissive", NULL));
	CLI_RUN(3, &self->out, "bpfseal", "status");
	CLI_HAS(self->out.out, "enforcing: NO\n");
	CLI_HAS(self->out.out, REPORTED_SENTENCE);
	READ_JSON(3);
	EXPECT_STREQ("permissive", cli_text(self->json, "mode"));
	EXPECT_EQ(0, cli_unsigned());
}

TEST_F(status, absent)
{
	CLI_RUN(3, &self->out, "bpfseal", "status");
	EXPECT_STREQ("enforcing: NO\npolicy:    none installed\n", self->out.out);
	READ_JSON(3);
	EXPECT_STREQ("absent", cli_text(self->json, "state"));
}

TEST_F(status, unfinished)
{
	ASSERT_EQ(0, mkdir(PIN_DIR, 0700));
	CLI_RUN(3, &self->out, "bpfseal", "status");
	CLI_HAS(self->out.out, "an installation was cut short; nothing is denied");
	READ_JSON(3);
	EXPECT_STREQ("unfinished", cli_text(self->json, "state"));
	EXPECT_EQ(0, cli_unsigned());
}

TEST_F(status, counts_what_was_done)
{
	static const char *const unsigned_denied = "counters.unsigned.denied";
	static const char *const allowed = "counters.signer.allowed";
	static const char *const rejected = "counters.bad-signature.rejected";
	static const char *const no_key = "counters.no-key.rejected";
	json_int_t before[4];
	int32_t keyring;
	int i;

	ASSERT_EQ(0, gate_install("enforcing", NULL));
	ASSERT_EQ(0, gate_keyring("signer", &keyring));
	READ_JSON(0);
	before[0] = cli_number(self->json, unsigned_denied);
	before[1] = cli_number(self->json, allowed);
	before[2] = cli_number(self->json, rejected);
	before[3] = cli_number(self->json, no_key);
	for (i = 0; i < 5; i++)
		EXPECT_EQ(-EPERM, cli_unsigned());
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, cli_signed("signer", keyring, false));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(-EKEYREJECTED, cli_signed("signer", keyring, true));
	EXPECT_EQ(-ENOKEY, cli_signed("stranger", keyring, false));
	READ_JSON(0);
	EXPECT_EQ(before[0] + 5 + 1, cli_number(self->json, unsigned_denied)) {
		TH_LOG("five loads, and the self-test of bpfseal status");
	}
	EXPECT_EQ(before[1] + 3, cli_number(self->json, allowed));
	EXPECT_EQ(before[2] + 2, cli_number(self->json, rejected));
	EXPECT_EQ(before[3] + 1, cli_number(self->json, no_key));
	EXPECT_EQ(0, cli_number(self->json, "counters.unsigned.would_deny"));
	EXPECT_EQ(0, cli_number(self->json, "counters.unsigned.events_lost"));
}

TEST_F(status, needs_root)
{
	pid_t child;

	ASSERT_EQ(0, gate_install("enforcing", NULL));
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		EXPECT_EQ(0, setresuid(65534, 65534, 65534));
		EXPECT_EQ(0, gate_run(&self->out, "bpfseal", "status"));
		EXPECT_EQ(1, self->out.status);
		CLI_HAS(self->out.err, "run this as root");
		_exit(0);
	}
	EXPECT_EQ(0, cli_end(child));
}

/* --- tampering by root ----------------------------------------------------------- */

TEST_F(status, policy_taken_out)
{
	ASSERT_EQ(0, gate_install("permissive", NULL));
	EXPECT_EQ(0, cli_unsigned());
	ASSERT_EQ(0, gate_policy_remove());
	EXPECT_EQ(-EPERM, cli_unsigned()) {
		TH_LOG("what has been in force and is missing has to deny all");
	}
	CLI_RUN(3, &self->out, "bpfseal", "status");
	CLI_HAS(self->out.out, "damaged");
	CLI_HAS(self->out.out, "bpfseal uninstall");
	READ_JSON(3);
	EXPECT_STREQ("damaged", cli_text(self->json, "state"));
	/* The way out that it names. */
	EXPECT_EQ(0, gate_uninstall());
	EXPECT_EQ(0, gate_install("enforcing", NULL));
	READ_JSON(0);
}

/* All pins are there, but the program that decides isn't asked any more. */
TEST_F(status, hook_detached)
{
	int cgroups, prog;

	ASSERT_EQ(0, gate_install("enforcing", NULL));
	cgroups = open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY);
	ASSERT_GE(cgroups, 0);
	prog = gate_open_pin(PIN_DIR "/admit");
	ASSERT_GE(prog, 0);
	union bpf_attr attr = {
		.target_fd = cgroups, .attach_bpf_fd = prog, .attach_type = BPF_LSM_CGROUP,
	};
	ASSERT_EQ(0, gate_bpf(BPF_PROG_DETACH, &attr));
	close(prog);
	close(cgroups);
	EXPECT_EQ(0, cli_unsigned());
	CLI_RUN(3, &self->out, "bpfseal", "status");
	CLI_HAS(self->out.out, "enforcing: NO\n");
	READ_JSON(3);
	EXPECT_STREQ("damaged", cli_text(self->json, "state"));
}

/* Without its pins it goes on deciding, and is found all the same. */
TEST_F(status, pins_removed)
{
	ASSERT_EQ(0, gate_install("enforcing", NULL));
	ASSERT_EQ(0, gate_do("rm", "-r", PIN_DIR));
	EXPECT_EQ(-EPERM, cli_unsigned());
	CLI_RUN(3, &self->out, "bpfseal", "status");
	CLI_HAS(self->out.out, "damaged");
	/* The way out that it names. */
	CLI_HAS(self->out.out, "bpfseal uninstall");
	CLI_RUN(0, &self->out, "bpfseal", "uninstall");
	EXPECT_EQ(0, cli_unsigned());
}

/* One pin of each kind, taken away. */
TEST_F(status, pin_removed)
{
	static const char *const names[] = {
		"admit", "run_starts", "rejected", "inventory", "control", "report",
	};
	enum cli_verdict verdict;
	unsigned int i;
	char path[128];

	for (i = 0; i < GATE_COUNT(names); i++) {
		ASSERT_EQ(0, gate_install("enforcing", NULL));
		snprintf(path, sizeof(path), PIN_DIR "/%s", names[i]);
		ASSERT_EQ(0, unlink(path));
		CLI_RUN(3, &self->out, "bpfseal", "status");
		CLI_HAS(self->out.out, "enforcing: NO\n");
		EXPECT_EQ(NULL, strstr(self->out.out, "nothing is denied")) {
			TH_LOG("%s is missing; says that nothing is denied", names[i]);
		}
		READ_JSON(3);
		EXPECT_STREQ("damaged", cli_text(self->json, "state")) {
			TH_LOG("%s is missing", names[i]);
		}
		/* The way out that it names works, whatever is missing. */
		EXPECT_EQ(0, gate_uninstall());
		ASSERT_EQ(0, cli_judge(&verdict)) {
			TH_LOG("uninstalled without %s", names[i]);
		}
		EXPECT_EQ(CLI_ABSENT, verdict);
	}
}

TEST_HARNESS_MAIN
