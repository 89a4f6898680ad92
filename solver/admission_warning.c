/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts in maintenance, or entering it, no longer count as usable: the slots or the share that the
 * policy wants to keep free have to be found on the others. Which host a VM is on makes no
 * difference to either policy, so the inventory as it is asked about says it all.
 */
#include "admission_warning.h"
#include "admission_policy.h"
#include "checked.h"
#include "context_internal.h"
#include "text_cut.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { SENTENCE = 512 };

/* What has to be given back of a resource for the share to be free. */
static int64_t short_of(const berth_audit_share *share, int64_t num, int64_t den) {
  __extension__ typedef __int128 wide;
  wide kept = (wide)num * share->capacity;
  assert(den > 0);
  wide missing = kept - (wide)(share->capacity - share->needed) * den;
  return missing <= 0 ? 0 : (int64_t)((missing + den - 1) / den);
}

/* False if the policy is kept, or there is none to be measured. */
static bool describe(const berth_audit_policy *figures, char *text, size_t size) {
  if (figures->configured == BERTH_ADMISSION_SLOTS && figures->slots_short > 0) {
    snprintf(text, size, "(slots, %" PRIu32 " host%s) is %" PRId64 " slot%s short",
             figures->failures, figures->failures == 1 ? "" : "s", figures->slots_short,
             figures->slots_short == 1 ? "" : "s");
    return true;
  }
  if (figures->configured != BERTH_ADMISSION_PERCENTAGE || figures->percentage_satisfied)
    return false;
  int64_t cpu = short_of(&figures->cpu, figures->reserve_cpu_num, figures->reserve_cpu_den);
  int64_t memory =
      short_of(&figures->memory, figures->reserve_memory_num, figures->reserve_memory_den);
  if (figures->usable_hosts < 2)
    snprintf(text, size, "(percentage) wants two usable hosts and finds %" PRIu32,
             figures->usable_hosts);
  else if (cpu > 0 && memory > 0)
    snprintf(text, size, "(percentage) is %" PRId64 " MHz and %" PRId64 " MiB short", cpu, memory);
  else
    snprintf(text, size, "(percentage) is %" PRId64 " %s short", cpu > 0 ? cpu : memory,
             cpu > 0 ? "MHz" : "MiB");
  return true;
}

/* The first of the cluster that is in maintenance or on its way, and how many there are. */
static uint32_t find_maintenance(const berth_inventory *inventory, const frozen_cluster *cluster,
                                 uint32_t *count) {
  uint32_t first = BERTH_NONE;
  *count = 0;
  for (uint32_t h = cluster->first_host; h < cluster->first_host + cluster->host_count; h++) {
    if (inventory->host_state[h] != BERTH_HOST_ENTERING_MAINTENANCE &&
        inventory->host_state[h] != BERTH_HOST_MAINTENANCE)
      continue;
    if ((*count)++ == 0)
      first = h;
  }
  return first;
}

static berth_status warn(berth_context *ctx, berth_plan *plan, uint32_t cluster, uint32_t host,
                         uint32_t count, const char *how) {
  const berth_inventory *inventory = berth_plan_inventory(plan);
  char text[2 * SENTENCE], names[SENTENCE / 4];
  assert(count > 0 && host < inventory->host_count);
  if (count == 1)
    snprintf(names, sizeof names, "%.80s is", berth_inventory_host_label(inventory, host));
  else
    snprintf(names, sizeof names, "%" PRIu32 " hosts are", count);
  snprintf(text, sizeof text,
           "admission control of cluster %.80s %s while %s in maintenance; vSphere may refuse to "
           "move VMs until it is off or the reserve is there",
           inventory->clusters[cluster].id, how, names);
  text_cut_mend(text);
  return berth_plan_add_warning(ctx, plan, text);
}

berth_status admission_warning_add(berth_context *ctx, berth_plan *plan) {
  const berth_inventory *inventory = berth_plan_inventory(plan);
  berth_status status = BERTH_OK;
  for (uint32_t c = 0; c < inventory->cluster_count && status == BERTH_OK; c++) {
    const frozen_cluster *cluster = &inventory->clusters[c];
    admission_policy policy;
    char how[SENTENCE / 2];
    uint32_t count, host = find_maintenance(inventory, cluster, &count);
    arena memory;
    if (!cluster->set_up.ha_enabled || count == 0)
      continue;
    arena_init(&memory, context_allocator(ctx));
    if (!admission_policy_compute(inventory, c, &memory, &policy))
      status = context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
    else if (describe(&policy.figures, how, sizeof how))
      status = warn(ctx, plan, c, host, count, how);
    arena_free(&memory);
  }
  return status;
}
