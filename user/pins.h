/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pins.h - where the policy lives in bpffs, and in what state it is.
 *
 * Everything is pinned in one directory: programs and iterators under their own names,
 * each link under the name of its program. The programs that decide are attached to the
 * root cgroup, where they stay without a pin (attach.h). Maps are the programs' alone.
 * Before the first policy comes into force the programs are attached but deny nothing:
 * an unfinished installation. Once one has been, it is damage if there is none any more,
 * or if a pin is missing or a program detached: without a policy the programs deny
 * everything, without a link they see less.
 * The link of the program that measures executables is there only while the policy
 * in force asks for it; see measure.h.
 */
#ifndef BPFSEAL_PINS_H
#define BPFSEAL_PINS_H

#include <stdbool.h>

#include "bpfseal.h"
#include "control.h"
#include "report.h"

#define PIN_PARENT	"/sys/fs/bpf"
#define PIN_DIR		PIN_PARENT "/bpfseal"
#define RUN_DIR		"/run/bpfseal"

/* Where an upgrade pins what is to take the place of PIN_DIR. */
#define PIN_NEXT	PIN_PARENT "/bpfseal-next"

#define PIN_PATH_LEN	128

#define PIN_MEASURE		"measure"
#define PIN_MEASURE_PROGRAM	"measure_program"

/** enum pin_kind - what is pinned */
enum pin_kind {
	PIN_HOOK,	/* a program, attached to the root cgroup */
	PIN_GUARD,	/* one that is attached there when the policy is sealed */
	PIN_LINK,	/* of a program that is attached elsewhere */
	PIN_PROGRAM,	/* one that is run or read through */
	PIN_AT_TIMES,	/* one that is attached by a link at times */
};

/** struct pin - one of the pins in pins_dir() */
struct pin {
	const char *name;
	enum pin_kind kind;
};

/** pins_stays - is what is of this kind pinned also when the policy is sealed? */
bool pins_stays(enum pin_kind kind);

enum pin_state {
	PIN_ABSENT,	/* nothing is installed */
	PIN_UNFINISHED,	/* an installation was cut short; nothing is denied */
	PIN_DAMAGED,	/* a policy was in force, and something of it is missing */
	PIN_FOREIGN,	/* of another version of bpfseal, with a layout of its own */
	PIN_INSTALLED,	/* complete, with a policy in force */
};

/**
 * pins_state - what is installed
 * @state: set on success
 *
 * Return: 0 or a negative errno: -EACCES, -EPERM (no root)
 */
int pins_state(enum pin_state *state);

/**
 * pins_refuse_foreign - print that the policy in force is another version's
 *
 * Return: -EPROTO
 */
int pins_refuse_foreign(void);

/**
 * pins_require_installed - pins_state(), with a message unless installed
 *
 * Return: 0, -ENOENT (nothing installed), -EUCLEAN (unfinished, damaged) or an
 * errno
 */
int pins_require_installed(void);

/**
 * pins_check_bpffs - is bpffs mounted where the pins go? Prints if not.
 *
 * Return: 0, -ENOENT or -EMEDIUMTYPE (something else is mounted there)
 */
int pins_check_bpffs(void);

/**
 * pins_use - go on with the installation in another directory
 * @dir: at most 80 bytes, which stay the caller's: PIN_DIR at first, and normally
 *
 * For upgrades, when there are two for a while. It goes for all that opens, pins, attaches
 * or removes.
 */
void pins_use(const char *dir);

/** pins_dir - where the installation is that pins_use() has chosen */
const char *pins_dir(void);

/**
 * pins_path - path of a pin there
 * @path: set
 * @name: its name
 */
void pins_path(char path[PIN_PATH_LEN], const char *name);

/**
 * pins_open - open a pinned program or link
 * @name: its name in pins_dir()
 *
 * Return: a file descriptor, which the caller closes, or a negative errno
 */
int pins_open(const char *name);

/** pins_prog_id - id of a program by its descriptor, 0 if that can't be told */
__u32 pins_prog_id(int prog);

/**
 * pins_list - everything that is pinned
 * @n: set to how many that are
 */
const struct pin *pins_list(unsigned int *n);

/**
 * pins_remove - detach and unpin everything, and remove the directory
 *
 * What decides goes first, so that what is left after a crash decides nothing by halves.
 * What is pinned in PIN_DIR stays attached if that isn't pins_dir().
 *
 * Return: 0 or the first negative errno; if everything could be detached, the rest is
 * removed all the same
 */
int pins_remove(void);

/**
 * pins_lock - let no other bpfseal change the installation meanwhile
 * @fd: set on success; closing it ends the lock
 *
 * Prints what is wrong. Return: 0, -EPERM (no root), -EBUSY (another holds it) or an errno
 */
int pins_lock(int *fd);

#endif
