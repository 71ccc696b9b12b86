// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * class.c - the classes of attacks, in the order of Documentation/threat-model.rst.
 */
#include "attack.h"

extern const struct attack_class attack_load, attack_keys, attack_keyrings, attack_metadata,
	attack_meaning, attack_run, attack_beside, attack_exception, attack_token,
	attack_sealing, attack_objects, attack_pins, attack_control, attack_controller,
	attack_install, attack_install_open, attack_blind, attack_stranded,
	attack_stranded_open, attack_adrift;

const struct attack_class *const attack_classes[] = {
	&attack_load, &attack_keys, &attack_keyrings, &attack_metadata, &attack_meaning,
	&attack_run, &attack_beside, &attack_exception, &attack_token,
	&attack_sealing, &attack_objects, &attack_pins, &attack_control, &attack_controller,
	&attack_install_open, &attack_install, &attack_blind, &attack_stranded_open,
	&attack_stranded, &attack_adrift,
};

const size_t attack_classes_n = GATE_COUNT(attack_classes);
