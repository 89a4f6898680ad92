/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzzed_fixture.h
 * An inventory for plans and scenarios that are fuzzed: a little of everything.
 */
#ifndef BERTH_FUZZED_FIXTURE_H
#define BERTH_FUZZED_FIXTURE_H

#include "fuzzed_target.h"
#include <berth/inventory.h>

/** The inventory, to be released. */
const berth_inventory *fuzzed_fixture(berth_context *ctx);

#endif
