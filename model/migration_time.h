/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file migration_time.h
 * How long the copy of a live migration takes over a link that is not the inventory's.
 */
#ifndef BERTH_MODEL_MIGRATION_TIME_H
#define BERTH_MODEL_MIGRATION_TIME_H

#include <berth/plan.h>

/** Seconds, at least 1, to copy @p vm over @p link Mbps. @return false if the guest is slowed. */
bool migration_copy_seconds(const berth_inventory *inventory, uint32_t vm, int64_t link,
                            int64_t *seconds);

#endif
