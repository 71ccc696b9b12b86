/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * learn_risk.h - what is risky about a rule, as far as the group it is for tells.
 */
#ifndef BPFSEAL_LEARN_RISK_H
#define BPFSEAL_LEARN_RISK_H

#include "learn_rule.h"

/** learn_is_unstable - is nearly each of its programs another one? */
bool learn_is_unstable(const struct learn_group *group);

/** learn_is_generated - device filters that are made anew for each container? */
bool learn_is_generated(const struct learn_group *group);

/** learn_risks - enum learn_risk of a rule of this form for a group */
unsigned int learn_risks(const struct learn_group *group, enum learn_form form);

/**
 * learn_too_risky - should a rule be commented out?
 * @form: its form
 * @risks: enum learn_risk
 *
 * A digest says what is loaded, which is enough, except for shells and
 * interpreters: those don't load BPF without somebody's script.
 */
bool learn_too_risky(enum learn_form form, unsigned int risks);

/** learn_risk_text - the name of the risk with bit @i, and what it is */
const char *learn_risk_text(unsigned int i);

/** learn_risk_advice - the name of the risk with bit @i, and what can be done about it */
const char *learn_risk_advice(unsigned int i);

#endif
