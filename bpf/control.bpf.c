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
struct verification verification SEC(".bss.verify");

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

/*
 * Functions are global where many ways meet, so that the kernel verifies once what
 * follows. What they need of what was asked for stands in verification.asked.
 */

/* From the head to the end of the list. */
__weak __noinline int forget_keys(__u32 bank)
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
__weak __noinline int add_keys(__u32 bank)
{
	const struct rules_key *from = (const struct rules_key *)verification.asked.keys;
	struct bpfseal_key_value value = {}, *head;
	struct bpfseal_key first, last;
	__u32 i, n = verification.asked.n_keys;
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

__weak __noinline int admit_signed(__u32 bank)
{
	struct bpfseal_table *table = bpf_map_lookup_elem(&policies, &bank);
	struct bpfseal_policy *p = the_policy();
	int err;

	if (!table)
		return -ENOENT;
	/* What is the host's is compared by the programs that make room: upgrade.bpf.c. */
	if (state.seal == BPFSEAL_INHERITS) {
		err = signed_verify(&table->policy);
		return err ? err : signed_settle(table);
	}
	if (!p)
		return -ENOENT;
	err = signed_verify(p);
	return err ? err : signed_follow(table_of(p), table);
}

__weak __noinline int copy_table(__u32 bank)
{
	struct bpfseal_table *table = bpf_map_lookup_elem(&policies, &bank);
	int err;

	if (!table)
		return -ENOENT;
	err = bpf_copy_from_user(table, sizeof(*table), (const void *)verification.asked.table);
	if (err)
		return err;
	if (table->policy.abi != BPFSEAL_ABI)
		return -EPROTONOSUPPORT;
	return is_sealed() ? signed_table(table) : 0;
}

static __always_inline int fill_bank(__u32 bank)
{
	struct bpfseal_table *table;
	int err;

	err = copy_table(bank);
	if (!err)
		err = add_keys(bank);
	if (!err && is_sealed())
		err = admit_signed(bank);
	if (err)
		return err;
	table = bpf_map_lookup_elem(&policies, &bank);
	if (!table)
		return -ENOENT;
	table->rules.bank = bank;
	table->policy.generation = state.generation + 1;
	return 0;
}

/* For the programs that take the place of these: see upgrade.bpf.c. */
__weak __noinline int hand_over(void)
{
	const struct bpfseal_policy *p = the_policy();
	const struct bpfseal_table *table = (const struct bpfseal_table *)p;
	struct bpfseal_handover *h;
	__u32 zero = 0, i;

	h = bpf_map_lookup_elem(&handover, &zero);
	if (!h || !p)
		return -ENOENT;
	h->verified_level = p->verified_level;
	h->promotes = p->promotes;
	h->signs_btf = p->signs_btf;
	h->user_ns = table->rules.user_ns;
	h->mount_ns = table->rules.mount_ns;
	h->net_ns = table->rules.net_ns;
	h->tai_utc = p->tai_utc;
	h->utc_offset = p->utc_offset;
	h->authority = state.authority;
	copy_words(h->certificate, p->authority, sizeof(h->certificate));
	bpf_for(i, 0, BPFSEAL_SIGNERS_MAX) {
		h->serials[i] = p->serials[i];
		copy_words(h->fingerprints[i], p->fingerprints[i], BPFSEAL_DIGEST_LEN);
	}
	h->version = p->version;
	h->sealed = state.seal == BPFSEAL_CLOSED || state.seal == BPFSEAL_INHERITS;
	return 0;
}

/* Loads go on to be judged by the policy in force, and by the one before it. */
__weak __noinline int switch_policy(void)
{
	__u32 banks = state.banks, bank = idle_bank(banks);
	int err;

	((volatile __u64 *)state.generations)[bank] = 0;
	forget_keys(bank);
	err = fill_bank(bank);
	if (err) {
		forget_keys(bank);
		return err;
	}
	state.generation++;
	((volatile __u64 *)state.generations)[bank] = state.generation;
	*(volatile __u32 *)&state.banks = (bank + 1) | (banks & 0xff) << 8;
	return hand_over();
}

/*
 * Its pins are mounted, and it is marked what is its own. The state may be of root's
 * making, but not that it has been cleared: see upgrade.bpf.c.
 */
static __always_inline int inherit(void)
{
	struct bpfseal_handover *h;
	__u32 zero = 0;
	int err;

	h = bpf_map_lookup_elem(&handover, &zero);
	if (!h || h->stage != BPFSEAL_HANDOVER_BEGUN)
		return -EINVAL;
	if (!is_audited() || !state.progs.base || !state.anchor)
		return -EBUSY;
	err = switch_policy();
	if (err)
		return err;
	*(volatile __u32 *)&state.seal = BPFSEAL_CLOSED;
	*(volatile __u32 *)&h->stage = BPFSEAL_HANDOVER_DONE;
	record_control(the_policy(), BPFSEAL_R_UPGRADED, 0);
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
	if (!is_audited() || !state.progs.base)
		return -EBUSY;
	state.dev = c->dev;
	state.authority = c->authority;
	state.anchor = 0;
	state.audit = 0;
	*(volatile __u32 *)&state.seal = BPFSEAL_CLOSING;
	return 0;
}

static __always_inline int seal_for_good(struct bpfseal_policy *p)
{
	if (!p)
		return -ENOENT;
	if (state.seal != BPFSEAL_CLOSING)
		return -EINVAL;
	if (!is_audited() || !state.anchor)
		return -EBUSY;
	*(volatile __u32 *)&state.seal = BPFSEAL_CLOSED;
	*(volatile __u32 *)&p->mode = BPFSEAL_SEALED;
	return hand_over();
}

static __always_inline int reopen(void)
{
	if (state.seal != BPFSEAL_CLOSING && state.seal != BPFSEAL_INHERITS)
		return -EINVAL;
	*(volatile __u32 *)&state.seal = BPFSEAL_OPEN;
	return 0;
}

/* Of the first policy only, which the service installs at boot. */
static __always_inline int record_recovery(struct bpfseal_policy *p)
{
	if (!p || p->mode != BPFSEAL_PERMISSIVE || state.generation != 1)
		return -EINVAL;
	state.recovery = 1;
	record_control(p, BPFSEAL_R_RECOVERY, 0);
	return 0;
}

static __always_inline int do_sealed(const struct bpfseal_control *c)
{
	int err = -EPERM;

	if (c->op == BPFSEAL_SWITCH && state.authority.serial)
		err = switch_policy();
	if (err)
		record_control(the_policy(), BPFSEAL_R_SEALED, err);
	return err;
}

static __always_inline int do_control(const struct bpfseal_control *c)
{
	struct bpfseal_policy *p = the_policy();

	if (state.seal == BPFSEAL_CLOSED)
		return do_sealed(c);
	switch (c->op) {
	case BPFSEAL_SWITCH:
		return state.seal == BPFSEAL_INHERITS ? inherit() :
		       is_sealed() ? -EPERM : switch_policy();
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
	int err;

	if (!begin_switch())
		return -EBUSY;
	copy_words(&verification.asked, ctx, sizeof(verification.asked));
	err = do_control(&verification.asked);
	end_switch();
	return err;
}

char _license[] SEC("license") = "GPL";
