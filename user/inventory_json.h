/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inventory_json.h - the inventory as JSON.
 */
#ifndef BPFSEAL_INVENTORY_JSON_H
#define BPFSEAL_INVENTORY_JSON_H

#include <jansson.h>

#include "inventory.h"

/**
 * inventory_json - the inventory as one JSON object
 * @inv: the inventory
 * @out: set on success; json_decref()
 *
 * Return: 0 or -ENOMEM
 */
int inventory_json(const struct inventory *inv, json_t **out);

#endif
