/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gate.h - what the tests share: put a policy into force, try to load BPF in
 * every way there is, and look at what the policy says of it.
 *
 * Nothing here knows the test harness. Functions return 0 (or a descriptor) or
 * a negative errno and say on stderr ("# ...") what went wrong when the cause
 * would not be plain from the number. Test keys and certificates stand in
 * GATE_KEYS: signer (trusted by the policies made here), stranger, ca.
 */
#ifndef GATE_H
#define GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/bpf.h>

#include "bpfseal.h"
#include "event_log.h"
#include "patience.h"

#define GATE_KEYS	"/keys"
#define GATE_PROGS	"/progs"
#define GATE_TMP	"/tmp/gate"	/* policies are written here */

#define GATE_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- commands (gate_run.c) ------------------------------------------------- */

/**
 * struct gate_output - what a command did
 * @status: its exit code; 128 + N if signal N ended it
 * @out: its stdout, with a NUL after it
 * @err: its stderr, likewise
 */
struct gate_output {
	int status;
	char *out;
	char *err;
};

/**
 * gate_run - run a command to its end: gate_run(&output, "bpfseal", "status")
 * @output: filled on success; gate_output_free()
 *
 * Return: 0 or a negative errno (it could not be started)
 */
#define gate_run(output, ...) \
	gate_run_argv(output, (const char *const[]){ __VA_ARGS__, NULL })
int gate_run_argv(struct gate_output *output, const char *const argv[]);
void gate_output_free(struct gate_output *output);

/**
 * gate_do - run a command that has to end with 0; shows its stderr if not
 *
 * Return: its exit code, or a negative errno
 */
#define gate_do(...) gate_do_argv((const char *const[]){ __VA_ARGS__, NULL })
int gate_do_argv(const char *const argv[]);

/** gate_write - make or replace a file; returns 0 or a negative errno */
int gate_write(const char *path, const void *data, size_t len);

/* --- the kernel (gate_kernel.c) -------------------------------------------- */

/**
 * struct gate_kernel - what is known of the kernel that runs
 * @tier: as 'bpfseal probe' names it
 * @sees_excl: programs can see whether a map is exclusive (7.1: bpf_map.excl)
 * @verdict: it keeps a program's verdict
 * @promotes: it can verify a loader's metadata as that runs
 * @level: enum bpfseal_level of a signed program when it is loaded
 * @loader_level: and of a loader that has had its metadata verified, where it can
 */
struct gate_kernel {
	const char *tier;
	bool sees_excl;
	bool verdict;
	bool promotes;
	uint8_t level;
	uint8_t loader_level;
};

const struct gate_kernel *gate_kernel(void);

/** gate_require - how a policy file says that it requires a level */
const char *gate_require(uint8_t level);

#define GATE_NO_SIGNATURES "this kernel verifies no signatures, so that no policy can be installed"
#define GATE_NO_METADATA "this kernel doesn't verify metadata"

/* --- the policy (gate_policy.c) -------------------------------------------- */

/* A signer of a policy; members that are NULL are left out of the file. */
struct gate_signer {
	const char *name;
	const char *certificate;	/* path */
	const char *keyring;		/* "builtin", ... */
	const char *types;		/* "syscall, socket_filter" */
};

#define GATE_SIGNERS_MAX 8

/* A policy's "require": the level of signed programs that aren't loaders. */
#define GATE_AT_LOAD "level of a load"

struct gate_policy {
	const char *mode;		/* "enforcing" unless given */
	const char *require;		/* the most this kernel proves unless given */
	struct gate_signer signers[GATE_SIGNERS_MAX];	/* ends at the first without name */
	const char *more;		/* goes into the file as it is: "rules:\n..." */
};

/**
 * gate_policy_write - write a policy file
 * @path: where to
 * @policy: what; a policy without signers trusts "signer"
 */
int gate_policy_write(const char *path, const struct gate_policy *policy);

/**
 * gate_install - bpfseal install with a policy that trusts the test signer
 * @mode: "enforcing" or "permissive"
 * @require: "metadata" or "signed", NULL for the most this kernel proves
 *
 * Return: 0, the exit code, or a negative errno
 */
int gate_install(const char *mode, const char *require);
int gate_install_policy(const struct gate_policy *policy);

/**
 * gate_install_shared - as gate_install_policy(), but keep what was installed so
 * if it is the same policy, and reload it if it isn't
 *
 * Installing takes seconds. Tests that look only at their own events can share
 * programs; the mode is set to the policy's. gate_main() removes it in the end.
 */
int gate_install_shared(const struct gate_policy *policy);

/**
 * gate_rules - put a policy's rules in the place of those in force, by the step that
 * 'bpfseal reload' ends with; signers and mode stay as they are
 *
 * A reload looks at the kernel again, which takes a second or more.
 *
 * Return: 0 or a negative errno
 */
int gate_rules(const struct gate_policy *policy);

/**
 * gate_policy_change - change the policy in force behind the controller's back
 * @policy: what it is to be; it loses its rules
 *
 * Return: 0 or a negative errno
 */
int gate_policy_change(const struct bpfseal_policy *policy);

/**
 * gate_own_map - one of the maps of the installed policy
 * @name: the map's name in the kernel; "bpfseal.bss" has the state
 *
 * Return: a descriptor or a negative errno
 */
int gate_own_map(const char *name);

/** gate_decisions - the policy's counters, of all reasons together; 0 or a negative errno */
int gate_decisions(struct bpfseal_counters *sum);

/** gate_policy_remove - leave the programs without a policy; 0 or a negative errno */
int gate_policy_remove(void);

/** gate_reload - bpfseal reload; 0, the exit code, or a negative errno */
int gate_reload(const struct gate_policy *policy);

/** gate_uninstall - bpfseal uninstall; 0, the exit code, or a negative errno */
int gate_uninstall(void);

/** gate_mode - bpfseal mode MODE */
int gate_mode(const char *mode);

/**
 * gate_clean - remove a policy that a test which died may have left
 *
 * Return: 0, also if there was none, or as gate_uninstall()
 */
int gate_clean(void);

/**
 * gate_keyring - serial of a signer's keyring in the policy in force
 * @signer: the signer's name
 * @serial: set on success
 *
 * Return: 0, -ENOENT or the errno of reading the policy
 */
int gate_keyring(const char *signer, int32_t *serial);

/* --- events (gate_event.c) ------------------------------------------------- */

/* The events read so far, oldest first. */
struct gate_events {
	struct event_log log;
	bool open;
	struct bpfseal_event *list;
	size_t n;
};

/**
 * struct gate_match - what an event has to have; members that are 0 match all
 * @except_tgid: not from this process
 */
struct gate_match {
	uint8_t decision;
	uint8_t hook;
	uint8_t reason;
	uint8_t attribute;
	uint32_t object_type;
	uint32_t tgid;
	uint32_t except_tgid;
	const char *name;
};

/**
 * gate_events_open - listen to the installed policy; drops what came before
 * @events: filled on success; gate_events_close()
 */
int gate_events_open(struct gate_events *events);
void gate_events_close(struct gate_events *events);

/**
 * gate_events_drain - append all that has come to the list
 *
 * A decision's event is there before the call it decides returns.
 *
 * Return: how many came, 0 if nobody listens, or a negative errno
 */
int gate_events_drain(struct gate_events *events);

/** gate_events_clear - drain and forget */
int gate_events_clear(struct gate_events *events);

/** gate_event_find - the first event that matches, NULL if none does */
const struct bpfseal_event *gate_event_find(const struct gate_events *events,
					    const struct gate_match *match);

/** gate_event_count - how many events match */
size_t gate_event_count(const struct gate_events *events, const struct gate_match *match);

/**
 * gate_event_only - drain, then the one event that matches
 *
 * Return: the event, or NULL if there is none or several; shows all events then
 */
const struct bpfseal_event *gate_event_only(struct gate_events *events,
					    const struct gate_match *match);

/** gate_events_show - print all events of the list, for a failed test */
void gate_events_show(const struct gate_events *events);

/* --- bpf(2), straight (gate_bpf.c) ----------------------------------------- */

/* libbpf would load probe programs of its own, which the policy sees. */

/** gate_bpf - bpf(2); returns its result or a negative errno */
long gate_bpf(int cmd, union bpf_attr *attr);

/** gate_attr - attributes of a load: type, name, instructions, "GPL" */
union bpf_attr gate_attr(uint32_t type, const char *name, const struct bpf_insn *insns,
			 size_t n);

/** gate_load - BPF_PROG_LOAD; returns a descriptor or a negative errno */
int gate_load(union bpf_attr *attr);

/**
 * gate_load_log - like gate_load(), with the verifier's log
 * @log: receives the log; free()
 */
int gate_load_log(union bpf_attr *attr, char **log);

/** gate_load_explain - try a load again to show the verifier's log */
void gate_load_explain(union bpf_attr *attr);

/** gate_load_trivial - load "r0 = 0; exit" unsigned; a descriptor or errno */
int gate_load_trivial(uint32_t type, const char *name);

/**
 * struct gate_map - a map to make
 * @data: value of its only element, NULL to leave it zero
 * @excl: hash of the program it is exclusive to, NULL if it isn't
 * @freeze: freeze it when filled
 * @type: BPF_MAP_TYPE_ARRAY unless given
 */
struct gate_map {
	const char *name;
	const void *data;
	uint32_t size;
	const uint8_t *excl;
	bool freeze;
	uint32_t type;
	uint32_t flags;
};

/** gate_map_make - make a map; returns a descriptor or a negative errno */
int gate_map_make(const struct gate_map *map);
int gate_map_lookup(int fd, const void *key, void *value);
int gate_map_update(int fd, const void *key, const void *value);
int gate_map_freeze(int fd);

/**
 * gate_prog_run - BPF_PROG_RUN of a program
 * @ctx: its context, written back; NULL with @size 0 if it takes none
 * @ret: set on success to what the program returned
 */
int gate_prog_run(int fd, void *ctx, uint32_t size, int32_t *ret);

/** gate_prog_run_packet - BPF_PROG_RUN on a small packet */
int gate_prog_run_packet(int fd, int32_t *ret);

/** gate_pin, gate_open_pin - bpffs */
int gate_pin(int fd, const char *path);
int gate_open_pin(const char *path);

/** gate_prog_id - id of a program, 0 if that fails */
uint32_t gate_prog_id(int fd);

/** gate_pass_fd - send a descriptor over a UNIX socket; gate_take_fd receives it */
int gate_pass_fd(int sock, int fd);
int gate_take_fd(int sock);

/* --- signing (gate_sign.c) ------------------------------------------------- */

struct gate_signature {
	uint8_t *sig;		/* free() */
	size_t len;
};

/**
 * gate_sign - sign bytes as a test key
 * @who: "signer" or "stranger": GATE_KEYS/@who.key and .crt
 */
int gate_sign(const char *who, const void *data, size_t len, struct gate_signature *out);

/**
 * gate_sign_insns - sign instructions, and what else the kernel has signed
 * @more: goes after them, NULL for nothing
 */
int gate_sign_insns(const char *who, const struct bpf_insn *insns, size_t n,
		    const void *more, size_t more_len, struct gate_signature *out);

/** gate_attr_sign - put a signature and the keyring to check it by into a load */
void gate_attr_sign(union bpf_attr *attr, const struct gate_signature *signature,
		    int32_t keyring);

/** gate_insns_hash - SHA-256 of instructions, the digest maps are exclusive to */
int gate_insns_hash(const void *insns, size_t len, uint8_t hash[32]);

/**
 * gate_add_key - add a test key's certificate to a keyring of this process
 * @who: "signer" or "stranger"
 * @keyring: serial or KEY_SPEC_*
 *
 * Return: the key's serial or a negative errno
 */
int32_t gate_add_key(const char *who, int32_t keyring);

/** gate_make_keyring - a keyring of any name inside another; serial or errno */
int32_t gate_make_keyring(const char *description, int32_t in);

/*
 * <keyutils.h> and the light skeletons' headers can't be included together.
 *
 * gate_session() begins a session keyring of one's own, from which root's user
 * keyring can be reached. The others are keyctl(2): the serial that KEY_SPEC_*
 * stands for, clear, link, revoke.
 */
int gate_session(void);
int32_t gate_key_serial(int32_t spec);
int gate_key_clear(int32_t keyring);
int gate_key_link(int32_t key, int32_t keyring);
int gate_key_revoke(int32_t key);
int gate_key_timeout(int32_t key, unsigned int seconds);

/* --- loaders, step by step (gate_loader.c) --------------------------------- */

/**
 * struct gate_loader - a light skeleton taken apart
 * @data, @insns: metadata and instructions; may be replaced by the test
 * @sig, @excl: NULL if it has none
 * @keyring: keyring to check the signature by
 * @btf: BTF that it is loaded with, NULL if none
 * @ctx: the skeleton struct, with room for the descriptors it makes
 * @map_fd, @prog_fd: -1 until made
 * @ret: what the last run returned
 */
struct gate_loader {
	const void *data;
	uint32_t data_len;
	const void *insns;
	uint32_t insns_len;
	const void *sig;
	uint32_t sig_len;
	const uint8_t *excl;
	const void *btf;
	uint32_t btf_len;
	int32_t keyring;
	void *ctx;
	uint32_t ctx_len;
	int map_fd;
	int prog_fd;
	int32_t ret;
};

/* The steps, each 0 or a negative errno. */
int gate_loader_map(struct gate_loader *loader);	/* make, fill, freeze */
int gate_loader_load(struct gate_loader *loader);
int gate_loader_run(struct gate_loader *loader);	/* also if it returns < 0 */
void gate_loader_close(struct gate_loader *loader);	/* map_fd and prog_fd */

/**
 * gate_loader_fit - make a loader one that this kernel's own bpftool would make
 * @who: signs it
 *
 * The loaders that check their metadata themselves look at bpf_map.excl, too,
 * which Linux 6.18 to 7.0 don't have: there the look is taken out.
 */
int gate_loader_fit(struct gate_loader *loader, const char *who);

/** gate_loader_all - all steps in order; -errno, or what the loader returned */
int gate_loader_all(struct gate_loader *loader);

/**
 * struct gate_object - instructions of a program in a BPF object, not loaded
 * @insns: free()
 */
struct gate_object {
	struct bpf_insn *insns;
	size_t n;
};

/**
 * gate_object_read - take a program that uses no map out of GATE_PROGS
 * @file: e.g. "hand" for GATE_PROGS/hand.bpf.o
 * @prog: the program's name
 */
int gate_object_read(const char *file, const char *prog, struct gate_object *out);

#endif
