// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control: how a policy comes into force. Nothing outside the kernel writes to the
 * policy's maps: the controller hands a policy over, and this program lays it out in
 * a bank that no load is judged by. Then one store puts it into force.
 *
 * hook                 role                            attack it closes
 * -------------------  ------------------------------  ---------------------------
 * BPF_PROG_RUN         puts a policy into force,       judging by half a policy, or
 *                      changes its mode, seals it      by one that changes meanwhile;
 *                                                      a sealed one that makes room for
 *                                                      what isn't its authority's
 */
#include <vmlinux.h>
#include "signed.h"

struct bpfseal_state state;

/*
 * The field of a key that isn't a rule's: a bank's list of keys begins with it, and
 * a link to it ends the list.
 */
#define KEY_HEAD (~0U)

static __always_inline void set_head(struct bpfseal_key *key, __u32 bank)
{
	__builtin_memset(key, 0, sizeof(*key));
	key->field = KEY_HEAD;
	key->bank = bank;
}

/* From the head to the end of the list. */
static __noinline int forget_keys(__u32 bank)
{
	struct bpfseal_key key, next;
	struct bpfseal_key_value *value;
	__u32 i;

	set_head(&key, bank);
	bpf_for(i, 0, KEYS_MAX + 1) {
		value = bpf_map_lookup_elem(&keys, &key);
		if (!value)
			break;
		next = value->next;
		bpf_map_delete_elem(&keys, &key);
		if (next.field == KEY_HEAD)
			break;
		key = next;
	}
	return 0;
}

static __always_inline int add_key(const struct rules_key *from, __u32 bank,
				   struct bpfseal_key_value *value, struct bpfseal_key *last)
{
	struct rules_key *entry = &verification.key;
	__u64 host;
	int err;

	err = bpf_copy_from_user(entry, sizeof(*entry), from);
	if (err)
		return err;
	if (entry->key.field >= BPFSEAL_FIELDS)
		return -EINVAL;
	host = entry->host;
	entry->host = 0;
	if (is_sealed())
		signed_key(entry);
	if (entry->key.field == BPFSEAL_F_CGROUP) {
		if (!host)
			return 0;
		clear_words(entry->key.value, sizeof(entry->key.value));
		entry->key.value[0] = host;
	}
	entry->key.bank = bank;
	value->number = entry->number;
	value->next = *last;
	err = bpf_map_update_elem(&keys, &entry->key, value, BPF_NOEXIST);
	if (!err)
		*last = entry->key;
	return err;
}

/* What is added goes to the front of the list; the head learns of it in the end. */
static __noinline int add_keys(const struct bpfseal_control *c, __u32 bank)
{
	const struct rules_key *from = (const struct rules_key *)c->keys;
	struct bpfseal_key_value value = {}, *head;
	struct bpfseal_key first, last;
	__u32 i, n = c->n_keys;
	int err;

	if (n > KEYS_MAX)
		return -E2BIG;
	set_head(&first, bank);
	last = first;
	value.next = first;
	err = bpf_map_update_elem(&keys, &first, &value, BPF_NOEXIST);
	if (err)
		return err;
	bpf_for(i, 0, n) {
		err = add_key(from + i, bank, &value, &last);
		if (err)
			break;
	}
	head = bpf_map_lookup_elem(&keys, &first);
	if (head)
		head->next = last;
	return err;
}

static __always_inline __u32 idle_bank(__u32 banks)
{
	__u32 bank;

	for (bank = 0; bank < BPFSEAL_BANKS; bank++)
		if (bank != bpfseal_bank(banks, BPFSEAL_IN_FORCE) &&
		    bank != bpfseal_bank(banks, BPFSEAL_BEFORE))
			break;
	return bank % BPFSEAL_BANKS;
}

static __noinline int admit_signed(const struct bpfseal_control *c, struct bpfseal_table *table)
{
	struct bpfseal_policy *p = the_policy();
	int err;

	if (!p)
		return -ENOENT;
	err = signed_verify(p, c);
	return err ? err : signed_follow(table_of(p), table);
}

static __always_inline int fill_bank(const struct bpfseal_control *c, __u32 bank)
{
	struct bpfseal_table *table;
	int err;

	table = bpf_map_lookup_elem(&policies, &bank);
	if (!table)
		return -ENOENT;
	err = bpf_copy_from_user(table, sizeof(*table), (const void *)c->table);
	if (!err && table->policy.abi != BPFSEAL_ABI)
		err = -EPROTONOSUPPORT;
	if (!err && is_sealed())
		err = signed_table(table);
	if (!err)
		err = add_keys(c, bank);
	if (!err && is_sealed())
		err = admit_signed(c, table);
	if (err)
		return err;
	table->rules.bank = bank;
	table->policy.generation = state.generation + 1;
	return 0;
}

/* Loads go on to be judged by the policy in force, and by the one before it. */
static __always_inline int switch_policy(const struct bpfseal_control *c)
{
	__u32 banks = state.banks, bank = idle_bank(banks);
	int err;

	((volatile __u64 *)state.generations)[bank] = 0;
	forget_keys(bank);
	err = fill_bank(c, bank);
	if (err) {
		forget_keys(bank);
		return err;
	}
	state.generation++;
	((volatile __u64 *)state.generations)[bank] = state.generation;
	*(volatile __u32 *)&state.banks = (bank + 1) | (banks & 0xff) << 8;
	return 0;
}

static __always_inline int set_mode(struct bpfseal_policy *p, __u32 mode)
{
	if (!p)
		return -ENOENT;
	if (mode != BPFSEAL_PERMISSIVE && mode != BPFSEAL_ENFORCING)
		return -EINVAL;
	*(volatile __u32 *)&p->mode = mode;
	return 0;
}

/* What is to be sealed has been marked by the audit. */
static __always_inline int close_seal(const struct bpfseal_policy *p, const struct bpfseal_control *c)
{
	if (!p)
		return -ENOENT;
	if (p->mode != BPFSEAL_ENFORCING || state.seal != BPFSEAL_OPEN)
		return -EINVAL;
	if (!state.audited || !state.progs.base)
		return -EBUSY;
	state.dev = c->dev;
	state.authority = c->authority;
	state.anchor = 0;
	state.audited = 0;
	*(volatile __u32 *)&state.seal = BPFSEAL_CLOSING;
	return 0;
}

static __always_inline int seal_for_good(struct bpfseal_policy *p)
{
	if (!p)
		return -ENOENT;
	if (state.seal != BPFSEAL_CLOSING)
		return -EINVAL;
	if (!state.audited || !state.anchor)
		return -EBUSY;
	*(volatile __u32 *)&state.seal = BPFSEAL_CLOSED;
	*(volatile __u32 *)&p->mode = BPFSEAL_SEALED;
	return 0;
}

static __always_inline int reopen(void)
{
	if (state.seal != BPFSEAL_CLOSING)
		return -EINVAL;
	*(volatile __u32 *)&state.seal = BPFSEAL_OPEN;
	return 0;
}

/* Of the first policy only, which the service installs at boot. */
static __always_inline int record_recovery(struct bpfseal_policy *p)
{
	struct decision d = { .hook = BPFSEAL_HOOK_CONTROL, .decision = BPFSEAL_ALLOW };

	if (!p || p->mode != BPFSEAL_PERMISSIVE || state.generation != 1)
		return -EINVAL;
	state.recovery = 1;
	d.j.reason = BPFSEAL_R_RECOVERY;
	record_other(p, &d);
	return 0;
}

static __always_inline int do_sealed(const struct bpfseal_control *c)
{
	struct decision d = { .hook = BPFSEAL_HOOK_CONTROL, .decision = BPFSEAL_DENY };
	int err = -EPERM;

	if (c->op == BPFSEAL_SWITCH && state.authority.serial)
		err = switch_policy(c);
	if (!err)
		return 0;
	d.error = err;
	d.j.reason = BPFSEAL_R_SEALED;
	record_other(the_policy(), &d);
	return err;
}

static __always_inline int do_control(const struct bpfseal_control *c)
{
	struct bpfseal_policy *p = the_policy();

	if (state.seal == BPFSEAL_CLOSED)
		return do_sealed(c);
	switch (c->op) {
	case BPFSEAL_SWITCH:
		return is_sealed() ? -EPERM : switch_policy(c);
	case BPFSEAL_SET_MODE:
		return is_sealed() ? -EPERM : set_mode(p, c->mode);
	case BPFSEAL_CLOSE:
		return close_seal(p, c);
	case BPFSEAL_SEAL:
		return seal_for_good(p);
	case BPFSEAL_REOPEN:
		return reopen();
	case BPFSEAL_RECOVERY:
		return record_recovery(p);
	default:
		return -EINVAL;
	}
}

/* Returns 0 or a negative errno. */
SEC("syscall")
int control(struct bpfseal_control *ctx)
{
	__u32 self = bpf_get_current_pid_tgid() >> 32;
	int err;

	if (__sync_val_compare_and_swap(&state.switching, 0, self))
		return -EBUSY;
	err = do_control(ctx);
	*(volatile __u32 *)&state.switching = 0;
	return err;
}

char _license[] SEC("license") = "GPL";
