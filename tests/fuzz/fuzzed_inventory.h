/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzzed_inventory.h
 * A small inventory out of bytes, through the builder.
 */
#ifndef BERTH_FUZZED_INVENTORY_H
#define BERTH_FUZZED_INVENTORY_H

#include "fuzzed_bytes.h"
#include "fuzzed_target.h"
#include <berth/inventory.h>

enum { FUZZED_HOSTS_MAX = 6, FUZZED_VMS_MAX = 14, FUZZED_RULES_MAX = 6 };

/**
 * Takes what it needs from @p bytes: first what there is at all, then an object after the other.
 * Hosts are "h0", "h1", ..., VMs "v0", ...; rules "r0", ....
 * @return NULL: the builder refused it, as it may. To be released.
 */
const berth_inventory *fuzzed_inventory(berth_context *ctx, fuzzed_bytes *bytes);

#endif
