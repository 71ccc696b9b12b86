/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stand_in.h - where a sealed policy's pins are, and for the controls mounts like these.
 */
#ifndef STAND_IN_H
#define STAND_IN_H

/* Of the pins; what is mounted where they are, and below that. */
#define STAND_IN_TOP	"/tmp/attack/top"	/* stands for /sys */
#define STAND_IN_PIN	"run_starts"

/** stand_in_make - in a control: mounts like those of a sealed policy; 0 or attack_broken() */
int stand_in_make(void);

/** stand_in_keep - before the policy is sealed: open the directory with the pins */
void stand_in_keep(void);

/** stand_in_kept - the descriptor; of pins that are there, in a control */
int stand_in_kept(void);

/** stand_in_remove - all of it */
void stand_in_remove(void);

/*
 * stand_in_* - a path: of the directory with the pins, of what it is mounted on, of what
 * that is mounted on; of a pin, of the directory where the pins are mounted once more, of
 * a new file beside the pins, and of a directory elsewhere
 */
const char *stand_in_dir(void);
const char *stand_in_parent(void);
const char *stand_in_top(void);
const char *stand_in_pin(void);
const char *stand_in_anchor(void);
const char *stand_in_new(void);
const char *stand_in_aside(void);

#endif
