// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rules_test.c - what the policy's rules make of real loads: each kind of
 * condition, met and not met, and what a rule can't be made to allow.
 *
 * That all combinations are judged alike here and in userspace is shown by
 * rules_judge_test.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gate_test.h"
#include "insn.h"

#include "gate_skel.h"
#include "nested.lskel.h"
#include "nested.signed.lskel.h"
GATE_SKEL(nested)
GATE_SKEL(nested_signer)

#define CGROUPS "/sys/fs/cgroup"

static const struct bpf_insn returns_0[] = { MOV_IMM(0, 0), EXIT() };
static const struct bpf_insn returns_1[] = { MOV_IMM(0, 1), EXIT() };


/* --- one load under one rule ------------------------------------------------------- */

/* Where the load is made from. */
enum place { HERE, NEW_MOUNT_NS, NEW_NET_NS, OTHER_UID, IN_CGROUP, CHROOTED, BACK_FROM_CHROOT };

struct one_load {
	const char *rules;	/* "@0" stands for the digest of returns_0, "@1" of returns_1 */
	enum place from;
	uint32_t type;		/* socket_filter unless given */
	uint32_t attach_type;
	bool allowed;
	bool at_fd;		/* decided at the first fd */
	const char *rule;	/* that decides; NULL: none */
};

FIXTURE(one) {
	struct gate_events events;
};

FIXTURE_VARIANT(one) {
	struct one_load load;
};

#define ONE(name, ...) FIXTURE_VARIANT_ADD(one, name) { .load = { __VA_ARGS__ } }

#define RULE(id, action, conditions) "- {id: " id ", action: " action ", " conditions "}\n"
#define ALLOW(conditions) RULE("good", "allow", conditions)
#define DENY(conditions) RULE("bad", "deny", conditions)
#define OTHERS RULE("others", "allow", "levels: [unsigned]")

ONE(type, ALLOW("types: [socket_filter]"), .allowed = true, .rule = "good");
ONE(other_type, ALLOW("types: [xdp, kprobe]"));
ONE(no_condition, "- {id: good, action: allow}\n", .allowed = true, .rule = "good");
ONE(deny_first, DENY("types: [socket_filter]") OTHERS, .rule = "bad");
ONE(allow_first, ALLOW("types: [socket_filter]") DENY("levels: [unsigned]"), .allowed = true,
    .rule = "good");
ONE(deny_other, DENY("types: [xdp]") OTHERS, .allowed = true, .rule = "others");
ONE(attach_type, ALLOW("types: [cgroup_sock_addr], attach_types: [cgroup_inet4_connect]"),
    .type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach_type = BPF_CGROUP_INET4_CONNECT,
    .allowed = true, .rule = "good");
ONE(other_attach_type, ALLOW("types: [cgroup_sock_addr], attach_types: [cgroup_inet4_connect]"),
    .type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach_type = BPF_CGROUP_INET6_CONNECT);
ONE(no_signer, ALLOW("signers: [none]"), .allowed = true, .rule = "good");
ONE(signer, ALLOW("signers: [signer]"));
ONE(level, ALLOW("levels: [signed, metadata]"));
ONE(direct, ALLOW("nested: false"), .allowed = true, .rule = "good");
ONE(nested, ALLOW("nested: true"));
ONE(no_token, ALLOW("token: false"), .allowed = true, .rule = "good");
ONE(token, ALLOW("token: true"));
ONE(digest, ALLOW("digests: ['@0']"), .allowed = true, .at_fd = true, .rule = "good");
ONE(other_digest, ALLOW("digests: ['@1']"), .at_fd = true);
ONE(deny_digest, DENY("digests: ['@0']") OTHERS, .at_fd = true, .rule = "bad");
ONE(deny_other_digest, DENY("digests: ['@1']") OTHERS, .allowed = true, .at_fd = true,
    .rule = "others");
ONE(digest_of_type, ALLOW("types: [socket_filter], digests: ['@0']"), .allowed = true,
    .at_fd = true, .rule = "good");
ONE(digest_of_other_type, ALLOW("types: [xdp], digests: ['@0']"));
ONE(decided_before_digest, DENY("types: [socket_filter]") ALLOW("digests: ['@0']"), .rule = "bad");
ONE(uid, ALLOW("uids: [0]"), .allowed = true, .rule = "good");
ONE(uid_of_others, ALLOW("uids: [0]"), .from = OTHER_UID);
ONE(other_uid, ALLOW("uids: [1000]"), .from = OTHER_UID, .allowed = true, .rule = "good");
ONE(executable, ALLOW("executables: [/usr/bin/other, /tests/rules_test]"), .allowed = true,
    .rule = "good");
ONE(other_executable, ALLOW("executables: [/usr/bin/other]"));
ONE(executable_beginning, ALLOW("executables: [/tests/rules_tes, /tests/rules_test0]"));
ONE(executable_elsewhere, ALLOW("executables: [/tests/rules_test]"), .from = NEW_MOUNT_NS);
ONE(executable_in_chroot, ALLOW("executables: [/rules_test]"), .from = CHROOTED);
ONE(executable_from_chroot, ALLOW("executables: [/tests/rules_test]"), .from = CHROOTED);
ONE(executable_remembered, ALLOW("executables: [/rules_test]"), .from = BACK_FROM_CHROOT);
ONE(mount_ns, ALLOW("mount_namespace: host"), .allowed = true, .rule = "good");
ONE(mount_ns_of_others, ALLOW("mount_namespace: host"), .from = NEW_MOUNT_NS);
ONE(other_mount_ns, ALLOW("mount_namespace: other"), .from = NEW_MOUNT_NS, .allowed = true,
    .rule = "good");
ONE(net_ns_of_others, ALLOW("network_namespace: host"), .from = NEW_NET_NS);
ONE(other_net_ns, ALLOW("network_namespace: other"), .from = NEW_NET_NS, .allowed = true,
    .rule = "good");
ONE(user_ns, ALLOW("user_namespace: host"), .allowed = true, .rule = "good");
ONE(other_user_ns, ALLOW("user_namespace: other"));
ONE(cgroup, ALLOW("cgroups: [/seal/inner]"), .from = IN_CGROUP, .allowed = true, .rule = "good");
ONE(cgroup_above, ALLOW("cgroups: [/seal]"), .from = IN_CGROUP, .allowed = true, .rule = "good");
ONE(cgroup_nearest, DENY("cgroups: [/seal/inner]") ALLOW("cgroups: [/seal]"), .from = IN_CGROUP,
    .rule = "bad");
ONE(all_cgroups, ALLOW("cgroups: [/]"), .from = IN_CGROUP, .allowed = true, .rule = "good");
ONE(outside_cgroup, ALLOW("cgroups: [/seal]"));
ONE(beside_cgroup, ALLOW("cgroups: [/seal/beside]"), .from = IN_CGROUP);
ONE(ended, ALLOW("expires: 2001-01-01"));
ONE(all_at_once, ALLOW("types: [socket_filter], uids: [0], digests: ['@0'], cgroups: [/seal], "
		       "executables: [/tests/rules_test], mount_namespace: host"),
    .from = IN_CGROUP, .allowed = true, .at_fd = true, .rule = "good");
ONE(all_but_one, ALLOW("types: [socket_filter], uids: [1000], digests: ['@0'], cgroups: [/seal], "
		       "executables: [/tests/rules_test]"), .from = IN_CGROUP);

/* "@0" and "@1" become digests; free() the text. */
static char *with_digests(const char *rules)
{
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	fputs("rules:\n", f);
	for (; *rules; rules++) {
		const struct bpf_insn *insns = rules[1] == '0' ? returns_0 : returns_1;
		uint8_t hash[32];

		if (*rules != '@') {
			fputc(*rules, f);
			continue;
		}
		gate_insns_hash(insns, sizeof(returns_0), hash);
		for (int i = 0; i < 32; i++)
			fprintf(f, "%02x", hash[i]);
		rules++;
	}
	fclose(f);
	return out;
}

static int make_cgroups(void)
{
	if ((mkdir(CGROUPS "/seal", 0755) && errno != EEXIST) ||
	    (mkdir(CGROUPS "/seal/inner", 0755) && errno != EEXIST) ||
	    (mkdir(CGROUPS "/seal/beside", 0755) && errno != EEXIST))
		return -errno;
	return 0;
}

/* Another user, with all that root may. */
static int become(uid_t uid)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];

	if (prctl(PR_SET_KEEPCAPS, 1) || setresuid(uid, uid, uid) ||
	    syscall(SYS_capget, &head, caps))
		return -errno;
	caps[0].effective = caps[0].permitted;
	caps[1].effective = caps[1].permitted;
	return syscall(SYS_capset, &head, caps) ? -errno : 0;
}

/* A path that was found out there is not to be believed here. */
static int be_seen_in_chroot(void)
{
	int fd, ns = open("/proc/self/ns/mnt", O_RDONLY);

	if (ns < 0 || unshare(CLONE_NEWNS) || chroot("/tests"))
		return -errno;
	fd = gate_load_trivial(BPF_PROG_TYPE_SOCKET_FILTER, "seen");
	if (fd >= 0)
		close(fd);
	return setns(ns, CLONE_NEWNS) ? -errno : 0;
}

static int enter(enum place place)
{
	switch (place) {
	case NEW_MOUNT_NS:
		return unshare(CLONE_NEWNS) ? -errno : 0;
	case NEW_NET_NS:
		return unshare(CLONE_NEWNET) ? -errno : 0;
	case OTHER_UID:
		return become(1000);
	case CHROOTED:
		return chroot("/tests") ? -errno : 0;
	case BACK_FROM_CHROOT:
		return be_seen_in_chroot();
	case IN_CGROUP:
		return gate_write(CGROUPS "/seal/inner/cgroup.procs", "0", 1);
	default:
		return 0;
	}
}

/* Load from the place, in a process of its own. Returns 0 or the negative errno. */
static int load_from(const struct one_load *load, pid_t *pid)
{
	uint32_t type = load->type ? load->type : BPF_PROG_TYPE_SOCKET_FILTER;
	const struct bpf_insn *insns =
		type == BPF_PROG_TYPE_SOCKET_FILTER ? returns_0 : returns_1;
	union bpf_attr attr = gate_attr(type, "ruled", insns, 2);
	int status;

	attr.expected_attach_type = load->attach_type;
	*pid = fork();
	if (!*pid) {
		int err = enter(load->from);

		if (err)
			_exit(200);
		err = gate_load(&attr);
		_exit(err < 0 ? -err : 0);
	}
	if (*pid < 0 || waitpid(*pid, &status, 0) != *pid || !WIFEXITED(status))
		return -EIO;
	return -WEXITSTATUS(status);
}

static const struct gate_policy enforcing = { .mode = "enforcing" };

/* Another test's rules are none of this one's. */
static int put_rules(const char *rules)
{
	char *text = with_digests(rules);
	const struct gate_policy policy = { .more = text };
	int err;

	err = gate_rules(&policy);
	free(text);
	return err;
}

FIXTURE_SETUP(one)
{
	pid_t pid;

	memset(&self->events, 0, sizeof(self->events));
	GATE_NEEDS_SIGNATURES;
	ASSERT_EQ(0, make_cgroups());
	ASSERT_EQ(0, gate_install_shared(&enforcing));
	/* Nothing but the policy stands in its way. */
	ASSERT_EQ(0, gate_mode("permissive"));
	EXPECT_EQ(0, load_from(&variant->load, &pid));
	ASSERT_EQ(0, gate_mode("enforcing"));
	ASSERT_EQ(0, gate_events_open(&self->events));
}

FIXTURE_TEARDOWN(one)
{
	gate_events_close(&self->events);
}

TEST_F(one, decides)
{
	const struct one_load *load = &variant->load;
	const struct bpfseal_event *e;
	struct gate_match match = { .name = "ruled" };
	pid_t pid;

	ASSERT_EQ(0, put_rules(load->rules));
	EXPECT_EQ(load->allowed ? 0 : -EPERM, load_from(load, &pid));
	match.tgid = (uint32_t)pid;
	e = gate_event_only(&self->events, &match);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(load->allowed ? BPFSEAL_ALLOW : BPFSEAL_DENY, e->decision);
	EXPECT_EQ(load->allowed ? 0 : -EPERM, e->error);
	EXPECT_EQ(load->at_fd ? BPFSEAL_HOOK_PROG_FD : BPFSEAL_HOOK_PROG_LOAD, e->hook);
	EXPECT_EQ(!load->rule ? BPFSEAL_R_UNSIGNED : load->allowed ? BPFSEAL_R_RULE_ALLOWS :
		  BPFSEAL_R_RULE_DENIES, e->reason);
	EXPECT_STREQ(load->rule ? load->rule : "", e->rule_id);
	EXPECT_EQ(!!load->rule, !!e->rule);
}

/* --- loaders and what they make ------------------------------------------------------ */

FIXTURE(loader) {
	struct gate_events events;
	struct gate_loader loader;
};

FIXTURE_VARIANT(loader) {
	const char *rules;
	bool is_signed;
	int load;	/* what loading and running come to */
	int run;
	uint8_t reason;	/* of the program "count" that it makes */
	const char *rule;
};

#define SYSCALL RULE("loader", "allow", "types: [syscall], nested: false")
#define COUNT(action) RULE("count", action, "types: [socket_filter], nested: true")

FIXTURE_VARIANT_ADD(loader, unsigned_with_all) {
	.rules = SYSCALL COUNT("allow"), .reason = BPFSEAL_R_RULE_ALLOWS, .rule = "count",
};
FIXTURE_VARIANT_ADD(loader, unsigned_alone) {
	.rules = SYSCALL, .run = -EPERM, .reason = BPFSEAL_R_LOADER_BY_RULE,
};
FIXTURE_VARIANT_ADD(loader, unsigned_not_at_all) {
	.rules = COUNT("allow"), .load = -EPERM,
};
FIXTURE_VARIANT_ADD(loader, signed_by_itself) {
	.rules = RULE("other", "deny", "types: [xdp]"), .is_signed = true,
	.reason = BPFSEAL_R_NESTED,
};
/* A rule about a good signature takes nothing away from it. */
FIXTURE_VARIANT_ADD(loader, signed_and_allowed) {
	.rules = RULE("all", "allow", "signers: [signer]"), .is_signed = true,
	.reason = BPFSEAL_R_RULE_ALLOWS, .rule = "all",
};
FIXTURE_VARIANT_ADD(loader, signed_loader_allowed) {
	.rules = RULE("loaders", "allow", "signers: [signer], types: [syscall]"),
	.is_signed = true, .reason = BPFSEAL_R_NESTED,
};
FIXTURE_VARIANT_ADD(loader, signed_denied) {
	.rules = RULE("all", "deny", "signers: [signer]"), .is_signed = true, .load = -EPERM,
};
FIXTURE_VARIANT_ADD(loader, signed_product_denied) {
	.rules = COUNT("deny"), .is_signed = true, .run = -EPERM,
	.reason = BPFSEAL_R_RULE_DENIES, .rule = "count",
};
FIXTURE_VARIANT_ADD(loader, signed_product_allowed) {
	.rules = RULE("count", "allow", "signers: [signer], nested: true"), .is_signed = true,
	.reason = BPFSEAL_R_RULE_ALLOWS, .rule = "count",
};

FIXTURE_SETUP(loader)
{
	GATE_SHARE(&self->events, &enforcing);
	if (variant->is_signed) {
		ASSERT_EQ(0, nested_signer__take(&self->loader));
		ASSERT_EQ(0, gate_keyring("signer", &self->loader.keyring));
	} else {
		ASSERT_EQ(0, nested__take(&self->loader));
	}
	ASSERT_EQ(0, put_rules(variant->rules));
	ASSERT_EQ(0, gate_loader_map(&self->loader));
}

FIXTURE_TEARDOWN(loader)
{
	gate_loader_close(&self->loader);
	gate_events_close(&self->events);
}

TEST_F(loader, makes)
{
	const struct gate_match match = { .name = "count", .tgid = (uint32_t)getpid() };
	const struct bpfseal_event *e;

	ASSERT_EQ(variant->load, gate_loader_load(&self->loader));
	if (variant->load)
		return;
	ASSERT_EQ(0, gate_loader_run(&self->loader));
	EXPECT_EQ(variant->run, self->loader.ret);
	e = gate_event_only(&self->events, &match);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(variant->reason, e->reason);
	EXPECT_EQ(variant->run ? BPFSEAL_DENY : BPFSEAL_ALLOW, e->decision);
	EXPECT_STREQ(variant->rule ? variant->rule : "", e->rule_id);
	EXPECT_EQ(1, e->nested);
}

/* --- time, modes, defaults ---------------------------------------------------------- */

FIXTURE(rules) {
	struct gate_events events;
};

FIXTURE_SETUP(rules)
{
	GATE_SHARE(&self->events, &enforcing);
}

FIXTURE_TEARDOWN(rules)
{
	gate_events_close(&self->events);
}

static int load_here(void)
{
	int fd = gate_load_trivial(BPF_PROG_TYPE_SOCKET_FILTER, "ruled");

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static int set_clock(time_t seconds)
{
	const struct timespec t = { .tv_sec = seconds };

	return clock_settime(CLOCK_REALTIME, &t) ? -errno : 0;
}

/* No reload, and no clock that root sets back. */
TEST_F(rules, expire_on_time)
{
	time_t now = time(NULL);
	char rules[160], text[32];
	time_t end = now + 4;

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime(&end));
	snprintf(rules, sizeof(rules), ALLOW("types: [socket_filter], expires: '%s'"), text);
	ASSERT_EQ(0, put_rules(rules));
	EXPECT_EQ(0, load_here());
	sleep(5);
	EXPECT_EQ(-EPERM, load_here());
	ASSERT_EQ(0, set_clock(now - 3600));
	EXPECT_EQ(-EPERM, load_here());
	ASSERT_EQ(0, set_clock(now + 6));
	EXPECT_EQ(-EPERM, load_here());
	/* The clock set forward ends a rule early; then it is over for good. */
	end = time(NULL) + 3600;
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime(&end));
	snprintf(rules, sizeof(rules), ALLOW("types: [socket_filter], expires: '%s'"), text);
	ASSERT_EQ(0, put_rules(rules));
	EXPECT_EQ(0, load_here());
	ASSERT_EQ(0, set_clock(end));
	EXPECT_EQ(-EPERM, load_here());
	ASSERT_EQ(0, set_clock(now + 8));
}

TEST_F(rules, permissive_reports)
{
	const struct gate_match match = { .name = "ruled", .decision = BPFSEAL_WOULD_DENY };
	const struct bpfseal_event *e;

	ASSERT_EQ(0, put_rules(DENY("levels: [unsigned]")));
	EXPECT_EQ(-EPERM, load_here());
	ASSERT_EQ(0, gate_mode("permissive"));
	EXPECT_EQ(0, load_here());
	e = gate_event_only(&self->events, &match);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(BPFSEAL_R_RULE_DENIES, e->reason);
	EXPECT_STREQ("bad", e->rule_id);
	/* A change of the mode is a policy of its own, and keeps the rules. */
	ASSERT_EQ(0, gate_mode("enforcing"));
	EXPECT_EQ(-EPERM, load_here());
}

TEST_F(rules, default_allows)
{
	const struct gate_policy policy = {
		.mode = "permissive", .more = "default: allow\n",
	};
	const struct gate_match match = { .name = "ruled" };
	const struct bpfseal_event *e;
	struct gate_output out;

	ASSERT_EQ(0, gate_reload(&policy));
	EXPECT_EQ(0, load_here());
	e = gate_event_only(&self->events, &match);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(BPFSEAL_ALLOW, e->decision);
	EXPECT_EQ(BPFSEAL_R_DEFAULT_ALLOWS, e->reason);
	ASSERT_EQ(0, gate_run(&out, "bpfseal", "mode", "enforcing"));
	EXPECT_EQ(1, out.status);
	EXPECT_NE(NULL, strstr(out.err, "allows by default"));
	gate_output_free(&out);
	EXPECT_EQ(0, gate_clean());
}

GATE_MAIN
