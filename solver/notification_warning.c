/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wait of a migration is decided by the host that it leaves (docs/model.md §6). A VM that is
 * told of its migrations now and ends on a host without the feature is not told of the next one:
 * the plan is safe, but what comes after it disturbs the guest.
 */
#include "notification_warning.h"
#include "frozen.h"
#include "text_cut.h"
#include <assert.h>
#include <stdio.h>

enum { NAMES_TOLD = 3, SENTENCE = 512, FIRST_HARDWARE = 20 };

/* Whether the guest can be told at all; whether a host tells it is for the host to say. */
static bool listens(const berth_inventory *inventory, uint32_t vm) {
  const frozen_notification *guest = &inventory->vm_notification[vm];
  return guest->enabled && guest->registered && guest->hardware >= FIRST_HARDWARE &&
         guest->timeout != 0;
}

static bool is_stripped(const berth_inventory *inventory, const berth_plan_placement *placement) {
  assert(placement->vm < inventory->vm_count && placement->to < inventory->host_count);
  return placement->how == BERTH_HOW_MIGRATE && listens(inventory, placement->vm) &&
         inventory->host_notify_timeout[placement->from] > 0 &&
         inventory->host_notify_timeout[placement->to] <= 0;
}

berth_status notification_warning_add(berth_context *ctx, berth_plan *plan) {
  const berth_inventory *inventory = berth_plan_inventory(plan);
  char names[SENTENCE] = "", text[2 * SENTENCE];
  uint32_t count = 0;
  size_t used = 0;
  for (uint32_t i = 0; i < berth_plan_placement_count(plan); i++) {
    const berth_plan_placement *placement = berth_plan_placement_at(plan, i);
    if (!is_stripped(inventory, placement))
      continue;
    if (count++ >= NAMES_TOLD)
      continue;
    int wrote = snprintf(names + used, sizeof names - used, "%s%.60s on %.60s",
                         used > 0 ? ", " : "", berth_inventory_vm_label(inventory, placement->vm),
                         berth_inventory_host_label(inventory, placement->to));
    used += wrote > 0 ? (size_t)wrote : 0;
    assert(used < sizeof names);
  }
  if (count == 0)
    return BERTH_OK;
  text_cut_mend(names);
  snprintf(text, sizeof text,
           "%u %s on %s without migration notification, and will not be told of the next "
           "migration from there: %s%s",
           (unsigned)count, count == 1 ? "VM ends" : "VMs end", count == 1 ? "a host" : "hosts",
           names, count > NAMES_TOLD ? ", ..." : "");
  return berth_plan_add_warning(ctx, plan, text);
}
