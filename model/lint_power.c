/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts that nothing can wake: in standby they are lost, and power management leaves them on.
 */
#include "lint_internal.h"
#include <assert.h>
#include <inttypes.h>

/* Hosts that power management might put in standby, if they could be woken. */
typedef struct sleepers {
  uint32_t hosts, lacking;
  const char *first; /* of those that lack a wake protocol */
} sleepers;

static sleepers count_sleepers(const berth_inventory *inventory, const frozen_cluster *cluster) {
  sleepers count = {.first = NULL};
  for (uint32_t h = cluster->first_host; h < cluster->first_host + cluster->host_count; h++) {
    bool lacking = inventory->host_wake[h] == BERTH_WAKE_NONE;
    if (inventory->host_dedicated[h] || (lacking && inventory->host_state[h] == BERTH_HOST_STANDBY))
      continue;
    count.hosts++;
    count.lacking += lacking;
    if (lacking && count.first == NULL)
      count.first = inventory->host_id[h];
  }
  assert(count.lacking <= count.hosts && (count.lacking == 0) == (count.first == NULL));
  return count;
}

static void lint_cluster(linting *lint, const frozen_cluster *cluster) {
  if (cluster->set_up.dpm == BERTH_AUTOMATION_OFF)
    return;
  sleepers count = count_sleepers(lint->inventory, cluster);
  if (count.lacking == 0)
    return;
  if (count.lacking == count.hosts)
    lint_find(lint, BERTH_LINT_NO_WAKE_AT_ALL,
              "cluster \"%s\" has power management on, but no host has a wake protocol; none is "
              "ever powered down",
              cluster->id);
  else
    lint_find(lint, BERTH_LINT_NO_WAKE_UNDER_DPM,
              "cluster \"%s\" has power management on, but %" PRIu32 " of %" PRIu32
              " hosts cannot be woken and %s never powered down: \"%s\"%s",
              cluster->id, count.lacking, count.hosts, count.lacking == 1 ? "is" : "are",
              count.first, count.lacking == 1 ? "" : " and others");
}

void lint_power(linting *lint) {
  const berth_inventory *inventory = lint->inventory;
  for (uint32_t host = 0; host < inventory->host_count; host++)
    if (inventory->host_state[host] == BERTH_HOST_STANDBY &&
        inventory->host_wake[host] == BERTH_WAKE_NONE)
      lint_find(lint, BERTH_LINT_STANDBY_WITHOUT_WAKE,
                "host \"%s\" is in standby without a wake protocol; nothing can wake it",
                inventory->host_id[host]);
  lint_close(lint);
  for (uint32_t cluster = 0; cluster < inventory->cluster_count; cluster++)
    lint_cluster(lint, &inventory->clusters[cluster]);
  lint_close(lint);
}
