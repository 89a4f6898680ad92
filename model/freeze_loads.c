/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all VMs use together, against BERTH_LOAD_MAX. One host may come to hold all of them, and its
 * load is then multiplied by percentages and weights.
 */
#include "freeze_internal.h"
#include <assert.h>
#include <inttypes.h>

void freeze_check_loads(freezing *f) {
  static const char *const unit[] = {[BERTH_RESOURCE_CPU] = "MHz", [BERTH_RESOURCE_MEMORY] = "MiB"};
  const berth_inventory *inventory = f->inventory;
  int64_t sum[] = {[BERTH_RESOURCE_CPU] = 0, [BERTH_RESOURCE_MEMORY] = 0};
  assert(f->errors == 0); /* every number is within its range */
  for (uint32_t v = 0; v < inventory->vm_count; v++)
    for (uint32_t r = BERTH_RESOURCE_CPU; r <= BERTH_RESOURCE_MEMORY; r++) {
      sum[r] += frozen_vm_load(inventory, v, r);
      if (sum[r] <= BERTH_LOAD_MAX)
        continue;
      freeze_error(f, freeze_vm_position(f, v),
                   "vm \"%s\": with it, VMs use or reserve %" PRId64
                   " %s together; expected at most %" PRId64,
                   freeze_shown(inventory->vm_id[v]), sum[r], unit[r], BERTH_LOAD_MAX);
      return;
    }
}
