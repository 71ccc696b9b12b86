// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * inventory_test.c - the list of all programs: what came before the policy,
 * what it admitted, what permissive mode let through, and bpfseal's own.
 */
#include <errno.h>
#include <linux/keyctl.h>
#include <stdlib.h>

#include "crooked.h"
#include "gate_test.h"
#include "hold.h"
#include "insn.h"
#include "inventory.h"
#include "pins.h"

#include "gate_skel.h"
#include "nested.signed.lskel.h"
GATE_SKEL(nested_signer)

static const struct bpf_insn trivial[] = { MOV_IMM(0, 0), EXIT() };
static const struct gate_policy enforcing = { .mode = "enforcing" };
static const struct gate_policy permissive = { .mode = "permissive" };

FIXTURE(inventory) {
	struct gate_events events;
	struct inventory *list;
};

FIXTURE_SETUP(inventory)
{
	GATE_START(&self->events);
	ASSERT_EQ(0, gate_session());
	ASSERT_LT(0, gate_add_key("signer", KEY_SPEC_SESSION_KEYRING));
	self->list = NULL;
}

FIXTURE_TEARDOWN(inventory)
{
	inventory_free(self->list);
	GATE_END(&self->events);
}

/* What doesn't ask for the time before the policy shares one. */
FIXTURE(shared) {
	struct gate_events events;
	struct inventory *list;
};

FIXTURE_SETUP(shared)
{
	memset(self, 0, sizeof(*self));
	GATE_NEEDS_SIGNATURES;
}

FIXTURE_TEARDOWN(shared)
{
	inventory_free(self->list);
	gate_events_close(&self->events);
}

/* Read the list anew and look a program up; NULL if it isn't there. */
static const struct inventory_entry *look_up(struct inventory **list, int fd)
{
	uint32_t id = gate_prog_id(fd);
	size_t i;

	inventory_free(*list);
	*list = NULL;
	if (inventory_read(list))
		return NULL;
	for (i = 0; i < (*list)->n; i++)
		if ((*list)->entries[i].prog.id == id)
			return &(*list)->entries[i];
	return NULL;
}

/* Load "signed", signed by the trusted key; @twist changes the attributes. */
static int load_signed(int32_t keyring, void (*twist)(union bpf_attr *, struct crooked *),
		       struct crooked *crooked)
{
	struct gate_signature sig;
	union bpf_attr attr;
	int fd;

	fd = gate_sign_insns("signer", trivial, GATE_COUNT(trivial), NULL, 0, &sig);
	if (fd)
		return fd;
	attr = gate_attr(BPF_PROG_TYPE_SYSCALL, "signed", trivial, GATE_COUNT(trivial));
	attr.prog_flags = BPF_F_SLEEPABLE;
	gate_attr_sign(&attr, &sig, keyring);
	if (twist)
		twist(&attr, crooked);
	fd = gate_load(&attr);
	free(sig.sig);
	return fd;
}

static void expect_entry(struct __test_metadata *_metadata, const struct inventory_entry *entry,
			 const struct bpfseal_program *want)
{
	ASSERT_NE(NULL, entry) TH_LOG("the program is not in the list");
	EXPECT_STREQ(want->name, entry->prog.name);
	EXPECT_EQ(want->type, entry->prog.type);
	EXPECT_EQ(want->level, entry->prog.level);
	EXPECT_EQ(want->keyring_type, entry->prog.keyring_type);
	EXPECT_EQ(want->keyring_serial, entry->prog.keyring_serial);
	EXPECT_EQ(want->signer, entry->prog.signer);
	EXPECT_EQ(want->reason, entry->prog.reason);
	EXPECT_EQ(want->admitted, entry->prog.admitted);
	EXPECT_EQ(want->loader_id, entry->prog.loader_id);
	EXPECT_EQ(0, entry->prog.uid);
	EXPECT_FALSE(entry->prog.own);
}

TEST_F(inventory, without_policy)
{
	const struct inventory_entry *entry;
	int fd = gate_load_trivial(BPF_PROG_TYPE_SOCKET_FILTER, "early");

	ASSERT_LE(0, fd);
	entry = look_up(&self->list, fd);
	ASSERT_NE(NULL, entry);
	EXPECT_FALSE(self->list->has_policy);
	EXPECT_STREQ("early", entry->prog.name);
	EXPECT_EQ(0, entry->prog.admitted);
	EXPECT_FALSE(entry->prog.own);
	close(fd);
}

TEST_F(inventory, unsigned_before)
{
	const struct bpfseal_program want = {
		.name = "early", .type = BPF_PROG_TYPE_XDP, .reason = BPFSEAL_R_UNSIGNED,
	};
	int fd = gate_load_trivial(BPF_PROG_TYPE_XDP, "early");

	ASSERT_LE(0, fd);
	GATE_SEAL(&self->events, &enforcing);
	expect_entry(_metadata, look_up(&self->list, fd), &want);
	EXPECT_TRUE(self->list->has_policy);
	EXPECT_EQ(1, inventory_not_admitted(self->list));
	close(fd);
	look_up(&self->list, fd);
	EXPECT_EQ(0, inventory_not_admitted(self->list));
}

TEST_F(inventory, signed_before)
{
	struct bpfseal_program want = {
		.name = "signed", .type = BPF_PROG_TYPE_SYSCALL, .reason = BPFSEAL_R_UNSIGNED,
	};
	int fd = load_signed(KEY_SPEC_SESSION_KEYRING, NULL, NULL);

	if (gate_kernel()->verdict) {
		want.reason = BPFSEAL_R_UNTRUSTED_KEYRING;
		want.level = gate_kernel()->level;
		want.keyring_type = BPFSEAL_KEYRING_USER;
		want.keyring_serial = gate_key_serial(KEY_SPEC_SESSION_KEYRING);
	}
	ASSERT_LE(0, fd);
	GATE_SEAL(&self->events, &enforcing);
	expect_entry(_metadata, look_up(&self->list, fd), &want);
	close(fd);
}

TEST_F(shared, admitted)
{
	struct bpfseal_program want = {
		.name = "signed", .type = BPF_PROG_TYPE_SYSCALL, .reason = BPFSEAL_R_SIGNER,
		.level = gate_kernel()->level, .keyring_type = BPFSEAL_KEYRING_USER,
		.signer = 1, .admitted = 1,
	};
	const struct inventory_entry *entry;
	uint8_t hash[32];
	int fd;

	GATE_SHARE(&self->events, &enforcing);
	ASSERT_EQ(0, gate_keyring("signer", &want.keyring_serial));
	fd = load_signed(want.keyring_serial, NULL, NULL);
	ASSERT_LE(0, fd);
	entry = look_up(&self->list, fd);
	expect_entry(_metadata, entry, &want);
	ASSERT_EQ(0, gate_insns_hash(trivial, sizeof(trivial), hash));
	EXPECT_EQ(0, memcmp(hash, entry->prog.digest, sizeof(hash)));
	EXPECT_NE(0, entry->prog.load_time_ns);
	EXPECT_EQ(0, inventory_not_admitted(self->list));
	close(fd);
}

TEST_F(shared, nested)
{
	struct bpfseal_program want = {
		.name = "count", .type = BPF_PROG_TYPE_SOCKET_FILTER,
		.reason = BPFSEAL_R_NESTED, .level = gate_kernel()->loader_level,
		.keyring_type = BPFSEAL_KEYRING_USER, .signer = 1, .admitted = 1,
	};
	struct nested_signer *skel;
	struct gate_loader loader;

	GATE_SHARE(&self->events, &enforcing);
	ASSERT_EQ(0, nested_signer__take(&loader));
	ASSERT_EQ(0, gate_keyring("signer", &loader.keyring));
	want.keyring_serial = loader.keyring;
	ASSERT_EQ(0, gate_loader_all(&loader));
	want.loader_id = gate_prog_id(loader.prog_fd);
	gate_loader_close(&loader);
	skel = loader.ctx;
	/* Its loader is gone; it stays known as that loader's. */
	expect_entry(_metadata, look_up(&self->list, skel->progs.count.prog_fd), &want);
	EXPECT_EQ(0, inventory_not_admitted(self->list));
}

TEST_F(shared, tolerated)
{
	const struct bpfseal_program want = {
		.name = "late", .type = BPF_PROG_TYPE_SOCKET_FILTER, .reason = BPFSEAL_R_UNSIGNED,
	};
	int fd;

	GATE_SHARE(&self->events, &permissive);
	fd = gate_load_trivial(BPF_PROG_TYPE_SOCKET_FILTER, "late");
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, gate_mode("enforcing"));
	expect_entry(_metadata, look_up(&self->list, fd), &want);
	EXPECT_EQ(1, inventory_not_admitted(self->list));
	close(fd);
}

/* A nested program with a foreign map, tolerated: it wasn't its loader's work. */
TEST_F(shared, tolerated_nested)
{
	const struct gate_map foreign = { .name = "foreign", .size = 8, .freeze = true };
	const struct inventory_entry *entry;
	struct hand hand;
	int32_t keyring;

	GATE_SHARE(&self->events, &permissive);
	ASSERT_EQ(0, gate_keyring("signer", &keyring));
	ASSERT_EQ(0, hand_load(&hand, "signer", keyring));
	hand.ctx.map = gate_map_make(&foreign);
	ASSERT_LT(0, hand.ctx.map);
	ASSERT_EQ(0, hand_run(&hand));
	ASSERT_LT(0, hand.ctx.prog);
	entry = look_up(&self->list, hand.ctx.prog);
	ASSERT_NE(NULL, entry);
	EXPECT_STREQ("reader", entry->prog.name);
	EXPECT_EQ(0, entry->prog.admitted);
	hand_close(&hand);
}

/* Before 7.3 a kernel looks at relocations only if there is func_info. */
static void relocate(union bpf_attr *attr, struct crooked *crooked)
{
	crooked_add_func(attr, crooked);
	crooked_add_relo(attr, crooked);
}

/* Relocated after its signature was checked, and tolerated: not what was signed. */
TEST_F(shared, tolerated_relocated)
{
	const struct inventory_entry *entry;
	struct crooked crooked;
	int32_t keyring, ret = 0;
	int fd;

	if (gate_kernel()->promotes)
		SKIP(return, "this kernel refuses relocations of signed programs");
	GATE_SHARE(&self->events, &permissive);
	ASSERT_EQ(0, gate_keyring("signer", &keyring));
	ASSERT_EQ(0, crooked_make(&crooked));
	fd = load_signed(keyring, relocate, &crooked);
	ASSERT_LE(0, fd) TH_LOG("%s", strerror(-fd));
	ASSERT_EQ(0, gate_prog_run(fd, NULL, 0, &ret));
	EXPECT_LT(0, ret) TH_LOG("the relocation didn't change the program");
	entry = look_up(&self->list, fd);
	ASSERT_NE(NULL, entry);
	EXPECT_EQ(0, entry->prog.admitted)
		TH_LOG("the policy would deny it: reason %u", entry->prog.reason);
	EXPECT_NE(BPFSEAL_R_SIGNER, entry->prog.reason);
	close(fd);
	close(crooked.btf_fd);
}

/* All programs of the policy, and nobody else's, are bpfseal's own. */
TEST_F(inventory, own)
{
	unsigned int n, i, own = 0;
	int fd = gate_load_trivial(BPF_PROG_TYPE_SOCKET_FILTER, "admit");

	ASSERT_LE(0, fd);
	GATE_SEAL(&self->events, &enforcing);
	ASSERT_NE(NULL, look_up(&self->list, fd));
	for (i = 0; i < self->list->n; i++)
		own += self->list->entries[i].prog.own;
	pins_list(&n);
	EXPECT_EQ(n, own);
	EXPECT_FALSE(look_up(&self->list, fd)->prog.own) TH_LOG("a name makes nobody bpfseal's");
	EXPECT_EQ(1, inventory_not_admitted(self->list));
	close(fd);
}

/* Ids and records stay right when there are many. */
TEST_F(inventory, hundreds)
{
	static int fds[300];
	size_t i, found = 0;

	for (i = 0; i < GATE_COUNT(fds); i++) {
		fds[i] = gate_load_trivial(BPF_PROG_TYPE_SOCKET_FILTER, "crowd");
		ASSERT_LE(0, fds[i]);
	}
	GATE_SEAL(&self->events, &enforcing);
	ASSERT_EQ(0, inventory_read(&self->list));
	for (i = 0; i < self->list->n; i++)
		found += !strcmp(self->list->entries[i].prog.name, "crowd");
	EXPECT_EQ(GATE_COUNT(fds), found);
	EXPECT_EQ(GATE_COUNT(fds), inventory_not_admitted(self->list));
	for (i = 1; i < self->list->n; i++)
		EXPECT_LT(self->list->entries[i - 1].prog.id, self->list->entries[i].prog.id);
	for (i = 0; i < GATE_COUNT(fds); i++)
		close(fds[i]);
}

GATE_MAIN
